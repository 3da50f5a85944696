import { type MessageFamily, messageFamily, type Network } from './networks.js'

/** How a vaulting ends when the issuer gives one of the response codes that test cards use. */
export type ScriptedVaultingResult =
  | 'SUCCESS'
  | 'ACCOUNT_CLOSED'
  | 'AUTHENTICATION_REQUIRED'
  | 'BLOCKED_FIRST_USED'
  | 'CARD_EXPIRED'
  | 'CARD_NOT_SUPPORTED'
  | 'DO_NOT_HONOR'
  | 'FRAUD_REJECT'
  | 'INVALID_CARD_NUMBER'
  | 'INVALID_CVV'
  | 'LOST_CARD'
  | 'NO_SELECTED_ACCOUNT'
  | 'PAYMENT_AMOUNT_EXCEED_LIMIT'
  | 'PAYMENT_COUNT_EXCEED_LIMIT'
  | 'PICKUP_CARD'
  | 'POLICY'
  | 'PROCESS_FAIL'
  | 'RESTRICTED_CARD'
  | 'STOLEN_CARD'
  | 'USER_BALANCE_NOT_ENOUGH'
  | 'VERIFY_TIMES_EXCEED_LIMIT'

/** One answer of an issuer: ISO 8583 data element 39. */
export interface ResponseCodeRow {
  readonly code: string
  /** What the issuer says with it. */
  readonly meaning: string
  /** How the vaulting ends; one code for each family where they read the response code differently. */
  readonly vaultingResultCode: ScriptedVaultingResult | Readonly<Record<MessageFamily, ScriptedVaultingResult>>
  /** How it ends on a Mastercard-like network if the answer also says that the CVV does not match. */
  readonly mastercardLikeWithWrongCvv?: ScriptedVaultingResult
}

/**
 * The response codes that a generated number can ask for: its digits RR. Strings, because data element 39 is
 * alphanumeric: other answers of an issuer are spelled `N7` or `1A`.
 */
export const responseCodes = [
  { code: '00', meaning: 'approved', vaultingResultCode: 'SUCCESS' },
  { code: '01', meaning: 'ask the issuer', vaultingResultCode: 'DO_NOT_HONOR' },
  { code: '04', meaning: 'keep the card', vaultingResultCode: 'PICKUP_CARD' },
  { code: '05', meaning: 'declined without a reason', vaultingResultCode: 'DO_NOT_HONOR' },
  { code: '13', meaning: 'no such amount', vaultingResultCode: 'PROCESS_FAIL' },
  { code: '14', meaning: 'no such card number', vaultingResultCode: 'INVALID_CARD_NUMBER' },
  { code: '39', meaning: 'no credit account', vaultingResultCode: 'NO_SELECTED_ACCOUNT' },
  { code: '41', meaning: 'reported lost', vaultingResultCode: 'LOST_CARD' },
  { code: '43', meaning: 'reported stolen', vaultingResultCode: 'STOLEN_CARD' },
  { code: '46', meaning: 'account closed', vaultingResultCode: 'ACCOUNT_CLOSED' },
  { code: '51', meaning: 'not enough money', vaultingResultCode: 'USER_BALANCE_NOT_ENOUGH' },
  { code: '54', meaning: 'expired', vaultingResultCode: 'CARD_EXPIRED' },
  { code: '57', meaning: 'not permitted to this card', vaultingResultCode: 'CARD_NOT_SUPPORTED' },
  { code: '59', meaning: 'suspected fraud', vaultingResultCode: 'FRAUD_REJECT' },
  { code: '61', meaning: 'above the amount limit', vaultingResultCode: 'PAYMENT_AMOUNT_EXCEED_LIMIT' },
  { code: '62', meaning: 'restricted card', vaultingResultCode: 'RESTRICTED_CARD' },
  {
    code: '63',
    meaning: 'security violation',
    vaultingResultCode: 'FRAUD_REJECT',
    mastercardLikeWithWrongCvv: 'INVALID_CVV',
  },
  {
    code: '65',
    meaning: 'used too often (Visa), or authentication needed (Mastercard)',
    vaultingResultCode: { 'visa-like': 'PAYMENT_COUNT_EXCEED_LIMIT', 'mastercard-like': 'AUTHENTICATION_REQUIRED' },
  },
  { code: '75', meaning: 'too many tries', vaultingResultCode: 'VERIFY_TIMES_EXCEED_LIMIT' },
  { code: '78', meaning: 'blocked until its first use', vaultingResultCode: 'BLOCKED_FIRST_USED' },
  {
    code: '82',
    meaning: 'wrong CVV (Visa), or against a policy (Mastercard)',
    vaultingResultCode: { 'visa-like': 'INVALID_CVV', 'mastercard-like': 'POLICY' },
  },
  { code: '91', meaning: 'issuer not reachable', vaultingResultCode: 'PROCESS_FAIL' },
  { code: '96', meaning: 'system error', vaultingResultCode: 'PROCESS_FAIL' },
] as const satisfies readonly ResponseCodeRow[]

/** The digits RR of a generated number. */
export type ResponseCode = (typeof responseCodes)[number]['code']

/** Whether two digits are a response code that a generated number can ask for. */
export function isResponseCode(digits: string): digits is ResponseCode {
  return responseCodes.some(row => row.code === digits)
}

/**
 * How a vaulting ends when the issuer answered with a response code of the table.
 * @param network  the network that carried the answer: it decides what 65, 82 and 63 mean
 * @param cvvResult  what the answer says about the CVV, if anything
 */
export function vaultingResultCodeFor(
  responseCode: ResponseCode,
  network: Network,
  cvvResult?: string,
): ScriptedVaultingResult {
  const row: ResponseCodeRow = responseCodes.find(({ code }) => code === responseCode)!
  const family = messageFamily(network)
  if (family === 'mastercard-like' && cvvResult === 'N' && row.mastercardLikeWithWrongCvv !== undefined) {
    return row.mastercardLikeWithWrongCvv
  }
  return typeof row.vaultingResultCode === 'string' ? row.vaultingResultCode : row.vaultingResultCode[family]
}

/** How the issuer of a generated number behaves: its digit M. */
export const issuerModes = [
  { mode: '0', says: 'Gives the response code to everything it is asked.' },
  { mode: '1', says: 'Approves the verification and gives the response code to every payment.' },
  {
    mode: '2',
    says: 'Approves the verification and payments by the buyer; payments by the merchant alone get the response code.',
  },
  { mode: '3', says: 'Never answers.' },
  { mode: '4', says: 'Answers too late: when the question is taken back, or after 30 seconds when nobody does that.' },
  { mode: '5', says: 'Sends half of its answer: as if it were a whole one, or cut off together with the connection.' },
  { mode: '6', says: 'Says 91 the first time it sees the number and approves from then on.' },
] as const

/** The digit M of a generated number. */
export type IssuerMode = (typeof issuerModes)[number]['mode']

/** Whether a digit is a mode. */
export function isIssuerMode(digit: string): digit is IssuerMode {
  return issuerModes.some(row => row.mode === digit)
}
