/**
 * Reads ISO 8583 frames in ASCII with npm `iso_8583` and the formats that it brings:
 * `node iso_8583_judge.mjs FOLDER < frames.json > readings.json`. FOLDER is where it is installed.
 *
 * It does not notice an element that is cut off, or bytes behind the last one. So the bytes that it leaves are looked at,
 * and what it has read is written by it again and has to be the same.
 */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

const Message = createRequire(join(process.argv[2], 'package.json'))('iso_8583')

// Where its formats are not those of ISO 8583:1987: DE120 is private text there and digits here.
const formats = { 120: { ContentType: 'ans', LenType: 'lllvar', MaxLen: 999 } }

// Characters that are in ISO 8583's `ans`, and that its writer refuses.
const unwritable = /[@#\\]/g

const frames = JSON.parse(await text(process.stdin))
process.stdout.write(JSON.stringify(frames.map(({ hex }) => judge(Buffer.from(hex, 'hex')))))

function judge(frame) {
  const read = new Message({}, formats).unpack_0_127(frame, {}, {})
  if (read.error) return { problem: String(read.error) }
  if (read.remSlice.length > 0) return { problem: `${read.remSlice.length} bytes behind the last element` }
  const { 0: mti, ...elements } = read.json
  const problem = rewritten(frame, read.json)
  return problem ? { problem } : { mti, elements }
}

/** It always writes two bitmaps; everything else has to be equal. */
function rewritten(frame, json) {
  const plain = value => value.replace(unwritable, '.')
  const plainJson = Object.fromEntries(Object.entries(json).map(([key, value]) => [key, plain(value)]))
  const written = new Message(plainJson, formats).getRawMessage()
  if (!Buffer.isBuffer(written)) return `it cannot write what it has read: ${written.error ?? 'no reason given'}`
  const bitmaps = bytes => ((bytes[4] & 0x80) === 0 ? 8 : 16)
  const bitsOf = bytes => BigInt(`0x${bytes.toString('hex', 4, 12)}`) & 0x7fffffffffffffffn
  const data = bytes => plain(bytes.toString('latin1', 4 + bitmaps(bytes)))
  if (bitsOf(frame) !== bitsOf(written) || data(frame) !== data(written)) return 'it would write other bytes'
  return undefined
}
