import type { IncomingHttpHeaders } from 'node:http'

/** Sent with everything. No page has a script, an image from elsewhere, or a form that goes elsewhere. */
export const securityHeaders: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=(), usb=()',
  'cache-control': 'no-store',
}

/** Whether a request names this machine: a name of somebody else's that points here is refused. */
export function namesThisMachine(host: string | undefined): boolean {
  return /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(host ?? '')
}

/**
 * Whether a form comes from our own page. Browsers say so in `Sec-Fetch-Site`; older ones only in `Origin`. Whoever
 * says neither is no browser that we know, and has no form of ours.
 */
export function comesFromOurPage(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined) return site === 'same-origin'
  return headers.origin !== undefined && headers.origin === `http://${headers.host}`
}
