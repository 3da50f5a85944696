/** What happened to a vaulting or a payment, redacted: for people who look into it. */
import type { About } from '../buyers/errand.js'
import { type Queryable, readTimestamp, sql, timestamp } from '../platform/database.js'

const NOTE = sql(
  'timeline.note',
  `insert into vaulting_event (merchant_id, vaulting_request_id, at, kind, detail, about)
   values ($1, $2, $3, $4, $5, $6)`,
)

/** An event that belongs to no outcome: a repeated request, an inquiry. */
export interface TimelineEvent {
  at: number
  kind: string
  detail: object
}

/** Notes what happened to a vaulting or a payment. */
export async function noteOn(
  db: Queryable,
  { about, merchantId, requestId }: { about: About; merchantId: string; requestId: string },
  { at, kind, detail }: TimelineEvent,
): Promise<void> {
  await db.query(NOTE, [merchantId, requestId, timestamp(at), kind, JSON.stringify(detail), about])
}

/** Notes what happened to a vaulting. */
export const noteEvent = (db: Queryable, merchantId: string, requestId: string, event: TimelineEvent): Promise<void> =>
  noteOn(db, { about: 'VAULTING', merchantId, requestId }, event)

const TIMELINE = sql(
  'timeline.of',
  `select at, kind, detail from vaulting_event
   where merchant_id = $1 and vaulting_request_id = $2 and about = $3
   order by at, seq
   limit 1000`,
)

/** Everything that happened to one vaulting or payment, oldest first. */
export async function timelineOf(
  db: Queryable,
  merchantId: string,
  requestId: string,
  about: About = 'VAULTING',
): Promise<{ at: string; kind: string }[]> {
  const rows = await db.query(TIMELINE, [merchantId, requestId, about])
  return rows.map(row => ({
    at: new Date(readTimestamp(row['at'])).toISOString(),
    kind: String(row['kind']),
    ...(row['detail'] as object),
  }))
}
