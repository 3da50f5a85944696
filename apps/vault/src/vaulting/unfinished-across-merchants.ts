/** Vaultings and payments that nobody finished, of all merchants, for the sweeper alone. */
import type { About } from '../buyers/errand.js'
import { type Queryable, readTimestamp, sql, timestamp } from '../platform/database.js'

const UNFINISHED = sql(
  'vaulting.unfinished',
  `(select 'VAULTING' as about, merchant_id, vaulting_request_id as request_id, asked_at is not null as asked, settle_at
    from vaulting where state = 'PROCESSING' and settle_at <= $1 order by settle_at limit $2)
   union all
   (select 'PAYMENT', merchant_id, payment_request_id, asked_at is not null, settle_at
    from payment where state = 'PROCESSING' and settle_at <= $1 order by settle_at limit $2)
   order by settle_at
   limit $2`,
)

/** The ones whose deadline has come, oldest first. */
export async function unfinishedVaultings(
  db: Queryable,
  now: number,
  limit: number,
): Promise<{ about: About; merchantId: string; requestId: string; asked: boolean }[]> {
  const rows = await db.query(UNFINISHED, [timestamp(now), limit])
  return rows.map(row => ({
    about: row['about'] as About,
    merchantId: String(row['merchant_id']),
    requestId: String(row['request_id']),
    asked: row['asked'] === true,
  }))
}

const NEXT = sql(
  'vaulting.next-unfinished',
  `select least((select min(settle_at) from vaulting where state = 'PROCESSING'),
                (select min(settle_at) from payment where state = 'PROCESSING')) as at`,
)

/** When the next one is due; `undefined` when there is none. */
export async function nextUnfinishedAt(db: Queryable): Promise<number | undefined> {
  const [row] = await db.query(NEXT)
  return row?.['at'] ? readTimestamp(row['at']) : undefined
}
