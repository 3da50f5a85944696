/**
 * What a merchant sends to the payment operations, field by field. Source: Antom › pay, inquiryPayment, capture, cancel,
 * refund, inquiryRefund. Fields of other payment methods are left out, which ignores them.
 *
 * Of the two ids of an inquiry or a cancellation one is enough; a schema cannot say so, and the verbs check it.
 */
import { type Static, Type } from 'typebox'
import {
  amount,
  cardFields,
  currency,
  customizedInfo,
  env,
  id,
  metadata,
  oneOf,
  optional,
  region,
  secretFields,
  text,
} from './wire-objects.js'

/**
 * How the card is used, and the card itself where there is no token. It is a free map in every SDK, so booleans come
 * native and quoted, and nothing in it is required. Source: Antom › pay › paymentMethodMetaData.
 */
const paymentMethodMetaData = <PanT, CvvT, PasswordT>() => {
  const secrets = secretFields<PanT, CvvT, PasswordT>()
  // Not in the published map of pay: the older name of selectedCardBrand, and options of 3-D Secure without values.
  const { brand, request3DS, scaExemptionIndicator, authenticationFlow, ...card } = cardFields
  return Type.Object({
    ...secrets,
    cardNo: optional(secrets.cardNo),
    ...card,
    expiryYear: optional(card.expiryYear),
    expiryMonth: optional(card.expiryMonth),
    /** The buyer pays with a card that is on file: customer-initiated. */
    isCardOnFile: optional(Type.Boolean()),
    enableAuthenticationUpgrade: optional(Type.Boolean()),
    /** Marks a merchant-initiated payment. The published values are not confirmed, so any text is read. */
    recurringType: optional(text(64)),
    tokenize: optional(Type.Boolean()),
    tokenizeMode: optional(text(64)),
    paymentMethodRegion: optional(text(64)),
  })
}

/** The request of pay. `PanT`, `CvvT` and `PasswordT` are what a reader makes of the card's secrets. */
export const payRequest = <PanT, CvvT, PasswordT>() =>
  Type.Object({
    productCode: text(32, { minLength: 1 }),
    paymentRequestId: id,
    order: Type.Object({
      referenceOrderId: text(64, { minLength: 1 }),
      orderDescription: text(256),
      orderAmount: amount,
      /** The documentation has `env` here in one place and at the top in another; the top one counts first. */
      env: optional(env),
    }),
    paymentAmount: amount,
    paymentMethod: Type.Object({
      paymentMethodType: Type.Unsafe<'CARD'>({ type: 'string', maxLength: 64, const: 'CARD' }),
      /** The cardToken. */
      paymentMethodId: optional(text(2048, { minLength: 1 })),
      paymentMethodMetaData: optional(paymentMethodMetaData<PanT, CvvT, PasswordT>()),
      customerId: optional(text()),
      requireIssuerAuthentication: optional(Type.Boolean()),
      extendInfo: optional(text(2048)),
    }),
    paymentFactor: optional(
      Type.Object({
        /** Whether the money is only authorised. */
        isAuthorization: optional(Type.Boolean()),
        /** `AUTOMATIC`, also when empty or absent: captured by itself. `MANUAL`: by a call of capture. */
        captureMode: optional(
          oneOf(['AUTOMATIC', 'MANUAL', ''], { maxLength: 64, rule: 'must be AUTOMATIC, MANUAL or empty' }),
        ),
      }),
    ),
    /** The older place of it: every SDK has it still, the early ones no other. */
    isAuthorization: optional(Type.Boolean()),
    paymentRedirectUrl: text(2048, { minLength: 1, check: 'redirect', rule: 'must be the address of a page' }),
    paymentNotifyUrl: optional(text(2048)),
    paymentExpiryTime: optional(text(64, { check: 'instant', rule: 'must be a time in ISO 8601 with its offset' })),
    settlementStrategy: optional(Type.Object({ settlementCurrency: optional(currency) })),
    env: optional(env),
    merchantRegion: optional(region),
    metadata: optional(metadata),
    merchantAccountId: optional(text(64)),
    customizedInfo: optional(customizedInfo),
  })

const plainRequest = payRequest<string, string, string>()
/** The request of pay as a merchant writes it. */
export type PayRequest = Static<typeof plainRequest>

/** The request of inquiryPayment; `paymentId` wins over `paymentRequestId`. */
export const inquiryPaymentRequest = Type.Object({
  paymentRequestId: optional(id),
  paymentId: optional(id),
  merchantAccountId: optional(text(64)),
})
export type InquiryPaymentRequest = Static<typeof inquiryPaymentRequest>

/** The request of capture. */
export const captureRequest = Type.Object({
  captureRequestId: id,
  paymentId: id,
  captureAmount: amount,
  /** Whether what is left of the authorisation can be given up. Early Java SDKs write `lastCapture`. */
  isLastCapture: optional(Type.Boolean({ aliases: ['lastCapture'] })),
})
export type CaptureRequest = Static<typeof captureRequest>

/** The request of cancel; `paymentId` wins over `paymentRequestId`. */
export const cancelRequest = Type.Object({
  paymentId: optional(id),
  paymentRequestId: optional(id),
  merchantAccountId: optional(text(64)),
})
export type CancelRequest = Static<typeof cancelRequest>

/** The request of refund. */
export const refundRequest = Type.Object({
  refundRequestId: id,
  paymentId: id,
  refundAmount: amount,
  referenceRefundId: optional(text(64)),
  refundReason: optional(text(256)),
  refundNotifyUrl: optional(text(2048)),
  captureId: optional(id),
  isAsyncRefund: optional(Type.Boolean()),
  metadata: optional(metadata),
  extendInfo: optional(text()),
  customizedInfo: optional(customizedInfo),
})
export type RefundRequest = Static<typeof refundRequest>

/** The request of inquiryRefund; `refundId` wins over `refundRequestId`. */
export const inquiryRefundRequest = Type.Object({
  refundRequestId: optional(id),
  refundId: optional(id),
  merchantAccountId: optional(text(64)),
})
export type InquiryRefundRequest = Static<typeof inquiryRefundRequest>
