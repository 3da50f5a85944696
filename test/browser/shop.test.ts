/** The example shop as a buyer meets it: a real browser, a complete Coffer, nothing played. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest'
import { findWholeBrowser, NO_BROWSER, openBrowser, takePicture } from './browser.js'
import { bankIn, isOnThisMachine } from './buyer-visits.js'
import { type RunningCoffer, startRunningCoffer } from './running-coffer.js'

/** Its highest port, 32643, still lies below those that outgoing connections take theirs from. */
const OFFSET = 24_200
const DESKTOP = { width: 1280, height: 800 }
const PHONE = { width: 360, height: 740 }
const SUCCESS = '4054 6957 2310 0768'
const DECLINED = '4000 0000 0010 0059'
const SILENT = '4000 0000 0010 3004'
const MASTERCARD = '5200 0000 0010 0005'
const CHALLENGE = '4000 0000 0020 0008'
/** The buyer may pay with it; the bank says no to what the shop charges alone. */
const NOT_ALONE = '4000 0000 0010 2519'

// As people have it, once: the other files ask the shell, which has the engine and no windows.
const executable = findWholeBrowser()
let coffer: RunningCoffer
let browser: Browser

beforeAll(async () => {
  if (!executable) return console.warn(`SKIPPED test/browser: ${NO_BROWSER}`)
  coffer = await startRunningCoffer(OFFSET)
  browser = await openBrowser(executable)
})

afterAll(async () => {
  await browser?.close()
  if (coffer) expect(await coffer.stop()).toBe(0)
})

/** What a page complained about, and where it went. */
interface Visit {
  page: Page
  context: BrowserContext
  complaints: string[]
}

interface VisitOptions {
  viewport?: { width: number; height: number }
  javaScriptEnabled?: boolean
  /** The buyer goes to his bank: other pages of this machine may be opened, and are looked at by other tests. */
  goesToBank?: boolean
}

/** Opens the shop; at the end the page must have complained of nothing and have talked to nobody else. */
async function visit(test: TestContext, options: VisitOptions, act: (visit: Visit) => Promise<void>): Promise<void> {
  const context = await openOrSkip(test, options)
  const page = await context.newPage()
  const complaints: string[] = []
  const isOurs = (url: string) => url.startsWith(`${coffer.shopUrl}/`)
  page.on('console', message => {
    const isOther = options.goesToBank && !isOurs(message.location().url)
    if (!isOther && ['error', 'warning'].includes(message.type())) complaints.push(message.text())
  })
  page.on('pageerror', error => complaints.push(error.message))
  page.on('request', request => {
    const isAllowed = options.goesToBank ? isOnThisMachine(request.url()) : isOurs(request.url())
    if (!isAllowed) complaints.push(`asked ${request.url()}`)
  })
  try {
    await page.goto(coffer.shopUrl)
    await act({ page, context, complaints })
    expect(complaints).toEqual([])
    expect(await context.cookies()).toEqual([])
  } finally {
    await context.close()
  }
}

async function openOrSkip(context: TestContext, { viewport = DESKTOP, javaScriptEnabled = true }: VisitOptions) {
  if (!executable) context.skip(NO_BROWSER)
  const opened = await browser.newContext({ viewport, javaScriptEnabled, locale: 'en-GB' })
  opened.setDefaultTimeout(50_000)
  return opened
}

async function fill(page: Page, number: string): Promise<void> {
  await page.getByLabel('Card number').fill(number)
  await page.getByLabel('Expiry date').fill('03/33')
  await page.getByLabel('Security code').fill('731')
  await page.getByLabel('Name on the card').fill('Ana Lopez')
}

const submit = (page: Page) => page.getByRole('button', { name: 'Add card', exact: true }).click()
/** What a person reads there. */
const seen = async (locator: Locator) => (await locator.allInnerTexts()).join(' ').replace(/\s+/g, ' ')
const heading = (page: Page) => seen(page.getByRole('heading', { level: 1 }))
const step = (page: Page, name: string) => page.getByRole('listitem').filter({ hasText: `${name}:` })
const notified = (page: Page) => page.getByText(/received and verified \d+\.\d s after the answer/).waitFor()

/** How many of the next reversals get lost on their way to the issuer. */
async function loseReversals(dropReversals: number): Promise<void> {
  const body = JSON.stringify({ dropReversals })
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`${coffer.simulatorUrl}/control`, { method: 'POST', body, headers })
  expect(answer.status).toBe(200)
}

const picture = (page: Page, name: string) =>
  takePicture(page, `shop-${name}-${page.viewportSize()!.width}`, { fullPage: true, animations: 'disabled' })

describe('a buyer adds a card', () => {
  test('and sees it added, then the notification arriving, and finds it among the cards', async context => {
    await visit(context, {}, async ({ page }) => {
      await picture(page, 'form')
      await fill(page, SUCCESS)
      await submit(page)
      expect(page.url()).toMatch(/\/cards\/[0-9a-f-]{36}$/)
      expect(await heading(page)).toBe('Card added: Visa •••• 0768')
      expect(await seen(step(page, 'Answer'))).toBe('Answer: S SUCCESS “success.”, signature verified')
      expect(await seen(step(page, 'Notification'))).toMatch(/waiting…|received/)
      await picture(page, 'waiting')

      await notified(page)
      expect(await seen(step(page, 'Inquiry'))).toBe('Inquiry: SUCCESS “success.”, signature verified')
      expect(await page.getByText(/cof_.{6}….{4} \(shortened\)/).count()).toBe(1)
      await picture(page, 'added')

      await page.getByRole('link', { name: 'See your cards' }).click()
      expect(await seen(page.getByRole('main'))).toMatch(/Visa •••• 0768 Expires 03\/33/)
      await picture(page, 'list')
    })
  })

  test('that the bank declines, and reads why and what to do', async context => {
    await visit(context, {}, async ({ page }) => {
      await fill(page, DECLINED)
      await submit(page)
      expect(await heading(page)).toBe('The card was not added')
      expect(await page.getByText('Use another card, or ask the bank').count()).toBe(1)
      expect(await page.getByText('Code: DO_NOT_HONOR').count()).toBe(1)
      await notified(page)
      await picture(page, 'declined')
      await page.getByRole('link', { name: 'Use another card' }).click()
      expect(await page.getByLabel('Card number').inputValue()).toBe('')
    })
  })

  test('of which nobody knows yet, and the page finds out by itself', async context => {
    await visit(context, { viewport: PHONE }, async ({ page }) => {
      // As long as the issuer does not say that the question is taken back, nobody can know.
      await loseReversals(1_000)
      await fill(page, SILENT)
      await submit(page)
      expect(await heading(page)).toBe('We do not know yet whether the card was added')
      await picture(page, 'unknown')
      await loseReversals(0)
      const answer = await fetch(`${coffer.opsUrl}/sandbox/clock`, { method: 'POST', body: '{"advanceMs":90000}' })
      expect(answer.status).toBe(200)
      await page.getByText('Code: PROCESS_FAIL').waitFor()
      await notified(page)
    })
  }, 180_000)

  test('with the keyboard alone', async context => {
    await visit(context, {}, async ({ page }) => {
      const focused = () => page.locator(':focus')
      const next = async () => {
        await page.keyboard.press('Tab')
        // Whoever works with the keyboard has to see where they are.
        expect(await focused().evaluate(element => getComputedStyle(element).outlineStyle)).toBe('solid')
        return focused().evaluate(element => element.id || element.textContent?.trim())
      }
      const places = ['Fernhill Coffee', 'Buy', 'Your cards', 'Subscription', 'Add a card', 'buy', 'coffee every month']
      for (const place of places) expect(await next()).toBe(place)
      for (const [field, text] of [
        ['number', SUCCESS],
        ['expiry', '03/33'],
        ['cvv', '731'],
      ] as const) {
        expect(await next()).toBe(field)
        await page.keyboard.type(text)
      }
      expect([await next(), await next(), await next()]).toEqual(['name', 'threeDS', 'Add card'])
      await page.keyboard.press('Enter')
      await page.waitForURL(/\/cards\//)
      expect(await heading(page)).toBe('Card added: Visa •••• 0768')
    })
  })

  test('without JavaScript, on a phone, with the button of a test card', async context => {
    await visit(context, { viewport: PHONE, javaScriptEnabled: false }, async ({ page }) => {
      await picture(page, 'form')
      await page.getByRole('button', { name: 'Use this card: Mastercard' }).click()
      expect(await page.getByLabel('Card number').inputValue()).toBe('5162 7741 1497 4622')
      await submit(page)
      expect(await heading(page)).toBe('Card added: Mastercard •••• 4622')
      await notified(page)
      await picture(page, 'added')
    })
  })
})

describe('a buyer who mistypes', () => {
  test('is led to the field by a summary; number and code have to be typed again', async context => {
    await visit(context, { viewport: PHONE }, async ({ page, complaints }) => {
      await fill(page, '4054 6957 2310 0769')
      await submit(page)
      const summary = page.getByRole('alert')
      expect(await seen(summary)).toContain('Check the card number: a digit is wrong or missing')
      expect(await summary.evaluate(element => element === document.activeElement)).toBe(true)
      expect(await page.title()).toMatch(/^Please correct/)
      await picture(page, 'errors')

      await page.keyboard.press('Tab')
      await page.keyboard.press('Enter')
      expect(await page.locator(':focus').getAttribute('id')).toBe('number')
      const values = await page
        .locator('form[action="/cards"] input[type=text]')
        .evaluateAll(inputs => inputs.map(input => (input as HTMLInputElement).value))
      expect(values).toEqual(['', '03/33', '', 'Ana Lopez'])
      // The browser notes every answer that is not 200 on its console; this one is the form with its summary.
      expect(complaints.splice(0)).toEqual([expect.stringContaining('status of 422')])
    })
  })

  test('and leaves a field empty is stopped before anything is sent', async context => {
    await visit(context, {}, async ({ page }) => {
      await page.getByLabel('Card number').fill(SUCCESS)
      await submit(page)
      expect(await page.locator(':focus').getAttribute('id')).toBe('expiry')
      expect(await page.getByLabel('Card number').inputValue()).toBe(SUCCESS)
    })
  })
})

/** Adds a card, and goes where one buys. */
async function addAndGoShopping(page: Page, number: string): Promise<void> {
  await page.goto(coffer.shopUrl)
  await fill(page, number)
  await submit(page)
  expect(await heading(page)).toMatch(/^Card added/)
  await page.getByRole('link', { name: 'Buy something' }).click()
}

/** The newest card stands first and is chosen. */
async function buy(page: Page, product: string, how: string, more: { code?: string; threeDS?: boolean } = {}) {
  await page.getByRole('radio', { name: product }).check()
  await page.getByRole('radio', { name: how }).check()
  if (more.code) await page.getByLabel('Security code').fill(more.code)
  if (more.threeDS) await page.getByLabel('Ask for 3-D Secure').check()
  await page.getByRole('button', { name: 'Order and pay' }).click()
}

const backOffice = (page: Page) => page.getByRole('region', { name: 'In the back office' })

/** Loads the page until the vault's notification has been there. */
async function untilNotified(page: Page, text: RegExp): Promise<void> {
  await expect
    .poll(async () => (await page.reload()) && seen(page.getByRole('main')), { timeout: 20_000 })
    .toMatch(text)
}

describe('a buyer with a stored card', () => {
  test('pays with it, and with its security code', async context => {
    await visit(context, {}, async ({ page }) => {
      await addAndGoShopping(page, SUCCESS)
      await picture(page, 'buy')
      await buy(page, 'Fernhill beans', 'Pay now', { code: '123' })
      expect(await heading(page)).toBe('Paid: 9.50 EUR')
      expect(await seen(step(page, 'Answer'))).toBe('Answer: S SUCCESS “success.”, signature verified')
      await untilNotified(page, /Notification: received and verified \d+\.\d s after the answer: S SUCCESS/)
      await picture(page, 'paid')
    })
  })

  test('reserves; the shop captures a part, then the last, and gives something back', async context => {
    await visit(context, { viewport: PHONE, javaScriptEnabled: false }, async ({ page }) => {
      await addAndGoShopping(page, MASTERCARD)
      await buy(page, 'Hand grinder', 'Reserve')
      expect(await heading(page)).toBe('Reserved: 39.00 USD')
      const office = backOffice(page)
      const amount = (tool: string) => page.locator(`#${tool}-amount`)
      await amount('capture').fill('10')
      await office.getByRole('button', { name: 'Capture a part' }).click()
      await amount('capture').fill('9.50')
      await office.getByLabel('It is the last capture').check()
      await office.getByRole('button', { name: 'Capture a part' }).click()
      await amount('refund').fill('99')
      await office.getByRole('button', { name: 'Refund a part' }).click()
      expect(await seen(office)).toContain('Refunded 0.00 USD')
      expect(await seen(office)).toContain('That is more than was captured and not given back yet.')
      await amount('refund').fill('4,50')
      await office.getByRole('button', { name: 'Refund a part' }).click()
      expect(await seen(office)).toContain('Authorised 39.00 USD Captured 19.50 USD Refunded 4.50 USD')
      await untilNotified(page, /Refund of 4\.50 USD Done .* Notification: S SUCCESS “success\.”, signature verified/)
      await picture(page, 'back-office')
    })
  })

  test('shows its bank that it is he, and comes back to what became of it', async context => {
    await visit(context, { goesToBank: true }, async ({ page }) => {
      await addAndGoShopping(page, CHALLENGE)
      await buy(page, 'Cold brew', 'Pay now', { threeDS: true })
      await bankIn(page).getByLabel('Code', { exact: true }).fill('123456')
      await bankIn(page).getByRole('button', { name: 'Confirm' }).click()
      await page.waitForURL(/\/payments\/[^/]+\?paymentRequestId=/)
      expect(await heading(page)).toBe('Paid: 4,800 JPY')
      expect(await page.getByText('ECI 05').count()).toBe(1)
      await picture(page, 'three-ds')
    })
  })

  test('has coffee every month, charged when the clock says so; then the bank says no', async context => {
    await visit(context, {}, async ({ page }) => {
      const subscription = page.getByRole('region', {
        name: /Your coffee comes every month|The last charge was declined/,
      })
      await addAndGoShopping(page, SUCCESS)
      await page.getByRole('link', { name: 'Subscription' }).click()
      await page.getByRole('button', { name: 'Begin, and pay 12.00 EUR now' }).click()
      expect(await heading(page)).toBe('Paid: 12.00 EUR')
      await page.getByRole('link', { name: 'See your subscription' }).click()
      await page.getByRole('button', { name: 'Let the month pass' }).click()
      expect(await seen(subscription)).toContain('2 months paid, with Visa •••• 0768.')
      await page.getByRole('button', { name: 'Let the month pass' }).click()
      expect(await seen(subscription)).toContain('3 months paid')
      expect(await page.getByText('Network transaction:').count()).toBe(3)
      await picture(page, 'subscription')
      await page.getByRole('button', { name: 'Cancel the subscription' }).click()
      expect(await seen(page.getByRole('main'))).toContain('Your subscription is cancelled')

      await addAndGoShopping(page, NOT_ALONE)
      await page.getByRole('link', { name: 'Subscription' }).click()
      await page.getByRole('button', { name: 'Begin, and pay' }).click()
      await page.getByRole('link', { name: 'See your subscription' }).click()
      await page.getByRole('button', { name: 'Let the month pass' }).click()
      expect(await seen(subscription)).toContain('Code: USER_BALANCE_NOT_ENOUGH')
      await picture(page, 'renewal-declined')
    })
  }, 120_000)

  test('deletes it, and it is gone; with the keyboard', async context => {
    await visit(context, {}, async ({ page, complaints }) => {
      await addAndGoShopping(page, SUCCESS)
      const [, id = ''] = /card=(.*)$/.exec(page.url()) ?? []
      await page.getByRole('link', { name: 'Your cards' }).click()
      const link = page.locator(`a[href="/cards/${id}/delete"]`)
      await link.focus()
      await page.keyboard.press('Enter')
      await page.waitForURL(/\/delete$/)
      await picture(page, 'delete')
      await page.getByRole('button', { name: 'Delete the card' }).focus()
      await page.keyboard.press('Enter')
      await page.waitForURL(url => !url.pathname.endsWith('/delete'))
      expect(await heading(page)).toBe('Card deleted: Visa •••• 0768')
      await page.getByRole('link', { name: 'See your cards' }).click()
      expect(await link.count()).toBe(0)
      await page.goto(`${coffer.shopUrl}/buy?card=${id}`)
      expect(await seen(page.getByRole('alert'))).toContain('nothing can be paid with it any more')
      expect(complaints).toEqual([])
    })
  })
})

describe('the pages', () => {
  test('have no script and fit a narrow phone', async context => {
    await visit(context, { viewport: { width: 320, height: 640 } }, async ({ page }) => {
      const paths = await page
        .goto(`${coffer.shopUrl}/cards`)
        .then(() => page.locator('a.card-link').evaluateAll(links => links.map(link => link.getAttribute('href')!)))
      const payments = await page
        .goto(`${coffer.shopUrl}/buy`)
        .then(() => page.locator('.rows a').evaluateAll(links => links.map(link => link.getAttribute('href')!)))
      const more = [...paths.slice(0, 2), `${paths[0]}/delete`, ...payments.slice(0, 3)]
      for (const path of ['/', '/cards', '/buy', '/buy?card=gone', '/subscription', ...more]) {
        await page.goto(`${coffer.shopUrl}${path}`)
        expect(await page.locator('script').count()).toBe(0)
        const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
        expect(wider, path).toBeLessThanOrEqual(0)
      }
    })
  })

  test('and everything behind them left no card number, code or name in log, file or output', async context => {
    if (!executable) context.skip(NO_BROWSER)
    const logs = join(coffer.dataDir, 'logs')
    const texts = readdirSync(logs).map(name => readFileSync(join(logs, name), 'utf8'))
    const kept = readdirSync(join(coffer.dataDir, 'shop')).map(name => join(coffer.dataDir, 'shop', name))
    expect(kept.length).toBe(3)
    const all = [...texts, ...kept.map(name => readFileSync(name, 'utf8')), coffer.output()].join('\n')
    for (const secret of [SUCCESS, DECLINED, SILENT, MASTERCARD, CHALLENGE, NOT_ALONE]) {
      expect(all).not.toContain(secret)
      expect(all).not.toContain(secret.replaceAll(' ', ''))
    }
    expect(all).not.toContain('Lopez')
  })
})
