import type { Random } from '../clock.js'

/** A new transaction id: a UUID of version 4. Source: EMV 3-D Secure › transaction ids, RFC 9562 */
export function transactionId(random: Random): string {
  const bytes = Buffer.from(random(16))
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
