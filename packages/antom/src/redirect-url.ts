import { parseUrl } from './parse-url.js'

/** Schemes that make a browser run or show something else than a page of the merchant. */
const FORBIDDEN = new Set(['javascript:', 'data:', 'vbscript:', 'file:', 'blob:', 'about:', 'view-source:'])

/**
 * Reads the address of a page to send a buyer to. Whoever judges it and whoever sends somebody there read it by this one
 * function: two readings of one text are what attackers look for. Without a scheme it is https (the published sample is
 * `www.test.com`); `localhost:3000/done` has a port and no scheme, `myshop:done` is an app's own address.
 * @returns `undefined` when it is not the address of a page
 */
export function readRedirectUrl(text: string): URL | undefined {
  if (/[\s\p{Cc}\\]/u.test(text)) return undefined
  const hasPort = /^[^/?#]*:\d+(?=[/?#]|$)/.test(text)
  const given = !hasPort && /^[a-z][a-z0-9+.-]*:/i.test(text) ? text : `https://${text}`
  const url = parseUrl(given)
  if (url === undefined) return undefined
  return FORBIDDEN.has(url.protocol) || url.username || url.password ? undefined : url
}
