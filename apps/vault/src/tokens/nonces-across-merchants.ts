/** Nonces of all merchants whose time is over, for the worker that erases them. */
import { type Queryable, readTimestamp, sql, timestamp } from '../platform/database.js'
import type { System } from '../system.js'

/** How many are erased at once: whoever calls again gets the rest. */
export const NONCES_AT_ONCE = 500

const ERASE = sql(
  'nonce.erase-dead',
  `delete from sealed_card
   where id in (
     select id from sealed_card where use = 'NONCE' and usable_until <= $1
     order by usable_until limit $2 for update skip locked
   )
   returning id`,
)

/**
 * Erases nonces that nobody can use any more, with their cards; those that were deleted before as well.
 * @returns how many; when that is `NONCES_AT_ONCE` there may be more, and `nextNonceEnd` says so
 */
export async function eraseDeadNonces({ clock, db }: Pick<System, 'clock' | 'db'>): Promise<number> {
  return (await db.query(ERASE, [timestamp(clock.now()), NONCES_AT_ONCE])).length
}

const NEXT = sql('nonce.next-end', `select min(usable_until) as at from sealed_card where use = 'NONCE'`)

/** When the next nonce ends; `undefined` when there is none. */
export async function nextNonceEnd(db: Queryable): Promise<number | undefined> {
  const [row] = await db.query(NEXT)
  return row?.['at'] ? readTimestamp(row['at']) : undefined
}
