import { Buffer, isUtf8 } from 'node:buffer'

/** Any JSON value. Numbers keep their source text and objects are maps. */
export type Json = null | boolean | string | JsonNumber | readonly Json[] | JsonObject

/** A JSON object. A map has no prototype that a field name could reach or replace. */
export type JsonObject = ReadonlyMap<string, Json>

/**
 * A JSON number as it was written, for instance `1.50` or `9007199254740993`. Nothing has been rounded yet: whoever
 * wants a number reads `text` by the rules of the field.
 */
export class JsonNumber {
  /** @param text  the number as it stands in the source, known to fit the JSON grammar */
  constructor(readonly text: string) {}
}

/**
 * Why a body was refused, in words that follow "the body …". A fixed list, so that no part of the input, which may
 * hold a card number, ever reaches a message or a log.
 */
export type JsonProblem =
  | 'is not UTF-8'
  | 'begins with a byte order mark'
  | 'is empty'
  | 'is not JSON'
  | 'ends too early'
  | 'goes on after its end'
  | 'is nested too deeply'
  | 'holds too many fields'
  | 'holds a field twice'
  | 'holds a forbidden field name'
  | 'holds a lone surrogate'
  | 'holds a control character'
  | 'is not a JSON object'

/** What reading gave: the value, or the first problem and the byte offset where it was seen. */
export type JsonReading<T extends Json = Json> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: JsonProblem; readonly at: number }

/** How much structure a body may have. */
export interface JsonLimits {
  /** Objects and arrays within each other, 16 unless told. A bare scalar has depth 0. */
  readonly maxDepth?: number
  /** Object members and array items, counted over the whole body, 500 unless told. */
  readonly maxFields?: number
}

/**
 * Reads one JSON text (RFC 8259) from bytes, strictly.
 *
 * Stricter than `JSON.parse` wherever two parsers could see different things in the same bytes: a field given twice, a
 * name that means something to JavaScript, a lone surrogate, a byte order mark. What it accepts, `JSON.parse` accepts
 * with the same meaning. It takes bytes and never makes a string of the whole body: the body may hold a card number,
 * and a string cannot be wiped.
 * @param bytes  the body as received
 * @param limits  depth and number of fields
 */
export function readJson(bytes: Uint8Array, limits: JsonLimits = {}): JsonReading {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
    return { ok: false, problem: 'begins with a byte order mark', at: 0 }
  }
  if (!isUtf8(bytes)) return { ok: false, problem: 'is not UTF-8', at: firstBadByte(bytes) }
  return new Reader(bytes, limits.maxDepth ?? 16, limits.maxFields ?? 500).read()
}

/** Like {@link readJson}, for a body that must be an object, as every body of the API is. */
export function readJsonObject(bytes: Uint8Array, limits: JsonLimits = {}): JsonReading<JsonObject> {
  const reading = readJson(bytes, limits)
  if (!reading.ok) return reading
  const { value } = reading
  return isJsonObject(value) ? { ok: true, value } : { ok: false, problem: 'is not a JSON object', at: 0 }
}

/** Tells an object from the other JSON values. */
export function isJsonObject(value: Json): value is JsonObject {
  return value instanceof Map
}

/** Names that reach a prototype once a later step copies fields into a plain object. No field of the API has them. */
const FORBIDDEN_NAMES: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

const QUOTE = 0x22
const COMMA = 0x2c
const MINUS = 0x2d
const DOT = 0x2e
const ZERO = 0x30
const COLON = 0x3a
const ARRAY_OPENS = 0x5b
const BACKSLASH = 0x5c
const ARRAY_CLOSES = 0x5d
const LETTER_U = 0x75
const OBJECT_OPENS = 0x7b
const OBJECT_CLOSES = 0x7d
const END = -1

/** The letter after a backslash, and what the two stand for. */
const ESCAPES: ReadonlyMap<number, string> = new Map(
  Object.entries({ '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }).map(
    ([letter, meaning]) => [letter.charCodeAt(0), meaning],
  ),
)

/** A container that is still open, with the name that the next value of an object gets. */
type Open = { readonly members: Map<string, Json>; name: string } | { readonly items: Json[] }

/** Says that a container was opened and that its first item comes next. */
const OPENED = Symbol('opened')

/**
 * One pass over bytes that are known to be UTF-8. Open containers wait in a list, not on the call stack, so no limit a
 * caller chooses can overflow it. A method that gives `undefined` has set `#refusal`.
 */
class Reader {
  readonly #bytes: Buffer
  readonly #maxDepth: number
  readonly #maxFields: number
  readonly #open: Open[] = []
  #at = 0
  #fields = 0
  #refusal: { readonly problem: JsonProblem; readonly at: number } | undefined

  constructor(bytes: Uint8Array, maxDepth: number, maxFields: number) {
    // A view, not a copy: there must be no second place to wipe.
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#maxDepth = maxDepth
    this.#maxFields = maxFields
  }

  read(): JsonReading {
    const value = this.#skipBlanks() === END ? this.#refuse('is empty') : this.#document()
    if (value !== undefined) return { ok: true, value }
    return { ok: false, ...(this.#refusal ?? { problem: 'is not JSON', at: this.#at }) }
  }

  #document(): Json | undefined {
    for (;;) {
      let value = this.#value()
      if (value === undefined) return undefined
      if (value === OPENED) continue
      // A finished value may finish its container, and that the next one.
      for (;;) {
        const container = this.#open.at(-1)
        if (container === undefined) return this.#skipBlanks() === END ? value : this.#refuse('goes on after its end')
        if ('items' in container) container.items.push(value)
        else container.members.set(container.name, value)
        const next = this.#afterItem(container)
        if (next === undefined) return undefined
        if (next === 'another') break
        this.#open.pop()
        value = 'items' in container ? container.items : container.members
      }
    }
  }

  #value(): Json | typeof OPENED | undefined {
    const byte = this.#skipBlanks()
    if (byte === OBJECT_OPENS) return this.#openContainer({ members: new Map(), name: '' })
    if (byte === ARRAY_OPENS) return this.#openContainer({ items: [] })
    if (byte === QUOTE) return this.#string()
    if (byte === MINUS || isDigit(byte)) return this.#number()
    if (this.#word('true')) return true
    if (this.#word('false')) return false
    if (this.#word('null')) return null
    return this.#unexpected()
  }

  #openContainer(container: Open): Json | typeof OPENED | undefined {
    if (this.#open.length >= this.#maxDepth) return this.#refuse('is nested too deeply')
    this.#at += 1
    const isArray = 'items' in container
    if (this.#skipBlanks() === (isArray ? ARRAY_CLOSES : OBJECT_CLOSES)) {
      this.#at += 1
      return isArray ? container.items : container.members
    }
    this.#open.push(container)
    return this.#startItem(container) ? OPENED : undefined
  }

  #afterItem(container: Open): 'another' | 'closed' | undefined {
    const byte = this.#skipBlanks()
    if (byte === COMMA) {
      this.#at += 1
      return this.#startItem(container) ? 'another' : undefined
    }
    if (byte !== ('items' in container ? ARRAY_CLOSES : OBJECT_CLOSES)) return this.#unexpected()
    this.#at += 1
    return 'closed'
  }

  /** Counts the item and, in an object, reads its name up to the colon. */
  #startItem(container: Open): true | undefined {
    const byte = this.#skipBlanks()
    this.#fields += 1
    if (this.#fields > this.#maxFields) return this.#refuse('holds too many fields')
    if ('items' in container) return true
    if (byte !== QUOTE) return this.#unexpected()
    const start = this.#at
    // The name is judged as it reads, not as it is spelled: `\u005f_proto__` is `__proto__`.
    const name = this.#string()
    if (name === undefined) return undefined
    if (FORBIDDEN_NAMES.has(name)) return this.#refuse('holds a forbidden field name', start)
    if (container.members.has(name)) return this.#refuse('holds a field twice', start)
    container.name = name
    if (this.#skipBlanks() !== COLON) return this.#unexpected()
    this.#at += 1
    return true
  }

  /** Reads a string from its opening quote to behind its closing one. */
  #string(): string | undefined {
    let text = ''
    let plainFrom = this.#at + 1
    this.#at = plainFrom
    for (;;) {
      const byte = this.#byte()
      if (byte === QUOTE) {
        text += this.#bytes.toString('utf8', plainFrom, this.#at)
        this.#at += 1
        return text
      }
      if (byte === END) return this.#unexpected()
      if (byte < 0x20) return this.#refuse('holds a control character')
      if (byte === BACKSLASH) {
        text += this.#bytes.toString('utf8', plainFrom, this.#at)
        const escaped = this.#escape()
        if (escaped === undefined) return undefined
        text += escaped
        plainFrom = this.#at
      } else {
        this.#at += 1
      }
    }
  }

  /** Reads one escape from its backslash; a surrogate pair is two escapes read as one. */
  #escape(): string | undefined {
    const start = this.#at
    this.#at += 1
    if (this.#byte() !== LETTER_U) {
      const meaning = ESCAPES.get(this.#byte())
      if (meaning === undefined) return this.#unexpected()
      this.#at += 1
      return meaning
    }
    const unit = this.#fourHexDigits()
    if (unit === undefined) return undefined
    if (unit < 0xd800 || unit > 0xdfff) return String.fromCharCode(unit)
    const isPair = unit < 0xdc00 && this.#byte() === BACKSLASH && this.#bytes[this.#at + 1] === LETTER_U
    if (!isPair) return this.#refuse('holds a lone surrogate', start)
    this.#at += 1
    const low = this.#fourHexDigits()
    if (low === undefined) return undefined
    if (low < 0xdc00 || low > 0xdfff) return this.#refuse('holds a lone surrogate', start)
    return String.fromCharCode(unit, low)
  }

  /** Reads the `u` of an escape and the four digits behind it. */
  #fourHexDigits(): number | undefined {
    let unit = 0
    for (let digit = 0; digit < 4; digit += 1) {
      this.#at += 1
      const worth = hexDigit(this.#byte())
      if (worth === undefined) return this.#unexpected()
      unit = unit * 16 + worth
    }
    this.#at += 1
    return unit
  }

  #number(): JsonNumber | undefined {
    const start = this.#at
    if (this.#byte() === MINUS) this.#at += 1
    if (this.#byte() === ZERO) {
      this.#at += 1
      if (isDigit(this.#byte())) return this.#unexpected()
    } else if (!this.#digits()) return undefined
    if (this.#byte() === DOT) {
      this.#at += 1
      if (!this.#digits()) return undefined
    }
    if (this.#byteIs('e') || this.#byteIs('E')) {
      this.#at += 1
      if (this.#byteIs('+') || this.#byteIs('-')) this.#at += 1
      if (!this.#digits()) return undefined
    }
    return new JsonNumber(this.#bytes.toString('latin1', start, this.#at))
  }

  /** Skips one digit or more. */
  #digits(): true | undefined {
    if (!isDigit(this.#byte())) return this.#unexpected()
    while (isDigit(this.#byte())) this.#at += 1
    return true
  }

  /** Skips `word` if it stands here. Whatever follows is judged by whoever reads on, so `truex` is refused there. */
  #word(word: string): boolean {
    const end = this.#at + word.length
    // Four or five bytes at most become a string here.
    if (this.#bytes.toString('latin1', this.#at, end) !== word) return false
    this.#at = end
    return true
  }

  /** Skips white space, of which JSON has four kinds, and gives the byte behind it. */
  #skipBlanks(): number {
    for (;;) {
      const byte = this.#byte()
      if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d) return byte
      this.#at += 1
    }
  }

  #byte(): number {
    return this.#bytes[this.#at] ?? END
  }

  #byteIs(letter: string): boolean {
    return this.#byte() === letter.charCodeAt(0)
  }

  #unexpected(): undefined {
    return this.#refuse(this.#at >= this.#bytes.length ? 'ends too early' : 'is not JSON')
  }

  #refuse(problem: JsonProblem, at: number = this.#at): undefined {
    this.#refusal = { problem, at }
    return undefined
  }
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= 0x39
}

function hexDigit(byte: number): number | undefined {
  if (isDigit(byte)) return byte - ZERO
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : undefined
}

/** Walks character by character, which only a body that is refused anyway has to pay for. */
function firstBadByte(bytes: Uint8Array): number {
  let at = 0
  while (at < bytes.length) {
    const lead = bytes[at]!
    const size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
    if (!isUtf8(bytes.subarray(at, at + size))) break
    at += size
  }
  return at
}
