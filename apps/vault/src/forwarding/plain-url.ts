/**
 * URLs that every reader reads alike. Instead of undoing each trick, only what needs no undoing passes: the text is its
 * own normal form, and a path has no escapes.
 */
import { parseUrl } from '@coffer/antom'

/** A URL taken apart, every part as it was given. */
export interface PlainUrl {
  readonly url: URL
  readonly origin: string
  readonly path: string
  readonly hasQuery: boolean
}

/** A path that begins with a slash and has no escapes, no empty segments and no dots alone; it may end in a slash. */
export function isPlainPath(text: string): boolean {
  return /^\/[A-Za-z0-9._~!$&'()*+,=:@/-]{0,1000}$/.test(text) && !/\/\/|\/\.{1,2}(\/|$)/.test(text)
}

/** @returns the URL, or why it is not plain, in words that follow "the URL …" */
export function readPlainUrl(text: string): PlainUrl | string {
  if (text.includes('{{')) return 'must not hold placeholders, which the body alone may have'
  const url = parseUrl(text)
  if (url === undefined || url.href !== text) {
    return 'must be absolute and spelled as it is sent: small letters in the host, no default port, no dots in place of a path, no blanks'
  }
  if (url.username !== '' || url.password !== '') return 'must not hold a user name or password'
  if (url.hostname.endsWith('.')) return 'must not end its host in a dot'
  if (text.includes('#')) return 'must not have a fragment'
  if (!isPlainPath(url.pathname)) return 'must have a path without escapes, empty segments and dots alone'
  const hasQuery = text.includes('?')
  if (hasQuery && !/^\?[A-Za-z0-9._~!$&'()*+,=:@/%[\]-]{0,1000}$/.test(url.search))
    return 'has a query that is not plain'
  return { url, origin: url.origin, path: url.pathname, hasQuery }
}
