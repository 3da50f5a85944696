/**
 * vaultPaymentMethod and inquireVaulting, field by field. Source: Antom › vaultPaymentMethod, inquireVaulting.
 *
 * Card digits are a parameter of the request schema: the server reads them into opaque values, the SDK has plain text.
 */
import { type Static, Type } from 'typebox'
import { cardBrands, fundings } from './card-brands.js'

const text = (maxLength?: number, keywords: Record<string, unknown> = {}) =>
  Type.String(maxLength === undefined ? keywords : { maxLength, ...keywords })
const optional = Type.Optional

/** The merchant's id of a vaulting. Any characters that can be stored and shown. */
const vaultingRequestId = text(64, {
  minLength: 1,
  pattern: '^\\P{Cc}*$',
  rule: 'must not hold control characters',
})

/** Name of a person. Source: Antom › Common objects › UserName. */
export const userName = Type.Object({
  firstName: text(32, { minLength: 1 }),
  middleName: optional(text(32)),
  lastName: text(32, { minLength: 1 }),
  fullName: optional(text(128)),
})
export type UserName = Static<typeof userName>

/** Postal address. `region` is ISO 3166-1 alpha-2. Source: Antom › Common objects › Address. */
export const address = Type.Object({
  region: text(2, { pattern: '^[A-Z]{2}$', rule: 'must be two capital letters, an ISO 3166-1 country' }),
  state: optional(text(8)),
  city: optional(text(32)),
  address1: optional(text(256)),
  address2: optional(text(256)),
  zipCode: optional(text(32)),
})
export type Address = Static<typeof address>

const browserInfo = Type.Object({
  acceptHeader: optional(text()),
  language: optional(text()),
  userAgent: optional(text()),
  javaEnabled: optional(Type.Boolean()),
  javaScriptEnabled: optional(Type.Boolean()),
})

/** Where the buyer is. Source: Antom › Common objects › Env. */
export const env = Type.Object({
  terminalType: Type.Unsafe<'WEB' | 'WAP' | 'APP' | 'MINI_APP'>({
    type: 'string',
    enum: ['WEB', 'WAP', 'APP', 'MINI_APP'],
    foldCase: true, // the published sample writes `app`
  }),
  osType: optional(Type.Unsafe<'IOS' | 'ANDROID'>({ type: 'string', enum: ['IOS', 'ANDROID'], foldCase: true })),
  clientIp: optional(text(64, { check: 'ip', rule: 'must be an IPv4 or IPv6 address' })),
  deviceTokenId: optional(text(64)),
  browserInfo: optional(browserInfo),
  colorDepth: optional(
    Type.Integer({
      enum: [1, 4, 8, 15, 16, 24, 30, 32, 48],
      rule: 'must be one of 1, 4, 8, 15, 16, 24, 30, 32, 48',
    }),
  ),
  screenHeight: optional(Type.Integer({ minimum: 1, rule: 'must be a whole number from 1' })),
  screenWidth: optional(Type.Integer({ minimum: 1, rule: 'must be a whole number from 1' })),
  timeZoneOffset: optional(Type.Integer({ minimum: -720, maximum: 720 })),
  deviceBrand: optional(text(64)),
  deviceModel: optional(text(128)),
  deviceLanguage: optional(text()),
  deviceId: optional(text()),
  osVersion: optional(text()),
  userAgent: optional(text()),
  cookieId: optional(text()),
  extendInfo: optional(text(2048)),
})

const mpiData = Type.Object({
  threeDSVersion: optional(text()),
  eci: optional(text()),
  cavv: optional(text()),
  dsTransactionId: optional(text()),
  credentialType: optional(text()),
})

const brandField = Type.Unsafe<(typeof cardBrands)[number]>({
  type: 'string',
  maxLength: 32,
  enum: cardBrands,
  rule: 'must be a card brand of the API',
})

/**
 * A card as a merchant sends it, without the three fields that hold its secrets.
 * `expiryYear` has two digits by the documentation and four in the demo programs; both are read.
 */
const cardFields = {
  expiryYear: text(4, { pattern: '^(20)?[0-9]{2}$', rule: 'must be two digits of a year, or four from 2000 on' }),
  expiryMonth: text(2, { pattern: '^(0[1-9]|1[0-2])$', rule: 'must be 01 to 12' }),
  cardholderName: optional(userName),
  billingAddress: optional(address),
  selectedCardBrand: optional(brandField),
  brand: optional(brandField),
  is3DSAuthentication: optional(Type.Boolean()),
  dateOfBirth: optional(text(10, { check: 'day', rule: 'must be a date written YYYY-MM-DD' })),
  businessNo: optional(
    text(10, { pattern: '^[0-9]{10}$', rule: 'must be ten digits', aliases: ['businessRegistrationNo'] }),
  ),
  // A published demo sends the tax id with its punctuation.
  cpf: optional(text(11, { strip: '.-', pattern: '^[0-9]{11}$', rule: 'must be eleven digits' })),
  payerEmail: optional(text(64)),
  networkTransactionId: optional(text(256)),
  request3DS: optional(text()),
  scaExemptionIndicator: optional(text()),
  enableAuthenticationUpgrade: optional(text()),
  authenticationFlow: optional(text()),
  mpiData: optional(mpiData),
} as const

const customizedInfo = Type.Object({
  customizedField1: optional(text()),
  customizedField2: optional(text()),
  customizedField3: optional(text()),
  customizedField4: optional(text()),
  customizedField5: optional(text()),
})
export type CustomizedInfo = Static<typeof customizedInfo>

/**
 * The request of vaultPaymentMethod. `PanT`, `CvvT` and `PasswordT` are what a reader makes of the card's secrets.
 */
export const vaultPaymentMethodRequest = <PanT, CvvT, PasswordT>() =>
  Type.Object({
    vaultingRequestId,
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
        cardNo: Type.Unsafe<PanT>({
          type: 'string',
          maxLength: 32,
          pattern: '^[0-9]{12,19}$',
          rule: 'must be 12 to 19 digits',
          secret: 'pan',
        }),
        cvv: optional(
          Type.Unsafe<CvvT>({ type: 'string', pattern: '^[0-9]{3,4}$', rule: 'must be 3 or 4 digits', secret: 'cvv' }),
        ),
        cardPasswordDigest: optional(
          Type.Unsafe<PasswordT>({
            type: 'string',
            pattern: '^[0-9]{2}$',
            rule: 'must be two digits',
            secret: 'password',
          }),
        ),
        ...cardFields,
      }),
    }),
    env,
    merchantRegion: optional(
      text(2, { pattern: '^[A-Z]{2}$', rule: 'must be two capital letters, an ISO 3166-1 country' }),
    ),
    merchantAccountId: optional(text(64)),
    metadata: optional(text(2048)),
    vaultingCurrency: optional(
      text(3, { pattern: '^[A-Z]{3}$', rule: 'must be three capital letters, an ISO 4217 currency' }),
    ),
    customizedInfo: optional(customizedInfo),
  })

const plainRequest = vaultPaymentMethodRequest<string, string, string>()
/** The request of vaultPaymentMethod as a merchant writes it. */
export type VaultPaymentMethodRequest = Static<typeof plainRequest>

/** The request of inquireVaulting. */
export const inquireVaultingRequest = Type.Object({
  vaultingRequestId,
  merchantAccountId: optional(text(64)),
})
export type InquireVaultingRequest = Static<typeof inquireVaultingRequest>

const result = Type.Object({
  resultCode: text(64),
  resultStatus: Type.Unsafe<'S' | 'F' | 'U'>({ type: 'string', enum: ['S', 'F', 'U'] }),
  resultMessage: text(256),
})

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

const buyerUrls = {
  normalUrl: optional(text(2048)),
  schemeUrl: optional(text(2048)),
  applinkUrl: optional(text(2048)),
} as const

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
