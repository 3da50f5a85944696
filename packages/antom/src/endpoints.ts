/**
 * The operations of the API: where they live and which codes of their own they answer.
 * Codes of the gateway (`gatewayCodes`) may come from any of them.
 */
import type { PaymentFailureCode } from './payment-codes.js'
import type { EndpointCode, VaultingFailureCode } from './result-codes.js'

/** Below `/ams/api` for live clients, below `/ams/sandbox/api` for those whose id starts with `SANDBOX_`. */
export const apiRoot = { live: '/ams/api', sandbox: '/ams/sandbox/api' } as const

/** Client ids of the sandbox start with this. Source: Antom SDKs. */
export const sandboxClientPrefix = 'SANDBOX_'

/** What a client id may look like: it has no dot, so that the signed text splits in one way only. */
export const clientIdPattern = /^[A-Za-z0-9_-]{1,64}$/

interface Endpoint {
  readonly path: string
  /** Refusals of its own: the id stays free, nothing is stored, nobody is notified. */
  readonly refusals: readonly EndpointCode[]
}

export const endpoints = {
  vaultPaymentMethod: {
    path: '/v1/vaults/vaultPaymentMethod',
    refusals: ['REPEAT_REQ_INCONSISTENT', 'SELECTED_CARD_BRAND_NOT_AVAILABLE'],
  },
  inquireVaulting: { path: '/v1/vaults/inquireVaulting', refusals: ['VAULTING_NOT_EXIST'] },
  fetchNonce: { path: '/v1/vaults/fetchNonce', refusals: ['PROCESS_FAIL'] },
  /** The older path of fetchNonce. */
  fetchNonceOfPayments: { path: '/v1/payments/fetchNonce', refusals: ['PROCESS_FAIL'] },
  inquireToken: { path: '/v1/vaults/inquireToken', refusals: ['TOKEN_NOT_EXIST'] },
  updateToken: { path: '/v1/vaults/updateToken', refusals: ['TOKEN_NOT_EXIST'] },
  deleteToken: { path: '/v1/vaults/deleteToken', refusals: ['TOKEN_NOT_EXIST'] },
  pay: {
    path: '/v1/payments/pay',
    refusals: [
      'REPEAT_REQ_INCONSISTENT',
      'SELECTED_CARD_BRAND_NOT_AVAILABLE',
      'INVALID_PAYMENT_METHOD_META_DATA',
      'CURRENCY_NOT_SUPPORT',
    ],
  },
  inquiryPayment: { path: '/v1/payments/inquiryPayment', refusals: ['ORDER_NOT_EXIST'] },
  capture: {
    path: '/v1/payments/capture',
    refusals: [
      'AUTH_NOT_FOUND',
      'AUTH_CANCELLED',
      'AUTH_EXPIRED',
      'CAPTURE_AMOUNT_EXCEED_AUTH_LIMIT',
      'CURRENCY_NOT_SUPPORT',
      'ORDER_STATUS_INVALID',
      'PAYMENT_COUNT_EXCEED_LIMIT',
      'REPEAT_REQ_INCONSISTENT',
    ],
  },
  cancel: {
    path: '/v1/payments/cancel',
    refusals: ['ORDER_NOT_EXIST', 'ORDER_STATUS_INVALID', 'CANCEL_WINDOW_EXCEED', 'PROCESS_FAIL'],
  },
  refund: {
    path: '/v1/payments/refund',
    refusals: [
      'ORDER_NOT_EXIST',
      'ORDER_IS_CANCELED',
      'ORDER_IS_CLOSED',
      'ORDER_STATUS_INVALID',
      'CURRENCY_NOT_SUPPORT',
      'REFUND_AMOUNT_EXCEED',
      'REFUND_WINDOW_EXCEED',
      'REPEAT_REQ_INCONSISTENT',
    ],
  },
  inquiryRefund: { path: '/v1/payments/inquiryRefund', refusals: ['REFUND_NOT_EXIST'] },
} as const satisfies Record<string, Endpoint>
export type EndpointName = keyof typeof endpoints

/** Operations of the published API that this version does not offer yet; they answer `INVALID_API`. */
export const inactiveEndpoints = ['/v1/vaults/createVaultingSession'] as const

/** The final states of a vaulting. */
export type VaultingOutcomeCode = 'SUCCESS' | VaultingFailureCode

/** The final states of a payment. */
export type PaymentOutcomeCode = 'SUCCESS' | PaymentFailureCode

/** What a merchant answers to a notification; no signature is needed. Source: Antom › notifyVaulting. */
export const acknowledgement = {
  result: { resultCode: 'SUCCESS', resultStatus: 'S', resultMessage: 'success' },
} as const
