/** A buyer on his way through 3-D Secure, in a real browser, from `normalUrl` to the shop: nothing in between is played. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Browser, Frame, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, type TestContext, test, vi } from 'vitest'
import { languages, textsIn } from '../../apps/vault/src/hosted-pages/language.js'
import { findBrowser, NO_BROWSER, openBrowser } from './browser.js'
import {
  bankIn,
  CHOOSE,
  CONFIRM,
  DESKTOP,
  type House,
  NOT_SAVED,
  openHouse,
  PHONE,
  SAVED,
  SHOP,
  SMALL_PHONE,
  type Visit,
  type VisitOptions,
} from './buyer-visits.js'

const CHALLENGE = '4000000000200008'
const FRICTIONLESS = '4000000000100000'
const IN_THE_APP = '4000000000210007'
const VISA_CB = '4000002500200009'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
// More buyers at once are no faster, and each of them has to be there in time on a busy machine too.
vi.setConfig({ maxConcurrency: 3, testTimeout: 180_000 })

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

async function visit(context: TestContext, options: VisitOptions, act: (visit: Visit) => Promise<void>) {
  if (!executable) context.skip(NO_BROWSER)
  await house.visit(options, act)
}

const bankFrame = async (page: Page): Promise<Frame> =>
  (await (await page.locator('iframe[name="challenge"]').elementHandle())!.contentFrame())!
const sidewaysOf = (where: Page | Frame) => where.evaluate(() => document.documentElement.scrollWidth - innerWidth)
const bankButton = ({ bank }: Visit, name: string) => bank.getByRole('button', { name, exact: true })

/** What axe finds wrong with a page of the bank. */
async function axeFinds(frame: Frame): Promise<string[]> {
  await frame.evaluate(axe)
  return frame.evaluate(async () => {
    type Axe = { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> }
    const { violations } = await (globalThis as unknown as { axe: Axe }).axe.run()
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
  })
}

describe.concurrent('without a challenge', () => {
  test.for([
    ['Y', FRICTIONLESS, 'Y', '2.2.0', 'SUCCESS'],
    ['A, of which there is none without a payment', '4000000000110009', 'U', '2.2.0', 'AUTHENTICATION_REQUIRED'],
    ['N', '4000000000120008', 'N', '2.2.0', 'USER_PAYMENT_VERIFICATION_FAILED'],
    ['U', '4000000000150005', 'U', '2.2.0', 'AUTHENTICATION_REQUIRED'],
    ['R', '4000000000140006', 'R', '2.2.0', 'FRAUD_REJECT'],
    ['I', '4000000000160004', 'I', '2.2.0', 'SUCCESS'],
    ['Y in 2.1.0', '4000000300100007', 'Y', '2.1.0', 'SUCCESS'],
    ['Y on Mastercard', '5200000000100005', 'Y', '2.2.0', 'SUCCESS'],
  ] as const)('%s', async ([, cardNo, transStatus, messageVersion, code], context) => {
    await visit(context, { card: { cardNo } }, async ({ endsWith, heading, page, told }) => {
      await heading(code === 'SUCCESS' ? SAVED : NOT_SAVED)
      expect(await told('threeds.ares')).toMatchObject([{ transStatus, messageVersion }])
      // What the bank wants to be read is read in one's own time: such a page does not leave by itself.
      const says = ['4000000000120008', '4000000000150005'].includes(cardNo)
      expect(await page.getByText('Your bank says:').count()).toBe(says ? 1 : 0)
      expect(await page.locator('meta[http-equiv="refresh"]').count()).toBe(says ? 0 : 1)
      await endsWith(code, code === 'SUCCESS' ? SAVED : NOT_SAVED)
    })
  })

  test('the page leads back by itself', async context => {
    await visit(context, { card: { cardNo: FRICTIONLESS } }, async ({ goBack, heading, page }) => {
      await heading(SAVED)
      await goBack(page, 'by itself')
    })
  })

  test('the 3DS Method runs where the issuer has one, and the issuer hears that it did', async context => {
    await visit(context, { card: { cardNo: FRICTIONLESS } }, async ({ endsWith, told }) => {
      await endsWith('SUCCESS', SAVED)
      expect(await told('threeds.method')).toHaveLength(1)
      expect(await told('threeds.areq')).toMatchObject([{ threeDSCompInd: 'Y' }])
    })
  })

  test('the 3DS Method is waited for, where it takes its time', async context => {
    await visit(context, { card: { cardNo: VISA_CB } }, async buyer => {
      const { endsWith, heading, page, picture, told, typeCode } = buyer
      const method = buyer.hold(/\/acs\/method$/)
      await heading(CHOOSE)
      await picture('choose')
      await page.getByRole('button', { name: 'Visa', exact: true }).click()
      await method.asked
      await heading('Checking with your bank')
      await picture('method')
      expect(await told('threeds.browser')).toEqual([])
      method.release()
      await typeCode('123456')
      await endsWith('SUCCESS', SAVED)
      expect(await told('threeds.areq')).toMatchObject([{ threeDSCompInd: 'Y' }])
    })
  })

  test('an issuer without a 3DS Method hears so', async context => {
    await visit(context, { card: { cardNo: '4000000100100009' } }, async ({ endsWith, told }) => {
      await endsWith('SUCCESS', SAVED)
      expect(await told('threeds.areq')).toMatchObject([{ threeDSCompInd: 'U' }])
    })
  })
})

describe.concurrent('a challenge', () => {
  test.for([
    ['the right code', '123456', 'SUCCESS'],
    ['a code that the bank refuses', '111111', 'USER_PAYMENT_VERIFICATION_FAILED'],
    ['a code after which the bank does not know', '222222', 'AUTHENTICATION_REQUIRED'],
    ['a code after which the bank suspects fraud', '333333', 'FRAUD_REJECT'],
  ] as const)('%s', async ([, otp, code], context) => {
    await visit(context, { card: { cardNo: CHALLENGE } }, async ({ endsWith, heading, typeCode }) => {
      await heading(CONFIRM)
      await typeCode(otp)
      await endsWith(code, code === 'SUCCESS' ? SAVED : NOT_SAVED)
    })
  })

  test('one wrong code may be mended', async context => {
    await visit(context, { card: { cardNo: CHALLENGE } }, async ({ bank, endsWith, told, typeCode }) => {
      await typeCode('987654')
      await bank.getByText('That code is not right. You can try 2 times more.').waitFor()
      await typeCode('123456')
      await endsWith('SUCCESS', SAVED)
      expect(await told('threeds.rreq')).toMatchObject([{ transStatus: 'Y', interactionCounter: '02' }])
    })
  })

  test('three wrong codes fail', async context => {
    await visit(context, { card: { cardNo: CHALLENGE } }, async ({ bank, endsWith, typeCode }) => {
      await typeCode('987654')
      await bank.getByText('You can try 2 times more.').waitFor()
      await typeCode('987655')
      await bank.getByText('You can try once more.').waitFor()
      await typeCode('987656')
      await endsWith('VERIFY_TIMES_EXCEED_LIMIT', NOT_SAVED)
    })
  })

  test.for([
    ['cancelled', CHALLENGE, 'Cancel', 'USER_PAYMENT_VERIFICATION_FAILED'],
    ['approved in the app', IN_THE_APP, 'I approved in my app', 'SUCCESS'],
    ['refused in the app', IN_THE_APP, 'I did not', 'USER_PAYMENT_VERIFICATION_FAILED'],
  ] as const)('%s', async ([what, cardNo, name, code], context) => {
    await visit(context, { card: { cardNo } }, async buyer => {
      await bankButton(buyer, name).click()
      await buyer.endsWith(code, code === 'SUCCESS' ? SAVED : NOT_SAVED)
      const [rreq] = await buyer.told('threeds.rreq')
      expect(rreq?.['challengeCancel']).toBe(what === 'cancelled' ? '01' : undefined)
    })
  })

  test('that failed is not mended by a browser that claims success', async context => {
    await visit(context, { card: { cardNo: '4000000000240004' } }, async buyer => {
      await buyer.heading(CONFIRM)
      // The page must not leave before the forged word is here.
      const asking = buyer.hold(/\/state/)
      await buyer.typeCode('123456')
      // The one of the context: beside other tests the other one may think that no test runs now.
      await context.expect.poll(() => buyer.told('threeds.cres')).toMatchObject([{ transStatus: 'Y' }])
      asking.release()
      await buyer.endsWith('USER_PAYMENT_VERIFICATION_FAILED', NOT_SAVED)
      expect(await buyer.told('threeds.rreq')).toMatchObject([{ transStatus: 'N' }])
    })
  })

  test('whose result comes twice has ended once', async context => {
    await visit(context, { card: { cardNo: '4000000000250003' } }, async ({ endsWith, told, typeCode }) => {
      await typeCode('123456')
      await endsWith('SUCCESS', SAVED)
      await context.expect.poll(() => told('threeds.rreq')).toHaveLength(2)
      const [first, second] = await told('threeds.rreq')
      expect([first?.['repeated'], second?.['repeated']]).toEqual([undefined, true])
      expect(await told('issuer.asked')).toHaveLength(1)
      expect(await told('vaulting.concluded')).toHaveLength(1)
    })
  })
})

describe.concurrent('a buyer', () => {
  test('who closes the tab in the challenge goes on in a new one', async context => {
    await visit(context, { card: { cardNo: CHALLENGE } }, async ({ bank, context, endsWith, page, typeCode, url }) => {
      await bank.getByLabel('Code', { exact: true }).waitFor()
      await page.close()
      const later = await context.newPage()
      await later.goto(url)
      await typeCode('123456', later)
      await endsWith('SUCCESS', SAVED, later)
    })
  })

  test('with two tabs passes in one of them and sees the end in both', async context => {
    await visit(context, { card: { cardNo: CHALLENGE } }, async buyer => {
      const { context, endsWith, heading, page, typeCode, url } = buyer
      await heading(CONFIRM)
      const other = await context.newPage()
      await other.goto(url)
      for (const tab of [page, other]) await bankIn(tab).getByLabel('Code', { exact: true }).waitFor()
      await typeCode('123456', other)
      await heading(SAVED, page)
      await heading(SAVED, other)
      await endsWith('SUCCESS', SAVED, page)
      await endsWith('SUCCESS', SAVED, other)
      expect(await buyer.told('threeds.areq')).toHaveLength(1)
    })
  })

  test('with two tabs from the beginning is one buyer', async context => {
    const before = async ({ context, url }: Visit) => (await context.newPage()).goto(url)
    await visit(context, { card: { cardNo: CHALLENGE }, before }, async buyer => {
      const other = buyer.context.pages().find(tab => tab !== buyer.page)!
      for (const tab of [buyer.page, other]) await bankIn(tab).getByLabel('Code', { exact: true }).waitFor()
      await buyer.typeCode('123456')
      await buyer.heading(SAVED, other)
      await buyer.endsWith('SUCCESS', SAVED)
      expect(await buyer.told('threeds.areq')).toHaveLength(1)
    })
  })

  test('who goes back during the challenge finds it again', async context => {
    await visit(context, { card: { cardNo: CHALLENGE } }, async ({ bank, endsWith, page, typeCode }) => {
      await bank.getByLabel('Code', { exact: true }).waitFor()
      await page.goBack()
      await typeCode('123456')
      await endsWith('SUCCESS', SAVED)
    })
  })

  test('who goes back after the challenge finds how it ended', async context => {
    await visit(context, { card: { cardNo: CHALLENGE } }, async ({ endsWith, page, told, typeCode, url }) => {
      await typeCode('123456')
      await endsWith('SUCCESS', SAVED)
      await page.goBack()
      expect(page.url()).toBe(url)
      await endsWith('SUCCESS', SAVED)
      expect(await told('threeds.areq')).toHaveLength(1)
    })
  })

  test('who loads the page again in each step misses nothing', async context => {
    await visit(context, { card: { cardNo: VISA_CB, is3DSAuthentication: false } }, async buyer => {
      const { bank, endsWith, heading, page, typeCode } = buyer
      await heading(CHOOSE)
      await page.reload()
      await heading(CHOOSE)
      const method = buyer.hold(/\/acs\/method$/)
      await page.getByRole('button', { name: 'Visa', exact: true }).click()
      await heading('Checking with your bank')
      await method.asked
      await page.reload()
      await heading('Checking with your bank')
      method.release()
      await bank.getByLabel('Code', { exact: true }).waitFor()
      await page.reload()
      await typeCode('987654')
      await bank.getByText('That code is not right').waitFor()
      await page.reload()
      await typeCode('123456')
      await heading(SAVED)
      await page.reload()
      await endsWith('SUCCESS', SAVED)
      expect(await buyer.told('threeds.areq')).toHaveLength(1)
    })
  })

  test('can do all of it with the keyboard', async context => {
    await visit(context, { card: { cardNo: VISA_CB } }, async ({ bank, heading, id, inquire, page }) => {
      const tabTo = async (there: () => Promise<boolean>) => {
        for (let nth = 0; nth < 12 && !(await there()); nth += 1) await page.keyboard.press('Tab')
        expect(await there()).toBe(true)
      }
      const isFocused = (element: Element) => element === document.activeElement
      await heading(CHOOSE)
      await tabTo(() => page.getByRole('button', { name: 'Cartes Bancaires' }).evaluate(isFocused))
      await page.keyboard.press('Space')
      const code = bank.getByLabel('Code', { exact: true })
      await code.waitFor()
      await tabTo(() => code.evaluate(isFocused))
      await page.keyboard.type('987654')
      await page.keyboard.press('Enter')
      await bank.getByText('That code is not right').waitFor()
      await tabTo(() => code.evaluate(isFocused))
      await page.keyboard.type('123456')
      await page.keyboard.press('Tab')
      await page.keyboard.press('Space')
      await heading(SAVED)
      await tabTo(() => page.getByRole('link', { name: SHOP }).evaluate(isFocused))
      expect(await inquire()).toMatchObject({ code: 'SUCCESS', brand: 'CARTES_BANCAIRES' })
      await page.keyboard.press('Enter')
      house.ended.set(id, 'SUCCESS')
    })
  })
})

describe.concurrent('a card with two brands', () => {
  test.for([
    ['Visa', 'VISA', VISA_CB, true],
    ['Cartes Bancaires', 'CARTES_BANCAIRES', VISA_CB, true],
    ['Cartes Bancaires', 'CARTES_BANCAIRES', '4000002500100001', false],
    ['Mastercard', 'MASTERCARD', '5200002500200004', true],
    ['Cartes Bancaires', 'CARTES_BANCAIRES', '5200002500200004', true],
  ] as const)(
    'is authenticated by the directory server of the one that is chosen: %s, %s, %s',
    async (row, context) => {
      const [name, network, cardNo, challenged] = row
      // Nobody asks for it: the card is of the European Economic Area.
      await visit(context, { card: { cardNo, is3DSAuthentication: false } }, async buyer => {
        await buyer.heading(CHOOSE)
        await buyer.page.getByRole('button', { name, exact: true }).click()
        if (challenged) await buyer.typeCode('123456')
        await buyer.endsWith('SUCCESS', SAVED)
        expect((await buyer.inquire()).brand).toBe(network)
        const [areq] = await buyer.told('threeds.areq')
        const threeDSServerTransID = String(areq?.['threeDSServerTransID'])
        const asked = buyer.coffer.simulator.threeDSLog({ threeDSServerTransID, messageType: 'AReq' })
        expect(asked.map(entry => entry.network)).toEqual(asked.map(() => network))
        expect(asked.length).toBeGreaterThan(0)
        // And its issuer is asked in that network.
        expect(await buyer.told('issuer.asked')).toMatchObject([{ network }])
      })
    },
  )
})

describe.concurrent('on a screen of', () => {
  test.for([
    ['390 by 844', PHONE],
    ['320 by 640', SMALL_PHONE],
    ['1280 by 800', DESKTOP],
  ] as const)('%s the bank’s page fits, and axe finds nothing in it', async ([, viewport], context) => {
    await visit(context, { card: { cardNo: CHALLENGE }, viewport }, async buyer => {
      const { bank, endsWith, heading, page, picture, told, typeCode } = buyer
      const check = async (name: string) => {
        const box = (await page.locator('iframe[name="challenge"]').boundingBox())!
        expect(box.x).toBeGreaterThanOrEqual(0)
        expect(box.x + box.width).toBeLessThanOrEqual(viewport.width)
        expect([await sidewaysOf(page), await sidewaysOf(await bankFrame(page))]).toEqual([0, 0])
        await picture(name)
      }
      const code = bank.getByLabel('Code', { exact: true })
      await code.waitFor()
      await check('challenge')
      await bank.getByText('Testing: which code?').click()
      await check('challenge-codes')
      await typeCode('987654')
      await bank.getByText('That code is not right').waitFor()
      await check('challenge-wrong')
      expect(await axeFinds(await bankFrame(page))).toEqual([])
      const { width: screenWidth, height: screenHeight } = viewport
      expect(await told('threeds.browser')).toMatchObject([{ screenWidth, screenHeight }])
      await typeCode('123456')
      await heading(SAVED)
      expect(await sidewaysOf(page)).toBe(0)
      await picture('saved')
      await endsWith('SUCCESS', SAVED)
    })
  })

  test.for([PHONE, DESKTOP])('%j the page of the bank’s app fits too', async (viewport, context) => {
    await visit(context, { card: { cardNo: IN_THE_APP }, viewport }, async buyer => {
      await bankButton(buyer, 'I did not').waitFor()
      const frame = await bankFrame(buyer.page)
      expect([await sidewaysOf(buyer.page), await sidewaysOf(frame)]).toEqual([0, 0])
      expect(await axeFinds(frame)).toEqual([])
      await buyer.picture('app')
      await bankButton(buyer, 'Cancel').click()
      await buyer.heading(NOT_SAVED)
      await buyer.picture('not-authenticated')
      await buyer.endsWith('USER_PAYMENT_VERIFICATION_FAILED', NOT_SAVED)
    })
  })
})

describe.concurrent('in the language of', () => {
  test.for(languages)('the browser, through a challenge: %s', async (language, context) => {
    const { challenge, succeeded, tag } = textsIn(language)
    await visit(context, { card: { cardNo: CHALLENGE }, locale: language }, async buyer => {
      const { endsWith, heading, page, typeCode } = buyer
      await heading(challenge.title)
      expect(await page.locator('html').getAttribute('lang')).toBe(tag)
      expect(await page.locator('iframe[name="challenge"]').getAttribute('title')).toBe(challenge.frame)
      await typeCode('123456')
      await endsWith('SUCCESS', succeeded.title)
    })
  })

  test.for(languages)('the address, whatever the browser’s: %s', async (language, context) => {
    const { failed, tag } = textsIn(language)
    const locale = language === 'fr' ? 'ja' : 'fr'
    await visit(context, { card: { cardNo: '4000000000140006' }, locale, query: `?lang=${language}` }, async buyer => {
      await buyer.heading(failed.title)
      expect(new URL(buyer.page.url()).search).toBe(`?lang=${language}`)
      expect(await buyer.page.locator('html').getAttribute('lang')).toBe(tag)
      await buyer.endsWith('FRAUD_REJECT', failed.title)
    })
  })
})

test('every merchant is notified once, of what the inquiry said', async context => {
  if (!executable) context.skip(NO_BROWSER)
  await house.coffer.advance(10_000)
  expect(house.ended.size).toBeGreaterThan(0)
  for (const [id, code] of house.ended) {
    const of = house.coffer.receiver.received.filter(({ json }) => json.vaultingRequestId === id)
    expect(of.map(({ json }) => json.result.resultCode)).toEqual([code])
  }
})
