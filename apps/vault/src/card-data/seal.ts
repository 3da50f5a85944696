/**
 * Sealing: AES-256-GCM under a key that is used once.
 *
 * blob = version(1) | dek id(16) | salt(32) | commitment(32) | iv(12) | ciphertext | tag(16)
 *
 * Each blob has a salt of its own, and from it and the data encryption key HKDF derives the key of this one encryption,
 * so no nonce limit is ever near, and a commitment to it, since GCM by itself opens under several keys. What a blob
 * belongs to is authenticated with it: copied to another row, merchant, purpose or environment it does not open.
 */
import { createCipheriv, createDecipheriv, hkdfSync, timingSafeEqual } from 'node:crypto'
import type { Random } from '../platform/random.js'

const VERSION = 1
const HEAD = 1 + 16 + 32 + 32 + 12
const TAG = 16

/** A data encryption key in the clear, in memory only. */
export interface Dek {
  /** UUID of the row that holds it wrapped. */
  id: string
  merchantId: string
  purpose: string
  key: Buffer
}

/** What a blob belongs to, field by field; every field is authenticated. */
export interface Belonging {
  environment: string
  /** The row: id of a card, of a vaulting, or the name of a setting. */
  object: string
  /** The keyed lookup of the card's token, so that a token cannot be pointed at another card. */
  tokenLookup?: Buffer
}

/** A blob that does not open: wrong key, wrong place or tampered with. It says no more than that. */
export class CannotOpen extends Error {
  override readonly name = 'CannotOpen'
  constructor() {
    super('a sealed value does not open')
  }
}

export function seal(plaintext: Uint8Array, dek: Dek, belongs: Belonging, random: Random): Buffer {
  const salt = random.bytes(32)
  const iv = random.bytes(12)
  const { key, commitment } = deriveKey(dek, salt)
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: TAG })
  cipher.setAAD(associatedData(dek, belongs))
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()])
  key.fill(0)
  return Buffer.concat([Buffer.of(VERSION), idBytes(dek.id), salt, commitment, iv, ciphertext, cipher.getAuthTag()])
}

/** @throws CannotOpen */
export function open(blob: Uint8Array, dek: Dek, belongs: Belonging): Buffer {
  const bytes = Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength)
  if (bytes.length < HEAD + TAG || bytes[0] !== VERSION || !bytes.subarray(1, 17).equals(idBytes(dek.id))) {
    throw new CannotOpen()
  }
  const { key, commitment } = deriveKey(dek, bytes.subarray(17, 49))
  try {
    if (!timingSafeEqual(commitment, bytes.subarray(49, 81))) throw new CannotOpen()
    // Without authTagLength Node would take a tag of four bytes, which can be guessed.
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(81, HEAD), { authTagLength: TAG })
    decipher.setAAD(associatedData(dek, belongs))
    decipher.setAuthTag(bytes.subarray(bytes.length - TAG))
    return Buffer.concat([decipher.update(bytes.subarray(HEAD, bytes.length - TAG)), decipher.final()])
  } catch {
    throw new CannotOpen()
  } finally {
    key.fill(0)
  }
}

/** The id of the key that a blob was sealed with. */
export function dekIdOf(blob: Uint8Array): string {
  if (blob.length < HEAD + TAG) throw new CannotOpen()
  const hex = Buffer.from(blob.subarray(1, 17)).toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

/** Joins fields with their lengths in front, so that no two lists of fields have the same bytes. */
export function lengthPrefixed(...fields: readonly (string | Uint8Array)[]): Buffer {
  return Buffer.concat(
    fields.flatMap(field => {
      const bytes = Buffer.from(field as string)
      const length = Buffer.alloc(4)
      length.writeUInt32BE(bytes.length)
      return [length, bytes]
    }),
  )
}

function deriveKey(dek: Dek, salt: Uint8Array): { key: Buffer; commitment: Buffer } {
  const derived = Buffer.from(hkdfSync('sha256', dek.key, salt, lengthPrefixed('cv1', dek.purpose), 64))
  return { key: derived.subarray(0, 32), commitment: derived.subarray(32) }
}

function associatedData(dek: Dek, belongs: Belonging): Buffer {
  const { environment, object, tokenLookup } = belongs
  return lengthPrefixed('cv1', dek.id, dek.purpose, dek.merchantId, object, tokenLookup ?? '', environment)
}

const idBytes = (uuid: string) => Buffer.from(uuid.replaceAll('-', ''), 'hex')
