/** What the rest of the vault can ask of card data. Handles and ciphertext go out; digits never do. */
import { createHmac, hkdfSync } from 'node:crypto'
import type { Static, TSchema } from 'typebox'
import type { Clock } from '../platform/clock.js'
import type { Database, Queryable, Tx } from '../platform/database.js'
import type { Random } from '../platform/random.js'
import { writeAudit } from './audit-store.js'
import { type IngressRules, type ReadRequest, readRequest } from './ingress.js'
import type { KekProvider } from './kek.js'
import { type KeyPurpose, Keyring, VAULT } from './keyring.js'
import { digitsOf, Pan } from './pan.js'
import type { RawBody } from './raw-body.js'
import { type Dek, dekIdOf, lengthPrefixed, open, seal } from './seal.js'

/** Two digits each, as on the wire. */
export interface Expiry {
  year: string
  month: string
}

/** A card as it is stored: ciphertext, keyed digests and what may be seen. */
export interface SealedCard {
  id: string
  merchantId: string
  lastFour: string
  tokenLookup: Buffer
  fingerprint: Buffer
  pan: Buffer
  panDekId: string
  holder: Buffer | undefined
}

/** What opening a stored card needs to know of it. */
export interface StoredPan {
  id: string
  merchantId: string
  tokenLookup: Buffer
  pan: Buffer
}

/** Who opens or erases a card, and why. It is kept for ever. */
export interface Opening {
  actor: string
  reason: string
}

const TOKEN_PREFIX = 'cof_'

const FINGERPRINT_PREFIX = 'fp_'

const KEPT_MERCHANT_KEYS = 2_000

export class CardData {
  readonly #merchantKeys = new Map<string, Buffer>()

  private constructor(
    private readonly db: Database,
    private readonly keyring: Keyring,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly rules: IngressRules,
    private readonly vaultKeys: { tokenLookup: Dek; fingerprint: Dek; request: Dek; integrity: Dek },
  ) {}

  /**
   * Opens the card data of a database.
   * @throws WrongKek when the database was made with another key or for another environment
   */
  static async open(options: {
    db: Database
    kek: KekProvider
    environment: 'sandbox' | 'live'
    clock: Clock
    random: Random
    lookup: IngressRules['lookup']
  }): Promise<CardData> {
    const keyring = await Keyring.open(options)
    const ofVault = (purpose: KeyPurpose) => keyring.active(VAULT, purpose)
    const rules: IngressRules = {
      lookup: options.lookup,
      cards: options.environment === 'sandbox' ? 'test cards only' : 'no test cards',
    }
    return new CardData(options.db, keyring, options.clock, options.random, rules, {
      tokenLookup: await ofVault('token-lookup'),
      fingerprint: await ofVault('fingerprint'),
      request: await ofVault('request'),
      integrity: await ofVault('integrity'),
    })
  }

  /** Reads the body of an authenticated call and erases its bytes. */
  read<S extends TSchema>(schema: S, body: RawBody): ReadRequest<Static<S>> {
    return readRequest(schema, body, this.rules)
  }

  /** A new token: 256 random bits, nothing of the card in it. */
  newToken(): string {
    return TOKEN_PREFIX + this.random.bytes(32).toString('base64url')
  }

  /** Under what a token is found. Keyed and bound to the merchant: another merchant's token is not found at all. */
  tokenLookup(merchantId: string, token: string): Buffer {
    return createHmac('sha256', this.vaultKeys.tokenLookup.key).update(lengthPrefixed(merchantId, token)).digest()
  }

  /**
   * Seals a card for one merchant, under its own id and the lookup of its token.
   * @param holder  what else was given about the holder; sealed too, apart from the number
   */
  async sealCard(
    card: { id: string; merchantId: string; token: string; pan: Pan; expiry: Expiry },
    holder: object | undefined,
  ): Promise<SealedCard> {
    const { id, merchantId, pan } = card
    const tokenLookup = this.tokenLookup(merchantId, card.token)
    const dek = await this.keyring.active(merchantId, 'pan')
    const record = panRecord(pan, card.expiry)
    const sealed = seal(record, dek, { environment: this.keyring.environment, object: id, tokenLookup }, this.random)
    record.fill(0)
    return {
      id,
      merchantId,
      lastFour: pan.lastFour,
      tokenLookup,
      fingerprint: this.fingerprint(merchantId, pan),
      pan: sealed,
      panDekId: dek.id,
      holder: holder && (await this.sealHolder(merchantId, id, holder)),
    }
  }

  /** Seals what was given about the holder of a card, bound to that card. */
  sealHolder(merchantId: string, cardId: string, holder: object): Promise<Buffer> {
    return this.sealJson(merchantId, 'misc', `holder:${cardId}`, holder)
  }

  openHolder(merchantId: string, cardId: string, blob: Buffer): Promise<unknown> {
    return this.openJson(merchantId, 'misc', `holder:${cardId}`, blob)
  }

  /**
   * Opens a stored card for a use that needs its number, and notes who, why and which first: in the caller's
   * transaction, so that no number is opened whose opening is not on record.
   * @returns the handle again, never digits
   */
  async openCard(tx: Tx, card: StoredPan, opening: Opening): Promise<{ pan: Pan; expiry: Expiry }> {
    const note = (ok: boolean, db: Queryable) =>
      writeAudit(db, {
        at: this.clock.now(),
        action: 'card.opened',
        object: card.id,
        merchantId: card.merchantId,
        ok,
        ...opening,
      })
    const place = { environment: this.keyring.environment, object: card.id, tokenLookup: card.tokenLookup }
    let record: Buffer
    try {
      const { merchantId } = card
      record = open(card.pan, await this.keyring.byId(dekIdOf(card.pan), { merchantId, purpose: 'pan' }, tx), place)
    } catch (error) {
      // The caller's transaction ends with this error; what was tried is on record all the same.
      await note(false, this.db)
      throw error
    }
    await note(true, tx)
    try {
      const pan = Pan.parse(record.toString('latin1', 2, 2 + record[1]!), this.rules.lookup)
      if (!pan.ok) throw new Error('a sealed card does not hold a card number')
      return {
        pan: pan.value,
        expiry: { year: record.toString('latin1', 21, 23), month: record.toString('latin1', 23, 25) },
      }
    } finally {
      record.fill(0)
    }
  }

  /** Notes that a stored card is erased, by whom and why: in the transaction that erases it. */
  async noteErasure(tx: Tx, card: Pick<StoredPan, 'id' | 'merchantId'>, erasure: Opening): Promise<void> {
    const { id: object, merchantId } = card
    await writeAudit(tx, { at: this.clock.now(), action: 'card.deleted', object, merchantId, ok: true, ...erasure })
  }

  /** Seals something that is not card digits but is nobody else's business either. */
  async sealJson(merchantId: string, purpose: 'token' | 'misc', object: string, value: object): Promise<Buffer> {
    const dek = await this.keyring.active(merchantId, purpose)
    return seal(Buffer.from(JSON.stringify(value)), dek, { environment: this.keyring.environment, object }, this.random)
  }

  /** Seals a card as it was answered, token included, under the card's own id. */
  async sealToken(merchantId: string, cardId: string, card: object): Promise<{ blob: Buffer; dekId: string }> {
    const blob = await this.sealJson(merchantId, 'token', cardId, card)
    return { blob, dekId: dekIdOf(blob) }
  }

  /**
   * Opens what `sealJson` or `sealToken` sealed, with its properties in the order in which they were.
   * @param db  the transaction of a caller that has one: nobody waits for a second connection while he holds one
   */
  async openJson(
    merchantId: string,
    purpose: 'token' | 'misc',
    object: string,
    blob: Buffer,
    db?: Queryable,
  ): Promise<unknown> {
    const dek = await this.keyring.byId(dekIdOf(blob), { merchantId, purpose }, db)
    return JSON.parse(open(blob, dek, { environment: this.keyring.environment, object }).toString('utf8'))
  }

  /** Seals a private key of the vault itself. */
  async sealKey(object: string, der: Buffer): Promise<Buffer> {
    const dek = await this.keyring.active(VAULT, 'gateway-key')
    return seal(der, dek, { environment: this.keyring.environment, object }, this.random)
  }

  async openKey(object: string, blob: Buffer): Promise<Buffer> {
    const dek = await this.keyring.byId(dekIdOf(blob), { merchantId: VAULT, purpose: 'gateway-key' })
    return open(blob, dek, { environment: this.keyring.environment, object })
  }

  /**
   * A keyed digest of a request as it was read, to tell whether a repeat is the same. Keyed, as the number could be
   * searched in a plain one; without CVV and password digits, since three digits under a key are still stored digits.
   */
  requestMac(merchantId: string, pan: Pan, rest: object): Buffer {
    const key = this.#merchantKey('request', this.vaultKeys.request, merchantId)
    return createHmac('sha256', key)
      .update(lengthPrefixed(digitsOf(pan), canonicalJson(rest)))
      .digest()
  }

  /** What makes the address of a buyer's page unguessable: keyed, of the vaulting's id, so that it need not be stored. */
  pageSecret(vaultingId: string): string {
    return this.rowMac('buyer-page', vaultingId).toString('base64url')
  }

  /** A public name for a number of one merchant, when the first card with it is stored. */
  newFingerprintId(): string {
    return FINGERPRINT_PREFIX + this.random.bytes(16).toString('base64url')
  }

  /** A keyed digest that a row carries, so that a row changed behind the vault's back is refused. */
  rowMac(...fields: readonly (string | Buffer)[]): Buffer {
    return createHmac('sha256', this.vaultKeys.integrity.key)
      .update(lengthPrefixed(...fields))
      .digest()
  }

  /** The same number of one merchant has the same fingerprint; two merchants cannot compare theirs. */
  fingerprint(merchantId: string, pan: Pan): Buffer {
    const key = this.#merchantKey('fp', this.vaultKeys.fingerprint, merchantId)
    return createHmac('sha256', key).update(digitsOf(pan)).digest()
  }

  /** A key of the vault, made a merchant's own: digests of two merchants cannot be compared. */
  #merchantKey(label: string, dek: Dek, merchantId: string): Buffer {
    const slot = `${label}:${merchantId}`
    const kept = this.#merchantKeys.get(slot)
    if (kept) return kept
    const key = Buffer.from(hkdfSync('sha256', dek.key, '', lengthPrefixed(label, merchantId), 32))
    if (this.#merchantKeys.size >= KEPT_MERCHANT_KEYS) this.#merchantKeys.clear()
    this.#merchantKeys.set(slot, key)
    return key
  }
}

/** A number and its expiry in 26 bytes whatever its length, so that a ciphertext's size tells nothing. */
function panRecord(pan: Pan, expiry: Expiry): Buffer {
  const record = Buffer.alloc(26)
  const digits = digitsOf(pan)
  record[0] = 1
  record[1] = digits.length
  digits.copy(record, 2)
  record.write(expiry.year + expiry.month, 21, 'latin1')
  return record
}

/** JSON with the properties of every object in one order. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`)
  return `{${members.join(',')}}`
}
