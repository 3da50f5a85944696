/** What is due to be delivered, of all merchants, for the worker alone. */
import { type Queryable, type Row, readTimestamp, sql, timestamp } from '../platform/database.js'
import { isNotificationKind, type NotificationKind } from './kinds.js'
import type { Room } from './places.js'

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
  // Each merchant gets a share, and each host, less what is under way for them: one whose receiver hangs holds up only
  // itself. The index notification_due is walked from merchant to merchant and to the first rows of each, so that
  // neither a long backlog nor a long history of one merchant costs the others anything. Suspects are looked for apart:
  // before them in the queue or behind, they take no place of a host that answers. Leases count by the database's
  // clock, since they are about processes and not about business.
  `with recursive waiting as (
     (select merchant_id from notification where due_at is not null order by merchant_id limit 1)
     union all
     select (select n.merchant_id from notification n
             where n.due_at is not null and n.merchant_id > w.merchant_id
             order by n.merchant_id limit 1)
     from waiting w where w.merchant_id is not null
   ), merchants as (
     select merchant_id, coalesce(($6::jsonb ->> merchant_id)::int, $5::int) as room,
            coalesce(($7::jsonb ->> merchant_id)::int, 0) as running
     from waiting where merchant_id is not null
   ), usual as (
     select d.id, d.host, d.due_at, m.running, false as suspect
     from merchants m
     cross join lateral (
       select n.id, n.host, n.due_at
       from notification n
       where n.merchant_id = m.merchant_id and n.due_at <= $1 and (n.lease_until is null or n.lease_until <= now())
         and not $9::jsonb ? n.host and coalesce(($8::jsonb ->> n.host)::int, $5::int) > 0
       order by n.due_at
       limit greatest(0, m.room)
       for update skip locked
     ) d
   ), suspected as (
     select d.id, d.host, d.due_at, m.running, true as suspect
     from merchants m
     cross join lateral (
       select n.id, n.host, n.due_at
       from notification n
       where n.merchant_id = m.merchant_id and n.due_at <= $1 and (n.lease_until is null or n.lease_until <= now())
         and $9::jsonb ? n.host and coalesce(($8::jsonb ->> n.host)::int, 1) > 0
       order by n.due_at
       limit greatest(0, least(m.room / 2, $10::int))
       for update skip locked
     ) d
     where $10::int > 0 and $9::jsonb <> '{}'
   ), ranked as (
     select *, row_number() over (partition by host order by due_at, id) as of_host,
            row_number() over (partition by suspect order by due_at, id) as of_suspects
     from (select * from usual union all select * from suspected) both_kinds
   ), due as (
     select id from ranked
     where of_host <= coalesce(($8::jsonb ->> host)::int, case when suspect then 1 else $5::int end)
       and (not suspect or of_suspects <= $10::int)
     order by suspect, running, due_at
     limit $2
   )
   update notification n set lease_until = now() + $3::int * interval '1 millisecond', lease_token = $4
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

/** Claims due notifications for this worker until the lease ends, oldest first. */
export async function takeDueNotifications(
  db: Queryable,
  now: number,
  room: Room,
  lease: Lease,
): Promise<TakenNotification[]> {
  if (room.inAll === 0) return []
  const merchants: Record<string, number> = {}
  const running: Record<string, number> = {}
  for (const [id, lane] of room.merchants) {
    merchants[id] = Math.min(lane.most - lane.running, scarce(room))
    if (lane.running > 0) running[id] = lane.running
  }
  const hosts: Record<string, number> = {}
  const suspects: Record<string, true> = {}
  for (const [host, lane] of room.hosts) {
    hosts[host] = Math.min(lane.most - lane.running, scarce(room))
    if (lane.isSuspect) suspects[host] = true
  }
  const rows = await db.query(TAKE_DUE, [
    timestamp(now),
    room.inAll,
    lease.ms,
    lease.token,
    room.ofOne,
    JSON.stringify(merchants),
    JSON.stringify(running),
    JSON.stringify(hosts),
    JSON.stringify(suspects),
    room.ofSuspects,
  ])
  return rows.map(readTaken)
}

/** The fewer places are left, the fewer one takes of them, whatever it has earned. */
const scarce = (room: Room) => Math.max(1, Math.floor(room.inAll / 8))

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

const NEXT_DUE = sql(
  'notification.next-due',
  // From merchant to merchant: the first open row of each, and not the whole backlog.
  `with recursive waiting as (
     (select merchant_id from notification where due_at is not null order by merchant_id limit 1)
     union all
     select (select n.merchant_id from notification n
             where n.due_at is not null and n.merchant_id > w.merchant_id
             order by n.merchant_id limit 1)
     from waiting w where w.merchant_id is not null
   )
   select min(first.due_at) as at
   from waiting w
   cross join lateral (
     select n.due_at from notification n
     where n.merchant_id = w.merchant_id and n.due_at is not null and (n.lease_until is null or n.lease_until <= now())
     order by n.due_at limit 1
   ) first`,
)

/** When a delivery is due next that nobody has claimed; `undefined` when there is none. */
export async function nextDueAt(db: Queryable): Promise<number | undefined> {
  const [row] = await db.query(NEXT_DUE)
  return row?.['at'] ? readTimestamp(row['at']) : undefined
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
