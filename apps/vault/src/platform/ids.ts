/**
 * A UUID of version 7 (RFC 9562, 5.7): 48 bits of time, then 74 random bits. Ids made later sort later, to the
 * millisecond; two of the same millisecond sort by chance.
 *
 * Not a secret: the time of making can be read from it. Whoever needs a secret draws random bytes.
 * @param now  milliseconds since 1970, a whole number of at most 48 bits
 * @param random16  16 random bytes, used for this id only; the first six give way to the time
 * @throws RangeError if either does not fit, which is a mistake in our code
 */
export function newId(now: number, random16: Uint8Array): string {
  if (!Number.isInteger(now) || now < 0 || now >= 2 ** 48) throw new RangeError('an id needs a time of 48 bits')
  if (random16.length !== 16) throw new RangeError('an id needs 16 random bytes')
  const bytes = Buffer.from(random16)
  bytes.writeUIntBE(now, 0, 6)
  bytes[6] = 0x70 | (bytes[6]! & 0x0f)
  bytes[8] = 0x80 | (bytes[8]! & 0x3f)
  return uuidOf(bytes)
}

/**
 * A UUID of version 4 (RFC 9562, 5.4): 122 random bits that tell nothing, not even when it was made.
 * @param random16  16 random bytes, used for this id only
 */
export function newRandomId(random16: Uint8Array): string {
  if (random16.length !== 16) throw new RangeError('an id needs 16 random bytes')
  const bytes = Buffer.from(random16)
  bytes[6] = 0x40 | (bytes[6]! & 0x0f)
  bytes[8] = 0x80 | (bytes[8]! & 0x3f)
  return uuidOf(bytes)
}

/** 16 bytes as a UUID is written. */
export function uuidOf(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
