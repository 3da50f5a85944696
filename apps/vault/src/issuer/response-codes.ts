/**
 * What an issuer's response code (ISO 8583 data element 39) means for a vaulting or a payment. Codes are text: `N7` and `1A` exist.
 * Source: Antom › ISO 8583 response codes; schemes differ in 63, 65, 70, 79, 82 and 83.
 */
import type { PaymentFailureCode, VaultingFailureCode } from '@coffer/antom'
import type { NetworkId } from '../card-data/index.js'

/** Approvals of a zero-amount check; 85 is `no reason to decline`. */
export const approvals = ['00', '08', '10', '11', '16', '85'] as const

/** Declines that mean the same on every network. */
export const declines: Readonly<Partial<Record<VaultingFailureCode, readonly string[]>>> = {
  DO_NOT_HONOR: ['01', '02', '05'],
  PICKUP_CARD: ['04', '07', '35', '37'],
  INVALID_CARD_NUMBER: ['14', '15', '56'],
  CARD_EXPIRED: ['33', '54'],
  INVALID_EXPIRATION_DATE: ['80'],
  NO_SELECTED_ACCOUNT: ['39', '52', '53'],
  LOST_CARD: ['41'],
  STOLEN_CARD: ['43'],
  ACCOUNT_CLOSED: ['46'],
  USER_BALANCE_NOT_ENOUGH: ['51'],
  USER_PAYMENT_VERIFICATION_FAILED: ['55', '6P', 'Q1'],
  POLICY: ['R0', 'R1', 'R3', '93'],
  CARD_NOT_SUPPORTED: ['57', '5C'],
  ACCESS_DENIED: ['58', '03'],
  FRAUD_REJECT: ['59', '34', '63'],
  PAYMENT_AMOUNT_EXCEED_LIMIT: ['61'],
  RESTRICTED_CARD: ['62', '36', '9G'],
  PAYMENT_COUNT_EXCEED_LIMIT: ['65'],
  AUTHENTICATION_REQUIRED: ['1A'],
  VERIFY_TIMES_EXCEED_LIMIT: ['75', '38'],
  BLOCKED_FIRST_USED: ['78'],
  INVALID_CVV: ['N7', '82'],
}

/** Where Mastercard and Maestro mean something else. */
export const mastercardDeclines: Readonly<Record<string, VaultingFailureCode>> = {
  '65': 'AUTHENTICATION_REQUIRED',
  '70': 'AUTHENTICATION_REQUIRED',
  '79': 'ACCOUNT_CLOSED',
  '82': 'POLICY',
  '83': 'FRAUD_REJECT',
}

/** Declines that only say: authenticate the cardholder, then ask again. */
const softDeclines = { everywhere: ['1A'], mastercard: ['65', '70'] }

/** Whether an issuer declines for want of authentication. Source: Antom › ISO 8583 response codes; schemes' soft declines. */
export function isSoftDecline(raw: string, network: NetworkId): boolean {
  const ofMastercard = network === 'MASTERCARD' || network === 'MAESTRO'
  return softDeclines.everywhere.includes(raw) || (ofMastercard && softDeclines.mastercard.includes(raw))
}

const byCode = new Map(
  Object.entries(declines).flatMap(([failure, codes]) => codes.map(code => [code, failure as VaultingFailureCode])),
)

/** Whether a response code approves. */
export const isApproval = (raw: string) => (approvals as readonly string[]).includes(raw)

/**
 * Whether a response code approves a payment. 85 approves a verification alone, whoever gives it; what becomes of it is
 * in `readAuthorisation`.
 */
export const isPaymentApproval = (raw: string) => raw !== '85' && isApproval(raw)

/**
 * The failure that a decline stands for; a code that nobody listed is the general one.
 * @param cvvResult  with Mastercard, 63 together with a CVV that did not match means the CVV
 */
export function failureOf(raw: string, network: NetworkId, cvvResult?: string): VaultingFailureCode {
  if (network === 'MASTERCARD' || network === 'MAESTRO') {
    if (raw === '63' && cvvResult === 'N') return 'INVALID_CVV'
    const own = mastercardDeclines[raw]
    if (own) return own
  }
  return byCode.get(raw) ?? 'PROCESS_FAIL'
}

/** `Invalid amount`. A verification has none, so that there it is a failure of ours. Source: ISO 8583:1987, DE39. */
const INVALID_AMOUNT = '13'

/**
 * The failure that a declined payment stands for; a code that nobody listed is the general one.
 * @param cvvResult  as for `failureOf`
 */
export function paymentFailureOf(raw: string, network: NetworkId, cvvResult?: string): PaymentFailureCode {
  return raw === INVALID_AMOUNT ? 'INVALID_AMOUNT' : failureOf(raw, network, cvvResult)
}

/**
 * Refusals beside those above that are for good where an issuer is told of a capture or refund: transaction not valid
 * (12), nothing done (21), no such authorisation (25). Source: ISO 8583:1987, DE39.
 */
const refusedAdvices: ReadonlySet<string> = new Set(['12', '21', '25'])

/**
 * Whether an issuer refuses a capture or refund for good. Not where it could not do it now or did not understand it
 * (06, 19, 30, 91, 94, 96 and the like), nor where nobody listed what it says.
 */
export const isRefusal = (raw: string) => raw === INVALID_AMOUNT || refusedAdvices.has(raw) || byCode.has(raw)

/**
 * What an issuer never approves later, whatever is tried again with this card. Source: Visa › Authorisation response
 * codes, category 1 (`issuer will never approve`).
 */
const neverAgain: ReadonlySet<string> = new Set([
  '04',
  '07',
  '12',
  '14',
  '15',
  '41',
  '43',
  '46',
  '57',
  'R0',
  'R1',
  'R3',
])

/** `Do not try again` and `payment cancelled by the cardholder`. Source: Mastercard › Merchant advice codes 03, 21. */
const adviceNever: ReadonlySet<string> = new Set(['03', '21'])

/** `Try again later`, without and with how long. Source: Mastercard › Merchant advice codes 02, 24 to 30. */
const adviceLater: ReadonlySet<string> = new Set(['02', '24', '25', '26', '27', '28', '29', '30'])

/**
 * Whether a declined payment must not be tried again with this card unless its holder comes and asks for it.
 * @param merchantAdvice  what the issuer said beside the code; of Mastercard's, one that names a time has the last word
 */
export function neverRetry(raw: string, network: NetworkId, merchantAdvice?: string): boolean {
  if (merchantAdvice !== undefined && adviceNever.has(merchantAdvice)) return true
  const ofMastercard = network === 'MASTERCARD' || network === 'MAESTRO'
  if (ofMastercard && merchantAdvice !== undefined && adviceLater.has(merchantAdvice)) return false
  return neverAgain.has(raw)
}
