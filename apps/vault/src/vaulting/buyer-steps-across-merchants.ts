/** What a buyer's browser and the process with the CVV look up: both know a vaulting's id and no merchant. */
import type { NetworkId, StoredPan } from '../card-data/index.js'
import { type Queryable, readTimestamp, sql } from '../platform/database.js'

/** A buyer's page as it stands. */
export interface BuyerStep {
  id: string
  merchantId: string
  merchantName: string
  vaultingRequestId: string
  redirectUrl: string
  networks: NetworkId[]
  chosen: NetworkId | undefined
  state: 'PROCESSING' | 'SUCCESS' | 'FAIL'
  /** Until when the buyer may choose. */
  settleAt: number
  /** Of the card, while it is there. */
  lastFour: string | undefined
}

const STEP = sql(
  'buyer.step',
  `select s.id, s.merchant_id, m.name, s.vaulting_request_id, s.redirect_url, s.networks, s.chosen, v.state, v.settle_at,
          c.last_four
   from buyer_step s
     join vaulting v on v.merchant_id = s.merchant_id and v.vaulting_request_id = s.vaulting_request_id
     join merchant m on m.id = s.merchant_id
     left join sealed_card c on c.id = s.id
   where s.id = $1`,
)

export async function buyerStep(db: Queryable, id: string): Promise<BuyerStep | undefined> {
  const [row] = await db.query(STEP, [id])
  if (!row) return undefined
  return {
    id,
    merchantId: String(row['merchant_id']),
    merchantName: String(row['name']),
    vaultingRequestId: String(row['vaulting_request_id']),
    redirectUrl: String(row['redirect_url']),
    networks: row['networks'] as NetworkId[],
    chosen: (row['chosen'] as NetworkId | null) ?? undefined,
    state: row['state'] as BuyerStep['state'],
    settleAt: readTimestamp(row['settle_at']),
    lastFour: typeof row['last_four'] === 'string' ? row['last_four'] : undefined,
  }
}

const CHOSEN = sql(
  'buyer.chosen',
  `select s.id, s.chosen, s.chosen_at, c.merchant_id, c.token_lookup, c.pan_sealed
   from buyer_step s join sealed_card c on c.id = s.id
   where s.id = any($1::uuid[]) and s.chosen is not null`,
)

/** Of these vaultings, those whose buyers have chosen, with their sealed cards. */
export async function choicesMade(
  db: Queryable,
  ids: readonly string[],
): Promise<{ network: NetworkId; at: number; card: StoredPan }[]> {
  const rows = await db.query(CHOSEN, [ids])
  return rows.map(row => ({
    network: row['chosen'] as NetworkId,
    at: readTimestamp(row['chosen_at']),
    card: {
      id: String(row['id']),
      merchantId: String(row['merchant_id']),
      tokenLookup: row['token_lookup'] as Buffer,
      pan: row['pan_sealed'] as Buffer,
    },
  }))
}

const LOST = sql(
  'buyer.lost',
  `select merchant_id, vaulting_request_id from vaulting v
   where state = 'PROCESSING' and awaits_buyer and asked_at is null
     and not exists (select from process p where p.id = v.holder and p.alive_until_ms > $1)
   limit $2`,
)

/** Vaultings that wait for a buyer although the process that had the CVV is gone: nobody can conclude them well. */
export async function lostBySilentProcesses(
  db: Queryable,
  realMs: number,
  limit: number,
): Promise<{ merchantId: string; vaultingRequestId: string }[]> {
  const rows = await db.query(LOST, [realMs, limit])
  return rows.map(row => ({
    merchantId: String(row['merchant_id']),
    vaultingRequestId: String(row['vaulting_request_id']),
  }))
}
