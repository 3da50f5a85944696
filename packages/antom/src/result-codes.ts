/**
 * Every result code that Coffer speaks, once: its status, its sense in words, and where it was read.
 *
 * Two vocabularies must not be mixed. A *refusal* says that the call itself is wrong; nothing was stored and the
 * corrected call may use the same id. An *outcome* is the final state of a vaulting; it is stored, replayed and notified.
 * The order of `gatewayCodes` is the order in which the checks run, so that of two faults the earlier row is told.
 */

import type { CodeRow, ResultStatus } from './code-row.js'
import { type ForwardCode, forwardCodes } from './forward-codes.js'
import {
  type OperationFailureCode,
  operationFailures,
  type PaymentCode,
  type PaymentFailureCode,
  paymentCodes,
  paymentFailures,
  unusedPaymentCodes,
} from './payment-codes.js'

/** What each answer carries under `result`. Source: Antom › Common objects › Result. */
export interface Result {
  resultCode: string
  resultStatus: ResultStatus
  /** At most 256 characters. */
  resultMessage: string
}

/**
 * What any endpoint may answer before its own work begins, in the order of the checks.
 * Source: Antom › API overview › Result codes; statuses of the first four rows are our choice.
 */
export const gatewayCodes = {
  NO_INTERFACE_DEF: { status: 'F', message: 'There is no API at this path.' },
  METHOD_NOT_SUPPORTED: { status: 'F', message: 'This API is called with POST.' },
  PARAM_ILLEGAL: { status: 'F', message: 'Illegal parameters exist.' },
  UNKNOWN_CLIENT: { status: 'F', message: 'The client id is not known here.' },
  SIGNATURE_INVALID: { status: 'F', message: 'The signature is missing, malformed or does not match the request.' },
  KEY_NOT_FOUND: { status: 'F', message: 'There is no public key of this version for the client.' },
  INVALID_CLIENT_STATUS: { status: 'F', message: 'The client is disabled.' },
  OAUTH_FAILED: { status: 'F', message: 'The agent-token is not valid.' },
  ACCESS_DENIED: { status: 'F', message: 'The client may not use this API or environment.' },
  INVALID_API: { status: 'F', message: 'This API is known but not active.' },
  REQUEST_TRAFFIC_EXCEED_LIMIT: { status: 'U', message: 'Too many requests. Try again later with the same id.' },
  UNKNOWN_EXCEPTION: {
    status: 'U',
    message: 'The result is not known. Call again with the same id, or inquire.',
  },
} as const satisfies Record<string, CodeRow>

/**
 * How a vaulting may fail: `vaultingResultCode` of inquireVaulting, and as `F` in answer and notification.
 * Source: Antom Java SDK 2.2.8, AlipayVaultingQueryResponse.
 */
export const vaultingFailures = {
  ACCESS_DENIED: { status: 'F', message: 'The issuer does not accept this merchant.' },
  ACCOUNT_CLOSED: { status: 'F', message: 'The account of the card is closed.' },
  AUTHENTICATION_REQUIRED: { status: 'F', message: 'The card needs 3-D Secure. Start again with it.' },
  BLOCKED_FIRST_USED: { status: 'F', message: 'The card is new and has not been unblocked by its holder.' },
  CARD_EXPIRED: { status: 'F', message: 'The card is expired.' },
  CARD_NOT_SUPPORTED: { status: 'F', message: 'The card is not supported.' },
  DO_NOT_HONOR: { status: 'F', message: 'Declined by the issuer.' },
  FRAUD_REJECT: { status: 'F', message: 'Refused on suspicion of fraud.' },
  INVALID_CARD_NUMBER: { status: 'F', message: 'The issuer does not know this card number.' },
  INVALID_CVV: { status: 'F', message: 'The card verification value is wrong.' },
  INVALID_EXPIRATION_DATE: { status: 'F', message: 'The expiry date is wrong.' },
  LOST_CARD: { status: 'F', message: 'The card is reported lost.' },
  NO_SELECTED_ACCOUNT: { status: 'F', message: 'The card has no account of the needed kind.' },
  ORDER_IS_CLOSED: { status: 'F', message: 'The vaulting was not completed in time.' },
  PAYMENT_AMOUNT_EXCEED_LIMIT: { status: 'F', message: 'Over the amount limit of the card.' },
  PAYMENT_COUNT_EXCEED_LIMIT: { status: 'F', message: 'The card was used too often.' },
  PICKUP_CARD: { status: 'F', message: 'The issuer wants the card withdrawn.' },
  POLICY: { status: 'F', message: "Refused by the issuer's policy." },
  PROCESS_FAIL: { status: 'F', message: 'A general failure occurred. Do not retry.' },
  RESTRICTED_CARD: { status: 'F', message: 'The card is restricted.' },
  STOLEN_CARD: { status: 'F', message: 'The card is reported stolen.' },
  USER_BALANCE_NOT_ENOUGH: { status: 'F', message: 'The balance is not sufficient.' },
  USER_PAYMENT_VERIFICATION_FAILED: { status: 'F', message: 'The cardholder could not be verified.' },
  VERIFY_TIMES_EXCEED_LIMIT: { status: 'F', message: 'Too many wrong attempts.' },
} as const satisfies Record<string, CodeRow>

/** Codes of the vault endpoints that stand in neither of the tables above. */
export const vaultCodes = {
  SUCCESS: { status: 'S', message: 'success.' },
  VERIFICATION_IN_PROCESS: { status: 'U', message: 'The verification is in process.' },
  VERIFICATION_FAIL: { status: 'F', message: 'The verification of the payment method failed.' },
  REPEAT_REQ_INCONSISTENT: {
    status: 'F',
    message: 'This request id was used before with other content. Use a new id.',
  },
  SELECTED_CARD_BRAND_NOT_AVAILABLE: { status: 'F', message: 'The card does not carry the selected brand.' },
  VAULTING_NOT_EXIST: { status: 'F', message: 'The vaulting request does not exist.' },
} as const satisfies Record<string, CodeRow>

export type GatewayCode = keyof typeof gatewayCodes
export type VaultingFailureCode = keyof typeof vaultingFailures
export type VaultCode = keyof typeof vaultCodes
/** Codes with which an endpoint refuses, or tells of something under way; and `SUCCESS`. */
export type EndpointCode = VaultCode | PaymentCode
export type ResultCode =
  | GatewayCode
  | VaultingFailureCode
  | EndpointCode
  | PaymentFailureCode
  | OperationFailureCode
  | ForwardCode

/** Codes of the published tables that Coffer never answers, each with its reason. */
export const unusedCodes = {
  MEDIA_TYPE_NOT_ACCEPTABLE: 'the official SDKs send odd Accept and Content-Type headers, which are ignored instead',
  SYSTEM_ERROR: 'it tells callers not to retry, but a defect of ours is an unknown outcome: UNKNOWN_EXCEPTION',
  VERIFICATION_FAIL: 'newer clients do not know it as an outcome; the precise failure codes are given instead',
  ...unusedPaymentCodes,
} as const

// Of a code in several tables, the sense is that of an answer to a call: outcomes have functions of their own.
const rows: Record<string, CodeRow> = {
  ...forwardCodes,
  ...operationFailures,
  ...paymentFailures,
  ...vaultingFailures,
  ...gatewayCodes,
  ...paymentCodes,
  ...vaultCodes,
}

/**
 * The `result` object of an answer.
 * @param message  replaces the table's text; cut at the 256 characters that the wire allows
 */
export function resultOf(code: ResultCode, message?: string): Result {
  const row = rows[code]!
  return { resultCode: code, resultStatus: row.status, resultMessage: (message ?? row.message).slice(0, 256) }
}

/** The `result` of a vaulting that failed: ACCESS_DENIED and PROCESS_FAIL read differently here than at the gateway. */
export const failureResult = (code: VaultingFailureCode, message?: string): Result =>
  failed(code, message ?? vaultingFailures[code].message)

/** The `result` of a payment that failed. */
export const paymentFailureResult = (code: PaymentFailureCode, message?: string): Result =>
  failed(code, message ?? paymentFailures[code].message)

/** The `result` of a capture or a refund that failed after it was taken on. */
export const operationFailureResult = (code: OperationFailureCode, message?: string): Result =>
  failed(code, message ?? operationFailures[code].message)

const failed = (resultCode: string, message: string): Result => ({
  resultCode,
  resultStatus: 'F',
  resultMessage: message.slice(0, 256),
})
