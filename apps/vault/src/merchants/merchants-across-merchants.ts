/** The list of all merchants, for the operator alone. */
import { type Queryable, sql } from '../platform/database.js'
import { type MerchantKeyRow, type MerchantRow, readKey, readMerchant } from './merchant-store.js'

const ALL = sql(
  'merchant.all',
  `select m.id, m.name, m.status, m.notification_url, m.notification_hosts, m.strict, m.region, m.three_ds,
          m.created_at, k.version, k.public_key, k.status as key_status, k.mac
   from merchant m left join merchant_key k on k.merchant_id = m.id
   order by m.id, k.version`,
)

export async function allMerchants(db: Queryable): Promise<{ merchant: MerchantRow; keys: MerchantKeyRow[] }[]> {
  const byId = new Map<string, { merchant: MerchantRow; keys: MerchantKeyRow[] }>()
  for (const row of await db.query(ALL)) {
    const merchant = readMerchant(row)
    const entry = byId.get(merchant.id) ?? { merchant, keys: [] }
    if (row['version'] !== null) entry.keys.push(readKey(row))
    byId.set(merchant.id, entry)
  }
  return [...byId.values()]
}
