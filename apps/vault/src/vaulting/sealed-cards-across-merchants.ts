/** Stored cards of all merchants, for the operator's restore drill alone. */
import type { StoredPan } from '../card-data/index.js'
import { type Queryable, sql } from '../platform/database.js'

const SAMPLE = sql(
  'sealed-card.sample',
  // The oldest and the newest half: keys change over time, and each generation should be tried. By id as well: of cards
  // of one instant both halves could take the same ones, and leave others out.
  // What was deleted has nothing left to open.
  `(select id, merchant_id, token_lookup, pan_sealed from sealed_card where deleted_at is null
    order by created_at, id limit ($1::int + 1) / 2)
   union
   (select id, merchant_id, token_lookup, pan_sealed from sealed_card where deleted_at is null
    order by created_at desc, id desc limit $1::int / 2)`,
)

export async function cardsToSample(db: Queryable, limit: number): Promise<StoredPan[]> {
  const rows = await db.query(SAMPLE, [limit])
  return rows.map(row => ({
    id: String(row['id']),
    merchantId: String(row['merchant_id']),
    tokenLookup: row['token_lookup'] as Buffer,
    pan: row['pan_sealed'] as Buffer,
  }))
}
