/**
 * The time formats of the wire.
 * Source: Antom › Request header; the forms that the five official SDKs send were observed.
 */

const ISO = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(?:Z|([+-])(\d{2})(?::?(\d{2}))?)$/

/**
 * Reads a `request-time` or `response-time`.
 *
 * Accepted are 13 digits of epoch milliseconds (Java, Go) and ISO 8601 with an offset: `Z`, `+08:00`, `+0800` or `+08`,
 * with or without seconds and fraction (Python, PHP, .NET). Nothing else: no blanks, no signs, no exponents, no local
 * times, so that the signed text `clientId.time.body` splits in one way only.
 *
 * @returns milliseconds since the epoch, or `undefined` when it is not a time
 */
export function readWireTime(text: string): number | undefined {
  if (/^\d{13}$/.test(text)) return Number(text)
  const match = ISO.exec(text)
  if (!match) return undefined
  const [, year, month, day, hour, minute, second = '0', fraction = '', sign, offsetHours = '0', offsetMinutes = '0'] =
    match
  const civil = [year, month, day, hour, minute, second].map(Number) as [number, number, number, number, number, number]
  if (civil[3] > 23 || civil[4] > 59 || civil[5] > 59) return undefined
  if (Number(offsetHours) > 23 || Number(offsetMinutes) > 59) return undefined
  const utc = Date.UTC(civil[0], civil[1] - 1, civil[2], civil[3], civil[4], civil[5])
  const date = new Date(utc)
  // Date.UTC rolls the 31st of February over into March, and reads year 0 to 99 as 1900 and something.
  if (date.getUTCMonth() !== civil[1] - 1 || date.getUTCDate() !== civil[2]) return undefined
  if (date.getUTCFullYear() !== civil[0]) return undefined
  const offsetMs = (Number(offsetHours) * 60 + Number(offsetMinutes)) * 60_000 * (sign === '-' ? -1 : 1)
  return utc - offsetMs + Math.floor(Number(`0.${fraction || '0'}`) * 1000)
}

/** Prints an instant as the wire wants it: ISO 8601 in UTC, to the second, e.g. `2026-01-01T00:00:01Z`. */
export function printWireTime(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19)}Z`
}
