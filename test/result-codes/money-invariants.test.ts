/** What PostgreSQL itself refuses, whoever writes: money that was never asked for, and a past that changes. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sql } from '../../apps/vault/src/platform/database.js'
import { captureByCall } from '../support/builders.js'
import { startSystem, type TestSystem } from '../support/start-system.js'
import { cancelOf, captureOf, refundOf } from './operation.js'
import { paid, pay, rawCard } from './paying.js'
import { select } from './stored-rows.js'

let coffer: TestSystem
/** An authorisation of 1234 of which 1000 are captured and 400 given back. */
let paymentId: string
let cancelledId: string
let failedId: string
beforeAll(async () => {
  coffer = await startSystem()
  const payment = await paid(coffer, captureByCall)
  await captureOf(coffer, payment, '1000')
  await refundOf(coffer, payment, '400')
  paymentId = payment.paymentId
  cancelledId = (await paid(coffer, captureByCall)).paymentId
  await cancelOf(coffer, { paymentId: cancelledId })
  const { json } = await pay(coffer, { ...declined(), paymentRequestId: 'declined' })
  failedId = json.paymentId
  await coffer.advance(5_000)
})
afterAll(() => coffer?.stop())

const declined = () => ({
  productCode: 'CASHIER_PAYMENT',
  order: { referenceOrderId: 'o', orderDescription: 'd', orderAmount: { currency: 'USD', value: '5' } },
  paymentAmount: { currency: 'USD', value: '5' },
  paymentMethod: { paymentMethodType: 'CARD', paymentMethodMetaData: rawCard({ cardNo: '4000000000100059' }) },
  paymentRedirectUrl: 'https://shop.example/',
})

const aLot = { paymentAmount: { currency: 'USD', value: '100000' } }

const run = (text: string, id = paymentId) => select(coffer.system, text, [id])

/** Everything about a payment's money, to see that nothing of it changed. */
const money = async () =>
  JSON.stringify([
    await select(
      coffer.system,
      'select payment_id, amount, currency, state, captured, refunded from payment order by 1',
    ),
    await select(coffer.system, 'select operation_id, kind, amount, state from payment_operation order by 1'),
  ])

/** An operation as the vault writes one, without the sum that goes with it. */
const newOperation = (kind: 'CAPTURE' | 'REFUND', amount: number, state = 'SUCCESS', from = 'payment') =>
  `insert into payment_operation (id, merchant_id, kind, request_id, operation_id, payment, amount, state, result_code,
                                  created_at, concluded_at)
   select gen_random_uuid(), merchant_id, '${kind}', gen_random_uuid()::text, gen_random_uuid()::text, id, ${amount},
          '${state}', ${state === 'PROCESSING' ? 'null, received_at, null' : "'SUCCESS', received_at, received_at"}
   from ${from} where payment_id = $1`

const SUMS = 'the sums of a payment are not those of its operations'
const STAYS = 'a payment stays what it was asked to be'
const DECIDED = 'a payment that is decided stays so'

const WHAT_WAS_DECIDED = 'what was decided of a payment stays so'

const refused: [what: string, statement: string, says: string | RegExp][] = [
  ['another result', "update payment set result_code = 'PROCESS_FAIL' where payment_id = $1", WHAT_WAS_DECIDED],
  ['another end', "update payment set concluded_at = '2020-01-01Z' where payment_id = $1", WHAT_WAS_DECIDED],
  ['another authorisation', "update payment set reference = '{}' where payment_id = $1", WHAT_WAS_DECIDED],
  ['a longer authorisation', "update payment set expires_at = '2099-01-01Z' where payment_id = $1", WHAT_WAS_DECIDED],
  [
    'another result of a capture',
    "update payment_operation set result_code = 'X' where payment = (select id from payment where payment_id = $1)",
    'what was decided of an operation stays so',
  ],
  [
    'another captureId',
    "update payment_operation set operation_id = 'X' where payment = (select id from payment where payment_id = $1)",
    'an operation stays what it was asked to be',
  ],
  ['captured above the amount', 'update payment set captured = amount + 1 where payment_id = $1', /check constraint/],
  ['refunded above captured', 'update payment set refunded = captured + 1 where payment_id = $1', /check constraint/],
  ['a refund below nothing', 'update payment set refunded = -1 where payment_id = $1', /check constraint/],
  ['captured without a capture', 'update payment set captured = captured + 1 where payment_id = $1', SUMS],
  ['captured less than was', 'update payment set captured = captured - 1 where payment_id = $1', SUMS],
  ['refunded without a refund', 'update payment set refunded = refunded + 1 where payment_id = $1', SUMS],
  ['refunds forgotten', 'update payment set refunded = 0 where payment_id = $1', SUMS],
  ['a capture without its sum', newOperation('CAPTURE', 1), SUMS],
  ['a capture under way without its sum', newOperation('CAPTURE', 1, 'PROCESSING'), SUMS],
  ['a refund without its sum', newOperation('REFUND', 1), SUMS],
  ['a capture of nothing', newOperation('CAPTURE', 0), /check constraint/],
  [
    'a capture with its sum above the amount',
    `with more as (update payment set captured = captured + 235 where payment_id = $1 returning *)
     ${newOperation('CAPTURE', 235, 'SUCCESS', 'more')}`,
    /check constraint/,
  ],
  [
    'a refund with its sum above what was captured',
    `with more as (update payment set refunded = refunded + 601 where payment_id = $1 returning *)
     ${newOperation('REFUND', 601, 'SUCCESS', 'more')}`,
    /check constraint/,
  ],
  ['another amount', 'update payment set amount = amount + 1 where payment_id = $1', STAYS],
  ['another currency', "update payment set currency = 'EUR' where payment_id = $1", STAYS],
  ['another mode', "update payment set mode = 'SALE' where payment_id = $1", STAYS],
  ['another merchant', "update payment set merchant_id = 'another' where payment_id = $1", STAYS],
  ['another paymentId', "update payment set payment_id = 'another' where payment_id = $1", STAYS],
  ['another paymentRequestId', "update payment set payment_request_id = 'x' where payment_id = $1", STAYS],
  ['another card', 'update payment set card_id = gen_random_uuid() where payment_id = $1', STAYS],
  [
    'a payment that runs again',
    "update payment set state = 'PROCESSING', result_code = null, concluded_at = null where payment_id = $1",
    /check constraint|decided stays so/,
  ],
  ['a success that becomes a failure', "update payment set state = 'FAIL' where payment_id = $1", DECIDED],
  ['a payment that is gone', 'delete from payment where payment_id = $1', 'payments are kept'],
  [
    'operations that are gone',
    'delete from payment_operation where payment = (select id from payment where payment_id = $1)',
    'payments are kept',
  ],
  [
    'an operation of another amount',
    'update payment_operation set amount = 1 where payment = (select id from payment where payment_id = $1)',
    'an operation stays what it was asked to be',
  ],
  [
    'a refund that becomes a capture',
    `update payment_operation set kind = 'CAPTURE'
     where kind = 'REFUND' and payment = (select id from payment where payment_id = $1)`,
    'an operation stays what it was asked to be',
  ],
  [
    'an operation that fails afterwards',
    `update payment_operation set state = 'FAIL'
     where payment = (select id from payment where payment_id = $1)`,
    'an operation that is decided stays so',
  ],
]

describe('the database refuses', () => {
  test.each(refused)('%s', async (_what, statement, says) => {
    const before = await money()
    await expect(run(statement)).rejects.toThrow(says)
    expect(await money()).toBe(before)
  })

  test.each([
    ['a cancelled payment that is paid again', () => cancelledId, 'AUTHORISED', 'cancelled_at = null'],
    ['a cancelled payment that has failed', () => cancelledId, 'FAIL', 'cancelled_at = null'],
    ['a failed payment that is paid after all', () => failedId, 'AUTHORISED', "result_code = 'SUCCESS'"],
    ['a failed payment that was cancelled', () => failedId, 'CANCELLED', 'cancelled_at = concluded_at'],
  ])('%s', async (_what, id, state, more) => {
    const before = await money()
    const statement = `update payment set state = '${state}', ${more} where payment_id = $1`
    await expect(run(statement, id())).rejects.toThrow(DECIDED)
    expect(await money()).toBe(before)
  })

  test('a second operation under one id of the merchant, and a second payment', async () => {
    const again = `insert into payment_operation
      select gen_random_uuid(), o.merchant_id, o.kind, o.request_id, 'another', o.payment, o.amount, o.is_last, o.by_itself,
             o.state, o.result_code, o.result_message, o.notification_url, o.echo_sealed, o.rrn, o.created_at, o.concluded_at
      from payment_operation o join payment p on p.id = o.payment where p.payment_id = $1 and o.kind = 'CAPTURE'`
    await expect(run(again)).rejects.toThrow(/unique constraint/)
    const payment = `insert into payment (id, merchant_id, payment_request_id, payment_id, request_mac, card_id, amount,
                                          currency, mode, state, shown_sealed, received_at, settle_at)
      select gen_random_uuid(), merchant_id, payment_request_id, 'another', request_mac, card_id, amount, currency, mode,
             'PROCESSING', shown_sealed, received_at, settle_at
      from payment where payment_id = $1`
    await expect(run(payment)).rejects.toThrow(/unique constraint/)
  })

  test('a payment that begins with money in it', async () => {
    const statement = `insert into payment (id, merchant_id, payment_request_id, payment_id, request_mac, card_id, amount,
                                            currency, mode, state, result_code, concluded_at, captured, shown_sealed,
                                            received_at, settle_at)
      select gen_random_uuid(), merchant_id, 'new', 'new', request_mac, card_id, amount, currency, mode, 'AUTHORISED',
             'SUCCESS', received_at, 1, shown_sealed, received_at, settle_at
      from payment where payment_id = $1`
    await expect(run(statement)).rejects.toThrow(SUMS)
  })
})

test('what the vault itself writes is not refused: the rest can be captured and given back', async () => {
  expect((await captureOf(coffer, { paymentId }, '234')).json.result.resultCode).toBe('SUCCESS')
  expect((await refundOf(coffer, { paymentId }, '834')).json.result.resultCode).toBe('SUCCESS')
  const rows = await run('select captured, refunded from payment where payment_id = $1')
  expect(rows).toEqual([{ captured: '1234', refunded: '1234' }])
})

test('captures that begin and end beside each other are not taken for money from nowhere', async () => {
  const { paymentId: busy } = await paid(coffer, { ...captureByCall, ...aLot })
  const { db } = coffer.system
  const begin = sql(
    'test.begin',
    `with locked as (select id from payment where payment_id = $1 for update),
          begun as (${newOperation('CAPTURE', 1, 'PROCESSING').replace('where payment_id', 'where id = (select id from locked) and payment_id')}
                    returning id, payment),
          reserved as (update payment p set captured = captured + 1 from begun where p.id = begun.payment)
     select id from begun`,
  )
  const end = sql(
    'test.end',
    `update payment_operation set state = 'SUCCESS', result_code = 'SUCCESS', concluded_at = created_at where id = $1`,
  )
  // The end of one is compared with the sums while others begin; none of them waits for the payment to be unlocked.
  const captures = async () => {
    for (let nth = 0; nth < 150; nth += 1) {
      const [row] = await db.query(begin, [busy])
      await db.query(end, [row!['id']])
    }
  }
  await Promise.all(Array.from({ length: 10 }, captures))
  expect(await run('select captured::int from payment where payment_id = $1', busy)).toEqual([{ captured: 1_500 }])
})
