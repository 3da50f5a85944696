/** A capture or a refund: its states, and what a merchant is told of it. Pure. */
import {
  type CaptureResponse,
  type InquiryRefundResponse,
  type NotifyCaptureBody,
  type NotifyRefundBody,
  type OperationFailureCode,
  operationFailures,
  type PaymentResultInfo,
  printWireTime,
  type RefundResponse,
  type Result,
  resultOf,
} from '@coffer/antom'
import { amountOf, type Echo, type Money } from './money.js'

export type OperationKind = 'CAPTURE' | 'REFUND'

export interface Operation extends Money {
  id: string
  merchantId: string
  kind: OperationKind
  /** captureRequestId or refundRequestId. */
  requestId: string
  /** captureId or refundId. */
  operationId: string
  /** Ours, of the payment. */
  payment: string
  /** The merchant's name of the payment. */
  paymentId: string
  isLast: boolean
  /** Whether no call asked for it. */
  byItself: boolean
  /** Of the capture of a sale: whether its issuer has refused to take note of it. */
  isDisputed: boolean
  state: 'PROCESSING' | 'SUCCESS' | 'FAIL'
  result: Result
  /** The acquirer's reference. */
  rrn: string | undefined
  createdAt: number
  concludedAt: number | undefined
}

/** The result of an operation, from what its row has. */
export function operationResult(
  kind: OperationKind,
  state: Operation['state'],
  code: string | null,
  message: string | null,
): Result {
  if (state === 'PROCESSING') return resultOf(kind === 'CAPTURE' ? 'CAPTURE_IN_PROCESS' : 'REFUND_IN_PROCESS')
  if (state === 'SUCCESS') return resultOf('SUCCESS')
  return { resultCode: String(code), resultStatus: 'F', resultMessage: String(message) }
}

/** What an issuer's refusal of an advice means. Source: ISO 8583:1987, DE39. */
export function refusalOf(kind: OperationKind, raw: string): { code: OperationFailureCode; message: string } {
  const told = (code: OperationFailureCode) => ({ code, message: operationFailures[code].message })
  if (raw === '13') return told(kind === 'CAPTURE' ? 'CAPTURE_AMOUNT_EXCEED_AUTH_LIMIT' : 'REFUND_AMOUNT_EXCEED')
  if (raw === '25') return told('AUTH_NOT_FOUND')
  if (raw === '12') return told(kind === 'CAPTURE' ? 'AUTH_EXPIRED' : 'PROCESS_FAIL')
  return told('PROCESS_FAIL')
}

/** Source: Antom › capture. */
export function captureAnswer(operation: Operation): CaptureResponse {
  const { result, requestId, operationId, paymentId, rrn, concludedAt, createdAt } = operation
  return {
    result,
    captureRequestId: requestId,
    captureId: operationId,
    paymentId,
    captureAmount: amountOf(operation),
    captureTime: printWireTime(concludedAt ?? createdAt),
    ...(rrn !== undefined && { acquirerReferenceNo: rrn }),
  }
}

/** Source: Antom › refund. */
export function refundAnswer(operation: Operation): RefundResponse {
  const { result, requestId, operationId, paymentId, rrn, concludedAt } = operation
  return {
    result,
    refundRequestId: requestId,
    refundId: operationId,
    paymentId,
    refundAmount: amountOf(operation),
    ...(concludedAt !== undefined && { refundTime: printWireTime(concludedAt) }),
    ...(rrn !== undefined && { acquirerReferenceNo: rrn }),
  }
}

/** Source: Antom › inquiryRefund. */
export function refundInquiryAnswer(operation: Operation): InquiryRefundResponse {
  const { requestId, operationId, state, concludedAt } = operation
  return {
    result: resultOf('SUCCESS'),
    refundId: operationId,
    refundRequestId: requestId,
    refundAmount: amountOf(operation),
    refundStatus: state,
    ...(concludedAt !== undefined && { refundTime: printWireTime(concludedAt) }),
  }
}

/** Source: Antom › notifyCapture. */
export function captureNotification(operation: Operation, info: PaymentResultInfo): NotifyCaptureBody {
  const { result, requestId, operationId, paymentId, rrn, concludedAt } = ended(operation)
  return {
    notifyType: 'CAPTURE_RESULT',
    result,
    captureRequestId: requestId,
    paymentId,
    captureId: operationId,
    captureAmount: amountOf(operation),
    captureTime: printWireTime(concludedAt),
    ...(rrn !== undefined && { acquirerReferenceNo: rrn }),
    paymentResultInfo: info,
  }
}

/** Source: Antom › notifyRefund. */
export function refundNotification(operation: Operation, { metadata, customizedInfo }: Echo): NotifyRefundBody {
  const { result, requestId, operationId, rrn, concludedAt } = ended(operation)
  return {
    notifyType: 'REFUND_RESULT',
    result,
    refundStatus: operation.state === 'SUCCESS' ? 'SUCCESS' : 'FAIL',
    refundRequestId: requestId,
    refundId: operationId,
    refundAmount: amountOf(operation),
    refundTime: printWireTime(concludedAt),
    ...(rrn !== undefined && { arn: rrn }),
    ...(metadata !== undefined && { metadata }),
    ...(customizedInfo !== undefined && { customizedInfo }),
  }
}

function ended(operation: Operation): Operation & { concludedAt: number } {
  const { concludedAt } = operation
  if (concludedAt === undefined) throw new Error('a notification tells of an operation that is still under way')
  return { ...operation, concludedAt }
}
