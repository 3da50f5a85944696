/** What is kept, sealed, about the holder of a stored card beside its number. */
import type { Address, UserName } from '@coffer/antom'
import type { CardData, Expiry } from '../card-data/index.js'

/** The fields of the card as its merchant gave them; more may be there than is named here, and stays. */
export interface Holder {
  cardholderName?: UserName
  payerEmail?: string
  billingAddress?: Address
  merchantAccountId?: string
  /** Given since by updateToken. The answer of the vaulting keeps the expiry that it was made with. */
  expiry?: Expiry
}

/** What is kept about the holder of a card; nothing was given, nothing is there. */
export async function openHolder(
  cards: CardData,
  card: { id: string; merchantId: string; holder: Buffer | undefined },
): Promise<Holder> {
  return card.holder ? ((await cards.openHolder(card.merchantId, card.id, card.holder)) as Holder) : {}
}

/**
 * Whether a call about a token means an account that the token does not belong to. A card that was stored for one
 * account of a merchant is for that alone; who names none, or stored it without one, means the merchant.
 */
export const isOfAnotherAccount = (holder: Holder, merchantAccountId: string | undefined) =>
  merchantAccountId !== undefined &&
  holder.merchantAccountId !== undefined &&
  holder.merchantAccountId !== merchantAccountId
