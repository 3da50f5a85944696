/**
 * The SQL of the outbox. A delivery is claimed under a lease; its token fences off a worker that comes back after its
 * lease ran out: what it wants to write finds no row.
 */
import { type Queryable, sql } from '../platform/database.js'
import type { Signing, TakenNotification } from './due-across-merchants.js'
import type { Judgement } from './judge-acknowledgement.js'

/** The channel on which workers are woken. */
export const DELIVERIES_CHANNEL = 'coffer_deliveries'

const NUDGE = sql('notification.nudge', `select pg_notify('${DELIVERIES_CHANNEL}', '')`)

/**
 * Wakes the workers when something is due at once. With the usual first delay they find it by themselves in time, and
 * a NOTIFY in every transaction would make all commits queue up behind each other.
 */
export async function nudgeDeliveries(db: Queryable, delayMs = 0): Promise<void> {
  if (delayMs < 1_000) await db.query(NUDGE)
}

/** How a delivery went, to be written down. */
export interface Delivered {
  notification: Pick<TakenNotification, 'id' | 'attempt'>
  leaseToken: string
  beganAt: number
  tookMs: number
  judgement: Judgement
  /** The address that it went to, where that was not the notification's own. */
  target: string | undefined
  signed: Signing
  /** SHA-256 of the body that was sent; `undefined` when none was. */
  bodyHash: Buffer | undefined
  /** When the next delivery is due; `undefined` ends the series. */
  nextDueAt: number | undefined
}

const FINISH = sql(
  'notification.finish',
  // Several deliveries in one transaction. Where the lease is no longer ours nothing is written at all. A resend that is
  // acknowledged ends the series that it belongs to, also where that is finished in this very statement.
  `with delivered as (
     select d.*, n.resend_of
     from jsonb_to_recordset($1::jsonb) as d(
       id uuid, lease_token uuid, attempt integer, began_at timestamptz, took_ms integer, next_due_at timestamptz,
       acknowledged boolean, http_status integer, failure text, answer text, target text, signed text, body_hash text)
     join notification n on n.id = d.id and n.lease_token = d.lease_token
   ), ours as (
     update notification n
     set attempts_made = d.attempt, lease_until = null, lease_token = null,
         acknowledged_at = coalesce(n.acknowledged_at, case when d.acknowledged then d.began_at end, resent.at),
         due_at = case when n.acknowledged_at is null and n.cancelled_at is null and resent.at is null
                       then d.next_due_at end
     from delivered d
     left join lateral (
       select min(r.began_at) as at from delivered r where r.resend_of = d.id and r.acknowledged
     ) resent on true
     where n.id = d.id and n.lease_token = d.lease_token
     returning n.id, n.merchant_id, n.kind, n.subject_id, n.resend_of, n.due_at, d.attempt, d.began_at, d.took_ms,
               d.http_status, d.failure, d.acknowledged, d.answer, d.target, d.signed, d.body_hash
   ), series as (
     update notification n set acknowledged_at = o.began_at, due_at = null
     from ours o
     where n.id = o.resend_of and o.acknowledged and n.acknowledged_at is null
       and not exists (select from ours other where other.id = n.id)
   ), attempts as (
     insert into notification_attempt (notification_id, attempt, began_at, took_ms, http_status, failure, acknowledged,
                                       answer, target, signed, body_sha256)
     select id, attempt, began_at, took_ms, http_status, failure, acknowledged, answer, target, signed,
            decode(body_hash, 'hex')
     from ours
   ), told as (
     insert into vaulting_event (about, merchant_id, vaulting_request_id, at, kind, detail)
     select case kind when 'notifyVaulting' then 'VAULTING' else 'PAYMENT' end, merchant_id,
            coalesce(paid.payment_request_id, subject_id), began_at, 'notification.attempt',
            jsonb_strip_nulls(jsonb_build_object(
       'notification', nullif(kind, 'notifyVaulting'), 'attempt', attempt, 'resend', case when resend_of is not null then true end,
       'signed', nullif(signed, 'rightly'), 'toListener', case when target is not null then true end,
       'httpStatus', http_status, 'error', failure, 'acknowledged', acknowledged, 'nextAttemptAt', due_at))
     from ours left join lateral (
       -- A capture or refund is told in the timeline of its payment.
       select p.payment_request_id from payment_operation o join payment p on p.id = o.payment
       where ours.kind in ('notifyCapture', 'notifyRefund') and o.merchant_id = ours.merchant_id
         and o.kind = case ours.kind when 'notifyCapture' then 'CAPTURE' else 'REFUND' end
         and o.request_id = ours.subject_id
     ) paid on true
   )
   select id from ours`,
)

/** @returns for each, in order, whether it counted; otherwise it belongs to another worker by now */
export async function finishDeliveries(db: Queryable, deliveries: readonly Delivered[]): Promise<boolean[]> {
  const records = deliveries.map(one => ({
    id: one.notification.id,
    lease_token: one.leaseToken,
    attempt: one.notification.attempt,
    began_at: new Date(one.beganAt).toISOString(),
    took_ms: Math.min(Math.round(one.tookMs), 2 ** 31 - 1),
    next_due_at: one.nextDueAt === undefined ? null : new Date(one.nextDueAt).toISOString(),
    acknowledged: one.judgement.acknowledged,
    http_status: one.judgement.httpStatus ?? null,
    failure: one.judgement.acknowledged ? null : one.judgement.reason,
    answer: one.judgement.acknowledged ? null : (one.judgement.answer ?? null),
    target: one.target ?? null,
    signed: one.signed,
    body_hash: one.bodyHash?.toString('hex') ?? null,
  }))
  const rows = await db.query(FINISH, [JSON.stringify(records)])
  const ours = new Set(rows.map(row => row['id']))
  return deliveries.map(({ notification }) => ours.has(notification.id))
}

const RENEW = sql(
  'notification.renew-lease',
  `update notification set lease_until = now() + $3::int * interval '1 millisecond'
   where id = $1 and lease_token = $2 returning id`,
)

/** Keeps a claim on a delivery that takes long. @returns whether it was still ours */
export async function renewLease(db: Queryable, id: string, leaseToken: string, ms: number): Promise<boolean> {
  return (await db.query(RENEW, [id, leaseToken, ms])).length > 0
}

const GIVE_BACK = sql(
  'notification.give-back',
  'update notification set lease_until = null, lease_token = null where id = $1 and lease_token = $2',
)

/** Gives a claim back with which nothing was done. */
export async function giveBack(db: Queryable, id: string, leaseToken: string): Promise<void> {
  await db.query(GIVE_BACK, [id, leaseToken])
}
