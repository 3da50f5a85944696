/** The SQL of stored cards that a merchant names by a token or a nonce. */
import type { NetworkChoice } from '../buyers/errand.js'
import type { NetworkId, SealedCard } from '../card-data/index.js'
import { type Queryable, type Row, readTimestamp, sql, timestamp } from '../platform/database.js'

/** A stored card that can be used now, found by its token or nonce. */
export interface KeptCard {
  id: string
  merchantId: string
  use: 'TOKEN' | 'NONCE'
  tokenLookup: Buffer
  /** Of a nonce absent where the buyer would have to choose. */
  network: NetworkId | undefined
  networkChosenBy: NetworkChoice['by'] | undefined
  brand: NetworkId | undefined
  lastFour: string
  pan: Buffer
  holder: Buffer | undefined
  /** The card as its vaulting was answered; of a token. */
  token: Buffer | undefined
  /** Of a nonce. */
  usableUntil: number | undefined
  /** What an issuer said never to try again without the buyer, and when. */
  neverRetry: { code: string; at: number } | undefined
}

const FIND = sql(
  'token.find',
  // A card whose vaulting runs or failed is no token: what it is answered with comes with the success.
  `select id, merchant_id, use, token_lookup, network, network_chosen_by, brand, last_four, pan_sealed, holder_sealed, token_sealed,
          usable_until, never_retry_code, never_retry_at
   from sealed_card
   where merchant_id = $1 and token_lookup = $2 and deleted_at is null
     and case use when 'TOKEN' then token_sealed is not null when 'NONCE' then usable_until > $3 else false end`,
)

/**
 * The card behind a token or a nonce.
 * @param tokenLookup  as `CardData.tokenLookup` makes it
 * @returns `undefined` alike for what is unknown, another merchant's, deleted, used, or whose time is over
 */
export async function findStoredCard(
  db: Queryable,
  merchantId: string,
  tokenLookup: Buffer,
  now: number,
): Promise<KeptCard | undefined> {
  const [row] = await db.query(FIND, [merchantId, tokenLookup, timestamp(now)])
  return row && read(row)
}

function read(row: Row): KeptCard {
  const orNothing = <T>(name: string) => (row[name] as T | null) ?? undefined
  const code = orNothing<string>('never_retry_code')
  return {
    id: String(row['id']),
    merchantId: String(row['merchant_id']),
    use: row['use'] as KeptCard['use'],
    tokenLookup: row['token_lookup'] as Buffer,
    network: orNothing('network'),
    networkChosenBy: orNothing('network_chosen_by'),
    brand: orNothing('brand'),
    lastFour: String(row['last_four']),
    pan: row['pan_sealed'] as Buffer,
    holder: orNothing('holder_sealed'),
    token: orNothing('token_sealed'),
    usableUntil: row['usable_until'] === null ? undefined : readTimestamp(row['usable_until']),
    neverRetry: code === undefined ? undefined : { code, at: readTimestamp(row['never_retry_at']) },
  }
}

const KEEP_NONCE = sql(
  'nonce.keep',
  `insert into sealed_card (merchant_id, id, brand, last_four, token_lookup, fingerprint, pan_sealed, pan_dek_id,
                            holder_sealed, network, network_chosen_by, network_chosen_at, use, usable_until, created_at)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'NONCE', $13, $14)`,
)

/** @param choice  absent where the buyer would have to choose */
export async function keepNonce(
  db: Queryable,
  card: SealedCard,
  brand: NetworkId,
  choice: NetworkChoice | undefined,
  times: { usableUntil: number; createdAt: number },
): Promise<void> {
  await db.query(KEEP_NONCE, [
    card.merchantId,
    card.id,
    brand,
    card.lastFour,
    card.tokenLookup,
    card.fingerprint,
    card.pan,
    card.panDekId,
    card.holder,
    choice?.network,
    choice?.by,
    choice && timestamp(choice.at),
    timestamp(times.usableUntil),
    timestamp(times.createdAt),
  ])
}

const USE_NONCE = sql(
  'nonce.use',
  // The delete is the single use: of two payments with one nonce one finds the row.
  `delete from sealed_card
   where merchant_id = $1 and id = $2 and use = 'NONCE' and deleted_at is null and usable_until > $3
   returning id`,
)

/**
 * Uses a nonce up, with its card.
 * @param db  the transaction of what it is used for
 * @returns whether it was there and in time
 */
export async function useNonce(db: Queryable, merchantId: string, id: string, now: number): Promise<boolean> {
  return (await db.query(USE_NONCE, [merchantId, id, timestamp(now)])).length === 1
}

const RENEW_HOLDER = sql(
  'token.renew-holder',
  `update sealed_card set holder_sealed = $4
   where merchant_id = $1 and id = $2 and use = 'TOKEN' and deleted_at is null and holder_sealed is not distinct from $3
   returning id`,
)

const RENEW_CARD = sql(
  'token.renew-card',
  // Whatever an issuer said of the old plastic does not hold for the new one.
  `update sealed_card
   set holder_sealed = $4, pan_sealed = $6, pan_dek_id = $7, never_retry_code = null, never_retry_at = null
   where merchant_id = $1 and id = $2 and use = 'TOKEN' and deleted_at is null and holder_sealed is not distinct from $3
     and pan_sealed = $5
   returning id`,
)

/**
 * Replaces what is known of a card's holder, and the card where it was sealed anew.
 * @param seen  the card as it was when the new values were made of it
 * @returns false, and nothing has changed, when it is not as it was seen any more: updated by another call, or deleted
 */
export async function renewCard(
  db: Queryable,
  merchantId: string,
  seen: KeptCard,
  next: { holder: Buffer; card: Pick<SealedCard, 'pan' | 'panDekId'> | undefined },
): Promise<boolean> {
  const { holder, card } = next
  const common = [merchantId, seen.id, seen.holder, holder]
  const rows = card
    ? await db.query(RENEW_CARD, [...common, seen.pan, card.pan, card.panDekId])
    : await db.query(RENEW_HOLDER, common)
  return rows.length === 1
}

/** What there is to delete, or was. */
export interface Deletable {
  id: string
  holder: Buffer | undefined
  fingerprint: Buffer | undefined
  deleted: boolean
}

const LOCK = sql(
  'token.lock-to-delete',
  `select id, holder_sealed, fingerprint, deleted_at from sealed_card
   where merchant_id = $1 and token_lookup = $2
     and case use when 'TOKEN' then token_sealed is not null when 'NONCE' then usable_until > $3 else false end
   for update`,
)

/** Locks a card until the transaction ends; one that was deleted before is found as well. */
export async function lockToDelete(
  tx: Queryable,
  merchantId: string,
  tokenLookup: Buffer,
  now: number,
): Promise<Deletable | undefined> {
  const [row] = await tx.query(LOCK, [merchantId, tokenLookup, timestamp(now)])
  if (!row) return undefined
  return {
    id: String(row['id']),
    holder: (row['holder_sealed'] as Buffer | null) ?? undefined,
    fingerprint: (row['fingerprint'] as Buffer | null) ?? undefined,
    deleted: row['deleted_at'] !== null,
  }
}

const ERASE = sql(
  'token.erase',
  `update sealed_card
   set pan_sealed = null, pan_dek_id = null, holder_sealed = null, fingerprint = null, never_retry_code = null,
       never_retry_at = null, deleted_at = $3
   where merchant_id = $1 and id = $2 and deleted_at is null`,
)

const HOLD_NAME = sql(
  'card-fingerprint.hold',
  `update card_fingerprint set public_id = public_id where merchant_id = $1 and fingerprint = $2`,
)

const FORGET_NAME = sql(
  'card-fingerprint.forget',
  `delete from card_fingerprint f
   where f.merchant_id = $1 and f.fingerprint = $2
     and not exists (select from sealed_card c where c.fingerprint = $2 and c.use in ('TOKEN', 'PAYMENT'))`,
)

/**
 * Erases number, expiry, holder and fingerprint of a card that this transaction has locked, and the public name of the
 * number with the last card that has it.
 */
export async function eraseCard(tx: Queryable, merchantId: string, card: Deletable, now: number): Promise<void> {
  await tx.query(ERASE, [merchantId, card.id, timestamp(now)])
  if (!card.fingerprint) return
  // Two statements. From the first one on, a vaulting that would name the same number waits for us, as it does for
  // anybody who is inserting that name. One that has the name already has its card in the table, which the second
  // statement sees.
  await tx.query(HOLD_NAME, [merchantId, card.fingerprint])
  await tx.query(FORGET_NAME, [merchantId, card.fingerprint])
}
