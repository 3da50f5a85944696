/** What the process with a CVV looks up for the buyers that it waits for: it knows their errands' ids and no merchant. */
import type { NetworkId, StoredPan } from '../card-data/index.js'
import { type Queryable, type Row, readTimestamp, sql } from '../platform/database.js'
import type { Authentication } from '../three-ds/authentication.js'
import { readAuthentication } from '../three-ds/authentications-across-merchants.js'
import type { About } from './errand.js'

/** What has come for an errand whose CVV waits here, with what is needed to go on. */
export interface News {
  /** Of the errand. */
  id: string
  /** Absent where the token was deleted meanwhile: nothing can be charged any more. */
  card: StoredPan | undefined
  /** What the buyer chose, and when; where he was asked. */
  chosen: { network: NetworkId; at: number } | undefined
  /** The run of 3-D Secure that the page shows. */
  authentication: Authentication | undefined
}

const NEWS = sql(
  'buyer.news',
  `select s.id as page_id, c.id as card_id, c.merchant_id as card_merchant_id, c.token_lookup, c.pan_sealed, s.chosen, s.chosen_at, a.*
   from buyer_step s
     left join payment p on p.id = s.id
     join sealed_card c on c.id = coalesce(p.card_id, s.id)
     left join authentication a on a.id = s.authentication
   where s.id = any($1::uuid[]) and (c.pan_sealed is null or (s.chosen is not null and s.authentication is null)
                                     or a.state in ('READY', 'SENT', 'RESULT'))`,
)

/**
 * Of these errands, those that can go on: a brand was chosen, a browser or a result has come, or an AReq is out; and those
 * that have lost their card.
 */
export async function newsOf(db: Queryable, ids: readonly string[]): Promise<News[]> {
  const rows = await db.query(NEWS, [ids])
  return rows.map(row => ({
    id: String(row['page_id']),
    card: cardOf(row),
    chosen:
      row['chosen'] === null ? undefined : { network: row['chosen'] as NetworkId, at: readTimestamp(row['chosen_at']) },
    authentication: row['id'] === null ? undefined : readAuthentication(row),
  }))
}

function cardOf(row: Row): StoredPan | undefined {
  const pan = row['pan_sealed'] as Buffer | null
  if (!pan) return undefined
  const tokenLookup = row['token_lookup'] as Buffer
  return { id: String(row['card_id']), merchantId: String(row['card_merchant_id']), tokenLookup, pan }
}

const WAITING = sql(
  'buyer.waiting-processes',
  `select w.holder, max(p.alive_until_ms)::text as sign
   from (select holder, asked_at from vaulting where state = 'PROCESSING' and awaits_buyer
         union all
         select holder, asked_at from payment where state = 'PROCESSING' and awaits_buyer) w
     left join process p on p.id = w.holder
   where w.asked_at is null and w.holder is not null
   group by w.holder`,
)

/** The processes whose buyers are not done, each with its latest sign of life; without one it has ended. */
export async function waitingProcesses(db: Queryable): Promise<{ holder: string; sign: string | undefined }[]> {
  const rows = await db.query(WAITING)
  return rows.map(row => ({ holder: String(row['holder']), sign: (row['sign'] as string | null) ?? undefined }))
}

const LEFT = sql(
  'buyer.left-by',
  `select 'VAULTING' as about, merchant_id, vaulting_request_id as request_id from vaulting
   where holder = any($1::uuid[]) and state = 'PROCESSING' and awaits_buyer and asked_at is null
   union all
   select 'PAYMENT', merchant_id, payment_request_id from payment
   where holder = any($1::uuid[]) and state = 'PROCESSING' and awaits_buyer and asked_at is null
   limit $2`,
)

/** What these processes were waiting for. */
export async function leftBy(
  db: Queryable,
  processes: readonly string[],
  limit: number,
): Promise<{ about: About; merchantId: string; requestId: string }[]> {
  const rows = await db.query(LEFT, [processes, limit])
  return rows.map(row => ({
    about: row['about'] as About,
    merchantId: String(row['merchant_id']),
    requestId: String(row['request_id']),
  }))
}

const ENDED = sql(
  'buyer.ended',
  `select s.id from buyer_step s
     left join vaulting v on s.about = 'VAULTING' and v.merchant_id = s.merchant_id
       and v.vaulting_request_id = s.vaulting_request_id
     left join payment p on s.about = 'PAYMENT' and p.id = s.id
   where s.id = any($1::uuid[]) and coalesce(v.state, p.state) <> 'PROCESSING'`,
)

/** Of these errands, those that somebody has ended. */
export async function endedOf(db: Queryable, ids: readonly string[]): Promise<string[]> {
  return (await db.query(ENDED, [ids])).map(row => String(row['id']))
}
