/**
 * The operations of the API: where they live and which codes of their own they answer.
 * Codes of the gateway (`gatewayCodes`) may come from any of them.
 */
import type { VaultCode, VaultingFailureCode } from './result-codes.js'

/** Below `/ams/api` for live clients, below `/ams/sandbox/api` for those whose id starts with `SANDBOX_`. */
export const apiRoot = { live: '/ams/api', sandbox: '/ams/sandbox/api' } as const

/** Client ids of the sandbox start with this. Source: Antom SDKs. */
export const sandboxClientPrefix = 'SANDBOX_'

/** What a client id may look like: it has no dot, so that the signed text splits in one way only. */
export const clientIdPattern = /^[A-Za-z0-9_-]{1,64}$/

interface Endpoint {
  readonly path: string
  /** Refusals of its own: the id stays free, nothing is stored, nobody is notified. */
  readonly refusals: readonly VaultCode[]
}

export const endpoints = {
  vaultPaymentMethod: {
    path: '/v1/vaults/vaultPaymentMethod',
    refusals: ['REPEAT_REQ_INCONSISTENT', 'SELECTED_CARD_BRAND_NOT_AVAILABLE'],
  },
  inquireVaulting: { path: '/v1/vaults/inquireVaulting', refusals: ['VAULTING_NOT_EXIST'] },
} as const satisfies Record<string, Endpoint>
export type EndpointName = keyof typeof endpoints

/** Operations of the published API that this version does not offer yet; they answer `INVALID_API`. */
export const inactiveEndpoints = [
  '/v1/vaults/createVaultingSession',
  '/v1/vaults/fetchNonce',
  '/v1/payments/fetchNonce',
  '/v1/vaults/inquireToken',
  '/v1/vaults/updateToken',
  '/v1/vaults/deleteToken',
  '/v1/payments/pay',
  '/v1/payments/inquiryPayment',
  '/v1/payments/capture',
  '/v1/payments/cancel',
  '/v1/payments/refund',
  '/v1/payments/inquiryRefund',
] as const

/** The final states of a vaulting. */
export type VaultingOutcomeCode = 'SUCCESS' | VaultingFailureCode

/** What a merchant answers to a notification; no signature is needed. Source: Antom › notifyVaulting. */
export const acknowledgement = {
  result: { resultCode: 'SUCCESS', resultStatus: 'S', resultMessage: 'success' },
} as const
