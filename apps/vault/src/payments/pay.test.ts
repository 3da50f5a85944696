import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { namedTestCards } from '../../../../packages/test-cards/src/index.js'
import { aCard, aPayRequest, aRequestId, aVaultingRequest, captureByCall } from '../../../../test/support/builders.js'
import { startSystem, type TestSystem } from '../../../../test/support/start-system.js'
import { sql } from '../platform/database.js'

let coffer: TestSystem
beforeAll(async () => {
  coffer = await startSystem()
})
afterAll(() => coffer?.stop())

const pay = (request: unknown, sent?: Parameters<TestSystem['call']>[2]) => coffer.call('payments/pay', request, sent)

/** Vaults a card and gives its token. */
async function aToken(card: Parameters<typeof aCard>[0] = {}): Promise<string> {
  const { json } = await coffer.vaultPaymentMethod(aVaultingRequest({ card }))
  expect(json.result).toMatchObject({ resultCode: 'SUCCESS' })
  return json.paymentMethodDetail.card.cardToken
}

describe('pay with a token', () => {
  test('charges the stored card, and says so in answer, inquiry and notification alike', async () => {
    const token = await aToken()
    const url = `${coffer.receiver.url}/paid`
    const request = aPayRequest(token, { paymentNotifyUrl: url, metadata: '{"order":7}' })
    const { json, verified } = await pay(request)
    expect(verified).toBe(true)
    expect(json).toMatchObject({
      result: { resultCode: 'SUCCESS', resultStatus: 'S' },
      paymentRequestId: request.paymentRequestId,
      paymentAmount: { currency: 'USD', value: '1234' },
      paymentResultInfo: { cardBrand: 'VISA', cardToken: token, credentialTypeUsed: 'PAN' },
      metadata: '{"order":7}',
    })
    expect(json.paymentId).toMatch(/^[0-9]{34}$/)
    const inquiry = await coffer.call('payments/inquiryPayment', { paymentId: json.paymentId })
    expect(inquiry.json).toMatchObject({
      result: { resultCode: 'SUCCESS' },
      paymentStatus: 'SUCCESS',
      paymentResultCode: 'SUCCESS',
      paymentResultInfo: json.paymentResultInfo,
    })
    await coffer.advance(5_000)
    const [told] = coffer.receiver.received.filter(one => one.url === '/paid')
    expect(told?.json).toMatchObject({
      notifyType: 'PAYMENT_RESULT',
      result: { resultCode: 'SUCCESS' },
      paymentId: json.paymentId,
      paymentResultInfo: json.paymentResultInfo,
    })
  })

  test('answers a repeat with the same words, and refuses another amount or card under the same id', async () => {
    const token = await aToken()
    const request = aPayRequest(token)
    const first = await pay(request)
    const again = await pay(request)
    expect(again.json).toEqual(first.json)
    const more = await pay({ ...request, paymentAmount: { currency: 'USD', value: '1235' } })
    expect(more.json.result.resultCode).toBe('REPEAT_REQ_INCONSISTENT')
    const other = await pay({ ...aPayRequest(await aToken()), paymentRequestId: request.paymentRequestId })
    expect(other.json.result.resultCode).toBe('REPEAT_REQ_INCONSISTENT')
  })

  test('knows no token of another merchant, and none that was never given, in the same words', async () => {
    const token = await aToken()
    const foreign = await pay(aPayRequest(token), { as: coffer.otherMerchant })
    const unknown = await pay(aPayRequest('cof_nothing'))
    expect(foreign.json.result).toEqual(unknown.json.result)
    expect(foreign.json.result.resultCode).toBe('INVALID_PAYMENT_METHOD_META_DATA')
  })
})

test('a call with a nonce that comes several times at once is carried out once, and never answered as refused', async () => {
  for (let round = 0; round < 4; round += 1) {
    const { json } = await coffer.call('vaults/fetchNonce', { card: aCard() })
    const request = aPayRequest(json.cardToken)
    const answers = await Promise.all(Array.from({ length: 6 }, () => pay(request)))
    const codes = answers.map(answer => answer.json.result.resultCode)
    expect(codes.filter(code => !['SUCCESS', 'UNKNOWN_EXCEPTION'].includes(code))).toEqual([])
    expect(new Set(answers.map(answer => answer.json.paymentId)).size).toBe(1)
  }
})

test('a token that was stored for one account of the merchant pays for no other one', async () => {
  const { json } = await coffer.vaultPaymentMethod(aVaultingRequest({ merchantAccountId: 'acc-1' }))
  const { cardToken } = json.paymentMethodDetail.card
  const other = await pay(aPayRequest(cardToken, { merchantAccountId: 'acc-2' }))
  expect(other.json.result.resultCode).toBe('INVALID_PAYMENT_METHOD_META_DATA')
  const own = await pay(aPayRequest(cardToken, { merchantAccountId: 'acc-1' }))
  expect(own.json.result.resultCode).toBe('SUCCESS')
})

describe('an authorisation', () => {
  test('is one too where it is asked for in the older place, at the top of the call', async () => {
    const token = await aToken()
    const asked = { isAuthorization: true, paymentFactor: { captureMode: 'MANUAL' as const } }
    const { json } = await pay(aPayRequest(token, asked))
    expect(json.result.resultCode).toBe('SUCCESS')
    expect(json.authExpiryTime).toBeDefined()
  })

  test('is captured in parts, never beyond what is authorised, and what is captured can be refunded', async () => {
    const token = await aToken()
    const { json } = await pay(aPayRequest(token, { amount: '1000', ...captureByCall }))
    expect(json.result.resultCode).toBe('SUCCESS')
    expect(json.authExpiryTime).toBeDefined()
    const capture = (value: string, more: object = {}) =>
      coffer.call('payments/capture', {
        captureRequestId: aRequestId('c'),
        paymentId: json.paymentId,
        captureAmount: { currency: 'USD', value },
        ...more,
      })
    expect((await capture('600')).json).toMatchObject({
      result: { resultCode: 'SUCCESS' },
      captureAmount: { value: '600' },
    })
    expect((await capture('401')).json.result.resultCode).toBe('CAPTURE_AMOUNT_EXCEED_AUTH_LIMIT')
    expect((await capture('300', { isLastCapture: true })).json.result.resultCode).toBe('SUCCESS')
    expect((await capture('100')).json.result.resultCode).toBe('ORDER_STATUS_INVALID')
    const refund = (value: string) =>
      coffer.call('payments/refund', {
        refundRequestId: aRequestId('r'),
        paymentId: json.paymentId,
        refundAmount: { currency: 'USD', value },
      })
    expect((await refund('901')).json.result.resultCode).toBe('REFUND_AMOUNT_EXCEED')
    const refunded = await refund('400')
    expect(refunded.json).toMatchObject({ result: { resultCode: 'SUCCESS' }, refundAmount: { value: '400' } })
    const { refundId } = refunded.json
    const looked = await coffer.call('payments/inquiryRefund', { refundId })
    expect(looked.json).toMatchObject({ result: { resultCode: 'SUCCESS' }, refundStatus: 'SUCCESS', refundId })
    const inquiry = await coffer.call('payments/inquiryPayment', { paymentId: json.paymentId })
    const shown = inquiry.json.transactions.map(
      (one: { transactionType: string; transactionAmount: { value: string } }) => [
        one.transactionType,
        one.transactionAmount.value,
      ],
    )
    expect(shown).toEqual([
      ['CAPTURE', '600'],
      ['CAPTURE', '300'],
      ['REFUND', '400'],
    ])
  })

  test('can be cancelled, and is free at the issuer then', async () => {
    const token = await aToken()
    const { json } = await pay(aPayRequest(token, captureByCall))
    const cancelled = await coffer.call('payments/cancel', { paymentId: json.paymentId })
    expect(cancelled.json).toMatchObject({ result: { resultCode: 'SUCCESS' }, paymentId: json.paymentId })
    const again = await coffer.call('payments/cancel', { paymentId: json.paymentId })
    expect(again.json).toEqual(cancelled.json)
    await coffer.advance(2_000)
    const inquiry = await coffer.call('payments/inquiryPayment', { paymentId: json.paymentId })
    expect(inquiry.json).toMatchObject({ paymentStatus: 'CANCELLED', paymentResultCode: 'ORDER_IS_CANCELED' })
  })

  test('ends by the clock', async () => {
    const token = await aToken()
    const { json } = await pay(aPayRequest(token, captureByCall))
    await coffer.advance(8 * 86_400_000)
    const late = await coffer.call('payments/capture', {
      captureRequestId: aRequestId('c'),
      paymentId: json.paymentId,
      captureAmount: { currency: 'USD', value: '1' },
    })
    expect(late.json.result.resultCode).toBe('AUTH_EXPIRED')
  })
})

describe('a card that comes with the call', () => {
  const raw = (card: Parameters<typeof aCard>[0] = {}) => {
    const { cardNo, expiryYear, expiryMonth, cvv } = aCard(card)
    return { cardNo, expiryYear, expiryMonth, ...(cvv !== undefined && { cvv }) }
  }

  test('is charged once and forgotten', async () => {
    const request = aPayRequest(undefined, { meta: raw() })
    const { json } = await pay(request)
    expect(json.result.resultCode).toBe('SUCCESS')
    expect(json.paymentResultInfo.cardToken).toBeUndefined()
  })

  test('is stored where that is asked for, and its token pays', async () => {
    const { json } = await pay(aPayRequest(undefined, { meta: { ...raw(), tokenize: true } }))
    const token = json.paymentResultInfo.cardToken
    expect(token).toMatch(/^cof_/)
    const again = await pay(aPayRequest(token))
    expect(again.json.result.resultCode).toBe('SUCCESS')
  })

  test('that is declined gives the code of its issuer', async () => {
    const declined = namedTestCards as Record<string, { number: string }>
    const number = Object.entries(declined).find(([name]) => /funds|balance/i.test(name))?.[1].number
    const { json } = await pay(aPayRequest(undefined, { meta: raw({ cardNo: number ?? '4000000000100513' }) }))
    expect(json.result.resultCode).toBe('USER_BALANCE_NOT_ENOUGH')
  })
})

describe('a clock that stands still', () => {
  test('has an end of what is due, however many payments come in: nothing that they leave to be told is due at once', async () => {
    const token = await aToken()
    // A sale over a network whose money needs a completion, and an authorisation that is cancelled.
    const sale = await pay(aPayRequest(token))
    const authorised = await pay(aPayRequest(token, captureByCall))
    await coffer.call('payments/cancel', { paymentId: authorised.json.paymentId })
    const rows = await coffer.system.db.query(
      sql(
        'test.advices',
        `select m.what, m.due_at > greatest(p.concluded_at, coalesce(p.cancelled_at, p.concluded_at)) as later
         from issuer_message m join payment p on p.id = m.subject where p.payment_id = any($1::text[]) order by m.what`,
      ),
      [[sale.json.paymentId, authorised.json.paymentId]],
    )
    expect(rows).toEqual([
      { what: 'CAPTURE', later: true },
      { what: 'VOID', later: true },
    ])
    await coffer.advance(1_000)
  })
})
