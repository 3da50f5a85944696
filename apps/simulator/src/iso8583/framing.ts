import { type Dialect, mastercardLike, visaLike } from './dialects.js'

/** Longer than any message of an issuer. A length above it means that the two sides have lost each other. */
export const longestFrame = 4096

/** Puts the length in front of a message: 2 bytes, the high one first, not counting themselves. */
export function frame(message: Buffer): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(message.length)
  return Buffer.concat([length, message])
}

/**
 * Cuts a stream of bytes into messages, however the network has cut it.
 * @param onMessage  gets each whole message, without its length. A length of 0 is a sign of life and no message.
 * @returns takes the next bytes; false when the stream makes no sense any more and the line has to be dropped
 */
export function frameReader(onMessage: (message: Buffer) => void): (chunk: Buffer) => boolean {
  let rest: Buffer = Buffer.alloc(0)
  return chunk => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    while (rest.length >= 2) {
      const length = rest.readUInt16BE()
      if (length > longestFrame) return false
      if (rest.length < 2 + length) break
      const message = rest.subarray(2, 2 + length)
      rest = rest.subarray(2 + length)
      if (length > 0) onMessage(message)
    }
    return true
  }
}

/** The dialect of whoever sends a message, from the way its MTI is written: ASCII digits, or packed. */
export function dialectOf(message: Buffer): Dialect | undefined {
  const mti = message.subarray(0, 4).toString('latin1')
  if (/^0[0-9]{3}$/.test(mti)) return mastercardLike
  return /^0[0-9]{3}$/.test(message.subarray(0, 2).toString('hex')) ? visaLike : undefined
}
