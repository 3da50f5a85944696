/** Stored cards forwarded to a processor of your choice: an operation of Coffer's own. */
import type { Withheld } from '@coffer/antom'
import { UnexpectedAnswer } from './errors.js'
import type { TrustedAnswer } from './exchange.js'
import { isObject } from './json.js'
import { type Common, commonOf, type Failed, type HintFor, sameRequest, type Unknown } from './results.js'
import type { Result } from './wire-types.js'

export type { Withheld } from '@coffer/antom'

export interface ForwardRequest {
  /** Your id of this call, at most 64 characters, stored before you call. It is sent to the destination once. */
  forwardRequestId: string
  /** The `cardToken` of a stored card; no nonce. */
  token: string
  /** Must be that with which the card was stored, if it is given in both. */
  merchantAccountId?: string | undefined
  destination: {
    /** Of a destination that the operator of your Coffer listed, spelled exactly. */
    url: string
    /** `POST` unless told. */
    method?: 'POST' | 'PUT' | 'PATCH' | undefined
    /** With `content-type`: JSON, form or XML. No placeholders here. */
    headers: Record<string, string>
  }
  /**
   * With placeholders: `{{card.number}}`, `{{card.expiryMonth}}`, `{{card.expiryYear}}`, `{{card.expiryYear4}}`,
   * `{{card.cvv}}`, `{{card.holderName}}`. At most 48 KiB.
   */
  body: string
  /** For `{{card.cvv}}`: none is ever stored. */
  cvv?: string | undefined
  /** How long the destination may take: 1000 to 9000. */
  timeoutMs?: number | undefined
}

/** What came back from the destination. */
export interface ForwardedAnswer {
  /** HTTP status. Redirects are not followed: their status is here. */
  status: number
  /** Those that the operator lets through, names in lower case. */
  headers?: Record<string, string> | undefined
  /** Absent when it was withheld. */
  body?: string | undefined
  /** The call went through, but its answer is kept back, e.g. since it holds the card number. */
  withheld?: Withheld | undefined
}

export interface ForwardResponse {
  result: Result
  forwardRequestId?: string | undefined
  response?: ForwardedAnswer | undefined
  forwarded?: { state: 'SENT' | 'ANSWERED'; status?: number | undefined } | undefined
}

/**
 * `S`: the destination answered, whatever it said; look at `response.status`. `F`: nothing was sent by this call. `U`: it
 * may have been sent, and no answer is known; ask the destination before you send anything again under a new id.
 */
export type ForwardResult =
  | (Common<ForwardResponse> & { status: 'S'; forwardRequestId: string; response: ForwardedAnswer })
  | (Failed<ForwardResponse> & {
      forwardRequestId: string
      /** With `ALREADY_FORWARDED`: what is known of the first call with this id. */
      forwarded?: ForwardResponse['forwarded']
    })
  | (Unknown<ForwardResponse> & { forwardRequestId: string })

export function readForward(answer: TrustedAnswer, id: string, hintFor: HintFor): ForwardResult {
  sameRequest(answer, 'forwardRequestId', id)
  const common = { ...commonOf<ForwardResponse>(answer), forwardRequestId: id }
  const { resultStatus: status } = answer.result
  if (status === 'S') {
    const { response } = common.raw
    if (!isObject(response) || typeof response.status !== 'number') {
      throw new UnexpectedAnswer('The answer is signed by the gateway and says S, but lacks response with a status.', {
        requestId: id,
      })
    }
    return { status, ...common, response }
  }
  const hint = hintFor(common.code)
  const hinted = { ...common, ...(hint !== undefined && { hint }) }
  if (status === 'U') return { status, ...hinted }
  const { forwarded } = common.raw
  return { status, ...hinted, ...(isObject(forwarded) && { forwarded }) }
}
