import { challengeLevers, type ThreeDSScript } from '@coffer/test-cards'
import { conclude, type Question, reasons, type Verdict } from './verdict.js'

/** What a buyer can do on a challenge page. */
export type ChallengeAction =
  | { readonly kind: 'code'; readonly code: string }
  | { readonly kind: 'approved-in-app' }
  | { readonly kind: 'refused-in-app' }
  | { readonly kind: 'cancel' }

/** How a challenge goes on. */
export type ChallengeStep =
  /** The page is shown again, and says why. */
  | { readonly kind: 'again'; readonly because: 'wrong-code' | 'still-checking' }
  | { readonly kind: 'over'; readonly ending: ChallengeEnding }

/** How a challenge is over, and what of it is told to whom. */
export interface ChallengeEnding {
  readonly verdict: Verdict & { readonly transStatus: 'Y' | 'N' | 'U' | 'R' }
  readonly challengeCancel?: string
  /** How often the result is sent to the directory server. */
  readonly rreqs: 0 | 1 | 2
  /** What the browser carries. It decides nothing, and need not be true. */
  readonly cresStatus: 'Y' | 'N'
}

/** So many wrong codes end a challenge. */
export const codesAllowed = 3

/**
 * What follows from something the buyer did.
 * @param wrongCodes  how many wrong codes were typed before
 */
export function takeAction(
  question: Question,
  tt: ThreeDSScript,
  action: ChallengeAction,
  wrongCodes: number,
): ChallengeStep {
  if (tt === '23') return { kind: 'again', because: 'still-checking' }
  if (action.kind === 'cancel') return over(question, tt, 'N', reasons.authenticationFailed, '01')
  if (tt === '24') return over(question, tt, 'N', reasons.authenticationFailed)
  if (tt === '22') return over(question, tt, 'Y')
  if (action.kind === 'approved-in-app') return over(question, tt, 'Y')
  if (action.kind === 'refused-in-app') return over(question, tt, 'N', reasons.authenticationFailed)

  const lever = challengeLevers.find(({ otp }) => otp === action.code)
  if (lever !== undefined) return over(question, tt, lever.transStatus, lever.transStatusReason)
  if (wrongCodes + 1 < codesAllowed) return { kind: 'again', because: 'wrong-code' }
  return over(question, tt, 'N', reasons.tooManyChallenges)
}

/** How a challenge ends in which nobody does anything: 04 within a step, 05 before the first CReq. */
export function timeOut(question: Question, tt: ThreeDSScript, challengeCancel: '04' | '05'): ChallengeEnding {
  return ending(question, tt, 'N', reasons.timedOut, challengeCancel)
}

/** How a challenge ends whose CReq breaks the protocol. */
export function breakOff(question: Question, tt: ThreeDSScript): ChallengeEnding {
  return ending(question, tt, 'U', reasons.invalidTransaction, '06')
}

function over(...of: Parameters<typeof ending>): ChallengeStep {
  return { kind: 'over', ending: ending(...of) }
}

function ending(
  question: Question,
  tt: ThreeDSScript,
  transStatus: 'Y' | 'N' | 'U' | 'R',
  reason?: string,
  challengeCancel?: string,
): ChallengeEnding {
  const cancelled = challengeCancel !== undefined
  return {
    verdict: { ...conclude(question, transStatus, reason), transStatus },
    ...(challengeCancel === undefined ? {} : { challengeCancel }),
    rreqs: tt === '22' ? 0 : tt === '25' ? 2 : 1,
    cresStatus: transStatus === 'Y' || (tt === '24' && !cancelled) ? 'Y' : 'N',
  }
}
