import { type endpoints, refundRequest } from '@coffer/antom'
import { handle } from '../handle.js'
import { judgeNotificationUrl } from '../merchants/judge-notification-url.js'
import type { System } from '../system.js'
import { operate } from './operate.js'
import { refundAnswer } from './operation.js'
import { findOperation, operationsOf } from './operation-store.js'
import type { StoredPayment } from './payment-store.js'

type Refused = (typeof endpoints)['refund']['refusals'][number]

const DAY_MS = 86_400_000

/**
 * Gives captured money back, whole or in parts. No more than was captured for certain and has not been given back.
 * Source: Antom › refund.
 */
export const refund = handle('refund', refundRequest, async ({ request, merchant, refuse, system }) => {
  const { refundRequestId, paymentId, refundAmount, refundNotifyUrl, metadata, customizedInfo, captureId } = request
  const verdict =
    refundNotifyUrl === undefined
      ? undefined
      : judgeNotificationUrl(refundNotifyUrl, system.config.outboundPolicy, merchant.notificationHosts)
  if (verdict?.ok === false) return refuse('PARAM_ILLEGAL', { path: 'refundNotifyUrl', rule: verdict.reason })
  if (captureId !== undefined) {
    const of = await findOperation(system.db, merchant.id, 'CAPTURE', { operationId: captureId })
    if (of?.paymentId !== paymentId) {
      return refuse('PARAM_ILLEGAL', { path: 'captureId', rule: 'is no capture of this payment' })
    }
  }
  const echo = { ...(metadata !== undefined && { metadata }), ...(customizedInfo !== undefined && { customizedInfo }) }
  const order = {
    kind: 'REFUND' as const,
    requestId: refundRequestId,
    paymentId,
    amount: BigInt(refundAmount.value),
    currency: refundAmount.currency,
    isLast: false,
    notificationUrl: refundNotifyUrl,
    echo: Object.keys(echo).length ? echo : undefined,
  }
  const done = await operate<Refused>(system, merchant.id, order, stored => refusal(system, stored, order))
  if (done.kind === 'inconsistent') return refuse('REPEAT_REQ_INCONSISTENT')
  if (done.kind === 'refused') return refuse(done.code)
  return refundAnswer(done.operation)
})

async function refusal(
  { clock, config, db }: System,
  stored: StoredPayment | undefined,
  { amount, currency }: { amount: bigint; currency: string },
): Promise<Refused | undefined> {
  if (!stored) return 'ORDER_NOT_EXIST'
  const { payment } = stored
  if (payment.state === 'CANCELLED') return 'ORDER_IS_CANCELED'
  if (payment.state === 'FAIL' && payment.code === 'ORDER_IS_CLOSED') return 'ORDER_IS_CLOSED'
  if (payment.state !== 'AUTHORISED') return 'ORDER_STATUS_INVALID'
  if (currency !== payment.currency) return 'CURRENCY_NOT_SUPPORT'
  const captures = (await operationsOf(db, payment.merchantId, payment.id)).filter(
    ({ kind, state }) => kind === 'CAPTURE' && state === 'SUCCESS',
  )
  const captured = captures.reduce((sum, one) => sum + one.amount, 0n)
  if (captured === 0n) return 'ORDER_STATUS_INVALID'
  if (payment.refunded + amount > captured) return 'REFUND_AMOUNT_EXCEED'
  return clock.now() >= payment.concludedAt + config.refundDays * DAY_MS ? 'REFUND_WINDOW_EXCEED' : undefined
}
