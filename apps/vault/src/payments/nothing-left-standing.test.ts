/** Nothing stays approved or captured at an issuer that the merchant was told is not, whatever comes between. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type PlayedIssuer, startPlayedIssuer } from '../../../../test/result-codes/played-issuer.js'
import { select } from '../../../../test/result-codes/stored-rows.js'
import { aCard, aPayRequest, aRequestId, captureByCall } from '../../../../test/support/builders.js'
import { startSystem, type TestSystem } from '../../../../test/support/start-system.js'
import { inspectVault } from '../commands/doctor.js'
import { Acquirers } from '../issuer/acquirers.js'
import { SettableClock } from '../platform/clock.js'
import { newId } from '../platform/ids.js'
import { sweepUnfinished } from '../vaulting/sweep-unfinished.js'
import { concludePayment } from './conclude-payment.js'
import { cancelPayment } from './operation-store.js'
import { failedPayment } from './payment.js'
import { findPayment, lockPayment } from './payment-store.js'

let coffer: TestSystem
let issuer: PlayedIssuer
beforeAll(async () => {
  issuer = await startPlayedIssuer()
  const acquirers = issuer.acquirers.map(one => ({ ...one, timeoutMs: 800, reverseVerifications: false }))
  coffer = await startSystem({ acquirers })
})
beforeEach(() => {
  issuer.answers({ responseCode: '00' })
  issuer.answersAdvices({ responseCode: '00' })
  issuer.answersReversals({ responseCode: '00' })
})
afterAll(async () => {
  await coffer?.stop()
  await issuer?.stop()
})

async function pay(more: object = captureByCall) {
  // What is due of others is done first.
  await coffer.advance(0)
  const { cardNo, expiryYear, expiryMonth, cvv } = aCard()
  const meta = { cardNo, expiryYear, expiryMonth, ...(cvv !== undefined && { cvv }) }
  const request = aPayRequest(undefined, { amount: '1000', meta, ...more })
  const { json } = await coffer.call('payments/pay', request)
  return { ...json, paymentRequestId: request.paymentRequestId }
}

async function capture(paymentId: string, value: string, more: object = {}) {
  const captureAmount = { currency: 'USD', value }
  return (
    await coffer.call('payments/capture', { captureRequestId: aRequestId('c'), paymentId, captureAmount, ...more })
  ).json
}

const inquire = async (named: object) => (await coffer.call('payments/inquiryPayment', named)).json
const run = (text: string) => coffer.system.db.script(text)
const silence = () => {}
const about = ({ fields }: { fields: Readonly<Record<string, unknown>> }) => String(fields['90.2'])

test('a payment without an answer is taken back, also where verifications are not', async () => {
  issuer.answers(silence)
  const before = issuer.reversals.length
  const { result, paymentId } = await pay()
  expect(result.resultStatus).toBe('U')
  await coffer.advance(0)
  expect(issuer.reversals.slice(before).map(({ mti }) => mti)).toEqual(['0400'])
  expect(await inquire({ paymentId })).toMatchObject({ paymentStatus: 'FAIL' })
})

test('an approval with a wrong code is taken back, although the process dies right after saying that it failed', async () => {
  await run(`
    create function cut_off() returns trigger language plpgsql as $$ begin raise exception 'cut off here'; end $$;
    create trigger cut_off before insert on vaulting_event for each row when (new.kind = 'issuer.approval-not-used')
      execute function cut_off()`)
  issuer.answers({ responseCode: '00', cvvResult: 'N' })
  const before = issuer.reversals.length
  const { paymentRequestId } = await pay()
  await run('drop trigger cut_off on vaulting_event')
  expect(await inquire({ paymentRequestId })).toMatchObject({ paymentStatus: 'FAIL', paymentResultCode: 'INVALID_CVV' })
  await coffer.advance(60_000)
  expect(issuer.reversals.slice(before).map(({ mti }) => mti)).toEqual(['0400'])
  expect(await select(coffer.system, `select id from sealed_card where use = 'PAYMENT'`, [])).toEqual([])
})

test('a payment is cancelled at the moment at which its issuer answers, and neither waits for the other for ever', async () => {
  issuer.answers(silence)
  const { paymentId } = await pay()
  const { cards, clock, db, random } = coffer.system
  const merchantId = coffer.merchant.clientId
  const found = await findPayment(db, cards, merchantId, { paymentId })
  if (found?.payment.state !== 'PROCESSING') throw new Error('it is decided already')
  const { payment } = found
  const named = () => newId(clock.now(), random.bytes(16))
  let concluding: Promise<unknown> | undefined
  await db.transaction(async tx => {
    await lockPayment(tx, cards, merchantId, paymentId)
    concluding = concludePayment(coffer.system, payment, failedPayment('DO_NOT_HONOR'), { ground: 'ANSWERED' })
    concluding.catch(() => {})
    await new Promise(resolve => setTimeout(resolve, 400))
    const notification = { id: named(), firstDeliveryAt: clock.now() }
    await cancelPayment(tx, payment, clock.now(), { id: named(), reference: {} }, notification)
  })
  expect(await concluding).toMatchObject({ state: 'CANCELLED' })
  await coffer.advance(0)
})

test('an authorisation whose automatic capture is refused is given up, and its buyer gets his limit back', async () => {
  issuer.answersAdvices({ responseCode: '13' })
  const voids = issuer.reversals.length
  const { result, paymentId } = await pay({ paymentFactor: { isAuthorization: true } })
  expect(result.resultCode).toBe('SUCCESS')
  await coffer.advance(1_000)
  expect((await inquire({ paymentId })).transactions).toMatchObject([{ transactionStatus: 'FAIL' }])
  expect(issuer.reversals.slice(voids).map(({ mti }) => mti)).toEqual(['0420'])
})

test('a cancelled payment is voided after its captures were told, not before', async () => {
  const { paymentId } = await pay()
  issuer.answersAdvices(silence)
  expect((await capture(paymentId, '300')).result.resultCode).toBe('CAPTURE_IN_PROCESS')
  const { json } = await coffer.call('payments/cancel', { paymentId })
  expect(json.result.resultCode).toBe('SUCCESS')
  const voids = issuer.reversals.length
  await coffer.advance(0)
  expect(issuer.reversals.length).toBe(voids)
  issuer.answersAdvices({ responseCode: '00' })
  await coffer.advance(60_000)
  expect(issuer.reversals.slice(voids).map(({ mti }) => mti)).toEqual(['0420'])
  expect(about(issuer.advices.at(-1)!)).toBe(about(issuer.reversals.at(-1)!))
})

test('what a call has told the issuer is told again as a repeat', async () => {
  const { paymentId } = await pay()
  const before = issuer.advices.length
  issuer.answersAdvices(silence)
  await capture(paymentId, '300')
  issuer.answersAdvices({ responseCode: '00' })
  await coffer.advance(0)
  expect(issuer.advices.slice(before).map(({ mti }) => mti)).toEqual(['0220', '0221'])
})

test('a capture that was held up on its way to the issuer is left to the worker, who may have told it already', async () => {
  const { paymentId } = await pay()
  await run(`
    create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(3); return new; end $$;
    create trigger slow before insert on issuer_message for each row when (new.what = 'CAPTURE') execute function slow();
    create trigger slow before insert on payment_operation for each row execute function slow()`)
  const before = issuer.advices.length
  const { result } = await capture(paymentId, '300')
  expect(result.resultCode).toBe('CAPTURE_IN_PROCESS')
  expect(issuer.advices.length).toBe(before)
  await run('drop trigger slow on issuer_message; drop trigger slow on payment_operation')
  await coffer.advance(0)
  expect(issuer.advices.length).toBe(before + 1)
})

test('what a refused capture had held back of an expired authorisation is given up as well', async () => {
  const { paymentId } = await pay()
  issuer.answersAdvices(silence)
  await capture(paymentId, '1000')
  const voids = () => issuer.reversals.filter(one => about(one) === about(issuer.advices.at(-1)!)).map(({ mti }) => mti)
  issuer.answersAdvices({ responseCode: '96' })
  await coffer.advance(8 * 86_400_000)
  expect(voids()).toEqual([])
  issuer.answersAdvices({ responseCode: '13' })
  await coffer.advance(12 * 3_600_000)
  expect(voids()).toEqual(['0420'])
  expect(await inquire({ paymentId })).toMatchObject({ transactions: [{ transactionStatus: 'FAIL' }] })
})

test('an authorisation whose acquirer is not configured any more keeps the sweeper from nothing', async () => {
  await pay()
  const clock = new SettableClock(undefined, () => coffer.system.clock.now() + 8 * 86_400_000)
  const later = { ...coffer.system, clock, acquirers: new Acquirers([]) }
  expect(await sweepUnfinished(later)).toBeGreaterThan(0)
  const found = (await inspectVault(later, 0)).filter(({ check }) => check.startsWith('acquirer '))
  expect(found).toEqual([
    {
      check: 'acquirer sandbox-visa-like',
      verdict: 'warning',
      text: expect.stringMatching(
        /^is not configured any more, and (\d+ messages? waits? for it, )?\d+ authorisations? cannot be given up\. Put its/,
      ),
    },
  ])
})

test('an operator is woken where an issuer refuses what Coffer tells by itself, not what a call has asked for', async () => {
  const before = coffer.logLines.length
  const told = () => coffer.logLines.slice(before).filter(line => line.includes('issuer.advice-refused'))
  const { paymentId } = await pay()
  issuer.answersAdvices(silence)
  await capture(paymentId, '300')
  issuer.answersAdvices({ responseCode: '13' })
  await coffer.advance(0)
  expect((await inquire({ paymentId })).transactions).toMatchObject([{ transactionStatus: 'FAIL' }])
  expect(told()).toEqual([])

  const { result, paymentRequestId } = await pay({})
  expect(result.resultCode).toBe('SUCCESS')
  await coffer.advance(1_000)
  expect(told()).toEqual([expect.stringContaining(`"paymentRequestId":"${paymentRequestId}"`)])
})

test('the rest is not given up for a refused capture while the last one is under way, and may be refused as well', async () => {
  const { paymentId } = await pay()
  issuer.answersAdvices(silence)
  await capture(paymentId, '300')
  await capture(paymentId, '400', { isLastCapture: true })
  const voids = issuer.reversals.length
  issuer.answersAdvices({ responseCode: '13' })
  await coffer.advance(60_000)
  const { transactions } = await inquire({ paymentId })
  expect(transactions).toMatchObject([{ transactionStatus: 'FAIL' }, { transactionStatus: 'FAIL' }])
  issuer.answersAdvices({ responseCode: '00' })
  expect((await capture(paymentId, '1000')).result.resultCode).toBe('SUCCESS')
  await coffer.advance(60_000)
  expect(issuer.reversals.length).toBe(voids)
})

test('the rest is given up once, with the end of the last capture, where one before it was refused', async () => {
  const { paymentId } = await pay()
  issuer.answersAdvices(silence)
  await capture(paymentId, '300')
  await capture(paymentId, '400', { isLastCapture: true })
  const voids = issuer.reversals.length
  issuer.answersAdvices(({ question, answer }) =>
    answer({ responseCode: String(question.fields['4']).endsWith('300') ? '13' : '00' }),
  )
  await coffer.advance(60_000)
  expect(issuer.reversals.slice(voids).map(({ fields }) => String(fields['95']).slice(0, 12))).toEqual(['000000000400'])
})

test('what the issuer does not know to be captured is not given back, and is voided with the payment', async () => {
  issuer.answersAdvices({ responseCode: '13' })
  const { paymentId, result } = await pay({})
  expect(result.resultCode).toBe('SUCCESS')
  await coffer.advance(1_000)
  issuer.answersAdvices({ responseCode: '00' })
  const noted = await select(
    coffer.system,
    `select e.detail from vaulting_event e join payment p on p.payment_request_id = e.vaulting_request_id
     where p.payment_id = $1 and e.kind = 'capture.disputed'`,
    [paymentId],
  )
  expect(noted).toEqual([{ detail: { resultCode: 'CAPTURE_AMOUNT_EXCEED_AUTH_LIMIT' } }])
  const before = issuer.advices.length
  const refundAmount = { currency: 'USD', value: '1000' }
  const { json } = await coffer.call('payments/refund', { refundRequestId: aRequestId('r'), paymentId, refundAmount })
  expect(json.result.resultCode).toBe('ORDER_STATUS_INVALID')
  await coffer.advance(60_000)
  expect(issuer.advices.length).toBe(before)
  const voids = issuer.reversals.length
  expect((await coffer.call('payments/cancel', { paymentId })).json.result.resultCode).toBe('SUCCESS')
  await coffer.advance(1_000)
  expect(issuer.reversals.slice(voids).map(({ mti }) => mti)).toEqual(['0420'])
})

test('the void of a rest that was not heard is not told any more when the whole payment is cancelled', async () => {
  const { paymentId } = await pay()
  issuer.answersReversals(silence)
  await capture(paymentId, '300', { isLastCapture: true })
  await coffer.advance(0)
  const voids = issuer.reversals.length
  expect((await coffer.call('payments/cancel', { paymentId })).json.result.resultCode).toBe('SUCCESS')
  issuer.answersReversals({ responseCode: '00' })
  await coffer.advance(3_600_000)
  const told = issuer.reversals.slice(voids)
  expect(told.map(({ mti, fields }) => [mti, fields['95']])).toEqual([['0420', undefined]])
})

test('a payment that is cancelled has no time of payment any more, and its notification keeps it', async () => {
  const { paymentId, paymentRequestId, paymentTime, authExpiryTime } = await pay({
    ...captureByCall,
    paymentNotifyUrl: `${coffer.receiver.url}/n`,
  })
  expect([paymentTime, authExpiryTime]).toEqual([expect.any(String), expect.any(String)])
  await coffer.call('payments/cancel', { paymentId })
  const cancelled = await inquire({ paymentId })
  expect(cancelled).toMatchObject({ paymentStatus: 'CANCELLED' })
  expect(cancelled).not.toHaveProperty('paymentTime')
  expect(cancelled).not.toHaveProperty('authExpiryTime')
  await coffer.advance(3_000)
  const told = coffer.receiver.received
    .map(({ json }) => json)
    .filter(json => json.paymentRequestId === paymentRequestId)
  expect(told).toEqual([expect.objectContaining({ paymentTime, authExpiryTime })])
})
