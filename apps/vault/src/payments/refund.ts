import { type endpoints, refundRequest } from '@coffer/antom'
import { handle } from '../handle.js'
import { judgeNotificationUrl } from '../merchants/judge-notification-url.js'
import { operate } from './operate.js'
import { refundAnswer } from './operation.js'
import { findOperation } from './operation-store.js'
import { judgeRefund } from './rules.js'

type Refused = (typeof endpoints)['refund']['refusals'][number]

/**
 * Gives captured money back, whole or in parts. No more than was captured for certain and has not been given back.
 * Source: Antom › refund.
 */
export const refund = handle('refund', refundRequest, async ({ request, merchant, refuse, system }) => {
  const { refundRequestId, paymentId, refundAmount, refundNotifyUrl, metadata, customizedInfo, captureId } = request
  // A repeat hears what became of the first, whatever settings are by now.
  const before = await findOperation(system.db, merchant.id, 'REFUND', { requestId: refundRequestId })
  const verdict =
    refundNotifyUrl === undefined || before
      ? undefined
      : judgeNotificationUrl(refundNotifyUrl, system.config.outboundPolicy, merchant.notificationHosts)
  if (verdict?.ok === false) return refuse('PARAM_ILLEGAL', { path: 'refundNotifyUrl', rule: verdict.reason })
  if (captureId !== undefined && !before) {
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
  const { clock, config } = system
  const done = await operate<Refused>(system, merchant.id, order, (payment, all) =>
    judgeRefund(payment, all, order, clock.now(), config),
  )
  if (done.kind === 'inconsistent') return refuse('REPEAT_REQ_INCONSISTENT')
  if (done.kind === 'refused') return refuse(done.code)
  return refundAnswer(done.operation)
})
