import type { BankFacts } from './payments.js'

/** What a shop does after a bank declined a payment that it made without the buyer. */
export type AfterDecline = 'try later' | 'never again' | 'ask the buyer'

/** Codes of a bank that say: no payment with this card will ever be approved. Source: Visa, decline category 1. */
const neverRaw: ReadonlySet<string> = new Set(['04', '07', '12', '14', '15', '41', '43', '46', '57', 'R0', 'R1', 'R3'])

/** `Do not try again`, and `the cardholder has stopped it`. Source: Mastercard, merchant advice codes. */
const neverAdvice: ReadonlySet<string> = new Set(['03', '21'])

/** `Try again later`; where Mastercard says so, it counts more than the code. */
const laterAdvice: ReadonlySet<string> = new Set(['02', '24', '25', '26', '27', '28', '29', '30'])

const neverCodes: ReadonlySet<string> = new Set(['LOST_CARD', 'STOLEN_CARD', 'PICKUP_CARD', 'ACCOUNT_CLOSED'])

/** Time mends none of these: another date, another card, or the buyer in person does. */
const buyerCodes: ReadonlySet<string> = new Set([
  ...['CARD_EXPIRED', 'INVALID_EXPIRATION_DATE', 'INVALID_CARD_NUMBER', 'CARD_NOT_SUPPORTED'],
  ...['AUTHENTICATION_REQUIRED', 'INVALID_PAYMENT_METHOD_META_DATA', 'RESTRICTED_CARD'],
])

/** What the vault answers by itself once a bank has said never again: the bank is not even asked. */
const NEVER_SAID = /never to charge this card again/

/** A shop that goes on asking a bank that said never is fined by the card schemes, so that comes first. */
export function afterDecline(decline: { code: string; message: string; brand: string } & BankFacts): AfterDecline {
  const { code, message, brand, refusalCodeRaw: raw = '', merchantAdviceCode: advice = '' } = decline
  if (neverAdvice.has(advice) || NEVER_SAID.test(message)) return 'never again'
  if (['MASTERCARD', 'MAESTRO'].includes(brand) && laterAdvice.has(advice)) return 'try later'
  if (neverRaw.has(raw) || neverCodes.has(code)) return 'never again'
  return buyerCodes.has(code) ? 'ask the buyer' : 'try later'
}
