/**
 * Who calls: merchants and their public keys, read from the database and kept for a moment, so that the check of a
 * signature does not cost a query. A change reaches every process within that moment.
 */
import { createPublicKey, type KeyObject, timingSafeEqual } from 'node:crypto'
import { clientIdPattern } from '@coffer/antom'
import type { CardData } from '../card-data/index.js'
import type { Clock } from '../platform/clock.js'
import type { Database } from '../platform/database.js'
import type { Log } from '../platform/log.js'
import { type MerchantKeyRow, merchantWithKeys, type ThreeDSWish } from './merchant-store.js'

export interface Merchant {
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
  /** When its buyers are authenticated although a request does not ask for it. */
  threeDS: ThreeDSWish
}

interface Entry {
  merchant: Merchant
  keys: ReadonlyMap<number, KeyObject>
  since: number
}

const KEPT_MS = 1_000
const KEPT_ENTRIES = 10_000

export class MerchantDirectory {
  readonly #entries = new Map<string, Entry>()

  constructor(
    private readonly db: Database,
    private readonly cards: CardData,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /** The merchant with this client id, and its usable keys by version. */
  async find(clientId: string): Promise<{ merchant: Merchant; keys: ReadonlyMap<number, KeyObject> } | undefined> {
    if (!clientIdPattern.test(clientId)) return undefined
    const kept = this.#entries.get(clientId)
    if (kept && this.clock.stopwatch() - kept.since < KEPT_MS) return kept
    const found = await merchantWithKeys(this.db, clientId)
    if (!found) return undefined
    const { id, name, status, notificationUrl, notificationHosts, strict, region, threeDS } = found.merchant
    const keys = new Map(found.keys.filter(key => this.#isUsable(key)).map(key => [key.version, parseKey(key)]))
    if (this.#entries.size >= KEPT_ENTRIES) this.#entries.clear()
    const entry = {
      merchant: { id, name, status, notificationUrl, notificationHosts, strict, region, threeDS },
      keys,
      since: this.clock.stopwatch(),
    }
    this.#entries.set(clientId, entry)
    return entry
  }

  /** A key that was put into the database behind the vault's back carries no right digest and does not exist for us. */
  #isUsable(key: MerchantKeyRow): boolean {
    if (key.status !== 'ACTIVE') return false
    const intact = timingSafeEqual(macOf(this.cards, key), key.mac)
    if (!intact) this.log.error('merchant-key.tampered', { merchantId: key.merchantId, keyVersion: key.version })
    return intact
  }
}

/** What binds a key to its merchant, version and status. */
export function macOf(cards: CardData, key: Omit<MerchantKeyRow, 'mac'>): Buffer {
  return cards.rowMac('merchant_key', key.merchantId, String(key.version), key.publicKey, key.status)
}

const parseKey = (key: MerchantKeyRow) => createPublicKey({ key: key.publicKey, format: 'der', type: 'spki' })

/** The key a call is checked with: the named version, or the newest when none is named. */
export function keyFor(keys: ReadonlyMap<number, KeyObject>, version: number | undefined): KeyObject | undefined {
  return keys.get(version ?? Math.max(0, ...keys.keys()))
}
