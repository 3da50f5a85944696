import {
  cardholderNameScriptPrefix,
  isThreeDSScript,
  type TestCard,
  type ThreeDSScript,
  type ThreeDSScriptRow,
  threeDSScript,
} from '@coffer/test-cards'
import type { ProvenStatus } from './cavv.js'
import type { SpokenVersion } from './rules.js'

/** Payment or non-payment authentication. */
export type Category = '01' | '02'

/** How an authentication stands, in the words that ARes and RReq share. */
export interface Verdict {
  readonly transStatus: 'Y' | 'A' | 'N' | 'U' | 'R' | 'I' | 'C' | 'D'
  readonly transStatusReason?: string
  readonly eci?: string
  /** What the authentication value that goes with it proves; without it there is none. */
  readonly proves?: ProvenStatus
  /** For the buyer. */
  readonly cardholderInfo?: string
}

/** What is asked, as far as the answer depends on it. */
export interface Question {
  readonly card: TestCard
  readonly category: Category
  readonly version: SpokenVersion
}

/** Which script runs: the one that the cardholder's name asks for, or else the number's own. */
export function scriptOf(card: TestCard, cardholderName: string | undefined): ThreeDSScriptRow & { tt: ThreeDSScript } {
  const named = cardholderName?.startsWith(cardholderNameScriptPrefix)
    ? cardholderName.slice(cardholderNameScriptPrefix.length, cardholderNameScriptPrefix.length + 2)
    : ''
  const tt = isThreeDSScript(named) ? named : card.tt
  return { ...threeDSScript(tt), tt }
}

/** The transStatusReason of what this simulator says without a script. Source: EMV 3-D Secure › transStatusReason */
export const reasons = {
  authenticationFailed: '01',
  invalidTransaction: '07',
  suspectedFraud: '11',
  timedOut: '14',
  tooManyChallenges: '19',
  nonPaymentNotSupported: '20',
  technicalProblem: '22',
} as const

/** What the ACS says to an AReq. */
export function answerAReq(question: Question, script: ThreeDSScriptRow): Verdict {
  const { card, category, version } = question
  const nonPayment = category === '02'
  if (nonPayment && card.threeDS!.nonPayment === 'unsupported') {
    return conclude(question, 'U', reasons.nonPaymentNotSupported)
  }
  if (script.kind === 'challenge') return { transStatus: 'C' }
  // A fault on the way is none of the ACS: it knows nothing of it.
  const { transStatus = 'Y', transStatusReason } = script
  // There is no stand-in for an issuer where nothing is paid.
  if (transStatus === 'A' && nonPayment) return conclude(question, 'U', reasons.nonPaymentNotSupported)
  // 2.1.0 knows neither of them.
  if ((transStatus === 'D' || transStatus === 'I') && version === '2.1.0') {
    return conclude(question, 'U', reasons.technicalProblem)
  }
  if (transStatus === 'D') return { transStatus }
  const cardholderInfo = infoFor(transStatus)
  return {
    ...conclude(question, transStatus, transStatusReason),
    ...(cardholderInfo === undefined ? {} : { cardholderInfo }),
  }
}

/** How an authentication ends, with the ECI that belongs to it and, where it is good, an authentication value. */
export function conclude(
  { card, category, version }: Question,
  transStatus: Exclude<Verdict['transStatus'], 'C' | 'D'>,
  transStatusReason?: string,
): Verdict {
  const withoutValue = category === '02' && card.threeDS!.nonPayment === 'without-value'
  const eci = withoutValue ? withoutValueEci(transStatus) : eciOf(card, transStatus)
  const proves = transStatus === 'Y' || transStatus === 'A' || transStatus === 'I' ? transStatus : undefined
  return {
    transStatus,
    ...(transStatusReason === undefined ? {} : { transStatusReason: reasonIn(version, transStatusReason) }),
    eci,
    ...(proves === undefined || withoutValue ? {} : { proves }),
  }
}

/** 2.1.0 has no reason above 21 of its own, and none for an ACS in trouble. */
function reasonIn(version: SpokenVersion, reason: string): string {
  return version === '2.1.0' && reason === reasons.technicalProblem ? reasons.invalidTransaction : reason
}

/**
 * The ECI that networks give. On a co-badged card the local network follows the international one beside it.
 * Source: card scheme practice
 */
function eciOf({ brands }: TestCard, status: Verdict['transStatus']): string {
  if (status === 'I') return '07'
  const mastercard = brands.includes('MASTERCARD') || brands.includes('MAESTRO')
  if (status === 'Y') return mastercard ? '02' : '05'
  if (status === 'A') return mastercard ? '01' : '06'
  return mastercard ? '00' : '07'
}

/** Mastercard has an ECI of its own for a non-payment authentication without an authentication value. */
const withoutValueEci = (status: Verdict['transStatus']) => (status === 'Y' ? 'N2' : 'N0')

function infoFor(status: Verdict['transStatus']): string | undefined {
  if (status === 'N')
    return 'Your bank could not confirm that it is you. Please call the number on the back of your card.'
  if (status === 'U') return 'Your bank cannot confirm cards online at the moment. Please try again in a few minutes.'
  return undefined
}
