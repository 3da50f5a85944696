import { type StoredCard, VaultError, type VaultPaymentMethodRequest } from '@coffer/sdk'
import type { TypedCard } from './card-form.js'
import type { KeptCard } from './cards.js'
import type { Shop } from './shop.js'

/** The buyer's device, as far as its request tells. */
export type Env = VaultPaymentMethodRequest['env']

/** A buyer waits for this: one repeat at most, and both attempts within the patience of a browser. */
const callOptions = { timeoutMs: 12_000, maxRetries: 1 }

/**
 * Sends a card to the vault, under a new id. Everything that may happen is noted with the attempt; nothing here keeps
 * or logs the card itself.
 * @returns the id of the attempt, whatever came of it
 */
export async function addCard(shop: Shop, card: TypedCard, env: Env): Promise<string> {
  const { client, cards, log } = shop
  // 1. Every attempt has an id of its own, stored before the call: after a crash the vault can still be asked.
  const vaultingRequestId = shop.newId()
  await cards.begin(vaultingRequestId, shop.now())

  // 2. The call. A card that is not accepted is a result; an error means that we do not know.
  try {
    const result = await client.vaultPaymentMethod(
      {
        vaultingRequestId,
        vaultingNotificationUrl: `${shop.url}/notify`,
        redirectUrl: `${shop.url}/cards/${vaultingRequestId}`,
        paymentMethodDetail: { paymentMethodType: 'CARD', card },
        env,
      },
      callOptions,
    )
    const { status, code, message } = result
    const more =
      result.status === 'S' ? { card: keptCard(result.card) } : result.status === 'U' ? buyerUrlOf(result) : {}
    await cards.learn(vaultingRequestId, { answer: { at: shop.now(), status, code, message, ...more } })
    if (status !== 'S' && result.hint)
      log('warn', 'the vault refused the call', { vaultingRequestId, code, hint: result.hint })
  } catch (error) {
    if (!(error instanceof VaultError)) throw error
    log('warn', 'no answer that could be used', { vaultingRequestId, code: error.code })
    await cards.learn(vaultingRequestId, { noAnswer: { at: shop.now(), code: error.code } })
  }
  return vaultingRequestId
}

/** Where the buyer has something to do, as long as the vault says so: choose a brand, show the bank that it is he. */
export function buyerUrlOf({ normalUrl }: { readonly normalUrl?: string }): { buyerUrl?: string } {
  return normalUrl === undefined ? {} : { buyerUrl: normalUrl }
}

/** What the shop keeps of a card: the token to pay with, and what a buyer may see. */
export function keptCard({ cardToken, brand, maskedCardNo, expiryMonth, expiryYear }: StoredCard): KeptCard {
  return {
    cardToken,
    brand,
    maskedCardNo,
    ...(expiryMonth && expiryYear ? { expiryMonth, expiryYear } : {}),
  }
}

/** Where the buyer is: `WEB` for a browser on a computer, `WAP` for one on a phone. */
export function envOf(userAgent: string, clientIp: string): Env {
  const osType = /iPhone|iPad|iPod/.test(userAgent) ? 'IOS' : /Android/.test(userAgent) ? 'ANDROID' : undefined
  return osType ? { terminalType: 'WAP', osType, clientIp } : { terminalType: 'WEB', clientIp }
}
