/** Elements that hold one text or one run of bytes, whole or cut at fixed places. */
import { Cvv, Pan } from '../../card-data/index.js'
import type { Cursor, Draft, Value } from './draft.js'
import { allowed, decodingTable, isAllowed, nibbleOf, readNumber, toEbcdic, writeNumber } from './encodings.js'
import { masked } from './masking.js'
import type { ElementSpec, LengthPrefix, Padding, PositionSpec, Sensitivity } from './profile.js'

/** What stands between the length and the end of an element. `units` are as in the profile. */
export interface Content {
  /** @returns how many units were written */
  write(draft: Draft, value: Value): number
  /** Reads up to `end`, all of it. */
  read(cursor: Cursor, end: number, units: number): boolean
  bytesFor(units: number): number
  /** The most units that so many bytes hold. */
  unitsIn(bytes: number): number
}

/** A handle or text that goes into an element, with what the profile says about it. */
interface Place {
  readonly path: string
  readonly sensitivity: Sensitivity
  readonly padding: Padding | undefined
}

const leftZero: Padding = { with: '0', side: 'left' }

const isHandle = (value: Value): value is Pan | Cvv => value instanceof Pan || value instanceof Cvv

/** @throws RangeError when this kind of value may not be sent in such a place */
function checkSensitivity(value: Value, { path, sensitivity }: Place) {
  const given = value instanceof Pan ? 'pan' : value instanceof Cvv ? 'cvv' : 'text'
  if (sensitivity === 'track' || sensitivity === 'pin') throw new RangeError(`DE${path} is never sent`)
  const wanted = sensitivity === 'pan' || sensitivity === 'cvv' ? sensitivity : 'text'
  if (given !== wanted) throw new RangeError(`DE${path} takes a ${wanted}, not a ${given}`)
}

/** Pads a text up to `least`. @throws RangeError when it does not fit */
function fit(text: string, kind: ElementSpec['kind'], least: number, most: number, { path, padding }: Place): string {
  if (!isAllowed(text, kind)) throw new RangeError(`DE${path} has characters that are not of kind ${kind}`)
  if (text.length > most) throw new RangeError(`DE${path} is longer than ${most}`)
  if (text.length >= least) return text
  if (!padding || padding.with === 'F') throw new RangeError(`DE${path} is shorter than ${least}`)
  return padding.side === 'left' ? text.padStart(least, padding.with) : text.padEnd(least, padding.with)
}

/** Writes characters and reads them, in one encoding. */
class Characters {
  private readonly table: Uint8Array | undefined

  constructor(
    private readonly path: string,
    readonly kind: ElementSpec['kind'],
    readonly encoding: 'ascii' | 'ebcdic' | 'bcd',
    private readonly padding: Padding,
  ) {
    this.table = encoding === 'bcd' ? undefined : decodingTable(kind, encoding)
  }

  bytesFor = (units: number) => (this.encoding === 'bcd' ? (units + 1) >> 1 : units)
  unitsIn = (bytes: number) => (this.encoding === 'bcd' ? bytes * 2 : bytes)

  write(draft: Draft, text: string) {
    const at = draft.reserve(this.bytesFor(text.length))
    if (this.encoding !== 'bcd') {
      for (let nth = 0; nth < text.length; nth++) {
        const code = text.charCodeAt(nth)
        draft.bytes[at + nth] = this.encoding === 'ascii' ? code : toEbcdic[code]!
      }
      return
    }
    const filled = text.length % 2 === 0 ? text : this.filled(text)
    for (let nth = 0; nth < filled.length; nth += 2) {
      draft.bytes[at + (nth >> 1)] = (nibbleOf(filled.charCodeAt(nth)) << 4) | nibbleOf(filled.charCodeAt(nth + 1))
    }
  }

  private filled(text: string): string {
    return this.padding.side === 'left' ? `${this.padding.with}${text}` : `${text}${this.padding.with}`
  }

  /**
   * The ASCII codes of what stands there.
   * @returns a view that the next call overwrites, or `undefined` with the problem noted
   */
  read(cursor: Cursor, at: number, units: number): Buffer | undefined {
    if (this.encoding === 'bcd') return this.readBcd(cursor, at, units)
    const table = this.table!
    for (let nth = 0; nth < units; nth++) {
      const code = table[cursor.bytes[at + nth]!]!
      if (code === 0) return this.fail(cursor, `has a character that is not of kind ${this.kind}`)
      scratch[nth] = code
    }
    return scratch
  }

  private readBcd(cursor: Cursor, at: number, units: number): Buffer | undefined {
    const odd = units % 2
    const skipped = odd && this.padding.side === 'left' ? 1 : 0
    for (let nth = 0; nth < units + odd; nth++) {
      const byte = cursor.bytes[at + (nth >> 1)]!
      const half = nth % 2 ? byte & 15 : byte >> 4
      const isFiller = odd === 1 && (skipped ? nth === 0 : nth === units)
      if (isFiller) {
        if (half !== (this.padding.with === 'F' ? 15 : 0)) return this.fail(cursor, 'is filled up with something else')
        continue
      }
      if (half > 9 && !(half === 13 && this.kind === 'z')) return this.fail(cursor, 'has half a byte that is no digit')
      scratch[nth - skipped] = half === 13 ? 0x3d : 0x30 + half
    }
    return scratch
  }

  private fail(cursor: Cursor, rule: string): undefined {
    cursor.fail(this.path, rule)
    return undefined
  }
}

/** The characters of the element that is being read. Overwritten by the next one. */
const scratch = Buffer.alloc(4_096)

function note(cursor: Cursor, path: string, sensitivity: Sensitivity, from: number, to: number) {
  cursor.fields[path] =
    sensitivity === 'none'
      ? scratch.toString('latin1', from, to)
      : masked(sensitivity, to - from, () => scratch.toString('latin1', to - 4, to))
}

/** @param least  of a fixed length the same as `spec.length` */
export function textContent(spec: ElementSpec, path: string, least: number): Content {
  const place: Place = { path, sensitivity: spec.sensitivity ?? 'none', padding: spec.padding }
  const filler = spec.padding ?? leftZero
  const characters = new Characters(path, spec.kind, spec.encoding as 'ascii', filler)
  const bcdPairs = spec.encoding === 'bcd' && spec.prefix?.counts === 'bytes'
  return {
    bytesFor: characters.bytesFor,
    unitsIn: characters.unitsIn,
    write(draft, value) {
      checkSensitivity(value, place)
      if (isHandle(value)) return writeHandle(draft, value, characters, place, filler, least, spec.length)
      const text = fit(value as string, spec.kind, least, spec.length, place)
      if (bcdPairs && text.length % 2) throw new RangeError(`DE${path} needs an even number of digits`)
      characters.write(draft, text)
      return text.length
    },
    read(cursor, end, units) {
      if (!characters.read(cursor, cursor.at, units)) return false
      note(cursor, path, place.sensitivity, 0, units)
      cursor.at = end
      return true
    },
  }
}

function writeHandle(
  draft: Draft,
  handle: Pan | Cvv,
  characters: Characters,
  place: Place,
  filler: Padding,
  least: number,
  most: number,
): number {
  if (handle.length > most) throw new RangeError(`DE${place.path} is longer than ${most}`)
  if (handle.length < least && !place.padding) throw new RangeError(`DE${place.path} is shorter than ${least}`)
  const units = Math.max(handle.length, least)
  const width = characters.encoding === 'bcd' ? units + (units % 2) : units
  const length = characters.bytesFor(units)
  const at = draft.reserve(length)
  draft.bytes.fill(0, at, at + length)
  const { with: pad, side: padSide } = filler
  draft.slots.push({ at, digits: handle, encoding: characters.encoding, width, pad, padSide })
  return units
}

/** One text with parts at fixed places. */
export function positionalContent(
  spec: ElementSpec,
  fields: Readonly<Record<string, PositionSpec>>,
  path: string,
  least: number,
): Content {
  const characters = new Characters(path, spec.kind, spec.encoding as 'ascii', spec.padding ?? leftZero)
  const parts = placeParts(fields, path)
  return {
    bytesFor: characters.bytesFor,
    unitsIn: characters.unitsIn,
    write(draft, value) {
      if (!(value instanceof Map)) throw new RangeError(`DE${path} is given by its parts, such as ${path}.1`)
      for (const key of value.keys()) {
        if (!Object.hasOwn(fields, key)) throw new RangeError(`DE${path}.${key} is not in the profile`)
      }
      const last = parts.findLast(part => value.has(part.key))
      const until = Math.max(last ? last.from + last.spec.length : 0, least)
      const start = draft.at
      const given = parts.filter(part => part.from < until)
      characters.write(draft, given.map(part => textOfPart(part, value.get(part.key))).join(''))
      for (const part of given) {
        const handle = value.get(part.key)
        if (handle !== undefined && isHandle(handle)) addSlot(draft, start, part, handle, characters)
      }
      return until
    },
    read(cursor, end, units) {
      if (!characters.read(cursor, cursor.at, units)) return false
      for (const { from, spec: part, place } of parts) {
        if (from === units) break
        const to = from + part.length
        if (to > units) return cursor.fail(place.path, 'is cut off')
        for (let nth = from; nth < to; nth++) {
          if (!allowed[part.kind][scratch[nth]!]) {
            return cursor.fail(place.path, `has a character that is not of kind ${part.kind}`)
          }
        }
        note(cursor, place.path, place.sensitivity, from, to)
      }
      cursor.at = end
      return true
    },
  }
}

interface PlacedPart {
  readonly key: string
  readonly from: number
  readonly spec: PositionSpec
  readonly place: Place
}

function placeParts(fields: Readonly<Record<string, PositionSpec>>, path: string): PlacedPart[] {
  let from = 0
  return Object.entries(fields).map(([key, spec]) => {
    const place = { path: `${path}.${key}`, sensitivity: spec.sensitivity ?? 'none', padding: spec.padding }
    const part = { key, from, spec, place }
    from += spec.length
    return part
  })
}

/** The text of a part; zeros where digits of a card will be filled in. */
function textOfPart({ spec, place }: PlacedPart, value: Value | undefined): string {
  if (value === undefined) return (spec.kind === 'n' ? '0' : ' ').repeat(spec.length)
  if (value instanceof Map) throw new RangeError(`DE${place.path} has no parts`)
  checkSensitivity(value, place)
  return isHandle(value) ? '0'.repeat(spec.length) : fit(value, spec.kind, spec.length, spec.length, place)
}

function addSlot(draft: Draft, start: number, part: PlacedPart, handle: Pan | Cvv, characters: Characters) {
  const { from, spec, place } = part
  if (handle.length > spec.length) throw new RangeError(`DE${place.path} is longer than ${spec.length}`)
  if (handle.length < spec.length && !spec.padding)
    throw new RangeError(`DE${place.path} is shorter than ${spec.length}`)
  const { with: pad, side: padSide } = spec.padding ?? leftZero
  const at = start + (characters.encoding === 'bcd' ? from >> 1 : from)
  draft.slots.push({ at, digits: handle, encoding: characters.encoding, width: spec.length, pad, padSide })
}

/** Bytes, as hex in capitals. */
export function binaryContent(spec: ElementSpec, path: string, least: number): Content {
  const place: Place = { path, sensitivity: spec.sensitivity ?? 'none', padding: undefined }
  return {
    bytesFor: units => units,
    unitsIn: bytes => bytes,
    write(draft, value) {
      checkSensitivity(value, place)
      if (typeof value !== 'string') throw new RangeError(`DE${path} is no text`)
      if (value.length % 2 || !isAllowed(value, 'b')) throw new RangeError(`DE${path} is not hex in capitals`)
      const length = value.length / 2
      if (length < least || length > spec.length) throw new RangeError(`DE${path} has the wrong number of bytes`)
      draft.bytes.write(value, draft.reserve(length), 'hex')
      return length
    },
    read(cursor, end, units) {
      const value = () => cursor.bytes.toString('hex', end - units, end).toUpperCase()
      cursor.fields[path] = place.sensitivity === 'none' ? value() : masked('pin', units, value)
      cursor.at = end
      return true
    },
  }
}

/** Puts a length before a content and reads it. */
export class Prefix {
  readonly bytes: number
  private readonly encoding: LengthPrefix['encoding']
  private readonly countsBytes: boolean

  constructor({ digits, encoding, counts }: LengthPrefix) {
    this.encoding = encoding
    this.countsBytes = counts === 'bytes'
    this.bytes = encoding === 'binary' ? (digits === 3 ? 2 : 1) : encoding === 'bcd' ? (digits + 1) >> 1 : digits
  }

  write(draft: Draft, at: number, units: number, content: Content) {
    const count = this.countsBytes ? content.bytesFor(units) : units
    if (this.encoding === 'binary') draft.bytes.writeUIntBE(count, at, this.bytes)
    else writeNumber(draft.bytes, at, this.bytes, this.encoding, count)
  }

  /** @returns the units, or -1 when no length stands there */
  read(bytes: Buffer, at: number, content: Content): number {
    const count =
      this.encoding === 'binary' ? bytes.readUIntBE(at, this.bytes) : readNumber(bytes, at, this.bytes, this.encoding)
    return this.countsBytes && count > 0 ? content.unitsIn(count) : count
  }
}
