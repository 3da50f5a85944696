/** The ids that merchants know payments, captures and refunds by. */
import type { Random } from '../platform/random.js'

const RANDOM_DIGITS = 26

/**
 * An id of 34 digits that starts with the day in UTC, like those of the published samples; no secret.
 * @param now  milliseconds since 1970
 */
export function newOperationId(now: number, random: Random): string {
  const day = new Date(now).toISOString().slice(0, 10).replaceAll('-', '')
  // Twelve bytes are more than 26 digits need; what is cut off makes some digits a little likelier, and harms nothing.
  const number = BigInt(`0x${Buffer.from(random.bytes(12)).toString('hex')}`)
  return day + number.toString().padStart(RANDOM_DIGITS, '0').slice(-RANDOM_DIGITS)
}
