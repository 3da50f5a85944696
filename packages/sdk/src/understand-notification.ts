/** What a genuine notification tells. The ids in it say what it is about. */
import { UnexpectedNotification } from './errors.js'
import { isObject, type Json } from './json.js'
import { amounts, resultInfo } from './payment-results.js'
import type {
  Amount,
  NotifyCaptureBody,
  NotifyPaymentBody,
  NotifyRefundBody,
  PaymentResultInfo,
} from './payment-types.js'
import { storedCard, texts } from './results.js'
import type { AnyResultCode, CustomizedInfo, NotifyVaultingBody, StoredCard } from './wire-types.js'

/** What every notification has. The same one may come several times: do your work once per id. */
interface NotificationCommon<Raw> {
  code: AnyResultCode
  message: string
  /** When this delivery was signed, in milliseconds since the epoch. A repeat has a later time. */
  signedAt: number
  /** The body as the gateway signed it. */
  raw: Raw
}

interface AboutVaulting extends NotificationCommon<NotifyVaultingBody> {
  kind: 'vaulting'
  vaultingRequestId: string
  /** When the vaulting began, ISO 8601. */
  vaultingCreateTime?: string
  metadata?: string
  customizedInfo?: CustomizedInfo
}

/** The final result of a vaulting: `S` with the card, `F` without. There is no `U`. */
export type VaultingNotification =
  | (AboutVaulting & { status: 'S'; card: StoredCard })
  | (AboutVaulting & { status: 'F' })

/** How a payment ended: `S` paid or authorised, `F` not. `U` says that it is still being processed. */
export interface PaymentNotification extends NotificationCommon<NotifyPaymentBody> {
  kind: 'payment'
  status: 'S' | 'F' | 'U'
  paymentRequestId: string
  paymentId: string
  paymentAmount?: Amount
  /** ISO 8601, as the other times. */
  paymentCreateTime?: string
  paymentTime?: string
  /** Until when the authorisation can be captured. */
  authExpiryTime?: string
  paymentResultInfo?: PaymentResultInfo
  acquirerReferenceNo?: string
  metadata?: string
  customizedInfo?: CustomizedInfo
}

/** How a capture ended. */
export interface CaptureNotification extends NotificationCommon<NotifyCaptureBody> {
  kind: 'capture'
  status: 'S' | 'F'
  captureRequestId: string
  paymentId: string
  captureId?: string
  captureAmount?: Amount
  captureTime?: string
  acquirerReferenceNo?: string
  paymentResultInfo?: PaymentResultInfo
}

/** How a refund ended. */
export interface RefundNotification extends NotificationCommon<NotifyRefundBody> {
  kind: 'refund'
  status: 'S' | 'F'
  refundRequestId: string
  refundId?: string
  refundAmount?: Amount
  refundTime?: string
  arn?: string
  metadata?: string
  customizedInfo?: CustomizedInfo
}

/** Whatever the gateway tells; `kind` says what it is about. */
export type AnyNotification = VaultingNotification | PaymentNotification | CaptureNotification | RefundNotification

/**
 * @param body  genuine, and an object if it was one
 * @throws UnexpectedNotification
 */
export function understand(body: Json | undefined, signedAt: number): AnyNotification {
  const result = body?.['result']
  const id = body && kinds.find(({ field }) => typeof body[field] === 'string')
  if (!body || !isObject(result) || !id) {
    throw new UnexpectedNotification(
      'The notification is genuine, but tells of no vaulting, payment, capture or refund.',
    )
  }
  const requestId = String(body[id.field])
  const { resultCode: code, resultStatus } = result
  // A published sample writes resultMsg.
  const { resultMessage, resultMsg } = texts(result, ['resultMessage', 'resultMsg'])
  if (typeof code !== 'string' || (resultStatus !== 'S' && resultStatus !== 'F')) {
    throw unexpected('has no final result', requestId)
  }
  return id.read({ code, message: resultMessage ?? resultMsg ?? '', signedAt, raw: body }, resultStatus, requestId)
}

type Told = NotificationCommon<Json>
type Status = 'S' | 'F'

/** In the order in which they are looked for: captures and refunds name their payment as well. */
const kinds: readonly { field: string; read(told: Told, status: Status, id: string): AnyNotification }[] = [
  { field: 'vaultingRequestId', read: ofVaulting },
  { field: 'captureRequestId', read: ofCapture },
  { field: 'refundRequestId', read: ofRefund },
  { field: 'paymentRequestId', read: ofPayment },
]

function ofVaulting(told: Told, status: Status, vaultingRequestId: string): VaultingNotification {
  const { raw } = told
  const common = {
    ...told,
    kind: 'vaulting' as const,
    vaultingRequestId,
    ...texts(raw, ['vaultingCreateTime', 'metadata']),
    ...customized(raw),
    raw: raw as unknown as NotifyVaultingBody,
  }
  if (status === 'F') return { status, ...common }
  const card = storedCard(raw)
  if (!card) throw unexpected('says S, but has no card token: inquire instead', vaultingRequestId)
  return { status, ...common, card }
}

function ofPayment(told: Told, resultStatus: Status, paymentRequestId: string): PaymentNotification {
  const { raw } = told
  const { paymentId, notifyType, ...fields } = texts(raw, [
    ...(['paymentId', 'notifyType', 'paymentCreateTime', 'paymentTime', 'authExpiryTime'] as const),
    ...(['acquirerReferenceNo', 'metadata'] as const),
  ])
  if (paymentId === undefined) throw unexpected('has no paymentId', paymentRequestId)
  // With PAYMENT_PENDING an S says that the payment is under way. Nobody may take that for money.
  const isFinal = notifyType === 'PAYMENT_RESULT' || resultStatus === 'F'
  return {
    ...told,
    kind: 'payment',
    status: isFinal ? resultStatus : 'U',
    paymentRequestId,
    paymentId,
    ...fields,
    ...amounts(raw, 'paymentAmount'),
    ...resultInfo(raw),
    ...customized(raw),
    raw: raw as unknown as NotifyPaymentBody,
  }
}

function ofCapture(told: Told, status: Status, captureRequestId: string): CaptureNotification {
  const { raw } = told
  const { paymentId, ...fields } = texts(raw, ['paymentId', 'captureId', 'captureTime', 'acquirerReferenceNo'])
  if (paymentId === undefined) throw unexpected('has no paymentId', captureRequestId)
  return {
    ...told,
    kind: 'capture',
    status,
    captureRequestId,
    paymentId,
    ...fields,
    ...amounts(raw, 'captureAmount'),
    ...resultInfo(raw),
    raw: raw as unknown as NotifyCaptureBody,
  }
}

function ofRefund(told: Told, resultStatus: Status, refundRequestId: string): RefundNotification {
  const { raw } = told
  const { refundStatus } = raw
  const done = refundStatus === 'SUCCESS' && resultStatus === 'S'
  if (!done && refundStatus !== 'FAIL') throw unexpected('does not say how the refund ended', refundRequestId)
  return {
    ...told,
    kind: 'refund',
    status: done ? 'S' : 'F',
    refundRequestId,
    ...texts(raw, ['refundId', 'refundTime', 'arn', 'metadata']),
    ...amounts(raw, 'refundAmount'),
    ...customized(raw),
    raw: raw as unknown as NotifyRefundBody,
  }
}

function customized(body: Json): { customizedInfo?: CustomizedInfo } {
  const { customizedInfo } = body
  return isObject(customizedInfo) ? { customizedInfo: customizedInfo as CustomizedInfo } : {}
}

const unexpected = (what: string, requestId: string) =>
  new UnexpectedNotification(`The notification is genuine, but ${what}.`, { requestId })
