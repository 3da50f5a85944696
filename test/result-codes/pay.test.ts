/** Every result code of pay: refusals in their order, and each outcome told alike in answer, inquiry and notification. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { namedTestCards, testCardNumber } from '../../packages/test-cards/src/index.js'
import { aPayRequest, aRequestId, captureByCall } from '../support/builders.js'
import { goThrough } from '../support/play-buyer.js'
import { startSystem, type TestSystem } from '../support/start-system.js'
import {
  atOncePayments,
  buyersPayments,
  cardFor,
  issuerPayments,
  laterPayments,
  leverPayments,
  type PayInParts,
  type PayRow,
  type PayStage,
  payRefusals,
  playedPayments,
  stepUpPayments,
  unaskedPayments,
} from './pay.table.js'
import {
  aToken,
  cardsOf,
  expectEnded,
  expectPayment,
  moneyAsked,
  notified,
  notifiedPayRequest,
  pay,
  rawCard,
} from './paying.js'
import { type PlayedIssuer, startPlayedIssuer } from './played-issuer.js'
import { rowCounts } from './stored-rows.js'

let coffer: TestSystem
let played: TestSystem
let live: TestSystem
let issuer: PlayedIssuer
let stage: PayStage
beforeAll(async () => {
  issuer = await startPlayedIssuer()
  coffer = await startSystem({ issuerTimeoutMs: 1_500 })
  played = await startSystem({ acquirers: issuer.acquirers })
  live = await startSystem({ environment: 'live', acquirers: issuer.acquirers })
  const used = aPayRequest(undefined, { amount: '1', meta: rawCard() })
  await pay(coffer, used)
  const [token, deletedToken] = [await aToken(coffer), await aToken(coffer)]
  await coffer.call('vaults/deleteToken', { token: deletedToken })
  stage = { usedId: used.paymentRequestId, token, deletedToken }
})
afterAll(async () => {
  await Promise.all([coffer?.stop(), played?.stop(), live?.stop()])
  await issuer?.stop()
})

const inOrder = [...payRefusals, ...unaskedPayments]

describe('a call that', () => {
  test.each(inOrder)('has $situation is answered $code', async row => {
    expectCode(await pay(coffer, requestWith([row])), row)
  })

  const pairs = inOrder.flatMap((earlier, i) => inOrder.slice(i + 1).map(later => [earlier, later] as const))

  test(`breaks two rules hears of the earlier one, in all ${pairs.length} pairs`, async () => {
    for (const [earlier, later] of pairs) {
      const which = `${earlier.situation} and ${later.situation}`
      expectCode(await pay(coffer, requestWith([earlier, later])), earlier, which)
    }
  })

  test('breaks none is answered SUCCESS', async () => {
    expect((await pay(coffer, requestWith([]))).json.result.resultCode).toBe('SUCCESS')
  })

  test.each(payRefusals)('is refused for $situation claims no id, stores nothing and asks nobody', async row => {
    await coffer.advance(3_000)
    const before = await rowCounts(coffer.system)
    const asked = moneyAsked(coffer).length
    await pay(coffer, requestWith([row]))
    expect(await rowCounts(coffer.system)).toEqual(before)
    expect(moneyAsked(coffer)).toHaveLength(asked)
  })

  test.each(unaskedPayments)('has $situation asks no issuer, and its outcome stays', async row => {
    const asked = moneyAsked(coffer).length
    const request = { ...requestWith([row]), paymentNotifyUrl: `${coffer.receiver.url}/p` }
    await expectPayment(coffer, request as ReturnType<typeof aPayRequest>, row.code)
    expect(moneyAsked(coffer)).toHaveLength(asked)
  })
})

describe('a card that comes with the call', () => {
  test.each(issuerPayments)('$situation: $code', async ({ change, code }) => {
    await expectPayment(coffer, withCard(coffer, { cardNo: cardFor(change) }), code)
  })

  test.each(leverPayments)('with $situation: $code', async ({ change, code }) => {
    await expectPayment(coffer, withCard(coffer, change), code)
  })

  test('of a number that no brand has is not supported, and nobody is asked', async () => {
    const asked = issuer.asked()
    const request = aPayRequest(undefined, { meta: rawCard({ cardNo: '9000000000000001' }) })
    await expectPayment(live, request, 'CARD_NOT_SUPPORTED')
    expect(issuer.asked()).toBe(asked)
  })

  test('is a test card is refused where cards are real', async () => {
    const { json } = await pay(live, aPayRequest(undefined, { meta: rawCard() }))
    expect(json.result.resultCode).toBe('PARAM_ILLEGAL')
    expect(json.result.resultMessage).toContain('cardNo is a published test card')
  })
})

describe('a token', () => {
  test.each(issuerPayments)('whose payments end so, $situation: $code', async ({ change, code }) => {
    const token = await aToken(coffer, { cardNo: cardFor(change, '1') })
    const json = await expectPayment(coffer, aPayRequest(token), code)
    expect(json.paymentResultInfo).toMatchObject({ cardToken: token, cardBrand: change.network })
    if (code !== 'SUCCESS') expect(json.paymentResultInfo.refusalCodeRaw).toBe(change.raw)
  })
})

describe('an issuer that is asked for money', () => {
  test.each(playedPayments)('and answers $situation: $code', async ({ change: { reply, cardNo }, code }) => {
    issuer.answers(reply)
    const asked = issuer.asked()
    await expectPayment(played, aPayRequest(undefined, { meta: rawCard(cardNo === undefined ? {} : { cardNo }) }), code)
    expect(issuer.asked()).toBe(asked + 1)
  })

  test('and answers what approves no payment (85) leaves it unknown, then failed', async () => {
    issuer.answers({ responseCode: '85' })
    const request = withCard(played, {})
    expect((await pay(played, request)).json.result).toMatchObject({ resultCode: 'UNKNOWN_EXCEPTION' })
    await played.advance(3_000)
    await expectEnded(played, request, 'PROCESS_FAIL')
  })

  test.each(stepUpPayments)('and declines softly sends the buyer to his bank once: $situation', async row => {
    const request = withCard(coffer, { cardNo: cardFor(row.change) })
    const asked = moneyAsked(coffer).length
    const { json } = await pay(coffer, request)
    expect(json.result).toMatchObject({ resultCode: 'PAYMENT_IN_PROCESS', resultStatus: 'U' })
    await goThrough(json.normalUrl)
    await expectEnded(coffer, request, row.code)
    expect(
      moneyAsked(coffer)
        .slice(asked)
        .map(({ cavvGiven }) => cavvGiven),
    ).toEqual([false, true])
  })

  test('and declines softly a card that takes no part in 3-D Secure ends it at once', async () => {
    issuer.answers({ responseCode: '1A' })
    const request = withCard(played, { cardNo: namedTestCards.without3DS.number })
    await expectPayment(played, request, 'AUTHENTICATION_REQUIRED')
  })
})

describe('a payment with 3-D Secure', () => {
  test.each(atOncePayments)('$situation: $code in the answer to the call', async ({ change, code }) => {
    const before = moneyAsked(coffer).length
    const request = withCard(coffer, change.card)
    await expectPayment(coffer, { ...request, ...(change.env && { env: change.env as typeof request.env }) }, code)
    expect(moneyAsked(coffer)).toHaveLength(before + (change.asked ? 1 : 0))
  })

  test.each(buyersPayments)('$situation: $code', async ({ change: { card, way, asked }, code }) => {
    const request = withCard(coffer, card)
    const before = moneyAsked(coffer).length
    const { json } = await pay(coffer, request)
    expect(json).toMatchObject({
      result: { resultCode: 'PAYMENT_IN_PROCESS', resultStatus: 'U' },
      normalUrl: expect.stringContaining(coffer.pagesUrl),
      redirectActionForm: { redirectUrl: json.normalUrl },
    })
    expect(moneyAsked(coffer), 'the issuer is not asked before the buyer was there').toHaveLength(before)
    if (way['stays away']) await coffer.advance(15 * 60_000)
    else await goThrough(json.normalUrl, way)
    await expectEnded(coffer, request, code)
    const networks = moneyAsked(coffer)
      .slice(before)
      .map(({ network }) => network)
    expect(networks).toEqual(asked)
  })

  test('of a stored card charges that, with the proof', async () => {
    const token = await aToken(coffer)
    const request = notifiedPayRequest(coffer, token, { meta: { is3DSAuthentication: true } })
    const { json } = await pay(coffer, request)
    expect(json.result.resultCode).toBe('PAYMENT_IN_PROCESS')
    await goThrough(json.normalUrl)
    await expectEnded(coffer, request, 'SUCCESS')
    expect(moneyAsked(coffer).at(-1)).toMatchObject({ cavvGiven: true, network: 'VISA' })
  })

  test('ends at the time that the merchant sets, where that is sooner', async () => {
    const paymentExpiryTime = new Date(coffer.system.clock.now() + 60_000).toISOString()
    const request = { ...withCard(coffer, { is3DSAuthentication: true }), paymentExpiryTime }
    expect((await pay(coffer, request)).json.result.resultCode).toBe('PAYMENT_IN_PROCESS')
    await coffer.advance(70_000)
    await expectEnded(coffer, request, 'ORDER_IS_CLOSED')
  })
})

describe('what is told before the end, or after a cancellation', () => {
  const ways: Record<string, () => Promise<string>> = {
    buyer: async () => (await pay(coffer, withCard(coffer, { is3DSAuthentication: true }))).json.result.resultCode,
    silence: async () =>
      (await pay(coffer, withCard(coffer, { cardNo: namedTestCards.issuerSilent.number }))).json.result.resultCode,
    cancelled: async () => {
      const request = withCard(coffer, {})
      await pay(coffer, request)
      await coffer.call('payments/cancel', { paymentRequestId: request.paymentRequestId })
      return (await pay(coffer, request)).json.result.resultCode
    },
  }
  test.each(laterPayments)('$situation: $code', async ({ change, code }) => {
    expect(await ways[change]!()).toBe(code)
  })
})

describe('an issuer that gives no answer', () => {
  test.each(['VISA', 'MASTERCARD'] as const)('leaves a payment on %s in doubt, and it fails', async brand => {
    const request = withCard(coffer, { cardNo: testCardNumber({ brand, mode: '3', fill: '5' }) })
    const { paymentRequestId } = request
    const first = await pay(coffer, request)
    expect(first.json).toMatchObject({
      result: { resultCode: 'UNKNOWN_EXCEPTION', resultStatus: 'U' },
      paymentRequestId,
      paymentId: expect.any(String),
    })
    const inquiry = await coffer.call('payments/inquiryPayment', { paymentRequestId })
    expect(inquiry.json).toMatchObject({
      result: { resultCode: 'SUCCESS' },
      paymentStatus: 'PROCESSING',
      paymentResultCode: 'PAYMENT_IN_PROCESS',
    })
    expect(notified(coffer, 'paymentRequestId', paymentRequestId)).toEqual([])
    const asked = moneyAsked(coffer).at(-1)!
    await coffer.advance(3_000)
    await expectEnded(coffer, request, 'PROCESS_FAIL')
    const taken = coffer.simulator
      .log()
      .filter(({ kind, original }) => kind === 'reversal' && original?.stan === asked.stan)
    expect(taken).toHaveLength(1)
    expect(await cardsOf(coffer, first.json.paymentId)).toEqual([])
  })

  test('but did approve has its approval taken back', async () => {
    coffer.simulator.control({ dropPaymentAnswers: 1 })
    const request = withCard(coffer, {})
    expect((await pay(coffer, request)).json.result.resultCode).toBe('UNKNOWN_EXCEPTION')
    expect(moneyAsked(coffer).at(-1)).toMatchObject({ delivery: 'lost', responseCode: '00', reversed: false })
    await coffer.advance(3_000)
    await expectEnded(coffer, request, 'PROCESS_FAIL')
    expect(moneyAsked(coffer).at(-1)).toMatchObject({ reversed: true })
  })
})

describe('a repeat', () => {
  const base = () => aPayRequest(undefined, { meta: rawCard(), metadata: 'first', ...captureByCall })
  type Request = ReturnType<typeof base>
  const paying = (request: Request, paymentMethodId: string | undefined, meta: object | undefined): Request => ({
    ...request,
    paymentMethod: {
      paymentMethodType: 'CARD',
      ...(paymentMethodId !== undefined && { paymentMethodId }),
      ...(meta && { paymentMethodMetaData: meta }),
    },
  })
  const money = (request: Request, currency: string, value: string): Request => ({
    ...request,
    paymentAmount: { currency, value },
  })

  test.each<[string, (request: Request) => Request]>([
    ['another amount', request => money(request, 'USD', '1235')],
    ['another currency', request => money(request, 'EUR', '1234')],
    [
      'another card',
      request => paying(request, undefined, rawCard({ cardNo: namedTestCards.mastercardSuccess.number })),
    ],
    ['a token of the same card', request => paying(request, stage.token, undefined)],
    ['an amount that is a risk', request => money(request, 'USD', '11')],
  ])('with %s is refused, and changes nothing', async (_what, change) => {
    const request = base()
    const first = await pay(coffer, request)
    const other = await pay(coffer, change(request))
    expect(other.json).toEqual({
      result: expect.objectContaining({ resultCode: 'REPEAT_REQ_INCONSISTENT', resultStatus: 'F' }),
      paymentRequestId: request.paymentRequestId,
    })
    expect((await pay(coffer, request)).text).toBe(first.text)
  })

  test.each<[string, (request: Request) => object]>([
    ['other metadata', request => ({ ...request, metadata: 'second' })],
    ['another order', request => ({ ...request, order: { ...request.order, referenceOrderId: 'order-2' } })],
    ['another notification address', request => ({ ...request, paymentNotifyUrl: 'ftp://shop.example/' })],
    ['another way to capture', request => ({ ...request, paymentFactor: { isAuthorization: false } })],
  ])('with %s is the same payment, and hears the same', async (_what, change) => {
    const request = base()
    const first = await pay(coffer, request)
    expect(first.json).toMatchObject({ result: { resultCode: 'SUCCESS' }, metadata: 'first' })
    const asked = moneyAsked(coffer).length
    expect((await pay(coffer, change(request))).text).toBe(first.text)
    expect(moneyAsked(coffer)).toHaveLength(asked)
  })

  test('of another merchant is his own payment', async () => {
    const request = base()
    const [mine, theirs] = [await pay(coffer, request), await pay(coffer, request, coffer.otherMerchant)]
    expect(theirs.json.result.resultCode).toBe('SUCCESS')
    expect(theirs.json.paymentId).not.toBe(mine.json.paymentId)
  })

  test('of ten at once charges once, and all hear the same', async () => {
    const request = base()
    const asked = moneyAsked(coffer).length
    const answers = await Promise.all(Array.from({ length: 10 }, () => pay(coffer, request)))
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
    expect(moneyAsked(coffer)).toHaveLength(asked + 1)
  })
})

const withCard = (system: TestSystem, card: object) => notifiedPayRequest(system, undefined, { meta: rawCard(card) })

/** Plays rows: the later first, so that where two touch the same part, the earlier has the last word. */
function requestWith(rows: readonly PayRow[]): object {
  const call: PayInParts = {
    request: { ...aPayRequest(undefined), paymentRequestId: aRequestId('p') },
    paymentMethodId: undefined,
    meta: { ...rawCard() },
    amount: { currency: 'USD', value: '1234' },
  }
  for (const row of [...rows].reverse()) row.change(call, stage)
  const { request, paymentMethodId, meta, amount } = call
  return {
    ...request,
    order: { ...request.order, orderAmount: amount },
    paymentAmount: amount,
    paymentMethod: { paymentMethodType: 'CARD', paymentMethodId, paymentMethodMetaData: meta },
  }
}

function expectCode(answer: Awaited<ReturnType<typeof pay>>, row: PayRow, which = row.situation) {
  expect(answer, which).toMatchObject({ status: 200, verified: true })
  expect(answer.json.result.resultCode, which).toBe(row.code)
  expect(answer.json.result.resultStatus, which).toBe('F')
  if (row.names) expect(answer.json.result.resultMessage, which).toContain(row.names)
}
