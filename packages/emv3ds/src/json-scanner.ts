/**
 * JSON as it arrives, told token by token. Three reasons for one of our own: JSON.parse keeps the last of two members
 * of one name and tells nobody; a list of card ranges is tens of megabytes; and nothing from outside may make the
 * stack overflow.
 *
 * Source: RFC 8259. Stricter where that leaves a choice: UTF-8 without a byte order mark, no lone surrogates.
 */

/** A value that is neither object nor array. */
export type JsonScalar = string | number | boolean | null

/** Who listens. `bytes` is how long the token was. */
export interface JsonListener {
  open(kind: 'object' | 'array'): void
  close(): void
  name(name: string, bytes: number): void
  scalar(value: JsonScalar, bytes: number): void
}

/** Why a text is no JSON, or none that is read here. The reason is one of our own phrases. */
export class NotReadable extends Error {
  override name = 'NotReadable'
}

export interface ScannerLimits {
  /** Objects and arrays inside each other. */
  readonly depth: number
  /** Bytes of one string or number. */
  readonly tokenBytes: number
  /** Bytes of everything. */
  readonly totalBytes: number
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const whiteSpace = (byte: number) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
/** What may follow a number or a word, other than white space. */
const ends = (byte: number) => byte === 0x2c || byte === 0x5d || byte === 0x7d
const jsonNumber = /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$/
const LONE_SURROGATE = /\p{Surrogate}/u
const words = new Map<string, JsonScalar>([
  ['true', true],
  ['false', false],
  ['null', null],
])

/** What may come next. */
type Expecting = 'value' | 'value or ]' | 'name' | 'name or }' | ':' | ', or end' | 'nothing'

/** Reads chunks cut at any byte. Holds at most one token, and one letter per level of nesting. */
export class JsonScanner {
  readonly #listener: JsonListener
  readonly #limits: ScannerLimits
  readonly #utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  readonly #stack: Array<'object' | 'array'> = []
  #expecting: Expecting = 'value'
  #token: 'none' | 'string' | 'bare' = 'none'
  /** The beginning of a token that goes on in the next chunk; a copy, so that the chunk can go. */
  #held = new Uint8Array(256)
  #heldBytes = 0
  #escaped = false
  #hasEscapes = false
  #totalBytes = 0

  constructor(listener: JsonListener, limits: ScannerLimits) {
    this.#listener = listener
    this.#limits = limits
  }

  /** @throws NotReadable */
  push(chunk: Uint8Array): void {
    this.#totalBytes += chunk.length
    if (this.#totalBytes > this.#limits.totalBytes) throw new NotReadable('too large')
    let at = 0
    while (at < chunk.length) {
      if (this.#token === 'string') at = this.#string(chunk, at)
      else if (this.#token === 'bare') at = this.#bare(chunk, at)
      else at = this.#structure(chunk, at)
    }
  }

  /** @throws NotReadable when the text stops in the middle */
  end(): void {
    if (this.#token === 'bare') this.#bareEnds(new Uint8Array())
    if (this.#token !== 'none' || this.#expecting !== 'nothing') throw notJson()
  }

  /** The byte at `at`, outside of tokens. */
  #structure(chunk: Uint8Array, at: number): number {
    const byte = chunk[at]!
    if (whiteSpace(byte)) return at + 1
    switch (byte) {
      case QUOTE:
        if (this.#wantsName()) this.#expecting = 'name'
        else this.#wantsValue()
        this.#token = 'string'
        this.#hasEscapes = false
        return at + 1
      case 0x7b: // {
        this.#opens('object')
        this.#expecting = 'name or }'
        return at + 1
      case 0x5b: // [
        this.#opens('array')
        this.#expecting = 'value or ]'
        return at + 1
      case 0x7d: // }
        this.#closes('object', 'name or }')
        return at + 1
      case 0x5d: // ]
        this.#closes('array', 'value or ]')
        return at + 1
      case 0x3a: // :
        if (this.#expecting !== ':') throw notJson()
        this.#expecting = 'value'
        return at + 1
      case 0x2c: // ,
        if (this.#expecting !== ', or end') throw notJson()
        this.#expecting = this.#stack.at(-1) === 'object' ? 'name' : 'value'
        return at + 1
      default:
        this.#wantsValue()
        this.#token = 'bare'
        return at
    }
  }

  #wantsName(): boolean {
    return this.#expecting === 'name' || this.#expecting === 'name or }'
  }

  #wantsValue(): void {
    if (this.#expecting !== 'value' && this.#expecting !== 'value or ]') throw notJson()
    this.#expecting = 'value'
  }

  #opens(kind: 'object' | 'array'): void {
    this.#wantsValue()
    if (this.#stack.length >= this.#limits.depth) throw new NotReadable('nested too deeply')
    this.#stack.push(kind)
    this.#listener.open(kind)
  }

  #closes(kind: 'object' | 'array', empty: Expecting): void {
    if (this.#stack.at(-1) !== kind || (this.#expecting !== ', or end' && this.#expecting !== empty)) throw notJson()
    this.#stack.pop()
    this.#valueEnds()
    this.#listener.close()
  }

  #valueEnds(): void {
    this.#expecting = this.#stack.length === 0 ? 'nothing' : ', or end'
  }

  /** From `at`, inside of a string. */
  #string(chunk: Uint8Array, at: number): number {
    let to = at
    for (; to < chunk.length; to++) {
      const byte = chunk[to]!
      if (this.#escaped) this.#escaped = false
      else if (byte === BACKSLASH) this.#escaped = this.#hasEscapes = true
      else if (byte === QUOTE) break
      else if (byte < 0x20) throw notJson()
    }
    const piece = chunk.subarray(at, to)
    if (to === chunk.length) this.#keep(piece)
    else this.#stringEnds(this.#whole(piece))
    return to + 1
  }

  #stringEnds(raw: Uint8Array): void {
    const text = this.#decode(raw)
    this.#token = 'none'
    if (this.#expecting === 'name') {
      this.#expecting = ':'
      this.#listener.name(text, raw.length)
    } else {
      this.#valueEnds()
      this.#listener.scalar(text, raw.length)
    }
  }

  #decode(raw: Uint8Array): string {
    try {
      const text = this.#utf8.decode(raw)
      if (!this.#hasEscapes) return text
      // What is between the quotes holds no quote and no control character: JSON.parse judges the escapes only.
      const unescaped = JSON.parse(`"${text}"`) as string
      if (!LONE_SURROGATE.test(unescaped)) return unescaped
    } catch {
      // Not UTF-8, or an escape that JSON does not have. The cause quotes the text and is not passed on.
    }
    throw notJson()
  }

  /** From `at`, inside of a number or a word. */
  #bare(chunk: Uint8Array, at: number): number {
    let to = at
    while (to < chunk.length && !ends(chunk[to]!) && !whiteSpace(chunk[to]!)) to++
    const piece = chunk.subarray(at, to)
    if (to === chunk.length) this.#keep(piece)
    else this.#bareEnds(piece)
    return to
  }

  #bareEnds(last: Uint8Array): void {
    const raw = this.#whole(last)
    const text = String.fromCharCode(...raw.subarray(0, 1000))
    this.#token = 'none'
    const word = words.get(text)
    const value = word === undefined && raw.length < 1000 && jsonNumber.test(text) ? Number(text) : word
    // 1e999 is JSON, but could not be written again.
    if (value === undefined || value === Infinity || value === -Infinity) throw notJson()
    this.#valueEnds()
    this.#listener.scalar(value, raw.length)
  }

  #keep(piece: Uint8Array): void {
    const bytes = this.#heldBytes + piece.length
    if (bytes > this.#limits.tokenBytes) throw new NotReadable('too large')
    if (bytes > this.#held.length) {
      const larger = new Uint8Array(2 * bytes)
      larger.set(this.#held.subarray(0, this.#heldBytes))
      this.#held = larger
    }
    this.#held.set(piece, this.#heldBytes)
    this.#heldBytes = bytes
  }

  #whole(last: Uint8Array): Uint8Array {
    if (this.#heldBytes === 0) {
      if (last.length > this.#limits.tokenBytes) throw new NotReadable('too large')
      return last
    }
    this.#keep(last)
    const whole = this.#held.subarray(0, this.#heldBytes)
    this.#heldBytes = 0
    return whole
  }
}

const notJson = () => new NotReadable('not JSON')
