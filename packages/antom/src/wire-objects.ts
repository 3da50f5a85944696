/** The objects that several operations share. Source: Antom › Common objects. */
import { type Static, Type } from 'typebox'
import { cardBrands } from './card-brands.js'

/** A text of at most `maxLength` characters; `keywords` are those of our reader. */
export const text = (maxLength?: number, keywords: Record<string, unknown> = {}) =>
  Type.String(maxLength === undefined ? keywords : { maxLength, ...keywords })

export const optional = Type.Optional

/** One of a few texts. */
export const oneOf = <const T extends readonly string[]>(values: T, keywords: Record<string, unknown> = {}) =>
  Type.Unsafe<T[number]>({ type: 'string', enum: values, ...keywords })

/** An id of the merchant or of ours. Any characters that can be stored and shown. */
export const id = text(64, {
  minLength: 1,
  pattern: '^\\P{Cc}*$',
  rule: 'must not hold control characters',
})

/** ISO 3166-1 alpha-2. */
export const region = text(2, { pattern: '^[A-Z]{2}$', rule: 'must be two capital letters, an ISO 3166-1 country' })

/** ISO 4217 alpha-3. */
export const currency = text(3, { pattern: '^[A-Z]{3}$', rule: 'must be three capital letters, an ISO 4217 currency' })

/** The published samples and SDKs send an object through a map as well; it is read as its JSON text. */
export const metadata = text(2048, { jsonText: true })

/** What every answer begins with. Source: Antom › Common objects › Result. */
export const result = Type.Object({
  resultCode: text(64),
  resultStatus: oneOf(['S', 'F', 'U']),
  resultMessage: text(256),
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
  region,
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
  // The published sample writes `app`.
  terminalType: oneOf(['WEB', 'WAP', 'APP', 'MINI_APP'], { foldCase: true }),
  osType: optional(oneOf(['IOS', 'ANDROID'], { foldCase: true })),
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
export type Env = Static<typeof env>

/** The result of a 3-D Secure authentication that the merchant made elsewhere. */
export const mpiData = Type.Object({
  threeDSVersion: optional(text()),
  eci: optional(text()),
  cavv: optional(text()),
  dsTransactionId: optional(text()),
  credentialType: optional(text()),
})

export const brandField = Type.Unsafe<(typeof cardBrands)[number]>({
  type: 'string',
  maxLength: 32,
  enum: cardBrands,
  rule: 'must be a card brand of the API',
})

/** The three fields of a card that hold its secrets; the parameters are what a reader makes of them. */
export const secretFields = <PanT, CvvT, PasswordT>() => ({
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
    Type.Unsafe<PasswordT>({ type: 'string', pattern: '^[0-9]{2}$', rule: 'must be two digits', secret: 'password' }),
  ),
})

/**
 * A card as a merchant sends it, without the three fields that hold its secrets.
 * `expiryYear` has two digits by the documentation and four in the demo programs; both are read.
 */
export const cardFields = {
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

export const customizedInfo = Type.Object({
  customizedField1: optional(text()),
  customizedField2: optional(text()),
  customizedField3: optional(text()),
  customizedField4: optional(text()),
  customizedField5: optional(text()),
})
export type CustomizedInfo = Static<typeof customizedInfo>

/** Where the buyer has something to do. */
export const buyerUrls = {
  normalUrl: optional(text(2048)),
  schemeUrl: optional(text(2048)),
  applinkUrl: optional(text(2048)),
} as const

/**
 * An amount in a request: a whole number of the currency's smallest unit, which callers also send as a JSON number.
 * Twelve digits are what an ISO 8583 message carries (data element 4). Source: Antom › Common objects › Amount.
 */
export const amount = Type.Object({
  currency,
  value: text(12, {
    numeric: true,
    pattern: '^[1-9][0-9]*$',
    rule: 'must be a whole number of the smallest unit, from 1: 19.99 EUR is 1999',
  }),
})
/** `value` is the decimal text of a whole number of the currency's smallest unit. */
export type Amount = Static<typeof amount>
