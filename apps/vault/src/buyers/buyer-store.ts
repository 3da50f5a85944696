/** The SQL of buyers' pages, and of what is chosen there: which of a card's networks to use. */
import type { NetworkId } from '../card-data/index.js'
import { type Queryable, sql, timestamp } from '../platform/database.js'
import { BUYER_CHANNEL } from '../three-ds/authentications-across-merchants.js'
import type { About } from './errand.js'

const ASK = sql(
  'buyer.ask',
  `with noted as (
     insert into vaulting_event (about, merchant_id, vaulting_request_id, at, kind, detail)
     values ($4, $1, $2, $7, 'buyer.asked', $8)
   )
   insert into buyer_step (id, about, merchant_id, vaulting_request_id, redirect_url, networks, created_at)
   values ($3, $4, $1, $2, $5, $6::text[], $7)
   on conflict (id) do update set redirect_url = excluded.redirect_url`,
)

/** Opens the page, or goes on with the one that was open before. */
export async function insertBuyerStep(
  db: Queryable,
  step: {
    about: About
    id: string
    merchantId: string
    requestId: string
    redirectUrl: string
    networks: readonly NetworkId[]
    /** What the buyer is asked for. */
    asks: 'brand' | 'authentication'
    at: number
  },
): Promise<void> {
  const { about, id, merchantId, requestId, redirectUrl, networks, asks, at } = step
  const detail = JSON.stringify(asks === 'brand' ? { for: asks, networks } : { for: asks })
  await db.query(ASK, [merchantId, requestId, id, about, redirectUrl, networks, timestamp(at), detail])
}

const CHOOSE = sql(
  'buyer.choose',
  // The first choice counts; a second one, from another tab or after the back button, changes nothing.
  `with chosen as (
     update buyer_step s set chosen = $4, chosen_at = $5
     where s.id = $3 and s.merchant_id = $1 and s.vaulting_request_id = $2 and s.chosen is null and $4 = any(s.networks)
       and (exists (select from vaulting v where s.about = 'VAULTING' and v.merchant_id = $1
                      and v.vaulting_request_id = $2 and v.state = 'PROCESSING')
         or exists (select from payment p where s.about = 'PAYMENT' and p.id = s.id and p.state = 'PROCESSING'))
     returning s.id, s.about
   ), noted as (
     insert into vaulting_event (about, merchant_id, vaulting_request_id, at, kind, detail)
     select about, $1, $2, $5, 'buyer.chose', $6 from chosen
   )
   select id, pg_notify('${BUYER_CHANNEL}', '') from chosen`,
)

/** Records what the buyer chose, and wakes the process that waits for it. @returns whether this choice counts */
export async function chooseForBuyer(
  db: Queryable,
  step: { id: string; merchantId: string; requestId: string },
  network: string,
  at: number,
): Promise<boolean> {
  const { id, merchantId, requestId } = step
  const detail = JSON.stringify({ network })
  const rows = await db.query(CHOOSE, [merchantId, requestId, id, network, timestamp(at), detail])
  return rows.length === 1
}
