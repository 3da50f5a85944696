/**
 * Takes back an approval that nothing will be made of: it came when its question was being taken back already, or came
 * with a CVV that did not match. What an issuer approved must not stand when the merchant was told that it failed.
 */
import type { Expiry, Pan, SealedCard } from '../card-data/index.js'
import type { MessageReference } from '../issuer/connector.js'
import { type Queryable, sql, timestamp } from '../platform/database.js'
import type { System } from '../system.js'
import type { RunningVaulting } from './vaulting.js'

const REOPEN = sql(
  'issuer-message.reopen',
  // The card may have gone with the outcome; it is needed again until the reversal is acknowledged.
  `with message as (
     insert into issuer_message (id, merchant_id, vaulting_request_id, acquirer, network, currency, reference, state,
                                 asked_at, reversal_reference, due_at)
     values ($1, $2, $3, $4, $5, $6, $7, 'REVERSING', $8, '{}', $9)
     on conflict (id) do update set due_at = least(issuer_message.due_at, excluded.due_at)
     returning id
   ), noted as (
     insert into vaulting_event (merchant_id, vaulting_request_id, at, kind, detail)
     select $2, $3, $9, 'issuer.approval-not-used', $10 from message
   )
   insert into sealed_card (id, merchant_id, brand, last_four, token_lookup, fingerprint, pan_sealed, pan_dek_id,
                            created_at)
   select $1, $2, $5, $11, $12, $13, $14, $15, $9 from message
   on conflict (id) do nothing`,
)

/** What was asked, so that it can be taken back. */
export interface Approved {
  pan: Pan
  expiry: Expiry
  acquirer: string
  network: string
  currency: string
  reference: MessageReference
  askedAt: number
  raw: string
}

export async function takeBackApproval(system: System, vaulting: RunningVaulting, approved: Approved): Promise<void> {
  const { cards, clock, db, log } = system
  const { id, merchantId, vaultingRequestId } = vaulting
  const { pan, expiry } = approved
  // Bound to a token that nobody has.
  const card = await cards.sealCard({ id, merchantId, token: cards.newToken(), pan, expiry }, undefined)
  await reopen(db, vaulting, approved, card, clock.now())
  log.warn('issuer.approval-not-used', { merchantId, vaultingRequestId, cause: `answered ${approved.raw}` })
}

async function reopen(db: Queryable, vaulting: RunningVaulting, approved: Approved, card: SealedCard, now: number) {
  const { id, merchantId, vaultingRequestId } = vaulting
  const { acquirer, network, currency, reference, askedAt, raw } = approved
  await db.query(REOPEN, [
    id,
    merchantId,
    vaultingRequestId,
    acquirer,
    network,
    currency,
    JSON.stringify(reference),
    timestamp(askedAt),
    timestamp(now),
    JSON.stringify({ responseCode: raw }),
    card.lastFour,
    card.tokenLookup,
    card.fingerprint,
    card.pan,
    card.panDekId,
  ])
}
