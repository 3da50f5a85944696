/**
 * The way out for digits: into a frame to an issuer. Whoever builds the frame leaves room for them and says where; they
 * are filled in here while the frame is written to the connection, and overwritten once it has left.
 */
import type { Writable } from 'node:stream'
import { type Cvv, digitsOf, type Pan } from './pan.js'

/** A place for digits in a frame. */
export interface DigitSlot {
  /** Offset of its first byte. */
  readonly at: number
  readonly digits: Pan | Cvv
  /** `bcd` puts two digits into a byte, the others one character. */
  readonly encoding: 'ascii' | 'ebcdic' | 'bcd'
  /** How many characters, or with `bcd` half bytes, the place has. At least as many as there are digits. */
  readonly width: number
  /** What stands where no digit does, and on which side. `F` exists with `bcd` alone, the blank with the others. */
  readonly pad: '0' | ' ' | 'F'
  readonly padSide: 'left' | 'right'
}

/** A frame with room for digits. */
export interface FrameTemplate {
  readonly bytes: Buffer
  readonly slots: readonly DigitSlot[]
}

/**
 * Fills in the digits and writes the frame.
 * @returns when the connection has taken all of it
 * @throws when the connection breaks, or a slot does not hold its digits
 */
export async function sendFrame(connection: Writable, template: FrameTemplate): Promise<void> {
  const frame = filled(template)
  try {
    await new Promise<void>((sent, failed) => {
      connection.write(frame, error => (error ? failed(error) : sent()))
    })
  } finally {
    frame.fill(0)
  }
}

/**
 * A copy of the frame with the digits in it. For this folder alone: whoever takes it overwrites it.
 * @throws RangeError when a slot does not hold its digits; the copy is overwritten then
 */
export function filled(template: FrameTemplate): Buffer {
  const frame = Buffer.from(template.bytes)
  try {
    for (const slot of template.slots) fill(frame, slot)
    return frame
  } catch (error) {
    frame.fill(0)
    throw error
  }
}

function fill(frame: Buffer, { at, digits, encoding, width, pad, padSide }: DigitSlot): void {
  const ascii = digitsOf(digits)
  const missing = width - ascii.length
  const bytes = encoding === 'bcd' ? Math.ceil(width / 2) : width
  if (missing < 0 || (encoding === 'bcd' && width % 2) || at + bytes > frame.length) {
    throw new RangeError('a frame has too little room for the digits that belong into it')
  }
  const before = padSide === 'left' ? missing : 0
  for (let place = 0; place < width; place++) {
    const nth = place - before
    const digit = nth >= 0 && nth < ascii.length ? ascii[nth]! - 0x30 : undefined
    if (encoding === 'bcd') {
      const half = digit ?? (pad === 'F' ? 15 : 0)
      const byte = at + (place >> 1)
      frame[byte] = place % 2 ? (frame[byte]! & 0xf0) | half : (half << 4) | (frame[byte]! & 0x0f)
    } else if (encoding === 'ebcdic') {
      frame[at + place] = digit === undefined ? (pad === ' ' ? 0x40 : 0xf0) : 0xf0 + digit
    } else {
      frame[at + place] = digit === undefined ? (pad === ' ' ? 0x20 : 0x30) : 0x30 + digit
    }
  }
}
