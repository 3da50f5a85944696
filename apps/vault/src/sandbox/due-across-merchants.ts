/** What is due by the sandbox's clock, of all merchants, for whoever moves it. */
import { type Queryable, readTimestamp, sql, timestamp } from '../platform/database.js'

/** What can fall due, in the words of the sandbox's controls. */
export type DueKind =
  | 'notification'
  | 'deadline of a vaulting'
  | 'deadline of a payment'
  | 'end of an authorisation'
  | 'end of a nonce'
  | 'reversal'
  | 'simulator'

/** So much of one kind at one instant. */
export interface Due {
  at: number
  what: DueKind
  count: number
}

const DUE = sql(
  'clock.due-by-kind',
  `select 'notification' as what, count(*)::int as count from notification where due_at <= $1
   union all
   select 'deadline of a vaulting', count(*)::int from vaulting where state = 'PROCESSING' and settle_at <= $1
   union all
   select 'deadline of a payment', count(*)::int from payment where state = 'PROCESSING' and settle_at <= $1
   union all
   select 'end of an authorisation', count(*)::int from payment
   where state = 'AUTHORISED' and mode = 'MANUAL' and released_at is null and expires_at <= $1
   union all
   select 'end of a nonce', count(*)::int from sealed_card where use = 'NONCE' and usable_until <= $1
   union all
   select 'reversal', count(*)::int from issuer_message where due_at <= $1`,
)

/** What is due by an instant, by kind; nothing of a kind that has nothing. */
export async function dueAt(db: Queryable, at: number): Promise<Due[]> {
  const rows = await db.query(DUE, [timestamp(at)])
  const counted = rows.map(row => ({ at, what: row['what'] as DueKind, count: Number(row['count']) }))
  return counted.filter(({ count }) => count > 0)
}

const NEXT = sql(
  'clock.next-due',
  `select 'notification' as what, min(due_at) as at from notification where due_at > $1
   union all
   select 'deadline of a vaulting', min(settle_at) from vaulting where state = 'PROCESSING' and settle_at > $1
   union all
   select 'deadline of a payment', min(settle_at) from payment where state = 'PROCESSING' and settle_at > $1
   union all
   select 'end of an authorisation', min(expires_at) from payment
   where state = 'AUTHORISED' and mode = 'MANUAL' and released_at is null and expires_at > $1
   union all
   select 'end of a nonce', min(usable_until) from sealed_card where use = 'NONCE' and usable_until > $1
   union all
   select 'reversal', min(due_at) from issuer_message where due_at > $1`,
)

/** What is due first after an instant, without how much of it; `undefined` where nothing is. */
export async function nextDue(db: Queryable, after: number): Promise<{ at: number; what: DueKind } | undefined> {
  const rows = await db.query(NEXT, [timestamp(after)])
  const known = rows.flatMap(row =>
    row['at'] ? [{ at: readTimestamp(row['at']) as number, what: row['what'] as DueKind }] : [],
  )
  return known.reduce<(typeof known)[number] | undefined>(
    (first, one) => (first === undefined || one.at < first.at ? one : first),
    undefined,
  )
}
