/** Which developers' `coffer listen` stands in for which merchant's address. Their leases count by the database's clock. */
import { type Queryable, readTimestamp, sql } from '../platform/database.js'

/** Who is attached for a merchant. */
export interface AttachedListener {
  id: string
  port: number
  forwardTo: string
  /** Until then, unless it is renewed: an instant of the machine. */
  attachedUntil: number
}

const ATTACH = sql(
  'listener.attach',
  `insert into sandbox_listener (merchant_id, id, port, forward_to, attached_until)
   select m.id, $2, $3, $4, now() + $5::int * interval '1 millisecond' as attached_until from merchant m where m.id = $1
   on conflict (merchant_id) do update
     set id = excluded.id, port = excluded.port, forward_to = excluded.forward_to,
         attached_until = excluded.attached_until
     where sandbox_listener.attached_until <= now() or $6
   returning id`,
)

/**
 * Attaches a listener.
 * @param ms  for so long, unless it is renewed
 * @param takeOver  also where another one is attached, which is not any more then
 * @returns whether it is attached; otherwise the merchant is unknown or another one is
 */
export async function attachListener(
  db: Queryable,
  merchantId: string,
  listener: Omit<AttachedListener, 'attachedUntil'>,
  ms: number,
  takeOver: boolean,
): Promise<boolean> {
  const { id, port, forwardTo } = listener
  return (await db.query(ATTACH, [merchantId, id, port, forwardTo, ms, takeOver])).length > 0
}

const WHO = sql(
  'listener.who',
  `select m.id as merchant, l.id, l.port, l.forward_to, l.attached_until
   from merchant m left join sandbox_listener l on l.merchant_id = m.id and l.attached_until > now()
   where m.id = $1`,
)

/** Who is attached for a merchant, if anybody is; `unknown` when there is no such merchant. */
export async function listenerFor(
  db: Queryable,
  merchantId: string,
): Promise<AttachedListener | undefined | 'unknown merchant'> {
  const [row] = await db.query(WHO, [merchantId])
  if (!row) return 'unknown merchant'
  if (row['id'] === null) return undefined
  return {
    id: String(row['id']),
    port: Number(row['port']),
    forwardTo: String(row['forward_to']),
    attachedUntil: readTimestamp(row['attached_until']),
  }
}

const RENEW = sql(
  'listener.renew',
  `update sandbox_listener set attached_until = now() + $2::int * interval '1 millisecond'
   where id = $1 and attached_until > now()
   returning id`,
)

/** Keeps a listener attached. @returns whether it still was */
export async function renewListener(db: Queryable, id: string, ms: number): Promise<boolean> {
  return (await db.query(RENEW, [id, ms])).length > 0
}

const DETACH = sql('listener.detach', 'delete from sandbox_listener where id = $1 returning id')

/** Gives the address back to its merchant. @returns whether the listener was there */
export async function detachListener(db: Queryable, id: string): Promise<boolean> {
  return (await db.query(DETACH, [id])).length > 0
}
