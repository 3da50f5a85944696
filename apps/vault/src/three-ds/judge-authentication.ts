/** What an authentication means for the vaulting that it was made for. Pure. Source: EMV 3-D Secure › transStatus. */

import type { VaultingFailureCode } from '@coffer/antom'
import type { MessageCategory, MessageVersion, TransStatus } from '@coffer/emv3ds'
import type { ThreeDSFallback } from './three-ds-settings.js'

/** What ARes or RReq said in the end. */
export interface AuthenticationOutcome {
  /** Absent where no message said it: an error, a broken answer. */
  transStatus: TransStatus | undefined
  transStatusReason?: string
  challengeCancel?: string
  eci?: string
  /** 20 bytes in base64. */
  authenticationValue?: string
  dsTransId?: string
  /** For the buyer, by the issuer. */
  cardholderInfo?: string
  /** Why there is no status. */
  problem?: string
}

/** What an issuer is told of an authentication when it is asked about the card. */
export interface IssuerProof {
  readonly eci: string
  readonly cavv?: string
  readonly dsTransId?: string
  readonly status: 'Y' | 'A' | 'I'
  readonly version: MessageVersion
}

export type Verdict =
  | { kind: 'go on'; proof: IssuerProof | undefined }
  /** `isRefusal`: the issuer said no, as against nobody could say. */
  | { kind: 'fail'; code: VaultingFailureCode; message?: string; isRefusal: boolean }
  /** The challenge never began: the buyer came too late to it, and may begin anew. */
  | { kind: 'begin anew' }
  /** The issuer cannot do it without a payment; it is asked as if there were one. */
  | { kind: 'as a payment' }

/** Reasons that say more than "not authenticated". Source: EMV 3-D Secure › transStatusReason. */
const REASONS: Readonly<Record<string, VaultingFailureCode>> = {
  '05': 'CARD_EXPIRED',
  '06': 'INVALID_CARD_NUMBER',
  '08': 'INVALID_CARD_NUMBER',
  '10': 'STOLEN_CARD',
  '11': 'FRAUD_REJECT',
  '19': 'VERIFY_TIMES_EXCEED_LIMIT',
}

/** No challenge request reached the issuer in time. Source: EMV 3-D Secure › challengeCancel. */
const CHALLENGE_NEVER_BEGAN = '05'

const UNAVAILABLE =
  'The cardholder could not be authenticated by 3-D Secure. Try again under a new id, or with another card.'

/**
 * @param asked  version and category of the request
 * @param mayBeginAnew  whether the buyer can be given another try
 * @param fallback  what becomes of it when the issuer could not authenticate
 */
export function judgeAuthentication(
  outcome: AuthenticationOutcome,
  asked: { version: MessageVersion; category: MessageCategory },
  mayBeginAnew: boolean,
  fallback: ThreeDSFallback,
): Verdict {
  const { transStatus, transStatusReason, challengeCancel } = outcome
  switch (transStatus) {
    case 'Y':
    case 'A':
    case 'I':
      return { kind: 'go on', proof: proofOf(outcome, transStatus, asked.version) }
    case 'N':
    case 'R':
      if (challengeCancel === CHALLENGE_NEVER_BEGAN && mayBeginAnew) return { kind: 'begin anew' }
      return { kind: 'fail', code: failureOf(transStatus, transStatusReason), isRefusal: true }
    default:
      // U, a decoupled D that nobody asked for, no status at all: nobody knows who the buyer is.
      if (fallback === 'skip') return { kind: 'go on', proof: undefined }
      if (fallback === 'pa' && asked.category === '02' && transStatusReason === '20') return { kind: 'as a payment' }
      return { kind: 'fail', code: 'AUTHENTICATION_REQUIRED', message: UNAVAILABLE, isRefusal: false }
  }
}

function failureOf(transStatus: 'N' | 'R', reason: string | undefined): VaultingFailureCode {
  const told = reason === undefined ? undefined : REASONS[reason]
  return told ?? (transStatus === 'R' ? 'FRAUD_REJECT' : 'USER_PAYMENT_VERIFICATION_FAILED')
}

/** An authentication without an ECI is told to nobody: the messages to issuers cannot say it without one. */
function proofOf(
  { eci, authenticationValue, dsTransId }: AuthenticationOutcome,
  status: IssuerProof['status'],
  version: MessageVersion,
): IssuerProof | undefined {
  if (eci === undefined) return undefined
  return {
    eci,
    ...(authenticationValue !== undefined && { cavv: authenticationValue }),
    ...(dsTransId !== undefined && { dsTransId }),
    status,
    version,
  }
}
