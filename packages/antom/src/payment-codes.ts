/**
 * The result codes of paying, in the same two vocabularies as those of vaulting: what refuses a call, and how a payment
 * or an operation on it ends. Source: Antom › pay, inquiryPayment, capture, cancel, refund, inquiryRefund › Result codes.
 */
import type { CodeRow } from './code-row.js'

/**
 * How a payment may fail: `F` of pay and of its notification, and `paymentResultCode` of inquiryPayment.
 * Source: Antom › pay › Result codes; and those of the Java SDK's vaulting inquiry, which card acquiring shares.
 */
export const paymentFailures = {
  ACCESS_DENIED: { status: 'F', message: 'The issuer does not accept payments to this merchant.' },
  ACCOUNT_CLOSED: { status: 'F', message: 'The account of the card is closed.' },
  AUTHENTICATION_REQUIRED: { status: 'F', message: 'The payment needs 3-D Secure. Start again with it.' },
  BLOCKED_FIRST_USED: { status: 'F', message: 'The card is new and has not been unblocked by its holder.' },
  CARD_EXPIRED: { status: 'F', message: 'The card is expired.' },
  CARD_NOT_SUPPORTED: { status: 'F', message: 'The card is not supported for this payment.' },
  DO_NOT_HONOR: { status: 'F', message: 'The payment was declined by the issuer.' },
  FRAUD_REJECT: { status: 'F', message: 'The payment was refused on suspicion of fraud.' },
  INVALID_AMOUNT: { status: 'F', message: 'The issuer refuses the amount.' },
  INVALID_CARD_NUMBER: { status: 'F', message: 'The issuer does not know this card number.' },
  INVALID_CVV: { status: 'F', message: 'The card verification value is wrong.' },
  INVALID_EXPIRATION_DATE: { status: 'F', message: 'The expiry date is wrong.' },
  LOST_CARD: { status: 'F', message: 'The card is reported lost.' },
  NO_SELECTED_ACCOUNT: { status: 'F', message: 'The card has no account of the needed kind.' },
  ORDER_IS_CANCELED: { status: 'F', message: 'The payment was cancelled.' },
  ORDER_IS_CLOSED: { status: 'F', message: 'The payment was not completed in time.' },
  PAYMENT_AMOUNT_EXCEED_LIMIT: { status: 'F', message: 'The amount is over the limit of the card.' },
  PAYMENT_COUNT_EXCEED_LIMIT: { status: 'F', message: 'The card was used too often.' },
  PICKUP_CARD: { status: 'F', message: 'The issuer wants the card withdrawn.' },
  POLICY: { status: 'F', message: "The payment was refused by the issuer's policy." },
  PROCESS_FAIL: { status: 'F', message: 'The payment failed. Do not retry it.' },
  RESTRICTED_CARD: { status: 'F', message: 'The card is restricted.' },
  RISK_REJECT: { status: 'F', message: 'The payment was refused by risk control.' },
  STOLEN_CARD: { status: 'F', message: 'The card is reported stolen.' },
  USER_BALANCE_NOT_ENOUGH: { status: 'F', message: 'The balance is not sufficient for this amount.' },
  USER_PAYMENT_VERIFICATION_FAILED: { status: 'F', message: 'The cardholder could not be verified.' },
  VERIFY_TIMES_EXCEED_LIMIT: { status: 'F', message: 'Too many wrong attempts.' },
} as const satisfies Record<string, CodeRow>
export type PaymentFailureCode = keyof typeof paymentFailures

/**
 * How a capture or a refund may fail after it was taken on: `F` of the call's repeat, of inquiry and notification.
 * Source: Antom › capture, refund › Result codes.
 */
export const operationFailures = {
  AUTH_EXPIRED: { status: 'F', message: 'The authorisation has expired, or was given up.' },
  AUTH_NOT_FOUND: { status: 'F', message: 'The issuer knows no such authorisation.' },
  CAPTURE_AMOUNT_EXCEED_AUTH_LIMIT: { status: 'F', message: 'More was captured than is authorised.' },
  PROCESS_FAIL: { status: 'F', message: 'The operation failed. Do not retry it.' },
  REFUND_AMOUNT_EXCEED: { status: 'F', message: 'More was refunded than was captured.' },
} as const satisfies Record<string, CodeRow>
export type OperationFailureCode = keyof typeof operationFailures

/** Codes of the payment and token endpoints that refuse a call, or say that something is under way. */
export const paymentCodes = {
  PAYMENT_IN_PROCESS: { status: 'U', message: 'The payment is in process.' },
  CAPTURE_IN_PROCESS: { status: 'U', message: 'The capture is in process.' },
  REFUND_IN_PROCESS: { status: 'U', message: 'The refund is in process. Wait for its end; do not repeat it.' },
  INVALID_PAYMENT_METHOD_META_DATA: { status: 'F', message: 'The card token cannot be used for this payment.' },
  CURRENCY_NOT_SUPPORT: { status: 'F', message: 'The currency is not supported here, or not that of the payment.' },
  ORDER_NOT_EXIST: { status: 'F', message: 'The payment does not exist.' },
  ORDER_STATUS_INVALID: {
    status: 'F',
    message:
      'The state of the payment does not allow this. A capture needs an open authorisation with captureMode MANUAL, ' +
      'a refund something that was captured, a cancellation a payment that has neither failed nor lapsed.',
  },
  ORDER_IS_CANCELED: { status: 'F', message: 'The payment was cancelled.' },
  ORDER_IS_CLOSED: { status: 'F', message: 'The payment was not completed.' },
  AUTH_NOT_FOUND: { status: 'F', message: 'There is no such authorisation: paymentId is the one that pay answered.' },
  AUTH_CANCELLED: { status: 'F', message: 'The authorisation was cancelled.' },
  AUTH_EXPIRED: { status: 'F', message: 'The authorisation has expired.' },
  CAPTURE_AMOUNT_EXCEED_AUTH_LIMIT: { status: 'F', message: 'More than what is left of the authorisation.' },
  PAYMENT_COUNT_EXCEED_LIMIT: { status: 'F', message: 'Too many captures of this payment.' },
  CANCEL_WINDOW_EXCEED: { status: 'F', message: 'It is too late to cancel the payment. Refund it.' },
  REFUND_AMOUNT_EXCEED: { status: 'F', message: 'More than what can still be refunded of the payment.' },
  REFUND_WINDOW_EXCEED: { status: 'F', message: 'It is too late to refund the payment.' },
  REFUND_NOT_EXIST: { status: 'F', message: 'The refund does not exist.' },
  PROCESS_FAIL: { status: 'F', message: 'A general failure occurred. Do not retry.' },
  TOKEN_NOT_EXIST: { status: 'F', message: 'The card token does not exist.' },
} as const satisfies Record<string, CodeRow>
export type PaymentCode = keyof typeof paymentCodes

const otherMethod = 'it belongs to payment methods that are not cards'
const noContracts = 'it is about contracts with a payment service provider; a Coffer has none'
const noAccounts = 'it is about an account of the buyer with a wallet; a card has none here'

/** Codes of the published payment tables that no endpoint answers, each with its reason. */
export const unusedPaymentCodes = {
  EXPIRED_CODE: otherMethod,
  INVALID_PAYMENT_CODE: otherMethod,
  INVALID_ACCESS_TOKEN: 'it is about a token of another product, an authorisation by a wallet',
  INVALID_CONTRACT: noContracts,
  INVALID_MERCHANT_STATUS: 'a merchant that may not call is refused before, with INVALID_CLIENT_STATUS',
  MERCHANT_BALANCE_NOT_ENOUGH: 'the balance of the merchant is with the acquirer, which Coffer does not ask for it',
  MERCHANT_KYB_NOT_QUALIFIED: noContracts,
  MERCHANT_NOT_REGISTERED: noContracts,
  MULTIPLE_REFUNDS_NOT_SUPPORTED: 'a payment can be refunded in parts',
  MULTI_CAPTURE_NOT_SUPPORTED: 'a payment can be captured in parts',
  NO_PAY_OPTIONS: 'there is one method, CARD; a card that no acquirer takes is CARD_NOT_SUPPORTED',
  PARTIAL_REFUND_NOT_SUPPORTED: 'a payment can be refunded in parts',
  PAYMENT_METHOD_NOT_SUPPORTED: 'there is one method, CARD; another one is refused with PARAM_ILLEGAL',
  PAYMENT_NOT_QUALIFIED: noContracts,
  PAYMENT_PROHIBITED: 'Coffer does not judge what is sold',
  REFUND_NOT_SUPPORTED: 'every card payment can be refunded',
  SETTLE_CONTRACT_NOT_MATCH: noContracts,
  USER_AMOUNT_EXCEED_LIMIT: 'a limit of the card is PAYMENT_AMOUNT_EXCEED_LIMIT',
  USER_KYC_NOT_QUALIFIED: noAccounts,
  USER_NOT_EXIST: noAccounts,
  USER_STATUS_ABNORMAL: noAccounts,
  VERIFY_UNMATCHED: 'it is about a one-time code typed at the gateway; a bank asks for its own in 3-D Secure',
} as const

/** Published for an endpoint that never answers them, though another endpoint does. */
export const unusedByEndpoint = {
  pay: {
    ORDER_NOT_EXIST: 'a pay call makes its order',
    ORDER_STATUS_INVALID: 'a repeat hears how the payment ended',
  },
  inquiryPayment: { PROCESS_FAIL: 'an inquiry works, or its result is not known' },
  capture: {
    ORDER_IS_CANCELED: 'AUTH_CANCELLED says the same more precisely',
    RISK_REJECT: 'risk is judged when the payment is authorised',
    USER_BALANCE_NOT_ENOUGH: 'the balance is judged when the payment is authorised',
  },
  inquiryRefund: { PROCESS_FAIL: 'an inquiry works, or its result is not known' },
} as const
