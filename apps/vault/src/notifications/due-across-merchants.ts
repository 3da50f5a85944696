/** What is due to be delivered, of all merchants, for the worker alone. */
import type { CardData } from '../card-data/index.js'
import { type Queryable, readTimestamp, sql, timestamp } from '../platform/database.js'
import { type DueNotification, type Lease, readDue } from './notification-store.js'

const TAKE_DUE = sql(
  'notification.take-due',
  // SKIP LOCKED lets several workers take different rows at once; the update makes the claim outlive the transaction.
  // Each merchant gets a share, less what is under way for it: one whose receiver hangs holds up only itself. Both steps
  // walk the index notification_due, from merchant to merchant and to the first rows of each, so that neither a long
  // backlog nor a long history of one merchant costs anything.
  `with recursive waiting as (
     (select merchant_id from notification where due_at is not null order by merchant_id limit 1)
     union all
     select (select n.merchant_id from notification n
             where n.due_at is not null and n.merchant_id > w.merchant_id
             order by n.merchant_id limit 1)
     from waiting w where w.merchant_id is not null
   ), due as (
     select d.id
     from waiting w
     left join unnest($6::text[], $7::int[]) as busy(merchant_id, running) on busy.merchant_id = w.merchant_id
     cross join lateral (
       select n.id, n.due_at
       from notification n
       where n.merchant_id = w.merchant_id and n.due_at <= $1 and (n.lease_until is null or n.lease_until <= $1)
       order by n.due_at
       limit greatest(0, $5::int - coalesce(busy.running, 0))
       for update skip locked
     ) d
     order by d.due_at
     limit $2
   ), taken as (
     update notification n set lease_until = $3, lease_token = $4
     from due where n.id = due.id
     returning n.id as notification_id, n.merchant_id, n.vaulting_request_id, n.url, n.attempts_made
   )
   select t.*, v.id, v.state, v.result_code, v.result_message, v.echo_sealed, v.received_at,
          c.token_sealed
   from taken t
   join vaulting v on v.merchant_id = t.merchant_id and v.vaulting_request_id = t.vaulting_request_id
   left join sealed_card c on c.id = v.id and c.merchant_id = v.merchant_id`,
)

/** How many deliveries may be taken: in all, and of one merchant with those that are under way. */
export interface Room {
  inAll: number
  ofOneMerchant: number
  underWay: ReadonlyMap<string, number>
}

/**
 * Claims due deliveries for this worker until the lease ends.
 * @param onUnreadable  told of a row whose vaulting does not open; its neighbours are delivered all the same
 */
export async function takeDueNotifications(
  db: Queryable,
  cards: CardData,
  now: number,
  room: Room,
  lease: Lease,
  onUnreadable: (error: unknown) => void,
): Promise<DueNotification[]> {
  const params = [timestamp(now), room.inAll, timestamp(lease.until), lease.token, room.ofOneMerchant]
  const rows = await db.query(TAKE_DUE, [...params, [...room.underWay.keys()], [...room.underWay.values()]])
  const read = await Promise.allSettled(rows.map(row => readDue(cards, row)))
  return read.flatMap(one => {
    if (one.status === 'fulfilled') return [one.value]
    onUnreadable(one.reason)
    return []
  })
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
