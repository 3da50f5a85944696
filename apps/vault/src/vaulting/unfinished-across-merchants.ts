/** Vaultings that nobody finished, of all merchants, for the sweeper alone. */
import { type Queryable, readTimestamp, sql, timestamp } from '../platform/database.js'

const UNFINISHED = sql(
  'vaulting.unfinished',
  `select merchant_id, vaulting_request_id, asked_at is not null as asked from vaulting v
   where state = 'PROCESSING' and settle_at <= $1
   order by settle_at
   limit $2`,
)

/** The ones whose deadline has come, oldest first. */
export async function unfinishedVaultings(
  db: Queryable,
  now: number,
  limit: number,
): Promise<{ merchantId: string; vaultingRequestId: string; asked: boolean }[]> {
  const rows = await db.query(UNFINISHED, [timestamp(now), limit])
  return rows.map(row => ({
    merchantId: String(row['merchant_id']),
    vaultingRequestId: String(row['vaulting_request_id']),
    asked: row['asked'] === true,
  }))
}

const NEXT = sql('vaulting.next-unfinished', `select min(settle_at) as at from vaulting where state = 'PROCESSING'`)

/** When the next one is due; `undefined` when there is none. */
export async function nextUnfinishedAt(db: Queryable): Promise<number | undefined> {
  const [row] = await db.query(NEXT)
  return row?.['at'] ? readTimestamp(row['at']) : undefined
}
