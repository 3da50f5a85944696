/** Data encryption keys: one per merchant and purpose, wrapped by the KEK in the database, unwrapped in memory. */
import type { Clock } from '../platform/clock.js'
import type { Database, Queryable } from '../platform/database.js'
import { newId } from '../platform/ids.js'
import type { Random } from '../platform/random.js'
import type { KekProvider } from './kek.js'
import { activeDek, type DekRow, dekById, insertDek, insertKek, kekInUse } from './key-store.js'
import { CannotOpen, type Dek } from './seal.js'

/** `merchantId` of the keys that belong to the vault itself. */
export const VAULT = ''

/** What a key is for. No key serves two purposes. */
export type KeyPurpose =
  | 'pan'
  | 'token'
  | 'misc'
  | 'token-lookup'
  | 'fingerprint'
  | 'request'
  | 'integrity'
  | 'gateway-key'

/** The database was made with another key file, or in another profile. */
export class WrongKek extends Error {
  override readonly name = 'WrongKek'
}

const CACHED_KEYS = 1000
const CACHED_MS = 15 * 60_000

export class Keyring {
  readonly #byId = new Map<string, { dek: Dek; since: number }>()
  readonly #active = new Map<string, { dek: Promise<Dek>; since: number }>()

  private constructor(
    private readonly db: Database,
    private readonly kek: KekProvider,
    private readonly kekId: string,
    readonly environment: 'sandbox' | 'live',
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  /**
   * Opens the keyring with the KEK that the database was made with, or makes the first entry of a new database.
   * @throws WrongKek, before anything is opened or sealed with a wrong key
   */
  static async open(options: {
    db: Database
    kek: KekProvider
    environment: 'sandbox' | 'live'
    clock: Clock
    random: Random
  }): Promise<Keyring> {
    const { db, kek, environment, clock, random } = options
    const checkValue = await kek.checkValue()
    const id = newId(clock.now(), random.bytes(16))
    await insertKek(db, { id, provider: kek.kind, environment, checkValue, at: clock.now() })
    const inUse = await kekInUse(db)
    if (inUse.environment !== environment) {
      throw new WrongKek(
        `this database belongs to the ${inUse.environment} profile and cannot be used in ${environment}`,
      )
    }
    if (!inUse.checkValue.equals(checkValue)) {
      throw new WrongKek('the cards in this database are sealed with another key file: give the one that belongs to it')
    }
    return new Keyring(db, kek, inUse.id, environment, clock, random)
  }

  /** The key to seal with. Made at first use; of two processes that make it at once, one wins and both use that. */
  active(merchantId: string, purpose: KeyPurpose): Promise<Dek> {
    const slot = `${purpose}:${merchantId}`
    const cached = this.#active.get(slot)
    if (cached && this.clock.stopwatch() - cached.since < CACHED_MS) return cached.dek
    const dek = this.#loadActive(merchantId, purpose)
    trim(this.#active)
    this.#active.set(slot, { dek, since: this.clock.stopwatch() })
    dek.catch(() => this.#active.delete(slot))
    return dek
  }

  /**
   * The key that something of this merchant was sealed with.
   * @throws CannotOpen when it is another merchant's, or for another purpose
   */
  async byId(id: string, of: { merchantId: string; purpose: KeyPurpose }, db: Queryable = this.db): Promise<Dek> {
    const dek = await this.#find(id, db)
    // A blob names its key by itself, so a blob of somebody else's would bring somebody else's key along.
    if (dek.merchantId !== of.merchantId || dek.purpose !== of.purpose) throw new CannotOpen()
    return dek
  }

  async #find(id: string, db: Queryable): Promise<Dek> {
    const cached = this.#byId.get(id)
    if (cached && this.clock.stopwatch() - cached.since < CACHED_MS) return cached.dek
    const row = await dekById(db, id)
    if (!row) throw new CannotOpen()
    return this.#unwrap(row)
  }

  async #loadActive(merchantId: string, purpose: KeyPurpose): Promise<Dek> {
    const existing = await activeDek(this.db, merchantId, purpose)
    if (existing) return this.#unwrap(existing)
    const id = newId(this.clock.now(), this.random.bytes(16))
    const key = this.random.bytes(32)
    const wrapped = await this.kek.wrap(key, this.#context(id, merchantId, purpose))
    key.fill(0)
    await insertDek(this.db, { id, merchantId, purpose, kekId: this.kekId, wrapped, at: this.clock.now() })
    const winner = await activeDek(this.db, merchantId, purpose)
    if (!winner) throw new Error('a data encryption key was stored and is not there')
    return this.#unwrap(winner)
  }

  async #unwrap(row: DekRow): Promise<Dek> {
    const key = await this.kek.unwrap(row.wrapped, this.#context(row.id, row.merchantId, row.purpose))
    const dek = { id: row.id, merchantId: row.merchantId, purpose: row.purpose, key }
    trim(this.#byId)
    this.#byId.set(row.id, { dek, since: this.clock.stopwatch() })
    return dek
  }

  #context(dekId: string, merchantId: string, purpose: string) {
    return { environment: this.environment, kekId: this.kekId, dekId, merchantId, purpose }
  }
}

/** Keeps a cache bounded: the entry that came first goes first. */
function trim(cache: Map<string, unknown>): void {
  const oldest = cache.keys().next()
  if (cache.size >= CACHED_KEYS && !oldest.done) cache.delete(oldest.value)
}
