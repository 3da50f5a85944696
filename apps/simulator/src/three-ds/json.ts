import { ProtocolError } from './protocol-error.js'
import type { Unchecked } from './unchecked.js'

/**
 * Reads a message as JSON.
 * @throws ProtocolError 101 when it is not a JSON object in UTF-8; 204 when an object in it has a member twice, which
 *   `JSON.parse` would pass over in silence
 */
export function readJson(bytes: Buffer): Unchecked {
  const text = textOf(bytes)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new ProtocolError('101', 'is not JSON')
  }
  if (!isObject(value)) throw new ProtocolError('101', 'is not a JSON object')
  const twice = memberTwice(text)
  if (twice !== undefined) throw new ProtocolError('204', /^[A-Za-z]{1,60}\d?$/.test(twice) ? twice : 'a member', value)
  return value
}

export function isObject(value: unknown): value is Unchecked {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function textOf(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new ProtocolError('101', 'is not UTF-8')
  }
}

/** The first name that an object of a valid JSON text has twice, however it is escaped. */
function memberTwice(text: string): string | undefined {
  /** Names of the objects that are open, `undefined` for an array. */
  const open: (Set<string> | undefined)[] = []
  let last = ''
  for (const [token] of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]:]/g)) {
    if (token === '{') open.push(new Set())
    else if (token === '[') open.push(undefined)
    else if (token === '}' || token === ']') open.pop()
    else if (token === ':') {
      const names = open.at(-1)!
      if (names.has(last)) return last
      names.add(last)
    } else last = JSON.parse(token) as string
  }
  return undefined
}
