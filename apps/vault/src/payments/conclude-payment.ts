/** The only way out of PROCESSING: state, what moves by itself, card kept or erased, notification, in one transaction. */
import type { PaymentResultInfo } from '@coffer/antom'
import { nudgeDeliveries } from '../notifications/notification-store.js'
import { after } from '../platform/clock.js'
import { newId } from '../platform/ids.js'
import type { System } from '../system.js'
import type { Authorisation, Payment, PaymentOutcome, RunningPayment } from './payment.js'
import { newOperationId } from './payment-ids.js'
import {
  concludePaymentRow,
  findPayment,
  type PaymentConclusion,
  type PaymentGround,
  sealShown,
} from './payment-store.js'

/** What belongs to an outcome. */
export interface PaymentGrounds {
  ground: PaymentGround
  /** How the issuer was asked, where it approved. */
  authorisation?: Authorisation
  token?: PaymentConclusion['token']
  neverRetry?: string | undefined
  /** Whether what failed is approved at the issuer, and has to be taken back. */
  takeBack?: boolean
  happened?: readonly { at: number; kind: string; detail: object }[]
}

/** An authorisation that nobody captures ends after this. */
const DAY_MS = 86_400_000

/**
 * Concludes a payment that is running.
 * @returns the payment in its final state: this outcome, or the one that somebody else was first with. It still runs when
 *   the ground does not hold any more: an answer that came when its question was being taken back already.
 */
export async function concludePayment(
  system: System,
  payment: RunningPayment,
  outcome: PaymentOutcome,
  grounds: PaymentGrounds,
): Promise<Payment> {
  const { cards, clock, config, db, random } = system
  const { id, merchantId, paymentRequestId, echo, mode } = payment
  const { ground, authorisation, token, neverRetry, takeBack = false, happened = [] } = grounds
  const at = clock.now()
  const authorised = outcome.kind === 'authorised'
  const info: PaymentResultInfo = outcome.info ?? payment.info
  const resultCode = authorised ? 'SUCCESS' : outcome.code
  const expiresAt = authorised && mode === 'MANUAL' ? after(at, config.authorisationDays * DAY_MS) : undefined
  const concluded = await concludePaymentRow(db, {
    id,
    merchantId,
    paymentRequestId,
    outcome,
    ground,
    at,
    shown: await sealShown(cards, merchantId, id, { echo, info }),
    expiresAt,
    authCode: authorisation?.authCode,
    token,
    neverRetry,
    takeBack,
    capture: authorised && authorisation ? await movesByItself(system, payment, authorisation, info) : undefined,
    notificationId: newId(at, random.bytes(16)),
    firstDeliveryAt: after(at, config.firstNotificationDelayMs),
    events: [...happened, { at, kind: 'payment.concluded', detail: { resultCode } }],
  })
  system.metrics.payments.inc({ outcome: concluded ? resultCode : 'late' })
  if (concluded) await nudgeDeliveries(db, config.firstNotificationDelayMs)
  // Read back rather than built: what it was decided with is what everybody else will see.
  const found = await findPayment(db, cards, merchantId, { paymentRequestId })
  if (!found) throw new Error('a payment that is to be concluded is not there')
  return found.payment
}

/**
 * What a payment captures without a call. Of a sale the money moved with the approval, or, where the acquirer has no such
 * message, a completion follows that cannot be refused in earnest; an authorisation that is captured automatically waits
 * for what the issuer says of it.
 */
async function movesByItself(
  system: System,
  { mode }: RunningPayment,
  { acquirer, sale }: Authorisation,
  { rrn }: PaymentResultInfo,
): Promise<PaymentConclusion['capture']> {
  if (mode === 'MANUAL') return undefined
  const { clock, random } = system
  const at = clock.now()
  const advice = sale ? undefined : await system.acquirers.byId(acquirer)?.prepare()
  if (!sale && !advice) throw new Error('the acquirer of a payment is not there')
  return { id: newId(at, random.bytes(16)), captureId: newOperationId(at, random), rrn, done: mode === 'SALE', advice }
}
