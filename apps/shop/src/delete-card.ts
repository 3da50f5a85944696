import { VaultError } from '@coffer/sdk'
import type { KeptCard } from './cards.js'
import { stateOf } from './renew.js'
import type { Shop } from './shop.js'
import { isLive } from './subscription-state.js'

const callOptions = { timeoutMs: 8_000 }

/** What stands between a buyer and a deleted card: a sentence with a remedy, and the code for those who look after it. */
export interface DeleteProblem {
  readonly text: string
  readonly code: string
}

/** Codes with which the vault says that the shop itself is set up wrongly. */
const ourFault: ReadonlySet<string> = new Set([
  ...['SIGNATURE_INVALID', 'KEY_NOT_FOUND', 'UNKNOWN_CLIENT', 'INVALID_CLIENT_STATUS', 'ACCESS_DENIED', 'INVALID_API'],
])

/**
 * Has the vault erase a card, and then forgets its token. A card that the vault does not have any more is deleted: what
 * was asked for is so.
 * @returns what went wrong; then the card stays in the list, and deleting it again does no harm
 */
export async function deleteCard(shop: Shop, id: string, card: KeptCard): Promise<DeleteProblem | undefined> {
  const { client, cards, log } = shop
  try {
    const { status, code } = await client.deleteToken({ token: card.cardToken }, callOptions)
    if (status !== 'S' && code !== 'TOKEN_NOT_EXIST') {
      log('warn', 'the vault did not delete a card', { vaultingRequestId: id, code })
      return { code, text: ourFault.has(code) ? OUR_FAULT : NOT_NOW }
    }
  } catch (error) {
    if (!(error instanceof VaultError)) throw error
    log('warn', 'deleting a card had no answer that could be used', { vaultingRequestId: id, code: error.code })
    return { code: error.code, text: NO_ANSWER }
  }
  await cards.learn(id, { deletedAt: shop.now() })
  await endSubscriptions(shop, id)
  return undefined
}

const OUR_FAULT =
  'This is our fault, not yours: the shop is not set up rightly, and the card is still here. Tell us, and try again later.'
const NOT_NOW = 'The vault did not delete the card now. It is still here: try again in a moment.'
const NO_ANSWER =
  'The vault did not answer, so we do not know whether the card is deleted. Delete it again: if it is gone already, ' +
  'that does no harm.'

async function endSubscriptions(shop: Shop, cardId: string): Promise<void> {
  for (const subscription of shop.subscriptions.all()) {
    if (subscription.cardId !== cardId || !isLive(stateOf(shop, subscription))) continue
    await shop.subscriptions.learn(subscription.id, { cardLostAt: shop.now() })
  }
}
