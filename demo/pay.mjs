import { explainSignature } from '@coffer/sdk'
import { shortened, shown, statement } from './words.mjs'

const notificationWaitMs = 60_000

/**
 * Pays with the token that came back, as the merchant will from now on, and shows it.
 * @returns {Promise<object>} the facts; `ok` when the payment was made and each signature verified
 */
export async function payWithToken({ client, receiver, wire, screen, step, signal, id }, card) {
  step('Paying with the token: pay')
  const money = { currency: 'EUR', value: '1234' }
  const request = {
    productCode: 'CASHIER_PAYMENT',
    paymentRequestId: `${id}-pay`,
    order: { referenceOrderId: id, orderDescription: 'What the demo sells', orderAmount: money },
    paymentAmount: money,
    // The buyer is there, and was authenticated when the card was stored; a European card would be asked again.
    paymentMethod: {
      paymentMethodType: 'CARD',
      paymentMethodId: card.cardToken,
      paymentMethodMetaData: { isCardOnFile: true },
    },
    paymentRedirectUrl: receiver.backUrl,
    paymentNotifyUrl: receiver.url,
    env: { terminalType: 'WEB', clientIp: '127.0.0.1' },
  }
  const answer = await client.pay(request, { signal })
  const answeredAt = Date.now()
  screen.row('POST', wire.at(-1).url)
  screen.row('token', `${shortened(card.cardToken)} ${screen.dim('(no number, no expiry, no security code)')}`)
  screen.row('amount', `12.34 EUR, as ${JSON.stringify(money)}`)
  screen.row('result', shown(screen, answer.status, answer.code, answer.message))
  if (answer.paymentId) screen.row('paymentId', answer.paymentId)
  screen.good('signature verified')
  if (answer.normalUrl) screen.note('The bank wants its cardholder authenticated for this payment; the demo ends here.')
  const facts = { request: { paymentRequestId: request.paymentRequestId, amount: money }, answer: statement(answer) }
  if (answer.status !== 'S') return { ...facts, ok: answer.normalUrl !== undefined }

  const arrived = screen.waitFor('waiting for notifyPayment, about 3 seconds')
  const received = await receiver.next(request.paymentRequestId, notificationWaitMs, signal).finally(arrived)
  if (!received) {
    screen.bad(`it did not come within ${notificationWaitMs / 1000} s`)
    return { ...facts, ok: false }
  }
  const { notification, headers, url, body, at } = received
  screen.row('notifyPayment', shown(screen, notification.status, notification.code, notification.message))
  screen.good(`signature verified, ${((at - answeredAt) / 1000).toFixed(1)} s after the answer; acknowledged`)
  const inquiry = await client.inquiryPayment({ paymentId: answer.paymentId })
  screen.row(
    'inquiryPayment',
    shown(screen, inquiry.paymentStatus ?? inquiry.status, inquiry.paymentResultCode ?? inquiry.code),
  )
  const { networkTransactionId, rrn } = answer.paymentResultInfo ?? {}
  if (networkTransactionId) screen.row('network id', `${networkTransactionId} ${screen.dim('(of this payment)')}`)
  if (rrn) screen.row('acquirer ref', rrn)
  const stringToSign = explainSignature({ url, headers, body }).text
  return {
    ...facts,
    notification: { ...statement(notification), stringToSign, signatureVerified: true },
    inquiry: { paymentStatus: inquiry.paymentStatus, paymentResultCode: inquiry.paymentResultCode },
    ok: notification.status === 'S' && inquiry.paymentStatus === 'SUCCESS',
  }
}
