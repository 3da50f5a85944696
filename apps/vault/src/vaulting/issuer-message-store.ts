/**
 * The SQL of questions to issuers. A question is written down before it leaves, so that whoever comes after a crash knows
 * that the issuer may have been asked, and by what name to take the question back.
 */
import type { NetworkId, SealedCard } from '../card-data/index.js'
import type { MessageReference } from '../issuer/connector.js'
import { type Queryable, sql, timestamp } from '../platform/database.js'

/** A question that is about to be asked. */
export interface Asking {
  /** Of the vaulting and its card. */
  id: string
  merchantId: string
  vaultingRequestId: string
  /** The process that asks; only the one that holds the vaulting may. */
  holder: string
  acquirer: string
  network: NetworkId
  currency: string
  reference: MessageReference
  at: number
  /** From here on the question counts as unanswered. */
  dueAt: number
  /** The number's keyed digest, and its public name if it has none yet. */
  fingerprint: Buffer
  newFingerprintId: string
  detail: object
}

const ASK = sql(
  'issuer-message.ask',
  // The update is the lock: a vaulting is asked about once, by the process that holds it, while nobody has decided it.
  `with given as (
     select * from unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::text[],
                          $8::jsonb[], $9::timestamptz[], $10::timestamptz[], $11::bytea[], $12::text[], $13::jsonb[])
       as g(id, merchant_id, vaulting_request_id, holder, acquirer, network, currency, reference, at, due_at, fingerprint,
            public_id, detail)
   ), asked as (
     update vaulting v set asked_at = g.at from given g
     where v.merchant_id = g.merchant_id and v.vaulting_request_id = g.vaulting_request_id
       and v.state = 'PROCESSING' and v.asked_at is null and v.holder = g.holder
     returning v.id
   ), message as (
     insert into issuer_message (id, merchant_id, vaulting_request_id, acquirer, network, currency, reference, state,
                                 asked_at, due_at)
     select id, merchant_id, vaulting_request_id, acquirer, network, currency, reference, 'SENT', at, due_at
     from given join asked using (id)
   ), noted as (
     insert into vaulting_event (merchant_id, vaulting_request_id, at, kind, detail)
     select merchant_id, vaulting_request_id, at, 'issuer.asked', detail from given join asked using (id)
   ), fresh as (
     insert into card_fingerprint (fingerprint, merchant_id, public_id)
     select distinct on (fingerprint) fingerprint, merchant_id, public_id from given join asked using (id)
     order by fingerprint
     on conflict (fingerprint) do nothing
     returning fingerprint, public_id
   )
   select asked.id, coalesce(fresh.public_id, known.public_id) as public_id
   from asked join given using (id)
     left join fresh using (fingerprint)
     left join card_fingerprint known on known.fingerprint = given.fingerprint`,
)

const FINGERPRINT = sql('card-fingerprint.find', 'select public_id from card_fingerprint where fingerprint = $1')

/** @returns for each, in order: the number's public name, or `undefined` when it must not be asked */
export async function askIssuers(db: Queryable, all: readonly Asking[]): Promise<(string | undefined)[]> {
  const column = <T>(of: (asking: Asking) => T) => all.map(of)
  const rows = await db.query(ASK, [
    column(({ id }) => id),
    column(({ merchantId }) => merchantId),
    column(({ vaultingRequestId }) => vaultingRequestId),
    column(({ holder }) => holder),
    column(({ acquirer }) => acquirer),
    column(({ network }) => network),
    column(({ currency }) => currency),
    column(({ reference }) => JSON.stringify(reference)),
    column(({ at }) => timestamp(at)),
    column(({ dueAt }) => timestamp(dueAt)),
    column(({ fingerprint }) => fingerprint),
    column(({ newFingerprintId }) => newFingerprintId),
    column(({ detail }) => JSON.stringify(detail)),
  ])
  const names = new Map(rows.map(row => [row['id'], row['public_id']]))
  return Promise.all(
    all.map(async ({ id, fingerprint }) => {
      if (!names.has(id)) return undefined
      const name = names.get(id)
      // Another transaction was naming the same number at that moment; by now it has.
      return typeof name === 'string' ? name : readName(await db.query(FINGERPRINT, [fingerprint]))
    }),
  )
}

function readName(rows: readonly Record<string, unknown>[]): string {
  const name = rows[0]?.['public_id']
  if (typeof name !== 'string') throw new Error('a number has no public name')
  return name
}

const WITHDRAW = sql(
  'issuer-message.withdraw',
  `with withdrawn as (
     delete from issuer_message where id = $1 and state = 'SENT' returning merchant_id, vaulting_request_id
   )
   update vaulting v set asked_at = null, holder = case when $2 then v.holder end
   from withdrawn w
   where v.merchant_id = w.merchant_id and v.vaulting_request_id = w.vaulting_request_id and v.state = 'PROCESSING'
   returning v.id`,
)

/**
 * A question of which not one byte left: it was not asked, and may be asked again.
 * @param keep  whether this process goes on holding the vaulting; else anybody may go on with it
 */
export async function withdrawQuestion(db: Queryable, id: string, keep: boolean): Promise<boolean> {
  return (await db.query(WITHDRAW, [id, keep])).length === 1
}

const SOFT_DECLINE = sql(
  'issuer-message.soft-decline',
  `with answered as (
     delete from issuer_message where id = $1 and state = 'SENT' returning merchant_id, vaulting_request_id
   )
   update vaulting v set asked_at = null from answered a
   where v.merchant_id = a.merchant_id and v.vaulting_request_id = a.vaulting_request_id and v.state = 'PROCESSING'
   returning v.id`,
)

/**
 * An issuer that wants the buyer to be authenticated first has declined: nothing is to be taken back, and it may be asked
 * again.
 * @returns false when the question is being taken back already
 */
export async function takeSoftDecline(db: Queryable, id: string): Promise<boolean> {
  return (await db.query(SOFT_DECLINE, [id])).length === 1
}

const UNANSWERED = sql(
  'issuer-message.unanswered',
  `update issuer_message set due_at = least(due_at, $2) where id = $1 and state = 'SENT'`,
)

/** A question that stays without an answer is taken back from now on. */
export async function noteUnanswered(db: Queryable, id: string, now: number): Promise<void> {
  await db.query(UNANSWERED, [id, timestamp(now)])
}

const LEFT_BEHIND = sql(
  'vaulting.left-behind',
  `select v.id from vaulting v
   where v.merchant_id = $1 and v.vaulting_request_id = $2 and v.state = 'PROCESSING' and v.asked_at is null
     and not v.awaits_buyer and v.holder is distinct from $4
     and (v.holder is null or not exists (select from process p where p.id = v.holder and p.alive_until_ms > $3))`,
)

/**
 * Whether a vaulting belongs to no living process. A look: `takeOver` decides. What this process holds, a call of its own
 * works on, however dead the process may look to others.
 */
export async function mayBeTakenOver(
  db: Queryable,
  { merchantId, vaultingRequestId }: { merchantId: string; vaultingRequestId: string },
  holder: string,
  realMs: number,
): Promise<boolean> {
  return (await db.query(LEFT_BEHIND, [merchantId, vaultingRequestId, realMs, holder])).length === 1
}

const TAKE_OVER = sql(
  'vaulting.take-over',
  // The card is sealed anew, because the token that it was bound to died with the process that had drawn it.
  `with taken as (
     update vaulting v set holder = $4
     where v.merchant_id = $1 and v.vaulting_request_id = $2 and v.id = $3
       and v.state = 'PROCESSING' and v.asked_at is null and not v.awaits_buyer and v.holder is distinct from $4
       and (v.holder is null or not exists (select from process p where p.id = v.holder and p.alive_until_ms > $5))
     returning v.id
   )
   update sealed_card c set token_lookup = $6, pan_sealed = $7, pan_dek_id = $8, holder_sealed = $9
   from taken where c.id = taken.id
   returning c.id`,
)

/**
 * Goes on with a vaulting whose process died before the issuer was asked. A repeat of the call brings what is missing.
 * @param card  the same card, sealed for a new token
 * @returns whether this process holds it now
 */
export async function takeOver(
  db: Queryable,
  vaulting: { id: string; merchantId: string; vaultingRequestId: string },
  holder: string,
  realMs: number,
  card: SealedCard,
): Promise<boolean> {
  const { id, merchantId, vaultingRequestId } = vaulting
  const { tokenLookup, pan, panDekId, holder: holderSealed } = card
  const rows = await db.query(TAKE_OVER, [
    merchantId,
    vaultingRequestId,
    id,
    holder,
    realMs,
    tokenLookup,
    pan,
    panDekId,
    holderSealed,
  ])
  return rows.length === 1
}

const LET_GO = sql(
  'vaulting.let-go',
  `update vaulting set holder = null
   where merchant_id = $1 and vaulting_request_id = $2 and holder = $3 and state = 'PROCESSING' and asked_at is null
     and not awaits_buyer`,
)

/** A call that broke off before the issuer was asked lets the next one go on. */
export async function letGo(
  db: Queryable,
  vaulting: { merchantId: string; vaultingRequestId: string },
  holder: string,
): Promise<void> {
  await db.query(LET_GO, [vaulting.merchantId, vaulting.vaultingRequestId, holder])
}
