/** Where forward lives and what it answers; apart from its schemas, so that whoever reads codes loads no schema. */
import type { CodeRow } from './code-row.js'

/** The path is the same for live and sandbox clients. */
export const forwardPath = '/coffer/v1/forward'

/** What forward answers beside the codes of the gateway and `SUCCESS`. */
export const forwardCodes = {
  DESTINATION_NOT_ALLOWED: {
    status: 'F',
    message:
      'No destination allows this: the operator lists URL, method and client in COFFER_FORWARD_DESTINATIONS_FILE.',
  },
  ALREADY_FORWARDED: {
    status: 'F',
    message: 'A call with this forwardRequestId may have been sent already; it was not sent again.',
  },
  FORWARD_FAILED: { status: 'F', message: 'Nothing was sent. The same forwardRequestId may be used again.' },
} as const satisfies Record<string, CodeRow>
export type ForwardCode = keyof typeof forwardCodes

/** Operations of Coffer's own, with their whole paths. */
export const ownEndpoints = {
  forward: { path: forwardPath, refusals: ['DESTINATION_NOT_ALLOWED', 'TOKEN_NOT_EXIST'] },
} as const
export type OwnEndpointName = keyof typeof ownEndpoints
