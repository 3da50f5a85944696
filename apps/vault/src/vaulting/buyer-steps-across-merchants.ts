/** What the process with a CVV looks up for the buyers that it waits for: it knows their vaultings' ids and no merchant. */
import type { NetworkId, StoredPan } from '../card-data/index.js'
import { type Queryable, readTimestamp, sql } from '../platform/database.js'
import type { Authentication } from '../three-ds/authentication.js'
import { readAuthentication } from '../three-ds/authentications-across-merchants.js'

/** What has come for a vaulting whose CVV waits here, with what is needed to go on. */
export interface News {
  card: StoredPan
  /** What the buyer chose, and when; where he was asked. */
  chosen: { network: NetworkId; at: number } | undefined
  /** The run of 3-D Secure that the page shows. */
  authentication: Authentication | undefined
}

const NEWS = sql(
  'buyer.news',
  `select c.id as card_id, c.merchant_id as card_merchant_id, c.token_lookup, c.pan_sealed, s.chosen, s.chosen_at, a.*
   from buyer_step s
     join sealed_card c on c.id = s.id
     left join authentication a on a.id = s.authentication
   where s.id = any($1::uuid[]) and ((s.chosen is not null and s.authentication is null) or a.state in ('READY', 'SENT', 'RESULT'))`,
)

/** Of these vaultings, those that can go on: a brand was chosen, a browser or a result has come, or an AReq is out. */
export async function newsOf(db: Queryable, ids: readonly string[]): Promise<News[]> {
  const rows = await db.query(NEWS, [ids])
  return rows.map(row => ({
    card: {
      id: String(row['card_id']),
      merchantId: String(row['card_merchant_id']),
      tokenLookup: row['token_lookup'] as Buffer,
      pan: row['pan_sealed'] as Buffer,
    },
    chosen:
      row['chosen'] === null ? undefined : { network: row['chosen'] as NetworkId, at: readTimestamp(row['chosen_at']) },
    authentication: row['id'] === null ? undefined : readAuthentication(row),
  }))
}

const WAITING = sql(
  'buyer.waiting-processes',
  `select v.holder, max(p.alive_until_ms)::text as sign from vaulting v left join process p on p.id = v.holder
   where v.state = 'PROCESSING' and v.awaits_buyer and v.asked_at is null and v.holder is not null
   group by v.holder`,
)

/** The processes whose buyers are not done, each with its latest sign of life; without one it has ended. */
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
