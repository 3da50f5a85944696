/** How long a card is good: to the end of its month, in UTC. Source: Antom › Common objects › Card. */
import type { Expiry } from '../card-data/index.js'

/** The first instant at which a card is expired, in milliseconds since the epoch. */
export const expiresAt = ({ year, month }: Expiry) => Date.UTC(2000 + Number(year), Number(month), 1)

export const isExpired = (expiry: Expiry, now: number) => now >= expiresAt(expiry)

/**
 * The expiry that ends the month of an instant, in UTC.
 * @returns nothing for a year that two digits cannot tell
 */
export function expiryIn(instant: number): Expiry | undefined {
  const at = new Date(instant)
  const year = at.getUTCFullYear() - 2000
  if (year < 0 || year > 99) return undefined
  return { year: String(year).padStart(2, '0'), month: String(at.getUTCMonth() + 1).padStart(2, '0') }
}
