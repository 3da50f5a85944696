import { captureRequest, type endpoints } from '@coffer/antom'
import { handle } from '../handle.js'
import { operate } from './operate.js'
import { captureAnswer } from './operation.js'
import { judgeCapture } from './rules.js'

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
  const { clock, config } = system
  const done = await operate<Refused>(system, merchant.id, order, (payment, before) =>
    judgeCapture(payment, before, order, clock.now(), config),
  )
  if (done.kind === 'inconsistent') return refuse('REPEAT_REQ_INCONSISTENT')
  if (done.kind === 'refused') return refuse(done.code)
  return captureAnswer(done.operation)
})
