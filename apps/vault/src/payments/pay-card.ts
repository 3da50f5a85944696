/** The card that a payment charges: that of a token, that of a nonce, or one that comes with the call. */
import type { CardBrand, FieldProblem, StoredCard } from '@coffer/antom'
import type { Cvv, Expiry, Pan, StoredPan } from '../card-data/index.js'
import { chooseNetwork, type NetworkAnswer } from '../cards/choose-network.js'
import { strictProblem } from '../cards/country-rules.js'
import { brandFor, isEea } from '../cards/networks.js'
import type { RefusalOf } from '../handle.js'
import { isOfAnotherAccount, openHolder } from '../tokens/holder.js'
import { findStoredCard, type KeptCard } from '../tokens/token-store.js'
import type { PayCall } from './pay-call.js'

/** Why there is no card to charge. */
export interface NoCard {
  kind: 'refused'
  code: RefusalOf<'pay'>
  problem?: FieldProblem
}

/** A card to charge. Its number is a handle that came with the call, or is opened when the payment is claimed. */
export type PayCard =
  | { kind: 'given'; pan: Pan; cvv2: Cvv | undefined; expiry: Expiry; holder: object | undefined }
  | {
      kind: 'kept'
      use: 'TOKEN' | 'NONCE'
      card: KeptCard
      /** Of a token: the card as its vaulting was answered. */
      stored: StoredCard | undefined
      holder: PayHolder
      cvv2: Cvv | undefined
    }

/** What is kept of the holder and serves the payment. */
interface PayHolder {
  payerEmail?: string
  [more: string]: unknown
}

const META = 'paymentMethod.paymentMethodMetaData'

/** Finds the card of a call. A token is told to be unknown, another merchant's, deleted or used in the same words. */
export async function cardOf({ request, merchant, system }: PayCall): Promise<PayCard | NoCard> {
  const { cards, clock, db } = system
  const { paymentMethodId, paymentMethodMetaData: meta } = request.paymentMethod
  const illegal = (path: string, rule: string): NoCard => ({
    kind: 'refused',
    code: 'PARAM_ILLEGAL',
    problem: { path, rule },
  })
  if (paymentMethodId !== undefined) {
    if (meta?.cardNo) return illegal(`${META}.cardNo`, 'must not be given together with paymentMethodId')
    const card = await findStoredCard(db, merchant.id, cards.tokenLookup(merchant.id, paymentMethodId), clock.now())
    if (!card) return { kind: 'refused', code: 'INVALID_PAYMENT_METHOD_META_DATA' }
    const kept = await openHolder(cards, card)
    if (isOfAnotherAccount(kept, request.merchantAccountId)) {
      return { kind: 'refused', code: 'INVALID_PAYMENT_METHOD_META_DATA' }
    }
    const holder = kept as PayHolder
    const stored = card.token && ((await cards.openJson(merchant.id, 'token', card.id, card.token)) as StoredCard)
    return { kind: 'kept', use: card.use, card, stored, holder, cvv2: meta?.cvv }
  }
  if (!meta?.cardNo) return illegal('paymentMethod.paymentMethodId', 'is required, unless a card is given')
  const { cardNo: pan, expiryYear, expiryMonth } = meta
  if (expiryYear === undefined) return illegal(`${META}.expiryYear`, 'is required')
  if (expiryMonth === undefined) return illegal(`${META}.expiryMonth`, 'is required')
  if (pan.problem !== undefined) return illegal(`${META}.cardNo`, pan.problem)
  if (merchant.strict) {
    const problem = strictProblem(pan.facts?.issuingCountry, { ...meta, expiryYear })
    if (problem) return illegal(problem.path.replace('paymentMethodDetail.card', META), problem.rule)
  }
  return {
    kind: 'given',
    pan,
    cvv2: meta.cvv,
    expiry: { year: expiryYear.slice(-2), month: expiryMonth },
    holder: holderOf(meta),
  }
}

/** The number of a kept card, as a handle; its opening is on record then. */
export function openKept({ system }: PayCall, { id, merchantId, tokenLookup, pan }: KeptCard) {
  const sealed: StoredPan = { id, merchantId, tokenLookup, pan }
  const opening = { actor: 'serve', reason: 'payment with a stored card' }
  return system.db.transaction(tx => system.cards.openCard(tx, sealed, opening))
}

/**
 * The network of a card that is charged. A token goes over the network that was chosen when it was stored, for ever; of
 * any other card it is chosen as when a card is vaulted.
 */
export function networkOf(call: PayCall, card: PayCard, pan: Pan | undefined): NetworkAnswer {
  const { request, merchant, system } = call
  const { selectedCardBrand, recurringType } = request.paymentMethod.paymentMethodMetaData ?? {}
  if (card.kind === 'kept' && card.use === 'TOKEN') {
    const network = card.card.network && brandFor(card.card.network)
    // The .NET SDK always sends a brand, AMEX unless set: that is no statement about another card.
    if (selectedCardBrand && selectedCardBrand !== network && selectedCardBrand !== 'AMEX')
      return { kind: 'not on the card' }
    if (!network || !system.acquirers.networks.has(network)) return { kind: 'not supported' }
    return { kind: 'chosen', network, by: 'ONLY' }
  }
  return chooseNetwork({
    facts: pan?.facts,
    selectedCardBrand,
    // What was selected with the nonce holds, unless the payment says otherwise.
    brand: card.kind === 'kept' ? selectedWith(card.card) : undefined,
    buyerIsAbsent: Boolean(recurringType),
    merchantInEea: isEea(request.merchantRegion ?? merchant.region),
    usable: system.acquirers.networks,
  })
}

function selectedWith({ network, networkChosenBy }: KeptCard): CardBrand | undefined {
  return networkChosenBy === 'MERCHANT' && network ? brandFor(network) : undefined
}

/** What is kept about the holder, should the card be stored. */
function holderOf(meta: object): object | undefined {
  const names = ['cardholderName', 'billingAddress', 'payerEmail', 'cpf', 'dateOfBirth', 'businessNo'] as const
  const given = names.flatMap(name => {
    const value = (meta as Record<string, unknown>)[name]
    return value === undefined ? [] : [[name, value]]
  })
  return given.length ? Object.fromEntries(given) : undefined
}
