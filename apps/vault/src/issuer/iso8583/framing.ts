/** Where one frame ends and the next begins, and what stands before the MTI. */
import type { FrameReader } from './dialect.js'
import { readNumber, writeNumber } from './encodings.js'
import { DEFAULT_MAX_FRAME, type Framing } from './profile.js'

/** How many bytes stand before a frame to tell its length. */
export const lengthBytes = (framing: Framing) => (framing.length === 'ascii4' || framing.length === 'vml4' ? 4 : 2)

/** The longest frame, without its length. */
export const longestFrame = (framing: Framing) => framing.maxFrame ?? DEFAULT_MAX_FRAME

/** Writes the length of a frame in front of it. */
export function writeLength(bytes: Buffer, at: number, { length: form }: Framing, length: number) {
  if (form === 'ascii4') writeNumber(bytes, at, 4, 'ascii', length)
  else if (form === 'bcd2') writeNumber(bytes, at, 2, 'bcd', length)
  else bytes.writeUInt16BE(length, at)
  if (form === 'vml4') bytes.writeUInt16BE(0, at + 2)
}

/** @returns -1 when no length stands there */
function readLength(bytes: Buffer, at: number, { length: form }: Framing): number {
  if (form === 'ascii4') return readNumber(bytes, at, 4, 'ascii')
  if (form === 'bcd2') return readNumber(bytes, at, 2, 'bcd')
  if (form === 'vml4' && bytes.readUInt16BE(at + 2) !== 0) return -1
  return bytes.readUInt16BE(at)
}

/** Cuts a stream into frames. A frame of length zero is a sign of life of some hosts and passed over. */
export function frameReader(framing: Framing): FrameReader {
  const before = lengthBytes(framing)
  const longest = longestFrame(framing)
  let rest: Buffer = Buffer.alloc(0)
  let problem: string | undefined
  return {
    push(chunk) {
      if (problem) return { ok: false, problem }
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
      const frames: Buffer[] = []
      let at = 0
      while (at + before <= bytes.length) {
        const length = readLength(bytes, at, framing)
        if (length < 0) problem = `the length before a frame is not of the form ${framing.length}`
        else if (length > longest) problem = `a frame is longer than ${longest} bytes`
        if (problem) {
          rest = Buffer.alloc(0)
          return { ok: false, problem }
        }
        if (at + before + length > bytes.length) break
        // A copy: the chunk belongs to whoever read it from the connection.
        if (length > 0) frames.push(Buffer.from(bytes.subarray(at + before, at + before + length)))
        at += before + length
      }
      rest = at === bytes.length ? Buffer.alloc(0) : Buffer.from(bytes.subarray(at))
      return { ok: true, frames }
    },
  }
}

/** What is sent before the MTI: transport header and text header. */
export function preambleOf({ tpdu, header }: Framing): Buffer {
  return Buffer.concat([Buffer.from(tpdu ?? '', 'hex'), Buffer.from(header ?? '', 'latin1')])
}

/**
 * The forms that it may have in a frame that came. The other side exchanges the two addresses of the transport header,
 * and may put its own text header.
 */
export function acceptedPreambles({ tpdu, header, acceptedHeaders }: Framing): readonly Buffer[] {
  const tpdus = tpdu ? [tpdu, tpdu.slice(0, 2) + tpdu.slice(6) + tpdu.slice(2, 6)] : ['']
  const headers = header ? [header, ...(acceptedHeaders ?? [])] : ['']
  return tpdus.flatMap(hex =>
    headers.map(text => Buffer.concat([Buffer.from(hex, 'hex'), Buffer.from(text, 'latin1')])),
  )
}
