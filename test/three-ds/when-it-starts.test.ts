/** For which buyers 3-D Secure is begun, why, and when a call can say at once how it went. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { importRanges, rollbackRanges } from '../../apps/vault/src/cards/import-ranges.js'
import { readRangeFile } from '../../apps/vault/src/cards/read-range-file.js'
import { addMerchant, setMerchantThreeDS } from '../../apps/vault/src/merchants/manage-merchants.js'
import { officeOf } from '../../apps/vault/src/sandbox/sandbox-file.js'
import { testCardNumber, threeDSScripts } from '../../packages/test-cards/src/index.js'
import { type MerchantKeys, merchantKeys } from '../support/merchant-client.js'
import { answerBank, code, goThrough, openChallenge, passBrowser, settled } from '../support/play-buyer.js'
import type { Loose } from '../support/played-directory.js'
import { startSystem, type TestSystem } from '../support/start-system.js'
import { ended, eventsOf, fullEnv, inquire, setThreeDS, vaultCard } from '../support/three-ds-calls.js'

const AMERICAN = '4000000000100000'
/** British, and without a 3DS Method. */
const BRITISH = '4000000100100009'
const GERMAN = '4000000400100006'
const NOT_LISTED = '4000000900100001'
const PAYMENTS_ONLY = '4000000700100003'

/** Merchants by what they wish in general. */
const merchants = {
  ALWAYS: merchantKeys('SANDBOX_TEST0000000011'),
  NEVER: merchantKeys('SANDBOX_TEST0000000012'),
  DEFAULT: merchantKeys('SANDBOX_TEST0000000013'),
}

let coffer: TestSystem
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coffer-when-'))
  coffer = await startSystem()
  const office = officeOf(coffer.system)
  for (const [wish, { clientId, publicKey }] of Object.entries(merchants)) {
    const spki = publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
    await addMerchant(office, { id: clientId, name: clientId, publicKey: spki })
    await setMerchantThreeDS(office, clientId, wish as keyof typeof merchants)
  }
})
afterEach(() => setThreeDS(coffer, { policy: 'eea', fallback: 'fail' }))
afterAll(async () => {
  await coffer?.stop()
  await rm(folder, { recursive: true, force: true })
})

/** What a call said, and why an authentication was begun where one was. */
async function call(cardNo: string, card: Loose = {}, more: Loose = {}, as: MerchantKeys = coffer.merchant) {
  const { id, answer, page } = await vaultCard(coffer, { cardNo, ...card }, more, as)
  const events = await eventsOf(coffer, id, as)
  const started = events.find(({ kind }) => kind === 'threeds.started')
  return { id, page, code: answer.result.resultCode, reason: started?.['reason'] as string | undefined, events }
}

const asked = { is3DSAuthentication: true }
const waits = 'VERIFICATION_IN_PROCESS'

describe('a merchant', () => {
  test.each([
    ['asks for it', AMERICAN, { is3DSAuthentication: true }, waits, 'REQUEST'],
    ['asks for it in quotes', AMERICAN, { is3DSAuthentication: 'true' }, waits, 'REQUEST'],
    ['says that it is not wanted', AMERICAN, { is3DSAuthentication: false }, 'SUCCESS', undefined],
    ['says so in quotes', AMERICAN, { is3DSAuthentication: 'false' }, 'SUCCESS', undefined],
    ['says nothing', AMERICAN, {}, 'SUCCESS', undefined],
    ['says that it is not wanted where it is due', GERMAN, { is3DSAuthentication: false }, waits, 'POLICY'],
    ['asks for it on the exemption card', '4035501000000008', asked, 'SUCCESS', undefined],
    ['asks for it on a card of a local Korean network', '9490220011669217', asked, 'SUCCESS', undefined],
    ['asks for it on a card that no list has', NOT_LISTED, asked, 'SUCCESS', undefined],
    ['asks for it on a number of 12 digits', '676770100003', asked, 'SUCCESS', undefined],
    ['asks for it on a well-known number', '4111111111111111', asked, waits, 'REQUEST'],
    ["asks for it on Antom's own card", '4054695723100768', asked, waits, 'REQUEST'],
  ])('%s', async (_what, cardNo, card, result, reason) => {
    expect(await call(cardNo, card)).toMatchObject({ code: result, reason })
  })

  test('says it in words that are neither: the call is wrong', async () => {
    expect(await call(AMERICAN, { is3DSAuthentication: 'perhaps' })).toMatchObject({ code: 'PARAM_ILLEGAL' })
  })
})

describe('the policy', () => {
  test.each([
    ['eea', AMERICAN, 'SUCCESS', undefined],
    ['eea', BRITISH, waits, 'POLICY'],
    ['eea', GERMAN, waits, 'POLICY'],
    ['always', AMERICAN, waits, 'POLICY'],
    ['always', GERMAN, waits, 'POLICY'],
    ['never', AMERICAN, 'SUCCESS', undefined],
    ['never', BRITISH, 'SUCCESS', undefined],
    // The issuer wants it, whatever the policy is.
    ['never', GERMAN, waits, 'SOFT_DECLINE'],
  ])('%s, and the card %s: %s', async (policy, cardNo, result, reason) => {
    setThreeDS(coffer, { policy })
    expect(await call(cardNo)).toMatchObject({ code: result, reason })
  })

  test.each([
    ['ALWAYS', 'never', AMERICAN, waits, 'POLICY'],
    ['ALWAYS', 'eea', AMERICAN, waits, 'POLICY'],
    ['NEVER', 'always', AMERICAN, 'SUCCESS', undefined],
    ['NEVER', 'eea', BRITISH, 'SUCCESS', undefined],
    ['NEVER', 'eea', GERMAN, waits, 'SOFT_DECLINE'],
    ['DEFAULT', 'eea', BRITISH, waits, 'POLICY'],
    ['DEFAULT', 'always', AMERICAN, waits, 'POLICY'],
  ] as const)(
    'the wish %s of a merchant under %s, and the card %s: %s',
    async (wish, policy, cardNo, result, reason) => {
      setThreeDS(coffer, { policy })
      const as = merchants[wish]
      expect(await call(cardNo, {}, {}, as)).toMatchObject({ code: result, reason })
      // A request that asks is heard, whatever the merchant wishes in general.
      expect(await call(cardNo, asked, {}, as)).toMatchObject({ code: waits, reason: 'REQUEST' })
    },
  )
})

test("the operator's table demands it for a range, and for nothing beside it", async () => {
  const path = join(folder, 'ranges.csv')
  const rows = [
    '40000000,40000000,16,VISA,US,required',
    '40000009,40000009,16,VISA,US,required',
    '676770,676770,12,MAESTRO,GB,required',
  ]
  await writeFile(path, `low,high,lengths,networks,country,three_ds\n${rows.join('\n')}\n`)
  const file = await readRangeFile(path)
  if (!file.ok) throw new Error('the table of the test is faulty')
  const { db, clock } = coffer.system
  await importRanges({ db, clock, by: 'the test' }, file)
  await coffer.system.ranges.refresh()
  try {
    setThreeDS(coffer, { policy: 'never' })
    expect(await call(AMERICAN)).toMatchObject({ code: waits, reason: 'RANGE' })
    expect(await call(BRITISH)).toMatchObject({ code: 'SUCCESS', reason: undefined })
    // It takes no part, so it cannot be had.
    const impossible = await call(NOT_LISTED)
    expect(impossible).toMatchObject({ code: 'AUTHENTICATION_REQUIRED', reason: undefined })
    expect(impossible.events.find(({ kind }) => kind === 'threeds.impossible')).toMatchObject({ reason: 'RANGE' })
    // There is no room for such a number in 3-D Secure, so nobody can demand it.
    expect(await call('676770100003')).toMatchObject({ code: 'SUCCESS', reason: undefined })
  } finally {
    await rollbackRanges({ db, clock, by: 'the test' }, 0)
    await coffer.system.ranges.refresh()
  }
  expect(await call(AMERICAN)).toMatchObject({ code: 'SUCCESS', reason: undefined })
})

test('what a test card would do in 3-D Secure never begins it', async () => {
  for (const { tt } of threeDSScripts) {
    const cardNo = testCardNumber({ brand: 'VISA', tt })
    expect(await call(cardNo), tt).toMatchObject({ code: 'SUCCESS', reason: undefined })
  }
})

describe('where it is due and cannot be had', () => {
  test('the card takes no part: no vaulting', async () => {
    setThreeDS(coffer, { policy: 'always' })
    expect(await call(NOT_LISTED)).toMatchObject({ code: 'AUTHENTICATION_REQUIRED', reason: undefined })
    expect(await call('9490220011669217')).toMatchObject({ reason: undefined })
  })

  test('the fallback is to skip: the issuer is asked without it', async () => {
    setThreeDS(coffer, { policy: 'always', fallback: 'skip' })
    expect(await call(NOT_LISTED)).toMatchObject({ code: 'SUCCESS', reason: undefined })
    // U in an ARes too; the card is American, so its issuer does not mind.
    const { id, page } = await call('4000000000150005')
    await goThrough(page)
    expect(await ended(coffer, id)).toMatchObject({ vaultingResultCode: 'SUCCESS' })
  })

  test('the fallback is to skip, and the issuer insists: no second round', async () => {
    setThreeDS(coffer, { fallback: 'skip' })
    const { id, page } = await call(PAYMENTS_ONLY)
    await goThrough(page)
    await goThrough(page)
    expect(await ended(coffer, id)).toMatchObject({ vaultingResultCode: 'AUTHENTICATION_REQUIRED' })
  })

  test('the fallback is a payment: the buyer is asked again, as if he bought something for nothing', async () => {
    setThreeDS(coffer, { fallback: 'pa' })
    const { id, page } = await call(PAYMENTS_ONLY)
    await goThrough(page)
    expect(await ended(coffer, id)).toMatchObject({ vaultingResultCode: 'SUCCESS' })
    const areqs = (await eventsOf(coffer, id)).filter(({ kind }) => kind === 'threeds.areq')
    expect(areqs.map(({ messageCategory, threeDSRequestorAuthenticationInd: ind }) => [messageCategory, ind])).toEqual([
      ['02', '04'],
      ['01', '01'],
    ])
  })

  test('the fallback is a payment, and U has another reason: no vaulting', async () => {
    setThreeDS(coffer, { fallback: 'pa' })
    const { id, page } = await call('4000000000150005', asked)
    await goThrough(page)
    expect(await ended(coffer, id)).toMatchObject({ vaultingResultCode: 'AUTHENTICATION_REQUIRED' })
    expect((await eventsOf(coffer, id)).filter(({ kind }) => kind === 'threeds.areq').length).toBe(1)
  })
})

describe('a call says at once how it went', () => {
  const card = (tt: '10' | '12' | '14' | '20') => testCardNumber({ prefix: '40000001', tt })

  test.each([
    ['authenticated', card('10'), 'SUCCESS'],
    ['not authenticated', card('12'), 'USER_PAYMENT_VERIFICATION_FAILED'],
    ['rejected', card('14'), 'FRAUD_REJECT'],
  ])('without a 3DS Method, and with a whole description of the browser: %s', async (_what, cardNo, result) => {
    const { code: told, page, events } = await call(cardNo, asked, { env: fullEnv })
    expect({ told, page }).toEqual({ told: result, page: '' })
    expect(events.find(({ kind }) => kind === 'threeds.areq')).toMatchObject({ threeDSCompInd: 'U' })
  })

  const browser = fullEnv.browserInfo!
  test.each([
    ['there is a 3DS Method', AMERICAN, fullEnv],
    ['the address is missing', card('10'), { ...fullEnv, clientIp: undefined }],
    ['the depth of the screen is missing', card('10'), { ...fullEnv, colorDepth: undefined }],
    ['the height of the screen is missing', card('10'), { ...fullEnv, screenHeight: undefined }],
    ['the width of the screen is missing', card('10'), { ...fullEnv, screenWidth: undefined }],
    ['the time zone is missing', card('10'), { ...fullEnv, timeZoneOffset: undefined }],
    ['the Accept header is missing', card('10'), { ...fullEnv, browserInfo: { ...browser, acceptHeader: undefined } }],
    ['the user agent is missing', card('10'), { ...fullEnv, browserInfo: { ...browser, userAgent: undefined } }],
    ['the language is missing', card('10'), { ...fullEnv, browserInfo: { ...browser, language: undefined } }],
    ['Java is not mentioned', card('10'), { ...fullEnv, browserInfo: { ...browser, javaEnabled: undefined } }],
    [
      'JavaScript is not mentioned',
      card('10'),
      { ...fullEnv, browserInfo: { ...browser, javaScriptEnabled: undefined } },
    ],
    ['nothing is told', card('10'), { terminalType: 'WEB' }],
  ])('but not where %s: then the page goes on', async (_what, cardNo, env) => {
    const { id, code: told, page } = await call(cardNo, asked, { env })
    expect(told).toBe(waits)
    expect((await settled(page)).shows).toBe('browser')
    await goThrough(page)
    expect(await ended(coffer, id)).toMatchObject({ vaultingResultCode: 'SUCCESS' })
  })

  test('a time zone of zero and a browser without Java are a description too', async () => {
    const env = { ...fullEnv, timeZoneOffset: 0, browserInfo: { ...browser, javaEnabled: false } }
    expect(await call(card('10'), asked, { env })).toMatchObject({ code: 'SUCCESS', page: '' })
  })

  test('a challenge: the page shows it', async () => {
    const { id, code: told, page } = await call(card('20'), asked, { env: fullEnv })
    expect(told).toBe(waits)
    const shown = await settled(page)
    expect(shown.shows).toBe('challenge')
    await answerBank(await openChallenge(shown), code())
    expect(await ended(coffer, id)).toMatchObject({ vaultingResultCode: 'SUCCESS' })
  })

  test('a challenge that the bank gave up before the buyer came: he begins anew, and succeeds', async () => {
    const { id, page } = await call(card('20'), asked, { env: fullEnv })
    await coffer.advance(40_000)
    expect(await inquire(coffer, id)).toMatchObject({ vaultingStatus: 'PROCESSING' })
    const rreq = (await eventsOf(coffer, id)).find(({ kind }) => kind === 'threeds.rreq')
    expect(rreq).toMatchObject({ transStatus: 'N', transStatusReason: '14', challengeCancel: '05' })
    await passBrowser(await settled(page, 'browser'))
    await answerBank(await openChallenge(await settled(page, 'challenge')), code())
    expect(await ended(coffer, id)).toMatchObject({ vaultingResultCode: 'SUCCESS' })
    const started = (await eventsOf(coffer, id)).filter(({ kind }) => kind === 'threeds.started')
    expect(started.map(({ attempt }) => attempt)).toEqual([1, 2])
  })

  test('a repeat of the call hears the same answer, and begins nothing', async () => {
    const first = await vaultCard(coffer, { cardNo: card('20'), ...asked }, { env: fullEnv })
    const more = { env: fullEnv, vaultingRequestId: first.id }
    const again = await vaultCard(coffer, { cardNo: card('20'), ...asked }, more)
    expect(again.answer).toEqual(first.answer)
    expect((await eventsOf(coffer, first.id)).filter(({ kind }) => kind === 'threeds.areq').length).toBe(1)
  })
})
