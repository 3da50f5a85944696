/**
 * From a JSON value to a typed request, by its schema: known fields only, `null` as absent, aliases folded, quoted and
 * native scalars both read where the wire allows both. A fault is told by the path of the field and the rule it broke,
 * both taken from the schema, never by a value: the value may be a card number in the wrong place.
 */

import type { Static, TSchema } from 'typebox'
import { parseUrl } from './parse-url.js'
import { readRedirectUrl } from './redirect-url.js'
import { readWireTime } from './wire-time.js'

/** A JSON value as a strict reader gives it: objects as maps (no prototype to pollute), numbers as their source text. */
export type WireValue =
  | null
  | boolean
  | string
  | { readonly text: string }
  | readonly WireValue[]
  | ReadonlyMap<string, WireValue>

/** What is wrong: where, and against which rule. Both are our own words. */
export interface FieldProblem {
  path: string
  rule: string
}

/** The kinds of digits that may not lie about as text. */
export type SecretKind = 'pan' | 'cvv' | 'password'

export type ReadSecret = { ok: true; value: unknown } | { ok: false; rule: string }

export interface ReadOptions {
  /** Turns the text of a secret field into an opaque value; without it the text itself is given. */
  secret?: (kind: SecretKind, text: string) => ReadSecret
}

export type ReadResult<T> = { ok: true; value: T } | { ok: false; problem: FieldProblem }

/** The keywords of our schemas: JSON Schema's, and a few of our own. */
interface Keywords {
  type?: string
  enum?: readonly unknown[]
  const?: unknown
  properties?: Record<string, Keywords>
  /** An object with any names, whose values all follow the first of these. */
  patternProperties?: Record<string, Keywords>
  required?: readonly string[]
  minLength?: number
  maxLength?: number
  minimum?: number
  maximum?: number
  pattern?: string
  /** The rule in words, when the schema's own keywords would not explain it. */
  rule?: string
  /** Other names under which the field arrives. */
  aliases?: readonly string[]
  /** Compare an enum without regard to case, and give it in the schema's spelling. */
  foldCase?: boolean
  /** Characters that are taken out before anything is checked. */
  strip?: string
  /** A text that may come as a JSON number: it is read as its digits, and no other spelling of it passes. */
  numeric?: boolean
  /** A text that may come as an object: it is read as its JSON text. */
  jsonText?: boolean
  /** A check that no pattern can make. */
  check?: keyof typeof checks
  secret?: SecretKind
}

class Fault {
  constructor(
    readonly path: string,
    readonly rule: string,
  ) {}
}

/**
 * Reads `value` as `schema` says. Unknown fields are left out.
 * @returns the typed value, or the first problem in the order of the schema
 */
export function readFields<S extends TSchema>(
  schema: S,
  value: WireValue,
  options: ReadOptions = {},
): ReadResult<Static<S>> {
  const read = readObject(schema as Keywords, value, '', options)
  if (read instanceof Fault) return { ok: false, problem: { path: read.path, rule: read.rule } }
  return { ok: true, value: read as Static<S> }
}

function readObject(schema: Keywords, value: WireValue, path: string, options: ReadOptions): unknown {
  if (!(value instanceof Map)) return new Fault(path || 'the body', 'must be an object')
  if (schema.patternProperties) return readEntries(Object.values(schema.patternProperties)[0]!, value, path, options)
  const out: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    const at = path ? `${path}.${name}` : name
    const given = find(value, [name, ...(field.aliases ?? [])])
    if (given === undefined) {
      if (schema.required?.includes(name)) return new Fault(at, 'is required')
      continue
    }
    const read = readValue(field, given, at, options)
    if (read instanceof Fault) return read
    out[name] = read
  }
  return out
}

/** A fault in one of the entries is told without its name, which is as much the caller's as its value. */
function readEntries(
  schema: Keywords,
  value: ReadonlyMap<string, WireValue>,
  path: string,
  options: ReadOptions,
): unknown {
  const entries: [string, unknown][] = []
  for (const [name, given] of value) {
    if (given === null) continue
    const read = readValue(schema, given, `${path}.*`, options)
    if (read instanceof Fault) return read
    entries.push([name, read])
  }
  // An own property whatever its name: `__proto__` is only a name here.
  return Object.fromEntries(entries)
}

/** The first of `names` that is there and not `null`: the .NET SDK sends every unset property as `null`. */
function find(object: ReadonlyMap<string, WireValue>, names: readonly string[]): WireValue | undefined {
  for (const name of names) {
    const value = object.get(name)
    if (value !== undefined && value !== null) return value
  }
  return undefined
}

function readValue(schema: Keywords, value: WireValue, path: string, options: ReadOptions): unknown {
  if (schema.type === 'object') return readObject(schema, value, path, options)
  if (schema.type === 'boolean') return readBoolean(value) ?? new Fault(path, 'must be true or false')
  if (schema.type === 'integer') return readInteger(schema, value, path)
  return readText(schema, value, path, options)
}

function readBoolean(value: WireValue): boolean | undefined {
  if (typeof value === 'boolean') return value
  return value === 'true' ? true : value === 'false' ? false : undefined
}

function readInteger(schema: Keywords, value: WireValue, path: string): unknown {
  const text =
    typeof value === 'string' ? value : value && typeof value === 'object' && 'text' in value ? value.text : ''
  if (!/^-?\d{1,9}$/.test(text)) return new Fault(path, schema.rule ?? 'must be a whole number')
  const number = Number(text)
  const outside = number < (schema.minimum ?? -Infinity) || number > (schema.maximum ?? Infinity)
  if (outside || (schema.enum && !schema.enum.includes(number))) {
    return new Fault(path, schema.rule ?? `must be between ${schema.minimum} and ${schema.maximum}`)
  }
  return number
}

function readText(schema: Keywords, value: WireValue, path: string, options: ReadOptions): unknown {
  const given = textOf(schema, value)
  if (given === undefined) return new Fault(path, schema.jsonText ? 'must be text or an object' : 'must be text')
  const text = schema.strip ? [...given].filter(c => !schema.strip!.includes(c)).join('') : given
  // Characters are counted as people count them, not as UTF-16 units: a name of 32 emoji is 32 long.
  const length = text.length > (schema.maxLength ?? Infinity) ? [...text].length : text.length
  if (length > (schema.maxLength ?? Infinity)) return new Fault(path, `must be at most ${schema.maxLength} characters`)
  if (length < (schema.minLength ?? 0)) return new Fault(path, 'must not be empty')
  if (schema.const !== undefined && text !== schema.const) return new Fault(path, `must be ${schema.const}`)
  if (schema.enum) return readEnum(schema, text, path)
  if (schema.pattern && !new RegExp(schema.pattern, 'u').test(text))
    return new Fault(path, schema.rule ?? 'is malformed')
  if (schema.check && !checks[schema.check](text)) return new Fault(path, schema.rule ?? 'is malformed')
  if (schema.secret && options.secret) {
    const secret = options.secret(schema.secret, text)
    return secret.ok ? secret.value : new Fault(path, secret.rule)
  }
  return text
}

function textOf(schema: Keywords, value: WireValue): string | undefined {
  if (typeof value === 'string') return value
  if (schema.numeric && isNumber(value)) return value.text
  return schema.jsonText && value instanceof Map ? jsonTextOf(value) : undefined
}

const isNumber = (value: WireValue): value is { readonly text: string } =>
  typeof value === 'object' && value !== null && 'text' in value

/** The JSON text of what a strict reader read: fields in the order in which they came, numbers as they were spelled. */
function jsonTextOf(value: WireValue): string {
  if (value instanceof Map) {
    const fields = [...(value as ReadonlyMap<string, WireValue>)]
    return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${jsonTextOf(field)}`).join(',')}}`
  }
  if (Array.isArray(value)) return `[${value.map(jsonTextOf).join(',')}]`
  return isNumber(value) ? value.text : JSON.stringify(value)
}

function readEnum(schema: Keywords, text: string, path: string): unknown {
  const wanted = schema.foldCase ? text.toUpperCase() : text
  if (schema.enum!.includes(wanted)) return wanted
  // Long lists (37 card brands) would fill the message that they are meant to explain.
  const listed = schema.enum!.length <= 8 ? `must be one of ${schema.enum!.join(', ')}` : 'is not a value of this field'
  return new Fault(path, schema.rule ?? listed)
}

const checks = {
  /** A day that exists, written YYYY-MM-DD. */
  day: (text: string) => {
    const day = /^\d{4}-\d{2}-\d{2}$/.test(text) ? new Date(`${text}T00:00:00Z`) : undefined
    return day !== undefined && !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text)
  },
  /** An instant in ISO 8601; the 13 digits that headers may also hold are none. */
  instant: (text: string) => text.includes('T') && readWireTime(text) !== undefined,
  /** An IPv4 or IPv6 address. The URL parser knows IPv6; IPv4 is spelled out, as the parser also takes `127.1`. */
  ip: (text: string) =>
    /^((25[0-5]|2[0-4]\d|1?\d?\d)(\.(?!$)|$)){4}$/.test(text) ||
    (/^[0-9A-Fa-f:.]{2,45}$/.test(text) && text.includes(':') && parseUrl(`http://[${text}]/`) !== undefined),
  /** A page to send a buyer to; one without a scheme is read as https (the published sample is `www.test.com`). */
  redirect: (text: string) => readRedirectUrl(text) !== undefined,
}
