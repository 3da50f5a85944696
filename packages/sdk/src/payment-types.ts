/**
 * What paying sends over the wire, spelled out for people who read it in their editor.
 * `wire-types.test-d.ts` checks that these are the same types as the schemas of the contract.
 */
import type { Address, BuyerUrls, CardBrand, CustomizedInfo, Env, Result, UserName } from './wire-types.js'

/** A whole number of the currency's smallest unit as text: `{ currency: 'USD', value: '1999' }` is 19.99 dollars. */
export interface Amount {
  /** ISO 4217. */
  currency: string
  /** Digits, at most twelve, from 1. */
  value: string
}

/** How the card is used; and the card itself, where there is no token. */
export interface PaymentMethodMetaData {
  /** The buyer pays with a card that you keep on file. */
  isCardOnFile?: boolean | undefined
  /** Ask for 3-D Secure. The result may then be `U` with a page for the buyer. */
  is3DSAuthentication?: boolean | undefined
  /** Allows 3-D Secure where the bank insists on it, although it was not asked for. */
  enableAuthenticationUpgrade?: boolean | undefined
  /** Marks a payment that you start without the buyer: `SCHEDULED` for a subscription, `UNSCHEDULED` otherwise. */
  recurringType?: string | undefined
  /** Of the buyer's first payment: what later payments without the buyer refer to. */
  networkTransactionId?: string | undefined
  /** The brand that the buyer chose, when the card carries two. */
  selectedCardBrand?: CardBrand | undefined
  tokenize?: boolean | undefined
  tokenizeMode?: string | undefined
  /** May be asked for again with a token. */
  cvv?: string | undefined
  /** 12 to 19 digits. */
  cardNo?: string | undefined
  /** Last two digits of the year: `33` for 2033. */
  expiryYear?: string | undefined
  /** `01` to `12`. */
  expiryMonth?: string | undefined
  /** Korean cards: the first two digits of the card's password. */
  cardPasswordDigest?: string | undefined
  cardholderName?: UserName | undefined
  billingAddress?: Address | undefined
  /** `YYYY-MM-DD`; personal cards of Korea. */
  dateOfBirth?: string | undefined
  /** Ten digits; corporate cards of Korea. */
  businessNo?: string | undefined
  /** Brazilian tax id. */
  cpf?: string | undefined
  payerEmail?: string | undefined
  /** The result of a 3-D Secure authentication that you did yourself. */
  mpiData?:
    | {
        threeDSVersion?: string | undefined
        eci?: string | undefined
        cavv?: string | undefined
        dsTransactionId?: string | undefined
        credentialType?: string | undefined
      }
    | undefined
  paymentMethodRegion?: string | undefined
}

export interface PayRequest {
  /** `CASHIER_PAYMENT` with the buyer, `AGREEMENT_PAYMENT` without. */
  productCode: string
  /** Your id of this payment, at most 64 characters, stored before you call. The same id is charged once. */
  paymentRequestId: string
  order: {
    /** Your id of the order. */
    referenceOrderId: string
    orderDescription: string
    orderAmount: Amount
    env?: Env | undefined
  }
  /** What is charged. */
  paymentAmount: Amount
  paymentMethod: {
    paymentMethodType: 'CARD'
    /** The `cardToken`. */
    paymentMethodId?: string | undefined
    paymentMethodMetaData?: PaymentMethodMetaData | undefined
    customerId?: string | undefined
    /** Korean cards. */
    requireIssuerAuthentication?: boolean | undefined
    extendInfo?: string | undefined
  }
  paymentFactor?:
    | {
        /** `true`: the money is authorised first, and moves when it is captured. */
        isAuthorization?: boolean | undefined
        /** `AUTOMATIC` (default): captured by itself. `MANUAL`: by your call of `capture`. */
        captureMode?: 'AUTOMATIC' | 'MANUAL' | '' | undefined
      }
    | undefined
  /** The page to which the buyer returns after 3-D Secure. */
  /** The older place of `paymentFactor.isAuthorization`. */
  isAuthorization?: boolean | undefined
  paymentRedirectUrl: string
  /** Where notifications of the payment and its captures go; without it, the address configured at the gateway. */
  paymentNotifyUrl?: string | undefined
  /** ISO 8601 with an offset. */
  paymentExpiryTime?: string | undefined
  settlementStrategy?: { settlementCurrency?: string | undefined } | undefined
  env?: Env | undefined
  merchantRegion?: string | undefined
  /** Text of yours, at most 2048 characters; comes back in inquiry and notification. Never put card data here. */
  metadata?: string | undefined
  merchantAccountId?: string | undefined
  customizedInfo?: CustomizedInfo | undefined
}

/** One of the two ids is needed; `paymentId` wins. */
export interface InquiryPaymentRequest {
  paymentRequestId?: string | undefined
  paymentId?: string | undefined
  merchantAccountId?: string | undefined
}

export interface CaptureRequest {
  /** Your id of this capture. The same id moves money once. */
  captureRequestId: string
  paymentId: string
  /** All of the authorised amount or a part of it. */
  captureAmount: Amount
  /** Whether what is left of the authorisation is given back to the buyer's limit. */
  isLastCapture?: boolean | undefined
}

/** One of the two ids is needed; `paymentId` wins. */
export interface CancelRequest {
  paymentId?: string | undefined
  paymentRequestId?: string | undefined
  merchantAccountId?: string | undefined
}

export interface RefundRequest {
  /** Your id of this refund. The same id moves money once. */
  refundRequestId: string
  paymentId: string
  /** All of the captured amount or a part of it. */
  refundAmount: Amount
  referenceRefundId?: string | undefined
  refundReason?: string | undefined
  /** Where the notification goes; without it, the address configured at the gateway. */
  refundNotifyUrl?: string | undefined
  captureId?: string | undefined
  isAsyncRefund?: boolean | undefined
  metadata?: string | undefined
  extendInfo?: string | undefined
  customizedInfo?: CustomizedInfo | undefined
}

/** One of the two ids is needed; `refundId` wins. */
export interface InquiryRefundRequest {
  refundRequestId?: string | undefined
  refundId?: string | undefined
  merchantAccountId?: string | undefined
}

export interface ThreeDSResult {
  threeDSVersion?: string
  eci?: string
  cavv?: string
  dsTransactionId?: string
  xid?: string
  challenged?: boolean
  threeDSOffered?: boolean
  exemptionType?: string
  challengeCancel?: string
  threeDStransactionStatusReason?: string
}

/** What the card is, and what its bank said. */
export interface PaymentResultInfo {
  /** Masked. */
  cardNo?: string
  cardBrand?: string
  cardToken?: string
  /** ISO 3166-1 alpha-2. */
  issuingCountry?: string
  issuerName?: string
  funding?: string
  paymentMethodRegion?: string
  /** Keep that of the buyer's first payment: later payments without the buyer refer to it. */
  networkTransactionId?: string
  avsResultRaw?: string
  cvvResultRaw?: string
  cardholderName?: string
  cardBin?: string
  lastFour?: string
  expiryMonth?: string
  expiryYear?: string
  cardCategory?: 'CONSUMER' | 'COMMERCIAL'
  credentialTypeUsed?: 'PAN' | 'NETWORK_TOKEN'
  exemptionRequested?: string
  /** The bank's own code of a decline. */
  refusalCodeRaw?: string
  refusalReasonRaw?: string
  /** What the scheme advises about trying again. */
  merchantAdviceCode?: string
  rrn?: string
  threeDSResult?: ThreeDSResult
}

/** Where the buyer has to go, in the form of older integrations. */
export interface RedirectActionForm {
  method: 'GET' | 'POST'
  redirectUrl: string
  parameters?: string
  actionFormType: 'RedirectActionForm'
}

export type PaymentStatus = 'SUCCESS' | 'FAIL' | 'PROCESSING' | 'CANCELLED' | 'PENDING'

export interface PayResponse extends BuyerUrls {
  result: Result
  paymentRequestId?: string
  paymentId?: string
  paymentAmount?: Amount
  paymentCreateTime?: string
  paymentTime?: string
  authExpiryTime?: string
  redirectActionForm?: RedirectActionForm
  paymentResultInfo?: PaymentResultInfo
  metadata?: string
}

/** A capture or a refund of a payment. */
export interface Transaction {
  transactionResult: Result
  /** captureId or refundId. */
  transactionId: string
  transactionType: 'CAPTURE' | 'REFUND' | 'PAYMENT' | 'CANCEL' | 'AUTHORIZATION' | 'VOID'
  transactionStatus: PaymentStatus
  transactionAmount: Amount
  transactionRequestId: string
  transactionTime?: string
}

export interface InquiryPaymentResponse {
  result: Result
  paymentStatus?: PaymentStatus
  paymentResultCode?: string
  paymentResultMessage?: string
  paymentRequestId?: string
  paymentId?: string
  paymentAmount?: Amount
  paymentCreateTime?: string
  paymentTime?: string
  authExpiryTime?: string
  paymentMethodType?: string
  paymentResultInfo?: PaymentResultInfo
  redirectActionForm?: RedirectActionForm
  metadata?: string
  transactions?: Transaction[]
}

export interface CaptureResponse {
  result: Result
  captureRequestId?: string
  captureId?: string
  paymentId?: string
  captureAmount?: Amount
  captureTime?: string
  acquirerReferenceNo?: string
}

export interface CancelResponse {
  result: Result
  paymentId?: string
  paymentRequestId?: string
  cancelTime?: string
}

export interface RefundResponse {
  result: Result
  refundRequestId?: string
  refundId?: string
  paymentId?: string
  refundAmount?: Amount
  refundTime?: string
  acquirerReferenceNo?: string
}

export interface InquiryRefundResponse {
  result: Result
  refundId?: string
  refundRequestId?: string
  refundAmount?: Amount
  refundStatus?: PaymentStatus
  refundTime?: string
}

/** The body of notifyPayment. */
export interface NotifyPaymentBody {
  notifyType: 'PAYMENT_RESULT' | 'PAYMENT_PENDING'
  result: Result
  paymentRequestId: string
  paymentId: string
  paymentAmount: Amount
  paymentCreateTime: string
  paymentTime?: string
  authExpiryTime?: string
  paymentMethodType?: string
  paymentResultInfo?: PaymentResultInfo
  acquirerReferenceNo?: string
  metadata?: string
  customizedInfo?: CustomizedInfo
}

/** The body of notifyCapture. */
export interface NotifyCaptureBody {
  notifyType?: 'CAPTURE_RESULT'
  result: Result
  captureRequestId: string
  paymentId: string
  captureId?: string
  captureAmount?: Amount
  captureTime?: string
  acquirerReferenceNo?: string
  paymentResultInfo?: PaymentResultInfo
}

/** The body of notifyRefund. */
export interface NotifyRefundBody {
  notifyType?: 'REFUND_RESULT'
  result: Result
  refundStatus: 'SUCCESS' | 'FAIL'
  refundRequestId: string
  refundId?: string
  refundAmount?: Amount
  refundTime?: string
  arn?: string
  metadata?: string
  customizedInfo?: CustomizedInfo
}
