/** The SQL of forwarded calls. What was sent and what came back is in none of it. */
import { type Queryable, sql, type Tx, timestamp } from '../platform/database.js'

/** A call on its way to a destination. */
export interface Claim {
  id: string
  merchantId: string
  forwardRequestId: string
  cardId: string
  destination: string
  host: string
}

/** What became of a call. `SENT`: it may have arrived, and no answer is known. */
export interface Forwarded {
  state: 'SENT' | 'ANSWERED' | 'FAILED'
  httpStatus: number | undefined
}

const CLAIM = sql(
  'forwarding.claim',
  // An id whose call never left may be used again.
  `insert into forwarding (id, merchant_id, forward_request_id, card_id, destination, host, state, sent_at)
   values ($1, $2, $3, $4, $5, $6, 'SENT', $7)
   on conflict (merchant_id, forward_request_id) do update
     set state = 'SENT', card_id = $4, destination = $5, host = $6, sent_at = $7, ended_at = null
     where forwarding.state = 'FAILED'
   returning id`,
)

/**
 * Takes the id of a call, before anything is sent.
 * @returns the id of the row, or `undefined` when the call may have been sent already
 */
export async function claim(tx: Tx, call: Claim, now: number): Promise<string | undefined> {
  const { id, merchantId, forwardRequestId, cardId, destination, host } = call
  const params = [id, merchantId, forwardRequestId, cardId, destination, host, timestamp(now)]
  const [row] = await tx.query(CLAIM, params)
  return row && String(row['id'])
}

const FIND = sql(
  'forwarding.find',
  `select state, http_status from forwarding where merchant_id = $1 and forward_request_id = $2`,
)

export async function findForwarded(
  db: Queryable,
  merchantId: string,
  forwardRequestId: string,
): Promise<Forwarded | undefined> {
  const [row] = await db.query(FIND, [merchantId, forwardRequestId])
  if (!row) return undefined
  return { state: row['state'] as Forwarded['state'], httpStatus: (row['http_status'] as number | null) ?? undefined }
}

const END = sql(
  'forwarding.end',
  `update forwarding set state = $3, http_status = $4, withheld = $5, ended_at = $6
   where merchant_id = $1 and id = $2 and state = 'SENT'`,
)

/** Notes how a call ended: with an answer, or before anything left. Without either it stays as it is. */
export async function noteEnd(
  db: Queryable,
  { merchantId, id }: { merchantId: string; id: string },
  end: { answered: number; withheld: boolean } | 'nothing was sent',
  now: number,
): Promise<void> {
  const params = end === 'nothing was sent' ? ['FAILED', null, false] : ['ANSWERED', end.answered, end.withheld]
  await db.query(END, [merchantId, id, ...params, timestamp(now)])
}
