import { monthlyCoffee } from './catalogue.js'
import { inquirePayment } from './inquire-payment.js'
import { outcomeOf } from './outcome.js'
import { type AtHand, pay } from './pay.js'
import { paymentOutcomeOf } from './payment-outcome.js'
import type { Payment } from './payments.js'
import type { Shop } from './shop.js'
import { chargeId, type Due, isLive, type SubscriptionState, subscriptionStateOf } from './subscription-state.js'
import type { Subscription } from './subscriptions.js'

export const stateOf = ({ payments }: Shop, subscription: Subscription): SubscriptionState =>
  subscriptionStateOf(subscription, payments.ofSubscription(subscription.id))

/** The subscription that goes on by itself; there is one at most. */
export const liveSubscription = (shop: Shop): Subscription | undefined =>
  shop.subscriptions.all().find(one => isLive(stateOf(shop, one)))

/** The first month, which the buyer pays in person: what the later ones refer to. */
export async function beginSubscription(
  shop: Shop,
  { id, cardId, threeDS }: { id: string; cardId: string; threeDS: boolean },
  atHand: AtHand,
): Promise<Payment | undefined> {
  const beganAt = await shop.calendar.now()
  if (liveSubscription(shop)) return undefined
  const subscription = { id, cardId, beganAt }
  if (!(await shop.subscriptions.begin(subscription))) return undefined
  return charge(shop, subscription, { period: 0, attempt: 1, dueAt: beganAt }, { atHand, threeDS })
}

/**
 * Charges what is due, each month once: of a charge that is noted already the outcome is asked for instead.
 * Call it as often as you like. @throws CalendarSilent
 */
export async function renewDue(shop: Shop): Promise<void> {
  for (const subscription of shop.subscriptions.all()) {
    if (!isLive(stateOf(shop, subscription))) continue
    const today = await shop.calendar.now()
    for (;;) {
      const state = stateOf(shop, subscription)
      const open = state.kind === 'open' || state.kind === 'beginning' ? shop.payments.find(state.paymentId) : undefined
      if (open && (await settle(shop, open))) continue
      if ((state.kind !== 'active' && state.kind !== 'retrying') || state.next.dueAt > today) break
      if (!(await charge(shop, subscription, { ...state.next, dueAt: today }))) break
    }
  }
}

/**
 * Asks what became of a charge that has no end. Where the vault says that a renewal never arrived, it is sent again with
 * its id; a first payment waits for its buyer.
 */
async function settle(shop: Shop, payment: Payment): Promise<boolean> {
  await inquirePayment(shop, payment)
  const now = shop.payments.find(payment.id)
  const isLost = now?.inquiry?.paymentStatus === 'NOT_KNOWN' && now.answer === undefined
  if (now && isLost && now.charge?.period !== 0) await pay(shop, now)
  return isDecided(shop, payment.id)
}

/** @returns the payment, unless somebody else has just begun this charge */
async function charge(
  shop: Shop,
  { id, cardId }: Subscription,
  { period, attempt, dueAt }: Due,
  { atHand = {}, threeDS = false }: { atHand?: AtHand; threeDS?: boolean } = {},
): Promise<Payment | undefined> {
  const attemptOfCard = shop.cards.find(cardId)
  const card = attemptOfCard && outcomeOf(attemptOfCard)
  if (card?.kind !== 'added') return undefined
  const payment: Payment = {
    id: chargeId(id, { period, attempt }),
    cardId,
    brand: card.card.brand,
    maskedCardNo: card.card.maskedCardNo,
    what: monthlyCoffee.name,
    amount: monthlyCoffee.price,
    how: 'sale',
    ...(threeDS && { threeDS }),
    charge: { subscriptionId: id, period, attempt, date: dueAt },
    askedAt: shop.now(),
    operations: [],
  }
  if (!(await shop.payments.begin(payment))) return undefined
  await pay(shop, payment, atHand)
  return shop.payments.find(payment.id)
}

function isDecided({ payments }: Shop, id: string): boolean {
  const payment = payments.find(id)
  const kind = payment && paymentOutcomeOf(payment).kind
  return kind === 'paid' || kind === 'failed'
}
