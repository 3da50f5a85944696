/** A buyer chooses the brand of a co-badged card: a real browser, the real page, and at the end the example shop. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest'
import { testCardNumber } from '../../packages/test-cards/src/index.js'
import { select } from '../result-codes/stored-rows.js'
import { aVaultingRequest } from '../support/builders.js'
import { startSystem, type TestSystem } from '../support/start-system.js'
import { findBrowser, NO_BROWSER, openBrowser, takePicture } from './browser.js'
import { type RunningCoffer, startRunningCoffer } from './running-coffer.js'

/** Its highest port lies below those that outgoing connections take theirs from. */
const OFFSET = 24_100
const DESKTOP = { width: 1280, height: 800 }
const PHONE = { width: 360, height: 740 }
/** VISA and UnionPay: a card from outside the EEA, which nobody asks 3-D Secure for, at a merchant inside. */
const CO_BADGED = testCardNumber({ prefix: '40000156' })
/** A French card: its brands have the longest names, and its bank is asked about the buyer before it is saved. */
const VISA_CB = '4000002500100001'
/** The frames of banks must be allowed to do what Chromium warns of; they are another site than ours. */
const NO_MATTER = /favicon|allow-scripts and allow-same-origin/
/** The issuer never answers. */
const SILENT = testCardNumber({ prefix: '40000156', mode: '3' })

const executable = findBrowser()
let coffer: TestSystem
let shop: Server
let shopUrl: string
/** The shop lets nobody in before this: until then a page that is about to lead there can be looked at in peace. */
let gate = Promise.resolve()
let letIn = () => {}
let running: RunningCoffer
let browser: Browser

beforeAll(async () => {
  if (!executable) return console.warn(`SKIPPED test/browser: ${NO_BROWSER}`)
  running = await startRunningCoffer(OFFSET)
  browser = await openBrowser(executable)
  coffer = await startSystem()
  await select(coffer.system, `update merchant set name = 'Fernhill Coffee' where id = $1`, [coffer.merchant.clientId])
  shop = createServer(async (_request, response) => {
    await gate
    response.setHeader('content-type', 'text/html')
    response.end('<!doctype html><title>Shop</title><h1>Welcome back</h1>')
  })
  await new Promise<void>(resolve => shop.listen(0, '127.0.0.1', resolve))
  shopUrl = `http://127.0.0.1:${(shop.address() as AddressInfo).port}`
})

afterAll(async () => {
  await browser?.close()
  shop?.closeAllConnections()
  shop?.close()
  await coffer?.stop()
  if (running) expect(await running.stop()).toBe(0)
})

function closeShop(): void {
  gate = new Promise(resolve => {
    letIn = resolve
  })
}

interface VisitOptions {
  viewport?: { width: number; height: number }
  javaScriptEnabled?: boolean
  colorScheme?: 'light' | 'dark'
  cardNo?: string
}

interface Visit {
  page: Page
  id: string
  url: string
}

/** Sends a buyer to his page; at the end it must have complained of nothing and have led nowhere but to the shop. */
async function visit(context: TestContext, options: VisitOptions, act: (visit: Visit) => Promise<void>): Promise<void> {
  if (!executable) context.skip(NO_BROWSER)
  const { cardNo = CO_BADGED, viewport = DESKTOP, javaScriptEnabled = true, colorScheme = 'light' } = options
  const request = aVaultingRequest({ redirectUrl: `${shopUrl}/done?a=1`, merchantRegion: 'FR', card: { cardNo } })
  const { json } = await coffer.vaultPaymentMethod(request)
  const opened = await browser.newContext({ viewport, javaScriptEnabled, colorScheme })
  opened.setDefaultTimeout(30_000)
  const complaints: string[] = []
  opened.on('console', message => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()))
  opened.on('request', asked => {
    const bank = coffer.simulator.browserUrl.replace('127.0.0.1', 'localhost')
    const known = [coffer.pagesUrl, shopUrl, ...(cardNo === VISA_CB ? [bank] : [])].some(origin =>
      asked.url().startsWith(`${origin}/`),
    )
    if (!known) complaints.push(`asked ${asked.url()}`)
  })
  closeShop()
  try {
    const page = await opened.newPage()
    await page.goto(json.normalUrl)
    await act({ page, id: request.vaultingRequestId, url: json.normalUrl })
    expect(complaints.filter(text => !NO_MATTER.test(text))).toEqual([])
    expect(await opened.cookies()).toEqual([])
  } finally {
    letIn()
    await opened.close()
  }
}

const brandButton = (page: Page, name: string) => page.getByRole('button', { name, exact: true })
const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name }).waitFor()
const backInTheShop = async (page: Page, id: string) => {
  letIn()
  await page.waitForURL(`${shopUrl}/done?a=1&vaultingRequestId=${id}`)
}
const brandOf = async (id: string) => (await coffer.inquireVaulting(id)).json.paymentMethodDetail?.card.brand
const picture = (page: Page, name: string) => takePicture(page, `brand-${name}`)

async function timesAsked(id: string): Promise<number> {
  const response = await fetch(`${coffer.opsUrl}/sandbox/timeline/${coffer.merchant.clientId}/${id}`)
  const { events } = (await response.json()) as { events: { kind: string }[] }
  return events.filter(({ kind }) => kind === 'issuer.asked').length
}

/** Of everything with words in it: how strongly they stand out, by the formula of WCAG 2 (relative luminance). */
function contrasts(): { words: string; ratio: number }[] {
  const numbers = (color: string) => (color.match(/[\d.]+/g) ?? []).map(Number)
  const luminance = (color: string) => {
    const [r = 0, g = 0, b = 0] = numbers(color).map(value => {
      const part = value / 255
      return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const ground = (element: Element | null): string => {
    if (!element) return 'rgb(255, 255, 255)'
    const color = getComputedStyle(element).backgroundColor
    return numbers(color)[3] === 0 ? ground(element.parentElement) : color
  }
  const ratio = (one: string, other: string) => {
    const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b)
    return (high + 0.05) / (low + 0.05)
  }
  return Array.from(document.querySelectorAll('main *'))
    .filter(element => Array.from(element.childNodes).some(node => node.nodeType === 3 && node.textContent?.trim()))
    .map(element => ({
      words: element.textContent!.trim().slice(0, 30),
      ratio: ratio(getComputedStyle(element).color, ground(element)),
    }))
}

/** All that makes one button stand out before another. */
function looks(button: Element): object {
  const { width, height } = button.getBoundingClientRect()
  const { color, backgroundColor, border, boxShadow, font, opacity, order, textTransform } = getComputedStyle(button)
  return { width, height, color, backgroundColor, border, boxShadow, font, opacity, order, textTransform }
}

describe('the page', () => {
  test.for([
    [{ width: 320, height: 640 }, 'light'],
    [PHONE, 'light'],
    [PHONE, 'dark'],
    [DESKTOP, 'light'],
    [DESKTOP, 'dark'],
  ] as const)('fits %j, %s, can be read, and prefers no brand', async ([viewport, colorScheme], context) => {
    await visit(context, { viewport, colorScheme, cardNo: VISA_CB }, async ({ page, id }) => {
      const name = `${viewport.width}-${colorScheme}`
      const check = async () => {
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(viewport.width)
        for (const { words, ratio } of await page.evaluate(contrasts)) expect(ratio, words).toBeGreaterThan(4.5)
      }
      await check()
      await picture(page, `choice-${name}`)
      const buttons = page.getByRole('button')
      expect(await buttons.allInnerTexts()).toEqual(['Visa', 'Cartes Bancaires'])
      const [first, ...others] = await Promise.all((await buttons.all()).map(button => button.evaluate(looks)))
      expect(others).toEqual([first])
      expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('BODY')
      expect(await page.getByRole('main').textContent()).toContain('Fernhill Coffee')
      expect(await page.getByRole('main').textContent()).toContain('•••• 0001')

      await brandButton(page, 'Visa').click()
      await heading(page, 'Your card is saved')
      await check()
      await picture(page, `saved-${name}`)
      await backInTheShop(page, id)
    })
  })

  test('tells who looks at it with a screen reader what it is about', async context => {
    await visit(context, {}, async ({ page }) => {
      expect(await page.title()).toBe('Choose a brand for your card')
      const group = page.getByRole('group', { name: /more than one brand.*Fernhill Coffee will use the one/ })
      expect(await group.getByRole('button').count()).toBe(2)
      expect(await page.locator('html').getAttribute('lang')).toBe('en')
    })
  })
})

describe('a buyer', () => {
  test('chooses with the keyboard alone and sees where he is', async context => {
    await visit(context, {}, async ({ page, id }) => {
      const focused = page.locator(':focus')
      for (const name of ['Visa', 'UnionPay']) {
        await page.keyboard.press('Tab')
        expect(await focused.textContent()).toBe(name)
        const outline = await focused.evaluate(element => {
          const { outlineStyle, outlineWidth } = getComputedStyle(element)
          return [outlineStyle, outlineWidth]
        })
        expect(outline).toEqual(['solid', '3px'])
      }
      await page.keyboard.press('Enter')
      await heading(page, 'Your card is saved')
      await page.keyboard.press('Tab')
      expect(await focused.textContent()).toBe('Back to Fernhill Coffee')
      await page.keyboard.press('Enter')
      await backInTheShop(page, id)
      expect(await brandOf(id)).toBe('CUP')
    })
  })

  test.for([PHONE, DESKTOP])('needs no JavaScript, at %j', async (viewport, context) => {
    await visit(context, { viewport, javaScriptEnabled: false }, async ({ page, id }) => {
      await brandButton(page, 'UnionPay').click()
      await backInTheShop(page, id)
      await heading(page, 'Welcome back')
      expect(await brandOf(id)).toBe('CUP')
    })
  })

  test('who clicks twice has chosen once', async context => {
    await visit(context, {}, async ({ page, id }) => {
      await brandButton(page, 'UnionPay').dblclick()
      await backInTheShop(page, id)
      expect(await brandOf(id)).toBe('CUP')
      expect(await timesAsked(id)).toBe(1)
    })
  })

  test('who goes back finds what became of it, and no buttons any more', async context => {
    await visit(context, {}, async ({ page, id, url }) => {
      await brandButton(page, 'Visa').click()
      await backInTheShop(page, id)
      closeShop()
      await page.goBack()
      await heading(page, 'Your card is saved')
      expect(page.url()).toBe(url)
      expect(await page.getByRole('button').count()).toBe(0)
      await backInTheShop(page, id)
      expect(await timesAsked(id)).toBe(1)
    })
  })

  test('with two tabs has chosen in the first one', async context => {
    await visit(context, {}, async ({ page, id, url }) => {
      const other = await page.context().newPage()
      await other.goto(url)
      await brandButton(page, 'Visa').click()
      await heading(page, 'Your card is saved')
      await brandButton(other, 'UnionPay').click()
      await heading(other, 'Your card is saved')
      await backInTheShop(other, id)
      expect(await brandOf(id)).toBe('VISA')
      expect(await timesAsked(id)).toBe(1)
    })
  })

  test('waits while the bank is asked, and hears the end without doing anything', async context => {
    await visit(context, { cardNo: SILENT, viewport: PHONE }, async ({ page, id }) => {
      await brandButton(page, 'Visa').click()
      await heading(page, 'Checking your card')
      await picture(page, 'checking')
      await expect.poll(() => timesAsked(id)).toBe(1)
      await coffer.advance(60_000)
      await heading(page, 'Your card was not saved')
      await picture(page, 'not-saved')
      await backInTheShop(page, id)
    })
  })

  test('who comes too late is told so and led back', async context => {
    await visit(context, { viewport: PHONE }, async ({ page, id }) => {
      await coffer.advance(15 * 60_000 + 1_000)
      await brandButton(page, 'Visa').click()
      await heading(page, 'Your card was not saved')
      expect(await page.getByRole('status').textContent()).toContain('No brand was chosen in time')
      await picture(page, 'too-late')
      await backInTheShop(page, id)
      expect(await timesAsked(id)).toBe(0)
    })
  })
})

describe('in the example shop', () => {
  async function inShop(context: TestContext, options: VisitOptions, act: (page: Page) => Promise<void>) {
    if (!executable) context.skip(NO_BROWSER)
    const { viewport = DESKTOP, javaScriptEnabled = true } = options
    const opened = await browser.newContext({ viewport, javaScriptEnabled, locale: 'en-GB' })
    opened.setDefaultTimeout(30_000)
    const complaints: string[] = []
    opened.on('console', message => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()))
    try {
      const page = await opened.newPage()
      await page.goto(running.shopUrl)
      await page.getByRole('button', { name: 'Use this card: Visa and Cartes Bancaires' }).click()
      await page.getByRole('button', { name: 'Add card', exact: true }).click()
      await heading(page, 'Choose a brand for your card')
      await act(page)
      expect(complaints.filter(text => !NO_MATTER.test(text))).toEqual([])
    } finally {
      await opened.close()
    }
  }

  // The card is French: after the choice the bank is asked about the buyer, and here it asks him nothing.
  test.for([PHONE, DESKTOP])(
    'a buyer is sent to the page and comes back to the result: %j',
    async (viewport, context) => {
      await inShop(context, { viewport }, async page => {
        await brandButton(page, 'Cartes Bancaires').click()
        await heading(page, 'Card added: Cartes Bancaires •••• 0001')
        expect(page.url()).toMatch(new RegExp(`^${running.shopUrl}/cards/([0-9a-f-]{36})\\?vaultingRequestId=\\1$`))
        await page.getByText(/received and verified \d+\.\d s after the answer/).waitFor()
        await picture(page, `shop-added-${viewport.width}`)
      })
    },
  )

  test('a buyer without JavaScript can choose, and is told what his bank needs, and comes back to the shop', async context => {
    await inShop(context, { viewport: PHONE, javaScriptEnabled: false }, async page => {
      await brandButton(page, 'Cartes Bancaires').click()
      await heading(page, 'Checking with your bank')
      // Playwright's search for texts passes over noscript.
      expect(await page.locator('noscript p:visible').first().textContent()).toMatch(
        /^JavaScript is turned off in this browser/,
      )
      await picture(page, 'shop-without-script-360')
      await page.getByRole('link', { name: /^Back to / }).click()
      await heading(page, 'One more step')
      expect(page.url()).toMatch(new RegExp(`^${running.shopUrl}/cards/([0-9a-f-]{36})\\?vaultingRequestId=\\1$`))
    })
  })

  test('a buyer who goes back is in the form again, and finds the open step under "Your cards"', async context => {
    await inShop(context, { viewport: PHONE }, async page => {
      await page.goBack()
      await heading(page, 'Add a card')
      await page.getByRole('link', { name: 'Your cards' }).click()
      await page
        .getByRole('link', { name: /see what became of it/ })
        .first()
        .click()
      await heading(page, 'One more step')
      await picture(page, 'shop-one-more-step-360')
      await page.getByRole('link', { name: 'Go on' }).click()
      await brandButton(page, 'Visa').click()
      await heading(page, 'Card added: Visa •••• 0001')
    })
  })
})
