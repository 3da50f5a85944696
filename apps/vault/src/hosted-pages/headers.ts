/** The headers of the pages: what each kind may load, where its forms may lead, and who may frame it. */
import type { PageAssets } from './page-assets.js'

/**
 * What a page needs decides its policy: `plain` nothing, `form` a form to this origin, `watching` the script that asks
 * for the state, `browser` the issuer's 3DS Method in a frame besides, `challenge` the bank's page in a frame, `framed`
 * is what a bank's frame ends on.
 */
export type PageKind = 'plain' | 'form' | 'watching' | 'browser' | 'challenge' | 'framed'

export type Headers = Readonly<Record<string, string>>

/** Sent with everything, whatever it is. */
export const commonHeaders: Headers = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
}

/** For what a script reads. */
export const stateHeaders: Headers = {
  ...commonHeaders,
  'content-type': 'application/json; charset=utf-8',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
  'cache-control': 'no-store',
}

const NOTHING_OF_THE_DEVICE = 'camera=(), microphone=(), geolocation=(), usb=()'

/**
 * @param frameSources  whose pages the two frames may show and be sent forms to, besides https: nobody can list the
 *   banks of the world, and a bank leads on to where it wants. In a sandbox the simulator's origin, which has no TLS
 */
export function pageHeaders(assets: PageAssets, frameSources: readonly string[]): Readonly<Record<PageKind, Headers>> {
  const odd = frameSources.find(source => !/^https?:(\/\/[^\s;,'"/]+)?$/.test(source))
  if (odd !== undefined) throw new Error(`${JSON.stringify(odd)} is not an origin`)
  const banks = ["'self'", 'https:', ...frameSources.filter(source => source !== 'https:')].join(' ')
  const script = `script-src '${assets.script.integrity}'`
  const asks = "connect-src 'self'"
  return {
    plain: headers(["form-action 'none'", "frame-ancestors 'none'"]),
    form: headers(["form-action 'self'", "frame-ancestors 'none'"]),
    watching: headers([script, asks, "form-action 'none'", "frame-ancestors 'none'"]),
    browser: headers([script, asks, `frame-src ${banks}`, `form-action ${banks}`, "frame-ancestors 'none'"]),
    challenge: {
      ...headers([script, asks, `frame-src ${banks}`, `form-action ${banks}`, "frame-ancestors 'none'"]),
      // A bank may ask for a passkey, or for the confirmation of a payment; its frame is allowed to.
      'permissions-policy': `${NOTHING_OF_THE_DEVICE}, payment=*, publickey-credentials-get=*`,
    },
    framed: {
      ...headers([`script-src '${assets.notify.integrity}'`, "form-action 'none'", "frame-ancestors 'self'"]),
      'x-frame-options': 'SAMEORIGIN',
    },
  }
}

function headers(directives: readonly string[]): Headers {
  const policy = [
    "default-src 'none'",
    "style-src 'self'",
    ...directives,
    "base-uri 'none'",
    "object-src 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ]
  return {
    ...commonHeaders,
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': policy.join('; '),
    'x-frame-options': 'DENY',
    'cache-control': 'no-store',
    'permissions-policy': `${NOTHING_OF_THE_DEVICE}, payment=()`,
  }
}
