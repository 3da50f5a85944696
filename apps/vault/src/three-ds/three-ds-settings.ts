/** Settings of 3-D Secure that come from the environment. */

/** When buyers are authenticated although nobody asks for it. */
export const threeDSPolicies = ['eea', 'always', 'never'] as const
export type ThreeDSPolicy = (typeof threeDSPolicies)[number]

/**
 * What becomes of a vaulting whose buyer has to be authenticated and whose issuer cannot do that without a payment:
 * it fails, goes on without, or asks once more as if it were a payment.
 */
export const threeDSFallbacks = ['fail', 'skip', 'pa'] as const
export type ThreeDSFallback = (typeof threeDSFallbacks)[number]

/** Limits of 3-D Secure, in milliseconds. Source: EMV 3-D Secure › timeouts; the values of other servers where it is silent. */
export interface ThreeDSTimers {
  /** How long the 3DS Method may take before it counts as not completed. */
  readonly methodMs: number
  /** How long a connection to a directory server may take. */
  readonly connectMs: number
  /** How long the answer to an AReq may take, the connection included. */
  readonly answerMs: number
  /** How long a list of card ranges may take; lists reach tens of megabytes. */
  readonly rangesAnswerMs: number
  /** How old a list of card ranges may get; business time. */
  readonly rangesEveryMs: number
}

export const threeDSTimers: ThreeDSTimers = {
  methodMs: 10_000,
  connectMs: 5_000,
  answerMs: 10_000,
  rangesAnswerMs: 120_000,
  rangesEveryMs: 86_400_000,
}
