/** What buyers and the back office can do when the vault says no, by its result code. */
import { adviceFor, nextTryOf } from './advice.js'
import type { OperationKind } from './payments.js'

/** Where paying is another matter than adding a card. */
const forBuyers: Readonly<Record<string, string>> = {
  PROCESS_FAIL: 'The bank gave no clear answer, and nothing is charged. Try again, or use another card.',
  ORDER_IS_CLOSED: 'It took too long, and nothing is charged. Try again.',
  ORDER_IS_CANCELED: 'The payment was cancelled, and nothing is charged.',
  RISK_REJECT: 'The payment was stopped by a check for fraud, and nothing is charged. Use another card.',
  AUTHENTICATION_REQUIRED:
    'The bank wants to be sure that it is you. Pay again, and tick “Ask for 3-D Secure”; or use another card.',
  INVALID_PAYMENT_METHOD_META_DATA:
    'The vault has no such card: it was deleted. Nothing can be paid with it any more. Add it again, or use another card.',
  CURRENCY_NOT_SUPPORT: 'This currency cannot be paid here. Nothing is wrong with the card.',
  PARAM_ILLEGAL: 'The vault did not take this payment. It is our fault, not yours: nothing is wrong with the card.',
  REPEAT_REQ_INCONSISTENT: 'This payment was asked for before with other details. Begin again from the shop.',
}

/** In one or two sentences. */
export const paymentAdviceFor = (code: string): string =>
  Object.hasOwn(forBuyers, code) ? forBuyers[code]! : adviceFor(code)

const tryAgain: ReadonlySet<string> = new Set(['PROCESS_FAIL', 'ORDER_IS_CLOSED', 'ORDER_IS_CANCELED', 'PARAM_ILLEGAL'])

/** What the button below the advice says. */
export const nextPaymentOf = (code: string): string => (tryAgain.has(code) ? 'Try again' : nextTryOf(code))

const forBackOffice: Readonly<Record<string, string>> = {
  CAPTURE_AMOUNT_EXCEED_AUTH_LIMIT: 'That is more than is still reserved. Capture what is left, or less.',
  REFUND_AMOUNT_EXCEED: 'That is more than was captured and not given back yet. Refund what is left, or less.',
  AUTH_CANCELLED: 'The payment was cancelled: nothing of it can be captured. The buyer has to pay anew.',
  AUTH_EXPIRED: 'The reservation is over: nothing of it can be captured. The buyer has to pay anew.',
  AUTH_NOT_FOUND: 'The bank knows of no such reservation. The buyer has to pay anew.',
  ORDER_IS_CANCELED: 'The payment was cancelled, so there is nothing to give back.',
  ORDER_IS_CLOSED: 'The payment never came about, so there is nothing to give back.',
  ORDER_NOT_EXIST: 'The vault knows no such payment.',
  ORDER_STATUS_INVALID:
    'The payment is not in a state for this: nothing is captured yet, all is captured, or the rest was given up.',
  PAYMENT_COUNT_EXCEED_LIMIT: 'This payment was captured as often as it may be.',
  CANCEL_WINDOW_EXCEED: 'The money moved too long ago to cancel. Refund it instead.',
  REFUND_WINDOW_EXCEED: 'The money moved too long ago to give it back to the card.',
  CURRENCY_NOT_SUPPORT: 'This has to be in the currency of the payment.',
  REPEAT_REQ_INCONSISTENT: 'This id was used before for something else. Load the page again, and retry.',
}

const processFail: Readonly<Record<OperationKind, string>> = {
  capture: 'The bank did not take the capture, and no money moved. Try again, or ask the buyer to pay anew.',
  refund: 'The bank did not take the refund, and no money moved. Try again, or give the money back in another way.',
  cancel: 'It cannot be cancelled: some of the money was given back already. Refund the rest.',
}

/** For the merchant's own people. */
export const backOfficeAdviceFor = (kind: OperationKind, code: string): string =>
  Object.hasOwn(forBackOffice, code) ? forBackOffice[code]! : processFail[kind]
