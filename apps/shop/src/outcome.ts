import type { Attempt, KeptCard } from './cards.js'

/** What became of an attempt, from everything the server has heard. */
export type Outcome =
  | { readonly kind: 'added'; readonly card: KeptCard }
  /** It was added, and the buyer had it deleted. */
  | { readonly kind: 'deleted'; readonly card: KeptCard; readonly at: number }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }
  /** The buyer has something to do on a page of the vault. */
  | { readonly kind: 'asked'; readonly buyerUrl: string }
  | { readonly kind: 'unknown' }

/** The three sources agree once they are final, so the first that is final counts. */
export function outcomeOf({ answer, notification, inquiry, deletedAt }: Attempt): Outcome {
  const card = [notification, inquiry, answer].find(said => said?.card)?.card
  if (card) return deletedAt === undefined ? { kind: 'added', card } : { kind: 'deleted', card, at: deletedAt }
  if (notification) return failed(notification)
  if (inquiry?.vaultingStatus === 'FAIL') return failed(inquiry)
  if (answer?.status === 'F') return failed(answer)
  // The inquiry is the newer of the two.
  const buyerUrl = (inquiry ?? answer)?.buyerUrl
  if (buyerUrl !== undefined) return { kind: 'asked', buyerUrl }
  return { kind: 'unknown' }
}

/** The cards that can be paid with, newest first. */
export function usableCards(attempts: readonly Attempt[]): { id: string; card: KeptCard }[] {
  return attempts.flatMap(attempt => {
    const outcome = outcomeOf(attempt)
    return outcome.kind === 'added' ? [{ id: attempt.vaultingRequestId, card: outcome.card }] : []
  })
}

const failed = ({ code, message }: { code: string; message: string }): Outcome => ({ kind: 'failed', code, message })

/** A refused call begins no vaulting, and so nothing will be notified. */
export const wasRefused = ({ answer, inquiry }: Attempt): boolean =>
  answer?.status === 'F' && inquiry?.vaultingStatus === 'NOT_KNOWN'

/** Longer than the vault may take to settle what its issuer left open. */
const waitingMs = 90_000

/** A buyer has so long on the page of the vault. */
const buyerMs = 15 * 60_000

/**
 * Whether something is still to come that is worth reloading the page for.
 * @param cameBack  whether the buyer comes from the page of the vault, so that the end may be a moment away
 */
export function isWaiting(attempt: Attempt, now: number, cameBack: boolean): boolean {
  if (attempt.notification || attempt.deletedAt !== undefined || wasRefused(attempt)) return false
  const isAsked = outcomeOf(attempt).kind === 'asked'
  if (isAsked && !cameBack) return false
  return now - attempt.askedAt < (cameBack ? buyerMs : 0) + waitingMs
}
