/** The SQL of payments. One statement is one transaction, so what belongs together is one. */
import type { PaymentFailureCode, PaymentResultInfo } from '@coffer/antom'
import type { NetworkChoice } from '../buyers/errand.js'
import type { CardData, SealedCard } from '../card-data/index.js'
import { type Queryable, type Row, readTimestamp, sql, timestamp } from '../platform/database.js'
import type { Echo } from './money.js'
import type { Authorisation, Payment, PaymentMode, PaymentOutcome } from './payment.js'

/** A payment that is about to be claimed. */
export interface PaymentDraft {
  id: string
  merchantId: string
  paymentRequestId: string
  paymentId: string
  requestMac: Buffer
  /** Of the token's card; a card of the payment's own has the payment's id. */
  cardId: string
  amount: bigint
  currency: string
  mode: PaymentMode
  notificationUrl: string | undefined
  echo: Echo
  info: PaymentResultInfo
  receivedAt: number
  /** Its deadline: from here on the sweeper concludes it if nobody did. */
  settleAt: number
  /** The process that works on it. */
  holder: string
}

/** What goes back to the merchant, sealed with the payment's own id. */
export const sealShown = (
  cards: CardData,
  merchantId: string,
  id: string,
  { echo, info }: { echo: Echo; info: PaymentResultInfo },
): Promise<Buffer> => cards.sealJson(merchantId, 'misc', shownOf(id), { echo, info })

const shownOf = (id: string) => `payment:${id}`

const CLAIM = sql(
  'payment.claim',
  // The unique key is the lock: of two racing calls one inserts, and the other finds a row.
  `with claimed as (
     insert into payment (id, merchant_id, payment_request_id, payment_id, request_mac, card_id, amount, currency, mode,
                          state, shown_sealed, notification_url, received_at, settle_at, holder)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'PROCESSING', $10, $11, $12, $13, $14)
     on conflict (merchant_id, payment_request_id) do nothing
     returning id
   ), card as (
     insert into sealed_card (id, merchant_id, brand, last_four, token_lookup, fingerprint, pan_sealed, pan_dek_id,
                              holder_sealed, created_at, use)
     select id, $2, $16, $17, $18, $19, $20, $21, $22, $12, 'PAYMENT' from claimed where $6::uuid = $1::uuid
   ), received as (
     insert into vaulting_event (about, merchant_id, vaulting_request_id, at, kind, detail)
     select 'PAYMENT', $2, $3, $12, 'request.received', $15 from claimed
   )
   select id from claimed`,
)

/**
 * @param shown  what {@link sealShown} gives: sealed before, as that may need the database
 * @returns false when the merchant has used the id before; nothing has changed then
 */
export async function claimPayment(
  db: Queryable,
  draft: PaymentDraft,
  shown: Buffer,
  card: { sealed: SealedCard; brand: string | undefined; isToStay: boolean } | undefined,
  detail: object,
): Promise<boolean> {
  const { id, merchantId } = draft
  const sealed = card?.sealed
  const rows = await db.query(CLAIM, [
    id,
    merchantId,
    draft.paymentRequestId,
    draft.paymentId,
    draft.requestMac,
    draft.cardId,
    String(draft.amount),
    draft.currency,
    draft.mode,
    shown,
    draft.notificationUrl,
    timestamp(draft.receivedAt),
    timestamp(draft.settleAt),
    draft.holder,
    JSON.stringify(detail),
    card?.brand,
    sealed?.lastFour,
    sealed?.tokenLookup,
    // A number of which nothing stays keeps no public name alive.
    card?.isToStay ? sealed?.fingerprint : undefined,
    sealed?.pan,
    sealed?.panDekId,
    sealed?.holder,
  ])
  return rows.length === 1
}

const COLUMNS = `p.id, p.merchant_id, p.payment_request_id, p.payment_id, p.request_mac, p.card_id, p.amount, p.currency,
  p.mode, p.state, p.result_code, p.result_message, p.captured, p.refunded, p.shown_sealed, p.received_at, p.settle_at,
  p.concluded_at, p.cancelled_at, p.expires_at, p.released_at, p.released_by, p.awaits_buyer, p.acquirer, p.network,
  p.reference, p.auth_code`

const FIND = sql(
  'payment.find',
  `select ${COLUMNS} from payment p where p.merchant_id = $1 and p.payment_request_id = $2`,
)

const FIND_BY_PAYMENT_ID = sql(
  'payment.find-by-payment-id',
  `select ${COLUMNS} from payment p where p.merchant_id = $1 and p.payment_id = $2`,
)

const LOCK = sql(
  'payment.lock',
  `select ${COLUMNS} from payment p where p.merchant_id = $1 and p.payment_id = $2 for update`,
)

/** A payment as it is stored. */
export interface StoredPayment {
  payment: Payment
  requestMac: Buffer
  /** Where the issuer was asked. */
  authorisation: Authorisation | undefined
}

/** A payment of this merchant, by the merchant's id or ours. */
export async function findPayment(
  db: Queryable,
  cards: CardData,
  merchantId: string,
  by: { paymentRequestId: string } | { paymentId: string },
): Promise<StoredPayment | undefined> {
  const [row] =
    'paymentId' in by
      ? await db.query(FIND_BY_PAYMENT_ID, [merchantId, by.paymentId])
      : await db.query(FIND, [merchantId, by.paymentRequestId])
  return row && readPayment(cards, row)
}

/** The same, with nobody else changing it until the transaction ends. */
export async function lockPayment(
  tx: Queryable,
  cards: CardData,
  merchantId: string,
  paymentId: string,
): Promise<StoredPayment | undefined> {
  const [row] = await tx.query(LOCK, [merchantId, paymentId])
  return row && readPayment(cards, row, tx)
}

const FIND_ALL = sql(
  'payment.find-all',
  `select w.nth, ${COLUMNS}
   from unnest($1::text[], $2::text[]) with ordinality as w(merchant_id, payment_request_id, nth)
   join payment p on p.merchant_id = w.merchant_id and p.payment_request_id = w.payment_request_id`,
)

/** The rows of several payments, each with its place from 1 as `nth`, for {@link readPayment}. */
export function findPaymentRows(
  db: Queryable,
  merchantIds: readonly string[],
  requestIds: readonly string[],
): Promise<Row[]> {
  return db.query(FIND_ALL, [merchantIds, requestIds])
}

/** A row in the columns of a payment, opened. */
export async function readPayment(cards: CardData, row: Row, db?: Queryable): Promise<StoredPayment> {
  const id = String(row['id'])
  const merchantId = String(row['merchant_id'])
  const shown = await cards.openJson(merchantId, 'misc', shownOf(id), row['shown_sealed'] as Buffer, db)
  const { echo, info } = shown as { echo: Echo; info: PaymentResultInfo }
  const instant = (name: string) => (row[name] === null ? undefined : readTimestamp(row[name]))
  const common = {
    id,
    merchantId,
    paymentRequestId: String(row['payment_request_id']),
    paymentId: String(row['payment_id']),
    amount: BigInt(String(row['amount'])),
    currency: String(row['currency']),
    mode: row['mode'] as PaymentMode,
    cardId: String(row['card_id']),
    receivedAt: readTimestamp(row['received_at']),
    settleAt: readTimestamp(row['settle_at']),
    echo,
    info,
    captured: BigInt(String(row['captured'])),
    refunded: BigInt(String(row['refunded'])),
  }
  const reference = row['reference'] as Record<string, string> | null
  const { sale, ...named } = reference ?? {}
  return {
    payment: stateOf(row, common, instant),
    requestMac: row['request_mac'] as Buffer,
    authorisation: reference
      ? {
          acquirer: String(row['acquirer']),
          network: String(row['network']),
          reference: named,
          authCode: (row['auth_code'] as string | null) ?? undefined,
          sale: sale === 'yes',
        }
      : undefined,
  }
}

function stateOf(
  row: Row,
  common: Omit<Extract<Payment, { state: 'PROCESSING' }>, 'state' | 'awaitsBuyer'>,
  instant: (name: string) => number | undefined,
): Payment {
  if (row['state'] === 'PROCESSING') {
    return { ...common, state: 'PROCESSING', awaitsBuyer: row['awaits_buyer'] === true }
  }
  const concludedAt = readTimestamp(row['concluded_at'])
  const expiresAt = instant('expires_at')
  if (row['state'] === 'AUTHORISED') {
    const at = instant('released_at')
    const by = row['released_by'] as 'EXPIRY' | 'CANCEL' | 'LAST_CAPTURE' | 'REFUSED_CAPTURE'
    return { ...common, state: 'AUTHORISED', concludedAt, expiresAt, released: at === undefined ? at : { at, by } }
  }
  if (row['state'] === 'CANCELLED') {
    const before = row['result_code'] === 'SUCCESS' ? 'AUTHORISED' : 'PROCESSING'
    return {
      ...common,
      state: 'CANCELLED',
      cancelledAt: readTimestamp(row['cancelled_at']),
      concludedAt,
      before,
      expiresAt,
    }
  }
  const code = row['result_code'] as PaymentFailureCode
  return { ...common, state: 'FAIL', code, message: String(row['result_message']), concludedAt }
}

/** Why a payment may be concluded; see `Ground` of vaultings. */
export type PaymentGround = 'ANSWERED' | 'UNASKED' | 'REVERSING'

/** What is written with an outcome. */
export interface PaymentConclusion {
  id: string
  merchantId: string
  paymentRequestId: string
  outcome: PaymentOutcome
  ground: PaymentGround
  at: number
  shown: Buffer
  /** Until when it can be captured; where a call captures. */
  expiresAt: number | undefined
  authCode: string | undefined
  /** Of a payment that stores its card. */
  token: { blob: Buffer; dekId: string; choice: NetworkChoice } | undefined
  /** What the issuer said never to try again. */
  neverRetry: string | undefined
  /** Whether the issuer said yes all the same, so that its question is to be taken back. */
  takeBack: boolean
  /** Money that moves by itself: the capture's ids, and how the issuer is told, where its approval did not move it. */
  capture:
    | { id: string; captureId: string; rrn: string | undefined; done: boolean; advice: object | undefined }
    | undefined
  notificationId: string
  firstDeliveryAt: number
  events: readonly { at: number; kind: string; detail: object }[]
}

const CONCLUDE = sql(
  'payment.conclude',
  // As a vaulting is concluded: whoever comes second finds no running payment, and an answer counts only while its
  // question waits for one. What moves by itself is written down in the same statement as the approval that allows it,
  // and what is to be taken back of a refused one in the same as the refusal. The payment is locked before its question,
  // as by whoever cancels it.
  `with running as (
     select id from payment where id = $1 and merchant_id = $2 and state = 'PROCESSING' for update
   ), answered as (
     delete from issuer_message
     where id = $1 and $4 = 'ANSWERED' and not $26 and state = 'SENT' and what = 'QUESTION'
       and exists (select from running)
     returning id
   ), reversing as (
     update issuer_message set state = 'REVERSING', reversal_reference = '{}', due_at = least(due_at, $8)
     where id = $1 and $4 = 'ANSWERED' and $26 and state = 'SENT' and what = 'QUESTION' and exists (select from running)
     returning id
   ), concluded as (
     update payment p
     set state = $5, result_code = $6, result_message = $7, concluded_at = $8, shown_sealed = $9, expires_at = $10,
         auth_code = $11, captured = case when $15::uuid is not null then p.amount else 0 end
     where p.id = $1 and p.merchant_id = $2 and p.state = 'PROCESSING' and exists (select from running)
       and case $4 when 'ANSWERED' then exists (select from answered) or exists (select from reversing)
                   when 'UNASKED' then p.asked_at is null else true end
     returning p.*
   ), moved as (
     insert into payment_operation (id, merchant_id, kind, request_id, operation_id, payment, amount, by_itself, state,
                                    result_code, notification_url, rrn, created_at, concluded_at)
     select $15, merchant_id, 'CAPTURE', payment_id, $16, id, amount, true,
            case when $17 then 'SUCCESS' else 'PROCESSING' end, case when $17 then 'SUCCESS' end, notification_url, $18,
            $8, case when $17 then $8 end
     from concluded where $15::uuid is not null
   ), told_issuer as (
     insert into issuer_message (id, merchant_id, vaulting_request_id, acquirer, network, currency, reference, state,
                                 asked_at, due_at, about, what, subject, card_id, amount, sale, original, auth_code)
     -- A second later, so that a clock that stands still has an end of what is due, however many payments come in.
     select $15, merchant_id, payment_request_id, acquirer, network, currency, $19, 'SENT', $8,
            $8::timestamptz + interval '1 second', 'PAYMENT', 'CAPTURE', id, card_id, amount, false, reference, $11
     from concluded where $19::jsonb is not null
   ), kept as (
     update sealed_card c
     set use = 'TOKEN', token_sealed = $20, token_dek_id = $21, brand = $22, network = $22, network_chosen_by = $23,
         network_chosen_at = $24
     from concluded p where c.id = p.id and $20::bytea is not null
   ), erased as (
     delete from sealed_card c using concluded p
     where c.id = p.id and c.use = 'PAYMENT' and $20::bytea is null
       and (($4 = 'ANSWERED' and not $26) or not exists (select from issuer_message m where m.id = p.id))
   ), warned as (
     update sealed_card c set never_retry_code = $25, never_retry_at = $8
     from concluded p where c.id = p.card_id and c.use = 'TOKEN' and $25::text is not null
   ), forgotten as (
     update authentication a set browser = null, challenge_sealed = null from concluded p
     where a.vaulting_id = p.id and (a.browser is not null or a.challenge_sealed is not null)
   ), told as (
     insert into notification (id, merchant_id, subject_id, kind, url, due_at, created_at)
     select $12, merchant_id, payment_request_id, 'notifyPayment', notification_url,
            case when notification_url is not null
                   or exists (select from sandbox_listener l
                              where l.merchant_id = concluded.merchant_id and l.attached_until > now())
                 then $13::timestamptz end, $8
     from concluded
   ), happened as (
     insert into vaulting_event (about, merchant_id, vaulting_request_id, at, kind, detail)
     select 'PAYMENT', p.merchant_id, p.payment_request_id, e.at, e.kind, e.detail
     from concluded p, jsonb_to_recordset($14::jsonb) as e(at timestamptz, kind text, detail jsonb)
   )
   select id from concluded where merchant_id = $2 and payment_request_id = $3`,
)

/** @returns whether it was concluded now; one that was concluded before, or whose ground does not hold, has not changed */
export async function concludePaymentRow(db: Queryable, conclusion: PaymentConclusion): Promise<boolean> {
  const { outcome, capture, token } = conclusion
  const authorised = outcome.kind === 'authorised'
  const rows = await db.query(CONCLUDE, [
    conclusion.id,
    conclusion.merchantId,
    conclusion.paymentRequestId,
    conclusion.ground,
    authorised ? 'AUTHORISED' : 'FAIL',
    authorised ? 'SUCCESS' : outcome.code,
    authorised ? undefined : outcome.message,
    timestamp(conclusion.at),
    conclusion.shown,
    conclusion.expiresAt === undefined ? undefined : timestamp(conclusion.expiresAt),
    conclusion.authCode,
    conclusion.notificationId,
    timestamp(conclusion.firstDeliveryAt),
    JSON.stringify(conclusion.events.map(event => ({ ...event, at: new Date(event.at).toISOString() }))),
    capture?.id,
    capture?.captureId,
    capture?.done ?? false,
    capture?.rrn,
    capture?.advice && JSON.stringify(capture.advice),
    token?.blob,
    token?.dekId,
    token?.choice.network,
    token?.choice.by,
    token && timestamp(token.choice.at),
    conclusion.neverRetry,
    conclusion.takeBack,
  ])
  return rows.length === 1
}
