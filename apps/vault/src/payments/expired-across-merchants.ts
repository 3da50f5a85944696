/** Authorisations whose time is over, of all merchants: for the sweeper, and for whoever looks after the acquirers. */
import { type Queryable, readTimestamp, sql, timestamp } from '../platform/database.js'

const EXPIRED = sql(
  'payment.expired',
  `select id, merchant_id, acquirer from payment
   where state = 'AUTHORISED' and mode = 'MANUAL' and released_at is null and expires_at <= $1 and acquirer = any($3)
   order by expires_at
   limit $2`,
)

/**
 * The ones whose time has come, oldest first.
 * @param acquirers  those that can be told; the others must neither hold these up nor be looked for all the time
 */
export async function expiredAuthorisations(
  db: Queryable,
  now: number,
  limit: number,
  acquirers: readonly string[],
): Promise<{ id: string; merchantId: string; acquirer: string }[]> {
  const rows = await db.query(EXPIRED, [timestamp(now), limit, acquirers])
  return rows.map(row => ({
    id: String(row['id']),
    merchantId: String(row['merchant_id']),
    acquirer: String(row['acquirer']),
  }))
}

const NEXT = sql(
  'payment.next-expiry',
  `select min(expires_at) as at from payment
   where state = 'AUTHORISED' and mode = 'MANUAL' and released_at is null and acquirer = any($1)`,
)

/** When the next one ends; `undefined` when there is none. */
export async function nextExpiryAt(db: Queryable, acquirers: readonly string[]): Promise<number | undefined> {
  const [row] = await db.query(NEXT, [acquirers])
  return row?.['at'] ? readTimestamp(row['at']) : undefined
}

const OF_OTHERS = sql(
  'payment.expired-of-others',
  `select acquirer, count(*) as expired from payment
   where state = 'AUTHORISED' and mode = 'MANUAL' and released_at is null and expires_at <= $1 and not acquirer = any($2)
   group by acquirer
   order by acquirer`,
)

/** How many nobody can give up, since their acquirer is none of `acquirers`. */
export async function expiredOfOthers(
  db: Queryable,
  now: number,
  acquirers: readonly string[],
): Promise<{ acquirer: string; expired: number }[]> {
  const rows = await db.query(OF_OTHERS, [timestamp(now), acquirers])
  return rows.map(row => ({ acquirer: String(row['acquirer']), expired: Number(row['expired']) }))
}
