/** Tells an issuer about an authorisation that it gave: a capture, a refund, a void. */
import type { Expiry, NetworkId, Pan, StoredPan } from '../card-data/index.js'
import type { AdviseOutcome, MessageReference } from '../issuer/connector.js'
import { type Queryable, sql } from '../platform/database.js'
import type { System } from '../system.js'

/** One advice, as its row has it. */
export interface Advice {
  what: 'CAPTURE' | 'REFUND' | 'VOID'
  acquirer: string
  network: string
  merchantId: string
  currency: string
  amount: bigint
  /** Of a partial void: what stays. */
  remaining: bigint | undefined
  original: MessageReference
  sale: boolean
  authCode: string | undefined
  reference: MessageReference
  repeat: boolean
  /** Whether a merchant has called for it and hears the outcome, or Coffer does it and nobody waits. */
  by: 'call' | 'coffer'
  cardId: string
  /** Asked at the last moment: whether it is too late to be the one who tells it, as somebody else may be by now. */
  isLate?: () => boolean
}

const CARD = sql(
  'payment.card-to-tell',
  `select m.name, c.id, c.token_lookup, c.pan_sealed
   from merchant m left join sealed_card c on c.id = $2 and c.merchant_id = m.id and c.pan_sealed is not null
   where m.id = $1`,
)

/** Tells it once. Without its number, where the card is not stored any more: the issuer finds it by its reference. */
export async function tellIssuer(system: System, advice: Advice): Promise<AdviseOutcome> {
  const { cards, db, metrics } = system
  const { what, by, merchantId, cardId, acquirer: acquirerId, network, isLate, ...rest } = advice
  const acquirer = system.acquirers.byId(acquirerId)
  if (!acquirer) return { kind: 'unknown', cause: `no acquirer ${acquirerId} is configured`, sent: false }
  const { name, card } = await cardToTell(db, merchantId, cardId)
  const reason = `${what.toLowerCase()} of a payment`
  const open = card && (await db.transaction(tx => cards.openCard(tx, card, { actor: 'serve', reason })))
  try {
    if (isLate?.()) return { kind: 'unknown', cause: 'too late to be sent', sent: false }
    const merchant = { id: merchantId, name }
    const outcome = await acquirer.advise({
      ...rest,
      what,
      network: network as NetworkId,
      merchant,
      card: handleOf(open),
    })
    metrics.advices.inc({ what, outcome: outcome.kind, by })
    return outcome
  } finally {
    open?.pan.erase()
  }
}

const handleOf = (open: { pan: Pan; expiry: Expiry } | undefined) => open && { pan: open.pan, expiry: open.expiry }

async function cardToTell(
  db: Queryable,
  merchantId: string,
  cardId: string,
): Promise<{ name: string; card: StoredPan | undefined }> {
  const [row] = await db.query(CARD, [merchantId, cardId])
  const pan = row?.['pan_sealed'] as Buffer | null | undefined
  return {
    name: String(row?.['name']),
    card: pan ? { id: cardId, merchantId, tokenLookup: row!['token_lookup'] as Buffer, pan } : undefined,
  }
}
