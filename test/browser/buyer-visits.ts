/**
 * Buyers on their way through 3-D Secure: a whole Coffer with the simulator's banks, a shop to come back to, and a real
 * browser with a context for each of them. What goes for all of them is checked of each: the browser complains of
 * nothing, asks nobody beyond this machine, and keeps no cookie; the shop is told the id and nothing else.
 */
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, BrowserContext, FrameLocator, Page, Request, Route } from 'playwright-core'
import { expect } from 'vitest'
import { timelineOf } from '../../apps/vault/src/timeline/timeline-store.js'
import type { VaultPaymentMethodRequest } from '../../packages/antom/src/index.js'
import { select } from '../result-codes/stored-rows.js'
import { aVaultingRequest } from '../support/builders.js'
import { type StartOptions, startSystem, type TestSystem } from '../support/start-system.js'
import { pictures, takePicture } from './browser.js'

export const DESKTOP = { width: 1280, height: 800 }
export const PHONE = { width: 390, height: 844 }
export const SMALL_PHONE = { width: 320, height: 640 }

export const SHOP = 'Fernhill Coffee'

/** Headings of the pages, in English. */
export const CHOOSE = 'Choose a brand for your card'
export const CONFIRM = 'Confirm with your bank'
export const ANSWERED = 'Your bank has answered'
export const CHECKING = 'Checking your card'
export const SAVED = 'Your card is saved'
export const NOT_SAVED = 'Your card was not saved'

/** Chromium warns of any frame with these two flags; the bank's pages need both, and are of another site. */
const NO_MATTER = /allow-scripts and allow-same-origin/

/** An event of a timeline, with whatever it tells. */
export type Told = { at: string; kind: string } & Record<string, unknown>

export interface VisitOptions {
  card?: Partial<VaultPaymentMethodRequest['paymentMethodDetail']['card']>
  env?: Partial<VaultPaymentMethodRequest['env']>
  viewport?: { width: number; height: number }
  javaScriptEnabled?: boolean
  locale?: string
  /** Added to the address of the page. */
  query?: string
  /** What the browser may complain of, because the test brings it about. */
  expected?: RegExp
  /** Called before the page is opened. */
  before?: (visit: Visit) => Promise<unknown>
}

/** A buyer whose vaulting waits for him. */
export interface Visit {
  page: Page
  context: BrowserContext
  coffer: TestSystem
  /** Of the request. */
  id: string
  /** `normalUrl`. */
  url: string
  /** The page of the bank in the frame. */
  bank: FrameLocator
  /** What pages said, one after the other, however short they were there. Bank's pages are not among them. */
  seen: string[]
  heading(words: string, page?: Page): Promise<void>
  timeline(): Promise<Told[]>
  /** The events of one kind. */
  told(kind: string): Promise<Told[]>
  /** What the merchant is told who asks. */
  inquire(): Promise<{ status: string; code: string | undefined; brand: string | undefined }>
  /** Types a code on the bank's page and sends it. */
  typeCode(code: string, page?: Page): Promise<void>
  /** The page says so, the merchant hears so, and the buyer is back in the shop. */
  endsWith(code: string, words: string, page?: Page): Promise<void>
  /** Leaves the page, and is back in the shop. */
  goBack(page?: Page, how?: 'by the link' | 'by itself'): Promise<void>
  /** Holds requests that a pattern matches until the function is called that it gives. */
  hold(pattern: RegExp): { asked: Promise<Request>; release: () => void }
  /** In two sizes and its own, for somebody to look at; nothing where nobody wants to. */
  picture(name: string, page?: Page): Promise<void>
}

export interface House {
  coffer: TestSystem
  shopUrl: string
  /** Sends a buyer of a card to his page, and lets him act. */
  visit(options: VisitOptions, act: (visit: Visit) => Promise<void>): Promise<void>
  /** Every vaulting that ended, with its result. */
  ended: Map<string, string>
  stop(): Promise<void>
}

/** Starts all but the browser. */
export async function openHouse(browser: Browser, options: StartOptions = {}): Promise<House> {
  const coffer = await startSystem(options)
  await select(coffer.system, `update merchant set name = $2 where id = $1`, [coffer.merchant.clientId, SHOP])
  const cameBack: Pick<IncomingMessage, 'method' | 'url' | 'headers'>[] = []
  const shop = createServer((request, response) => {
    if (request.url?.startsWith('/cards/')) cameBack.push(request)
    else response.setHeader('set-cookie', 'visited=1')
    response.setHeader('content-type', 'text/html')
    response.end('<!doctype html><link rel="icon" href="data:,"><title>Shop</title><h1>Welcome back</h1>')
  })
  await new Promise<void>(resolve => shop.listen(0, '127.0.0.1', resolve))
  const shopUrl = `http://127.0.0.1:${(shop.address() as AddressInfo).port}`
  const ended = new Map<string, string>()

  async function visit(how: VisitOptions, act: (visit: Visit) => Promise<void>): Promise<void> {
    const { viewport = DESKTOP, javaScriptEnabled = true, locale = 'en-GB', query = '', expected } = how
    const request = aVaultingRequest({
      redirectUrl: `${shopUrl}/cards/new?order=7`,
      vaultingNotificationUrl: `${coffer.receiver.url}/n`,
      card: { is3DSAuthentication: true, ...how.card },
      env: { terminalType: 'WEB', clientIp: '203.0.113.7', ...how.env },
    })
    const id = request.vaultingRequestId
    const { json } = await coffer.vaultPaymentMethod(request)
    expect(json.result).toMatchObject({ resultStatus: 'U', resultCode: 'VERIFICATION_IN_PROCESS' })
    const url = String(json.normalUrl)

    // What moves costs a browser without a graphics card most of its time.
    const context = await browser.newContext({ viewport, javaScriptEnabled, locale, reducedMotion: 'reduce' })
    context.setDefaultTimeout(30_000)
    const complaints: string[] = []
    context.on('console', message => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()))
    context.on('weberror', error => complaints.push(String(error.error())))
    const seen: string[] = []
    context.on('console', message => message.type() === 'debug' && seen.push(message.text()))
    await context.addInitScript(() => {
      addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
        console.error(`violates ${violatedDirective}: ${blockedURI}`),
      )
      if (parent === window) addEventListener('DOMContentLoaded', () => console.debug(document.body.textContent))
    })
    const outside: string[] = []
    /** The tab that is led back to the shop now. */
    let leaving: Page | undefined
    const held = new Map<RegExp, (route: Route) => Promise<void>>()
    await context.route('**/*', async route => {
      const { origin, href } = new URL(route.request().url())
      if (!isOnThisMachine(href)) {
        outside.push(href)
        return route.abort()
      }
      for (const [pattern, holds] of held) if (pattern.test(href)) await holds(route)
      // The page that leads back does so by itself after a moment. Until a test wants that, it stays where it is.
      if (origin === shopUrl && route.request().frame().page() !== leaving) return route.abort('aborted')
      await route.continue().catch(() => {})
    })

    const page = await context.newPage()
    const timeline = async () => (await timelineOf(coffer.system.db, coffer.merchant.clientId, id)) as Told[]
    const buyer: Visit = {
      ...{ page, context, coffer, id, url, bank: bankIn(page), seen, timeline },
      heading: (words, on = page) => on.getByRole('heading', { level: 1, name: words, exact: true }).waitFor(),
      told: async kind => (await timeline()).filter(event => event.kind === kind),
      async inquire() {
        const told = (await coffer.inquireVaulting(id)).json
        const brand = told.paymentMethodDetail?.card.brand as string | undefined
        return { status: told.vaultingStatus, code: told.vaultingResultCode, brand }
      },
      async typeCode(code, on = page) {
        await bankIn(on).getByLabel('Code', { exact: true }).fill(code)
        await bankIn(on).getByRole('button', { name: 'Confirm' }).click()
      },
      async endsWith(code, words, on = page) {
        await buyer.heading(words, on)
        const status = code === 'SUCCESS' ? 'SUCCESS' : 'FAIL'
        expect(await buyer.inquire()).toMatchObject({ status, code })
        ended.set(id, code)
        await buyer.goBack(on)
      },
      async goBack(on = page, how = 'by the link') {
        const link = on.getByRole('link', { name: SHOP })
        const wanted = `${shopUrl}/cards/new?order=7&vaultingRequestId=${id}`
        expect(await link.getAttribute('href')).toBe(wanted)
        const sofar = cameBack.length
        leaving = on
        // The page may leave by itself while the link is pressed, and then there is no link any more.
        const left = how === 'by the link' ? link.click().catch(() => {}) : on.reload()
        await Promise.race([left, on.waitForURL(wanted).catch(() => {})])
        await on.waitForURL(wanted)
        await on.getByRole('heading', { name: 'Welcome back' }).waitFor()
        for (const { method, headers } of cameBack.slice(sofar)) {
          expect([method, headers.referer, headers.cookie]).toEqual(['GET', undefined, undefined])
        }
        leaving = undefined
      },
      hold(pattern) {
        const holding = aGate()
        const asked = new Promise<Request>(resolve =>
          held.set(pattern, async route => {
            resolve(route.request())
            await holding.opened
          }),
        )
        const release = () => {
          held.delete(pattern)
          holding.open()
        }
        return { asked, release }
      },
      async picture(name, on = page) {
        if (!pictures) return
        for (const size of [PHONE, DESKTOP, viewport]) {
          await on.setViewportSize(size)
          await takePicture(on, `${name}-${viewport.width}-at-${size.width}`)
        }
      },
    }
    try {
      await how.before?.(buyer)
      await page.goto(`${url}${query}`)
      await act(buyer)
      expect(complaints.filter(text => !NO_MATTER.test(text) && !expected?.test(text))).toEqual([])
      expect(outside).toEqual([])
      expect(await context.cookies()).toEqual([])
    } finally {
      await context.unrouteAll({ behavior: 'ignoreErrors' })
      await context.close()
    }
  }

  return {
    coffer,
    shopUrl,
    visit,
    ended,
    async stop() {
      shop.closeAllConnections()
      shop.close()
      await coffer.stop()
    },
  }
}

export const isOnThisMachine = (url: string) => ['127.0.0.1', 'localhost'].includes(new URL(url).hostname)

/** The bank's page in the frame of a page. */
export const bankIn = (page: Page) => page.frameLocator('iframe[name="challenge"]')

function aGate() {
  let open = () => {}
  const opened = new Promise<void>(resolve => {
    open = resolve
  })
  return { opened, open }
}
