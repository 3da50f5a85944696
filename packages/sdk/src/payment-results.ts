/** Signed answers of the payment operations, made into unions that TypeScript can tell apart by `status`. */
import type { TrustedAnswer } from './exchange.js'
import { isObject, type Json } from './json.js'
import type {
  Amount,
  CancelResponse,
  CaptureResponse,
  InquiryPaymentResponse,
  InquiryRefundResponse,
  PaymentResultInfo,
  PayResponse,
  RedirectActionForm,
  RefundResponse,
  Transaction,
} from './payment-types.js'
import {
  buyerUrls,
  type Common,
  commonOf,
  type Failed,
  type HintFor,
  hinted,
  missing,
  sameRequest,
  texts,
  type Unknown,
} from './results.js'
import type { AnyResultCode, BuyerUrls } from './wire-types.js'

/** Paid; with `isAuthorization`, authorised: then money moves when it is captured. */
interface Paid extends Common<PayResponse> {
  status: 'S'
  paymentRequestId: string
  /** The gateway's id of the payment: what capture, cancel and refund want. */
  paymentId: string
  paymentAmount?: Amount
  /** ISO 8601, as the other times. */
  paymentCreateTime?: string
  paymentTime?: string
  /** Until when the authorisation can be captured. */
  authExpiryTime?: string
  paymentResultInfo?: PaymentResultInfo
  metadata?: string
}

/**
 * Not finished. With `PAYMENT_IN_PROCESS` and a URL, send the buyer there; without one, wait for the notification or
 * inquire. With any other code the call itself had no result.
 */
interface PaymentUnknown extends Unknown<PayResponse>, BuyerUrls {
  paymentRequestId: string
  paymentId?: string
  redirectActionForm?: RedirectActionForm
}

export type PayResult =
  | Paid
  | (Failed<PayResponse> & { paymentRequestId: string; paymentId?: string; paymentResultInfo?: PaymentResultInfo })
  | PaymentUnknown

interface InquiredPayment extends Common<InquiryPaymentResponse> {
  /** The *inquiry* worked. What became of the payment is in `paymentStatus`. */
  status: 'S'
  paymentRequestId?: string
  paymentId?: string
  paymentResultCode?: AnyResultCode
  paymentResultMessage?: string
  paymentAmount?: Amount
  paymentCreateTime?: string
  paymentTime?: string
  authExpiryTime?: string
  paymentResultInfo?: PaymentResultInfo
  metadata?: string
  /** Captures and refunds. */
  transactions: Transaction[]
}

export type InquiryPaymentResult =
  | (InquiredPayment & { paymentStatus: 'SUCCESS'; paymentId: string })
  | (InquiredPayment & { paymentStatus: 'FAIL'; paymentResultCode: AnyResultCode })
  | (InquiredPayment & { paymentStatus: 'CANCELLED' })
  | (InquiredPayment & { paymentStatus: 'PROCESSING' | 'PENDING'; redirectActionForm?: RedirectActionForm })
  | Failed<InquiryPaymentResponse>
  | Unknown<InquiryPaymentResponse>

/** An operation on a payment: `S` done, `F` final, `U` under way or not known. */
type Operation<Raw, Ids, Done> = Ids & ((Common<Raw> & { status: 'S' } & Done) | Failed<Raw> | Unknown<Raw>)

export type CaptureResult = Operation<
  CaptureResponse,
  { captureRequestId: string },
  { captureId: string; paymentId?: string; captureAmount?: Amount; captureTime?: string; acquirerReferenceNo?: string }
>
export type CancelResult = Operation<
  CancelResponse,
  object,
  { paymentId?: string; paymentRequestId?: string; cancelTime?: string }
>
export type RefundResult = Operation<
  RefundResponse,
  { refundRequestId: string },
  { refundId: string; paymentId?: string; refundAmount?: Amount; refundTime?: string; acquirerReferenceNo?: string }
>

interface InquiredRefund extends Common<InquiryRefundResponse> {
  /** The *inquiry* worked. What became of the refund is in `refundStatus`. */
  status: 'S'
  refundStatus: 'SUCCESS' | 'FAIL' | 'PROCESSING' | 'CANCELLED' | 'PENDING'
  refundId?: string
  refundRequestId?: string
  refundAmount?: Amount
  refundTime?: string
}

export type InquiryRefundResult = InquiredRefund | Failed<InquiryRefundResponse> | Unknown<InquiryRefundResponse>

/** The id that a call is about, and the field that echoes it. */
export interface AskedFor {
  field: string
  id: string
}

export function readPay(answer: TrustedAnswer, id: string, hintFor: HintFor): PayResult {
  sameRequest(answer, 'paymentRequestId', id)
  const common = { ...commonOf<PayResponse>(answer), paymentRequestId: id }
  const { resultStatus: status } = answer.result
  const { paymentId } = texts(answer, ['paymentId'])
  if (status === 'S') {
    const told = texts(answer, ['paymentCreateTime', 'paymentTime', 'authExpiryTime', 'metadata'])
    const more = { ...told, ...amounts(answer, 'paymentAmount'), ...resultInfo(answer) }
    return { status, ...common, paymentId: paymentId ?? missing('paymentId', id), ...more }
  }
  const known = { ...common, ...hinted(common.code, hintFor), ...(paymentId === undefined ? {} : { paymentId }) }
  if (status === 'F') return { status, ...known, ...resultInfo(answer) }
  return { status, ...known, ...texts(answer, buyerUrls), ...actionForm(answer) }
}

export function readInquiryPayment(answer: TrustedAnswer, asked: AskedFor, hintFor: HintFor): InquiryPaymentResult {
  sameRequest(answer, asked.field, asked.id)
  const common = commonOf<InquiryPaymentResponse>(answer)
  const { resultStatus: status } = answer.result
  if (status !== 'S') return { status, ...common, ...hinted(common.code, hintFor) }
  const told = texts(answer, [
    ...(['paymentRequestId', 'paymentId', 'paymentResultCode', 'paymentResultMessage', 'metadata'] as const),
    ...(['paymentCreateTime', 'paymentTime', 'authExpiryTime'] as const),
  ])
  const more = { ...told, ...amounts(answer, 'paymentAmount'), ...resultInfo(answer) }
  const { transactions: listed } = answer
  const transactions = Array.isArray(listed) ? (listed.filter(isObject) as unknown as Transaction[]) : []
  const inquired = { status, ...common, ...more, transactions } as const
  switch (answer['paymentStatus']) {
    case 'SUCCESS':
      return { ...inquired, paymentStatus: 'SUCCESS', paymentId: told.paymentId ?? missing('paymentId', asked.id) }
    case 'FAIL': {
      const paymentResultCode = told.paymentResultCode ?? missing('paymentResultCode', asked.id)
      return { ...inquired, paymentStatus: 'FAIL', paymentResultCode }
    }
    case 'CANCELLED':
      return { ...inquired, paymentStatus: 'CANCELLED' }
    case 'PROCESSING':
    case 'PENDING':
      return { ...inquired, paymentStatus: answer['paymentStatus'], ...actionForm(answer) }
    default:
      return missing('paymentStatus', asked.id)
  }
}

export function readCapture(answer: TrustedAnswer, captureRequestId: string, hintFor: HintFor): CaptureResult {
  sameRequest(answer, 'captureRequestId', captureRequestId)
  const common = { ...commonOf<CaptureResponse>(answer), captureRequestId }
  const { resultStatus: status } = answer.result
  if (status !== 'S') return { status, ...common, ...hinted(common.code, hintFor) }
  const { captureId = missing('captureId', captureRequestId), ...told } = texts(answer, [
    ...(['captureId', 'paymentId', 'captureTime', 'acquirerReferenceNo'] as const),
  ])
  return { status, ...common, captureId, ...told, ...amounts(answer, 'captureAmount') }
}

export function readCancel(answer: TrustedAnswer, asked: AskedFor, hintFor: HintFor): CancelResult {
  sameRequest(answer, asked.field, asked.id)
  const common = commonOf<CancelResponse>(answer)
  const { resultStatus: status } = answer.result
  if (status !== 'S') return { status, ...common, ...hinted(common.code, hintFor) }
  return { status, ...common, ...texts(answer, ['paymentId', 'paymentRequestId', 'cancelTime']) }
}

export function readRefund(answer: TrustedAnswer, refundRequestId: string, hintFor: HintFor): RefundResult {
  sameRequest(answer, 'refundRequestId', refundRequestId)
  const common = { ...commonOf<RefundResponse>(answer), refundRequestId }
  const { resultStatus: status } = answer.result
  if (status !== 'S') return { status, ...common, ...hinted(common.code, hintFor) }
  const { refundId = missing('refundId', refundRequestId), ...told } = texts(answer, [
    ...(['refundId', 'paymentId', 'refundTime', 'acquirerReferenceNo'] as const),
  ])
  return { status, ...common, refundId, ...told, ...amounts(answer, 'refundAmount') }
}

const refundStatuses = ['SUCCESS', 'FAIL', 'PROCESSING', 'CANCELLED', 'PENDING'] as const

export function readInquiryRefund(answer: TrustedAnswer, asked: AskedFor, hintFor: HintFor): InquiryRefundResult {
  sameRequest(answer, asked.field, asked.id)
  const common = commonOf<InquiryRefundResponse>(answer)
  const { resultStatus: status } = answer.result
  if (status !== 'S') return { status, ...common, ...hinted(common.code, hintFor) }
  const refundStatus = refundStatuses.find(one => one === answer['refundStatus']) ?? missing('refundStatus', asked.id)
  const told = texts(answer, ['refundId', 'refundRequestId', 'refundTime'])
  return { status, ...common, refundStatus, ...told, ...amounts(answer, 'refundAmount') }
}

/** The named amount, when it is there and is one. */
export function amounts<Name extends string>(from: Json, name: Name): { [name in Name]?: Amount } {
  const amount = from[name]
  const is = isObject(amount) && typeof amount['currency'] === 'string' && typeof amount['value'] === 'string'
  return is ? ({ [name]: amount } as unknown as { [name in Name]?: Amount }) : {}
}

/** What is told of the card, when it is there. */
export function resultInfo(from: Json): { paymentResultInfo?: PaymentResultInfo } {
  const info = from['paymentResultInfo']
  return isObject(info) ? { paymentResultInfo: info as PaymentResultInfo } : {}
}

function actionForm(answer: Json): { redirectActionForm?: RedirectActionForm } {
  const form = answer['redirectActionForm']
  return isObject(form) ? { redirectActionForm: form as unknown as RedirectActionForm } : {}
}
