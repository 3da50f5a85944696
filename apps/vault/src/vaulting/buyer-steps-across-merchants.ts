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

const WAITING = sql(
  'buyer.waiting-processes',
  `select v.holder, max(p.alive_until_ms)::text as sign from vaulting v left join process p on p.id = v.holder
   where v.state = 'PROCESSING' and v.awaits_buyer and v.asked_at is null and v.holder is not null
   group by v.holder`,
)

/** The processes whose buyers have not chosen, each with its latest sign of life; without one it has ended. */
export async function waitingProcesses(db: Queryable): Promise<{ holder: string; sign: string | undefined }[]> {
  const rows = await db.query(WAITING)
  return rows.map(row => ({ holder: String(row['holder']), sign: (row['sign'] as string | null) ?? undefined }))
}

const LEFT = sql(
  'buyer.left-by',
  `select merchant_id, vaulting_request_id from vaulting
   where holder = any($1::uuid[]) and state = 'PROCESSING' and awaits_buyer and asked_at is null
   limit $2`,
)

/** What these processes were waiting for. */
export async function leftBy(
  db: Queryable,
  processes: readonly string[],
  limit: number,
): Promise<{ merchantId: string; vaultingRequestId: string }[]> {
  const rows = await db.query(LEFT, [processes, limit])
  return rows.map(row => ({
    merchantId: String(row['merchant_id']),
    vaultingRequestId: String(row['vaulting_request_id']),
  }))
}

const ENDED = sql(
  'buyer.ended',
  `select s.id from buyer_step s
     join vaulting v on v.merchant_id = s.merchant_id and v.vaulting_request_id = s.vaulting_request_id
   where s.id = any($1::uuid[]) and v.state <> 'PROCESSING'`,
)

/** Of these vaultings, those that somebody has ended. */
export async function endedOf(db: Queryable, ids: readonly string[]): Promise<string[]> {
  return (await db.query(ENDED, [ids])).map(row => String(row['id']))
}
