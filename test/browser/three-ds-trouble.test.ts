/**
 * What goes wrong on the way through 3-D Secure, in a real browser: banks that are silent, messages that get lost, time
 * that runs out, browsers that can do little, and people who mean ill.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, type TestContext, test, vi } from 'vitest'
import { testCardNumber } from '../../packages/test-cards/src/index.js'
import { findBrowser, findWholeBrowser, NO_BROWSER, openBrowser } from './browser.js'
import {
  ANSWERED,
  CHECKING,
  CHOOSE,
  CONFIRM,
  type House,
  isOnThisMachine,
  NOT_SAVED,
  openHouse,
  PHONE,
  SAVED,
  SHOP,
  type Visit,
  type VisitOptions,
} from './buyer-visits.js'

const CHALLENGE = '4000000000200008'
/** Its challenge brings back success by the browser, and never a result. */
const NO_RESULT = '4000000000220006'
const VISA_CB = '4000002500200009'
const SILENT_DIRECTORY = '4000000000300006'

const MINUTES = 60_000
const CLOSED = 'The time for this step is over.'
const BANK_GAVE_UP = 'USER_PAYMENT_VERIFICATION_FAILED'

/** All that an AReq says of a browser, by the merchant. */
const WHOLE_ENV = {
  browserInfo: {
    acceptHeader: 'text/html',
    userAgent: 'Mozilla/5.0',
    language: 'en-GB',
    javaEnabled: false,
    javaScriptEnabled: true,
  },
  ...{ colorDepth: 24, screenHeight: 800, screenWidth: 1280, timeZoneOffset: 0 },
}

// More buyers at once are no faster, and each of them has to be there in time on a busy machine too.
vi.setConfig({ maxConcurrency: 3, testTimeout: 180_000 })

const executable = findBrowser()
let browser: Browser
let house: House
/** Waits for banks for moments only, authenticates nobody by policy, and asks again as if there were a payment. */
let hasty: House

beforeAll(async () => {
  if (!executable) return console.warn(`SKIPPED test/browser: ${NO_BROWSER}`)
  browser = await openBrowser(executable)
  house = await openHouse(browser)
  hasty = await openHouse(browser, {
    env: {
      COFFER_THREE_DS_METHOD_TIMEOUT_MS: '1200',
      COFFER_THREE_DS_ANSWER_TIMEOUT_MS: '1500',
      COFFER_THREE_DS_POLICY: 'never',
      COFFER_THREE_DS_FALLBACK: 'pa',
    },
  })
})

afterAll(async () => {
  await browser?.close()
  await house?.stop()
  await hasty?.stop()
})

type Act = (visit: Visit) => Promise<void>

async function visit(context: TestContext, options: VisitOptions, act: Act, to: () => House = () => house) {
  if (!executable) context.skip(NO_BROWSER)
  await to().visit(options, act)
}

const visitHasty = (context: TestContext, options: VisitOptions, act: Act) => visit(context, options, act, () => hasty)

const codeField = ({ bank }: Visit) => bank.getByLabel('Code', { exact: true })
/** The waiting that was long enough to offer the way back. */
const waitLong = (page: Page) =>
  page.evaluate(() => {
    for (const one of document.getAnimations()) if ('animationName' in one && one.animationName === 'late') one.finish()
  })

describe.concurrent('without JavaScript', () => {
  const javaScriptEnabled = false

  test('a buyer is told why it does not go on, and can go back', async context => {
    await visit(context, { card: { cardNo: CHALLENGE }, javaScriptEnabled }, async buyer => {
      const { goBack, heading, inquire, page, picture } = buyer
      await heading('Checking with your bank')
      expect(await page.locator('noscript p:visible').first().textContent()).toMatch(/^JavaScript is turned off/)
      await picture('no-script')
      await goBack()
      expect(await inquire()).toMatchObject({ status: 'PROCESSING' })
    })
  })

  test('the brand can be chosen, and then it is said what is missing', async context => {
    await visit(context, { card: { cardNo: VISA_CB }, javaScriptEnabled }, async ({ heading, page, goBack }) => {
      await heading(CHOOSE)
      await page.getByRole('button', { name: 'Visa', exact: true }).click()
      await heading('Checking with your bank')
      expect(await page.locator('noscript p:visible').first().textContent()).toMatch(/^JavaScript is turned off/)
      await goBack()
    })
  })

  test.for([
    ['passes', '123456', 'SUCCESS'],
    ['fails', '111111', BANK_GAVE_UP],
  ] as const)('a challenge %s, by buttons alone', async ([, otp, code], context) => {
    const card = { cardNo: '4000000100200007' }
    await visit(context, { card, env: WHOLE_ENV, javaScriptEnabled }, async buyer => {
      const { bank, endsWith, heading, page, picture, told, typeCode } = buyer
      await heading(CONFIRM)
      await picture('challenge-no-script')
      await page.getByRole('button', { name: 'Open your bank’s page' }).click()
      await typeCode(otp)
      await bank.getByRole('button', { name: 'Continue' }).click()
      await bank.getByText('We are waiting for the result').waitFor()
      await picture('answered-no-script')
      await page.getByRole('link', { name: 'My bank has finished, go on' }).click()
      await endsWith(code, code === 'SUCCESS' ? SAVED : NOT_SAVED)
      expect(await told('threeds.areq')).toMatchObject([{ threeDSCompInd: 'U' }])
    })
  })
})

describe.concurrent('who means ill', () => {
  test('cannot steer the page by what is added to its address', async context => {
    const query =
      '?redirectUrl=https%3A%2F%2Fevil.example%2F&lang=%3Cscript%3Ealert(1)%3C%2Fscript%3E&vaultingRequestId=other&threeDSSessionData=x&acsURL=https%3A%2F%2Fevil.example'
    await visit(context, { card: { cardNo: CHALLENGE }, query }, async buyer => {
      await buyer.heading(CONFIRM)
      expect(await buyer.page.content()).not.toMatch(/evil|alert\(1\)/)
      await buyer.typeCode('123456')
      await buyer.endsWith('SUCCESS', SAVED)
    })
  })

  test('cannot make the page go on, leave or change from within the bank’s frame', async context => {
    const expected = /Unsafe attempt to initiate navigation|sandbox|frame attempting navigation/i
    await visit(context, { card: { cardNo: CHALLENGE }, expected }, async buyer => {
      const { heading, page, typeCode, url } = buyer
      await codeField(buyer).waitFor()
      const frame = page.frames().find(one => one.url().includes('/acs/challenge'))!
      await frame.evaluate(() => {
        for (const word of [{ coffer: 'ask' }, { coffer: 'done', step: 'end', state: 'SUCCESS' }, 'SUCCESS']) {
          parent.postMessage(word, '*')
        }
        try {
          parent.location.href = 'http://localhost:9/'
        } catch {
          // That is what it should do.
        }
        const link = document.createElement('a')
        Object.assign(link, { href: 'http://localhost:9/', target: '_top' })
        document.body.append(link)
        link.click()
      })
      expect(await page.evaluate(() => document.querySelector('h1')?.textContent)).toBe(CONFIRM)
      expect(page.url()).toBe(url)
      await heading(CONFIRM)
      await typeCode('123456')
      await buyer.endsWith('SUCCESS', SAVED)
    })
  })

  test('cannot frame the page, send its forms, or hold its window from another site', async context => {
    const expected = /frame-ancestors|Failed to load resource.*40[34]|X-Frame-Options|Refused to (frame|display)/i
    const evil = 'http://localhost:9'
    const before = async ({ context, url }: Visit) => {
      await context.route(`${evil}/**`, route =>
        route.fulfill({
          contentType: 'text/html',
          body: `<link rel="icon" href="data:,"><iframe src="${url}"></iframe>
<form id="browser" method="post" action="${url}/browser"><input name="language" value="xx"></form>
<form id="choice" method="post" action="${url}"><input name="network" value="VISA"></form>
<form id="return" method="post" action="${new URL('/3ds/challenge-notify', url).href}"><input name="cres" value="e30"></form>
<script>function opens() { return new Promise(done => { const w = open("${url}"); setInterval(() => w.closed && done('gone'), 20) }) }</script>`,
        }),
      )
    }
    await visit(context, { card: { cardNo: VISA_CB }, before, expected }, async buyer => {
      const { context, heading, page, told, typeCode } = buyer
      await heading(CHOOSE)
      const attacker = await context.newPage()
      await attacker.goto(`${evil}/`)
      const [, framed] = attacker.frames()
      expect(await framed!.getByText(CHOOSE).count()).toBe(0)
      expect(framed!.url()).toMatch(/^chrome-error:/)
      expect(await attacker.evaluate('opens()')).toBe('gone')
      for (const [form, words] of [
        ['browser', 'That did not work'],
        ['choice', 'That did not work'],
        ['return', 'This page does not exist'],
      ] as const) {
        await attacker.goto(`${evil}/`)
        await attacker.evaluate(id => (document.getElementById(id) as HTMLFormElement).submit(), form)
        await heading(words, attacker)
      }
      await attacker.close()
      expect(await told('threeds.browser')).toEqual([])
      await page.getByRole('button', { name: 'Visa', exact: true }).click()
      await typeCode('123456')
      await buyer.endsWith('SUCCESS', SAVED)
    })
  })
})

describe.concurrent('a browser that keeps no cookies', () => {
  test.for([
    ['of other sites', { block_third_party_cookies: true, cookie_controls_mode: 1 }, true],
    ['at all', { default_content_setting_values: { cookies: 2 } }, false],
  ] as const)('%s passes a challenge', async ([, profile, keepsItsOwn], context) => {
    await visit(context, { card: { cardNo: CHALLENGE } }, async buyer => {
      const { endsWith, url, typeCode, page } = buyer
      await codeField(buyer).waitFor()
      // Such a setting is one of a person's whole browser, so there is another one for it.
      const executablePath = findWholeBrowser() ?? context.skip(NO_BROWSER)
      const folder = mkdtempSync(join(tmpdir(), 'coffer-cookies-'))
      try {
        mkdirSync(join(folder, 'Default'))
        writeFileSync(join(folder, 'Default', 'Preferences'), JSON.stringify({ profile }))
        const args = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking']
        const other = await chromium.launchPersistentContext(folder, {
          executablePath,
          args: [...args, '--disable-component-update', '--disable-sync'],
          locale: 'en-GB',
        })
        try {
          const outside: string[] = []
          other.on('request', asked => isOnThisMachine(asked.url()) || outside.push(asked.url()))
          await other.route(
            ({ href }) => !isOnThisMachine(href),
            route => route.abort(),
          )
          const strict = await other.newPage()
          await strict.goto(url)
          await typeCode('123456', strict)
          await strict.getByRole('heading', { name: SAVED }).waitFor()
          expect(await other.cookies()).toEqual([])
          await strict.goto(`${house.shopUrl}/`)
          const kept = (await other.cookies()).map(({ name }) => name)
          expect(outside).toEqual([])
          expect(kept).toEqual(keepsItsOwn ? ['visited'] : [])
        } finally {
          await other.close()
        }
      } finally {
        rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
      }
      await endsWith('SUCCESS', SAVED, page)
    })
  })
})

// From here on tests move the clock, each after the other.

describe('time runs out', () => {
  test('for a challenge that is left open: the bank gives up after ten minutes', async context => {
    await visit(context, { card: { cardNo: CHALLENGE }, viewport: PHONE }, async buyer => {
      await codeField(buyer).waitFor()
      await buyer.coffer.advance(10 * MINUTES + 1_000)
      await buyer.heading(NOT_SAVED)
      expect(await buyer.told('threeds.rreq')).toMatchObject([
        { transStatus: 'N', transStatusReason: '14', challengeCancel: '04' },
      ])
      await buyer.endsWith(BANK_GAVE_UP, NOT_SAVED)
    })
  })

  test('for a bank that goes on checking', async context => {
    await visit(context, { card: { cardNo: '4000000000230005' } }, async buyer => {
      await buyer.typeCode('123456')
      await buyer.bank.getByText('We are still checking.').waitFor()
      await buyer.picture('bank-checking')
      await buyer.coffer.advance(10 * MINUTES + 1_000)
      await buyer.endsWith(BANK_GAVE_UP, NOT_SAVED)
      expect(await buyer.told('threeds.rreq')).toMatchObject([{ transStatusReason: '14', challengeCancel: '04' }])
    })
  })

  test('for a challenge that began late, and a result after that changes nothing', async context => {
    const before = ({ coffer }: Visit) => coffer.advance(6 * MINUTES)
    await visit(context, { card: { cardNo: CHALLENGE }, before }, async buyer => {
      const { coffer, endsWith, heading, inquire, page, picture, told } = buyer
      await codeField(buyer).waitFor()
      await page.getByText('About 9 minutes left').waitFor()
      await coffer.advance(8 * MINUTES + 10_000)
      await page.getByText('Less than a minute left').waitFor()
      expect(await inquire()).toMatchObject({ status: 'PROCESSING' })
      await coffer.advance(1 * MINUTES)
      await heading(NOT_SAVED)
      await page.getByText(CLOSED).waitFor()
      await picture('closed')
      await endsWith('ORDER_IS_CLOSED', NOT_SAVED)
      expect(await told('threeds.rreq')).toEqual([])
      await coffer.advance(2 * MINUTES)
      await expect.poll(() => told('threeds.rreq')).toMatchObject([{ challengeCancel: '04', late: true }])
      expect(await inquire()).toMatchObject({ code: 'ORDER_IS_CLOSED' })
      expect(await told('vaulting.concluded')).toHaveLength(1)
    })
  })

  test('for a buyer who never comes, and who is told so when he comes after all', async context => {
    const before = ({ coffer }: Visit) => coffer.advance(15 * MINUTES + 1_000)
    await visit(context, { card: { cardNo: CHALLENGE }, before }, async buyer => {
      await buyer.page.getByText(CLOSED).waitFor()
      await buyer.endsWith('ORDER_IS_CLOSED', NOT_SAVED)
      expect(await buyer.told('threeds.areq')).toEqual([])
    })
  })

  test('for a buyer who closes the tab in the challenge and does not come back', async context => {
    await visit(context, { card: { cardNo: CHALLENGE } }, async buyer => {
      await codeField(buyer).waitFor()
      await buyer.page.close()
      await buyer.coffer.advance(15 * MINUTES + 1_000)
      expect(await buyer.inquire()).toMatchObject({ status: 'FAIL', code: BANK_GAVE_UP })
      const later = await buyer.context.newPage()
      await later.goto(buyer.url)
      await buyer.endsWith(BANK_GAVE_UP, NOT_SAVED, later)
    })
  })

  test('for a buyer who closes the tab before the bank’s page is there', async context => {
    await visit(context, { card: { cardNo: CHALLENGE } }, async buyer => {
      const bank = buyer.hold(/\/acs\/challenge$/)
      await bank.asked
      await buyer.page.close()
      await buyer.coffer.advance(15 * MINUTES + 1_000)
      expect(await buyer.told('threeds.rreq')).toMatchObject([{ challengeCancel: '05' }])
      const later = await buyer.context.newPage()
      await later.goto(buyer.url)
      await later.getByText(CLOSED).waitFor()
      await buyer.endsWith('ORDER_IS_CLOSED', NOT_SAVED, later)
      bank.release()
    })
  })

  test('for a page that waits for scripts that do not run', async context => {
    await visit(context, { card: { cardNo: CHALLENGE }, javaScriptEnabled: false }, async buyer => {
      await buyer.heading('Checking with your bank')
      await buyer.coffer.advance(15 * MINUTES + 1_000)
      await buyer.page.reload()
      await buyer.endsWith('ORDER_IS_CLOSED', NOT_SAVED)
    })
  })

  test('for the first request of a challenge: the buyer begins anew and passes', async context => {
    // The bank says that it has nothing to do with a request that comes so late.
    const expected = /status of 400/
    await visit(context, { card: { cardNo: CHALLENGE }, expected }, async buyer => {
      const bank = buyer.hold(/\/acs\/challenge$/)
      await buyer.heading(CONFIRM)
      await bank.asked
      await buyer.coffer.advance(31_000)
      bank.release()
      await expect.poll(() => buyer.told('threeds.started')).toHaveLength(2)
      await codeField(buyer).waitFor()
      await expect.poll(() => buyer.told('threeds.areq')).toHaveLength(2)
      await buyer.typeCode('123456')
      await buyer.endsWith('SUCCESS', SAVED)
      expect(await buyer.told('threeds.rreq')).toMatchObject([
        { transStatus: 'N', challengeCancel: '05' },
        { transStatus: 'Y' },
      ])
    })
  })
})

describe('the result of a challenge', () => {
  test('never comes: the page says what it waits for, and leads back', async context => {
    await visit(context, { card: { cardNo: NO_RESULT }, viewport: PHONE }, async buyer => {
      const { coffer, endsWith, goBack, heading, inquire, page, picture, told, typeCode, url } = buyer
      await typeCode('123456')
      await heading(ANSWERED)
      await page.getByText('We are waiting for the result.').waitFor()
      await picture('answered')
      await page.reload()
      await heading(ANSWERED)
      await waitLong(page)
      await page.getByText(`You need not wait: ${SHOP} will be told the result`).waitFor()
      await picture('answered-long')
      await goBack()
      expect(await inquire()).toMatchObject({ status: 'PROCESSING' })
      expect(await told('threeds.cres')).toMatchObject([{ transStatus: 'Y' }])
      await page.goto(url)
      await heading(ANSWERED)
      await coffer.advance(15 * MINUTES + 1_000)
      await endsWith('ORDER_IS_CLOSED', NOT_SAVED)
    })
  })

  test('gets lost once and comes seconds later', async context => {
    await visit(context, { card: { cardNo: CHALLENGE } }, async buyer => {
      buyer.coffer.simulator.control({ dropRReqs: 1 })
      await buyer.typeCode('123456')
      await buyer.heading(ANSWERED)
      expect(await buyer.told('threeds.rreq')).toEqual([])
      await buyer.coffer.advance(6_000)
      await buyer.endsWith('SUCCESS', SAVED)
    })
  })

  test('gets lost each time: the deadline ends it', async context => {
    await visit(context, { card: { cardNo: CHALLENGE } }, async buyer => {
      buyer.coffer.simulator.control({ dropRReqs: 4 })
      await buyer.typeCode('123456')
      await buyer.heading(ANSWERED)
      await buyer.coffer.advance(15 * MINUTES + 1_000)
      expect(buyer.coffer.simulator.control()).toMatchObject({ dropRReqs: 0 })
      await buyer.endsWith('ORDER_IS_CLOSED', NOT_SAVED)
      expect(await buyer.told('threeds.rreq')).toEqual([])
    })
  })

  test('is not what a buyer sends himself who forges his bank’s word', async context => {
    await visit(context, { card: { cardNo: CHALLENGE } }, async buyer => {
      const { coffer, endsWith, heading, page, told, url } = buyer
      await codeField(buyer).waitFor()
      const { creq, threeDSSessionData } = await page.evaluate(() =>
        Object.fromEntries(Array.from(document.querySelectorAll('input'), ({ name, value }) => [name, value])),
      )
      const { acsTransID, messageVersion, threeDSServerTransID } = JSON.parse(
        Buffer.from(String(creq), 'base64url').toString(),
      )
      const cres = { messageType: 'CRes', messageVersion, threeDSServerTransID, acsTransID, transStatus: 'Y' }
      await page.request.post(new URL('/3ds/challenge-notify', url).href, {
        form: {
          cres: Buffer.from(JSON.stringify(cres)).toString('base64url'),
          threeDSSessionData: String(threeDSSessionData),
        },
      })
      await heading(ANSWERED)
      expect(await told('threeds.cres')).toMatchObject([{ transStatus: 'Y' }])
      expect(await buyer.inquire()).toMatchObject({ status: 'PROCESSING' })
      await coffer.advance(10 * MINUTES + 1_000)
      await endsWith(BANK_GAVE_UP, NOT_SAVED)
    })
  })
})

describe('an issuer', () => {
  test('that does not answer about the card is waited for, also by a page that is loaded again', async context => {
    const cardNo = testCardNumber({ prefix: '40000000', tt: '10', mode: '3' })
    await visit(context, { card: { cardNo }, viewport: PHONE }, async buyer => {
      await buyer.heading(CHECKING)
      await expect.poll(() => buyer.told('issuer.asked')).toHaveLength(1)
      await buyer.page.getByText('Your bank is being asked about your card.').waitFor()
      await buyer.picture('checking')
      await buyer.page.reload()
      await buyer.heading(CHECKING)
      await buyer.coffer.advance(1 * MINUTES)
      await buyer.endsWith('PROCESS_FAIL', NOT_SAVED)
    })
  })

  test('whose 3DS Method calls back too late is asked without it, and nothing changes any more', async context => {
    await visitHasty(context, { card: { cardNo: CHALLENGE } }, async buyer => {
      const method = buyer.hold(/\/acs\/method$/)
      await buyer.heading(CONFIRM)
      method.release()
      await buyer.typeCode('123456')
      await buyer.endsWith('SUCCESS', SAVED)
      expect(await buyer.told('threeds.method')).toEqual([])
      expect((await buyer.told('threeds.areq'))[0]).toMatchObject({ threeDSCompInd: 'N' })
    })
  })

  test('whose 3DS Method does not call back is asked without it', async context => {
    await visitHasty(context, { card: { cardNo: '4000000200100008' } }, async ({ endsWith, told }) => {
      await endsWith('SUCCESS', SAVED)
      expect(await told('threeds.method')).toEqual([])
      expect(await told('threeds.areq')).toMatchObject([{ threeDSCompInd: 'N' }])
    })
  })

  test('that wants no card without a payment is asked once more as if there were one', async context => {
    await visitHasty(context, { card: { cardNo: '4000000700200001' } }, async ({ endsWith, told, typeCode }) => {
      await typeCode('123456')
      await endsWith('SUCCESS', SAVED)
      const asked = (await told('threeds.areq')).map(areq => areq['messageCategory'])
      expect([asked[0], asked.at(-1)]).toEqual(['02', '01'])
    })
  })
})

describe('a step-up', () => {
  const GERMAN = { frictionless: '4000000400100006', challenge: '4000000400200004' }

  test('leads a buyer to his bank whom nobody wanted authenticated but the issuer', async context => {
    await visitHasty(context, { card: { cardNo: GERMAN.challenge, is3DSAuthentication: false } }, async buyer => {
      await buyer.typeCode('123456')
      await buyer.endsWith('SUCCESS', SAVED)
      expect(await buyer.told('threeds.started')).toMatchObject([{ reason: 'SOFT_DECLINE', attempt: 1 }])
      expect(await buyer.told('issuer.asked')).toHaveLength(2)
    })
  })

  test('without a challenge needs the page, and nothing of the buyer', async context => {
    await visitHasty(context, { card: { cardNo: GERMAN.frictionless, is3DSAuthentication: false } }, async buyer => {
      await buyer.endsWith('SUCCESS', SAVED)
      expect(await buyer.told('threeds.started')).toMatchObject([{ reason: 'SOFT_DECLINE' }])
    })
  })
})

describe('a directory server that is silent', () => {
  test('is asked three times, then the page gives up, and the deadline ends it', async context => {
    await visitHasty(context, { card: { cardNo: SILENT_DIRECTORY }, viewport: PHONE }, async buyer => {
      const { coffer, endsWith, goBack, heading, inquire, page, picture, seen, told, url } = buyer
      await expect.poll(() => seen.join()).toContain('Your bank is deciding whether you need to confirm.')
      await page.reload()
      await heading('Your bank cannot be reached')
      expect(seen.join()).toContain('Your bank did not answer. We are asking once more.')
      await picture('stuck')
      expect(await told('threeds.areq')).toHaveLength(3)
      expect(await told('threeds.no-answer')).toHaveLength(3)
      await goBack()
      expect(await inquire()).toMatchObject({ status: 'PROCESSING' })
      await coffer.advance(15 * MINUTES + 1_000)
      await page.goto(url)
      await endsWith('ORDER_IS_CLOSED', NOT_SAVED)
    })
  })

  test('and speaks again is asked again without the buyer’s doing anything', async context => {
    const before = async ({ coffer }: Visit) => coffer.simulator.control({ silentDirectory: true })
    await visitHasty(context, { card: { cardNo: CHALLENGE }, before }, async buyer => {
      await expect.poll(() => buyer.told('threeds.no-answer')).toHaveLength(1)
      buyer.coffer.simulator.control({ silentDirectory: false })
      await buyer.heading(CONFIRM)
      await buyer.typeCode('123456')
      await buyer.endsWith('SUCCESS', SAVED)
    })
  })
})

test('every merchant is notified once, of what the inquiry said', async context => {
  if (!executable) context.skip(NO_BROWSER)
  for (const { coffer, ended } of [house, hasty]) {
    await coffer.advance(10_000)
    expect(ended.size).toBeGreaterThan(0)
    for (const [id, code] of ended) {
      const of = coffer.receiver.received.filter(({ json }) => json.vaultingRequestId === id)
      expect(of.map(({ json }) => json.result.resultCode)).toEqual([code])
    }
  }
})
