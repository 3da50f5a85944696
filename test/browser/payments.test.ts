/** A buyer who pays, in a real browser, from `normalUrl` to the shop: nothing in between is played. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, type TestContext, test, vi } from 'vitest'
import { namedTestCards } from '../../packages/test-cards/src/index.js'
import { aCard, aPayRequest, aVaultingRequest } from '../support/builders.js'
import { findBrowser, NO_BROWSER, openBrowser, takePicture } from './browser.js'
import { bankIn, CONFIRM, DESKTOP, type House, isOnThisMachine, openHouse, PHONE, SHOP } from './buyer-visits.js'

const CHALLENGE = namedTestCards.challengeThenApprove.number
/** French, and its bank wants a code. */
const VISA_CB = '4000002500200009'

/** Chromium warns of any frame with these two flags; the bank's pages need both, and are of another site. */
const NO_MATTER = /allow-scripts and allow-same-origin/

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
vi.setConfig({ testTimeout: 120_000 })

const executable = findBrowser()
let browser: Browser
let house: House

beforeAll(async () => {
  if (!executable) return console.warn(`SKIPPED test/browser: ${NO_BROWSER}`)
  browser = await openBrowser(executable)
  house = await openHouse(browser)
})

afterAll(async () => {
  await browser?.close()
  await house?.stop()
})

interface Paying {
  page: Page
  id: string
  heading: (words: string) => Promise<void>
  /** Of the page around the bank's: what axe finds, and whether it scrolls sideways. Takes a picture. */
  judge: (name: string) => Promise<void>
  typeCode: (code: string) => Promise<void>
  inquire: () => Promise<Record<string, unknown>>
  /** The page leads there, and the shop hears which payment it was. */
  backInTheShop: (how?: 'by the link' | 'by itself') => Promise<void>
}

interface PayOptions {
  viewport: { width: number; height: number }
  locale?: string
  request: (redirect: string) => Promise<ReturnType<typeof aPayRequest>>
}

/** Sends a buyer to the page of a payment; the browser must complain of nothing, leave the machine nowhere, keep no cookie. */
async function visit(context: TestContext, options: PayOptions, act: (paying: Paying) => Promise<void>): Promise<void> {
  if (!executable) context.skip(NO_BROWSER)
  const { viewport, locale = 'en-GB' } = options
  const redirect = `${house.shopUrl}/cards/orders?order=7`
  const request = await options.request(redirect)
  const { json } = await house.coffer.call('payments/pay', request)
  expect(json.result).toMatchObject({ resultStatus: 'U', resultCode: 'PAYMENT_IN_PROCESS' })
  const opened = await browser.newContext({ viewport, locale, reducedMotion: 'reduce' })
  opened.setDefaultTimeout(30_000)
  const complaints: string[] = []
  opened.on('console', message => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()))
  opened.on('weberror', error => complaints.push(String(error.error())))
  opened.on('request', asked => {
    if (!isOnThisMachine(asked.url())) complaints.push(`asked ${asked.url()}`)
  })
  // The page that leads back does so by itself after a moment. Until a test wants that, it stays where it is.
  let mayLeave = false
  await opened.route(`${house.shopUrl}/**`, route => (mayLeave ? route.continue() : route.abort('aborted')))
  try {
    const page = await opened.newPage()
    const id = request.paymentRequestId
    await page.goto(json.normalUrl)
    await act({
      page,
      id,
      heading: words => page.getByRole('heading', { level: 1, name: words, exact: true }).waitFor(),
      judge: async name => {
        await takePicture(page, `pay-${name}-${viewport.width}`, { fullPage: true })
        // One that leads back by itself does so too soon for axe; a link leads back as well, and nothing is lost.
        const found = (await axeFinds(page)).filter(one => !one.startsWith('meta-refresh: '))
        expect(found).toEqual([])
        expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0)
      },
      typeCode: async code => {
        await bankIn(page).getByLabel('Code', { exact: true }).fill(code)
        await bankIn(page).getByRole('button', { name: 'Confirm' }).click()
      },
      inquire: async () => (await house.coffer.call('payments/inquiryPayment', { paymentRequestId: id })).json,
      backInTheShop: async (how = 'by the link') => {
        const to = `${redirect}&paymentRequestId=${id}`
        const link = page.getByRole('link', { name: SHOP })
        expect(await link.getAttribute('href')).toBe(to)
        mayLeave = true
        if (how === 'by itself') await page.reload()
        else await link.click().catch(() => {})
        await page.waitForURL(to)
        await page.getByRole('heading', { name: 'Welcome back' }).waitFor()
      },
    })
    expect(complaints.filter(text => !NO_MATTER.test(text))).toEqual([])
    expect((await opened.cookies()).filter(({ name }) => name !== 'visited')).toEqual([])
  } finally {
    await opened.close()
  }
}

/** What axe finds wrong with the page itself; the bank's frame is the bank's. */
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

/** A payment with a token whose bank wants a code. */
const withToken: PayOptions['request'] = async paymentRedirectUrl => {
  const { json } = await house.coffer.vaultPaymentMethod(aVaultingRequest({ card: { cardNo: CHALLENGE } }))
  const token = json.paymentMethodDetail.card.cardToken
  return aPayRequest(token, { amount: '123456', meta: { is3DSAuthentication: true }, paymentRedirectUrl })
}

describe.each([PHONE, DESKTOP])('at %j', viewport => {
  test('a payment with a token is confirmed by a code, and the buyer is back in the shop', async context => {
    await visit(context, { viewport, request: withToken }, async buyer => {
      const { backInTheShop, heading, inquire, judge, page, typeCode } = buyer
      await heading(CONFIRM)
      await page.getByText(`Your bank wants to be sure that it is you who pays $1,234.56 to ${SHOP}.`).waitFor()
      const bank = bankIn(page)
      await bank.getByLabel('Code', { exact: true }).waitFor()
      for (const [name, fact] of [
        ['Pay to', SHOP],
        ['Amount', 'USD 1,234.56'],
      ] as const) {
        expect(await bank.locator('dl div', { hasText: name }).locator('dd').textContent()).toBe(fact)
      }
      await judge('challenge')
      await typeCode('123456')
      await heading('Your payment was authorised')
      expect(await page.locator('[role=status]').textContent()).toBe(`Your bank has authorised $1,234.56 for ${SHOP}.`)
      await judge('authorised')
      expect(await inquire()).toMatchObject({ paymentStatus: 'SUCCESS', paymentResultCode: 'SUCCESS' })
      await backInTheShop('by itself')
    })
  })

  test('a payment that the bank does not confirm says so, and leads back too', async context => {
    await visit(context, { viewport, request: withToken }, async buyer => {
      const { backInTheShop, heading, inquire, judge, typeCode } = buyer
      await heading(CONFIRM)
      await typeCode('111111')
      await heading('Your payment failed')
      await judge('failed')
      expect(await inquire()).toMatchObject({ paymentResultCode: 'USER_PAYMENT_VERIFICATION_FAILED' })
      await backInTheShop()
    })
  })

  test('a card with two brands that comes with the call is charged over the one that its buyer chooses', async context => {
    const request = async (paymentRedirectUrl: string) => {
      const { cardNo, expiryYear, expiryMonth } = aCard({ cardNo: VISA_CB })
      const meta = { cardNo, expiryYear, expiryMonth, cvv: '123' }
      return aPayRequest(undefined, { currency: 'EUR', merchantRegion: 'FR', meta, paymentRedirectUrl })
    }
    await visit(context, { viewport, locale: 'de-DE', request }, async buyer => {
      const { backInTheShop, heading, inquire, judge, page, typeCode } = buyer
      await heading('Wählen Sie eine Marke für Ihre Karte')
      expect(await page.locator('header .sum').textContent()).toBe('12,34\u00a0€')
      const boxes = await page
        .locator('fieldset button')
        .evaluateAll(all =>
          all.map(one => [one.getBoundingClientRect().width, one.getBoundingClientRect().height].join('x')),
        )
      expect([boxes.length, new Set(boxes).size]).toEqual([2, 1])
      await judge('choose')
      await page.getByRole('button', { name: 'Cartes Bancaires' }).click()
      await heading('Bestätigen Sie bei Ihrer Bank')
      await judge('challenge-de')
      await typeCode('123456')
      await heading('Ihre Zahlung wurde genehmigt')
      await judge('authorised-de')
      await backInTheShop()
      expect(await inquire()).toMatchObject({ paymentResultInfo: { cardBrand: 'CARTES_BANCAIRES' } })
    })
  })

  test('a payment that is cancelled while its buyer is at his bank says so by itself', async context => {
    await visit(context, { viewport, request: withToken }, async buyer => {
      const { backInTheShop, heading, id, judge, page } = buyer
      await heading(CONFIRM)
      await bankIn(page).getByLabel('Code', { exact: true }).waitFor()
      const cancelled = await house.coffer.call('payments/cancel', { paymentRequestId: id })
      expect(cancelled.json.result.resultCode).toBe('SUCCESS')
      await heading('The payment was cancelled')
      await judge('cancelled')
      await backInTheShop()
    })
  })
})
