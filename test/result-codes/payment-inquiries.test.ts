/** inquiryPayment and inquiryRefund: the result tells of the call, the status of the money, and neither is the other. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { namedTestCards } from '../../packages/test-cards/src/index.js'
import { aPayRequest, aRequestId, captureByCall } from '../support/builders.js'
import { startSystem, type TestSystem } from '../support/start-system.js'
import { cancelOf, captureOf, refundOf } from './operation.js'
import { paid, pay, rawCard } from './paying.js'
import { type PaymentStory, paymentInquiryRows, refundInquiryRows } from './payment-inquiries.table.js'
import { type PlayedIssuer, startPlayedIssuer } from './played-issuer.js'
import { rowCounts } from './stored-rows.js'

let coffer: TestSystem
let issuer: PlayedIssuer
beforeAll(async () => {
  issuer = await startPlayedIssuer()
  coffer = await startSystem({ acquirers: issuer.acquirers })
})
afterAll(async () => {
  await coffer?.stop()
  await issuer?.stop()
})

const UNKNOWN = '2020010100000000000000000000000000'
const good = () => {
  issuer.answers({ responseCode: '00' })
  issuer.answersAdvices({ responseCode: '00' })
}

describe('inquiryPayment after', () => {
  const stories: Record<PaymentStory, (request: ReturnType<typeof aPayRequest>) => Promise<unknown>> = {
    paid: request => pay(coffer, request),
    declined: request => {
      issuer.answers({ responseCode: '51' })
      return pay(coffer, request)
    },
    'in doubt': request => {
      issuer.answers({})
      return pay(coffer, request)
    },
    'waits for its buyer': request => pay(coffer, with3DS(request)),
    cancelled: async request => cancelOf(coffer, (await pay(coffer, request)).json),
    'given up': async request => cancelOf(coffer, (await pay(coffer, with3DS(request))).json),
    expired: request => pay(coffer, { ...request, paymentExpiryTime: '2020-01-01T00:00:00Z' }),
  }
  const with3DS = (request: ReturnType<typeof aPayRequest>) => ({
    ...request,
    paymentMethod: { ...request.paymentMethod, paymentMethodMetaData: rawCard({ is3DSAuthentication: true }) },
  })

  test.each(paymentInquiryRows)('$situation: $code', async ({ change, code, paymentStatus, paymentResultCode }) => {
    good()
    const request = aPayRequest(undefined, { meta: rawCard(), metadata: '{"order":1}' })
    const { paymentRequestId } = request
    const as = change === 'of another merchant' ? coffer.otherMerchant : coffer.merchant
    if (change in stories) await stories[change as PaymentStory](request)
    if (change === 'of another merchant') await pay(coffer, request, as)
    const call = change === 'no id' ? {} : { paymentRequestId }
    const answer = await coffer.call('payments/inquiryPayment', call)
    expect(answer).toMatchObject({ status: 200, verified: true })
    const { json } = answer
    expect(json.result).toMatchObject({ resultCode: code, resultStatus: code === 'SUCCESS' ? 'S' : 'F' })
    if (paymentStatus === undefined) {
      expect(Object.keys(json).sort()).toEqual(change === 'no id' ? ['result'] : ['paymentRequestId', 'result'])
      return
    }
    expect(json).toMatchObject({
      paymentStatus,
      paymentResultCode,
      paymentResultMessage: expect.any(String),
      paymentRequestId,
      paymentId: expect.stringMatching(/^[0-9]{34}$/),
      paymentAmount: { currency: 'USD', value: '1234' },
      paymentMethodType: 'CARD',
      metadata: '{"order":1}',
    })
    expect('paymentTime' in json).toBe(paymentStatus === 'SUCCESS')
    // paymentId counts more than the merchant's own id.
    const both = await coffer.call('payments/inquiryPayment', {
      paymentId: json.paymentId,
      paymentRequestId: 'nobodys',
    })
    expect(both.json.paymentId).toBe(json.paymentId)
    const wrong = await coffer.call('payments/inquiryPayment', { paymentId: UNKNOWN, paymentRequestId })
    expect(wrong.json.result.resultCode).toBe('ORDER_NOT_EXIST')
  })

  test('captures and refunds lists what calls asked for, oldest first', async () => {
    good()
    const payment = await paid(coffer, captureByCall)
    await captureOf(coffer, payment, '1000')
    await coffer.advance(1_000)
    issuer.answersAdvices({ responseCode: '13' })
    await captureOf(coffer, payment, '200')
    await coffer.advance(1_000)
    issuer.answersAdvices({ responseCode: '00' })
    await refundOf(coffer, payment, '400')
    const { json } = await coffer.call('payments/inquiryPayment', { paymentId: payment.paymentId })
    type Told = { transactionType: string; transactionStatus: string; transactionAmount: { value: string } }
    const told = (json.transactions as Told[]).map(({ transactionType, transactionStatus, transactionAmount }) => [
      transactionType,
      transactionStatus,
      transactionAmount.value,
    ])
    expect(told).toEqual([
      ['CAPTURE', 'SUCCESS', '1000'],
      ['CAPTURE', 'FAIL', '200'],
      ['REFUND', 'SUCCESS', '400'],
    ])
  })

  test('a sale shows no capture that nobody asked for', async () => {
    good()
    const { paymentId } = await paid(coffer)
    const { json } = await coffer.call('payments/inquiryPayment', { paymentId })
    expect(json).not.toHaveProperty('transactions')
  })
})

describe('inquiryRefund after', () => {
  test.each(refundInquiryRows)('$situation: $code', async ({ change, code, refundStatus }) => {
    good()
    const payment = await paid(coffer)
    await coffer.advance(1_000)
    if (change === 'refused') issuer.answersAdvices({ responseCode: '13' })
    if (change === 'under way') issuer.answersAdvices({})
    const refunded = await refundOf(coffer, payment, '34')
    const { refundRequestId, refundId } = refunded.json
    const as = change === 'of another merchant' ? coffer.otherMerchant : coffer.merchant
    const call =
      change === 'no id' ? {} : { refundRequestId: change === 'unknown id' ? aRequestId('r') : refundRequestId }
    const answer = await coffer.call('payments/inquiryRefund', call, { as })
    expect(answer).toMatchObject({ status: 200, verified: true })
    expect(answer.json.result).toMatchObject({ resultCode: code, resultStatus: code === 'SUCCESS' ? 'S' : 'F' })
    expect(answer.json.refundStatus).toBe(refundStatus)
    if (refundStatus === undefined) return
    expect(answer.json).toMatchObject({ refundRequestId, refundId, refundAmount: { currency: 'USD', value: '34' } })
    expect('refundTime' in answer.json).toBe(refundStatus !== 'PROCESSING')
    const both = await coffer.call('payments/inquiryRefund', { refundId, refundRequestId: 'nobodys' })
    expect(both.json.refundId).toBe(refundId)
  })

  test('the id of a capture is an id that nobody used', async () => {
    good()
    const payment = await paid(coffer, captureByCall)
    const { captureId } = (await captureOf(coffer, payment, '1')).json
    const { json } = await coffer.call('payments/inquiryRefund', { refundId: captureId })
    expect(json.result.resultCode).toBe('REFUND_NOT_EXIST')
  })
})

test('an inquiry changes nothing but the timeline, however often', async () => {
  good()
  const payment = await paid(coffer, { meta: rawCard({ cardNo: namedTestCards.mastercardSuccess.number }) } as never)
  await coffer.advance(5_000)
  const { refundId } = (await refundOf(coffer, payment, '5')).json
  await coffer.advance(5_000)
  const { vaulting_event: before, ...rest } = await rowCounts(coffer.system)
  for (let times = 0; times < 3; times++) {
    await coffer.call('payments/inquiryPayment', { paymentId: payment.paymentId })
    await coffer.call('payments/inquiryRefund', { refundId })
    await coffer.call('payments/inquiryPayment', { paymentId: UNKNOWN })
  }
  const { vaulting_event: after, ...same } = await rowCounts(coffer.system)
  expect(same).toEqual(rest)
  expect(after).toBe(before! + 3)
})
