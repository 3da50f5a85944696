/** What goes wrong with a call to a stranger, in words that say nothing of where it went. */

/**
 * Why no answer was had. After `refused …`, `name not found`, `tls failed` and `closed` nothing was sent; after the others
 * the receiver may have acted, except when the caller itself said at the last moment that nothing should be sent.
 */
export type OutboundFailure =
  | 'refused URL'
  | 'refused address'
  | 'name not found'
  | 'timeout'
  | 'connection failed'
  | 'tls failed'
  | 'not an HTTP answer'
  | 'answer too large'
  | 'cancelled'
  | 'closed'

/** A failure on its way out of the depths. It has no code, since the agent would go on connecting after some codes. */
export class OutboundProblem extends Error {
  constructor(
    readonly reason: OutboundFailure,
    readonly detail?: string,
  ) {
    super(reason)
  }
}

/** The code of an error, if it has one. Codes are from fixed lists; messages name hosts and addresses. */
export function codeOf(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : undefined
}
