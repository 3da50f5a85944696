/** What is due to be delivered, of all merchants, for the worker alone. */
import type { CardData } from '../card-data/index.js'
import { type Queryable, readTimestamp, sql, timestamp } from '../platform/database.js'
import { type DueNotification, type Lease, readDue } from './notification-store.js'

const TAKE_DUE = sql(
  'notification.take-due',
  // SKIP LOCKED lets several workers take different rows at once; the update makes the claim outlive the transaction.
  `with due as (
     select id from notification
     where due_at <= $1 and (lease_until is null or lease_until <= $1)
     order by due_at
     limit $2
     for update skip locked
   ), taken as (
     update notification n set lease_until = $3, lease_token = $4
     from due where n.id = due.id
     returning n.id as notification_id, n.merchant_id, n.vaulting_request_id, n.url, n.attempts_made
   )
   select t.*, v.id, v.state, v.result_code, v.result_message, v.echo_sealed, v.received_at,
          c.token_sealed
   from taken t
   join vaulting v on v.merchant_id = t.merchant_id and v.vaulting_request_id = t.vaulting_request_id
   left join sealed_card c on c.id = v.id`,
)

/** Claims up to `limit` due deliveries for this worker until the lease ends. */
export async function takeDueNotifications(
  db: Queryable,
  cards: CardData,
  now: number,
  limit: number,
  lease: Lease,
): Promise<DueNotification[]> {
  const rows = await db.query(TAKE_DUE, [timestamp(now), limit, timestamp(lease.until), lease.token])
  return Promise.all(rows.map(row => readDue(cards, row)))
}

const NEXT_DUE = sql(
  'notification.next-due',
  `select min(greatest(due_at, coalesce(lease_until, due_at))) as at from notification where due_at is not null`,
)

/** When a delivery is due next, leases of others counted; `undefined` when none is open. */
export async function nextDueAt(db: Queryable): Promise<number | undefined> {
  const [row] = await db.query(NEXT_DUE)
  return row?.['at'] ? readTimestamp(row['at']) : undefined
}
