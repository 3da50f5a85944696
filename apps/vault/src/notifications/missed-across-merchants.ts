/** What merchants have missed while something was down, of all merchants, for the operator who catches up. */
import { type Queryable, sql, timestamp } from '../platform/database.js'

/** A stretch of time in which deliveries failed, and the ids among which they are looked for. */
export interface Missed {
  /** Began not before this instant, */
  failedFrom: number
  /** and before this one. */
  failedUntil: number
  /** The least id of a notification that can have had a delivery then. */
  fromId: string
  /** The least id of one that was made at `failedFrom`. */
  madeFromId: string
  merchantId: string | undefined
  /** The machine's time, for developers who listen. */
  realNow: number
}

/** A notification that its merchant does not know of. */
export interface MissedNotification {
  id: string
  merchantId: string
  /** Whether it can go anywhere. */
  hasAddress: boolean
}

const PAGE_END = sql(
  'notification.page-end',
  'select id from notification where id >= $1 and id < $2 order by id offset 2000 limit 1',
)

/** Where the page ends that begins at `from`; `undefined` when all the rest until `until` fits into it. */
export async function pageEnd(db: Queryable, from: string, until: string): Promise<string | undefined> {
  const [row] = await db.query(PAGE_END, [from, until])
  return row && String(row['id'])
}

const MISSED = sql(
  'notification.missed',
  // Each row with a delivery that failed then stands for its notification; of a notification with several such rows
  // (itself and resends of it) the first one does. What is acknowledged by now is not missed, however it came about;
  // what somebody has cancelled stays so; and what is about to be resent already is left to that.
  `select n.id, n.merchant_id, coalesce(n.url, m.notification_url) is not null
          or exists (select from sandbox_listener l where l.merchant_id = n.merchant_id and l.attached_until > $8)
            as has_address
   from notification p
   join notification n on n.id = coalesce(p.resend_of, p.id)
   join merchant m on m.id = n.merchant_id
   where p.id >= $1 and p.id < $2 and ($7::text is null or p.merchant_id = $7)
     and n.acknowledged_at is null and n.cancelled_at is null
     and not exists (select from notification w where w.resend_of = n.id and w.due_at is not null)
     and (
       exists (select from notification_attempt a
               where a.notification_id = p.id and not a.acknowledged and a.began_at >= $3 and a.began_at < $4)
       and (p.resend_of is null or not exists (
         select from (select n.id where n.id >= $5
                      union all
                      select o.id from notification o where o.resend_of = n.id and o.id >= $5 and o.id < p.id) other
         join notification_attempt a on a.notification_id = other.id
         where not a.acknowledged and a.began_at >= $3 and a.began_at < $4))
       or (p.resend_of is null and p.url is null and p.attempts_made = 0 and p.due_at is null and p.id >= $6)
     )
   order by n.id`,
)

/** What was missed, of the notifications and resends with an id from `from` to before `until`. */
export async function missedBetween(
  db: Queryable,
  from: string,
  until: string,
  missed: Missed,
): Promise<MissedNotification[]> {
  const { failedFrom, failedUntil, fromId, madeFromId, merchantId = null, realNow } = missed
  const rows = await db.query(MISSED, [
    from,
    until,
    timestamp(failedFrom),
    timestamp(failedUntil),
    fromId,
    madeFromId,
    merchantId,
    timestamp(realNow),
  ])
  return rows.map(row => ({
    id: String(row['id']),
    merchantId: String(row['merchant_id']),
    hasAddress: row['has_address'] === true,
  }))
}
