/** How a subscription stands, from its payments and the date. Pure: a restart comes to the same. */
import { type AfterDecline, afterDecline } from './after-decline.js'
import { bankFactsOf, paymentOutcomeOf } from './payment-outcome.js'
import type { Payment } from './payments.js'
import type { Subscription } from './subscriptions.js'

/** A charge that is to come. */
export interface Due {
  readonly period: number
  readonly attempt: number
  readonly dueAt: number
}

export type SubscriptionState =
  /** The first payment, with the buyer, has no end yet. */
  | { readonly kind: 'beginning'; readonly paymentId: string }
  | { readonly kind: 'not begun'; readonly code: string }
  | { readonly kind: 'active'; readonly next: Due }
  /** The last charge was declined, and is tried again. */
  | { readonly kind: 'retrying'; readonly next: Due; readonly code: string }
  /** Nobody can say yet how the last charge ended. */
  | { readonly kind: 'open'; readonly paymentId: string }
  | { readonly kind: 'ended'; readonly because: Ending; readonly code?: string }
  | { readonly kind: 'cancelled'; readonly at: number }

export type Ending = Exclude<AfterDecline, 'try later'> | 'tried too often' | 'card deleted'

const DAY_MS = 86_400_000

/** A declined renewal is tried again after so long, and so often. */
const retryAfterMs = 3 * DAY_MS
const retriesMax = 3

/** @param payments  those of this subscription, in the order in which they were asked for */
export function subscriptionStateOf(
  { beganAt, cancelledAt, cardLostAt }: Subscription,
  payments: readonly Payment[],
): SubscriptionState {
  if (cancelledAt !== undefined) return { kind: 'cancelled', at: cancelledAt }
  const last = payments.at(-1)
  const charge = last?.charge
  if (!last || !charge) return { kind: 'beginning', paymentId: '' }
  const { period, attempt, date } = charge
  const outcome = paymentOutcomeOf(last)
  if (period === 0 && outcome.kind === 'failed') return { kind: 'not begun', code: outcome.code }
  if (period === 0 && outcome.kind !== 'paid') return { kind: 'beginning', paymentId: last.id }
  if (cardLostAt !== undefined) return { kind: 'ended', because: 'card deleted' }
  if (outcome.kind === 'paid') {
    const next = { period: period + 1, attempt: 1, dueAt: monthsAfter(beganAt, period + 1) }
    return { kind: 'active', next }
  }
  if (outcome.kind !== 'failed') return { kind: 'open', paymentId: last.id }
  const { code, message } = outcome
  const then = afterDecline({ code, message, brand: last.brand, ...bankFactsOf(last) })
  if (then !== 'try later') return { kind: 'ended', because: then, code }
  if (attempt > retriesMax) return { kind: 'ended', because: 'tried too often', code }
  return { kind: 'retrying', code, next: { period, attempt: attempt + 1, dueAt: date + retryAfterMs } }
}

/** Whether it goes on by itself, so that the buyer has no reason to begin another. */
export const isLive = ({ kind }: SubscriptionState): boolean =>
  kind === 'beginning' || kind === 'active' || kind === 'retrying' || kind === 'open'

/**
 * The id of a charge. It follows from the subscription and the month, so that after a crash, or in a second process, the
 * same charge has the same id, and the vault charges once.
 */
export const chargeId = (subscriptionId: string, { period, attempt }: Pick<Due, 'period' | 'attempt'>): string =>
  `${subscriptionId}-m${period}-t${attempt}`

/** The same day so many months later; where that month has no such day, its last. */
export function monthsAfter(time: number, months: number): number {
  const from = new Date(time)
  const first = new Date(time)
  first.setUTCDate(1)
  first.setUTCMonth(first.getUTCMonth() + months)
  const lastDay = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate()
  first.setUTCDate(Math.min(from.getUTCDate(), lastDay))
  return first.getTime()
}
