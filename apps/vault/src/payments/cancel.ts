import { cancelRequest, type endpoints, printWireTime, resultOf } from '@coffer/antom'
import { handle } from '../handle.js'
import { nudgeDeliveries } from '../notifications/notification-store.js'
import { after } from '../platform/clock.js'
import { newId } from '../platform/ids.js'
import type { System } from '../system.js'
import { cancelPayment, operationsOf } from './operation-store.js'
import { findPayment, lockPayment } from './payment-store.js'
import { judgeCancel } from './rules.js'

/** The one reason for which a cancellation is a `PROCESS_FAIL`. */
const PARTLY_REFUNDED = 'Some of the payment was refunded, so that it cannot be cancelled. Refund the rest.'

type Refused = (typeof endpoints)['cancel']['refusals'][number]

/**
 * Cancels a payment. One that is approved is voided: what the issuer holds is free again, and what was captured goes back
 * as a whole. Of one that is not decided yet nothing will come. From the answer on nobody can capture or refund it; the
 * issuer is told by a worker, until it has taken note. Source: Antom › cancel.
 */
export const cancel = handle('cancel', cancelRequest, async ({ request, merchant, refuse, system }) => {
  const { cards, db } = system
  const { paymentId, paymentRequestId } = request
  const by = paymentId !== undefined ? { paymentId } : paymentRequestId !== undefined ? { paymentRequestId } : undefined
  if (!by) return refuse('PARAM_ILLEGAL', { path: 'paymentId', rule: 'is required, unless paymentRequestId is given' })
  const found = await findPayment(db, cards, merchant.id, by)
  if (!found) return refuse('ORDER_NOT_EXIST')
  const refused = await carryOut(system, merchant.id, found.payment.paymentId)
  if (refused) return refuse(refused, refused === 'PROCESS_FAIL' ? PARTLY_REFUNDED : undefined)
  const now = (await findPayment(db, cards, merchant.id, { paymentId: found.payment.paymentId }))?.payment
  if (now?.state !== 'CANCELLED') throw new Error('a payment that was cancelled is not')
  return {
    result: resultOf('SUCCESS'),
    paymentId: now.paymentId,
    paymentRequestId: now.paymentRequestId,
    cancelTime: printWireTime(now.cancelledAt),
  }
})

async function carryOut(system: System, merchantId: string, paymentId: string): Promise<Refused | undefined> {
  const { cards, clock, config, db, parking, random } = system
  const at = clock.now()
  const firstDeliveryAt = after(at, config.firstNotificationDelayMs)
  // Whether the issuer has to be told is seen below; what that needs is got before the payment is locked.
  const seen = await findPayment(db, cards, merchantId, { paymentId })
  const acquirer = seen?.authorisation && system.acquirers.byId(seen.authorisation.acquirer)
  const advice = { id: newId(at, random.bytes(16)), reference: (await acquirer?.prepare()) ?? {} }
  const refused = await db.transaction(async tx => {
    const stored = await lockPayment(tx, cards, merchantId, paymentId)
    if (!stored) return 'ORDER_NOT_EXIST' as const
    // It was cancelled before: the same answer again.
    if (stored.payment.state === 'CANCELLED') return undefined
    const { payment } = stored
    const problem = judgeCancel(payment, await operationsOf(tx, merchantId, payment.id), clock.now(), config)
    if (problem) return problem
    // It was approved since it was looked at, or its acquirer is not configured any more: the call is repeated.
    if (payment.state === 'AUTHORISED' && !acquirer) throw new Error('the acquirer of a payment is not there')
    const notification = { id: newId(at, random.bytes(16)), firstDeliveryAt }
    await cancelPayment(tx, payment, at, advice, notification)
    return undefined
  })
  if (refused) return refused
  // Should its buyer's CVV wait here.
  if (seen) parking.erase(seen.payment.id)
  await nudgeDeliveries(db, config.firstNotificationDelayMs)
  return undefined
}
