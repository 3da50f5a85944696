/** What a merchant may do with a payment's money, and when. Pure: whoever calls has locked the payment. */
import type { endpoints } from '@coffer/antom'
import type { Operation } from './operation.js'
import type { Payment } from './payment.js'

type Refusal<Name extends 'capture' | 'refund' | 'cancel'> = (typeof endpoints)[Name]['refusals'][number]

/** What was done with the payment's money so far, as far as it is judged. */
type Done = Pick<Operation, 'kind' | 'state' | 'amount'> & Partial<Pick<Operation, 'isDisputed'>>

/** What a capture or a refund asks for; the amount is in the currency's smallest unit. */
export interface Asked {
  amount: bigint
  currency: string
}

/** How much time and how many parts the configuration gives. */
export interface Limits {
  mostCaptures: number
  refundDays: number
  cancelHours: number
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/**
 * Whether more can be captured. What is under way counts as captured, so that no two captures come to too much.
 * @param now  milliseconds since 1970
 * @returns why not
 * Source: Antom › capture.
 */
export function judgeCapture(
  payment: Payment | undefined,
  done: readonly Done[],
  { amount, currency }: Asked,
  now: number,
  { mostCaptures }: Limits,
): Refusal<'capture'> | undefined {
  if (!payment) return 'AUTH_NOT_FOUND'
  if (payment.state === 'CANCELLED') return 'AUTH_CANCELLED'
  if (payment.state !== 'AUTHORISED' || payment.mode !== 'MANUAL') return 'ORDER_STATUS_INVALID'
  const { released } = payment
  if (released?.by === 'EXPIRY' || isExpired(payment, now)) return 'AUTH_EXPIRED'
  if (released) return 'ORDER_STATUS_INVALID'
  if (currency !== payment.currency) return 'CURRENCY_NOT_SUPPORT'
  if (payment.captured + amount > payment.amount) return 'CAPTURE_AMOUNT_EXCEED_AUTH_LIMIT'
  return done.filter(({ kind }) => kind === 'CAPTURE').length >= mostCaptures ? 'PAYMENT_COUNT_EXCEED_LIMIT' : undefined
}

/**
 * Whether more can be given back: no more than was captured for certain, less what was given back or is on its way. What
 * the issuer does not know to be captured it would give back from nothing.
 * @param now  milliseconds since 1970
 * @returns why not
 * Source: Antom › refund.
 */
export function judgeRefund(
  payment: Payment | undefined,
  done: readonly Done[],
  { amount, currency }: Asked,
  now: number,
  { refundDays }: Limits,
): Refusal<'refund'> | undefined {
  if (!payment) return 'ORDER_NOT_EXIST'
  if (payment.state === 'CANCELLED') return 'ORDER_IS_CANCELED'
  if (payment.state === 'FAIL' && payment.code === 'ORDER_IS_CLOSED') return 'ORDER_IS_CLOSED'
  if (payment.state !== 'AUTHORISED') return 'ORDER_STATUS_INVALID'
  if (currency !== payment.currency) return 'CURRENCY_NOT_SUPPORT'
  const captured = done
    .filter(({ kind, state, isDisputed }) => kind === 'CAPTURE' && state === 'SUCCESS' && !isDisputed)
    .reduce((sum, one) => sum + one.amount, 0n)
  if (captured === 0n) return 'ORDER_STATUS_INVALID'
  if (payment.refunded + amount > captured) return 'REFUND_AMOUNT_EXCEED'
  return now >= payment.concludedAt + refundDays * DAY_MS ? 'REFUND_WINDOW_EXCEED' : undefined
}

/**
 * Whether a payment that is not cancelled yet can be.
 * @param now  milliseconds since 1970
 * @returns why not
 * Source: Antom › cancel.
 */
export function judgeCancel(
  payment: Payment,
  done: readonly Done[],
  now: number,
  { cancelHours }: Limits,
): Refusal<'cancel'> | undefined {
  if (payment.state === 'FAIL') return 'ORDER_STATUS_INVALID'
  if (payment.state !== 'AUTHORISED') return undefined
  // What was given back, or may be given back at this moment, cannot be given back once more.
  if (done.some(({ kind, state }) => kind === 'REFUND' && state !== 'FAIL')) return 'PROCESS_FAIL'
  if (payment.captured === 0n) {
    return payment.released !== undefined || isExpired(payment, now) ? 'ORDER_STATUS_INVALID' : undefined
  }
  return now > payment.concludedAt + cancelHours * HOUR_MS ? 'CANCEL_WINDOW_EXCEED' : undefined
}

function isExpired({ expiresAt }: Extract<Payment, { state: 'AUTHORISED' }>, now: number): boolean {
  return expiresAt !== undefined && now >= expiresAt
}
