import { captureRequest, type endpoints } from '@coffer/antom'
import { handle } from '../handle.js'
import type { System } from '../system.js'
import { operate } from './operate.js'
import { captureAnswer } from './operation.js'
import { operationsOf } from './operation-store.js'
import type { StoredPayment } from './payment-store.js'

type Refused = (typeof endpoints)['capture']['refusals'][number]

/**
 * Captures an authorisation, whole or in parts. What is asked for is reserved at once, so that no two captures come to
 * more than is authorised. Source: Antom › capture.
 */
export const capture = handle('capture', captureRequest, async ({ request, merchant, refuse, system }) => {
  const { captureRequestId, paymentId, captureAmount, isLastCapture } = request
  const order = {
    kind: 'CAPTURE' as const,
    requestId: captureRequestId,
    paymentId,
    amount: BigInt(captureAmount.value),
    currency: captureAmount.currency,
    isLast: isLastCapture === true,
    notificationUrl: undefined,
    echo: undefined,
  }
  const done = await operate<Refused>(system, merchant.id, order, stored => refusal(system, stored, order))
  if (done.kind === 'inconsistent') return refuse('REPEAT_REQ_INCONSISTENT')
  if (done.kind === 'refused') return refuse(done.code)
  return captureAnswer(done.operation)
})

async function refusal(
  { clock, config, db }: System,
  stored: StoredPayment | undefined,
  { amount, currency }: { amount: bigint; currency: string },
): Promise<Refused | undefined> {
  if (!stored) return 'AUTH_NOT_FOUND'
  const { payment } = stored
  if (payment.state === 'CANCELLED') return 'AUTH_CANCELLED'
  if (payment.state !== 'AUTHORISED' || payment.mode !== 'MANUAL') return 'ORDER_STATUS_INVALID'
  const { released, expiresAt } = payment
  if (released?.by === 'EXPIRY' || (expiresAt !== undefined && clock.now() >= expiresAt)) return 'AUTH_EXPIRED'
  if (released) return 'ORDER_STATUS_INVALID'
  if (currency !== payment.currency) return 'CURRENCY_NOT_SUPPORT'
  if (payment.captured + amount > payment.amount) return 'CAPTURE_AMOUNT_EXCEED_AUTH_LIMIT'
  const captures = (await operationsOf(db, payment.merchantId, payment.id)).filter(({ kind }) => kind === 'CAPTURE')
  return captures.length >= config.mostCaptures ? 'PAYMENT_COUNT_EXCEED_LIMIT' : undefined
}
