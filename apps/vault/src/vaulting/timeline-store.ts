/** What happened to a vaulting, redacted: for people who look into it. */
import { type Queryable, readTimestamp, sql, timestamp } from '../platform/database.js'

const NOTE = sql(
  'timeline.note',
  `insert into vaulting_event (merchant_id, vaulting_request_id, at, kind, detail) values ($1, $2, $3, $4, $5)`,
)

/** Notes an event that belongs to no outcome: a repeated request, an inquiry. */
export async function noteEvent(
  db: Queryable,
  merchantId: string,
  vaultingRequestId: string,
  event: { at: number; kind: string; detail: object },
): Promise<void> {
  await db.query(NOTE, [merchantId, vaultingRequestId, timestamp(event.at), event.kind, JSON.stringify(event.detail)])
}

const TIMELINE = sql(
  'timeline.of',
  `select at, kind, detail from vaulting_event
   where merchant_id = $1 and vaulting_request_id = $2
   order by at, seq
   limit 1000`,
)

/** Everything that happened to one vaulting, oldest first. */
export async function timelineOf(
  db: Queryable,
  merchantId: string,
  vaultingRequestId: string,
): Promise<{ at: string; kind: string }[]> {
  const rows = await db.query(TIMELINE, [merchantId, vaultingRequestId])
  return rows.map(row => ({
    at: new Date(readTimestamp(row['at'])).toISOString(),
    kind: String(row['kind']),
    ...(row['detail'] as object),
  }))
}
