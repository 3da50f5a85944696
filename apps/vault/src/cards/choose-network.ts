/** Which network a card is charged over, where the card has several. Pure: the same question has the same answer. */
import type { CardBrand } from '@coffer/antom'
import type { CardFacts, NetworkId } from '../card-data/index.js'
import { brandFor, isEea } from './networks.js'

/** What the choice depends on. */
export interface NetworkQuestion {
  /** `undefined`: no known range has such numbers. */
  readonly facts: CardFacts | undefined
  readonly selectedCardBrand?: CardBrand | undefined
  /** The older name of the field in a request; or what was selected before, with a nonce. */
  readonly brand?: CardBrand | undefined
  /** Whether the merchant is in the European Economic Area. */
  readonly merchantInEea: boolean
  /** Whether nobody can be asked: the merchant charges the card by itself. */
  readonly buyerIsAbsent?: boolean
  /** The networks that some acquirer is configured for. */
  readonly usable: ReadonlySet<NetworkId>
}

/** How a network came to be chosen without asking the buyer. */
export type ChosenBy = 'MERCHANT' | 'DEFAULT' | 'ONLY'

export type NetworkAnswer =
  | { readonly kind: 'chosen'; readonly network: CardBrand; readonly by: ChosenBy }
  /** The brand that was selected cannot be had with this card: SELECTED_CARD_BRAND_NOT_AVAILABLE. */
  | { readonly kind: 'not on the card' }
  /** The buyer has to say which, in the issuer's order. */
  | { readonly kind: 'ask'; readonly networks: readonly [CardBrand, CardBrand, ...CardBrand[]] }
  | { readonly kind: 'not supported' }

/**
 * Chooses the network of a card.
 *
 * - A local scheme has no name on this wire, so it can be neither selected nor offered. What can be chosen are the
 *   networks of the card that are brands of the wire and that an acquirer is configured for.
 * - A card with one network is charged over that, whatever is selected: the .NET SDK always sends a brand, `AMEX` unless
 *   set, so on such a card the field says nothing.
 * - A card with several networks is co-badged even if only one of them can be chosen. Visa with Dankort and Mastercard
 *   selected is a mistake of the merchant, and is refused. `AMEX` on a co-badged card without Amex counts as absent, for
 *   the same SDK.
 * - A selected brand that is on the card, while no acquirer has it, is refused as well. Charging the other network would
 *   disregard the choice, and a failed vaulting would use up the id of a request that can be corrected.
 * - `brand` is the deprecated name of the same statement. It counts where it fits and nothing fitting was selected; where
 *   it does not fit it says nothing.
 * - Nothing said, and more than one network to choose from: in the EEA, be it the card's issuer or the merchant, the
 *   buyer must be able to choose and is asked (Regulation (EU) 2015/751, Article 8(6)); elsewhere, and
 *   where the buyer is not there, the first that is usable, in the issuer's order.
 * Source: Antom › vaultPaymentMethod › Co-badged cards.
 */
export function chooseNetwork(question: NetworkQuestion): NetworkAnswer {
  const { facts, merchantInEea, buyerIsAbsent, usable } = question
  if (!facts) return { kind: 'not supported' }
  const brands = facts.networks.map(brandFor).filter(brand => brand !== undefined)
  const choosable = brands.filter(brand => usable.has(brand))
  const [first, second, ...others] = choosable

  if (facts.networks.length === 1) {
    return first === undefined ? { kind: 'not supported' } : { kind: 'chosen', network: first, by: 'ONLY' }
  }
  const statement = statementOf(question, brands)
  if (statement && !brands.includes(statement)) return { kind: 'not on the card' }
  if (first === undefined) return { kind: 'not supported' }
  if (statement) {
    return choosable.includes(statement)
      ? { kind: 'chosen', network: statement, by: 'MERCHANT' }
      : { kind: 'not on the card' }
  }
  if (second === undefined) return { kind: 'chosen', network: first, by: 'ONLY' }
  return !buyerIsAbsent && (merchantInEea || isEea(facts.issuingCountry))
    ? { kind: 'ask', networks: [first, second, ...others] }
    : { kind: 'chosen', network: first, by: 'DEFAULT' }
}

/** The brand that the merchant speaks of, if it speaks of any. */
function statementOf({ selectedCardBrand, brand }: NetworkQuestion, onCard: readonly CardBrand[]) {
  const selected = selectedCardBrand === 'AMEX' && !onCard.includes('AMEX') ? undefined : selectedCardBrand
  return selected ?? (brand && onCard.includes(brand) ? brand : undefined)
}
