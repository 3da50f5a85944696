/** The SQL of merchants and their public keys. */
import { type Queryable, type Row, readTimestamp, sql, timestamp } from '../platform/database.js'

export interface MerchantRow {
  id: string
  name: string
  status: 'ACTIVE' | 'DISABLED'
  notificationUrl: string | undefined
  /** The only hosts that notification addresses may name; unset for any. */
  notificationHosts: readonly string[] | undefined
  /** Whether what cards of a country must come with is enforced. */
  strict: boolean
  /** ISO 3166-1 alpha-2; where the merchant is, when a request does not say. */
  region: string | undefined
  /** When its buyers are authenticated beyond what requests ask for: as the vault's policy says, always or never. */
  threeDS: ThreeDSWish
  createdAt: number
}

/** What a merchant wants of 3-D Secure where its request does not say. */
export const threeDSWishes = ['DEFAULT', 'ALWAYS', 'NEVER'] as const
export type ThreeDSWish = (typeof threeDSWishes)[number]

export interface MerchantKeyRow {
  merchantId: string
  version: number
  publicKey: Buffer
  status: 'ACTIVE' | 'REVOKED'
  mac: Buffer
}

const MERCHANT = sql(
  'merchant.by-id',
  `select m.id, m.name, m.status, m.notification_url, m.notification_hosts, m.strict, m.region, m.three_ds,
          m.created_at, k.version, k.public_key, k.status as key_status, k.mac
   from merchant m left join merchant_key k on k.merchant_id = m.id
   where m.id = $1
   order by k.version`,
)

/** A merchant with all versions of its key. */
export async function merchantWithKeys(
  db: Queryable,
  merchantId: string,
): Promise<{ merchant: MerchantRow; keys: MerchantKeyRow[] } | undefined> {
  const rows = await db.query(MERCHANT, [merchantId])
  const [first] = rows
  if (!first) return undefined
  return { merchant: readMerchant(first), keys: rows.filter(row => row['version'] !== null).map(readKey) }
}

const INSERT_MERCHANT = sql(
  'merchant.insert',
  `insert into merchant (id, name, status, notification_url, created_at) values ($1, $2, 'ACTIVE', $3, $4)
   on conflict (id) do nothing
   returning id`,
)

/** @returns false when there is one with this id */
export async function insertMerchant(
  db: Queryable,
  merchant: { id: string; name: string; notificationUrl: string | undefined; at: number },
): Promise<boolean> {
  const { id, name, notificationUrl, at } = merchant
  return (await db.query(INSERT_MERCHANT, [id, name, notificationUrl, timestamp(at)])).length === 1
}

const SET_STATUS = sql('merchant.set-status', `update merchant set status = $2 where id = $1 returning id`)

export async function setMerchantStatus(db: Queryable, merchantId: string, status: MerchantRow['status']) {
  return (await db.query(SET_STATUS, [merchantId, status])).length === 1
}

const SET_URL = sql('merchant.set-url', `update merchant set notification_url = $2 where id = $1 returning id`)

export async function setNotificationUrl(db: Queryable, merchantId: string, url: string | undefined) {
  return (await db.query(SET_URL, [merchantId, url])).length === 1
}

const SET_HOSTS = sql('merchant.set-hosts', `update merchant set notification_hosts = $2 where id = $1 returning id`)

export async function setNotificationHosts(db: Queryable, merchantId: string, hosts: readonly string[] | undefined) {
  return (await db.query(SET_HOSTS, [merchantId, hosts])).length === 1
}

// Address and hosts are held against each other, so that two operators must not set them at the same time.
const LOCK = sql(
  'merchant.lock',
  `select notification_url, notification_hosts from merchant where id = $1 for no key update`,
)

/** Where a merchant's notifications may go. Nobody else changes it until the transaction ends. */
export async function lockNotificationTargets(
  tx: Queryable,
  merchantId: string,
): Promise<Pick<MerchantRow, 'notificationUrl' | 'notificationHosts'> | undefined> {
  const [row] = await tx.query(LOCK, [merchantId])
  return row && readTargets(row)
}

const SET_STRICT = sql('merchant.set-strict', `update merchant set strict = $2 where id = $1 returning id`)

export async function setStrict(db: Queryable, merchantId: string, strict: boolean) {
  return (await db.query(SET_STRICT, [merchantId, strict])).length === 1
}

const SET_REGION = sql('merchant.set-region', `update merchant set region = $2 where id = $1 returning id`)

export async function setRegion(db: Queryable, merchantId: string, region: string | undefined) {
  return (await db.query(SET_REGION, [merchantId, region])).length === 1
}

const SET_THREE_DS = sql('merchant.set-three-ds', `update merchant set three_ds = $2 where id = $1 returning id`)

export async function setThreeDSWish(db: Queryable, merchantId: string, wish: ThreeDSWish) {
  return (await db.query(SET_THREE_DS, [merchantId, wish])).length === 1
}

const INSERT_KEY = sql(
  'merchant-key.insert',
  `insert into merchant_key (merchant_id, version, public_key, status, mac, created_at)
   values ($1, $2, $3, 'ACTIVE', $4, $5)
   on conflict do nothing
   returning version`,
)

/** @returns false when the merchant has a key of this version */
export async function insertMerchantKey(
  db: Queryable,
  key: { merchantId: string; version: number; publicKey: Buffer; mac: Buffer; at: number },
): Promise<boolean> {
  const { merchantId, version, publicKey, mac, at } = key
  return (await db.query(INSERT_KEY, [merchantId, version, publicKey, mac, timestamp(at)])).length === 1
}

const REVOKE_KEY = sql(
  'merchant-key.revoke',
  `update merchant_key set status = 'REVOKED', mac = $3 where merchant_id = $1 and version = $2 returning version`,
)

export async function setKeyRevoked(db: Queryable, merchantId: string, version: number, mac: Buffer): Promise<boolean> {
  return (await db.query(REVOKE_KEY, [merchantId, version, mac])).length === 1
}

export function readMerchant(row: Row): MerchantRow {
  return {
    id: String(row['id']),
    name: String(row['name']),
    status: row['status'] === 'ACTIVE' ? 'ACTIVE' : 'DISABLED',
    ...readTargets(row),
    strict: row['strict'] === true,
    region: typeof row['region'] === 'string' ? row['region'] : undefined,
    threeDS: threeDSWishes.find(wish => wish === row['three_ds']) ?? 'DEFAULT',
    createdAt: readTimestamp(row['created_at']),
  }
}

function readTargets(row: Row): Pick<MerchantRow, 'notificationUrl' | 'notificationHosts'> {
  return {
    notificationUrl: typeof row['notification_url'] === 'string' ? row['notification_url'] : undefined,
    notificationHosts: Array.isArray(row['notification_hosts']) ? row['notification_hosts'].map(String) : undefined,
  }
}

export function readKey(row: Row): MerchantKeyRow {
  return {
    merchantId: String(row['id']),
    version: Number(row['version']),
    publicKey: row['public_key'] as Buffer,
    status: row['key_status'] === 'ACTIVE' ? 'ACTIVE' : 'REVOKED',
    mac: row['mac'] as Buffer,
  }
}
