import type { Amount } from '@coffer/sdk'
import { isNothing, lessOf, sumOf } from './money.js'
import type { BankFacts, Operation, Payment } from './payments.js'

/** What became of a payment, from everything the server has heard. */
export type PaymentOutcome =
  | { readonly kind: 'paid' | 'reserved' | 'cancelled' }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }
  /** The buyer has something to do on a page of the vault. */
  | { readonly kind: 'asked'; readonly buyerUrl: string }
  | { readonly kind: 'unknown' }

/** The sources agree once they are final, so the first that is final counts. */
export function paymentOutcomeOf(payment: Payment): PaymentOutcome {
  const { answer, notification, inquiry, how, operations } = payment
  const isCancelled = operations.some(one => one.kind === 'cancel' && operationOutcomeOf(one) === 'done')
  if (isCancelled || inquiry?.paymentStatus === 'CANCELLED') return { kind: 'cancelled' }
  if ([notification?.status, answer?.status].includes('S') || inquiry?.paymentStatus === 'SUCCESS') {
    return { kind: how === 'sale' || isNothing(capturesOf(payment).left) ? 'paid' : 'reserved' }
  }
  const no =
    notification ??
    (inquiry?.paymentStatus === 'FAIL' ? inquiry : undefined) ??
    (answer?.status === 'F' ? answer : undefined)
  if (no) return { kind: 'failed', code: no.code, message: no.message }
  // The inquiry is the newer of the two.
  const buyerUrl = (inquiry?.buyerUrl ? inquiry : answer)?.buyerUrl
  return buyerUrl === undefined ? { kind: 'unknown' } : { kind: 'asked', buyerUrl }
}

/** What became of an operation: done, refused, or nobody can say yet. */
export function operationOutcomeOf({ answer, notification, inquiry }: Operation): 'done' | 'refused' | 'open' {
  const final = [notification, inquiry, answer].find(said => said && said.status !== 'U')
  if (!final) return 'open'
  return final.status === 'S' ? 'done' : 'refused'
}

/** What the bank told, from whichever source told it. */
export function bankFactsOf({ answer, notification, inquiry }: Payment): BankFacts {
  return { ...facts(inquiry), ...facts(answer), ...facts(notification) }
}

function facts(said: BankFacts | undefined): BankFacts {
  const { networkTransactionId, refusalCodeRaw, merchantAdviceCode, eci, authExpiryTime } = said ?? {}
  return {
    ...(networkTransactionId !== undefined && { networkTransactionId }),
    ...(refusalCodeRaw !== undefined && { refusalCodeRaw }),
    ...(merchantAdviceCode !== undefined && { merchantAdviceCode }),
    ...(eci !== undefined && { eci }),
    ...(authExpiryTime !== undefined && { authExpiryTime }),
  }
}

/** The books of one payment. */
export interface Sums {
  readonly authorised: Amount
  readonly captured: Amount
  readonly refunded: Amount
  /** What can still be captured, and what can still be given back. */
  readonly toCapture: Amount
  readonly toRefund: Amount
}

/** Only what is certain counts; what is asked for and not answered yet is in none of them. */
export function sumsOf(payment: Payment): Sums {
  const { amount, how } = payment
  const { kind } = paymentOutcomeOf(payment)
  const nothing: Amount = { ...amount, value: '0' }
  if (kind !== 'paid' && kind !== 'reserved') {
    return { authorised: nothing, captured: nothing, refunded: nothing, toCapture: nothing, toRefund: nothing }
  }
  const { captured, left } = how === 'sale' ? { captured: amount, left: nothing } : capturesOf(payment)
  const refunded = moved(payment, 'refund')
  return { authorised: amount, captured, refunded, toCapture: left, toRefund: lessOf(captured, refunded) }
}

/** What was captured by calls, and what can still be: nothing behind the last one. */
function capturesOf(payment: Payment): { captured: Amount; left: Amount } {
  const { amount, operations } = payment
  const captured = moved(payment, 'capture')
  const isOver = operations.some(one => one.last && operationOutcomeOf(one) === 'done')
  return { captured, left: isOver ? { ...amount, value: '0' } : lessOf(amount, captured) }
}

const moved = ({ amount, operations }: Payment, kind: Operation['kind']): Amount =>
  sumOf(
    amount.currency,
    operations.filter(one => one.kind === kind && operationOutcomeOf(one) === 'done').flatMap(one => one.amount ?? []),
  )

/** Whether the vault refused the call: then no payment began, and nothing will be notified. */
export const paymentWasRefused = ({ answer, inquiry }: Payment): boolean =>
  answer?.status === 'F' && inquiry?.paymentStatus === 'NOT_KNOWN'

/** Longer than the vault may take to settle what its issuer left open. */
const waitingMs = 90_000
/** A buyer has so long on the page of the vault. */
const buyerMs = 15 * 60_000

/**
 * Whether something is still to come that is worth reloading the page for. Not where there are forms below: nobody likes
 * a page that goes away while they type.
 * @param cameBack  whether the buyer comes from the page of the vault, so that the end may be a moment away
 */
export function paymentIsWaiting(payment: Payment, now: number, cameBack: boolean): boolean {
  const { kind } = paymentOutcomeOf(payment)
  const isSettled = payment.notification !== undefined || paymentWasRefused(payment)
  if (isSettled || kind === 'paid' || kind === 'reserved' || kind === 'cancelled') return false
  if (kind === 'asked' && !cameBack) return false
  return now - payment.askedAt < (cameBack ? buyerMs : 0) + waitingMs
}
