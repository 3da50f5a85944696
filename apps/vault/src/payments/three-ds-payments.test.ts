/** Payments whose buyer is authenticated, over the buyers' own walk: page, directory server, bank, issuer. */
import { readdirSync, readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest'
import { testCardNumber } from '../../../../packages/test-cards/src/index.js'
import { digitsThatAreNowhere, placesOf } from '../../../../test/leaks/places.js'
import { select } from '../../../../test/result-codes/stored-rows.js'
import { aCard, aPayRequest, aVaultingRequest } from '../../../../test/support/builders.js'
import { type MerchantKeys, merchantKeys } from '../../../../test/support/merchant-client.js'
import {
  answerBank,
  code,
  goThrough,
  load,
  openChallenge,
  passBrowser,
  send,
  settled,
  type Way,
} from '../../../../test/support/play-buyer.js'
import type { Loose } from '../../../../test/support/played-directory.js'
import { startSystem, type TestSystem } from '../../../../test/support/start-system.js'
import { fullEnv, setThreeDS, until } from '../../../../test/support/three-ds-calls.js'
import { startWire, type Wire } from '../../../../test/support/three-ds-wire.js'
import { addMerchant, setMerchantThreeDS } from '../merchants/manage-merchants.js'
import { officeOf } from '../sandbox/sandbox-file.js'
import { sandboxDirectories } from '../three-ds/directories-file.js'
import { timelineOf } from '../timeline/timeline-store.js'

/** American: nobody demands anything. */
const FRICTIONLESS = '4000000000100000'
const CHALLENGE = '4000000000200008'
const GERMAN = '4000000400100006'
/** French, and without a page where its network is named. */
const CO_BADGED = '4000002500100001'
/** Known to no directory server. */
const NOT_LISTED = '4000000900100001'

/** Wishes never to use 3-D Secure. */
const never = merchantKeys('SANDBOX_TEST0000000021')
const waits = { resultCode: 'PAYMENT_IN_PROCESS', resultStatus: 'U' }
const asks = { is3DSAuthentication: true }

let coffer: TestSystem
let wire: Wire
beforeAll(async () => {
  wire = await startWire('directory servers')
  coffer = await startSystem({
    directories: url => {
      wire.leadTo(url)
      return sandboxDirectories(wire.url, inject('pkiFolder'))
    },
  })
  const office = officeOf(coffer.system)
  const publicKey = never.publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
  await addMerchant(office, { id: never.clientId, name: never.clientId, publicKey })
  await setMerchantThreeDS(office, never.clientId, 'NEVER')
})
afterEach(() => setThreeDS(coffer, { policy: 'eea', fallback: 'fail' }))
afterAll(async () => {
  await coffer?.stop()
  await wire?.stop()
})

/** A card as pay takes it. */
function raw(card: Parameters<typeof aCard>[0] = {}) {
  const { cardNo, expiryYear, expiryMonth, cvv } = aCard(card)
  return { cardNo, expiryYear, expiryMonth, ...(cvv !== undefined && { cvv }) }
}

/** Vaults a card, whatever its bank wants for that, and gives its token. */
async function aToken(cardNo: string, as: MerchantKeys = coffer.merchant): Promise<string> {
  const request = aVaultingRequest({ card: { cardNo } })
  let { json } = await coffer.vaultPaymentMethod(request, { as })
  if (json.normalUrl) {
    await goThrough(json.normalUrl)
    json = await until(async () => {
      const told = (await coffer.inquireVaulting(request.vaultingRequestId, { as })).json
      return told.vaultingStatus === 'SUCCESS' && told
    })
  }
  return json.paymentMethodDetail.card.cardToken
}

interface Paying {
  id: string
  json: Loose
  page: string
  as: MerchantKeys
}

async function pay(token: string | undefined, more: Loose = {}, as: MerchantKeys = coffer.merchant): Promise<Paying> {
  const request = aPayRequest(token, { paymentNotifyUrl: `${coffer.receiver.url}/paid`, ...more })
  const { json } = await coffer.call('payments/pay', request, { as })
  return { id: request.paymentRequestId, json, page: json.normalUrl ?? '', as }
}

const inquire = async ({ id, as }: Paying) =>
  (await coffer.call('payments/inquiryPayment', { paymentRequestId: id }, { as })).json as Loose

/** How it ended, once it has. */
const ended = (one: Paying) =>
  until(async () => {
    const told = await inquire(one)
    return told['paymentStatus'] !== 'PROCESSING' && told
  })

const eventsOf = ({ id, as }: Paying) =>
  timelineOf(coffer.system.db, as.clientId, id, 'PAYMENT') as Promise<({ kind: string } & Loose)[]>
const kindsOf = async (one: Paying) => (await eventsOf(one)).map(({ kind }) => kind)
const started = async (one: Paying) => (await eventsOf(one)).filter(({ kind }) => kind === 'threeds.started')

/** What the merchant was notified of, once deliveries had their time. */
async function notified({ id }: Paying) {
  await coffer.advance(5_000)
  return coffer.receiver.received.filter(({ json }) => json.paymentRequestId === id).map(({ json }) => json as Loose)
}

/** The issuer's own record of payments since the last look. */
const asked = () => coffer.simulator.log().filter(({ kind }) => kind === 'payment')

/** Brings the buyer of a payment to the page of his bank. */
async function atTheBank(more: Loose = {}, token?: string) {
  const one = await pay(token ?? (await aToken(CHALLENGE)), { meta: asks, ...more })
  expect(one.json['result']).toMatchObject(waits)
  await passBrowser(await settled(one.page, 'browser'))
  return { ...one, bank: await openChallenge(await settled(one.page, 'challenge')) }
}

describe('a merchant who asks for 3-D Secure', () => {
  test('is given a page for the buyer; the challenge passed, the card is charged, and everybody hears how', async () => {
    const token = await aToken(CHALLENGE)
    const one = await pay(token, { meta: { ...asks, cvv: '321' } })
    expect(one.json).toMatchObject({
      result: waits,
      paymentAmount: { currency: 'USD', value: '1234' },
      normalUrl: expect.stringContaining(`${coffer.pagesUrl}/v/`),
      redirectActionForm: { method: 'GET', redirectUrl: one.page, actionFormType: 'RedirectActionForm' },
    })
    expect(await inquire(one)).toMatchObject({ paymentStatus: 'PROCESSING', paymentResultCode: 'PAYMENT_IN_PROCESS' })
    const before = asked().length
    const last = await goThrough(one.page)
    expect(last.html).toContain('Your payment was authorised')
    expect(last.html).toContain(`https://shop.example/orders/1?paymentRequestId=${one.id}`)
    const told = await ended(one)
    expect(told).toMatchObject({ paymentStatus: 'SUCCESS', paymentResultCode: 'SUCCESS' })
    const { threeDSResult, ...info } = told['paymentResultInfo']
    expect(info).toMatchObject({ cardBrand: 'VISA', cardToken: token })
    expect(threeDSResult).toEqual({
      threeDSVersion: '2.2.0',
      eci: '05',
      cavv: expect.stringMatching(/^[A-Za-z0-9+/]{27}=$/),
      dsTransactionId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
    expect(await notified(one)).toMatchObject([
      { notifyType: 'PAYMENT_RESULT', result: { resultCode: 'SUCCESS' }, paymentResultInfo: { threeDSResult } },
    ])
    expect(asked().slice(before)).toMatchObject([
      { cvvGiven: true, cavvGiven: true, cavvResult: '2', amount: '000000001234' },
    ])
  })

  test.each([
    [
      'the bank refuses the code',
      '111111',
      'USER_PAYMENT_VERIFICATION_FAILED',
      'Your bank did not confirm that it was you.',
    ],
    ['the bank does not know', '222222', 'AUTHENTICATION_REQUIRED', 'Your bank did not confirm that it was you.'],
    ['the bank suspects fraud', '333333', 'FRAUD_REJECT', 'Your bank did not confirm that it was you.'],
    ['three wrong codes', '987654', 'VERIFY_TIMES_EXCEED_LIMIT', 'Your bank did not confirm that it was you.'],
  ])('hears where %s, and nothing is charged', async (_what, otp, resultCode, says) => {
    const one = await pay(await aToken(CHALLENGE), { meta: asks })
    const before = asked().length
    const page = await goThrough(one.page, { otp })
    expect(page.html).toContain('Your payment failed')
    expect(page.html).toContain(says)
    expect(await ended(one)).toMatchObject({ paymentStatus: 'FAIL', paymentResultCode: resultCode })
    expect(await notified(one)).toMatchObject([{ result: { resultCode, resultStatus: 'F' } }])
    expect(asked().length).toBe(before)
  })

  test('has the answer at once where the merchant tells all of the browser and the bank wants nothing', async () => {
    const token = await aToken(testCardNumber({ prefix: '40000001', tt: '10' }))
    const one = await pay(token, { meta: asks, env: fullEnv })
    expect(one.json).toMatchObject({
      result: { resultCode: 'SUCCESS', resultStatus: 'S' },
      paymentResultInfo: { threeDSResult: { threeDSVersion: '2.2.0', eci: '05' } },
    })
    expect(one.json['normalUrl']).toBeUndefined()
    expect(one.json['redirectActionForm']).toBeUndefined()
  })

  test('may repeat the call: the same page, and one question to the bank', async () => {
    const request = aPayRequest(await aToken(CHALLENGE), { meta: asks })
    const [first, again] = [await coffer.call('payments/pay', request), await coffer.call('payments/pay', request)]
    expect(again.json).toEqual(first.json)
    await goThrough(first.json.normalUrl)
    const one = { id: request.paymentRequestId, json: first.json, page: first.json.normalUrl, as: coffer.merchant }
    expect(await ended(one)).toMatchObject({ paymentStatus: 'SUCCESS' })
    expect(await started(one)).toHaveLength(1)
  })
})

describe('a merchant who does not ask', () => {
  test('has it by policy for a card of the EEA, and for no other', async () => {
    const one = await pay(undefined, { meta: raw({ cardNo: GERMAN }) })
    expect(one.json['result']).toMatchObject(waits)
    expect(await started(one)).toMatchObject([{ reason: 'POLICY' }])
    await goThrough(one.page)
    expect(await ended(one)).toMatchObject({ paymentStatus: 'SUCCESS' })
    const other = await pay(undefined, { meta: raw({ cardNo: FRICTIONLESS }) })
    expect(other.json['result'].resultCode).toBe('SUCCESS')
  })

  test('has it once after the issuer wanted it, with the CVV that came with the call', async () => {
    const before = asked().length
    const one = await pay(undefined, { meta: raw({ cardNo: GERMAN }) }, never)
    expect(one.json['result']).toMatchObject(waits)
    expect(await started(one)).toMatchObject([{ reason: 'SOFT_DECLINE' }])
    await goThrough(one.page)
    expect(await ended(one)).toMatchObject({
      paymentStatus: 'SUCCESS',
      paymentResultInfo: { threeDSResult: { eci: '05' } },
    })
    expect(asked().slice(before)).toMatchObject([
      { responseCode: '1A', cvvGiven: true, cavvGiven: false },
      { responseCode: '00', cvvGiven: true, cavvGiven: true },
    ])
    expect((await kindsOf(one)).filter(kind => kind === 'issuer.asked')).toHaveLength(2)
  })

  test('and forbids it where the issuer wants it: the payment fails, and says what it needs', async () => {
    const meta = { ...raw({ cardNo: GERMAN }), enableAuthenticationUpgrade: false }
    const byPolicy = await pay(undefined, { meta })
    expect(byPolicy.json['result']).toMatchObject({ resultCode: 'AUTHENTICATION_REQUIRED', resultStatus: 'F' })
    const byIssuer = await pay(undefined, { meta }, never)
    expect(byIssuer.json['result']).toMatchObject({ resultCode: 'AUTHENTICATION_REQUIRED', resultStatus: 'F' })
    expect(await kindsOf(byPolicy)).not.toContain('issuer.asked')
    // One that asks for it by name forbids nothing.
    const both = await pay(undefined, { meta: { ...meta, ...asks } })
    expect(both.json['result']).toMatchObject(waits)
  })

  test('and charges the card alone needs none: its buyer is not there', async () => {
    const token = await aToken(GERMAN)
    const one = await pay(token, { meta: { recurringType: 'RECURRING' } })
    expect(one.json['result']).toMatchObject({ resultCode: 'SUCCESS' })
    expect(await started(one)).toEqual([])
    expect(asked().at(-1)).toMatchObject({ initiatedBy: 'merchant', originalIdRight: true, cavvGiven: false })
  })

  test('and whose card takes no part although it is due: no payment', async () => {
    setThreeDS(coffer, { policy: 'always' })
    const one = await pay(undefined, { meta: raw({ cardNo: NOT_LISTED }) })
    expect(one.json['result']).toMatchObject({ resultCode: 'AUTHENTICATION_REQUIRED' })
  })
})

describe('what the directory server is asked', () => {
  const folder = new URL('../../../../packages/emv3ds/schemas/', import.meta.url)
  const ajv = new Ajv2020({ strict: true, strictRequired: false, allErrors: true })
  for (const name of readdirSync(folder)) {
    ajv.addSchema(JSON.parse(readFileSync(new URL(name, folder), 'utf8')), name.replace('.json', ''))
  }

  test.each([
    ['EUR', '1234', '978', '2', '40000000'],
    ['JPY', '980', '392', '0', '40000000'],
    ['BHD', '1500', '048', '3', '40000000'],
    ['EUR', '1', '978', '2', '40000003'],
  ])('is a payment of %s %s, as the published schema has it', async (currency, amount, number, exponent, prefix) => {
    const cardNo = testCardNumber({ prefix, tt: '10' })
    wire.passed.splice(0)
    const one = await pay(undefined, { amount, currency, meta: { ...raw({ cardNo }), ...asks } })
    await goThrough(one.page)
    expect(await ended(one)).toMatchObject({ paymentStatus: 'SUCCESS' })
    const areqs = wire.passed.map(({ text }) => JSON.parse(text) as Loose).filter(one => one['messageType'] === 'AReq')
    const at = new Date(coffer.system.clock.now()).toISOString().replace(/[-T]/g, '').slice(0, 8)
    expect(areqs).toMatchObject([
      {
        messageCategory: '01',
        threeDSRequestorAuthenticationInd: '01',
        purchaseAmount: amount,
        purchaseCurrency: number,
        purchaseExponent: exponent,
        purchaseDate: expect.stringMatching(new RegExp(`^${at}\\d{6}$`)),
        merchantName: coffer.merchant.clientId,
      },
    ])
    const validate = ajv.getSchema(`AReq-${areqs[0]!['messageVersion']}-browser-payment`)!
    expect(validate(areqs[0]), ajv.errorsText(validate.errors)).toBe(true)
  })
})

describe('a card with two brands, of the EEA', () => {
  test('that comes with the call is charged over the network that its buyer chooses', async () => {
    const region = { merchantRegion: 'FR' }
    const one = await pay(undefined, { ...region, currency: 'EUR', meta: raw({ cardNo: CO_BADGED }) })
    expect(one.json['result']).toMatchObject(waits)
    const page = await settled(one.page)
    expect(page.shows).toBe('choose')
    expect(page.html).toContain('Your payment of €12.34 to')
    await goThrough(one.page, { network: 'CARTES_BANCAIRES' })
    expect(await ended(one)).toMatchObject({
      paymentStatus: 'SUCCESS',
      paymentResultInfo: { cardBrand: 'CARTES_BANCAIRES' },
    })
    expect(asked().at(-1)).toMatchObject({ network: 'CARTES_BANCAIRES', currency: '978', cvvGiven: true })
    expect((await eventsOf(one)).find(({ kind }) => kind === 'threeds.areq')).toMatchObject({
      network: 'CARTES_BANCAIRES',
      messageCategory: '01',
    })
  })

  test('of which nobody chooses one is not charged', async () => {
    const one = await pay(undefined, { merchantRegion: 'FR', currency: 'EUR', meta: raw({ cardNo: CO_BADGED }) })
    await coffer.advance(15 * 60_000 + 1_000)
    expect(await ended(one)).toMatchObject({ paymentStatus: 'FAIL', paymentResultCode: 'ORDER_IS_CLOSED' })
    expect((await load(one.page)).html).toContain('No brand was chosen in time.')
    expect(await kindsOf(one)).not.toContain('issuer.asked')
  })
})

describe('while the buyer is at his bank', () => {
  test('nobody who comes back has a quarter of an hour; then the payment is closed, and everybody hears so', async () => {
    coffer.simulator.control({ dropRReqs: 1_000 })
    try {
      const one = await atTheBank()
      await coffer.advance(14 * 60_000)
      expect(await inquire(one)).toMatchObject({ paymentStatus: 'PROCESSING' })
      await coffer.advance(61_000)
      expect(await inquire(one)).toMatchObject({ paymentStatus: 'FAIL', paymentResultCode: 'ORDER_IS_CLOSED' })
      expect(await notified(one)).toMatchObject([{ result: { resultCode: 'ORDER_IS_CLOSED' } }])
      expect((await load(one.page)).html).toContain('The payment was closed before it was finished.')
      expect(await kindsOf(one)).not.toContain('issuer.asked')
    } finally {
      coffer.simulator.control({ dropRReqs: 0 })
    }
  })

  test('the merchant can cancel: the page says so, and what the bank says then changes nothing', async () => {
    const one = await atTheBank()
    const before = asked().length
    const cancelled = await coffer.call('payments/cancel', { paymentRequestId: one.id })
    expect(cancelled.json.result.resultCode).toBe('SUCCESS')
    await answerBank(one.bank, code())
    await coffer.advance(2_000)
    expect(await inquire(one)).toMatchObject({ paymentStatus: 'CANCELLED', paymentResultCode: 'ORDER_IS_CANCELED' })
    const { html } = await load(one.page)
    expect(html).toContain('The payment was cancelled')
    expect(html).toContain('has cancelled this payment of $12.34.')
    expect(html).toContain(`paymentRequestId=${one.id}`)
    expect(await notified(one)).toMatchObject([{ result: { resultCode: 'ORDER_IS_CANCELED' } }])
    expect(asked().length).toBe(before)
    await until(async () => coffer.system.parking.ids().length === 0)
  })

  test('the token can be deleted: the payment is closed at once, and nothing is charged', async () => {
    const token = await aToken(CHALLENGE)
    const one = await atTheBank({}, token)
    const before = asked().length
    const deleted = await coffer.call('vaults/deleteToken', { token })
    expect(deleted.json.result.resultCode).toBe('SUCCESS')
    expect(await ended(one)).toMatchObject({ paymentStatus: 'FAIL', paymentResultCode: 'ORDER_IS_CLOSED' })
    expect((await inquire(one))['paymentResultMessage']).toContain('The stored card was deleted')
    await answerBank(one.bank, code())
    await coffer.advance(2_000)
    const { html } = await load(one.page)
    expect(html).toContain('The payment was closed before it was finished. Nothing was charged.')
    expect(await notified(one)).toMatchObject([{ result: { resultCode: 'ORDER_IS_CLOSED' } }])
    expect(asked().length).toBe(before)
    await until(async () => coffer.system.parking.ids().length === 0)
  })

  test('the CVV of the call is nowhere in database and log, and goes to the issuer in the end', async () => {
    const cvv = await digitsThatAreNowhere(coffer)
    const one = await atTheBank({ meta: { ...asks, cvv } })
    expect(await placesOf(coffer, cvv)).toEqual([])
    await answerBank(one.bank, code())
    expect(await ended(one)).toMatchObject({ paymentStatus: 'SUCCESS' })
    expect(asked().at(-1)).toMatchObject({ cvvGiven: true })
    expect(await placesOf(coffer, cvv)).toEqual([])
  })

  test('what the browser told is kept for as long as the authentication runs', async () => {
    const one = await atTheBank()
    const kept = () =>
      select(coffer.system, 'select browser, challenge_sealed from authentication where vaulting_request_id = $1', [
        one.id,
      ])
    expect(await kept()).toMatchObject([{ browser: expect.anything(), challenge_sealed: expect.anything() }])
    await answerBank(one.bank, code())
    await ended(one)
    expect(await kept()).toEqual([{ browser: null, challenge_sealed: null }])
  })

  test('a card that was given once and is refused by its issuer afterwards is not stored any more', async () => {
    const one = await pay(undefined, { meta: { ...raw({ cardNo: '4000000000200057' }), ...asks } })
    await goThrough(one.page)
    expect(await ended(one)).toMatchObject({ paymentResultCode: 'DO_NOT_HONOR' })
    const [row] = await select(
      coffer.system,
      `select count(*)::int as n from sealed_card c join payment p on p.card_id = c.id where p.payment_request_id = $1`,
      [one.id],
    )
    expect(row).toEqual({ n: 0 })
  })

  test('an authentication that runs with a card to be stored gives the token in the end', async () => {
    const one = await pay(undefined, { meta: { ...raw({ cardNo: CHALLENGE }), ...asks, tokenize: true } })
    const way: Way = { otp: '123456' }
    await goThrough(one.page, way)
    const told = await ended(one)
    const token = told['paymentResultInfo'].cardToken
    expect(token).toMatch(/^cof_/)
    expect((await pay(token)).json['result'].resultCode).toBe('SUCCESS')
  })

  test('a form of another brand is heard by nobody', async () => {
    const one = await atTheBank()
    const answer = await send({ action: one.page, target: undefined, fields: { network: 'MASTERCARD' } })
    expect(answer.shows).toBe('challenge')
    await answerBank(one.bank, code())
    expect(await ended(one)).toMatchObject({ paymentStatus: 'SUCCESS', paymentResultInfo: { cardBrand: 'VISA' } })
  })
})
