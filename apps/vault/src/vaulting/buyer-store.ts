/** The SQL of buyers' pages, and of what is chosen there: which of a card's networks to use. */
import type { NetworkId } from '../card-data/index.js'
import { type Queryable, sql, timestamp } from '../platform/database.js'
import { BUYER_CHANNEL } from '../three-ds/authentications-across-merchants.js'

const ASK = sql(
  'buyer.ask',
  `with waiting as (
     update vaulting set awaits_buyer = true
     where merchant_id = $1 and vaulting_request_id = $2 and state = 'PROCESSING' and asked_at is null and holder = $4
     returning id
   ), noted as (
     insert into vaulting_event (merchant_id, vaulting_request_id, at, kind, detail)
     select $1, $2, $7, 'buyer.asked', $8 from waiting
   )
   insert into buyer_step (id, merchant_id, vaulting_request_id, redirect_url, networks, created_at)
   select $3, $1, $2, $5, $6::text[], $7 from waiting
   on conflict (id) do update set redirect_url = excluded.redirect_url
   returning id`,
)

/**
 * Opens the page, or goes on with the one that was open before.
 * @returns false when this process does not hold the vaulting any more
 */
export async function insertBuyerStep(
  db: Queryable,
  step: {
    id: string
    merchantId: string
    vaultingRequestId: string
    holder: string
    redirectUrl: string
    networks: readonly NetworkId[]
    /** What the buyer is asked for. */
    asks: 'brand' | 'authentication'
    at: number
  },
): Promise<boolean> {
  const { id, merchantId, vaultingRequestId, holder, redirectUrl, networks, asks, at } = step
  const detail = JSON.stringify(asks === 'brand' ? { for: asks, networks } : { for: asks })
  const params = [merchantId, vaultingRequestId, id, holder, redirectUrl, networks, timestamp(at), detail]
  return (await db.query(ASK, params)).length === 1
}

const CHOOSE = sql(
  'buyer.choose',
  // The first choice counts; a second one, from another tab or after the back button, changes nothing.
  `with chosen as (
     update buyer_step s set chosen = $4, chosen_at = $5
     from vaulting v
     where s.id = $3 and s.merchant_id = $1 and s.vaulting_request_id = $2 and s.chosen is null and $4 = any(s.networks)
       and v.merchant_id = $1 and v.vaulting_request_id = $2 and v.state = 'PROCESSING'
     returning s.id
   ), noted as (
     insert into vaulting_event (merchant_id, vaulting_request_id, at, kind, detail)
     select $1, $2, $5, 'buyer.chose', $6 from chosen
   )
   select id, pg_notify('${BUYER_CHANNEL}', '') from chosen`,
)

/** Records what the buyer chose, and wakes the process that waits for it. @returns whether this choice counts */
export async function chooseForBuyer(
  db: Queryable,
  step: { id: string; merchantId: string; vaultingRequestId: string },
  network: string,
  at: number,
): Promise<boolean> {
  const { id, merchantId, vaultingRequestId } = step
  const detail = JSON.stringify({ network })
  const rows = await db.query(CHOOSE, [merchantId, vaultingRequestId, id, network, timestamp(at), detail])
  return rows.length === 1
}
