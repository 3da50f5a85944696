/** The SQL of captures, refunds and cancellations. A payment is locked first, so that its sums are judged as they are. */
import type { OperationFailureCode } from '@coffer/antom'
import type { MessageReference } from '../issuer/connector.js'
import { type Queryable, type Row, readTimestamp, sql, type Tx, timestamp } from '../platform/database.js'
import { type Operation, type OperationKind, operationResult } from './operation.js'

const COLUMNS = `o.id, o.merchant_id, o.kind, o.request_id, o.operation_id, o.payment, o.amount, o.is_last, o.by_itself,
  o.state, o.result_code, o.result_message, o.rrn, o.created_at, o.concluded_at, o.disputed_at, o.echo_sealed, p.payment_id,
  p.currency`

const FIND = sql(
  'operation.find',
  `select ${COLUMNS} from payment_operation o join payment p on p.id = o.payment
   where o.merchant_id = $1 and o.kind = $2 and o.request_id = $3`,
)

const FIND_BY_ID = sql(
  'operation.find-by-operation-id',
  `select ${COLUMNS} from payment_operation o join payment p on p.id = o.payment
   where o.merchant_id = $1 and o.kind = $2 and o.operation_id = $3`,
)

/** A capture or refund of this merchant, by the merchant's id or ours. */
export async function findOperation(
  db: Queryable,
  merchantId: string,
  kind: OperationKind,
  by: { requestId: string } | { operationId: string },
): Promise<Operation | undefined> {
  const [row] =
    'operationId' in by
      ? await db.query(FIND_BY_ID, [merchantId, kind, by.operationId])
      : await db.query(FIND, [merchantId, kind, by.requestId])
  return row && readOperation(row)
}

const OF_PAYMENT = sql(
  'operation.of-payment',
  `select ${COLUMNS} from payment_operation o join payment p on p.id = o.payment
   where o.payment = $2 and o.merchant_id = $1
   order by o.created_at, o.id`,
)

/** Everything that was done with a payment's money, oldest first. */
export async function operationsOf(db: Queryable, merchantId: string, payment: string): Promise<Operation[]> {
  return (await db.query(OF_PAYMENT, [merchantId, payment])).map(readOperation)
}

const FIND_ALL = sql(
  'operation.find-all',
  `select w.nth, ${COLUMNS}
   from unnest($1::text[], $2::text[]) with ordinality as w(merchant_id, request_id, nth)
   join payment_operation o on o.merchant_id = w.merchant_id and o.kind = $3 and o.request_id = w.request_id
   join payment p on p.id = o.payment`,
)

/** The rows of several operations of one kind, each with its place from 1 as `nth`, for {@link readOperation}. */
export function findOperationRows(
  db: Queryable,
  kind: OperationKind,
  merchantIds: readonly string[],
  requestIds: readonly string[],
): Promise<Row[]> {
  return db.query(FIND_ALL, [merchantIds, requestIds, kind])
}

/** A row in the columns of an operation. */
export function readOperation(row: Row): Operation {
  const kind = row['kind'] as OperationKind
  const state = row['state'] as Operation['state']
  return {
    id: String(row['id']),
    merchantId: String(row['merchant_id']),
    kind,
    requestId: String(row['request_id']),
    operationId: String(row['operation_id']),
    payment: String(row['payment']),
    paymentId: String(row['payment_id']),
    amount: BigInt(String(row['amount'])),
    currency: String(row['currency']),
    isLast: row['is_last'] === true,
    byItself: row['by_itself'] === true,
    isDisputed: row['disputed_at'] !== null,
    state,
    result: operationResult(kind, state, row['result_code'] as string | null, row['result_message'] as string | null),
    rrn: (row['rrn'] as string | null) ?? undefined,
    createdAt: readTimestamp(row['created_at']),
    concludedAt: row['concluded_at'] === null ? undefined : readTimestamp(row['concluded_at']),
  }
}

/** A capture or refund that is about to begin, with the advice that tells the issuer of it. */
export interface NewOperation {
  id: string
  merchantId: string
  kind: OperationKind
  requestId: string
  operationId: string
  payment: string
  amount: bigint
  isLast: boolean
  notificationUrl: string | undefined
  echoSealed: Buffer | undefined
  reference: MessageReference
  at: number
  /** From here on the advice is told again by a worker. */
  dueAt: number
}

const BEGIN = sql(
  'operation.begin',
  // What is asked for is reserved at once; should the issuer refuse it, it is free again.
  `with begun as (
     insert into payment_operation (id, merchant_id, kind, request_id, operation_id, payment, amount, is_last, state,
                                    notification_url, echo_sealed, rrn, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, 'PROCESSING', coalesce($9, (select notification_url from payment where id = $6)),
             $10, $11, $12)
     on conflict (merchant_id, kind, request_id) do nothing
     returning id, payment, amount, kind
   ), reserved as (
     update payment p
     set captured = p.captured + case when b.kind = 'CAPTURE' then b.amount else 0 end,
         refunded = p.refunded + case when b.kind = 'REFUND' then b.amount else 0 end,
         released_at = case when $8 then $12 else p.released_at end,
         released_by = case when $8 then 'LAST_CAPTURE' else p.released_by end
     from begun b where p.id = b.payment
     returning p.*
   ), told as (
     insert into issuer_message (id, merchant_id, vaulting_request_id, acquirer, network, currency, reference, state,
                                 asked_at, due_at, about, what, subject, card_id, amount, sale, original, auth_code)
     select $1, p.merchant_id, p.payment_request_id, p.acquirer, p.network, p.currency, $13, 'SENT', $12, $14, 'PAYMENT',
            $3, p.id, p.card_id, $7, p.reference ->> 'sale' = 'yes', p.reference, p.auth_code
     from reserved p
   ), noted as (
     insert into vaulting_event (about, merchant_id, vaulting_request_id, at, kind, detail)
     select 'PAYMENT', p.merchant_id, p.payment_request_id, $12, lower($3) || '.asked',
            jsonb_build_object('requestId', $4::text, 'amount', $7::text)
     from reserved p
   )
   select id from begun`,
)

/** @returns false when the id was used before */
export async function beginOperation(tx: Tx, operation: NewOperation): Promise<boolean> {
  const { id, merchantId, kind, requestId, operationId, payment, amount, isLast, reference, at, dueAt } = operation
  const rows = await tx.query(BEGIN, [
    id,
    merchantId,
    kind,
    requestId,
    operationId,
    payment,
    String(amount),
    isLast,
    operation.notificationUrl,
    operation.echoSealed,
    reference['rrn'],
    timestamp(at),
    JSON.stringify(reference),
    timestamp(dueAt),
  ])
  return rows.length === 1
}

const CONCLUDE = sql(
  'operation.conclude',
  // Whoever comes second finds the operation decided and changes nothing. What was reserved for one that failed is free.
  `with concluded as (
     update payment_operation o
     set state = $2, result_code = $3, result_message = $4, concluded_at = $5
     where o.id = $1 and o.state = 'PROCESSING'
     returning o.*
   ), disputed as (
     -- The capture of a sale was concluded with its approval.
     update payment_operation o set disputed_at = $5
     where o.id = $1 and o.by_itself and o.state = 'SUCCESS' and $2 = 'FAIL' and o.disputed_at is null
     returning o.payment
   ), noted_dispute as (
     insert into vaulting_event (about, merchant_id, vaulting_request_id, at, kind, detail)
     select 'PAYMENT', p.merchant_id, p.payment_request_id, $5, 'capture.disputed', jsonb_build_object('resultCode', $3::text)
     from disputed d join payment p on p.id = d.payment
   ), freed as (
     update payment p
     set captured = p.captured - case when c.kind = 'CAPTURE' then c.amount else 0 end,
         refunded = p.refunded - case when c.kind = 'REFUND' then c.amount else 0 end,
         released_at = case when c.is_last then null else p.released_at end,
         released_by = case when c.is_last then null else p.released_by end
     from concluded c where p.id = c.payment and c.state = 'FAIL'
   ), answered as (
     delete from issuer_message where id = $1 and what in ('CAPTURE', 'REFUND') returning id
   ), told as (
     insert into notification (id, merchant_id, subject_id, kind, url, due_at, created_at)
     select $6, merchant_id, request_id, case kind when 'CAPTURE' then 'notifyCapture' else 'notifyRefund' end,
            notification_url,
            case when notification_url is not null
                   or exists (select from sandbox_listener l
                              where l.merchant_id = concluded.merchant_id and l.attached_until > now())
                 then $7::timestamptz end, $5
     from concluded
   ), noted as (
     insert into vaulting_event (about, merchant_id, vaulting_request_id, at, kind, detail)
     select 'PAYMENT', p.merchant_id, p.payment_request_id, $5, lower(c.kind) || '.concluded',
            jsonb_build_object('requestId', c.request_id, 'resultCode', $3::text)
     from concluded c join payment p on p.id = c.payment
   )
   select merchant_id, is_last, payment from concluded`,
)

/** Ends a capture or refund, and what its issuer was to be told. @returns its payment, if it was decided now */
export async function concludeOperation(
  db: Queryable,
  id: string,
  outcome: { state: 'SUCCESS' } | { state: 'FAIL'; code: OperationFailureCode; message: string },
  at: number,
  notification: { id: string; firstDeliveryAt: number },
): Promise<{ payment: { id: string; merchantId: string }; isLast: boolean } | undefined> {
  const failed = outcome.state === 'FAIL'
  const [row] = await db.query(CONCLUDE, [
    id,
    outcome.state,
    failed ? outcome.code : 'SUCCESS',
    failed ? outcome.message : undefined,
    timestamp(at),
    notification.id,
    timestamp(notification.firstDeliveryAt),
  ])
  if (!row) return undefined
  const payment = { id: String(row['payment']), merchantId: String(row['merchant_id']) }
  return { payment, isLast: row['is_last'] === true }
}

const UNTOLD_SALE = sql(
  'operation.untold-sale',
  `select o.id from payment_operation o join issuer_message m on m.id = o.id
   where o.payment = $1 and o.kind = 'CAPTURE' and o.by_itself and m.what = 'CAPTURE'`,
)

/** Whether a payment's money moved by itself, and its issuer has not taken note of that yet. */
export async function hasUntoldSale(db: Queryable, payment: string): Promise<boolean> {
  return (await db.query(UNTOLD_SALE, [payment])).length > 0
}

const UNTOLD_CAPTURE = sql(
  'operation.untold-capture',
  `select o.id from payment_operation o join issuer_message m on m.id = o.id
   where o.payment = $1 and o.kind = 'CAPTURE' and m.what = 'CAPTURE'
   limit 1`,
)

/** Whether there is a capture of which a payment's issuer has not taken note yet. */
export async function hasUntoldCapture(db: Queryable, payment: string): Promise<boolean> {
  return (await db.query(UNTOLD_CAPTURE, [payment])).length > 0
}

const RELEASE = sql(
  'payment.release',
  `with released as (
     update payment p set released_at = coalesce(released_at, $3), released_by = coalesce(released_by, $4)
     where id = $1 and merchant_id = $2 and state = 'AUTHORISED'
       and case $4 when 'EXPIRY' then released_at is null when 'LAST_CAPTURE' then true
                       else (released_at is not null or mode = 'AUTOMATIC')
                            -- The rest is given up with the end of the last capture, or not at all.
                            and not exists (select from payment_operation o
                                            where o.payment = p.id and o.is_last and o.state = 'PROCESSING') end
     returning *
   ), replaced as (
     -- Told again after this one, it would say that more stays.
     delete from issuer_message m using released r where m.subject = r.id and m.what = 'VOID'
   ), told as (
     insert into issuer_message (id, merchant_id, vaulting_request_id, acquirer, network, currency, reference, state,
                                 asked_at, due_at, about, what, subject, card_id, amount, sale, original, auth_code,
                                 remaining)
     select $5, merchant_id, payment_request_id, acquirer, network, currency, $6, 'SENT', $3, $3, 'PAYMENT', 'VOID', id,
            card_id, amount, reference ->> 'sale' = 'yes', reference, auth_code, nullif(captured, 0)
     from released where captured < amount
   ), noted as (
     insert into vaulting_event (about, merchant_id, vaulting_request_id, at, kind, detail)
     select 'PAYMENT', merchant_id, payment_request_id, $3, 'authorisation.released', jsonb_build_object('by', $4::text)
     from released
   )
   select id from released`,
)

/**
 * Gives up what is left of an authorisation, and has the issuer told. With `REFUSED_CAPTURE` only where the rest was given
 * up before: what a capture had held back of it then is a part of that rest now.
 */
export async function releaseAuthorisation(
  db: Queryable,
  payment: { id: string; merchantId: string },
  by: 'EXPIRY' | 'LAST_CAPTURE' | 'REFUSED_CAPTURE',
  advice: { id: string; reference: MessageReference },
  at: number,
): Promise<boolean> {
  const params = [payment.id, payment.merchantId, timestamp(at), by, advice.id, JSON.stringify(advice.reference)]
  return (await db.query(RELEASE, params)).length === 1
}

const CANCEL = sql(
  'payment.cancel',
  `with before as (
     select id, state from payment where id = $1 and merchant_id = $2 for update
   ), cancelled as (
     update payment p
     set state = 'CANCELLED', cancelled_at = $3, concluded_at = coalesce(p.concluded_at, $3),
         result_code = coalesce(p.result_code, 'ORDER_IS_CANCELED'),
         released_at = case when b.state = 'AUTHORISED' then coalesce(p.released_at, $3) end,
         released_by = case when b.state = 'AUTHORISED' then coalesce(p.released_by, 'CANCEL') end
     from before b where p.id = b.id and b.state in ('PROCESSING', 'AUTHORISED')
     returning p.*, b.state as before
   ), told_issuer as (
     insert into issuer_message (id, merchant_id, vaulting_request_id, acquirer, network, currency, reference, state,
                                 asked_at, due_at, about, what, subject, card_id, amount, sale, original, auth_code)
     -- A second later, as the capture of a payment.
     select $4, merchant_id, payment_request_id, acquirer, network, currency, $5, 'SENT', $3,
            $3::timestamptz + interval '1 second', 'PAYMENT', 'VOID', id, card_id, amount, reference ->> 'sale' = 'yes', reference, auth_code
     from cancelled where before = 'AUTHORISED'
   ), replaced as (
     -- The void of a part, told again after that of the whole, would say that something stays.
     delete from issuer_message m using cancelled c where m.subject = c.id and m.what = 'VOID'
   ), reversing as (
     -- Whatever the issuer answers from now on does not count.
     update issuer_message m set state = 'REVERSING', reversal_reference = '{}', due_at = least(m.due_at, $3)
     from cancelled c
     where m.id = c.id and c.before = 'PROCESSING' and m.what = 'QUESTION' and m.state = 'SENT'
   ), erased as (
     delete from sealed_card s using cancelled c
     where s.id = c.id and s.use = 'PAYMENT' and not exists (select from issuer_message m where m.id = c.id)
   ), closed as (
     update authentication a set state = 'DONE', ended = 'CLOSED', browser = null, challenge_sealed = null
     from cancelled c where a.vaulting_id = c.id and a.state <> 'DONE'
   ), told as (
     insert into notification (id, merchant_id, subject_id, kind, url, due_at, created_at)
     select $6, merchant_id, payment_request_id, 'notifyPayment', notification_url,
            case when notification_url is not null
                   or exists (select from sandbox_listener l
                              where l.merchant_id = cancelled.merchant_id and l.attached_until > now())
                 then $7::timestamptz end, $3
     from cancelled where before = 'PROCESSING'
   ), noted as (
     insert into vaulting_event (about, merchant_id, vaulting_request_id, at, kind, detail)
     select 'PAYMENT', merchant_id, payment_request_id, $3, 'payment.cancelled', jsonb_build_object('before', before)
     from cancelled
   )
   select before from cancelled`,
)

/**
 * Cancels a payment: one that is approved is voided at its issuer, and of one that is not decided yet nothing will come.
 * @param advice  for the issuer of one that is approved
 * @returns whether it was cancelled now
 */
export async function cancelPayment(
  tx: Tx,
  payment: { id: string; merchantId: string },
  at: number,
  advice: { id: string; reference: MessageReference },
  notification: { id: string; firstDeliveryAt: number },
): Promise<boolean> {
  const rows = await tx.query(CANCEL, [
    payment.id,
    payment.merchantId,
    timestamp(at),
    advice.id,
    JSON.stringify(advice.reference),
    notification.id,
    timestamp(notification.firstDeliveryAt),
  ])
  return rows.length === 1
}
