/** What a buyer can do when a card was not added, by the vault's result code. */

const otherCard = 'Use another card, or ask the bank that issued this one.'

const byCode: Readonly<Record<string, string>> = {
  CARD_EXPIRED: 'The bank says that the card has expired. Check the expiry date, or use another card.',
  INVALID_EXPIRATION_DATE: 'Check the expiry date on the card and try again.',
  INVALID_CVV: 'Check the security code on the card and try again.',
  INVALID_CARD_NUMBER: 'The bank does not know this number. Check it and try again.',
  CARD_NOT_SUPPORTED: 'This kind of card is not taken here. Use another card.',
  USER_BALANCE_NOT_ENOUGH: 'There is not enough money on the card. Use another card, or try again later.',
  PAYMENT_AMOUNT_EXCEED_LIMIT: `The card is over its limit. ${otherCard}`,
  PAYMENT_COUNT_EXCEED_LIMIT: `The card was used too often. ${otherCard}`,
  VERIFY_TIMES_EXCEED_LIMIT: `There were too many wrong attempts. ${otherCard}`,
  AUTHENTICATION_REQUIRED: 'The bank could not make sure that it is you. Try again later, or use another card.',
  USER_PAYMENT_VERIFICATION_FAILED: 'The bank could not confirm that it is you. Try again, or use another card.',
  BLOCKED_FIRST_USED: 'The card is new: unblock it with the bank first, or use another card.',
  PROCESS_FAIL: 'The bank gave no clear answer, and the card was not kept. Try again, or use another card.',
  ORDER_IS_CLOSED: 'It took too long. Try again.',
  PARAM_ILLEGAL: 'The vault did not take these details. In this sandbox, use one of the test cards.',
  DO_NOT_HONOR: `The bank declined the card and gave no reason. ${otherCard}`,
  // Whoever holds a lost card is told no more than that; the code beside it is for those who try the example.
  ...withText(
    ['LOST_CARD', 'STOLEN_CARD', 'PICKUP_CARD', 'FRAUD_REJECT', 'ACCOUNT_CLOSED', 'RESTRICTED_CARD'],
    `The bank declined the card. ${otherCard}`,
  ),
  ...withText(
    ['SIGNATURE_INVALID', 'KEY_NOT_FOUND', 'UNKNOWN_CLIENT', 'INVALID_CLIENT_STATUS', 'ACCESS_DENIED', 'INVALID_API'],
    'This is our fault, not yours: the shop is not set up rightly. Nothing is wrong with the card.',
  ),
}

/** In one or two sentences; the same for codes that this shop has never heard of as for a plain no. */
export const adviceFor = (code: string): string =>
  Object.hasOwn(byCode, code) ? byCode[code]! : byCode['DO_NOT_HONOR']!

/** After these the same card may do: typed rightly, or at another time. After any other it will not. */
const sameCardMayDo: ReadonlySet<string> = new Set([
  ...['CARD_EXPIRED', 'INVALID_EXPIRATION_DATE', 'INVALID_CVV', 'INVALID_CARD_NUMBER', 'PROCESS_FAIL'],
  ...['AUTHENTICATION_REQUIRED', 'USER_PAYMENT_VERIFICATION_FAILED', 'ORDER_IS_CLOSED'],
  ...['SIGNATURE_INVALID', 'KEY_NOT_FOUND', 'UNKNOWN_CLIENT', 'INVALID_CLIENT_STATUS', 'ACCESS_DENIED', 'INVALID_API'],
])

/** What the button below the advice says. */
export const nextTryOf = (code: string): string => (sameCardMayDo.has(code) ? 'Try again' : 'Use another card')

function withText(codes: readonly string[], text: string): Record<string, string> {
  return Object.fromEntries(codes.map(code => [code, text]))
}
