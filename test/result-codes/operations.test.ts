/** Every result code of capture, cancel and refund: refusals in their order, and how issuers end what was begun. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { captureByCall } from '../support/builders.js'
import { startSystem, type TestSystem } from '../support/start-system.js'
import { cancelRefusals } from './cancel.table.js'
import { captureBase, captureInProcess, captureOutcomes, captureRefusals, captureVariants } from './capture.table.js'
import {
  cancelOf,
  captureOf,
  expectRefused,
  type Operation,
  playAll,
  playsOf,
  refundOf,
  type Stage,
} from './operation.js'
import { accountOf, aToken, notified, paid, pay } from './paying.js'
import { type PlayedIssuer, startPlayedIssuer } from './played-issuer.js'
import { refundInProcess, refundOutcomes, refundRefusals, refundVariants } from './refund.table.js'
import { rowCounts } from './stored-rows.js'

let coffer: TestSystem
let played: TestSystem
let issuer: PlayedIssuer
let stage: Stage
beforeAll(async () => {
  issuer = await startPlayedIssuer()
  const env = {
    COFFER_MOST_CAPTURES: '2',
    COFFER_AUTHORISATION_DAYS: '1',
    COFFER_CANCEL_HOURS: '1',
    COFFER_REFUND_DAYS: '1',
  }
  coffer = await startSystem({ env, issuerTimeoutMs: 1_500 })
  played = await startSystem({ acquirers: issuer.acquirers })
  const usedId = 'used-for-another'
  await captureOf(coffer, await paid(coffer, captureByCall), '5', { captureRequestId: usedId })
  await refundOf(coffer, await paid(coffer), '5', { refundRequestId: usedId })
  stage = { coffer, usedId }
})
afterAll(async () => {
  await Promise.all([coffer?.stop(), played?.stop()])
  await issuer?.stop()
})

const tables = [
  { operation: 'capture', base: captureBase, rows: captureRefusals, variants: captureVariants },
  { operation: 'cancel', base: {}, rows: cancelRefusals, variants: [] },
  { operation: 'refund', base: {}, rows: refundRefusals, variants: refundVariants },
] as const

describe.each(tables)('$operation', ({ operation, base, rows, variants }) => {
  const { alone, pairs } = playsOf(rows)

  test.each([...alone, ...playsOf(variants).alone].map(play => ({ ...play, ...play.expected })))(
    'of $situation is answered $code',
    async play => {
      for (const one of await playAll(operation, base, stage, [play])) expectRefused(one)
    },
  )

  test(`that breaks two rules hears of the earlier one, in all ${pairs.length} pairs`, async () => {
    for (const one of await playAll(operation, base, stage, pairs)) expectRefused(one)
  })

  test('that breaks none is carried out', async () => {
    // The issuer has taken note of the payment's own capture by then, so that something can be given back.
    const none = { ...rows[0]!, change: { waitMs: 1_000 } }
    const [played] = await playAll(operation, base, stage, [{ rows: [none], expected: none }])
    expect(played!.answer.json.result).toMatchObject({ resultCode: 'SUCCESS', resultStatus: 'S' })
  })

  test('of a payment of another merchant is answered like one of a payment that nobody knows', async () => {
    const theirs = await paid(coffer, base)
    const amount = { currency: 'USD', value: '34' }
    const call = { captureRequestId: 'x', refundRequestId: 'x', captureAmount: amount, refundAmount: amount }
    const [foreign, unknown] = await Promise.all(
      [theirs.paymentId, '2020010100000000000000000000000000'].map(paymentId =>
        coffer.call(`payments/${operation}`, { ...call, paymentId }, { as: coffer.otherMerchant }),
      ),
    )
    expect(foreign!.json).toEqual(unknown!.json)
    expect(foreign!.json.result.resultCode).toBe(operation === 'capture' ? 'AUTH_NOT_FOUND' : 'ORDER_NOT_EXIST')
  })

  test('that is refused leaves nothing behind', async () => {
    await coffer.advance(5_000)
    const before = await rowCounts(coffer.system)
    const { paymentId } = await paid(coffer, { ...base, paymentExpiryTime: undefined as never })
    await coffer.advance(5_000)
    const after = await rowCounts(coffer.system)
    const value = '1235'
    const refused: Record<Operation, () => Promise<unknown>> = {
      capture: () => captureOf(coffer, { paymentId }, value),
      refund: () => refundOf(coffer, { paymentId }, value),
      cancel: () => cancelOf(coffer, { paymentId: `${paymentId}0` }),
    }
    await refused[operation]()
    await coffer.advance(5_000)
    expect(await rowCounts(coffer.system)).toEqual(after)
    expect(after['payment']).toBe(before['payment']! + 1)
  })
})

describe('an issuer that is told of', () => {
  const wholeOf = { capture: captureByCall, refund: {} }

  test.each(captureOutcomes)('a capture and answers $raw ends it as $code, in answer, inquiry and notification', row =>
    expectOperation('capture', row),
  )

  test.each(refundOutcomes)('a refund and answers $raw ends it as $code, in answer, inquiry and notification', row =>
    expectOperation('refund', row),
  )

  async function expectOperation(kind: 'capture' | 'refund', { raw, code }: { raw: string; code: string }) {
    issuer.answers({ responseCode: '00' })
    issuer.answersAdvices({ responseCode: '00' })
    const url = `${played.receiver.url}/o`
    const payment = await paid(played, { ...wholeOf[kind], paymentNotifyUrl: url })
    // An acquirer without sales is told of their capture by a worker.
    await played.advance(1_000)
    issuer.answersAdvices({ responseCode: raw })
    const more = kind === 'refund' ? { refundNotifyUrl: url } : {}
    const operate = kind === 'capture' ? captureOf : refundOf
    const requestId = `${kind}-${raw}`
    const first = await operate(played, payment, '34', { [`${kind}RequestId`]: requestId, ...more })
    // An early `no such authorisation` may only mean that this message was faster.
    if (raw === '25') await played.advance(10 * 60_000)
    const { json } = await operate(played, payment, '34', { [`${kind}RequestId`]: requestId, ...more })
    expect(json.result).toMatchObject({ resultCode: code, resultStatus: code === 'SUCCESS' ? 'S' : 'F' })
    if (raw !== '25') expect(json).toEqual(first.json)
    await played.advance(5_000)
    const { transactions } = (await played.call('payments/inquiryPayment', { paymentId: payment.paymentId })).json
    expect(transactions.at(-1)).toMatchObject({
      transactionResult: json.result,
      transactionId: json[`${kind}Id`],
      transactionType: kind.toUpperCase(),
      transactionStatus: code === 'SUCCESS' ? 'SUCCESS' : 'FAIL',
      transactionRequestId: requestId,
      transactionAmount: { currency: 'USD', value: '34' },
    })
    if (kind === 'refund') {
      const inquiry = await played.call('payments/inquiryRefund', { refundRequestId: requestId })
      expect(inquiry.json.refundStatus).toBe(code === 'SUCCESS' ? 'SUCCESS' : 'FAIL')
    }
    const told = notified(played, `${kind}RequestId`, requestId)
    expect(told).toEqual([expect.objectContaining({ notifyType: `${kind.toUpperCase()}_RESULT`, result: json.result })])
    // What failed has used nothing up: the whole can still be asked for.
    issuer.answersAdvices({ responseCode: '00' })
    const rest = await operate(played, payment, code === 'SUCCESS' ? '1200' : '1234')
    expect(rest.json.result.resultCode).toBe('SUCCESS')
  }
})

describe('a message about money that gets lost', () => {
  const ways = [
    { kind: 'capture', loss: 'dropAdvices', code: captureInProcess },
    { kind: 'capture', loss: 'dropAdviceAnswers', code: captureInProcess },
    { kind: 'refund', loss: 'dropAdvices', code: refundInProcess },
    { kind: 'refund', loss: 'dropAdviceAnswers', code: refundInProcess },
  ] as const
  const networks = ['VISA', 'MASTERCARD'] as const
  const rows = networks.flatMap(network => ways.map(way => ({ ...way, network })))

  test.each(rows)('($loss, a $kind on $network) is told again until it is known, and counts once', async row => {
    const { kind, loss, code, network } = row
    const cardNo = network === 'VISA' ? '4000000000100000' : '5200000000100005'
    const url = `${coffer.receiver.url}/o`
    const token = await aToken(coffer, { cardNo })
    const made = { ...(kind === 'capture' ? captureByCall : {}), paymentNotifyUrl: url }
    const payment = await paid(coffer, {
      ...made,
      paymentMethod: { paymentMethodType: 'CARD', paymentMethodId: token },
    })
    await coffer.advance(1_000)
    coffer.simulator.control({ [loss]: 2 })
    const operate = () =>
      (kind === 'capture' ? captureOf : refundOf)(coffer, payment, '100', {
        [`${kind}RequestId`]: `${kind}-${loss}-${network}`,
        ...(kind === 'refund' && { refundNotifyUrl: url }),
      })
    const first = await operate()
    expect(first.json.result).toMatchObject({ resultCode: code, resultStatus: 'U' })
    expect((await operate()).json).toEqual(first.json)
    const requestId = first.json[`${kind}RequestId`]
    const transaction = async () =>
      (await coffer.call('payments/inquiryPayment', { paymentId: payment.paymentId })).json.transactions.at(-1)
    expect(await transaction()).toMatchObject({
      transactionStatus: 'PROCESSING',
      transactionResult: { resultCode: code },
    })
    expect(notified(coffer, `${kind}RequestId`, requestId)).toEqual([])
    await coffer.advance(5 * 60_000)
    const last = await operate()
    expect(last.json).toMatchObject({ result: { resultCode: 'SUCCESS' }, [`${kind}Id`]: first.json[`${kind}Id`] })
    expect(await transaction()).toMatchObject({ transactionStatus: 'SUCCESS' })
    if (kind === 'refund') {
      const inquiry = await coffer.call('payments/inquiryRefund', { refundRequestId: requestId })
      expect(inquiry.json.refundStatus).toBe('SUCCESS')
    }
    const told = notified(coffer, `${kind}RequestId`, requestId)
    expect(told).toEqual([expect.objectContaining({ result: last.json.result })])
    expect(accountOf(coffer, payment)).toMatchObject({ [kind === 'capture' ? 'captured' : 'refunded']: '100' })
    expect(coffer.simulator.control()).toMatchObject({ [loss]: 0 })
  })

  test('is told in the same words each time: inquiryRefund says PROCESSING until then', async () => {
    const payment = await paid(coffer)
    await coffer.advance(1_000)
    coffer.simulator.control({ dropAdvices: 1 })
    const { json } = await refundOf(coffer, payment, '7')
    const inquiry = () => coffer.call('payments/inquiryRefund', { refundId: json.refundId })
    expect((await inquiry()).json).toMatchObject({ result: { resultCode: 'SUCCESS' }, refundStatus: 'PROCESSING' })
    await coffer.advance(60_000)
    expect((await inquiry()).json).toMatchObject({ refundStatus: 'SUCCESS', refundAmount: { value: '7' } })
  })
})

describe('a payment whose token was deleted', () => {
  test.each(['4000000000100000', '5200000000100005'])(
    '(card %s) is captured and refunded all the same',
    async cardNo => {
      const token = await aToken(coffer, { cardNo })
      const paymentMethod = { paymentMethodType: 'CARD' as const, paymentMethodId: token }
      const payment = await paid(coffer, { ...captureByCall, paymentMethod })
      await coffer.call('vaults/deleteToken', { token })
      const again = await pay(coffer, { ...(payment as object), paymentMethod })
      expect(again.json.result.resultCode).toBe('PARAM_ILLEGAL')
      expect((await captureOf(coffer, payment, '1000')).json.result.resultCode).toBe('SUCCESS')
      expect((await refundOf(coffer, payment, '400')).json.result.resultCode).toBe('SUCCESS')
      expect(accountOf(coffer, payment)).toMatchObject({ captured: '1000', refunded: '400' })
    },
  )

  test('is cancelled all the same', async () => {
    const token = await aToken(coffer)
    const payment = await paid(coffer, { paymentMethod: { paymentMethodType: 'CARD', paymentMethodId: token } })
    await coffer.call('vaults/deleteToken', { token })
    expect((await cancelOf(coffer, payment)).json.result.resultCode).toBe('SUCCESS')
    await coffer.advance(5_000)
    expect(accountOf(coffer, payment)).toMatchObject({ reversed: true, captured: '0' })
  })
})
