import { UnparsableFrame } from './unparsable-frame.js'

// The characters of EBCDIC code page 1047 from 0x40 to 0xFE, as Latin-1. What lies below and 0xFF are control codes,
// which no message holds. Source: IBM code page 1047.
const ebcdicInLatin1 = Buffer.from(
  [
    '20a0e2e4e0e1e3e5e7f1a22e3c282b7c26e9eaebe8edeeefecdf21242a293b5e',
    '2d2fc2c4c0c1c3c5c7d1a62c255f3e3ff8c9cacbc8cdcecfcc603a2340273d22',
    'd8616263646566676869abbbf0fdfeb1b06a6b6c6d6e6f707172aabae6b8c6a4',
    'b57e737475767778797aa1bfd05bdeaeaca3a5b7a9a7b6bcbdbedda8af5db4d7',
    '7b414243444546474849adf4f6f2f3f57d4a4b4c4d4e4f505152b9fbfcf9faff',
    '5cf7535455565758595ab2d4d6d2d3d530313233343536373839b3dbdcd9da',
  ].join(''),
  'hex',
)

const firstEbcdic = 0x40

/** Reads printable ASCII. @throws UnparsableFrame when there is anything else in it */
export function readAscii(bytes: Buffer): string {
  if (bytes.some(byte => byte < 0x20 || byte > 0x7e)) throw new UnparsableFrame('is not printable ASCII')
  return bytes.toString('latin1')
}

/** Writes ASCII; a character that it lacks becomes a question mark. */
export function writeAscii(text: string): Buffer {
  return Buffer.from(text.replaceAll(/[^ -~]/g, '?'), 'latin1')
}

/** Reads EBCDIC 1047. @throws UnparsableFrame when there is a control code in it */
export function readEbcdic(bytes: Buffer): string {
  return Array.from(bytes, byte => {
    const character = ebcdicInLatin1[byte - firstEbcdic]
    if (character === undefined) throw new UnparsableFrame('is not printable EBCDIC')
    return String.fromCharCode(character)
  }).join('')
}

/** Writes EBCDIC 1047; a character that it lacks becomes a question mark. */
export function writeEbcdic(text: string): Buffer {
  return Buffer.from(
    Array.from(text, character => {
      const place = ebcdicInLatin1.indexOf(character.codePointAt(0)!)
      return firstEbcdic + (place < 0 || character > 'ÿ' ? ebcdicInLatin1.indexOf('?') : place)
    }),
  )
}

/**
 * Reads digits that are packed two to a byte; an odd number of them has a nibble 0 in front.
 * @param bytes  as many as `digits` digits need
 * @throws UnparsableFrame when a nibble is no digit, or the one in front is not 0
 */
export function readBcd(bytes: Buffer, digits: number): string {
  const nibbles = bytes.toString('hex')
  if (!/^\d*$/.test(nibbles)) throw new UnparsableFrame('is not packed decimal')
  const inFront = nibbles.slice(0, nibbles.length - digits)
  if (/[^0]/.test(inFront)) throw new UnparsableFrame('has more digits than it may')
  return nibbles.slice(inFront.length)
}

/** Packs digits two to a byte, with a nibble 0 in front of an odd number of them. */
export function writeBcd(digits: string): Buffer {
  return Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex')
}
