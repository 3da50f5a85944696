/**
 * vaultPaymentMethod and inquireVaulting, field by field. Source: Antom › vaultPaymentMethod, inquireVaulting.
 *
 * Card digits are a parameter of the request schema: the server reads them into opaque values, the SDK has plain text.
 */
import { type Static, Type } from 'typebox'
import { cardBrands, fundings } from './card-brands.js'
import {
  buyerUrls,
  cardFields,
  currency,
  customizedInfo,
  env,
  id,
  optional,
  region,
  result,
  secretFields,
  text,
} from './wire-objects.js'

/**
 * The request of vaultPaymentMethod. `PanT`, `CvvT` and `PasswordT` are what a reader makes of the card's secrets.
 */
export const vaultPaymentMethodRequest = <PanT, CvvT, PasswordT>() =>
  Type.Object({
    vaultingRequestId: id,
    vaultingNotificationUrl: optional(text(2048)),
    redirectUrl: text(2048, { minLength: 1, check: 'redirect', rule: 'must be the address of a page' }),
    paymentMethodDetail: Type.Object({
      paymentMethodType: Type.Unsafe<'CARD'>({
        type: 'string',
        maxLength: 64,
        const: 'CARD',
        aliases: ['paymentMethod'],
      }),
      card: Type.Object({
        ...secretFields<PanT, CvvT, PasswordT>(),
        ...cardFields,
      }),
    }),
    env,
    merchantRegion: optional(region),
    merchantAccountId: optional(text(64)),
    metadata: optional(text(2048)),
    vaultingCurrency: optional(currency),
    customizedInfo: optional(customizedInfo),
  })

const plainRequest = vaultPaymentMethodRequest<string, string, string>()
/** The request of vaultPaymentMethod as a merchant writes it. */
export type VaultPaymentMethodRequest = Static<typeof plainRequest>

/** The request of inquireVaulting. */
export const inquireVaultingRequest = Type.Object({
  vaultingRequestId: id,
  merchantAccountId: optional(text(64)),
})
export type InquireVaultingRequest = Static<typeof inquireVaultingRequest>

/** A card after vaulting. Nothing in it can be turned back into a number. Source: Antom › Common objects › Card. */
export const storedCard = Type.Object({
  cardToken: text(2048),
  brand: Type.Unsafe<(typeof cardBrands)[number]>({ type: 'string', maxLength: 32, enum: cardBrands }),
  maskedCardNo: text(64),
  bin: optional(text(8)),
  lastFour: optional(text(4)),
  expiryYear: optional(text(2)),
  expiryMonth: optional(text(2)),
  funding: optional(Type.Unsafe<(typeof fundings)[number]>({ type: 'string', enum: fundings })),
  issuerName: optional(Type.String()),
  issuingCountry: optional(text(2)),
  networkTransactionId: optional(text(256)),
  fingerprint: optional(Type.String()),
  supportedBrands: optional(Type.Array(Type.String())),
  avsResultRaw: optional(Type.String()),
  cvvResultRaw: optional(Type.String()),
})
export type StoredCard = Static<typeof storedCard>

const storedPaymentMethodDetail = Type.Object({
  paymentMethodType: Type.Unsafe<'CARD'>({ type: 'string', maxLength: 64, const: 'CARD' }),
  card: optional(storedCard),
})

/** The answer of vaultPaymentMethod. The order of the fields is the order on the wire. */
export const vaultPaymentMethodResponse = Type.Object({
  result,
  vaultingRequestId: optional(text(64, { minLength: 1 })),
  paymentMethodDetail: optional(storedPaymentMethodDetail),
  ...buyerUrls,
})
export type VaultPaymentMethodResponse = Static<typeof vaultPaymentMethodResponse>

/** The answer of inquireVaulting: `result` tells of the call, `vaultingStatus` of the vaulting. */
export const inquireVaultingResponse = Type.Object({
  result,
  vaultingRequestId: optional(text(64, { minLength: 1 })),
  vaultingStatus: optional(
    Type.Unsafe<'SUCCESS' | 'FAIL' | 'PROCESSING'>({
      type: 'string',
      maxLength: 10,
      enum: ['SUCCESS', 'FAIL', 'PROCESSING'],
    }),
  ),
  vaultingResultCode: optional(text(64)),
  vaultingResultMessage: optional(text(256)),
  paymentMethodDetail: optional(storedPaymentMethodDetail),
  ...buyerUrls,
  metadata: optional(text(2048)),
})
export type InquireVaultingResponse = Static<typeof inquireVaultingResponse>

/** The notification of a vaulting's final result: here `result` is the outcome, `S` or `F`, never `U`. */
export const notifyVaultingBody = Type.Object({
  result,
  vaultingRequestId: text(64, { minLength: 1 }),
  vaultingStatus: Type.Unsafe<'SUCCESS' | 'FAIL'>({ type: 'string', maxLength: 10, enum: ['SUCCESS', 'FAIL'] }),
  vaultingCreateTime: Type.String(),
  paymentMethodDetail: storedPaymentMethodDetail,
  metadata: optional(text(2048)),
  customizedInfo: optional(customizedInfo),
})
export type NotifyVaultingBody = Static<typeof notifyVaultingBody>
