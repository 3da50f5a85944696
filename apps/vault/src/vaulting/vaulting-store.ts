/** The SQL of vaultings and their sealed cards. One statement is one transaction, so what belongs together is one. */
import type { StoredCard, VaultingFailureCode } from '@coffer/antom'
import type { NetworkChoice } from '../buyers/errand.js'
import type { CardData, SealedCard } from '../card-data/index.js'
import { type Queryable, type Row, readTimestamp, sql, timestamp } from '../platform/database.js'
import type { Echo, Outcome, Vaulting } from './vaulting.js'
import { SUCCESS_MESSAGE } from './vaulting.js'

/** A vaulting that is about to be claimed. Its card has the same id. */
export interface Draft {
  id: string
  merchantId: string
  vaultingRequestId: string
  requestMac: Buffer
  notificationUrl: string | undefined
  echo: Echo
  receivedAt: number
  /** Its deadline: from here on the sweeper concludes it if nobody did. */
  settleAt: number
  /** The process that works on it. */
  holder: string
}

/** What is written when an id is claimed. */
export interface Claim {
  draft: Draft
  card: SealedCard
  brand: string | undefined
  echoSealed: Buffer | undefined
  /** What the timeline tells of the request. */
  detail: object
}

const CLAIM = sql(
  'vaulting.claim',
  // The primary key is the lock: of two racing calls one inserts, and the other finds a row, also within one statement.
  `with given as (
     select * from unnest($1::text[], $2::text[], $3::uuid[], $4::bytea[], $5::text[], $6::bytea[], $7::timestamptz[],
                          $8::timestamptz[], $9::text[], $10::text[], $11::bytea[], $12::bytea[], $13::bytea[],
                          $14::uuid[], $15::bytea[], $16::jsonb[], $17::uuid[])
       as g(merchant_id, vaulting_request_id, id, request_mac, notification_url, echo_sealed, received_at, settle_at,
            brand, last_four, token_lookup, fingerprint, pan_sealed, pan_dek_id, holder_sealed, detail, holder)
   ), claimed as (
     insert into vaulting (merchant_id, vaulting_request_id, id, request_mac, state, notification_url, echo_sealed,
                           received_at, settle_at, holder)
     select merchant_id, vaulting_request_id, id, request_mac, 'PROCESSING', notification_url, echo_sealed, received_at,
            settle_at, holder
     from given
     on conflict (merchant_id, vaulting_request_id) do nothing
     returning id
   ), card as (
     insert into sealed_card (id, merchant_id, brand, last_four, token_lookup, fingerprint, pan_sealed, pan_dek_id,
                              holder_sealed, created_at)
     select id, merchant_id, brand, last_four, token_lookup, fingerprint, pan_sealed, pan_dek_id, holder_sealed,
            received_at
     from given join claimed using (id)
   ), received as (
     insert into vaulting_event (merchant_id, vaulting_request_id, at, kind, detail)
     select merchant_id, vaulting_request_id, received_at, 'request.received', detail from given join claimed using (id)
   )
   select id from claimed`,
)

/**
 * Takes ids, each with its sealed card, and notes that the requests came; all in one transaction.
 * @returns for each claim, in order, whether it was made: false when the merchant has used the id before
 */
export async function claimVaultings(db: Queryable, claims: readonly Claim[]): Promise<boolean[]> {
  const column = <T>(of: (claim: Claim) => T) => claims.map(of)
  const rows = await db.query(CLAIM, [
    column(({ draft }) => draft.merchantId),
    column(({ draft }) => draft.vaultingRequestId),
    column(({ draft }) => draft.id),
    column(({ draft }) => draft.requestMac),
    column(({ draft }) => draft.notificationUrl),
    column(({ echoSealed }) => echoSealed),
    column(({ draft }) => timestamp(draft.receivedAt)),
    column(({ draft }) => timestamp(draft.settleAt)),
    column(({ brand }) => brand),
    column(({ card }) => card.lastFour),
    column(({ card }) => card.tokenLookup),
    column(({ card }) => card.fingerprint),
    column(({ card }) => card.pan),
    column(({ card }) => card.panDekId),
    column(({ card }) => card.holder),
    column(({ detail }) => JSON.stringify(detail)),
    column(({ draft }) => draft.holder),
  ])
  const claimed = new Set(rows.map(row => row['id']))
  return claims.map(({ draft }) => claimed.has(draft.id))
}

/** Seals what goes back to the merchant as it came. */
export async function sealEcho(cards: CardData, draft: Draft): Promise<Buffer | undefined> {
  if (Object.keys(draft.echo).length === 0) return undefined
  return cards.sealJson(draft.merchantId, 'misc', echoOf(draft.id), draft.echo)
}

const CONCLUDE = sql(
  'vaulting.conclude',
  // `concluded` decides: whoever comes second finds no running vaulting and changes nothing. An issuer's answer counts
  // only while its question waits for one: from the moment it is taken back, `answered` finds nothing and no approval
  // slips through. Grounds are judged on the locked row, so that none is overtaken. A card that failed goes away with the outcome, unless a question about it has yet to be taken back.
  `with given as (
     select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::bytea[],
                          $8::uuid[], $9::uuid[], $10::timestamptz[], $11::jsonb[], $12::uuid[], $13::text[],
                          $14::text[], $15::text[], $16::timestamptz[])
       as g(merchant_id, vaulting_request_id, state, result_code, result_message, at, token_sealed, token_dek_id,
            notification_id, first_delivery_at, events, id, ground, network, chosen_by, chosen_at)
   ), answered as (
     delete from issuer_message m using given g
     where m.id = g.id and g.ground = 'ANSWERED' and m.state = 'SENT'
     returning m.id
   ), concluded as (
     update vaulting v
     set state = g.state, result_code = g.result_code, result_message = g.result_message, concluded_at = g.at
     from given g left join answered a on a.id = g.id
     where v.merchant_id = g.merchant_id and v.vaulting_request_id = g.vaulting_request_id and v.state = 'PROCESSING'
       and case g.ground when 'ANSWERED' then a.id is not null when 'UNASKED' then v.asked_at is null else true end
     returning v.notification_url, g.*
   ), kept as (
     update sealed_card c set token_sealed = d.token_sealed, token_dek_id = d.token_dek_id, brand = d.network,
                              network = d.network,
                              network_chosen_by = d.chosen_by, network_chosen_at = d.chosen_at
     from concluded d where c.id = d.id and d.state = 'SUCCESS'
   ), erased as (
     delete from sealed_card c using concluded d
     where c.id = d.id and d.state = 'FAIL'
       and (d.ground = 'ANSWERED' or not exists (select from issuer_message m where m.id = d.id))
   ), forgotten as (
     update authentication a set browser = null, challenge_sealed = null from concluded d
     where a.vaulting_id = d.id and (a.browser is not null or a.challenge_sealed is not null)
   ), told as (
     insert into notification (id, merchant_id, subject_id, kind, url, due_at, created_at)
     select notification_id, merchant_id, vaulting_request_id, 'notifyVaulting', notification_url,
            -- Without an address it waits for somebody to send it by hand, unless a developer listens.
            case when notification_url is not null
                   or exists (select from sandbox_listener l
                              where l.merchant_id = concluded.merchant_id and l.attached_until > now())
                 then first_delivery_at end, at
     from concluded
   ), happened as (
     insert into vaulting_event (merchant_id, vaulting_request_id, at, kind, detail)
     select d.merchant_id, d.vaulting_request_id, e.at, e.kind, e.detail
     from concluded d, jsonb_to_recordset(d.events) as e(at timestamptz, kind text, detail jsonb)
   )
   select notification_id from concluded`,
)

/**
 * Why a vaulting may be concluded: its issuer answered, and the question has not been taken back; its issuer was not
 * asked and now never will be; or its question is being taken back, so that no answer counts any more.
 */
export type Ground = 'ANSWERED' | 'UNASKED' | 'REVERSING'

/** What is written with an outcome. */
export interface Conclusion {
  id: string
  merchantId: string
  vaultingRequestId: string
  outcome: Outcome
  ground: Ground
  choice: NetworkChoice | undefined
  at: number
  /** The card as answered, sealed with its token; for a success. */
  tokenSealed: { blob: Buffer; dekId: string } | undefined
  notificationId: string
  firstDeliveryAt: number
  events: readonly { at: number; kind: string; detail: object }[]
}

/**
 * Brings vaultings into their final states, with everything that follows from it, in one transaction.
 * @returns for each, in order, whether it was concluded now; one that was concluded before, or whose ground does not
 *   hold any more, has not changed
 */
export async function concludeVaultings(db: Queryable, conclusions: readonly Conclusion[]): Promise<boolean[]> {
  const column = <T>(of: (conclusion: Conclusion) => T) => conclusions.map(of)
  const rows = await db.query(CONCLUDE, [
    column(({ merchantId }) => merchantId),
    column(({ vaultingRequestId }) => vaultingRequestId),
    column(({ outcome }) => (outcome.kind === 'stored' ? 'SUCCESS' : 'FAIL')),
    column(({ outcome }) => (outcome.kind === 'stored' ? 'SUCCESS' : outcome.code)),
    column(({ outcome }) => (outcome.kind === 'stored' ? SUCCESS_MESSAGE : outcome.message)),
    column(({ at }) => timestamp(at)),
    column(({ tokenSealed }) => tokenSealed?.blob),
    column(({ tokenSealed }) => tokenSealed?.dekId),
    column(({ notificationId }) => notificationId),
    column(({ firstDeliveryAt }) => timestamp(firstDeliveryAt)),
    column(({ events }) => JSON.stringify(events.map(event => ({ ...event, at: new Date(event.at).toISOString() })))),
    column(({ id }) => id),
    column(({ ground }) => ground),
    column(({ choice }) => choice?.network),
    column(({ choice }) => choice?.by),
    column(({ choice }) => choice && timestamp(choice.at)),
  ])
  const concluded = new Set(rows.map(row => row['notification_id']))
  return conclusions.map(({ notificationId }) => concluded.has(notificationId))
}

const FIND = sql(
  'vaulting.find',
  `select v.merchant_id, v.vaulting_request_id, v.id, v.request_mac, v.state, v.result_code, v.result_message,
          v.echo_sealed, v.received_at, v.awaits_buyer, c.token_sealed
   from vaulting v left join sealed_card c on c.id = v.id and c.merchant_id = v.merchant_id
   where v.merchant_id = $1 and v.vaulting_request_id = $2`,
)

/** A vaulting of this merchant, with the digest of the request that made it. */
export async function findVaulting(
  db: Queryable,
  cards: CardData,
  merchantId: string,
  vaultingRequestId: string,
): Promise<{ vaulting: Vaulting; requestMac: Buffer } | undefined> {
  const [row] = await db.query(FIND, [merchantId, vaultingRequestId])
  if (!row) return undefined
  return { vaulting: await readVaulting(cards, row), requestMac: row['request_mac'] as Buffer }
}

/** A row of `vaulting` joined with its card's `token_sealed`, opened. */
export async function readVaulting(cards: CardData, row: Row): Promise<Vaulting> {
  const merchantId = String(row['merchant_id'])
  const id = String(row['id'])
  const sealedEcho = row['echo_sealed'] as Buffer | null
  const echo = sealedEcho ? await cards.openJson(merchantId, 'misc', echoOf(id), sealedEcho) : {}
  const common = {
    id,
    merchantId,
    vaultingRequestId: String(row['vaulting_request_id']),
    receivedAt: readTimestamp(row['received_at']),
    echo: echo as Echo,
  }
  if (row['state'] === 'PROCESSING')
    return { ...common, state: 'PROCESSING', awaitsBuyer: row['awaits_buyer'] === true }
  const message = String(row['result_message'])
  if (row['state'] === 'FAIL')
    return { ...common, state: 'FAIL', code: row['result_code'] as VaultingFailureCode, message }
  const card = await openToken(cards, merchantId, id, row['token_sealed'])
  return { ...common, state: 'SUCCESS', message, card: card as StoredCard }
}

/** What an echo is bound to: another sealed value of the same vaulting does not open in its place. */
const echoOf = (vaultingId: string) => `echo:${vaultingId}`

async function openToken(cards: CardData, merchantId: string, cardId: string, sealed: unknown): Promise<unknown> {
  if (!(sealed instanceof Buffer)) throw new Error('a vaulting that succeeded has no card of its merchant')
  return cards.openJson(merchantId, 'token', cardId, sealed)
}
