import type { MessageFamily } from './networks.js'

/** A security code that makes the issuer say something else than "matches". */
export interface CvvLever {
  /** The code to type; `amex` is the one with four digits. */
  readonly cvv: string
  readonly amex: string
  /** What the issuer's answer says about it. */
  readonly cvvResult: 'N' | 'U' | 'P'
  /** The response code that comes with it, where it costs the approval. */
  readonly responseCode?: Readonly<Record<MessageFamily, string>>
  readonly says: string
}

/** Security codes with a meaning. Any other code matches; none at all gets no verdict. */
export const cvvLevers: readonly CvvLever[] = [
  {
    cvv: '999',
    amex: '9999',
    cvvResult: 'N',
    responseCode: { 'visa-like': 'N7', 'mastercard-like': '63' },
    says: 'The code does not match, and the issuer declines for it: INVALID_CVV.',
  },
  { cvv: '998', amex: '9998', cvvResult: 'U', says: 'The issuer cannot check the code.' },
  { cvv: '997', amex: '9997', cvvResult: 'P', says: 'The issuer did not check the code.' },
]

/** What the issuer says of a security code that is none of {@link cvvLevers}. */
export const cvvResultOtherwise = 'M'

/** An expiry date with a meaning. */
export interface ExpiryLever {
  /** `YYMM`, as issuers are asked. */
  readonly expiry: string
  readonly responseCode: string
  readonly says: string
}

/** Expiry dates with a meaning. A date in the past needs no row: it is refused before an issuer is asked. */
export const expiryLevers: readonly ExpiryLever[] = [
  {
    expiry: '4912',
    responseCode: '54',
    says: 'December 2049 is not over, but the issuer has another date on file: CARD_EXPIRED.',
  },
]

/** A postcode with a meaning. */
export interface AvsLever {
  readonly postcode: string
  readonly avsResult: 'N' | 'A' | 'Z' | 'U' | 'R'
  readonly says: string
}

/** Postcodes with a meaning. The verdict is reported and declines nothing. */
export const avsLevers: readonly AvsLever[] = [
  { postcode: '00001', avsResult: 'N', says: 'Neither street nor postcode match.' },
  { postcode: '00002', avsResult: 'A', says: 'The street matches, the postcode does not.' },
  { postcode: '00003', avsResult: 'Z', says: 'The postcode matches, the street does not.' },
  { postcode: '00004', avsResult: 'U', says: 'The issuer has no address to compare with.' },
  { postcode: '00005', avsResult: 'R', says: 'The issuer cannot check the address now; try again.' },
]

/** What the issuer says of an address whose postcode is none of {@link avsLevers}. */
export const avsResultOtherwise = 'Y'

/** Something the buyer can do on the challenge page. */
export interface ChallengeLever {
  /** The code to type; absent for what is not typed. */
  readonly otp?: string
  readonly transStatus: 'Y' | 'N' | 'U' | 'R'
  readonly transStatusReason?: string
  readonly challengeCancel?: string
  readonly says: string
  /** Result code of adding the card, where its issuer approves. */
  readonly endsAs: string
}

/** What decides a challenge that is left to the buyer. */
export const challengeLevers: readonly ChallengeLever[] = [
  { otp: '123456', transStatus: 'Y', says: 'The right code.', endsAs: 'SUCCESS' },
  {
    otp: '111111',
    transStatus: 'N',
    transStatusReason: '01',
    says: 'The issuer says no: authentication failed.',
    endsAs: 'USER_PAYMENT_VERIFICATION_FAILED',
  },
  {
    otp: '222222',
    transStatus: 'U',
    transStatusReason: '22',
    says: 'The issuer could not carry out the authentication.',
    endsAs: 'AUTHENTICATION_REQUIRED',
  },
  {
    otp: '333333',
    transStatus: 'R',
    transStatusReason: '11',
    says: 'The issuer rejects, and nobody may go on.',
    endsAs: 'FRAUD_REJECT',
  },
  {
    transStatus: 'N',
    transStatusReason: '19',
    says: 'Three codes that mean nothing: too many challenges.',
    endsAs: 'VERIFY_TIMES_EXCEED_LIMIT',
  },
  {
    transStatus: 'N',
    transStatusReason: '01',
    challengeCancel: '01',
    says: 'The buyer presses Cancel.',
    endsAs: 'USER_PAYMENT_VERIFICATION_FAILED',
  },
  {
    transStatus: 'N',
    transStatusReason: '14',
    challengeCancel: '04',
    says: 'Nobody types anything: it times out.',
    endsAs: 'USER_PAYMENT_VERIFICATION_FAILED',
  },
]

/**
 * A cardholder name that begins so, followed by two digits, puts those digits in the place of the number's own TT. The
 * name travels in the 3DS request, so any test card can run any script. It is not in the messages to an issuer,
 * and so no name can choose a response code.
 */
export const cardholderNameScriptPrefix = 'SIM3DS-TT'

/** A value in a merchant's call that the sandbox answers in a way of its own, as Antom's sandbox does. */
export interface CallLever {
  readonly field: string
  readonly value: string
  readonly says: string
}

/** Values in a call that mean something, whatever the card. */
export const callLevers: readonly CallLever[] = [
  { field: 'expiryMonth', value: '13', says: 'There is no such month: PARAM_ILLEGAL.' },
  { field: 'cvv', value: '99', says: 'A security code of two digits is none: PARAM_ILLEGAL.' },
  { field: 'paymentAmount.value', value: '11', says: 'The risk check refuses the payment.' },
]

/** A habit of issuers that shows on every test card. */
export interface IssuerHabit {
  readonly when: string
  readonly responseCode: Readonly<Record<MessageFamily, string>>
  readonly says: string
}

/** What issuers do whatever the number says. */
export const issuerHabits: readonly IssuerHabit[] = [
  {
    when: 'an EEA card is verified, or its buyer pays, without proof of authentication',
    responseCode: { 'visa-like': '1A', 'mastercard-like': '65' },
    says: 'A soft decline: authenticate the buyer and ask again. AUTHENTICATION_REQUIRED.',
  },
  {
    when: 'an authentication value comes that is wrong, of another card, or proves something else than the message says',
    responseCode: { 'visa-like': '05', 'mastercard-like': '05' },
    says: 'Declined without a reason: DO_NOT_HONOR. In Visa-like messages the CAVV result says that it was the value.',
  },
  {
    when: 'the merchant pays alone and names no transaction that the issuer approved for this card on this network',
    responseCode: { 'visa-like': '05', 'mastercard-like': '05' },
    says: 'Declined with the advice never to try again.',
  },
]
