/**
 * The pages of a buyer in a real browser, over steps that the test plays: what is shown, to whom it can be shown, and
 * what their script does with frames, timers and other windows.
 */
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, type TestContext, test } from 'vitest'
import type { BuyerPage } from '../../apps/vault/src/buyers/buyer-page.js'
import { aPayment, aStep, type PlayedBuyer, type PlayedPages, startPlayedPages } from '../support/played-pages.js'
import { findBrowser, NO_BROWSER, openBrowser, takePicture } from './browser.js'
import { type PlayedBank, startPlayedBank } from './played-bank.js'

const DESKTOP = { width: 1280, height: 800 }
const PHONE = { width: 390, height: 844 }
/** What is left of 1280 by 1024 at 400 %. */
const ZOOMED = { width: 320, height: 256 }

/** Chromium warns of any frame with these two flags; the bank's pages need both, and are of another site. */
const NO_MATTER = /favicon|allow-scripts and allow-same-origin/

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const executable = findBrowser()
let bank: PlayedBank
let pages: PlayedPages
let shop: Server
let shopUrl: string
let browser: Browser

beforeAll(async () => {
  if (!executable) return console.warn(`SKIPPED test/browser: ${NO_BROWSER}`)
  bank = await startPlayedBank(() => pages.url)
  pages = await startPlayedPages({ frameSources: [bank.url] })
  shop = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html')
    response.end('<!doctype html><title>Shop</title><h1>Welcome back</h1>')
  })
  await new Promise<void>(resolve => shop.listen(0, '127.0.0.1', resolve))
  shopUrl = `http://127.0.0.1:${(shop.address() as AddressInfo).port}`
  browser = await openBrowser(executable)
})

afterAll(async () => {
  await browser?.close()
  await pages?.stop()
  bank?.stop()
  shop?.closeAllConnections()
  shop?.close()
})

afterEach(() => {
  if (!pages) return
  pages.onTold = () => undefined
  pages.isDown = false
})

interface VisitOptions {
  viewport?: { width: number; height: number }
  javaScriptEnabled?: boolean
  colorScheme?: 'light' | 'dark'
  over?: Partial<BuyerPage>
  query?: string
  /** What the browser may complain of, because the test brings it about. */
  expected?: RegExp
}

interface Visit {
  page: Page
  buyer: PlayedBuyer
  context: BrowserContext
}

/** Sends a buyer to his page; at the end the browser must have complained of nothing and hold no cookie of ours. */
async function visit(
  context: TestContext,
  step: BuyerPage['step'] | (() => BuyerPage['step']),
  options: VisitOptions,
  act: (visit: Visit) => Promise<void>,
): Promise<void> {
  if (!executable) context.skip(NO_BROWSER)
  const { viewport = DESKTOP, javaScriptEnabled = true, colorScheme = 'light', over, query = '', expected } = options
  const opened = await browser.newContext({ viewport, javaScriptEnabled, colorScheme, locale: 'en-GB' })
  opened.setDefaultTimeout(20_000)
  const complaints: string[] = []
  opened.on('console', message => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()))
  opened.on('weberror', error => complaints.push(String(error.error())))
  opened.on('request', asked => {
    const known = [pages.url, bank.url, shopUrl].some(origin => asked.url().startsWith(`${origin}/`))
    if (!known) complaints.push(`asked ${asked.url()}`)
  })
  try {
    const redirectUrl = `${shopUrl}/done?a=1`
    const buyer = pages.buyer(typeof step === 'function' ? step() : step, { redirectUrl, ...over })
    const page = await opened.newPage()
    await page.goto(`${buyer.url}${query}`)
    await act({ page, buyer, context: opened })
    expect(complaints.filter(text => !NO_MATTER.test(text) && !expected?.test(text))).toEqual([])
    expect((await opened.cookies()).filter(({ name }) => name !== 'bank')).toEqual([])
  } finally {
    await opened.close()
  }
}

const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name, exact: true }).waitFor()
const lead = (buyer: PlayedBuyer, step: BuyerPage['step']) => {
  buyer.page = { ...buyer.page, step }
}
const backInTheShop = (page: Page, { page: { about, requestId } }: PlayedBuyer) =>
  page.waitForURL(`${shopUrl}/done?a=1&${about === 'PAYMENT' ? 'payment' : 'vaulting'}RequestId=${requestId}`)
const given = (buyer: PlayedBuyer, what: string) => buyer.told.filter(one => one.what === what).map(one => one.given)
const challenge = (over = {}) => aStep.challenge({ acsUrl: bank.acsUrl, ...over })
const withMethod = (over = {}) =>
  aStep.browser({ method: { url: bank.methodUrl, data: 'x' }, methodTimeoutMs: 60_000, ...over })

/** From the browser on to the issuer, and after the challenge too; what a test plays unless it plays something else. */
function playOn(): void {
  pages.onTold = (buyer, what) => {
    const { step } = buyer.page
    if (what === 'recordMethodDone' && step.kind === 'browser') lead(buyer, { ...step, methodDone: true })
    if (what === 'recordBrowser') lead(buyer, aStep.wait('directory'))
    if (what === 'recordReturn' && step.kind === 'challenge') lead(buyer, { ...step, returned: true })
  }
}

const INFO = 'Please have the app of Example Bank ready. Questions: +49 30 1234567.'
const kinds = new Map<string, () => BuyerPage['step'] | undefined>([
  ['choose', aStep.choose],
  ['browser', () => aStep.browser({ method: { url: bank.shoutingMethodUrl, data: 'x' } })],
  ['wait', aStep.wait],
  ...(['01', '02', '03', '04', '05'] as const).map((windowSize): [string, () => BuyerPage['step']] => [
    `challenge-${windowSize}`,
    () => challenge({ windowSize, cardholderInfo: windowSize === '05' ? INFO : undefined }),
  ]),
  ['returned', () => challenge({ returned: true })],
  ['stuck', aStep.stuck],
  ['saved', () => aStep.end({ state: 'SUCCESS', cardholderInfo: INFO })],
  ['not-authenticated', () => aStep.end({ ended: 'not authenticated', cardholderInfo: INFO })],
  ['unknown', () => undefined],
])

/** Those of a payment: what is different in them are words, and the sum. */
const payments = new Map<string, () => BuyerPage['step']>([
  ['choose', aStep.choose],
  ['browser', () => aStep.browser({ method: { url: bank.shoutingMethodUrl, data: 'x' } })],
  ['wait', aStep.wait],
  ['challenge-01', () => challenge({ windowSize: '01' })],
  ['challenge-05', () => challenge({ windowSize: '05', cardholderInfo: INFO })],
  ['stuck', aStep.stuck],
  ['authorised', () => aStep.end({ state: 'SUCCESS', cardholderInfo: INFO })],
  ['failed', () => aStep.end({ cardholderInfo: INFO })],
  ['cancelled', () => aStep.end({ ended: 'cancelled', cardholderInfo: INFO })],
])

/** What axe finds wrong with the page itself; the bank's frames are the bank's. */
async function axeFinds(page: Page): Promise<string[]> {
  await page.evaluate(axe)
  return page.evaluate(async () => {
    type Axe = {
      run(on: Document, options: object): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }>
    }
    const { violations } = await (globalThis as unknown as { axe: Axe }).axe.run(document, { iframes: false })
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
  })
}

describe('every page', () => {
  test.for(
    [...kinds.keys()].flatMap(name =>
      [
        { viewport: PHONE, colorScheme: 'light' as const },
        { viewport: DESKTOP, colorScheme: 'dark' as const },
      ].map(options => [name, options] as const),
    ),
  )('has nothing that axe finds, and does not scroll sideways: %s, %j', async ([name, options], context) => {
    const at = kinds.get(name)!()
    await visit(context, at ?? aStep.choose(), at ? options : { ...options, expected: /404/ }, async ({ page }) => {
      if (!at) await page.goto(`${pages.url}/v/none`)
      expect(await axeFinds(page)).toEqual([])
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0)
      await takePicture(page, `pages-${name}-${options.viewport.width}`)
    })
  })

  test.for([...kinds.keys()].filter(name => name !== 'unknown'))(
    'can be read at four times the size: %s',
    async (name, context) => {
      for (const query of ['', '?lang=de', '?lang=ja']) {
        await visit(context, kinds.get(name)!()!, { viewport: ZOOMED, query }, async ({ page }) => {
          expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0)
          expect(await page.locator('h1').isVisible()).toBe(true)
        })
      }
    },
  )

  test.for(
    [...payments.keys()].flatMap(name =>
      [PHONE, DESKTOP, ZOOMED].map(
        viewport => [name, { viewport, colorScheme: viewport === PHONE ? 'dark' : 'light' }] as const,
      ),
    ),
  )('of a payment neither, and shows how much it is: %s, %j', async ([name, options], context) => {
    // No issuer is asked for more than twelve digits.
    const over = aPayment(999_999_999_999n, 'BHD')
    await visit(context, payments.get(name)!(), { ...options, over }, async ({ page }) => {
      expect(await axeFinds(page)).toEqual([])
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0)
      const sum = page.locator('header .sum')
      expect(await sum.textContent()).toBe('BHD\u00a0999,999,999.999')
      // In one line: half a number is another one.
      expect(
        await sum.evaluate(one => one.getClientRects()[0]!.height < 2 * parseFloat(getComputedStyle(one).fontSize)),
      ).toBe(true)
      await takePicture(page, `pay-pages-${name}-${options.viewport.width}`)
    })
  })

  test('without motion where none is wanted', async context => {
    await visit(context, aStep.wait(), {}, async ({ page }) => {
      const moves = () =>
        page.evaluate(() =>
          document.getAnimations().some(one => 'animationName' in one && one.animationName === 'to-and-fro'),
        )
      expect(await moves()).toBe(true)
      await page.emulateMedia({ reducedMotion: 'reduce' })
      expect(await moves()).toBe(false)
    })
  })
})

describe('the 3DS Method', () => {
  test('that calls back lets the page go on at once, with what the browser is', async context => {
    playOn()
    bank.received.length = 0
    await visit(context, aStep.wait(), {}, async ({ page, buyer }) => {
      lead(buyer, withMethod({ method: { url: bank.methodUrl, data: buyer.page.id } }))
      await page.getByText('Your bank is deciding whether you need to confirm').waitFor()
      expect(bank.received).toEqual([
        { path: '/method', form: { threeDSMethodData: buyer.page.id }, cookie: undefined },
      ])
      expect(given(buyer, 'recordBrowser')).toEqual([
        {
          acceptHeader: expect.stringMatching(/^text\/html,/),
          userAgent: expect.stringContaining('Chrome'),
          ip: '127.0.0.1',
          language: 'en-GB',
          javaEnabled: false,
          javaScriptEnabled: true,
          colorDepth: 24,
          ...{ screenHeight: DESKTOP.height, screenWidth: DESKTOP.width },
          timeZoneOffset: await page.evaluate(() => new Date().getTimezoneOffset()),
          ...{ windowHeight: DESKTOP.height, windowWidth: DESKTOP.width },
        },
      ])
      expect(page.url()).toBe(buyer.url)
    })
  })

  test('that the server has heard of, and the page has not, lets it go on too', async context => {
    playOn()
    const step = withMethod({ method: { url: bank.shoutingMethodUrl, data: 'x' } })
    await visit(context, step, {}, async ({ page, buyer }) => {
      await page.waitForTimeout(700)
      expect(given(buyer, 'recordBrowser')).toEqual([])
      lead(buyer, { ...step, methodDone: true })
      await heading(page, 'Checking your card')
    })
  })

  test('that does not call back is waited for as long as it may take, and no longer', async context => {
    playOn()
    let told = 0
    const step = withMethod({ method: { url: bank.shoutingMethodUrl, data: 'x' }, methodTimeoutMs: 2000 })
    await visit(context, step, {}, async ({ page, buyer }) => {
      const began = performance.now()
      pages.onTold = () => {
        told = performance.now() - began
        lead(buyer, aStep.wait())
      }
      await heading(page, 'Checking your card')
      expect(told).toBeGreaterThan(1500)
      expect(given(buyer, 'recordBrowser')).toHaveLength(1)
    })
  })

  test('that nobody answers for, or that the issuer does not have, does not hold up the page', async context => {
    playOn()
    const dead = withMethod({ method: { url: 'http://localhost:9/', data: 'x' }, methodTimeoutMs: 1000 })
    const expected = /frame-src|form-action|Content Security Policy/
    await visit(context, dead, { expected }, async ({ page }) => heading(page, 'Checking your card'))
    await visit(context, aStep.browser(), {}, async ({ page }) => heading(page, 'Checking your card'))
  })

  test('cannot hurry the page: what another origin says to it is not heard', async context => {
    const step = withMethod({ method: { url: bank.shoutingMethodUrl, data: 'x' } })
    await visit(context, step, {}, async ({ page, buyer }) => {
      const heard = await page.evaluate(
        () =>
          new Promise<string>(done =>
            addEventListener('message', event => done(`${event.origin} ${event.data.coffer}`)),
          ),
      )
      expect(heard).toBe(`${bank.url} ask`)
      const before = pages.looks()
      await page.waitForTimeout(2000)
      // Some 400 messages, and one look each 500 ms.
      expect(pages.looks() - before).toBeLessThan(8)
      expect(buyer.told).toEqual([])
      // The page itself is heard.
      const quietly = pages.looks()
      for (let nth = 0; nth < 20; nth += 1) {
        await page.evaluate(() => postMessage({ coffer: 'ask' }, location.origin))
        await page.waitForTimeout(50)
      }
      expect(pages.looks() - quietly).toBeGreaterThan(8)
    })
  })

  test('asks once more when the bank did not answer, and says so', async context => {
    pages.onTold = buyer => lead(buyer, aStep.browser({ ...withMethod({ attempt: 2 }) }))
    await visit(context, aStep.browser(), {}, async ({ page }) => {
      await page.getByText('Your bank did not answer. We are asking once more.').waitFor()
    })
  })
})

describe('the challenge', () => {
  test('is opened in the frame by a form, passed by keyboard alone, and leads back to the shop', async context => {
    playOn()
    bank.received.length = 0
    await visit(context, aStep.wait(), {}, async ({ page, buyer }) => {
      lead(buyer, challenge({ creq: 'Y3JlcQ', sessionData: buyer.page.id }))
      await heading(page, 'Confirm with your bank')
      const frame = page.frameLocator('iframe[title="Your bank’s page"]')
      await frame.getByRole('heading', { name: 'Example Bank' }).waitFor()
      const form = { creq: 'Y3JlcQ', threeDSSessionData: buyer.page.id }
      expect(bank.received).toEqual([{ path: '/challenge', form, cookie: undefined }])
      await page.getByText(`Address of your bank’s page: ${new URL(bank.url).host}`).waitFor()
      const isThere = () => frame.getByLabel('Code').evaluate(field => field === document.activeElement)
      for (let nth = 0; nth < 3 && !(await isThere()); nth += 1) await page.keyboard.press('Tab')
      await page.keyboard.type('123456')
      expect(await frame.getByLabel('Code').inputValue()).toBe('123456')
      await page.keyboard.press('Enter')
      await heading(page, 'Your bank has answered')
      expect(given(buyer, 'recordReturn')).toEqual([{ cres: 'Y3Jlcw', threeDSSessionData: buyer.page.id }])
      lead(buyer, aStep.end({ state: 'SUCCESS' }))
      await heading(page, 'Your card is saved')
      await page.keyboard.press('Tab')
      const outline = await page.locator(':focus').evaluate(element => getComputedStyle(element).outlineStyle)
      expect([await page.locator(':focus').textContent(), outline]).toEqual(['Back to Fernhill Coffee', 'solid'])
      await page.keyboard.press('Enter')
      await backInTheShop(page, buyer)
    })
  })

  test.for([
    ['01', PHONE, [250, 400]],
    ['02', PHONE, [390, 400]],
    ['03', PHONE, [390, 600]],
    ['02', { width: 320, height: 640 }, [320, 400]],
    ['01', DESKTOP, [250, 400]],
    ['02', DESKTOP, [390, 400]],
    ['03', DESKTOP, [500, 600]],
    ['04', DESKTOP, [600, 400]],
  ] as const)(
    'in window %s at %j has the size that the bank was told, as far as there is room',
    async ([windowSize, viewport, size], context) => {
      await visit(context, challenge({ windowSize }), { viewport }, async ({ page }) => {
        await page.frameLocator('iframe').getByRole('heading').waitFor()
        const [, frame] = page.frames()
        expect(await frame!.evaluate(() => [innerWidth, innerHeight])).toEqual(size)
      })
    },
  )

  test.for([PHONE, DESKTOP])('in the full window takes the room that there is, at %j', async (viewport, context) => {
    await visit(context, challenge({ windowSize: '05' }), { viewport }, async ({ page }) => {
      const box = (await page.locator('iframe').boundingBox())!
      expect(box.width).toBeGreaterThan(Math.min(viewport.width, 1000) - 1)
      expect(box.height).toBeGreaterThan(viewport.height / 2)
      expect(await page.evaluate(() => document.documentElement.scrollHeight - innerHeight)).toBe(0)
    })
  })

  test('says how long there is, as time goes by', async context => {
    await visit(context, challenge(), {}, async ({ page, buyer }) => {
      await page.getByText('About 9 minutes left').waitFor()
      buyer.page = { ...buyer.page, remainingMs: 50_000 }
      await page.getByText('Less than a minute left').waitFor()
    })
  })

  test('that ends while nobody comes back is found out by asking', async context => {
    await visit(context, challenge(), {}, async ({ page, buyer }) => {
      await heading(page, 'Confirm with your bank')
      lead(buyer, aStep.end({ ended: 'closed' }))
      await page.getByText('The time for this step is over.').waitFor()
      await backInTheShop(page, buyer)
    })
  })

  test('in two tabs is over in both when one of them is back', async context => {
    playOn()
    await visit(context, aStep.wait(), {}, async ({ page, buyer, context }) => {
      const other = await context.newPage()
      await other.goto(buyer.url)
      lead(buyer, challenge({ sessionData: buyer.page.id }))
      for (const tab of [page, other]) await tab.frameLocator('iframe').getByRole('heading').waitFor()
      await page.frameLocator('iframe').getByRole('button', { name: 'Confirm' }).click()
      for (const tab of [page, other]) await heading(tab, 'Your bank has answered')
      lead(buyer, aStep.end())
      for (const tab of [page, other]) await heading(tab, 'Your card was not saved')
    })
  })

  test('whose page is opened in a tab of its own comes back to the buyer’s page', async context => {
    playOn()
    await visit(context, aStep.wait(), {}, async ({ buyer, context }) => {
      lead(buyer, challenge({ sessionData: buyer.page.id }))
      const tab = await context.newPage()
      await tab.goto(bank.acsUrl)
      await tab.evaluate(id => {
        const field = document.querySelector<HTMLInputElement>('[name=threeDSSessionData]')
        if (field) field.value = id
      }, buyer.page.id)
      await tab.getByRole('button', { name: 'Confirm' }).click()
      await heading(tab, 'Your bank has answered')
      expect(tab.url()).toBe(buyer.url)
    })
  })
})

describe('a buyer', () => {
  test('who goes back finds what is the case now, not what was', async context => {
    playOn()
    await visit(context, aStep.browser(), {}, async ({ page, buyer }) => {
      await heading(page, 'Checking your card')
      lead(buyer, aStep.end({ state: 'SUCCESS' }))
      await backInTheShop(page, buyer)
      await page.goBack()
      await heading(page, 'Your card is saved')
      expect(given(buyer, 'recordBrowser')).toHaveLength(1)
    })
  })

  test('who waits for long is told that he need not', async context => {
    await visit(context, challenge({ returned: true }), {}, async ({ page }) => {
      const link = page.getByRole('link', { name: 'Back to Fernhill Coffee' })
      expect(await link.count()).toBe(0)
      const delays = await page.evaluate(() =>
        document
          .getAnimations()
          .filter(one => 'animationName' in one && one.animationName === 'late')
          .map(one => {
            const { delay } = one.effect!.getComputedTiming()
            one.finish()
            return delay
          }),
      )
      expect(delays).toEqual([20_000])
      await page.getByText('Fernhill Coffee will be told the result').waitFor()
      expect(await link.getAttribute('href')).toContain(`${shopUrl}/done?a=1&vaultingRequestId=`)
    })
  })

  test('does not notice that the server was away for a moment', async context => {
    await visit(context, aStep.wait(), { expected: /503/ }, async ({ page, buyer }) => {
      pages.isDown = true
      await page.waitForTimeout(2500)
      lead(buyer, aStep.end({ state: 'SUCCESS' }))
      pages.isDown = false
      await heading(page, 'Your card is saved')
    })
  })

  test('keeps the language that the address asks for, through all steps', async context => {
    playOn()
    const query = '?lang=pt'
    await visit(context, withMethod({ methodTimeoutMs: 500 }), { query }, async ({ page, buyer }) => {
      await heading(page, 'Verificando o seu cartão')
      expect(page.url()).toBe(`${buyer.url}${query}`)
      lead(buyer, challenge())
      await heading(page, 'Confirme com o seu banco')
      lead(buyer, aStep.end())
      await heading(page, 'O seu cartão não foi guardado')
      expect(await page.locator('html').getAttribute('lang')).toBe('pt')
    })
  })
})

describe('without JavaScript', () => {
  const javaScriptEnabled = false

  test.for([PHONE, DESKTOP])(
    'a buyer is told what to do, and can go back to the shop, at %j',
    async (viewport, context) => {
      await visit(context, withMethod(), { javaScriptEnabled, viewport }, async ({ page, buyer }) => {
        // Playwright's search for texts passes over noscript.
        expect(await page.locator('noscript p:visible').first().textContent()).toMatch(
          /^JavaScript is turned off in this browser/,
        )
        expect(await page.getByText('We are').or(page.locator('.scripted:visible')).count()).toBe(0)
        await takePicture(page, `pages-no-script-${viewport.width}`)
        await page.getByRole('link', { name: 'Back to Fernhill Coffee' }).click()
        await backInTheShop(page, buyer)
        expect(buyer.told).toEqual([])
      })
    },
  )

  test.for([PHONE, DESKTOP])('a buyer who pays is told so, and how much, at %j', async (viewport, context) => {
    await visit(context, withMethod(), { javaScriptEnabled, viewport, over: aPayment() }, async ({ page, buyer }) => {
      expect(await page.locator('noscript p:visible').first().textContent()).toMatch(
        /^You are paying €12\.34 to Fernhill Coffee\. JavaScript is turned off .* without paying\.$/,
      )
      await takePicture(page, `pay-pages-no-script-${viewport.width}`)
      await page.getByRole('link', { name: 'Back to Fernhill Coffee' }).click()
      await backInTheShop(page, buyer)
      expect(buyer.told).toEqual([])
    })
  })

  test('the brand is chosen, and waiting goes on by itself', async context => {
    pages.onTold = buyer => lead(buyer, aStep.wait())
    await visit(context, aStep.choose(), { javaScriptEnabled }, async ({ page, buyer }) => {
      await page.getByRole('button', { name: 'Cartes Bancaires' }).click()
      await heading(page, 'Checking your card')
      expect(given(buyer, 'choose')).toEqual(['CARTES_BANCAIRES'])
      lead(buyer, aStep.end({ state: 'SUCCESS' }))
      await backInTheShop(page, buyer)
    })
  })

  test('the bank’s page is opened by a button, and left by another one', async context => {
    playOn()
    await visit(
      context,
      () => challenge(),
      { javaScriptEnabled },
      async ({ page, buyer }) => {
        lead(buyer, challenge({ sessionData: buyer.page.id }))
        await page.reload()
        await page.getByRole('button', { name: 'Open your bank’s page' }).click()
        const frame = page.frameLocator('iframe')
        await frame.getByRole('button', { name: 'Confirm' }).click()
        await frame.getByText('Your bank has answered').waitFor()
        lead(buyer, aStep.end({ state: 'SUCCESS' }))
        await page.getByRole('link', { name: 'My bank has finished, go on' }).click()
        await backInTheShop(page, buyer)
      },
    )
  })
})
