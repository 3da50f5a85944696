/** What a directory server and an issuer are told of a buyer and of his browser, as it arrives there. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { readMessage } from '../../packages/emv3ds/src/index.js'
import { passBrowser, settled } from '../support/play-buyer.js'
import { aPRes, aRange, type Loose, type PlayedDirectory, startPlayedDirectory } from '../support/played-directory.js'
import { startSystem, type TestSystem } from '../support/start-system.js'
import { ended, eventsOf, fullEnv, vaultCard } from '../support/three-ds-calls.js'

const NEW = '4000000000100000'
const OLD = '4000000300100007'
/** 19 digits. */
const LONG = '4000000600000100001'

let coffer: TestSystem
let played: PlayedDirectory
beforeAll(async () => {
  played = await startPlayedDirectory()
  played.onPReq((preq, network) => ({
    message: aPRes(
      preq,
      network === 'VISA'
        ? [
            aRange('4000000000000000', '4000000299999999'),
            aRange('4000000300000000', '4000000399999999', { acsEndProtocolVersion: '2.1.0' }),
            aRange('4000000600000000000', '4000000699999999999'),
          ]
        : [],
    ),
  }))
  coffer = await startSystem({ directories: played.directories })
})
beforeEach(() => played.received.splice(0))
afterAll(async () => {
  await coffer?.stop()
  await played?.stop()
})

const asked = (cardNo: string, more: Loose = {}) => ({ cardNo, is3DSAuthentication: true, ...more })

/** The AReq of a call that tells everything. */
async function areqOf(card: Loose, more: Loose = {}): Promise<{ id: string; areq: Loose; text: string }> {
  const before = played.ofType('AReq').length
  const { id, answer } = await vaultCard(coffer, card, { env: fullEnv, ...more })
  const [sent, another] = played.ofType('AReq').slice(before)
  if (!sent || another) throw new Error(`not one AReq came: ${answer.result.resultMessage}`)
  return { id, areq: sent.message, text: sent.text }
}

/** Every value of a message, with where it stands. */
function values(message: unknown, at = ''): [string, unknown][] {
  if (typeof message !== 'object' || message === null) return [[at, message]]
  return Object.entries(message).flatMap(([name, value]) => values(value, at ? `${at}.${name}` : name))
}

test('the number goes out whole, the expiry as year and month, and all else as the message wants it', async () => {
  const { id, areq } = await areqOf(asked(NEW, { expiryYear: '31', expiryMonth: '07' }))
  expect(areq).toEqual({
    messageType: 'AReq',
    messageVersion: '2.2.0',
    messageCategory: '02',
    deviceChannel: '02',
    threeDSServerTransID: expect.stringMatching(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    ),
    threeDSServerRefNumber: 'COFFER_SANDBOX_NOT_APPROVED',
    threeDSServerOperatorID: 'COFFER_SANDBOX',
    threeDSServerURL: `${coffer.resultsUrl}/ds/visa/results`,
    threeDSRequestorID: 'COFFER_SANDBOX_SHOP',
    threeDSRequestorName: coffer.merchant.clientId,
    threeDSRequestorURL: 'https://shop.example',
    threeDSRequestorAuthenticationInd: '04',
    threeDSRequestorChallengeInd: '04',
    threeDSCompInd: 'U',
    acctNumber: NEW,
    cardExpiryDate: '3107',
    acquirerBIN: '400001',
    acquirerMerchantID: 'COFFERSANDBOX',
    mcc: '5999',
    merchantCountryCode: '702',
    merchantName: coffer.merchant.clientId,
    notificationURL: `${coffer.pagesUrl}/3ds/challenge-notify`,
    browserAcceptHeader: 'text/html',
    browserUserAgent: 'Mozilla/5.0 (Test)',
    browserIP: '203.0.113.7',
    browserLanguage: 'en-GB',
    browserJavascriptEnabled: true,
    browserJavaEnabled: false,
    // 30 bits are real, and not in the list.
    browserColorDepth: '24',
    browserScreenHeight: '1080',
    browserScreenWidth: '1920',
    browserTZ: '-60',
  })
  // What came in is another id than any that goes out.
  expect(Object.values(areq)).not.toContain(id)
})

test('a number of 19 digits goes out whole', async () => {
  expect((await areqOf(asked(LONG))).areq['acctNumber']).toBe(LONG)
})

test('2.1.0 has no element for JavaScript, and has the screen all the same', async () => {
  const { areq } = await areqOf(asked(OLD))
  expect(areq).toMatchObject({ messageVersion: '2.1.0', browserColorDepth: '24', browserJavaEnabled: false })
  expect(areq).not.toHaveProperty('browserJavascriptEnabled')
})

test('nothing is null or empty, and our own reader takes it', async () => {
  const holder = {
    cardholderName: { firstName: 'Ada', lastName: 'Lovelace' },
    payerEmail: 'ada@shop.example',
    billingAddress: { region: 'GB', city: 'London', address1: '12 St James Square', zipCode: 'SW1Y 4LE', state: '' },
  }
  for (const card of [asked(NEW), asked(OLD), asked(NEW, holder), asked(OLD, holder)]) {
    const { areq, text } = await areqOf(card)
    for (const [at, value] of values(areq)) {
      expect(value, at).not.toBeNull()
      expect(value, at).not.toBe('')
      // Booleans are JSON's; everything else is a text, numbers too.
      const isFlag = ['browserJavaEnabled', 'browserJavascriptEnabled'].includes(at)
      expect(typeof value, at).toBe(isFlag ? 'boolean' : 'string')
    }
    expect(readMessage(text, { types: ['AReq'] })).toMatchObject({ ok: true })
  }
})

describe('the holder', () => {
  test.each([
    ['in plain letters', 'Ada Lovelace', 'Ada Lovelace'],
    ['with accents', 'Zoë Müller-Straße', 'Zoe Muller-Strasse'],
    ['in another script', '王小明', undefined],
    ['that is too long', 'A'.repeat(60), 'A'.repeat(45)],
  ])('a name %s', async (_what, fullName, said) => {
    const { areq } = await areqOf(asked(NEW, { cardholderName: { firstName: 'A', lastName: 'B', fullName } }))
    expect(areq['cardholderName']).toBe(said)
  })

  test('the address, with the country as a number, and the mail address', async () => {
    const { areq } = await areqOf(
      asked(NEW, {
        payerEmail: 'ada@shop.example',
        billingAddress: {
          region: 'DE',
          city: 'Köln',
          address1: 'Domkloster 4',
          address2: '王',
          zipCode: '50667',
          state: 'NW',
        },
      }),
    )
    expect(areq).toMatchObject({
      email: 'ada@shop.example',
      billAddrCountry: '276',
      billAddrCity: 'Koln',
      billAddrLine1: 'Domkloster 4',
      billAddrPostCode: '50667',
      billAddrState: 'NW',
    })
    expect(areq).not.toHaveProperty('billAddrLine2')
  })
})

describe('the browser that comes', () => {
  /** The AReq after a browser that says this of itself. */
  async function shownBy(cardNo: string, facts: Record<string, string>) {
    const { id, page } = await vaultCard(coffer, asked(cardNo))
    await passBrowser(await settled(page, 'browser'), { facts })
    const told = await ended(coffer, id)
    return { id, areq: played.ofType('AReq').at(-1)?.message ?? {}, told }
  }

  test('tells it better than the merchant, and where they differ is kept', async () => {
    const { id, page } = await vaultCard(coffer, asked(NEW), {
      env: {
        terminalType: 'WEB',
        clientIp: '203.0.113.7',
        colorDepth: 8,
        screenWidth: 320,
        browserInfo: { language: 'fr' },
      },
    })
    await passBrowser(await settled(page, 'browser'), { facts: { colorDepth: '30', language: 'zh-Hans-CN' } })
    await ended(coffer, id)
    expect(played.ofType('AReq').at(-1)!.message).toMatchObject({
      browserColorDepth: '24',
      // Cut where a part of it ends.
      browserLanguage: 'zh-Hans',
      browserScreenWidth: '1920',
      browserScreenHeight: '1080',
      browserTZ: '-60',
      browserJavaEnabled: false,
      browserJavascriptEnabled: true,
      browserUserAgent: 'Mozilla/5.0 (X11; Linux x86_64) PlayedBuyer/1.0',
      browserAcceptHeader: 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8',
      browserIP: '127.0.0.1',
    })
    const sent = (await eventsOf(coffer, id)).find(({ kind }) => kind === 'threeds.areq')
    expect(sent?.['differsFromEnv']).toEqual(['clientIp', 'language', 'colorDepth', 'screenWidth'])
  })

  test.each([
    ['1', '1'],
    ['2', '1'],
    ['8', '8'],
    ['12', '8'],
    ['15', '15'],
    ['24', '24'],
    ['30', '24'],
    ['32', '32'],
    ['48', '48'],
    ['64', '48'],
  ])('a colour depth of %s is %s', async (colorDepth, said) => {
    expect((await shownBy(NEW, { colorDepth })).areq['browserColorDepth']).toBe(said)
  })

  test.each([
    ['long texts', { language: 'x'.repeat(400), screenWidth: '9'.repeat(40), timeZoneOffset: '1'.repeat(30) }],
    ['negative numbers', { colorDepth: '-1', screenHeight: '-1080', screenWidth: '-5', timeZoneOffset: '-99999' }],
    ['no numbers at all', { colorDepth: 'NaN', screenHeight: '1e3', screenWidth: '0x10', timeZoneOffset: 'null' }],
    ['another script', { language: '日本語', colorDepth: '٣٠', screenWidth: '１９２０', javaEnabled: '真' }],
    ['markup', { language: '<script>', javaEnabled: '"},{', screenHeight: "1'--", windowWidth: '%7B7*7' }],
    [
      'nothing',
      { language: '', javaEnabled: '', colorDepth: '', screenHeight: '', screenWidth: '', timeZoneOffset: '' },
    ],
  ])('that says %s of itself is asked about in a message that is as it should be', async (_what, facts) => {
    for (const cardNo of [NEW, OLD]) {
      const { areq, told } = await shownBy(cardNo, facts)
      expect(readMessage(JSON.stringify(areq), { types: ['AReq'] })).toMatchObject({ ok: true })
      expect(told['vaultingResultCode']).not.toBe('ORDER_IS_CLOSED')
    }
  })
})

test('a merchant who describes the browser oddly is asked for in a message that is as it should be', async () => {
  const odd = {
    ...fullEnv,
    screenWidth: 4_000_000,
    browserInfo: { ...fullEnv.browserInfo, language: '!?', acceptHeader: '\u0007' },
  }
  for (const cardNo of [NEW, OLD]) {
    const { text } = await areqOf(asked(cardNo), { env: odd })
    expect(readMessage(text, { types: ['AReq'] })).toMatchObject({ ok: true })
  }
})

test('the number is in no log, no timeline and no answer', async () => {
  const { id } = await areqOf(asked(LONG))
  const inside = JSON.stringify([
    coffer.logLines,
    await eventsOf(coffer, id),
    coffer.receiver.received.map(one => one.json),
  ])
  expect(inside.length).toBeGreaterThan(500)
  for (const cardNo of [NEW, OLD, LONG]) expect(inside).not.toContain(cardNo)
})
