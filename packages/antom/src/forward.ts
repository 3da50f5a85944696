/**
 * forward: Coffer's own operation, in no published API. A request template goes out with a stored card filled in, to a
 * destination that the operator listed.
 */
import { type Static, Type } from 'typebox'

export * from './forward-codes.js'

const text = (maxLength: number, keywords: Record<string, unknown> = {}) =>
  Type.String({ maxLength, minLength: 1, ...keywords })
const optional = Type.Optional

/** Characters that a template may have. The door takes 64 KiB for the whole call. */
export const forwardBodyMax = 48 * 1024

/** How long the destination may take, in milliseconds. The door answers after nine and a half seconds. */
export const forwardTimeout = { min: 1_000, max: 9_000 } as const

const destination = Type.Object({
  url: text(2048),
  method: optional(
    Type.Unsafe<'POST' | 'PUT' | 'PATCH'>({ type: 'string', enum: ['POST', 'PUT', 'PATCH'], foldCase: true }),
  ),
  headers: Type.Record(Type.String(), text(4096)),
})

/** The request of forward. `CvvT` is what a reader makes of the CVV. */
export const forwardRequest = <CvvT>() =>
  Type.Object({
    forwardRequestId: text(64, { pattern: '^\\P{Cc}*$', rule: 'must not hold control characters' }),
    token: text(2048),
    merchantAccountId: optional(text(64)),
    destination,
    body: text(forwardBodyMax),
    cvv: optional(
      Type.Unsafe<CvvT>({ type: 'string', pattern: '^[0-9]{3,4}$', rule: 'must be 3 or 4 digits', secret: 'cvv' }),
    ),
    timeoutMs: optional(Type.Integer({ minimum: forwardTimeout.min, maximum: forwardTimeout.max })),
  })

const plainRequest = forwardRequest<string>()
/** The request of forward as a merchant writes it. */
export type ForwardRequest = Static<typeof plainRequest>

/** Why the answer of a destination is not given back. */
export type Withheld = 'CARD_NUMBER' | 'SECURITY_CODE' | 'COMPRESSED' | 'NOT_UTF8' | 'TOO_LARGE'

/** What came back from the destination. */
export interface ForwardedAnswer {
  /** HTTP status. Redirects are not followed: their status is here. */
  status: number
  /** Those that the operator lets through, names in lower case. */
  headers?: Record<string, string>
  /** Absent when it was withheld. */
  body?: string
  /** The call went through, but its answer is kept back, and why. */
  withheld?: Withheld
}

/** The answer of forward. */
export interface ForwardResponse {
  result: { resultCode: string; resultStatus: 'S' | 'F' | 'U'; resultMessage: string }
  forwardRequestId?: string
  /** With `SUCCESS`. */
  response?: ForwardedAnswer
  /** With `ALREADY_FORWARDED`: what is known of the first call. `SENT` may have arrived and got no answer. */
  forwarded?: { state: 'SENT' | 'ANSWERED'; status?: number }
}
