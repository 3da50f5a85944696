/** Which headers a forwarded call may have. */
import type { FieldProblem } from '@coffer/antom'

/**
 * What says how a message is cut, where it ends, who it is for or how it is packed: two readers who see these differently
 * see two different requests. `content-type` is judged by the template.
 */
const OURS =
  /^(host|content-(type|length|encoding|range|md5)|transfer-encoding|accept-encoding|connection|keep-alive|upgrade|te|trailer|expect|via|forwarded|x-forwarded-.*|x-http-method(-override)?|x-method-override|proxy-.*|:.*)$/

export const isHeaderName = (text: string) => /^[A-Za-z0-9_-]{1,64}$/.test(text)

export const isOurHeader = (name: string) => OURS.test(name.toLowerCase())

/** One line of printable ASCII, without blanks around it. */
export const isHeaderValue = (text: string) => /^[\x21-\x7e]([\x20-\x7e]{0,4094}[\x21-\x7e])?$/.test(text)

export type ReadHeaders =
  | { ok: true; contentType: string; headers: Readonly<Record<string, string>> }
  | { ok: false; problem: FieldProblem }

/**
 * Judges the headers of a call.
 * @param settable  what the destination lets a merchant set, in lower case; `content-type` and `accept` may always be set
 * @returns names in lower case, without the content type
 */
export function readHeaders(given: Readonly<Record<string, string>>, settable: readonly string[]): ReadHeaders {
  const wrong = (rule: string): ReadHeaders => ({ ok: false, problem: { path: 'destination.headers', rule } })
  const headers = new Map<string, string>()
  for (const [name, value] of Object.entries(given)) {
    const lower = name.toLowerCase()
    // Told by its name only if that is made of letters: digits could be anything.
    const told = /^[a-z-]{1,64}$/.test(lower) ? lower : 'one'
    if (!isHeaderName(name)) return wrong('must be names of letters, digits, hyphens and underscores')
    if (lower !== 'content-type' && (isOurHeader(name) || !['accept', ...settable].includes(lower))) {
      return wrong(`must be headers that the destination allows; ${told} is not`)
    }
    if (headers.has(lower)) return wrong(`must be given once each; ${told} is given twice`)
    if (!isHeaderValue(value)) return wrong(`must be one line of printable ASCII; ${told} is not`)
    if (value.includes('{{')) return wrong(`must not hold placeholders, which the body alone may have; ${told} does`)
    headers.set(lower, value)
  }
  const contentType = headers.get('content-type')
  if (contentType === undefined) return wrong('must have a content-type')
  headers.delete('content-type')
  return { ok: true, contentType, headers: Object.fromEntries(headers) }
}
