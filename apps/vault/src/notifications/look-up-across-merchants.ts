/** Notifications of all merchants, for people who look into them: the operator, and the developer of a sandbox. */
import { type Queryable, type Row, readTimestamp, sql, timestamp } from '../platform/database.js'
import type { Signing } from './due-across-merchants.js'

/** How a notification stands, in words. `no address` means that nobody was told. */
export const notificationStates = ['open', 'acknowledged', 'exhausted', 'cancelled', 'no address'] as const
export type NotificationState = (typeof notificationStates)[number]

/** One message to one merchant. */
export interface Notification {
  id: string
  merchantId: string
  kind: string
  /** Of what it tells: for notifyVaulting the vaultingRequestId. */
  subjectId: string
  url: string | undefined
  state: NotificationState
  createdAt: number
  /** When the series goes on; `undefined` when it has ended. */
  dueAt: number | undefined
  acknowledgedAt: number | undefined
  cancelledAt: number | undefined
  /** Whether a worker has claimed it for a delivery. */
  underWay: boolean
  /** Deliveries of the series. */
  attemptsMade: number
  /** Which rule of a sandbox decided when it went out, as it is stored. */
  played: string | undefined
}

/** What became of one delivery. */
export interface Attempt {
  /** The notification, or the resend, whose delivery it was. */
  rowId: string
  /** Which delivery of that it was, from 1. */
  attempt: number
  beganAt: number
  tookMs: number | undefined
  httpStatus: number | undefined
  acknowledged: boolean
  /** Why it did not count, in our words. */
  failure: string | undefined
  /** The beginning of an answer that did not acknowledge, masked. */
  answer: string | undefined
  /** Where it went instead of the address. */
  target: string | undefined
  signed: Signing
  bodyHash: Buffer | undefined
}

/** One more delivery outside of the series. */
export interface Resend {
  id: string
  url: string | undefined
  createdAt: number
  dueAt: number | undefined
  cancelledAt: number | undefined
  underWay: boolean
  signed: Signing
  /** Which rule of a sandbox made it; `undefined` when somebody asked for it. */
  played: string | undefined
}

/** A line of a list: `last` is the latest delivery, of the series or a resend. */
export interface ListedNotification extends Notification {
  /** Deliveries in all, those of resends included. */
  attempts: number
  last: Pick<Attempt, 'beganAt' | 'httpStatus' | 'acknowledged' | 'failure'> | undefined
}

const STATE = `case when n.acknowledged_at is not null then 'acknowledged'
                    when n.cancelled_at is not null then 'cancelled'
                    when n.due_at is not null then 'open'
                    when n.url is null and n.attempts_made = 0 then 'no address'
                    else 'exhausted' end`

const FIELDS = `n.id, n.merchant_id, n.kind, n.subject_id, n.url, n.created_at, n.due_at, n.acknowledged_at,
                n.cancelled_at, n.lease_token is not null as under_way, n.attempts_made, n.played, ${STATE} as state`

const PAGE = sql(
  'notification.page',
  // Ids sort by time. A list walks the primary key in pages of so many rows, whatever is looked for among them: no
  // statement takes long, and none needs an index of its own.
  'select id from notification where id >= $1 and id < $2 order by id desc offset 4999 limit 1',
)

/** Where a page begins that ends before `before`; `undefined` when all the rest from `from` on fits into one. */
export async function pageBegin(db: Queryable, from: string, before: string): Promise<string | undefined> {
  const [row] = await db.query(PAGE, [from, before])
  return row && String(row['id'])
}

const LIST = sql(
  'notification.list',
  `select n.*, last.*
   from (
     select ${FIELDS} from notification n
     where n.id >= $1 and n.id < $2 and n.resend_of is null and ($3::text is null or n.merchant_id = $3)
       and ($4::text is null or n.kind = $4) and ($5::text is null or ${STATE} = $5)
     order by n.id desc
     limit $6
   ) n
   left join lateral (
     select a.began_at, a.http_status, a.acknowledged, a.failure, count(*) over ()::int as attempts
     from (select n.id union all select r.id from notification r where r.resend_of = n.id) of (id)
     join notification_attempt a on a.notification_id = of.id
     order by a.began_at desc, a.attempt desc
     limit 1
   ) last on true
   order by n.id desc`,
)

/** What is looked for in a list. */
export interface ListFilter {
  merchantId?: string | undefined
  kind?: string | undefined
  state?: NotificationState | undefined
}

/** Notifications with an id from `from` to before `before`, newest first; the two are not far from each other. */
export async function listBetween(
  db: Queryable,
  from: string,
  before: string,
  filter: ListFilter,
  limit: number,
): Promise<ListedNotification[]> {
  const { merchantId = null, kind = null, state = null } = filter
  const rows = await db.query(LIST, [from, before, merchantId, kind, state, limit])
  return rows.map(row => ({
    ...readNotification(row),
    attempts: Number(row['attempts'] ?? 0),
    last: row['began_at'] === null ? undefined : readOutcome(row),
  }))
}

const BY_ID = sql(
  'notification.by-id',
  `select ${FIELDS} from notification given
   join notification n on n.id = coalesce(given.resend_of, given.id)
   where given.id = $1 and ($2::text is null or n.merchant_id = $2)`,
)

/** The notification with an id, or that of which a resend has it. */
export async function notificationById(
  db: Queryable,
  id: string,
  merchantId: string | undefined,
): Promise<Notification | undefined> {
  const [row] = await db.query(BY_ID, [id, merchantId ?? null])
  return row && readNotification(row)
}

const BY_SUBJECT = sql(
  'notification.by-subject',
  // The index begins with the merchant: a look for each of them. The inner limit keeps the planner from walking the
  // whole index once instead.
  `select n.* from merchant m
   cross join lateral (
     select ${FIELDS} from notification n
     where n.merchant_id = m.id and n.subject_id = $1 and n.resend_of is null
     limit 10
   ) n
   where $2::text is null or m.id = $2
   order by n.id desc
   limit 10`,
)

/** The notifications that tell of something, of one merchant or of any; ten at most. */
export async function notificationsOf(
  db: Queryable,
  subjectId: string,
  merchantId: string | undefined,
): Promise<Notification[]> {
  return (await db.query(BY_SUBJECT, [subjectId, merchantId ?? null])).map(readNotification)
}

const RESENDS = sql(
  'notification.resends',
  `select id, url, created_at, due_at, cancelled_at, lease_token is not null as under_way, signed, played
   from notification where resend_of = $1 order by id`,
)

/** The resends of a notification, oldest first. */
export async function resendsOf(db: Queryable, id: string): Promise<Resend[]> {
  return (await db.query(RESENDS, [id])).map(row => ({
    id: String(row['id']),
    url: text(row['url']),
    createdAt: readTimestamp(row['created_at']),
    dueAt: instant(row['due_at']),
    cancelledAt: instant(row['cancelled_at']),
    underWay: row['under_way'] === true,
    signed: row['signed'] as Signing,
    played: text(row['played']),
  }))
}

const ATTEMPTS = sql(
  'notification.attempts',
  `select notification_id, attempt, began_at, took_ms, http_status, acknowledged, failure, answer, target, signed,
          body_sha256
   from notification_attempt where notification_id = any($1::uuid[])
   order by began_at, notification_id, attempt`,
)

/** All deliveries of some notifications and resends, oldest first. */
export async function attemptsOf(db: Queryable, rowIds: readonly string[]): Promise<Attempt[]> {
  return (await db.query(ATTEMPTS, [rowIds])).map(row => ({
    ...readOutcome(row),
    rowId: String(row['notification_id']),
    attempt: Number(row['attempt']),
    tookMs: row['took_ms'] === null ? undefined : Number(row['took_ms']),
    answer: text(row['answer']),
    target: text(row['target']),
    signed: row['signed'] as Signing,
    bodyHash: (row['body_sha256'] as Buffer | null) ?? undefined,
  }))
}

const LISTENS = sql(
  'notification.somebody-listens',
  'select exists (select from sandbox_listener where merchant_id = $1 and attached_until > $2) as listens',
)

/** Whether a developer's `coffer listen` stands in for the addresses of a merchant at a real instant. */
export async function somebodyListens(db: Queryable, merchantId: string, realNow: number): Promise<boolean> {
  const [row] = await db.query(LISTENS, [merchantId, timestamp(realNow)])
  return row?.['listens'] === true
}

function readNotification(row: Row): Notification {
  return {
    id: String(row['id']),
    merchantId: String(row['merchant_id']),
    kind: String(row['kind']),
    subjectId: String(row['subject_id']),
    url: text(row['url']),
    state: row['state'] as NotificationState,
    createdAt: readTimestamp(row['created_at']),
    dueAt: instant(row['due_at']),
    acknowledgedAt: instant(row['acknowledged_at']),
    cancelledAt: instant(row['cancelled_at']),
    underWay: row['under_way'] === true,
    attemptsMade: Number(row['attempts_made']),
    played: text(row['played']),
  }
}

function readOutcome(row: Row): Pick<Attempt, 'beganAt' | 'httpStatus' | 'acknowledged' | 'failure'> {
  return {
    beganAt: readTimestamp(row['began_at']),
    httpStatus: row['http_status'] === null ? undefined : Number(row['http_status']),
    acknowledged: row['acknowledged'] === true,
    failure: text(row['failure']),
  }
}

const text = (value: unknown) => (typeof value === 'string' ? value : undefined)
const instant = (value: unknown) => (value === null ? undefined : readTimestamp(value))
