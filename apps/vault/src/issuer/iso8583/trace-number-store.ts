/** The SQL of the trace numbers. */
import { type Queryable, sql, timestamp } from '../../platform/database.js'

// One statement, so that of several processes each gets a block of its own: the row is the lock.
const TAKE_BLOCK = sql(
  'trace-numbers.take-block',
  `insert into trace_number as t (acquirer_id, given_out, given_out_at) values ($1, $2, $3)
   on conflict (acquirer_id) do update
     set given_out = t.given_out + excluded.given_out, given_out_at = excluded.given_out_at
   returning given_out`,
)

/**
 * Takes the next `size` numbers of an acquiring institution.
 * @returns how many were given out before them, since the database was made
 */
export async function takeTraceNumbers(db: Queryable, acquirerId: string, size: number, at: number): Promise<number> {
  const [row] = await db.query(TAKE_BLOCK, [acquirerId, size, timestamp(at)])
  return Number(row!['given_out']) - size
}
