/** Every form in which a card number or another secret could lie somewhere: what the scanner looks for. */
import { createHash } from 'node:crypto'

export interface Needle {
  /** Which secret in which form, for the report; holds nothing of the secret. */
  readonly what: string
  readonly bytes: Buffer
}

/** A card number that is put into the system, and what goes with it. */
export interface Canary {
  readonly label: string
  readonly pan: string
  /** `YYMM` */
  readonly expiry: string
  readonly cvv: string
}

const digests = ['md5', 'sha1', 'sha256', 'sha512'] as const

/** A card number in all its forms, and its plain digests, alone and with what is usually put beside it. */
export function canaryNeedles({ label, pan, expiry, cvv }: Canary): Needle[] {
  const named = (form: string, bytes: Buffer): Needle => ({ what: `${label}: ${form}`, bytes })
  const groups = pan.match(/.{1,4}/g)!
  const monthFirst = expiry.slice(2) + expiry.slice(0, 2)
  const hashed = {
    'the number': [pan],
    'number and expiry': [pan + expiry, pan + monthFirst, `${pan}20${expiry}`, `${pan}|${expiry}`, `${pan}:${expiry}`],
    'number and CVV': [pan + cvv, `${pan}|${cvv}`, pan + expiry + cvv],
  }
  return [
    named('raw', Buffer.from(pan)),
    named('spaced', Buffer.from(groups.join(' '))),
    named('dashed', Buffer.from(groups.join('-'))),
    named('hex', Buffer.from(Buffer.from(pan).toString('hex'))),
    ...base64Forms(Buffer.from(pan)).map(form => named('base64', form)),
    named('UTF-16LE', Buffer.from(pan, 'utf16le')),
    named('UTF-16BE', Buffer.from(pan, 'utf16le').swap16()),
    ...bcdForms(pan).map(form => named('BCD', form)),
    ...frameForms(ebcdicOf(pan)).map(([form, bytes]) => named(`EBCDIC${form}`, bytes)),
    ...bcdForms(pan)
      .flatMap(base64Forms)
      .map(form => named('BCD, base64', form)),
    ...Object.entries(hashed).flatMap(([of, texts]) =>
      texts.flatMap(text => digestNeedles(`${label}: digest of ${of}`, Buffer.from(text))),
    ),
  ]
}

/** Unkeyed digests, as bytes, in hex and in base64. With a card number in it, a text can be searched by its digest. */
export function digestNeedles(what: string, text: Buffer): Needle[] {
  return digests.flatMap(algorithm =>
    valueNeedles(`${what}, ${algorithm}`, createHash(algorithm).update(text).digest()),
  )
}

/** A long value as bytes, in hex and in base64. Its beginning is enough: nothing else has the same 12 bytes. */
export function valueNeedles(what: string, value: Buffer): Needle[] {
  const start = value.subarray(0, 12)
  return [
    { what: `${what}, bytes`, bytes: start },
    { what: `${what}, hex`, bytes: Buffer.from(start.toString('hex')) },
    { what: `${what}, HEX`, bytes: Buffer.from(start.toString('hex').toUpperCase()) },
    ...base64Forms(start).map(bytes => ({ what: `${what}, base64`, bytes })),
    { what: `${what}, base64 in a URL`, bytes: Buffer.from(encodeURIComponent(start.toString('base64'))) },
  ]
}

/**
 * A short secret beside the name of its field. Three digits alone are everywhere; beside their name they are nowhere by
 * chance. A leak that drops the name is what the differential count in differential.ts is for.
 */
export function fieldNeedles(label: string, field: string, value: string): Needle[] {
  const texts = [
    `"${field}":"${value}"`,
    `"${field}": "${value}"`,
    `\\"${field}\\":\\"${value}\\"`,
    `${field}=${value}`,
  ]
  texts.push(`${field}: '${value}'`, `${field}: "${value}"`, `${field}:${value}`, `"${field}":${value}`)
  return texts.flatMap(text => [
    { what: `${label}: ${field} with its name`, bytes: Buffer.from(text) },
    { what: `${label}: ${field} with its name, hex`, bytes: Buffer.from(Buffer.from(text).toString('hex')) },
    { what: `${label}: ${field} with its name, UTF-16LE`, bytes: Buffer.from(text, 'utf16le') },
    ...base64Forms(Buffer.from(text)).map(bytes => ({ what: `${label}: ${field} with its name, base64`, bytes })),
  ])
}

/**
 * The code on the card as it stands in frames to an issuer, with what always stands beside it there: packed in EBCDIC, and
 * in ASCII as a tagged part. leaks.test.ts looks for these in real frames.
 */
export function frameNeedles(label: string, cvv: string): Needle[] {
  const texts: [string, Buffer][] = [
    // Presence, kind of answer, the code right-justified; then the initiator of the credential.
    ['EBCDIC of a frame', ebcdicOf(`11${cvv.padStart(4)}C`)],
    // Security level 210 of electronic commerce, or the request to verify an address, comes before it.
    ['part of a frame', Buffer.from(`07010321092${String(cvv.length).padStart(2, '0')}${cvv}`)],
    ['part of a frame with an address', Buffer.from(`82025292${String(cvv.length).padStart(2, '0')}${cvv}`)],
  ]
  return texts.flatMap(([what, bytes]) =>
    frameForms(bytes).map(([form, formed]) => ({ what: `${label}: ${what}${form}`, bytes: formed })),
  )
}

/** Bytes of a frame as they are, and as a log or a column would show them. */
function frameForms(bytes: Buffer): [form: string, bytes: Buffer][] {
  const hex = bytes.toString('hex')
  return [
    ['', bytes],
    [', hex', Buffer.from(hex)],
    // Of digits alone the capitals are the same text.
    ...(hex === hex.toUpperCase() ? [] : ([[', HEX', Buffer.from(hex.toUpperCase())]] as [string, Buffer][])),
    ...base64Forms(bytes).map((form): [string, Buffer] => [', base64', form]),
  ]
}

/** Digits, blanks and the letter C in the character set of mainframes. Source: IBM code page 1047 */
function ebcdicOf(text: string): Buffer {
  return Buffer.from(Array.from(text, one => (one === ' ' ? 0x40 : one === 'C' ? 0xc3 : 0xf0 + Number(one))))
}

/** Base64 of bytes that stand anywhere in a longer text: three ways to fall on its groups of three bytes. */
export function base64Forms(bytes: Buffer): Buffer[] {
  const forms = [0, 1, 2].flatMap(before => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64')
    // What the neighbours have a part in is left away.
    const whole = encoded.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6))
    return [whole, whole.replaceAll('+', '-').replaceAll('/', '_')]
  })
  return [...new Set(forms)].map(form => Buffer.from(form))
}

/**
 * Two digits in a byte, beginning at either half of one; what is only half ours is left away. So an odd number of digits
 * is found with a 0 in front and with an F behind, as frames fill it up, and with anything else beside it. Of a number
 * with many zeros so few bytes are left that small integers look the same: such a number is no canary for this form.
 */
export function bcdForms(digits: string): Buffer[] {
  const packed = (text: string) => Buffer.from(text.slice(0, text.length - (text.length % 2)), 'hex')
  const forms = [packed(digits), packed(digits.slice(1))]
  return forms.filter(form => new Set(form.filter(byte => byte !== 0)).size >= 6)
}
