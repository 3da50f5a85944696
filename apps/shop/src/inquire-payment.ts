import { type InquiryPaymentResult, type Transaction, VaultError } from '@coffer/sdk'
import { bankFacts, paymentIdOf } from './pay.js'
import { operationOutcomeOf } from './payment-outcome.js'
import type { Operation, Payment } from './payments.js'
import type { Shop } from './shop.js'

/** A page is waiting for it, and will be loaded again. */
const callOptions = { timeoutMs: 4_000, maxRetries: 0 }

/**
 * Asks the vault what became of a payment and of what was done with it, and notes what it says. While the vault cannot be
 * asked, everything stays as it is; the page says so and asks again.
 */
export async function inquirePayment(shop: Shop, payment: Payment): Promise<void> {
  const { id, answer, noAnswer } = payment
  const stillCalling = !answer && !noAnswer && shop.now() - payment.askedAt < 30_000
  if (stillCalling || nothingToLearn(payment)) return
  try {
    const result = await shop.client.inquiryPayment({ paymentRequestId: id }, callOptions)
    if (result.status === 'S') await note(shop, payment, result)
    else if (result.code === 'ORDER_NOT_EXIST') {
      const { code, message } = result
      await shop.payments.learn(id, { inquiry: { at: shop.now(), paymentStatus: 'NOT_KNOWN', code, message } })
    }
  } catch (error) {
    if (!(error instanceof VaultError)) throw error
    shop.log('warn', 'the inquiry had no answer that could be used', { paymentRequestId: id, code: error.code })
  }
}

async function note(shop: Shop, payment: Payment, result: InquiryPaymentResult & { status: 'S' }): Promise<void> {
  const at = shop.now()
  const { paymentStatus, paymentResultCode: code = result.code, paymentResultMessage: message = '' } = result
  const { authExpiryTime, transactions, paymentResultInfo } = result
  const expiry = authExpiryTime === undefined ? {} : { authExpiryTime }
  const inquiry = { at, paymentStatus, code, message, ...bankFacts(paymentResultInfo), ...expiry }
  await shop.payments.learn(payment.id, { ...paymentIdOf(result), inquiry })
  for (const { id } of payment.operations) {
    const transaction = transactions.find(({ transactionRequestId }) => transactionRequestId === id)
    if (transaction) await shop.payments.learnOperation(id, { inquiry: { at, ...statementOf(transaction) } })
  }
}

function statementOf({
  transactionStatus,
  transactionResult,
}: Transaction): Omit<NonNullable<Operation['inquiry']>, 'at'> {
  const status = transactionStatus === 'SUCCESS' ? 'S' : transactionStatus === 'FAIL' ? 'F' : 'U'
  return { status, code: transactionResult.resultCode, message: transactionResult.resultMessage }
}

/** A final state never changes, so it is asked for once; of what was done since, until that is final as well. */
function nothingToLearn({ answer, inquiry, operations }: Payment): boolean {
  if (!inquiry) return false
  const { paymentStatus: status } = inquiry
  if (status === 'FAIL' || status === 'CANCELLED') return true
  if (status === 'NOT_KNOWN') return answer?.status === 'F'
  return status === 'SUCCESS' && operations.every(one => one.askedAt < inquiry.at && operationOutcomeOf(one) !== 'open')
}
