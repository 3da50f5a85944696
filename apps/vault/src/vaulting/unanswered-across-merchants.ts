/** What issuers have not answered, of all merchants, for the worker that takes it back or tells it again. */

import type { About } from '../buyers/errand.js'
import type { NetworkId, StoredPan } from '../card-data/index.js'
import type { MessageReference } from '../issuer/connector.js'
import type { Advice } from '../payments/tell-issuer.js'
import { type Queryable, type Row, readTimestamp, sql, timestamp } from '../platform/database.js'

/** A question to take back, or an advice to tell again. */
export interface Unanswered {
  about: About
  what: 'QUESTION' | Advice['what']
  /** Of the payment; where it is about one. */
  subject: string | undefined
  amount: bigint
  /** Whether the question was asked with a message that moves the money at once; of an advice, that of its authorisation. */
  sale: boolean
  /** Of an advice: what it says of the authorisation. */
  advised: { original: MessageReference; authCode: string | undefined; remaining: bigint | undefined } | undefined
  cardId: string
  id: string
  merchantId: string
  merchantName: string
  vaultingRequestId: string
  acquirer: string
  network: NetworkId
  currency: string
  original: MessageReference
  /** Of the reversal; not there before there is an acquirer to send it to. */
  reversal: MessageReference | undefined
  reversalsMade: number
  /** Of an advice: whether a call was the first to tell it, or died while it did. */
  toldByCall: boolean
  askedAt: number
  /** The card, sealed; not there when something is wrong. */
  card: StoredPan | undefined
}

const TAKE = sql(
  'issuer-message.take',
  `with due as (
     select id from issuer_message
     where due_at <= $1 and (lease_until is null or lease_until <= now())
       and case when $5::text is null then not acquirer = any($6::text[]) else acquirer = $5 end
     order by due_at
     limit $2
     for update skip locked
   ), taken as (
     update issuer_message m set lease_until = now() + $4::int * interval '1 millisecond', lease_token = $3
     from due where m.id = due.id
     returning m.*
   )
   select t.id, t.merchant_id, t.vaulting_request_id, t.acquirer, t.network, t.currency, t.reference,
          t.reversal_reference, t.reversals_made, t.asked_at, m.name, coalesce(t.card_id, t.id) as card_id, c.token_lookup,
          c.pan_sealed, t.about, t.what, t.subject, t.amount, t.sale, t.original, t.auth_code, t.remaining,
          exists (select from payment_operation o where o.id = t.id and not o.by_itself) as told_by_call
   from taken t join merchant m on m.id = t.merchant_id left join sealed_card c on c.id = coalesce(t.card_id, t.id)`,
)

/**
 * Takes what is due for this worker until the lease ends. Leases are about processes and count by the database's own
 * clock: while the business's stands still, what a dead worker held would never be free again.
 * @param of  the acquirer, or all that are none of these
 */
export async function takeUnanswered(
  db: Queryable,
  now: number,
  limit: number,
  lease: { token: string; ms: number },
  of: { acquirer: string } | { noneOf: readonly string[] },
): Promise<Unanswered[]> {
  const [acquirer, noneOf] = 'acquirer' in of ? [of.acquirer, []] : [undefined, of.noneOf]
  const params = [timestamp(now), limit, lease.token, lease.ms, acquirer, noneOf]
  return (await db.query(TAKE, params)).map(read)
}

function read(row: Row): Unanswered {
  const id = String(row['id'])
  const merchantId = String(row['merchant_id'])
  const pan = row['pan_sealed'] as Buffer | null
  const cardId = String(row['card_id'])
  return {
    about: row['about'] as About,
    what: row['what'] as Unanswered['what'],
    subject: (row['subject'] as string | null) ?? undefined,
    amount: BigInt(String(row['amount'])),
    sale: row['sale'] === true,
    advised: advisedIn(row),
    cardId,
    id,
    merchantId,
    merchantName: String(row['name']),
    vaultingRequestId: String(row['vaulting_request_id']),
    acquirer: String(row['acquirer']),
    network: row['network'] as NetworkId,
    currency: String(row['currency']),
    original: row['reference'] as MessageReference,
    reversal: namedBy(row['reversal_reference'] as MessageReference | null),
    reversalsMade: Number(row['reversals_made']),
    toldByCall: row['told_by_call'] === true,
    askedAt: readTimestamp(row['asked_at']),
    card: pan ? { id: cardId, merchantId, tokenLookup: row['token_lookup'] as Buffer, pan } : undefined,
  }
}

/** What an advice says of its authorisation. */
function advisedIn(row: Row): Unanswered['advised'] {
  const given = row['original'] as MessageReference | null
  if (!given) return undefined
  const { sale: _how, ...original } = given
  return {
    original,
    authCode: (row['auth_code'] as string | null) ?? undefined,
    remaining: row['remaining'] === null ? undefined : BigInt(String(row['remaining'])),
  }
}

/** An empty reference says that the question is being taken back, and that nobody was there yet to send that to. */
const namedBy = (reference: MessageReference | null) =>
  reference && Object.keys(reference).length > 0 ? reference : undefined

const OF_OTHERS = sql(
  'issuer-message.of-others',
  `select acquirer, count(*) as waiting from issuer_message where not acquirer = any($1) group by acquirer order by acquirer`,
)

/** How much waits for an acquirer that is none of `acquirers`: questions to take back, and advices. */
export async function unansweredOfOthers(
  db: Queryable,
  acquirers: readonly string[],
): Promise<{ acquirer: string; waiting: number }[]> {
  const rows = await db.query(OF_OTHERS, [acquirers])
  return rows.map(row => ({ acquirer: String(row['acquirer']), waiting: Number(row['waiting']) }))
}

const BEGIN = sql(
  'issuer-message.begin-reversal',
  `update issuer_message set state = 'REVERSING', reversal_reference = $3
   where id = $1 and lease_token = $2 and (state = 'SENT' or reversal_reference = '{}')
   returning id`,
)

/** From here on no answer to the question counts. @returns false when the answer, or another worker, was faster */
export async function beginReversal(
  db: Queryable,
  id: string,
  leaseToken: string,
  reversal: MessageReference,
): Promise<boolean> {
  return (await db.query(BEGIN, [id, leaseToken, JSON.stringify(reversal)])).length === 1
}

const END = sql(
  'issuer-message.end',
  // The number is needed no longer: a card whose vaulting failed meanwhile goes now.
  `with ended as (
     delete from issuer_message where id = $1 and lease_token = $2
     returning id, about, what, merchant_id, vaulting_request_id
   ), noted as (
     insert into vaulting_event (about, merchant_id, vaulting_request_id, at, kind, detail)
     select about, merchant_id, vaulting_request_id, $3,
            case what when 'QUESTION' then 'issuer.reversed' else 'issuer.told' end, $4 from ended
   ), erased_of_payment as (
     delete from sealed_card c using ended e, payment p
     where c.id = e.id and e.about = 'PAYMENT' and e.what = 'QUESTION' and p.id = e.id and p.state <> 'PROCESSING'
       and c.use = 'PAYMENT'
   ), erased as (
     delete from sealed_card c using ended e, vaulting v
     where c.id = e.id and e.about = 'VAULTING' and v.merchant_id = e.merchant_id
       and v.vaulting_request_id = e.vaulting_request_id and v.state = 'FAIL'
   )
   select id from ended`,
)

/** The question is taken back, and that is acknowledged. */
export async function endReversal(
  db: Queryable,
  id: string,
  leaseToken: string,
  at: number,
  detail: object,
): Promise<void> {
  await db.query(END, [id, leaseToken, timestamp(at), JSON.stringify(detail)])
}

const AGAIN = sql(
  'issuer-message.again',
  `with waiting as (
     update issuer_message set reversals_made = reversals_made + $6::int, due_at = $3, lease_token = null, lease_until = null
     where id = $1 and lease_token = $2
     returning about, what, merchant_id, vaulting_request_id
   )
   insert into vaulting_event (about, merchant_id, vaulting_request_id, at, kind, detail)
   select about, merchant_id, vaulting_request_id, $4,
          case what when 'QUESTION' then 'issuer.reversal-unanswered' else 'issuer.advice-unanswered' end, $5
   from waiting`,
)

/** Nobody acknowledged the reversal; it is sent again later. One that did not leave us is not counted. */
export async function reverseAgain(
  db: Queryable,
  id: string,
  leaseToken: string,
  next: { dueAt: number; at: number; detail: object; sent: boolean },
): Promise<void> {
  const { dueAt, at, detail, sent } = next
  await db.query(AGAIN, [id, leaseToken, timestamp(dueAt), timestamp(at), JSON.stringify(detail), sent ? 1 : 0])
}

const STOP_WAITING = sql(
  'issuer-message.stop-waiting',
  `update issuer_message set state = 'REVERSING', reversal_reference = '{}', due_at = least(due_at, $2)
   where id = $1 and state = 'SENT'`,
)

/** The deadline of a vaulting has come: no answer to its question counts any more. */
export async function stopWaiting(db: Queryable, id: string, now: number): Promise<void> {
  await db.query(STOP_WAITING, [id, timestamp(now)])
}

const NEXT = sql('issuer-message.next', 'select min(due_at) as at from issuer_message')

/** When the next one is due; `undefined` when there is none. */
export async function nextUnansweredAt(db: Queryable): Promise<number | undefined> {
  const [row] = await db.query(NEXT)
  return row?.['at'] ? readTimestamp(row['at']) : undefined
}

const OPEN = sql('issuer-message.open', `select count(*)::int as open, min(asked_at) as oldest from issuer_message`)

/** How many questions are without an answer on record, and since when the oldest is. */
export async function openQuestions(db: Queryable, now: number): Promise<{ open: number; oldestMs: number }> {
  const [row] = await db.query(OPEN)
  const oldest = row?.['oldest'] instanceof Date ? row['oldest'].getTime() : now
  return { open: Number(row?.['open'] ?? 0), oldestMs: Math.max(0, now - oldest) }
}
