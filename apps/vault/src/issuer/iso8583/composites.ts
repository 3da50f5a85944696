/** Elements as the profile describes them, put together from contents and lengths; those with tags or a bitmap too. */
import type { Cursor, Draft, Value } from './draft.js'
import { readNumber, writeNumber } from './encodings.js'
import { binaryContent, type Content, Prefix, positionalContent, textContent } from './fields.js'
import type { BitmappedParts, ElementSpec, TaggedParts } from './profile.js'

/** One element or part, ready to be written and read. */
export class Element {
  private readonly content: Content
  private readonly prefix: Prefix | undefined
  private readonly least: number
  private readonly most: number

  constructor(
    spec: ElementSpec,
    readonly path: string,
  ) {
    this.prefix = spec.prefix && new Prefix(spec.prefix)
    const isOpen = spec.prefix !== undefined || (spec.parts !== undefined && spec.parts.layout !== 'positional')
    this.least = spec.min ?? (isOpen ? 1 : spec.length)
    this.most = spec.length
    this.content = contentOf(spec, path, this.least)
  }

  write(draft: Draft, value: Value) {
    const at = this.prefix ? draft.reserve(this.prefix.bytes) : 0
    const units = this.writeContent(draft, value)
    this.prefix?.write(draft, at, units, this.content)
  }

  /** Without the length in front. @returns the units */
  writeContent(draft: Draft, value: Value): number {
    const units = this.content.write(draft, value)
    if (units > this.most) throw new RangeError(`DE${this.path} is longer than ${this.most}`)
    if (units < this.least) throw new RangeError(`DE${this.path} is shorter than ${this.least}`)
    return units
  }

  /** Reads the element, which must end before `end`. */
  read(cursor: Cursor, end: number): boolean {
    let units = this.most
    if (this.prefix) {
      if (cursor.at + this.prefix.bytes > end) return cursor.fail(this.path, 'is cut off')
      units = this.prefix.read(cursor.bytes, cursor.at, this.content)
      cursor.at += this.prefix.bytes
      if (units < 0) return cursor.fail(this.path, 'has a length that is no number')
      if (units > this.most) return cursor.fail(this.path, `is longer than ${this.most}`)
      if (units < this.least) return cursor.fail(this.path, `is shorter than ${this.least}`)
    }
    const until = cursor.at + this.content.bytesFor(units)
    if (until > end) return cursor.fail(this.path, 'is cut off')
    return this.content.read(cursor, until, units)
  }

  /** Reads an element whose length was told outside: all up to `end`. */
  readSized(cursor: Cursor, end: number): boolean {
    const units = this.least === this.most ? this.most : this.content.unitsIn(end - cursor.at)
    if (units > this.most) return cursor.fail(this.path, `is longer than ${this.most}`)
    if (units < this.least) return cursor.fail(this.path, `is shorter than ${this.least}`)
    if (this.content.bytesFor(units) !== end - cursor.at) return cursor.fail(this.path, 'has the wrong length')
    return this.content.read(cursor, end, units)
  }
}

function contentOf(spec: ElementSpec, path: string, least: number): Content {
  if (spec.parts?.layout === 'positional') return positionalContent(spec, spec.parts.fields, path, least)
  if (spec.parts?.layout === 'tagged') return taggedContent(spec.parts, path)
  if (spec.parts?.layout === 'bitmapped') return bitmappedContent(spec.parts, path)
  return spec.kind === 'b' ? binaryContent(spec, path, least) : textContent(spec, path, least)
}

const inBytes = { bytesFor: (units: number) => units, unitsIn: (bytes: number) => bytes }

function partsOf(value: Value, path: string): Map<string, Value> {
  if (value instanceof Map) return value
  throw new RangeError(`DE${path} is given by its parts, such as ${path}.1`)
}

function taggedContent(parts: TaggedParts, path: string): Content {
  const { encoding, tagDigits, lengthDigits, others } = parts
  const lead = parts.lead && new Element({ ...parts.lead, encoding }, `${path}.${parts.lead.key}`)
  const elements = new Map(
    Object.entries(parts.fields).map(([key, spec]) => [Number(key), new Element(spec, `${path}.${key}`)]),
  )
  return {
    ...inBytes,
    write(draft, value) {
      const start = draft.at
      const given = partsOf(value, path)
      if (lead) lead.write(draft, given.get(parts.lead!.key) ?? missing(lead.path))
      for (const [key, part] of given) {
        if (key === parts.lead?.key) continue
        const element = elements.get(Number(key))
        if (!element) throw new RangeError(`DE${path}.${key} is not in the profile`)
        writeNumber(draft.bytes, draft.reserve(tagDigits), tagDigits, encoding, Number(key))
        const lengthAt = draft.reserve(lengthDigits)
        element.writeContent(draft, part)
        const length = draft.at - lengthAt - lengthDigits
        if (length >= 10 ** lengthDigits) throw new RangeError(`DE${element.path} is too long for its length`)
        writeNumber(draft.bytes, lengthAt, lengthDigits, encoding, length)
      }
      return draft.at - start
    },
    read(cursor, end) {
      if (lead && !lead.read(cursor, end)) return false
      const seen = new Set<number>()
      while (cursor.at < end) {
        if (cursor.at + tagDigits + lengthDigits > end) return cursor.fail(path, 'is cut off in a part')
        const tag = readNumber(cursor.bytes, cursor.at, tagDigits, encoding)
        const length = readNumber(cursor.bytes, cursor.at + tagDigits, lengthDigits, encoding)
        if (tag < 0 || length < 0) return cursor.fail(path, 'has a part whose number or length is no number')
        if (seen.has(tag)) return cursor.fail(`${path}.${tag}`, 'is there twice')
        seen.add(tag)
        cursor.at += tagDigits + lengthDigits
        if (cursor.at + length > end) return cursor.fail(`${path}.${tag}`, 'is cut off')
        const element = elements.get(tag)
        if (!element && others === 'refuse') return cursor.fail(`${path}.${tag}`, 'is not in the profile')
        if (!element) cursor.at += length
        else if (!element.readSized(cursor, cursor.at + length)) return false
      }
      return true
    },
  }
}

function missing(path: string): never {
  throw new RangeError(`DE${path} is missing`)
}

function bitmappedContent({ bitmapBytes, fields }: BitmappedParts, path: string): Content {
  const elements = Object.entries(fields).map(([key, spec]) => ({
    key,
    bit: Number(key),
    element: new Element(spec, `${path}.${key}`),
  }))
  return {
    ...inBytes,
    write(draft, value) {
      const given = partsOf(value, path)
      for (const key of given.keys()) {
        if (!Object.hasOwn(fields, key)) throw new RangeError(`DE${path}.${key} is not in the profile`)
      }
      const at = draft.reserve(bitmapBytes)
      draft.bytes.fill(0, at, at + bitmapBytes)
      for (const { key, bit, element } of elements) {
        const part = given.get(key)
        if (part === undefined) continue
        setBit(draft.bytes, at, bit)
        element.write(draft, part)
      }
      return draft.at - at
    },
    read(cursor, end) {
      const at = cursor.at
      if (at + bitmapBytes > end) return cursor.fail(path, 'is cut off in its bitmap')
      cursor.at += bitmapBytes
      let found = 0
      for (const { bit, element } of elements) {
        if (!hasBit(cursor.bytes, at, bit)) continue
        found += 1
        if (!element.read(cursor, end)) return false
      }
      if (found !== countBits(cursor.bytes, at, bitmapBytes))
        return cursor.fail(path, 'has a part that is not in the profile')
      if (found === 0) return cursor.fail(path, 'has a bitmap without a part')
      return cursor.at === end || cursor.fail(path, 'has bytes behind its last part')
    },
  }
}

/** Bits are counted from 1, the highest of the first byte. */
export const setBit = (bytes: Buffer, at: number, bit: number) => {
  const byte = at + ((bit - 1) >> 3)
  bytes[byte] = bytes[byte]! | (0x80 >> ((bit - 1) & 7))
}

export const hasBit = (bytes: Buffer, at: number, bit: number) =>
  (bytes[at + ((bit - 1) >> 3)]! & (0x80 >> ((bit - 1) & 7))) !== 0

export function countBits(bytes: Buffer, at: number, length: number): number {
  let count = 0
  for (let nth = at; nth < at + length; nth++) {
    for (let byte = bytes[nth]!; byte; byte &= byte - 1) count += 1
  }
  return count
}
