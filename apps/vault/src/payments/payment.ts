/** A payment: its states, and the one mapping from a state to what a merchant is told. Pure. */
import {
  type InquiryPaymentResponse,
  type NotifyPaymentBody,
  type PaymentFailureCode,
  type PaymentResultInfo,
  type PaymentStatus,
  type PayResponse,
  paymentFailureResult,
  printWireTime,
  type Result,
  resultOf,
  type Transaction,
} from '@coffer/antom'
import type { PageOf } from '../vaulting/vaulting.js'
import { amountOf, type Echo, type Money } from './money.js'
import type { Operation } from './operation.js'

/** How money moves: with the authorisation, right after it, or when it is captured by a call. */
export type PaymentMode = 'SALE' | 'AUTOMATIC' | 'MANUAL'

interface Common extends Money {
  /** Ours. */
  id: string
  merchantId: string
  paymentRequestId: string
  /** What the merchant calls it by later. */
  paymentId: string
  mode: PaymentMode
  /** Of the token that is charged the sealed card, else the payment's own id. */
  cardId: string
  receivedAt: number
  settleAt: number
  echo: Echo
  /** What is shown of the card, and of the issuer's answer once it is there. */
  info: PaymentResultInfo
  /** With what is under way. */
  captured: bigint
  refunded: bigint
}

/** How the issuer was asked for an authorisation, as later messages name it. */
export interface Authorisation {
  acquirer: string
  network: string
  reference: Readonly<Record<string, string>>
  authCode: string | undefined
  /** Whether the money was asked for at once. */
  sale: boolean
}

/** `AUTHORISED` says that the issuer has approved; with `SALE` and `AUTOMATIC` the money is the merchant's. */
export type Payment =
  | (Common & {
      state: 'PROCESSING'
      /** Whether a buyer has something to do in the browser. */
      awaitsBuyer: boolean
    })
  | (Common & {
      state: 'AUTHORISED'
      concludedAt: number
      /** Until when it can be captured; where a call captures. */
      expiresAt: number | undefined
      released: { at: number; by: 'EXPIRY' | 'CANCEL' | 'LAST_CAPTURE' | 'REFUSED_CAPTURE' } | undefined
    })
  | (Common & { state: 'FAIL'; code: PaymentFailureCode; message: string; concludedAt: number })
  | (Common & {
      state: 'CANCELLED'
      cancelledAt: number
      concludedAt: number
      /** How it had ended before: it was approved, or nothing was known yet. */
      before: 'AUTHORISED' | 'PROCESSING'
      expiresAt: number | undefined
    })

export type RunningPayment = Extract<Payment, { state: 'PROCESSING' }>

/** How a payment ends. */
export type PaymentOutcome =
  | { kind: 'authorised'; info: PaymentResultInfo }
  | { kind: 'failed'; code: PaymentFailureCode; message: string; info?: PaymentResultInfo }

/** A failure with the table's text, or with a more telling one. */
export function failedPayment(
  code: PaymentFailureCode,
  message?: string,
  info?: PaymentResultInfo,
): Extract<PaymentOutcome, { kind: 'failed' }> {
  const text = paymentFailureResult(code, message).resultMessage
  return { kind: 'failed', code, message: text, ...(info && { info }) }
}

/**
 * The answer of pay. While nobody waits for a browser, a payment in process is an unknown result: the call is to be
 * repeated, or the payment to be inquired. Source: Antom › pay.
 */
export function payAnswer(payment: Payment, pageOf: PageOf): PayResponse {
  const ids = { paymentRequestId: payment.paymentRequestId, paymentId: payment.paymentId }
  const facts = {
    ...ids,
    paymentAmount: amountOf(payment),
    paymentCreateTime: printWireTime(payment.receivedAt),
    ...timesOf(payment),
  }
  const { metadata } = payment.echo
  const rest = { paymentResultInfo: payment.info, ...(metadata !== undefined && { metadata }) }
  switch (payment.state) {
    case 'PROCESSING': {
      if (!payment.awaitsBuyer) return { result: resultOf('UNKNOWN_EXCEPTION'), ...facts }
      const normalUrl = pageOf(payment)
      const redirectActionForm = {
        method: 'GET',
        redirectUrl: normalUrl,
        actionFormType: 'RedirectActionForm',
      } as const
      return { result: resultOf('PAYMENT_IN_PROCESS'), ...facts, normalUrl, redirectActionForm, ...rest }
    }
    case 'AUTHORISED':
      return { result: resultOf('SUCCESS'), ...facts, ...rest }
    case 'FAIL':
      return { result: paymentFailureResult(payment.code, payment.message), ...facts, ...rest }
    case 'CANCELLED':
      return { result: paymentFailureResult('ORDER_IS_CANCELED'), ...facts, ...rest }
  }
}

/** The answer of inquiryPayment: a successful call, whatever became of the payment. Source: Antom › inquiryPayment. */
export function inquiryAnswer(payment: Payment, operations: readonly Operation[]): InquiryPaymentResponse {
  const { metadata } = payment.echo
  const told = outcomeOf(payment)
  const shown = operations.filter(
    ({ kind, byItself }) => kind === 'REFUND' || !byItself || payment.mode === 'AUTOMATIC',
  )
  return {
    result: resultOf('SUCCESS'),
    paymentStatus: statusOf(payment),
    paymentResultCode: told.resultCode,
    paymentResultMessage: told.resultMessage,
    paymentRequestId: payment.paymentRequestId,
    paymentId: payment.paymentId,
    paymentAmount: amountOf(payment),
    paymentCreateTime: printWireTime(payment.receivedAt),
    ...timesOf(payment),
    paymentMethodType: 'CARD',
    paymentResultInfo: payment.info,
    ...(metadata !== undefined && { metadata }),
    ...(shown.length && { transactions: shown.map(transactionOf) }),
  }
}

/**
 * The body of notifyPayment. Every attempt sends the same bytes, so it is built from what was frozen when the payment
 * was decided: one that is cancelled later was a success then. Source: Antom › notifyPayment.
 */
export function paymentNotification(payment: Payment): NotifyPaymentBody {
  if (payment.state === 'PROCESSING') throw new Error('a notification tells of a payment that is still running')
  const { metadata, customizedInfo } = payment.echo
  const succeeded = payment.state === 'AUTHORISED' || (payment.state === 'CANCELLED' && payment.before === 'AUTHORISED')
  const result = succeeded ? resultOf('SUCCESS') : outcomeOf(payment)
  const { rrn } = payment.info
  return {
    notifyType: 'PAYMENT_RESULT',
    result,
    paymentRequestId: payment.paymentRequestId,
    paymentId: payment.paymentId,
    paymentAmount: amountOf(payment),
    paymentCreateTime: printWireTime(payment.receivedAt),
    ...(succeeded && timesOfSuccess(payment)),
    paymentMethodType: 'CARD',
    paymentResultInfo: payment.info,
    ...(rrn !== undefined && { acquirerReferenceNo: rrn }),
    ...(metadata !== undefined && { metadata }),
    ...(customizedInfo !== undefined && { customizedInfo }),
  }
}

function statusOf(payment: Payment): PaymentStatus {
  if (payment.state === 'AUTHORISED') return 'SUCCESS'
  return payment.state
}

function outcomeOf(payment: Payment): Result {
  switch (payment.state) {
    case 'PROCESSING':
      return resultOf('PAYMENT_IN_PROCESS')
    case 'AUTHORISED':
      return resultOf('SUCCESS')
    case 'FAIL':
      return paymentFailureResult(payment.code, payment.message)
    case 'CANCELLED':
      return paymentFailureResult('ORDER_IS_CANCELED')
  }
}

interface Times {
  paymentTime?: string
  authExpiryTime?: string
}

/** One that is cancelled has none any more. Source: Antom › inquiryPayment › paymentTime. */
const timesOf = (payment: Payment): Times => (payment.state === 'AUTHORISED' ? timesOfSuccess(payment) : {})

/** When it was paid or authorised, and until when it can be captured; frozen with the outcome. */
function timesOfSuccess({
  concludedAt,
  expiresAt,
}: Pick<Extract<Payment, { state: 'AUTHORISED' }>, 'concludedAt' | 'expiresAt'>): Times {
  return {
    paymentTime: printWireTime(concludedAt),
    ...(expiresAt !== undefined && { authExpiryTime: printWireTime(expiresAt) }),
  }
}

function transactionOf(operation: Operation): Transaction {
  const { kind, operationId, requestId, state, concludedAt } = operation
  return {
    transactionResult: operation.result,
    transactionId: operationId,
    transactionType: kind,
    transactionStatus: state,
    transactionAmount: amountOf(operation),
    transactionRequestId: requestId,
    ...(concludedAt !== undefined && { transactionTime: printWireTime(concludedAt) }),
  }
}
