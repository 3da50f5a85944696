/** The SQL of vaultings and their sealed cards. One statement is one transaction, so what belongs together is one. */
import type { StoredCard, VaultingFailureCode } from '@coffer/antom'
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
  /** From here on the sweeper concludes it if nobody did. */
  settleAt: number
}

const CLAIM = sql(
  'vaulting.claim',
  // The primary key is the lock: of two racing calls one inserts, and the other finds a row.
  `with claimed as (
     insert into vaulting (merchant_id, vaulting_request_id, id, request_mac, state, notification_url, echo_sealed,
                           received_at, settle_at)
     values ($1, $2, $3, $4, 'PROCESSING', $5, $6, $7, $8)
     on conflict (merchant_id, vaulting_request_id) do nothing
     returning id
   ), card as (
     insert into sealed_card (id, merchant_id, brand, last_four, token_lookup, fingerprint, pan_sealed, pan_dek_id,
                              holder_sealed, created_at)
     select claimed.id, $1, $9, $10, $11, $12, $13, $14, $15, $7 from claimed
   ), received as (
     insert into vaulting_event (merchant_id, vaulting_request_id, at, kind, detail)
     select $1, $2, $7, 'request.received', $16 from claimed
   )
   select id from claimed`,
)

/**
 * Takes an id for this call, with the sealed card, and notes that the request came.
 * @returns false when the merchant has used the id before
 */
export async function claimVaulting(
  db: Queryable,
  cards: CardData,
  draft: Draft,
  card: SealedCard,
  brand: string | undefined,
  detail: object,
): Promise<boolean> {
  const hasEcho = Object.keys(draft.echo).length > 0
  const echo = hasEcho ? await cards.sealJson(draft.merchantId, 'misc', echoOf(draft.id), draft.echo) : null
  const rows = await db.query(CLAIM, [
    draft.merchantId,
    draft.vaultingRequestId,
    draft.id,
    draft.requestMac,
    draft.notificationUrl,
    echo,
    timestamp(draft.receivedAt),
    timestamp(draft.settleAt),
    brand,
    card.lastFour,
    card.tokenLookup,
    card.fingerprint,
    card.pan,
    card.panDekId,
    card.holder,
    JSON.stringify(detail),
  ])
  return rows.length === 1
}

const CONCLUDE = sql(
  'vaulting.conclude',
  // `concluded` decides: whoever comes second finds no running vaulting and changes nothing. A card that failed goes
  // away with the outcome, and the notification comes with it.
  `with concluded as (
     update vaulting set state = $3, result_code = $4, result_message = $5, concluded_at = $6
     where merchant_id = $1 and vaulting_request_id = $2 and state = 'PROCESSING'
     returning id, merchant_id, vaulting_request_id, notification_url
   ), kept as (
     update sealed_card set token_sealed = $7, token_dek_id = $8
     from concluded where sealed_card.id = concluded.id and $3 = 'SUCCESS'
   ), erased as (
     delete from sealed_card using concluded where sealed_card.id = concluded.id and $3 = 'FAIL'
   ), told as (
     insert into notification (id, merchant_id, vaulting_request_id, kind, url, due_at, created_at)
     select $9, merchant_id, vaulting_request_id, 'notifyVaulting', notification_url, $10, $6
     from concluded where notification_url is not null
   ), happened as (
     insert into vaulting_event (merchant_id, vaulting_request_id, at, kind, detail)
     select $1, $2, e.at, e.kind, e.detail
     from concluded, jsonb_to_recordset($11::jsonb) as e(at timestamptz, kind text, detail jsonb)
   )
   select id from concluded`,
)

/** What is written with an outcome. */
export interface Conclusion {
  merchantId: string
  vaultingRequestId: string
  outcome: Outcome
  at: number
  /** The card as answered, sealed with its token; for a success. */
  tokenSealed: { blob: Buffer; dekId: string } | undefined
  notificationId: string
  firstDeliveryAt: number
  events: readonly { at: number; kind: string; detail: object }[]
}

/**
 * Brings a vaulting into its final state, with everything that follows from it, in one transaction.
 * @returns false when it was concluded before; nothing has changed then
 */
export async function concludeOnce(db: Queryable, conclusion: Conclusion): Promise<boolean> {
  const { outcome } = conclusion
  const stored = outcome.kind === 'stored'
  const events = conclusion.events.map(event => ({ ...event, at: new Date(event.at).toISOString() }))
  const rows = await db.query(CONCLUDE, [
    conclusion.merchantId,
    conclusion.vaultingRequestId,
    stored ? 'SUCCESS' : 'FAIL',
    stored ? 'SUCCESS' : outcome.code,
    stored ? SUCCESS_MESSAGE : outcome.message,
    timestamp(conclusion.at),
    conclusion.tokenSealed?.blob,
    conclusion.tokenSealed?.dekId,
    conclusion.notificationId,
    timestamp(conclusion.firstDeliveryAt),
    JSON.stringify(events),
  ])
  return rows.length === 1
}

const FIND = sql(
  'vaulting.find',
  `select v.merchant_id, v.vaulting_request_id, v.id, v.request_mac, v.state, v.result_code, v.result_message,
          v.echo_sealed, v.received_at, c.token_sealed
   from vaulting v left join sealed_card c on c.id = v.id
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
  const echo = row['echo_sealed'] ? await cards.openJson(echoOf(String(row['id'])), row['echo_sealed'] as Buffer) : {}
  const common = {
    merchantId: String(row['merchant_id']),
    vaultingRequestId: String(row['vaulting_request_id']),
    receivedAt: readTimestamp(row['received_at']),
    echo: echo as Echo,
  }
  if (row['state'] === 'PROCESSING') return { ...common, state: 'PROCESSING' }
  const message = String(row['result_message'])
  if (row['state'] === 'FAIL')
    return { ...common, state: 'FAIL', code: row['result_code'] as VaultingFailureCode, message }
  const card = await cards.openJson(String(row['id']), row['token_sealed'] as Buffer)
  return { ...common, state: 'SUCCESS', message, card: card as StoredCard }
}

/** What an echo is bound to: another sealed value of the same vaulting does not open in its place. */
const echoOf = (vaultingId: string) => `echo:${vaultingId}`
