/** What a buyer's browser says of itself, for the bank. A hostile one can say anything; what is odd counts as absent. */
import { isIP } from 'node:net'
import type { BrowserFacts } from '../three-ds/browser-facts.js'

/** Longer ones are cut off. Source: EMV 3-D Secure, browserAcceptHeader and browserUserAgent. */
const HEADER_MAX = 2048

/** What is asked of a browser, besides what its headers say. The script fills in fields of these names. */
export const factNames = [
  'language',
  'javaEnabled',
  'colorDepth',
  'screenHeight',
  'screenWidth',
  'timeZoneOffset',
  'windowWidth',
  'windowHeight',
] as const

/**
 * @param form  as the script filled it in
 * @param request  of the form: its headers are those of a navigation
 * @param clientIpHeader  header in which a proxy of ours names the browser's address; without it the socket's counts
 */
export function readBrowserFacts(
  form: URLSearchParams,
  request: { headers: Readonly<Record<string, string | string[] | undefined>>; remoteAddress: string | undefined },
  clientIpHeader: string | undefined,
): BrowserFacts {
  const given = Object.fromEntries(factNames.map(name => [name, form.get(name) ?? '']))
  const { headers } = request
  const named = clientIpHeader === undefined ? request.remoteAddress : headers[clientIpHeader.toLowerCase()]
  return {
    acceptHeader: String(headers['accept'] ?? '').slice(0, HEADER_MAX),
    userAgent: String(headers['user-agent'] ?? '').slice(0, HEADER_MAX),
    ip: address(named),
    language: /^[a-z]{1,8}(-[a-z0-9]{1,8}){0,5}$/i.exec(given['language']!)?.[0],
    javaEnabled: given['javaEnabled'] === 'true' ? true : given['javaEnabled'] === 'false' ? false : undefined,
    // Only a script can fill in this form.
    javaScriptEnabled: true,
    colorDepth: whole(given['colorDepth'], 1, 99),
    screenHeight: whole(given['screenHeight'], 0, 999_999),
    screenWidth: whole(given['screenWidth'], 0, 999_999),
    timeZoneOffset: whole(given['timeZoneOffset'], -840, 720),
    windowWidth: whole(given['windowWidth'], 0, 999_999),
    windowHeight: whole(given['windowHeight'], 0, 999_999),
  }
}

function whole(text: string | undefined, least: number, most: number): number | undefined {
  if (!text || !/^-?\d{1,6}$/.test(text)) return undefined
  // Plus 0, since "-0" is no other number.
  const value = Number(text) + 0
  return value >= least && value <= most ? value : undefined
}

/** The last one of a list, which is what the nearest proxy wrote; IPv4 in its own form; without a zone. */
function address(named: string | string[] | undefined): string | undefined {
  const last = String(named ?? '')
    .split(',')
    .at(-1)!
    .trim()
    .replace(/%.*$/, '')
    .replace(/^::ffff:(?=\d+\.)/i, '')
  return isIP(last) ? last : undefined
}
