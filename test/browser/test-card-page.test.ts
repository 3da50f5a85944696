/** The test card page as a developer meets it: a real browser, the page alone, nothing played. */
import { testCardCatalogue } from '@coffer/test-cards'
import fastify, { type FastifyInstance } from 'fastify'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest'
import { registerTestCardPage } from '../../apps/simulator/src/test-card-page.js'
import { findBrowser, NO_BROWSER, openBrowser, takePicture } from './browser.js'

const DESKTOP = { width: 1280, height: 800 }
const PHONE = { width: 360, height: 740 }

const rowsInAll = testCardCatalogue().sections.flatMap(({ tables }) => tables.flatMap(({ rows }) => rows)).length
const executable = findBrowser()
let app: FastifyInstance
let url: string
let browser: Browser

beforeAll(async () => {
  if (!executable) return console.warn(`SKIPPED test/browser: ${NO_BROWSER}`)
  app = fastify({ forceCloseConnections: true })
  registerTestCardPage(app)
  url = await app.listen({ port: 0, host: '127.0.0.1' })
  browser = await openBrowser(executable)
})

afterAll(async () => {
  await browser?.close()
  await app?.close()
})

interface VisitOptions {
  viewport?: { width: number; height: number }
  javaScriptEnabled?: boolean
  colorScheme?: 'light' | 'dark'
  /** Runs before the page's own script. */
  before?: () => void
}

/** Opens the page; at the end it must have complained of nothing and have talked to nobody else. */
async function visit(context: TestContext, options: VisitOptions, act: (page: Page) => Promise<void>): Promise<void> {
  if (!executable) context.skip(NO_BROWSER)
  const { viewport = DESKTOP, javaScriptEnabled = true, colorScheme = 'light', before } = options
  const opened = await browser.newContext({ viewport, javaScriptEnabled, colorScheme, reducedMotion: 'reduce' })
  opened.setDefaultTimeout(20_000)
  const complaints: string[] = []
  try {
    await opened.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: url })
    if (before) await opened.addInitScript(before)
    const page = await opened.newPage()
    page.on('console', message => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()))
    page.on('pageerror', error => complaints.push(error.message))
    page.on('request', request => {
      if (!request.url().startsWith(`${url}/`)) complaints.push(`asked ${request.url()}`)
    })
    await page.goto(`${url}/test-cards`)
    await act(page)
    expect(complaints).toEqual([])
  } finally {
    await opened.close()
  }
}

const status = (page: Page) => page.getByRole('status').textContent()
const rows = (page: Page) => page.locator('tbody tr:visible')
const copyButton = (page: Page) => page.locator('#response-codes').getByRole('button', { name: '4000 0000 0010 0513' })
const clipboard = (page: Page) => page.evaluate(() => navigator.clipboard.readText())
const selected = (page: Page) => page.evaluate(() => String(getSelection()))

describe('the copy button', () => {
  test('puts the digits, without blanks, into the clipboard and says so', async context => {
    await visit(context, {}, async page => {
      await copyButton(page).click()
      await page.waitForFunction(() => document.querySelector('#status')?.textContent !== '')
      expect(await clipboard(page)).toBe('4000000000100513')
      expect(await status(page)).toBe('Copied 4000 0000 0010 0513')
      expect(await page.locator('button.copied').count()).toBe(1)
    })
  })

  test('works with the keyboard', async context => {
    await visit(context, {}, async page => {
      await page.getByLabel('Filter').focus()
      await page.locator('#first-cards button').first().focus()
      await page.keyboard.press('Enter')
      await page.waitForFunction(() => document.querySelector('#status')?.textContent !== '')
      expect(await clipboard(page)).toBe('4000000000100000')
      const outline = await page.evaluate(() => getComputedStyle(document.activeElement!).outlineStyle)
      expect(outline).toBe('solid')
    })
  })

  test('selects the number and copies it the old way where the clipboard is out of reach', async context => {
    const before = () => Object.defineProperty(navigator, 'clipboard', { value: undefined })
    await visit(context, { before }, async page => {
      await copyButton(page).click()
      await page.waitForFunction(() => document.querySelector('#status')?.textContent !== '')
      expect(await selected(page)).toBe('4000000000100513')
      expect(await status(page)).toBe('Copied 4000 0000 0010 0513')
    })
  })

  test('selects the number and says what to press where nothing may copy', async context => {
    const before = () => {
      Object.defineProperty(navigator, 'clipboard', { value: undefined })
      document.execCommand = () => false
    }
    await visit(context, { before }, async page => {
      await copyButton(page).click()
      await page.waitForFunction(() => document.querySelector('#status')?.textContent !== '')
      expect(await selected(page)).toBe('4000000000100513')
      expect(await status(page)).toBe('Selected 4000 0000 0010 0513: copy it with Ctrl+C or Command+C')
    })
  })
})

describe('the filter', () => {
  test('leaves the rows that have all words, and says how many', async context => {
    await visit(context, {}, async page => {
      await page.getByLabel('Filter').fill('lost')
      expect(await rows(page).allInnerTexts()).toEqual([
        expect.stringContaining('LOST_CARD'),
        expect.stringContaining('LOST_CARD'),
      ])
      expect(await status(page)).toBe(`2 of ${rowsInAll} rows`)
      expect(await page.getByRole('navigation').getByRole('link').allInnerTexts()).toEqual([
        'To begin with',
        'Response codes',
      ])

      await page.getByLabel('Filter').fill('visa bancontact debit')
      expect(await rows(page).count()).toBe(1)
      await page.getByLabel('Filter').fill('')
      expect(await rows(page).count()).toBe(rowsInAll)
    })
  })

  test('finds a number in groups or without blanks, and rows by the heading above them', async context => {
    await visit(context, {}, async page => {
      for (const typed of ['4871049900100004', '4871 0499 0010 0004', '4871 0499']) {
        await page.getByLabel('Filter').fill(typed)
        expect(await rows(page).count()).toBe(1)
        expect(await rows(page).textContent()).toContain('BANCONTACT')
      }
      await page.getByLabel('Filter').fill('buyer chooses')
      expect(await rows(page).count()).toBe(3)
      await takePicture(page, 'test-cards-filtered-1280')
    })
  })

  test('says so when nothing is found', async context => {
    await visit(context, {}, async page => {
      await page.getByLabel('Filter').fill('4539578763621486')
      expect(await rows(page).count()).toBe(0)
      expect(await status(page)).toBe(`0 of ${rowsInAll} rows`)
      expect(await page.getByText('No row has all of these words.').isVisible()).toBe(true)
    })
  })
})

describe('the page', () => {
  test.for([
    [PHONE, 'light'],
    [PHONE, 'dark'],
    [{ width: 768, height: 1024 }, 'light'],
    [{ width: 961, height: 800 }, 'light'],
    [{ width: 1201, height: 800 }, 'light'],
    [DESKTOP, 'light'],
    [DESKTOP, 'dark'],
  ] as const)('fits %j, %s', async ([viewport, colorScheme], context) => {
    await visit(context, { viewport, colorScheme }, async page => {
      const widths = await page.evaluate(() => ({
        page: document.documentElement.scrollWidth,
        cut: Array.from(document.querySelectorAll('.table, main pre, .anatomy')).filter(
          box => box.scrollWidth > box.clientWidth,
        ).length,
      }))
      expect(widths).toEqual({ page: viewport.width, cut: 0 })
      await takePicture(page, `test-cards-${colorScheme}-${viewport.width}`)
    })
  })

  test('can be read and its numbers selected without script', async context => {
    await visit(context, { javaScriptEnabled: false }, async page => {
      expect(await rows(page).count()).toBe(rowsInAll)
      expect(await page.locator('button:visible, input:visible').count()).toBe(0)
      expect(await page.locator('.pan').first().textContent()).toBe('4000000000100000')
    })
  })

  test('remains a table for a screen reader on a phone', async context => {
    await visit(context, { viewport: PHONE }, async page => {
      const table = page.getByRole('table', { name: 'Korean issuers' })
      expect(await table.getByRole('row').count()).toBe(10)
      expect(await table.getByRole('rowheader').allInnerTexts()).toContain('KEBHANA')
      expect(await table.getByRole('columnheader', { name: 'No challenge' }).count()).toBe(1)
    })
  })
})
