/**
 * What goes over the wire, spelled out for people who read it in their editor.
 * `wire-types.test-d.ts` checks that these are the same types as the schemas of the contract.
 */
import type { CardBrand, ResultCode, ResultStatus } from '@coffer/antom'

export type { CardBrand, ResultStatus } from '@coffer/antom'

/** A code of the published tables, or one that they do not list yet. */
export type AnyResultCode = ResultCode | (string & {})

export interface UserName {
  firstName: string
  middleName?: string | undefined
  lastName: string
  fullName?: string | undefined
}

export interface Address {
  /** ISO 3166-1 alpha-2, e.g. `BR`. */
  region: string
  /** Two or three characters of ISO 3166-2, for the US, Canada and the UK. */
  state?: string | undefined
  city?: string | undefined
  address1?: string | undefined
  address2?: string | undefined
  zipCode?: string | undefined
}

/** Where the buyer is. */
export interface Env {
  /** `WEB` is a browser on a computer, `WAP` one on a phone. */
  terminalType: 'WEB' | 'WAP' | 'APP' | 'MINI_APP'
  /** Expected unless `terminalType` is `WEB`. */
  osType?: 'IOS' | 'ANDROID' | undefined
  /** IPv4 or IPv6 address of the buyer. */
  clientIp?: string | undefined
  deviceTokenId?: string | undefined
  browserInfo?:
    | {
        acceptHeader?: string | undefined
        language?: string | undefined
        userAgent?: string | undefined
        javaEnabled?: boolean | undefined
        javaScriptEnabled?: boolean | undefined
      }
    | undefined
  colorDepth?: number | undefined
  screenHeight?: number | undefined
  screenWidth?: number | undefined
  /** Minutes, -720 to 720. */
  timeZoneOffset?: number | undefined
  deviceBrand?: string | undefined
  deviceModel?: string | undefined
  deviceLanguage?: string | undefined
  deviceId?: string | undefined
  osVersion?: string | undefined
  userAgent?: string | undefined
  cookieId?: string | undefined
  extendInfo?: string | undefined
}

/** A card to be vaulted. */
export interface CardInput {
  /** 12 to 19 digits. */
  cardNo: string
  /** Last two digits of the year: `33` for 2033. */
  expiryYear: string
  /** `01` to `12`. */
  expiryMonth: string
  /** 3 digits, 4 for American Express. */
  cvv?: string | undefined
  /** Korean cards: the first two digits of the card's password. */
  cardPasswordDigest?: string | undefined
  cardholderName?: UserName | undefined
  billingAddress?: Address | undefined
  /** The brand that the buyer chose, when the card carries two. */
  selectedCardBrand?: CardBrand | undefined
  /** @deprecated in requests; use `selectedCardBrand` */
  brand?: CardBrand | undefined
  /** Ask for 3-D Secure. The result may then be `U` with a page for the buyer. */
  is3DSAuthentication?: boolean | undefined
  /** `YYYY-MM-DD`; personal cards of Korea. */
  dateOfBirth?: string | undefined
  /** Ten digits; corporate cards of Korea. */
  businessNo?: string | undefined
  /** Brazilian tax id. */
  cpf?: string | undefined
  payerEmail?: string | undefined
  networkTransactionId?: string | undefined
  request3DS?: string | undefined
  scaExemptionIndicator?: string | undefined
  enableAuthenticationUpgrade?: string | undefined
  authenticationFlow?: string | undefined
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
}

/** Five fields of your own; they come back in the notification. */
export interface CustomizedInfo {
  customizedField1?: string | undefined
  customizedField2?: string | undefined
  customizedField3?: string | undefined
  customizedField4?: string | undefined
  customizedField5?: string | undefined
}

export interface VaultPaymentMethodRequest {
  /** Your id of this vaulting, at most 64 characters, stored before you call. The same id gives the same result. */
  vaultingRequestId: string
  /** Where the notification goes; without it, the address configured at the gateway. */
  vaultingNotificationUrl?: string | undefined
  /** The page to which the buyer returns after 3-D Secure. */
  redirectUrl: string
  paymentMethodDetail: { paymentMethodType: 'CARD'; card: CardInput }
  env: Env
  merchantRegion?: string | undefined
  merchantAccountId?: string | undefined
  /** Text of yours, at most 2048 characters; comes back in inquiry and notification. Never put card data here. */
  metadata?: string | undefined
  /** ISO 4217. */
  vaultingCurrency?: string | undefined
  customizedInfo?: CustomizedInfo | undefined
}

export interface InquireVaultingRequest {
  vaultingRequestId: string
  merchantAccountId?: string | undefined
}

export interface CreateVaultingSessionRequest {
  paymentMethodType: 'CARD'
  /** Shares its ids with `vaultPaymentMethod`. */
  vaultingRequestId: string
  vaultingNotificationUrl?: string | undefined
  redirectUrl?: string | undefined
  merchantRegion?: string | undefined
  is3DSAuthentication?: boolean | undefined
}

export interface FetchNonceRequest {
  card: {
    cardNo: string
    expiryYear: string
    expiryMonth: string
    cvv?: string | undefined
    cardholderName?: UserName | undefined
  }
}

/** The request of inquireToken and deleteToken. */
export interface TokenRequest {
  token: string
  merchantAccountId?: string | undefined
}

/** At least one of the three changeable fields is needed. */
export interface UpdateTokenRequest extends TokenRequest {
  accountHolderName?: UserName | undefined
  email?: string | undefined
  /** ISO 8601 with an offset. */
  tokenExpiryTime?: string | undefined
}

/** What every answer and every notification begins with. */
export interface Result {
  resultCode: string
  /** `S` success, `F` final failure, `U` unknown or still in process. */
  resultStatus: ResultStatus
  resultMessage: string
}

/** A card in the vault. Nothing in it can be turned back into a number. */
export interface StoredCard {
  /** What you pay with: `paymentMethodId` of pay. Opaque, up to 2048 characters. */
  cardToken: string
  brand: CardBrand
  /** To show to the buyer: asterisks and the last four digits. */
  maskedCardNo: string
  bin?: string
  lastFour?: string
  expiryYear?: string
  expiryMonth?: string
  funding?: 'CREDIT' | 'DEBIT' | 'PREPAID' | 'CHARGE' | 'DEFERRED_DEBIT'
  issuerName?: string
  /** ISO 3166-1 alpha-2. */
  issuingCountry?: string
  networkTransactionId?: string
  /** The same for the same number, so that a buyer's cards can be told apart. */
  fingerprint?: string
  supportedBrands?: string[]
  avsResultRaw?: string
  cvvResultRaw?: string
}

/** Pages and apps on which the buyer completes 3-D Secure; one or more while a vaulting is in process. */
export interface BuyerUrls {
  normalUrl?: string
  schemeUrl?: string
  applinkUrl?: string
}

export interface StoredPaymentMethodDetail {
  paymentMethodType: 'CARD'
  card?: StoredCard
}

export interface VaultPaymentMethodResponse extends BuyerUrls {
  result: Result
  vaultingRequestId?: string
  paymentMethodDetail?: StoredPaymentMethodDetail
}

export interface InquireVaultingResponse extends BuyerUrls {
  result: Result
  vaultingRequestId?: string
  vaultingStatus?: 'SUCCESS' | 'FAIL' | 'PROCESSING'
  vaultingResultCode?: string
  vaultingResultMessage?: string
  paymentMethodDetail?: StoredPaymentMethodDetail
  metadata?: string
}

export interface CreateVaultingSessionResponse {
  result: Result
  vaultingSessionData?: string
  vaultingSessionId?: string
  vaultingSessionExpiryTime?: string
  normalUrl?: string
}

export interface FetchNonceResponse {
  result: Result
  cardToken?: string
}

export interface InquireTokenResponse {
  result: Result
  token?: string
  accountHolderName?: UserName
  email?: string
  issuerName?: string
  issuingCountry?: string
  tokenExpiryTime?: string
}

export interface UpdateTokenResponse {
  result: Result
  token?: string
}

export interface DeleteTokenResponse {
  result: Result
}

/** The body of notifyVaulting. The orchestration product sends the two times and states, plain Antom may not. */
export interface NotifyVaultingBody {
  result: Result
  vaultingRequestId: string
  vaultingStatus?: 'SUCCESS' | 'FAIL'
  vaultingCreateTime?: string
  paymentMethodDetail: StoredPaymentMethodDetail
  metadata?: string
  customizedInfo?: CustomizedInfo
}
