/** The SQL of keks and deks. Nothing here is a key in the clear. */
import { type Queryable, sql, timestamp } from '../platform/database.js'

export interface DekRow {
  id: string
  merchantId: string
  purpose: string
  wrapped: Buffer
}

const INSERT_KEK = sql(
  'kek.insert',
  `insert into kek (id, provider, environment, check_value, status, created_at)
   select $1, $2, $3, $4, 'ACTIVE', $5
   where not exists (select from kek where status = 'ACTIVE')`,
)

/** Notes the first KEK of a new database; does nothing where there is one. */
export async function insertKek(
  db: Queryable,
  kek: { id: string; provider: string; environment: string; checkValue: Buffer; at: number },
): Promise<void> {
  await db.query(INSERT_KEK, [kek.id, kek.provider, kek.environment, kek.checkValue, timestamp(kek.at)])
}

const KEK_IN_USE = sql(
  'kek.in-use',
  `select id, environment, check_value from kek where status = 'ACTIVE' order by created_at, id limit 1`,
)

export async function kekInUse(db: Queryable): Promise<{ id: string; environment: string; checkValue: Buffer }> {
  const [row] = await db.query(KEK_IN_USE)
  if (!row) throw new Error('no key encryption key is registered')
  return { id: String(row['id']), environment: String(row['environment']), checkValue: row['check_value'] as Buffer }
}

const ACTIVE_DEK = sql(
  'dek.active',
  `select id, merchant_id, purpose, wrapped from dek where merchant_id = $1 and purpose = $2 and status = 'ACTIVE'`,
)

export async function activeDek(db: Queryable, merchantId: string, purpose: string): Promise<DekRow | undefined> {
  return readDek((await db.query(ACTIVE_DEK, [merchantId, purpose]))[0])
}

const DEK_BY_ID = sql('dek.by-id', `select id, merchant_id, purpose, wrapped from dek where id = $1`)

export async function dekById(db: Queryable, id: string): Promise<DekRow | undefined> {
  return readDek((await db.query(DEK_BY_ID, [id]))[0])
}

const INSERT_DEK = sql(
  'dek.insert',
  // The partial unique index lets one active key in; the loser of a race finds the winner's.
  `insert into dek (id, merchant_id, purpose, generation, kek_id, wrapped, status, created_at)
   values ($1, $2, $3, 1, $4, $5, 'ACTIVE', $6)
   on conflict do nothing`,
)

export async function insertDek(
  db: Queryable,
  dek: { id: string; merchantId: string; purpose: string; kekId: string; wrapped: Buffer; at: number },
): Promise<void> {
  await db.query(INSERT_DEK, [dek.id, dek.merchantId, dek.purpose, dek.kekId, dek.wrapped, timestamp(dek.at)])
}

function readDek(row: Record<string, unknown> | undefined): DekRow | undefined {
  if (!row) return undefined
  return {
    id: String(row['id']),
    merchantId: String(row['merchant_id']),
    purpose: String(row['purpose']),
    wrapped: row['wrapped'] as Buffer,
  }
}
