/**
 * Which processes live, so that what a dead one held is not waited for. Told in the machine's time: in a sandbox the
 * time of the business can be played a day forward while every process lives on. A wrong guess is harmless: what a
 * process may do with a vaulting is checked again in the statement that does it.
 */
import { type Queryable, sql } from '../platform/database.js'

const ALIVE = sql(
  'process.alive',
  `insert into process (id, alive_until_ms) values ($1, $2)
   on conflict (id) do update set alive_until_ms = excluded.alive_until_ms`,
)

export async function noteAlive(db: Queryable, processId: string, untilRealMs: number): Promise<void> {
  await db.query(ALIVE, [processId, untilRealMs])
}

const GONE = sql('process.gone', 'delete from process where id = $1 or alive_until_ms < $2')

/** Forgets a process that ends, and those that have been dead for long. */
export async function noteGone(db: Queryable, processId: string, deadSinceRealMs: number): Promise<void> {
  await db.query(GONE, [processId, deadSinceRealMs])
}
