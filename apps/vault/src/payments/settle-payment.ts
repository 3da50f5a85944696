/** What becomes of payments that nobody finished, and of authorisations that nobody captured. */
import { newId } from '../platform/ids.js'
import type { System } from '../system.js'
import { closeAuthentications } from '../three-ds/authentications-across-merchants.js'
import { stopWaiting } from '../vaulting/unanswered-across-merchants.js'
import { concludePayment } from './conclude-payment.js'
import { expiredAuthorisations } from './expired-across-merchants.js'
import { releaseAuthorisation } from './operation-store.js'
import { failedPayment } from './payment.js'
import { findPayment } from './payment-store.js'

/** What a payment ends as whose issuer gave no answer. */
export const NO_ANSWER = failedPayment(
  'PROCESS_FAIL',
  'The issuer gave no answer that could be relied on, and nothing is charged. Use a new id.',
)

/**
 * Settles a payment whose deadline has come, or whose buyer's CVV is lost.
 * @param asked  whether its issuer may have been asked
 */
export async function settlePayment(
  system: System,
  merchantId: string,
  paymentRequestId: string,
  asked: boolean,
): Promise<void> {
  const found = await findPayment(system.db, system.cards, merchantId, { paymentRequestId })
  if (found?.payment.state !== 'PROCESSING') return
  const { payment } = found
  if (asked) await stopWaiting(system.db, payment.id, system.clock.now())
  const outcome = asked ? NO_ANSWER : failedPayment('ORDER_IS_CLOSED')
  await concludePayment(system, payment, outcome, { ground: asked ? 'REVERSING' : 'UNASKED' })
  await closeAuthentications(system.db, payment.id)
  system.log.warn('payment.swept', { merchantId, paymentRequestId })
}

/** Its issuer has taken the question back, or has not got it: the payment fails, where it has not already. */
export async function failPayment(system: System, merchantId: string, paymentRequestId: string): Promise<void> {
  const found = await findPayment(system.db, system.cards, merchantId, { paymentRequestId })
  if (found?.payment.state !== 'PROCESSING') return
  await concludePayment(system, found.payment, NO_ANSWER, { ground: 'REVERSING' })
}

const BATCH = 50

/** One turn: gives up authorisations whose time is over. @returns whether there may be more */
export async function releaseExpired(system: System): Promise<boolean> {
  const { clock, db, random } = system
  const acquirers = system.acquirers.state().map(({ id }) => id)
  const expired = await expiredAuthorisations(db, clock.now(), BATCH, acquirers)
  for (const { id, merchantId, acquirer } of expired) {
    const at = clock.now()
    const connector = system.acquirers.byId(acquirer)
    if (!connector) continue
    const advice = { id: newId(at, random.bytes(16)), reference: await connector.prepare() }
    await releaseAuthorisation(db, { id, merchantId }, 'EXPIRY', advice, at)
  }
  return expired.length === BATCH
}
