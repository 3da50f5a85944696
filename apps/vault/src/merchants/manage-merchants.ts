/** What an operator does with merchants: add, disable, give keys, set the fixed notification address. */
import { apiRoot, clientIdPattern, parseUrl, readPublicKey, sandboxClientPrefix } from '@coffer/antom'
import type { CardData } from '../card-data/index.js'
import type { Clock } from '../platform/clock.js'
import type { Database, Queryable } from '../platform/database.js'
import type { OutboundPolicy } from '../platform/url-policy.js'
import { judgeNotificationUrl } from './judge-notification-url.js'
import { macOf } from './merchant-directory.js'
import {
  insertMerchant,
  insertMerchantKey,
  lockNotificationTargets,
  merchantWithKeys,
  setKeyRevoked,
  setMerchantStatus,
  setNotificationHosts,
  setNotificationUrl,
  setRegion,
  setStrict,
  setThreeDSWish,
  type ThreeDSWish,
} from './merchant-store.js'
import { namesOneOf, readNotificationHost } from './notification-hosts.js'

/** A mistake of the operator, in words that name the remedy. */
export class OperatorMistake extends Error {
  override readonly name = 'OperatorMistake'
}

export interface MerchantOffice {
  db: Database
  cards: CardData
  clock: Clock
  environment: 'sandbox' | 'live'
  outboundPolicy: OutboundPolicy
}

/** Adds a merchant with version 1 of its public key. */
export async function addMerchant(
  office: MerchantOffice,
  merchant: { id: string; name: string; publicKey: string; notificationUrl?: string | undefined },
): Promise<void> {
  checkClientId(merchant.id, office.environment)
  const publicKey = spkiOf(merchant.publicKey)
  const notificationUrl = merchant.notificationUrl && checkUrl(office, merchant.notificationUrl, undefined)
  await office.db.transaction(async tx => {
    const { id, name } = merchant
    const added = await insertMerchant(tx, { id, name, notificationUrl, at: office.clock.now() })
    if (!added)
      throw new OperatorMistake(`there is a merchant ${id} already; give it a key with: coffer merchant key add`)
    await insertKey(office, tx, id, 1, publicKey)
  })
}

/** Gives a merchant another version of its key; older versions stay usable until they are revoked. */
export async function addMerchantKey(
  office: MerchantOffice,
  merchantId: string,
  publicKey: string,
  version?: number,
): Promise<number> {
  const spki = spkiOf(publicKey)
  return office.db.transaction(async tx => {
    const { keys } = await existing(tx, merchantId)
    const next = version ?? Math.max(0, ...keys.map(key => key.version)) + 1
    if (!(await insertKey(office, tx, merchantId, next, spki))) {
      throw new OperatorMistake(
        `merchant ${merchantId} has a key of version ${next} already; versions are never reused`,
      )
    }
    return next
  })
}

export async function revokeMerchantKey(office: MerchantOffice, merchantId: string, version: number): Promise<void> {
  await office.db.transaction(async tx => {
    const { keys } = await existing(tx, merchantId)
    const key = keys.find(candidate => candidate.version === version)
    if (!key) throw new OperatorMistake(`merchant ${merchantId} has no key of version ${version}`)
    await setKeyRevoked(tx, merchantId, version, macOf(office.cards, { ...key, status: 'REVOKED' }))
  })
}

export async function setMerchantDisabled(
  office: MerchantOffice,
  merchantId: string,
  disabled: boolean,
): Promise<void> {
  const done = await setMerchantStatus(office.db, merchantId, disabled ? 'DISABLED' : 'ACTIVE')
  if (!done) throw unknownMerchant(merchantId)
}

/** Sets where notifications go when a request names no address; `undefined` takes it away. */
export async function setFixedNotificationUrl(
  office: MerchantOffice,
  merchantId: string,
  url: string | undefined,
): Promise<void> {
  await office.db.transaction(async tx => {
    const targets = await lockNotificationTargets(tx, merchantId)
    if (!targets) throw unknownMerchant(merchantId)
    await setNotificationUrl(tx, merchantId, url && checkUrl(office, url, targets.notificationHosts))
  })
}

/** More than a merchant has, and few enough to look through at every call. */
const MAX_HOSTS = 50

/**
 * Says which hosts a merchant's notification addresses may name, in requests from now on and in its fixed address.
 * @param hosts  as an operator writes them, e.g. `shop.example` or `*.shop.example`; none takes the limit away
 * @returns the hosts as they are kept, nothing without a limit
 */
export async function setMerchantNotificationHosts(
  office: MerchantOffice,
  merchantId: string,
  hosts: readonly string[],
): Promise<readonly string[] | undefined> {
  const read = [...new Set(hosts.map(checkHost))]
  if (read.length > MAX_HOSTS) throw new OperatorMistake(`a merchant can have ${MAX_HOSTS} hosts at most`)
  const limit = read.length === 0 ? undefined : read
  await office.db.transaction(async tx => {
    const targets = await lockNotificationTargets(tx, merchantId)
    if (!targets) throw unknownMerchant(merchantId)
    // Its scheme and port were judged when it was set; what it may reach may have changed, which each attempt finds out.
    const url = targets.notificationUrl === undefined ? undefined : parseUrl(targets.notificationUrl)
    if (url !== undefined && limit !== undefined && !namesOneOf(limit, url)) {
      throw new OperatorMistake(
        `the fixed notification address of ${merchantId} names another host; change it first with: coffer merchant notify-url`,
      )
    }
    await setNotificationHosts(tx, merchantId, limit)
  })
  return limit
}

/** Enforces what cards of a country must come with, or stops enforcing it. */
export async function setMerchantStrict(office: MerchantOffice, merchantId: string, strict: boolean): Promise<void> {
  if (!(await setStrict(office.db, merchantId, strict))) throw unknownMerchant(merchantId)
}

/** Says where a merchant is, for requests that do not; `undefined` takes it away. */
export async function setMerchantRegion(
  office: MerchantOffice,
  merchantId: string,
  region: string | undefined,
): Promise<void> {
  if (region !== undefined && !/^[A-Z]{2}$/.test(region)) {
    throw new OperatorMistake('a region is two capital letters, an ISO 3166-1 country such as FR')
  }
  if (!(await setRegion(office.db, merchantId, region))) throw unknownMerchant(merchantId)
}

/** Says when buyers of a merchant are authenticated beyond what its requests ask for. */
export async function setMerchantThreeDS(office: MerchantOffice, merchantId: string, wish: ThreeDSWish): Promise<void> {
  if (!(await setThreeDSWish(office.db, merchantId, wish))) throw unknownMerchant(merchantId)
}

async function existing(db: Queryable, merchantId: string) {
  const found = await merchantWithKeys(db, merchantId)
  if (!found) throw unknownMerchant(merchantId)
  return found
}

const unknownMerchant = (id: string) => new OperatorMistake(`there is no merchant ${id}; see: coffer merchant list`)

async function insertKey(
  office: MerchantOffice,
  db: Queryable,
  merchantId: string,
  version: number,
  publicKey: Buffer,
) {
  const mac = macOf(office.cards, { merchantId, version, publicKey, status: 'ACTIVE' })
  return insertMerchantKey(db, { merchantId, version, publicKey, mac, at: office.clock.now() })
}

function checkClientId(id: string, environment: 'sandbox' | 'live'): void {
  if (!clientIdPattern.test(id)) {
    throw new OperatorMistake('a client id has 1 to 64 letters, digits, hyphens and underscores')
  }
  if (id.startsWith(sandboxClientPrefix) !== (environment === 'sandbox')) {
    throw new OperatorMistake(
      environment === 'sandbox'
        ? `in the sandbox a client id starts with ${sandboxClientPrefix}: the official SDKs then call ${apiRoot.sandbox}`
        : `a live client id does not start with ${sandboxClientPrefix}: the official SDKs would call ${apiRoot.sandbox}`,
    )
  }
}

function spkiOf(text: string): Buffer {
  return readPublicKey(text).export({ format: 'der', type: 'spki' })
}

function checkUrl(office: MerchantOffice, text: string, hosts: readonly string[] | undefined): string {
  const judged = judgeNotificationUrl(text, office.outboundPolicy, hosts)
  if (!judged.ok) throw new OperatorMistake(`the notification address ${judged.reason}`)
  return text
}

function checkHost(text: string): string {
  const host = readNotificationHost(text)
  if (host !== undefined) return host
  throw new OperatorMistake(
    'a host is a name or an address alone, without scheme, port and path, such as shop.example, or *.shop.example for all names below it',
  )
}
