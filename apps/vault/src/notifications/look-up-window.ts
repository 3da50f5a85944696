/** Stretches of time as people name them, and as ranges of ids: a notification's id begins with its time of making. */
import { readWireTime } from '@coffer/antom'
import { OperatorMistake } from '../merchants/manage-merchants.js'
import { newId } from '../platform/ids.js'

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Beyond every id that is ever made. */
export const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff'

/**
 * Reads an instant as an operator gives it.
 * @param text  ISO 8601 with an offset, or how long before `now`: `3h`, `1h30m`, `7d`
 * @param what  its name in the words of the caller, e.g. `--from`
 * @returns milliseconds since 1970
 */
export function readInstant(text: string, now: number, what: string): number {
  const parts = [...text.matchAll(/(\d{1,9})([smhd])/g)]
  const isDuration = parts.length > 0 && parts.map(([part]) => part).join('') === text
  const ago = parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * UNITS[unit!]!, 0)
  const at = isDuration ? now - ago : text.includes('T') ? readWireTime(text) : undefined
  if (at !== undefined && at >= 0 && at < 2 ** 48) return at
  throw new OperatorMistake(
    `${what} is an instant with its offset, like 2030-01-31T12:00:00Z or 2030-01-31T20:00+08:00, or how long ago, like 3h or 1h30m`,
  )
}

/** The least id that can be made at an instant: ids of then and later are not less, those of before are. */
export function firstIdAt(instant: number): string {
  const within = Math.min(Math.max(0, Math.ceil(instant)), 2 ** 48 - 1)
  return newId(within, Buffer.alloc(16))
}

/** Whether a text is spelled like an id. */
export const isId = (text: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)
