import { inquiryPaymentRequest } from '@coffer/antom'
import { handle } from '../handle.js'
import { noteOn } from '../timeline/timeline-store.js'
import { operationsOf } from './operation-store.js'
import { inquiryAnswer } from './payment.js'
import { findPayment } from './payment-store.js'

/**
 * Looks a payment up. `result` tells of this call alone; `paymentStatus` of the payment. Source: Antom › inquiryPayment.
 */
export const inquiryPayment = handle('inquiryPayment', inquiryPaymentRequest, async call => {
  const { request, merchant, refuse, system } = call
  const { cards, clock, db } = system
  const { paymentId, paymentRequestId } = request
  const by = paymentId !== undefined ? { paymentId } : paymentRequestId !== undefined ? { paymentRequestId } : undefined
  if (!by) return refuse('PARAM_ILLEGAL', { path: 'paymentId', rule: 'is required, unless paymentRequestId is given' })
  const found = await findPayment(db, cards, merchant.id, by)
  if (!found) return refuse('ORDER_NOT_EXIST')
  const { payment } = found
  const name = { about: 'PAYMENT' as const, merchantId: merchant.id, requestId: payment.paymentRequestId }
  await noteOn(db, name, { at: clock.now(), kind: 'inquiry', detail: { state: payment.state } })
  return inquiryAnswer(payment, await operationsOf(db, merchant.id, payment.id))
})
