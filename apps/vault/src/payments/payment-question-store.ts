/** The SQL of asking issuers for money. A question is written down before it leaves; ADR 0009 says why. */
import type { NetworkId, SealedCard } from '../card-data/index.js'
import type { MessageReference } from '../issuer/connector.js'
import { type Queryable, sql, timestamp } from '../platform/database.js'

/** A question that is about to be asked. */
export interface MoneyQuestion {
  id: string
  merchantId: string
  paymentRequestId: string
  /** The process that asks; only the one that holds the payment may. */
  holder: string
  acquirer: string
  network: NetworkId
  reference: MessageReference
  /** Whether the money is to move with the approval. */
  sale: boolean
  at: number
  /** From here on the question counts as unanswered. */
  dueAt: number
  /** Of a card that is to be stored: its keyed digest, and its public name if it has none yet. */
  fingerprint: { digest: Buffer; newName: string } | undefined
  detail: object
}

const ASK = sql(
  'payment.ask',
  `with asked as (
     update payment set asked_at = $6, acquirer = $4, network = $5,
                        reference = $7::jsonb || jsonb_build_object('sale', case when $8 then 'yes' else 'no' end)
     where id = $1 and merchant_id = $2 and state = 'PROCESSING' and asked_at is null and holder = $3
     returning id, merchant_id, payment_request_id, currency, amount, card_id
   ), message as (
     insert into issuer_message (id, merchant_id, vaulting_request_id, acquirer, network, currency, reference, state,
                                 asked_at, due_at, about, subject, card_id, amount, sale)
     select id, merchant_id, payment_request_id, $4, $5, currency, $7, 'SENT', $6, $9, 'PAYMENT', id, card_id, amount, $8
     from asked
   ), noted as (
     insert into vaulting_event (about, merchant_id, vaulting_request_id, at, kind, detail)
     select 'PAYMENT', merchant_id, payment_request_id, $6, 'issuer.asked', $10 from asked
   ), fresh as (
     insert into card_fingerprint (fingerprint, merchant_id, public_id)
     select $11, merchant_id, $12 from asked where $11::bytea is not null
     on conflict (fingerprint) do nothing
     returning public_id
   )
   select asked.id, coalesce((select public_id from fresh),
                             (select public_id from card_fingerprint where fingerprint = $11)) as public_id
   from asked`,
)

const NAME = sql('payment.fingerprint', 'select public_id from card_fingerprint where fingerprint = $1')

/**
 * @returns `undefined` when this process may not ask any more; else the number's public name, where it is to be stored
 */
export async function askForMoney(
  db: Queryable,
  question: MoneyQuestion,
): Promise<{ fingerprint: string | undefined } | undefined> {
  const { fingerprint } = question
  const [row] = await db.query(ASK, [
    question.id,
    question.merchantId,
    question.holder,
    question.acquirer,
    question.network,
    timestamp(question.at),
    JSON.stringify(question.reference),
    question.sale,
    timestamp(question.dueAt),
    JSON.stringify(question.detail),
    fingerprint?.digest,
    fingerprint?.newName,
  ])
  if (!row) return undefined
  if (!fingerprint) return { fingerprint: undefined }
  // Another transaction was naming the same number at that moment; by now it has.
  const name = row['public_id'] ?? (await db.query(NAME, [fingerprint.digest]))[0]?.['public_id']
  return { fingerprint: typeof name === 'string' ? name : undefined }
}

const WITHDRAW = sql(
  'payment.withdraw',
  // The payment is locked before its question, as by whoever cancels it.
  `with running as (
     select id from payment where id = $1 and state = 'PROCESSING' for update
   ), withdrawn as (
     delete from issuer_message
     where id = $1 and state = 'SENT' and what = 'QUESTION' and exists (select from running)
     returning subject
   )
   update payment p set asked_at = null, acquirer = null, network = null, reference = null,
                        holder = case when $2 then p.holder end
   from withdrawn w where p.id = w.subject and p.state = 'PROCESSING'
   returning p.id`,
)

/**
 * A question of which not one byte left: it was not asked, and may be asked again.
 * @param keep  whether this process goes on holding the payment; else anybody may go on with it
 */
export async function withdrawMoneyQuestion(db: Queryable, id: string, keep: boolean): Promise<boolean> {
  return (await db.query(WITHDRAW, [id, keep])).length === 1
}

const SOFT_DECLINE = sql(
  'payment.soft-decline',
  `with running as (
     select id from payment where id = $1 and state = 'PROCESSING' for update
   ), answered as (
     delete from issuer_message
     where id = $1 and state = 'SENT' and what = 'QUESTION' and exists (select from running)
     returning subject
   )
   update payment p set asked_at = null, acquirer = null, network = null, reference = null
   from answered a where p.id = a.subject and p.state = 'PROCESSING'
   returning p.id`,
)

/** An issuer that wants the buyer to be authenticated first has declined. @returns false when it is being taken back */
export async function takeSoftDeclineOfPayment(db: Queryable, id: string): Promise<boolean> {
  return (await db.query(SOFT_DECLINE, [id])).length === 1
}

const AWAIT_BUYER = sql(
  'payment.await-buyer',
  `update payment set awaits_buyer = true
   where id = $1 and state = 'PROCESSING' and asked_at is null and holder = $2
   returning id`,
)

/** From here on the payment waits for its buyer. @returns false when this process does not hold it any more */
export async function awaitPayer(db: Queryable, id: string, holder: string): Promise<boolean> {
  return (await db.query(AWAIT_BUYER, [id, holder])).length === 1
}

const LET_GO = sql(
  'payment.let-go',
  `update payment set holder = null
   where id = $1 and holder = $2 and state = 'PROCESSING' and asked_at is null and not awaits_buyer`,
)

/** A call that broke off before the issuer was asked lets the next one go on. */
export async function letPaymentGo(db: Queryable, id: string, holder: string): Promise<void> {
  await db.query(LET_GO, [id, holder])
}

const MAY_TAKE = sql(
  'payment.may-be-taken-over',
  `select p.id from payment p
   where p.id = $1 and p.state = 'PROCESSING' and p.asked_at is null and not p.awaits_buyer
     and p.holder is distinct from $2
     and (p.holder is null or not exists (select from process l where l.id = p.holder and l.alive_until_ms > $3))`,
)

/** Whether a payment belongs to no living process. A look: `takePaymentOver` decides. */
export async function mayTakePaymentOver(db: Queryable, id: string, holder: string, realMs: number): Promise<boolean> {
  return (await db.query(MAY_TAKE, [id, holder, realMs])).length === 1
}

const TAKE_OVER = sql(
  'payment.take-over',
  // A card of its own is sealed anew: the token that it was bound to died with the process that had drawn it.
  `with taken as (
     update payment p set holder = $2
     where p.id = $1 and p.state = 'PROCESSING' and p.asked_at is null and not p.awaits_buyer
       and p.holder is distinct from $2
       and (p.holder is null or not exists (select from process l where l.id = p.holder and l.alive_until_ms > $3))
     returning p.id
   ), sealed as (
     update sealed_card c set token_lookup = $4, pan_sealed = $5, pan_dek_id = $6, holder_sealed = $7
     from taken where c.id = taken.id and $4::bytea is not null
   )
   select id from taken`,
)

/**
 * Goes on with a payment whose process died before the issuer was asked. A repeat of the call brings what is missing.
 * @param card  the same card, sealed for a new token; where the payment has one of its own
 */
export async function takePaymentOver(
  db: Queryable,
  id: string,
  holder: string,
  realMs: number,
  card: SealedCard | undefined,
): Promise<boolean> {
  const params = [id, holder, realMs, card?.tokenLookup, card?.pan, card?.panDekId, card?.holder]
  return (await db.query(TAKE_OVER, params)).length === 1
}

const REOPEN = sql(
  'payment.reopen-question',
  `with message as (
     insert into issuer_message (id, merchant_id, vaulting_request_id, acquirer, network, currency, reference, state,
                                 asked_at, reversal_reference, due_at, about, subject, card_id, amount, sale)
     select id, merchant_id, payment_request_id, $2, $3, currency, $4, 'REVERSING', $5, '{}', $6, 'PAYMENT', id, card_id,
            amount, $7
     from payment where id = $1
     on conflict (id) do update set due_at = least(issuer_message.due_at, excluded.due_at)
     returning merchant_id, vaulting_request_id
   )
   insert into vaulting_event (about, merchant_id, vaulting_request_id, at, kind, detail)
   select 'PAYMENT', merchant_id, vaulting_request_id, $6, 'issuer.approval-not-used', $8 from message`,
)

/** An approval that nothing is made of is taken back. */
export async function takePaymentApprovalBack(
  db: Queryable,
  id: string,
  approved: {
    acquirer: string
    network: string
    reference: MessageReference
    sale: boolean
    askedAt: number
    raw: string
  },
  now: number,
): Promise<void> {
  const { acquirer, network, reference, sale, askedAt, raw } = approved
  await db.query(REOPEN, [
    id,
    acquirer,
    network,
    JSON.stringify(reference),
    timestamp(askedAt),
    timestamp(now),
    sale,
    JSON.stringify({ responseCode: raw }),
  ])
}
