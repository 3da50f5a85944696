/** Messages to frames and back, as a profile says. Source: ISO 8583:1987. */
import { countBits, Element, hasBit, setBit } from './composites.js'
import type { Decoded, Dialect, OutgoingMessage } from './dialect.js'
import { Cursor, Draft, type Value } from './draft.js'
import { nibbleOf, readNumber, toEbcdic } from './encodings.js'
import { acceptedPreambles, frameReader, lengthBytes, longestFrame, preambleOf, writeLength } from './framing.js'
import type { Profile } from './profile.js'

/** Makes the codec of a profile. A profile that came from outside has passed `readProfile` before. */
export function makeDialect(profile: Profile): Dialect {
  const elements: (Element | undefined)[] = []
  for (const [number, spec] of Object.entries(profile.elements)) elements[Number(number)] = new Element(spec, number)
  const before = lengthBytes(profile.framing)
  const longest = longestFrame(profile.framing)
  const preamble = preambleOf(profile.framing)
  const accepted = acceptedPreambles(profile.framing)
  const draft = new Draft(before + longest)

  return {
    name: profile.name,
    encode(message) {
      draft.restart()
      draft.reserve(before)
      preamble.copy(draft.bytes, draft.reserve(preamble.length))
      writeMti(draft, message.mti, profile.mti)
      writeElements(draft, treeOf(message), elements, profile.bitmap)
      writeLength(draft.bytes, 0, profile.framing, draft.at - before)
      return { bytes: Buffer.from(draft.bytes.subarray(0, draft.at)), slots: draft.slots }
    },
    decode(frame) {
      if (frame.length > longest) return { ok: false, problem: `the frame is longer than ${longest} bytes` }
      const start = accepted.find(
        bytes => frame.length >= bytes.length && frame.compare(bytes, 0, bytes.length, 0, bytes.length) === 0,
      )
      if (!start) return { ok: false, problem: 'the header before the MTI is another one' }
      return readMessage(frame, start.length, elements, profile)
    },
    newReader: () => frameReader(profile.framing),
  }
}

/** Sorts the paths of a message into elements and their parts. */
function treeOf({ fields }: OutgoingMessage): Map<string, Value> {
  const root = new Map<string, Value>()
  for (const path in fields) {
    const value = fields[path]!
    let branch = root
    let from = 0
    for (let dot = path.indexOf('.'); dot >= 0; dot = path.indexOf('.', from)) {
      const key = path.slice(from, dot)
      let next = branch.get(key)
      if (next === undefined) {
        next = new Map()
        branch.set(key, next)
      }
      if (!(next instanceof Map)) throw new RangeError(`DE${path} is given whole and by its parts`)
      branch = next
      from = dot + 1
    }
    const key = path.slice(from)
    if (branch.has(key)) throw new RangeError(`DE${path} is given whole and by its parts`)
    branch.set(key, value)
  }
  return root
}

function writeMti(draft: Draft, mti: string, encoding: Profile['mti']) {
  if (!/^0[1-8][0-9]{2}$/.test(mti)) throw new RangeError('the MTI is not four digits from 0100 to 0899')
  const at = draft.reserve(encoding === 'bcd' ? 2 : 4)
  for (let nth = 0; nth < 4; nth++) {
    const code = mti.charCodeAt(nth)
    if (encoding === 'bcd') {
      const byte = at + (nth >> 1)
      draft.bytes[byte] = nth % 2 ? draft.bytes[byte]! | nibbleOf(code) : nibbleOf(code) << 4
    } else {
      draft.bytes[at + nth] = encoding === 'ascii' ? code : toEbcdic[code]!
    }
  }
}

function writeElements(
  draft: Draft,
  values: Map<string, Value>,
  elements: readonly (Element | undefined)[],
  form: Profile['bitmap'],
) {
  const numbers = [...values.keys()].map(Number).sort((a, b) => a - b)
  for (const number of numbers) {
    if (!elements[number]) throw new RangeError(`DE${number} is not in the profile`)
  }
  const bitmapBytes = numbers.some(number => number > 64) ? 16 : 8
  const bits = Buffer.alloc(bitmapBytes)
  if (bitmapBytes === 16) setBit(bits, 0, 1)
  const at = draft.reserve(form === 'hex' ? bitmapBytes * 2 : bitmapBytes)
  for (const number of numbers) {
    setBit(bits, 0, number)
    elements[number]!.write(draft, values.get(String(number))!)
  }
  if (form === 'hex') draft.bytes.write(bits.toString('hex').toUpperCase(), at, 'latin1')
  else bits.copy(draft.bytes, at)
}

function readMessage(
  frame: Buffer,
  start: number,
  elements: readonly (Element | undefined)[],
  { mti: mtiForm, bitmap: bitmapForm }: Profile,
): Decoded {
  const refuse = (problem: string): Decoded => ({ ok: false, problem })
  const mtiBytes = mtiForm === 'bcd' ? 2 : 4
  if (frame.length < start + mtiBytes) return refuse('the MTI is cut off')
  const mti = readNumber(frame, start, mtiBytes, mtiForm)
  if (mti < 100 || mti > 899) return refuse('the MTI is not four digits from 0100 to 0899')

  const cursor = new Cursor(frame, start + mtiBytes)
  const bits = readBitmap(cursor, bitmapForm)
  if (typeof bits === 'string') return refuse(bits)
  const last = bits.length * 8
  let found = bits.length === 16 ? 1 : 0
  for (let number = 2; number <= last; number++) {
    if (!hasBit(bits, 0, number)) continue
    const element = elements[number]
    if (!element) return refuse(`DE${number} is not in the profile`)
    if (!element.read(cursor, frame.length)) return refuse(cursor.problem ?? `DE${number} cannot be read`)
    found += 1
  }
  if (found !== countBits(bits, 0, bits.length)) return refuse('the bitmap has a bit without a meaning')
  if (cursor.at !== frame.length) return refuse('there are bytes behind the last element')
  return { ok: true, message: { mti: String(mti).padStart(4, '0'), fields: cursor.fields } }
}

/** The bits of one or two bitmaps, or what is wrong. */
function readBitmap(cursor: Cursor, form: Profile['bitmap']): Buffer | string {
  const first = readEight(cursor, form)
  if (typeof first === 'string' || !hasBit(first, 0, 1)) return first
  const second = readEight(cursor, form)
  if (typeof second === 'string') return second
  if (countBits(second, 0, 8) === 0) return 'the second bitmap is empty'
  return Buffer.concat([first, second])
}

function readEight(cursor: Cursor, form: Profile['bitmap']): Buffer | string {
  const length = form === 'hex' ? 16 : 8
  const at = cursor.at
  if (at + length > cursor.bytes.length) return 'the bitmap is cut off'
  cursor.at += length
  if (form === 'binary') return cursor.bytes.subarray(at, at + 8)
  const text = cursor.bytes.toString('latin1', at, at + 16)
  // Lower case would decode as well; one message then had several forms.
  return /^[0-9A-F]{16}$/.test(text) ? Buffer.from(text, 'hex') : 'the bitmap is not hex digits in capitals'
}
