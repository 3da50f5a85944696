/** What is due to be delivered, of all merchants, for the worker alone. */
import { type Queryable, type Row, readTimestamp, sql, timestamp } from '../platform/database.js'
import { isNotificationKind, type NotificationKind } from './kinds.js'
import type { DueLane, Share } from './places.js'

/** How a notification is signed: in the sandbox a rule may want it otherwise, so that receivers can be tried. */
export const signings = ['rightly', 'wrongly', 'with another key', 'not at all'] as const
export type Signing = (typeof signings)[number]

/** A notification that was claimed. */
export interface TakenNotification {
  id: string
  merchantId: string
  kind: NotificationKind
  /** Of what it tells: for notifyVaulting the vaultingRequestId. */
  subjectId: string
  /** `undefined` where neither request nor merchant named an address. */
  url: string | undefined
  host: string
  /** Which delivery of the series this is, from 1. */
  attempt: number
  /** The notification whose body goes out once more, outside of its series. */
  resendOf: string | undefined
  signed: Signing
  /** What the sandbox has played with it. */
  played: string | undefined
  /** When there was something to tell. */
  createdAt: number
}

const TAKE_DUE = sql(
  'notification.take-due',
  // SKIP LOCKED lets several workers take different rows at once; the update makes the claim outlive the transaction.
  // Only the first rows of the lanes that have room are read: how long the queue of any other is costs nothing. Leases
  // count by the database's clock, since they are about processes and not about business.
  `with due as (
     select d.id
     from unnest($1::text[], $2::text[], $3::int[]) as share(merchant_id, host, most)
     cross join lateral (
       select n.id
       from notification n
       where n.merchant_id = share.merchant_id and n.host = share.host and n.due_at <= $4
         and (n.lease_until is null or n.lease_until <= now())
       order by n.due_at
       limit share.most
       for update skip locked
     ) d
   )
   update notification n set lease_until = now() + $5::int * interval '1 millisecond', lease_token = $6
   from due where n.id = due.id
   returning n.id, n.merchant_id, n.kind, n.subject_id, n.url, n.host, n.attempts_made, n.resend_of, n.signed,
             n.played, n.created_at`,
)

/** A worker's claim. Whoever writes with another token than the row's is too late. */
export interface Lease {
  token: string
  /** From now on, by the database's clock. */
  ms: number
}

/** Claims due notifications for this worker until the lease ends: of each lane the oldest, as many as it has for a share. */
export async function takeDueNotifications(
  db: Queryable,
  now: number,
  shares: readonly Share[],
  lease: Lease,
): Promise<TakenNotification[]> {
  if (shares.length === 0) return []
  const rows = await db.query(TAKE_DUE, [
    shares.map(({ merchantId }) => merchantId),
    shares.map(({ host }) => host),
    shares.map(({ most }) => most),
    timestamp(now),
    lease.ms,
    lease.token,
  ])
  return rows.map(readTaken)
}

function readTaken(row: Row): TakenNotification {
  const kind = String(row['kind'])
  if (!isNotificationKind(kind)) throw new Error('a notification has a kind that this version does not know')
  const text = (value: unknown) => (value === null ? undefined : String(value))
  return {
    id: String(row['id']),
    merchantId: String(row['merchant_id']),
    kind,
    subjectId: String(row['subject_id']),
    url: text(row['url']),
    host: String(row['host']),
    attempt: Number(row['attempts_made']) + 1,
    resendOf: text(row['resend_of']),
    signed: row['signed'] as Signing,
    played: text(row['played']),
    createdAt: readTimestamp(row['created_at']),
  }
}

const LANES = sql(
  'notification.lanes',
  // From lane to lane along the index notification_due: the first row of each that nobody has claimed, and not the whole
  // queue. What is claimed is never more than a few hundred rows.
  `with recursive lane as (
     (select merchant_id, host from notification where due_at is not null order by merchant_id, host limit 1)
     union all
     select next.merchant_id, next.host
     from lane
     cross join lateral (
       select n.merchant_id, n.host from notification n
       where n.due_at is not null and (n.merchant_id, n.host) > (lane.merchant_id, lane.host)
       order by n.merchant_id, n.host
       limit 1
     ) next
   )
   select lane.merchant_id, lane.host, first.due_at
   from lane
   cross join lateral (
     select n.due_at from notification n
     where n.merchant_id = lane.merchant_id and n.host = lane.host and n.due_at is not null
       and (n.lease_until is null or n.lease_until <= now())
     order by n.due_at
     limit 1
   ) first`,
)

/** Every lane in which something is open that nobody has claimed, with the instant at which its first is due. */
export async function openLanes(db: Queryable): Promise<DueLane[]> {
  const rows = await db.query(LANES)
  return rows.map(row => ({
    merchantId: String(row['merchant_id']),
    host: String(row['host']),
    dueAt: readTimestamp(row['due_at']),
  }))
}

/** When a delivery is due next that nobody has claimed; `undefined` when there is none. */
export async function nextDueAt(db: Queryable): Promise<number | undefined> {
  const lanes = await openLanes(db)
  return lanes.length === 0
    ? undefined
    : lanes.reduce((first, { dueAt }) => Math.min(first, dueAt), Number.POSITIVE_INFINITY)
}

const BACKLOG = sql(
  'notification.backlog',
  `select merchant_id, count(*)::int as open, count(*) filter (where due_at <= $1)::int as due, min(due_at) as oldest
   from notification where due_at is not null group by merchant_id`,
)

/** What of one merchant waits to be delivered. */
export interface Backlog {
  merchantId: string
  /** Series that have not ended. */
  open: number
  /** Of these, how many are due now. */
  due: number
  /** For how long the oldest of them has been due, in milliseconds. */
  oldestMs: number
}

/** What waits, of each merchant that has something waiting. */
export async function backlog(db: Queryable, now: number): Promise<Backlog[]> {
  const rows = await db.query(BACKLOG, [timestamp(now)])
  return rows.map(row => ({
    merchantId: String(row['merchant_id']),
    open: Number(row['open']),
    due: Number(row['due']),
    oldestMs: Math.max(0, now - readTimestamp(row['oldest'])),
  }))
}
