import { VaultError } from '@coffer/sdk'
import { buyerUrlOf, keptCard } from './add-card.js'
import type { Attempt } from './cards.js'
import type { Shop } from './shop.js'

/** A page is waiting for it, and will be loaded again. */
const callOptions = { timeoutMs: 4_000, maxRetries: 0 }

/**
 * Asks the vault what became of an attempt and notes what it says. A final state never changes, so it is asked for once.
 * While the vault cannot be asked, everything stays as it is; the page says so and asks again.
 */
export async function inquire(shop: Shop, attempt: Attempt): Promise<void> {
  const { vaultingRequestId, answer, noAnswer, inquiry } = attempt
  const stillCalling = !answer && !noAnswer && shop.now() - attempt.askedAt < 30_000
  if (stillCalling || isFinal(attempt, inquiry)) return
  try {
    const result = await shop.client.inquireVaulting({ vaultingRequestId }, callOptions)
    const at = shop.now()
    if (result.status === 'S') {
      const { vaultingStatus, vaultingResultCode: code = result.code, vaultingResultMessage: message = '' } = result
      const said = { at, vaultingStatus, code, message }
      const more =
        vaultingStatus === 'SUCCESS'
          ? { card: keptCard(result.card) }
          : vaultingStatus === 'PROCESSING'
            ? buyerUrlOf(result)
            : {}
      await shop.cards.learn(vaultingRequestId, { inquiry: { ...said, ...more } })
    } else if (result.code === 'VAULTING_NOT_EXIST') {
      const { code, message } = result
      await shop.cards.learn(vaultingRequestId, { inquiry: { at, vaultingStatus: 'NOT_KNOWN', code, message } })
    }
  } catch (error) {
    if (!(error instanceof VaultError)) throw error
    shop.log('warn', 'the inquiry had no answer that could be used', { vaultingRequestId, code: error.code })
  }
}

/** That the vault knows nothing of an attempt is final only where it said itself that it refused the call. */
function isFinal({ answer }: Attempt, inquiry: Attempt['inquiry']): boolean {
  if (inquiry?.vaultingStatus === 'NOT_KNOWN') return answer?.status === 'F'
  return inquiry?.vaultingStatus === 'SUCCESS' || inquiry?.vaultingStatus === 'FAIL'
}
