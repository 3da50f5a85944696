/**
 * The SQL of the outbox. A delivery is claimed under a lease; its token fences off a worker that comes back after its
 * lease ran out: what it wants to write finds no row.
 */
import type { CardData } from '../card-data/index.js'
import { type Queryable, sql, timestamp } from '../platform/database.js'
import type { FinalVaulting } from '../vaulting/vaulting.js'
import { readVaulting } from '../vaulting/vaulting-store.js'
import type { Judgement } from './judge-acknowledgement.js'

/** Which worker's claim this is. */
export interface Lease {
  token: string
  until: number
}

/** A notification to deliver now. */
export interface DueNotification {
  id: string
  merchantId: string
  url: string
  /** Which delivery this is, from 1. */
  attempt: number
  vaulting: FinalVaulting
}

/** The channel on which workers are woken. */
export const DELIVERIES_CHANNEL = 'coffer_deliveries'

const NUDGE = sql('notification.nudge', `select pg_notify('${DELIVERIES_CHANNEL}', '')`)

/**
 * Wakes the workers when something is due at once. With the usual first delay they find it by themselves in time, and
 * a NOTIFY in every transaction would make all commits queue up behind each other.
 */
export async function nudgeDeliveries(db: Queryable, firstDelayMs: number): Promise<void> {
  if (firstDelayMs < 1_000) await db.query(NUDGE)
}

/** How a delivery went, to be written down. */
export interface Delivered {
  notification: DueNotification
  leaseToken: string
  beganAt: number
  judgement: Judgement
  /** When the next delivery is due; `undefined` ends the series. */
  nextDueAt: number | undefined
}

const FINISH = sql(
  'notification.finish',
  // Several deliveries in one transaction. Where the lease is no longer ours nothing is written at all.
  `with delivered as (
     select * from jsonb_to_recordset($1::jsonb) as d(
       id uuid, lease_token uuid, attempt integer, began_at timestamptz, next_due_at timestamptz,
       acknowledged boolean, http_status integer, failure text)
   ), ours as (
     update notification n
     set attempts_made = d.attempt, due_at = d.next_due_at, lease_until = null, lease_token = null,
         acknowledged_at = case when d.acknowledged then d.began_at end
     from delivered d
     where n.id = d.id and n.lease_token = d.lease_token
     returning n.id, n.merchant_id, n.vaulting_request_id, n.url, d.attempt, d.began_at, d.http_status, d.failure,
               d.acknowledged, d.next_due_at
   ), attempts as (
     insert into notification_attempt (notification_id, attempt, began_at, http_status, failure, acknowledged)
     select id, attempt, began_at, http_status, failure, acknowledged from ours
   ), told as (
     insert into vaulting_event (merchant_id, vaulting_request_id, at, kind, detail)
     select merchant_id, vaulting_request_id, began_at, 'notification.attempt', jsonb_strip_nulls(jsonb_build_object(
       'attempt', attempt, 'httpStatus', http_status, 'error', failure, 'acknowledged', acknowledged,
       'nextAttemptAt', next_due_at))
     from ours
   )
   select id from ours`,
)

/** @returns for each, in order, whether it counted; otherwise it belongs to another worker by now */
export async function finishDeliveries(db: Queryable, deliveries: readonly Delivered[]): Promise<boolean[]> {
  const records = deliveries.map(({ notification, leaseToken, beganAt, judgement, nextDueAt }) => ({
    id: notification.id,
    lease_token: leaseToken,
    attempt: notification.attempt,
    began_at: new Date(beganAt).toISOString(),
    next_due_at: nextDueAt === undefined ? null : new Date(nextDueAt).toISOString(),
    acknowledged: judgement.acknowledged,
    http_status: judgement.httpStatus ?? null,
    failure: judgement.acknowledged ? null : judgement.reason,
  }))
  const rows = await db.query(FINISH, [JSON.stringify(records)])
  const ours = new Set(rows.map(row => row['id']))
  return deliveries.map(({ notification }) => ours.has(notification.id))
}

/** A row of the claim, with its vaulting opened. */
export async function readDue(cards: CardData, row: Record<string, unknown>): Promise<DueNotification> {
  const vaulting = await readVaulting(cards, row)
  if (vaulting.state === 'PROCESSING') throw new Error('a notification exists for a vaulting that is still running')
  return {
    id: String(row['notification_id']),
    merchantId: vaulting.merchantId,
    url: String(row['url']),
    attempt: Number(row['attempts_made']) + 1,
    vaulting,
  }
}

const BACKLOG = sql(
  'notification.backlog',
  `select count(*) filter (where due_at <= $1)::int as due, count(*)::int as open, min(due_at) as oldest
   from notification where due_at is not null`,
)

/** How many deliveries are open, how many of them due, and since when the oldest is. */
export async function backlog(db: Queryable, now: number): Promise<{ open: number; due: number; oldestMs: number }> {
  const [row] = await db.query(BACKLOG, [timestamp(now)])
  const oldest = row?.['oldest'] instanceof Date ? row['oldest'].getTime() : now
  return { open: Number(row?.['open'] ?? 0), due: Number(row?.['due'] ?? 0), oldestMs: Math.max(0, now - oldest) }
}
