/**
 * What the payment operations answer, and what they notify, field by field. The order of the fields is the order on the
 * wire. All values are texts but the few booleans: two official SDKs fail on a number in the place of a text.
 * Source: Antom › pay, inquiryPayment, capture, cancel, refund, inquiryRefund, notifyPayment, notifyCapture, notifyRefund.
 */
import { type Static, Type } from 'typebox'
import { buyerUrls, customizedInfo, oneOf, optional, result, text } from './wire-objects.js'

/** An amount in an answer: `value` is the decimal text of a whole number of the currency's smallest unit. */
const toldAmount = Type.Object({ currency: text(3, { minLength: 3 }), value: text() })

const id = text(64)
/** ISO 8601. */
const time = text()

const threeDSResult = Type.Object({
  threeDSVersion: optional(text()),
  eci: optional(text(2)),
  cavv: optional(text()),
  dsTransactionId: optional(text()),
  xid: optional(text()),
  challenged: optional(Type.Boolean()),
  threeDSOffered: optional(Type.Boolean()),
  exemptionType: optional(text()),
  challengeCancel: optional(text()),
  threeDStransactionStatusReason: optional(text()),
})
export type ThreeDSResult = Static<typeof threeDSResult>

/** What the issuer said, and what the card is. Nothing in it can be turned back into a number. */
export const paymentResultInfo = Type.Object({
  /** Masked. */
  cardNo: optional(text()),
  cardBrand: optional(text()),
  cardToken: optional(text(2048)),
  issuingCountry: optional(text(2)),
  issuerName: optional(text()),
  funding: optional(text()),
  paymentMethodRegion: optional(text()),
  /** The scheme's id of this payment; what merchant-initiated repeats refer to. */
  networkTransactionId: optional(text(256)),
  avsResultRaw: optional(text()),
  cvvResultRaw: optional(text()),
  cardholderName: optional(text(64)),
  cardBin: optional(text(8)),
  lastFour: optional(text(4)),
  expiryMonth: optional(text(2)),
  expiryYear: optional(text(2)),
  cardCategory: optional(oneOf(['CONSUMER', 'COMMERCIAL'])),
  credentialTypeUsed: optional(oneOf(['PAN', 'NETWORK_TOKEN'])),
  exemptionRequested: optional(text()),
  /** The issuer's response code. */
  refusalCodeRaw: optional(text()),
  refusalReasonRaw: optional(text()),
  /** What the scheme advises about trying again. */
  merchantAdviceCode: optional(text()),
  rrn: optional(text(32)),
  threeDSResult: optional(threeDSResult),
})
export type PaymentResultInfo = Static<typeof paymentResultInfo>

/** Where the buyer has to go, in the form that older integrations read. */
const redirectActionForm = Type.Object({
  method: oneOf(['GET', 'POST']),
  redirectUrl: text(2048),
  parameters: optional(text()),
  actionFormType: oneOf(['RedirectActionForm']),
})

const paymentStatus = oneOf(['SUCCESS', 'FAIL', 'PROCESSING', 'CANCELLED', 'PENDING'])
export type PaymentStatus = Static<typeof paymentStatus>

/** The answer of pay. With `isAuthorization`, `S` means authorised; money moves when it is captured. */
export const payResponse = Type.Object({
  result,
  paymentRequestId: optional(id),
  paymentId: optional(id),
  paymentAmount: optional(toldAmount),
  paymentCreateTime: optional(time),
  paymentTime: optional(time),
  authExpiryTime: optional(time),
  ...buyerUrls,
  redirectActionForm: optional(redirectActionForm),
  paymentResultInfo: optional(paymentResultInfo),
  metadata: optional(text(2048)),
})
export type PayResponse = Static<typeof payResponse>

/** A capture or a refund of a payment. */
const transaction = Type.Object({
  transactionResult: result,
  /** captureId or refundId. */
  transactionId: id,
  transactionType: oneOf(['CAPTURE', 'REFUND', 'PAYMENT', 'CANCEL', 'AUTHORIZATION', 'VOID']),
  transactionStatus: paymentStatus,
  transactionAmount: toldAmount,
  transactionRequestId: id,
  transactionTime: optional(time),
})
export type Transaction = Static<typeof transaction>

/** The answer of inquiryPayment: `result` tells of the call, `paymentStatus` of the payment. */
export const inquiryPaymentResponse = Type.Object({
  result,
  paymentStatus: optional(paymentStatus),
  paymentResultCode: optional(text(64)),
  paymentResultMessage: optional(text(256)),
  paymentRequestId: optional(id),
  paymentId: optional(id),
  paymentAmount: optional(toldAmount),
  paymentCreateTime: optional(time),
  paymentTime: optional(time),
  authExpiryTime: optional(time),
  paymentMethodType: optional(text()),
  paymentResultInfo: optional(paymentResultInfo),
  redirectActionForm: optional(redirectActionForm),
  metadata: optional(text(2048)),
  transactions: optional(Type.Array(transaction)),
})
export type InquiryPaymentResponse = Static<typeof inquiryPaymentResponse>

/** The answer of capture. */
export const captureResponse = Type.Object({
  result,
  captureRequestId: optional(id),
  captureId: optional(id),
  paymentId: optional(id),
  captureAmount: optional(toldAmount),
  captureTime: optional(time),
  acquirerReferenceNo: optional(text(64)),
})
export type CaptureResponse = Static<typeof captureResponse>

/** The answer of cancel. */
export const cancelResponse = Type.Object({
  result,
  paymentId: optional(id),
  paymentRequestId: optional(id),
  cancelTime: optional(time),
})
export type CancelResponse = Static<typeof cancelResponse>

/** The answer of refund. */
export const refundResponse = Type.Object({
  result,
  refundRequestId: optional(id),
  refundId: optional(id),
  paymentId: optional(id),
  refundAmount: optional(toldAmount),
  refundTime: optional(time),
  acquirerReferenceNo: optional(text(64)),
})
export type RefundResponse = Static<typeof refundResponse>

/** The answer of inquiryRefund: `result` tells of the call, `refundStatus` of the refund. */
export const inquiryRefundResponse = Type.Object({
  result,
  refundId: optional(id),
  refundRequestId: optional(id),
  refundAmount: optional(toldAmount),
  refundStatus: optional(paymentStatus),
  refundTime: optional(time),
})
export type InquiryRefundResponse = Static<typeof inquiryRefundResponse>

/** The notification of a payment's end: with `PAYMENT_RESULT` the `result` is the outcome, `S` or `F`. */
export const notifyPaymentBody = Type.Object({
  notifyType: oneOf(['PAYMENT_RESULT', 'PAYMENT_PENDING']),
  result,
  paymentRequestId: id,
  paymentId: id,
  paymentAmount: toldAmount,
  paymentCreateTime: time,
  paymentTime: optional(time),
  authExpiryTime: optional(time),
  paymentMethodType: optional(text()),
  paymentResultInfo: optional(paymentResultInfo),
  acquirerReferenceNo: optional(text(64)),
  metadata: optional(text(2048)),
  customizedInfo: optional(customizedInfo),
})
export type NotifyPaymentBody = Static<typeof notifyPaymentBody>

/** The notification of a capture's end, sent to the `paymentNotifyUrl` of pay. */
export const notifyCaptureBody = Type.Object({
  /** By convention; the documentation gives no value. */
  notifyType: oneOf(['CAPTURE_RESULT']),
  result,
  captureRequestId: id,
  paymentId: id,
  captureId: optional(id),
  captureAmount: optional(toldAmount),
  captureTime: optional(time),
  acquirerReferenceNo: optional(text(64)),
  paymentResultInfo: optional(paymentResultInfo),
})
export type NotifyCaptureBody = Static<typeof notifyCaptureBody>

/** The notification of a refund's end, sent to its `refundNotifyUrl`. */
export const notifyRefundBody = Type.Object({
  /** By convention; the documentation gives no value. */
  notifyType: oneOf(['REFUND_RESULT']),
  result,
  refundStatus: oneOf(['SUCCESS', 'FAIL']),
  refundRequestId: id,
  refundId: optional(id),
  refundAmount: optional(toldAmount),
  refundTime: optional(time),
  arn: optional(text()),
  metadata: optional(text(2048)),
  customizedInfo: optional(customizedInfo),
})
export type NotifyRefundBody = Static<typeof notifyRefundBody>
