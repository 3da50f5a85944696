/** The address that a listener hands notifications on to. */

import { parseUrl } from '@coffer/antom'

/** An address, or why it is none, in words that follow "it". */
export type ForwardTo = { ok: true; url: URL } | { ok: false; reason: string }

const MAX_LENGTH = 2048

/** Reads the address: an absolute URL of HTTP, of whatever host, since it is the developer's own machine that calls it. */
export function readForwardTo(text: unknown): ForwardTo {
  const no = (reason: string): ForwardTo => ({ ok: false, reason })
  const url = typeof text === 'string' && /^https?:\/\/[^/?#]/i.test(text) ? parseUrl(text) : undefined
  if (typeof text !== 'string' || url === undefined) {
    return no('is an absolute address such as http://localhost:3000/notify')
  }
  if (text.length > MAX_LENGTH) return no(`has at most ${MAX_LENGTH} characters`)
  if (/[\s\p{Cc}\p{Cf}\\]/u.test(text)) return no('holds no blanks, control characters or backslashes')
  // Also the empty user name of `http://@host/`, which parsing loses.
  if (/^[^/]*\/\/[^/?#]*@/.test(text)) return no('holds no user name or password')
  if (text.includes('#')) return no('has no part behind a #: that is never sent')
  if (url.port === '0') return no('does not name port 0')
  return { ok: true, url }
}

/** Whether an address is on this machine. */
export function isOnThisMachine({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname.endsWith('.localhost') || /^127\.|^\[::1\]$/.test(hostname)
}
