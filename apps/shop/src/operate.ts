import { VaultError } from '@coffer/sdk'
import { operationOutcomeOf } from './payment-outcome.js'
import type { Operation, Payment } from './payments.js'
import type { Shop } from './shop.js'

/** Somebody waits for this: one repeat at most. */
const callOptions = { timeoutMs: 12_000, maxRetries: 1 }

/**
 * Captures, refunds or cancels, once for the operation's id. The id is noted before the call. When it is sent again while
 * nobody knows how it ended, the vault is called again with the same id; otherwise nothing happens.
 * @param wish  what was asked for; where there is an operation of its id already, that one counts
 */
export async function operate(shop: Shop, payment: Payment, wish: Operation): Promise<void> {
  const { payments } = shop
  const isNew = await payments.beginOperation(payment.id, wish)
  const found = payments.findOperation(wish.id)
  if (!found || found.payment.id !== payment.id) return
  const { operation } = found
  // A second click, while the first is still being answered.
  const isCalling = !isNew && !operation.answer && !operation.noAnswer && shop.now() - operation.askedAt < 30_000
  if (isCalling || operationOutcomeOf(operation) !== 'open') return
  await call(shop, found.payment, operation)
}

async function call(shop: Shop, payment: Payment, operation: Operation): Promise<void> {
  const { payments, log } = shop
  const { id, kind } = operation
  try {
    const { status, code, message } = await send(shop, payment, operation)
    await payments.learnOperation(id, { answer: { at: shop.now(), status, code, message } })
  } catch (error) {
    if (!(error instanceof VaultError)) throw error
    log('warn', `a ${kind} had no answer that could be used`, { requestId: id, code: error.code })
    await payments.learnOperation(id, { noAnswer: { at: shop.now(), code: error.code } })
  }
}

function send({ client, url }: Shop, payment: Payment, { id, kind, amount, last }: Operation) {
  const { id: paymentRequestId, paymentId } = payment
  if (kind === 'cancel') return client.cancel({ paymentRequestId }, callOptions)
  if (paymentId === undefined || amount === undefined) throw new Error('this payment cannot be operated on')
  if (kind === 'refund') {
    const refundNotifyUrl = `${url}/notify`
    return client.refund({ refundRequestId: id, paymentId, refundAmount: amount, refundNotifyUrl }, callOptions)
  }
  const isLast = last ? { isLastCapture: true } : {}
  return client.capture({ captureRequestId: id, paymentId, captureAmount: amount, ...isLast }, callOptions)
}
