/**
 * What happens in 3DS when a card of this script is authenticated: the digits TT of a generated number. A script never
 * starts 3DS, it only says how it goes once somebody asked for it.
 *
 * `kind` says where it is decided: at once, in a challenge of the buyer, by a fault on the way, or apart from the
 * buyer's browser. `transStatus` is the status that counts in the end, where there is one.
 */
export const threeDSScripts = [
  {
    tt: '00',
    kind: 'frictionless',
    transStatus: 'Y',
    says: 'Not a scenario: authenticated without a challenge.',
    endsAs: 'SUCCESS',
  },
  { tt: '10', kind: 'frictionless', transStatus: 'Y', says: 'Authenticated without a challenge.', endsAs: 'SUCCESS' },
  {
    tt: '11',
    kind: 'frictionless',
    transStatus: 'A',
    says: 'An attempt was made and is proven. Only a payment can have it: without one the answer is U.',
    endsAs: 'AUTHENTICATION_REQUIRED',
  },
  {
    tt: '12',
    kind: 'frictionless',
    transStatus: 'N',
    transStatusReason: '01',
    says: 'Not authenticated: card authentication failed.',
    endsAs: 'USER_PAYMENT_VERIFICATION_FAILED',
  },
  {
    tt: '13',
    kind: 'frictionless',
    transStatus: 'N',
    transStatusReason: '13',
    says: 'Not authenticated: the cardholder is not enrolled.',
    endsAs: 'USER_PAYMENT_VERIFICATION_FAILED',
  },
  {
    tt: '14',
    kind: 'frictionless',
    transStatus: 'R',
    transStatusReason: '11',
    says: 'Rejected: the issuer suspects fraud.',
    endsAs: 'FRAUD_REJECT',
  },
  {
    tt: '15',
    kind: 'frictionless',
    transStatus: 'U',
    transStatusReason: '22',
    says: 'Authentication is not available: the ACS has a technical problem.',
    endsAs: 'AUTHENTICATION_REQUIRED',
  },
  {
    tt: '16',
    kind: 'frictionless',
    transStatus: 'I',
    says: 'For information only, with ECI 07 and an authentication value.',
    endsAs: 'SUCCESS',
  },
  { tt: '20', kind: 'challenge', says: 'A challenge. What the buyer types on the page decides.' },
  { tt: '21', kind: 'challenge', says: 'A challenge on a page that sends the buyer to the app of the bank.' },
  {
    tt: '22',
    kind: 'challenge',
    says: 'A challenge. The browser brings back success, but the result never comes from the issuer.',
    endsAs: 'ORDER_IS_CLOSED',
  },
  {
    tt: '23',
    kind: 'challenge',
    transStatus: 'N',
    transStatusReason: '14',
    challengeCancel: '04',
    says: 'A challenge that the ACS gives up waiting for.',
    endsAs: 'USER_PAYMENT_VERIFICATION_FAILED',
  },
  {
    tt: '24',
    kind: 'challenge',
    transStatus: 'N',
    transStatusReason: '01',
    says: 'A challenge that fails while the browser claims success: a forged return.',
    endsAs: 'USER_PAYMENT_VERIFICATION_FAILED',
  },
  { tt: '25', kind: 'challenge', says: 'A challenge whose result the issuer sends twice.' },
  { tt: '30', kind: 'fault', says: 'The directory server never answers.', endsAs: 'ORDER_IS_CLOSED' },
  {
    tt: '31',
    kind: 'fault',
    errorCode: '203',
    says: 'The directory server answers with protocol error 203.',
    endsAs: 'AUTHENTICATION_REQUIRED',
  },
  {
    tt: '32',
    kind: 'fault',
    errorCode: '305',
    says: 'The directory server answers with protocol error 305.',
    endsAs: 'AUTHENTICATION_REQUIRED',
  },
  { tt: '33', kind: 'fault', says: 'The answer is not JSON.', endsAs: 'AUTHENTICATION_REQUIRED' },
  {
    tt: '34',
    kind: 'fault',
    says: "The answer carries another authentication's transaction id.",
    endsAs: 'AUTHENTICATION_REQUIRED',
  },
  { tt: '35', kind: 'fault', says: 'The directory server answers with HTTP 500.', endsAs: 'AUTHENTICATION_REQUIRED' },
  { tt: '36', kind: 'fault', says: 'The directory server resets the connection.', endsAs: 'AUTHENTICATION_REQUIRED' },
  {
    tt: '37',
    kind: 'fault',
    errorCode: '102',
    says: 'The directory server answers with protocol error 102.',
    endsAs: 'AUTHENTICATION_REQUIRED',
  },
  {
    tt: '40',
    kind: 'decoupled',
    transStatus: 'D',
    says: 'The issuer asks the buyer apart from the browser.',
    endsAs: 'AUTHENTICATION_REQUIRED',
  },
] as const satisfies readonly ThreeDSScriptRow[]

/** One way that 3DS can go. */
export interface ThreeDSScriptRow {
  readonly tt: string
  readonly kind: 'frictionless' | 'challenge' | 'fault' | 'decoupled'
  readonly transStatus?: 'Y' | 'A' | 'N' | 'R' | 'U' | 'I' | 'D'
  readonly transStatusReason?: string
  readonly challengeCancel?: string
  readonly errorCode?: string
  readonly says: string
  /** Result code of adding the card, where its issuer approves; absent where the buyer decides. */
  readonly endsAs?: string
}

/** The digits TT of a generated number. */
export type ThreeDSScript = (typeof threeDSScripts)[number]['tt']

/** The row of a script. */
export function threeDSScript(tt: ThreeDSScript): ThreeDSScriptRow {
  return threeDSScripts.find(row => row.tt === tt)!
}

/** Whether two digits name a script. */
export function isThreeDSScript(digits: string): digits is ThreeDSScript {
  return threeDSScripts.some(row => row.tt === digits)
}
