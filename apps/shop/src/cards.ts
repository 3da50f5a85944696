import { StateFile } from './state-file.js'

/** A vaulted card as the shop keeps it: what it pays with, and what it shows. No digits but the masked ones. */
export interface KeptCard {
  /** Empty once the card is deleted. */
  readonly cardToken: string
  readonly brand: string
  readonly maskedCardNo: string
  readonly expiryMonth?: string
  readonly expiryYear?: string
}

/** A statement of the vault whose signature was verified: the SDK lets no other through. */
export interface Statement {
  /** When it arrived, in milliseconds since the epoch. */
  readonly at: number
  readonly code: string
  readonly message: string
  /** There when the card is in the vault. */
  readonly card?: KeptCard
  /** The vault's page on which the buyer has something to do; there while the vault waits for that. */
  readonly buyerUrl?: string
}

/** One attempt of a buyer to add a card, and everything the shop's server has heard of it. */
export interface Attempt {
  readonly vaultingRequestId: string
  readonly askedAt: number
  readonly answer?: Statement & { readonly status: 'S' | 'F' | 'U' }
  /** The call ended without an answer that could be used; the class of the failure. */
  readonly noAnswer?: { readonly at: number; readonly code: string }
  readonly notification?: Statement & { readonly status: 'S' | 'F' }
  readonly inquiry?: Statement & { readonly vaultingStatus: 'SUCCESS' | 'FAIL' | 'PROCESSING' | 'NOT_KNOWN' }
  /** The buyer wanted the card gone, and the vault has it no more. */
  readonly deletedAt?: number
}

type News = Partial<Omit<Attempt, 'vaultingRequestId' | 'askedAt'>>

/** How many attempts are kept; an example needs no more. */
const attemptsMax = 200

/** The cards that the shop remembers: in memory, and in a small file so that a restart forgets nothing. */
export class Cards {
  readonly #file: StateFile<Attempt>
  readonly #attempts: Map<string, Attempt>

  private constructor(file: StateFile<Attempt>, attempts: readonly Attempt[]) {
    this.#file = file
    this.#attempts = new Map(attempts.map(attempt => [attempt.vaultingRequestId, attempt]))
  }

  /** @throws StartFailure when there is a file that is not ours */
  static async open(folder: string): Promise<Cards> {
    return new Cards(...(await StateFile.open<Attempt>(folder, 'cards', 'attempts')))
  }

  find(vaultingRequestId: string): Attempt | undefined {
    return this.#attempts.get(vaultingRequestId)
  }

  /** Newest first. */
  all(): Attempt[] {
    return [...this.#attempts.values()].reverse()
  }

  /** Notes a new attempt. Resolves when it is in the file: what is not stored is not asked. */
  async begin(vaultingRequestId: string, askedAt: number): Promise<void> {
    this.#attempts.set(vaultingRequestId, { vaultingRequestId, askedAt })
    const [oldest] = this.#attempts.keys()
    if (this.#attempts.size > attemptsMax) this.#attempts.delete(oldest!)
    await this.#write()
  }

  /**
   * Adds what was heard of an attempt. Resolves when it is in the file. Once the card is deleted, no token stays here:
   * neither one that is known already nor one that a late notification brings.
   * @returns `false` when there is no such attempt
   */
  async learn(vaultingRequestId: string, news: News): Promise<boolean> {
    const attempt = this.#attempts.get(vaultingRequestId)
    if (!attempt) return false
    const now = { ...attempt, ...news }
    this.#attempts.set(vaultingRequestId, now.deletedAt === undefined ? now : withoutTokens(now))
    await this.#write()
    return true
  }

  #write(): Promise<void> {
    return this.#file.write(() => this.#attempts.values())
  }
}

function withoutTokens(attempt: Attempt): Attempt {
  const { answer, notification, inquiry } = attempt
  const without = <Said extends Statement>(said: Said): Said =>
    said.card ? { ...said, card: { ...said.card, cardToken: '' } } : said
  return {
    ...attempt,
    ...(answer && { answer: without(answer) }),
    ...(notification && { notification: without(notification) }),
    ...(inquiry && { inquiry: without(inquiry) }),
  }
}
