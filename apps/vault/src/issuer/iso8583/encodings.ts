/** Characters to bytes and back, by tables. Source: ISO 8583:1987 (attributes), IBM code page 1047. */
import type { Kind } from './profile.js'

/** Code page 1047 of the characters from blank (0x20) to tilde (0x7E). */
const codePage1047 = Buffer.from(
  '405a7f7b5b6c507d4d5d5c4e6b604b61f0f1f2f3f4f5f6f7f8f97a5e4c7e6e6f7cc1c2c3c4c5c6c7c8c9d1d2d3d4d5d6d7d8d9e2e3e4e5e6e7e8e9' +
    'ade0bd5f6d79818283848586878889919293949596979899a2a3a4a5a6a7a8a9c04fd0a1',
  'hex',
)

/** The EBCDIC byte of an ASCII code; only printable characters have one. */
export const toEbcdic = new Uint8Array(128)
const fromEbcdic = new Uint8Array(256)
codePage1047.forEach((byte, nth) => {
  toEbcdic[0x20 + nth] = byte
  fromEbcdic[byte] = 0x20 + nth
})

const digits = '0123456789'
const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const printable = Array.from({ length: 95 }, (_, nth) => String.fromCharCode(0x20 + nth)).join('')
const alphabets: Readonly<Record<Kind, string>> = {
  n: digits,
  a: `${letters} `,
  an: `${letters}${digits} `,
  ans: printable,
  z: `${digits}=D`,
  b: '0123456789ABCDEF',
}

/** 1 for each ASCII code that a kind allows. */
export const allowed = Object.fromEntries(
  Object.entries(alphabets).map(([kind, characters]) => {
    const table = new Uint8Array(256)
    for (const character of characters) table[character.charCodeAt(0)] = 1
    return [kind, table]
  }),
) as unknown as Readonly<Record<Kind, Uint8Array>>

/** The ASCII code of each byte that a kind allows, 0 for all others. */
export function decodingTable(kind: Kind, encoding: 'ascii' | 'ebcdic'): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => {
    const code = encoding === 'ascii' ? byte : fromEbcdic[byte]!
    return allowed[kind][code] ? code : 0
  })
}

export function isAllowed(text: string, kind: Kind): boolean {
  const table = allowed[kind]
  for (let nth = 0; nth < text.length; nth++) {
    const code = text.charCodeAt(nth)
    if (code > 255 || !table[code]) return false
  }
  return true
}

/** The half byte of a digit; `D` is the separator of a track. */
export const nibbleOf = (code: number) => (code >= 0x30 && code <= 0x39 ? code - 0x30 : code === 0x46 ? 15 : 13)

/**
 * Reads a number of digits.
 * @returns -1 when there is something that is no digit
 */
export function readNumber(bytes: Buffer, at: number, length: number, encoding: 'ascii' | 'ebcdic' | 'bcd'): number {
  let value = 0
  if (encoding === 'bcd') {
    for (let nth = 0; nth < length; nth++) {
      const byte = bytes[at + nth]!
      if (byte >> 4 > 9 || (byte & 15) > 9) return -1
      value = value * 100 + (byte >> 4) * 10 + (byte & 15)
    }
    return value
  }
  const zero = encoding === 'ascii' ? 0x30 : 0xf0
  for (let nth = 0; nth < length; nth++) {
    const digit = bytes[at + nth]! - zero
    if (digit < 0 || digit > 9) return -1
    value = value * 10 + digit
  }
  return value
}

/** Writes a number of digits into `length` bytes. */
export function writeNumber(
  bytes: Buffer,
  at: number,
  length: number,
  encoding: 'ascii' | 'ebcdic' | 'bcd',
  value: number,
) {
  let rest = value
  for (let nth = length - 1; nth >= 0; nth--) {
    if (encoding === 'bcd') {
      const pair = rest % 100
      bytes[at + nth] = (Math.floor(pair / 10) << 4) | (pair % 10)
      rest = Math.floor(rest / 100)
    } else {
      bytes[at + nth] = (encoding === 'ascii' ? 0x30 : 0xf0) + (rest % 10)
      rest = Math.floor(rest / 10)
    }
  }
}
