/** The example shop as a buyer meets it: a real browser, a complete Coffer, nothing played. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest'
import { findWholeBrowser, NO_BROWSER, openBrowser, takePicture } from './browser.js'
import { type RunningCoffer, startRunningCoffer } from './running-coffer.js'

/** Its highest port, 32643, still lies below those that outgoing connections take theirs from. */
const OFFSET = 24_200
const DESKTOP = { width: 1280, height: 800 }
const PHONE = { width: 360, height: 740 }
const SUCCESS = '4054 6957 2310 0768'
const DECLINED = '4000 0000 0010 0059'
const SILENT = '4000 0000 0010 3004'

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
}

/** Opens the shop; at the end the page must have complained of nothing and have talked to nobody else. */
async function visit(test: TestContext, options: VisitOptions, act: (visit: Visit) => Promise<void>): Promise<void> {
  const context = await openOrSkip(test, options)
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', message => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()))
  page.on('pageerror', error => complaints.push(error.message))
  page.on('request', request => {
    if (!request.url().startsWith(`${coffer.shopUrl}/`)) complaints.push(`asked ${request.url()}`)
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
      expect([await next(), await next(), await next()]).toEqual(['Fernhill Coffee', 'Add a card', 'Your cards'])
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

describe('the pages', () => {
  test('have no script and fit a narrow phone', async context => {
    await visit(context, { viewport: { width: 320, height: 640 } }, async ({ page }) => {
      const paths = await page
        .goto(`${coffer.shopUrl}/cards`)
        .then(() => page.locator('a.card-link').evaluateAll(links => links.map(link => link.getAttribute('href')!)))
      for (const path of ['/', '/cards', ...paths.slice(0, 2)]) {
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
    const all = [...texts, readFileSync(join(coffer.dataDir, 'shop', 'cards.json'), 'utf8'), coffer.output()].join('\n')
    for (const secret of [SUCCESS, DECLINED, SILENT]) {
      expect(all).not.toContain(secret)
      expect(all).not.toContain(secret.replaceAll(' ', ''))
    }
    expect(all).not.toContain('Lopez')
  })
})
