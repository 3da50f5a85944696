import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StartFailure } from './start-failure.js'

/** A vaulted card as the shop keeps it: what it pays with, and what it shows. No digits but the masked ones. */
export interface KeptCard {
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
}

type News = Partial<Omit<Attempt, 'vaultingRequestId' | 'askedAt'>>

/** How many attempts are kept; an example needs no more. */
const attemptsMax = 200

/** What the shop remembers: in memory, and in a small file so that a restart forgets nothing. */
export class Cards {
  readonly #path: string
  readonly #attempts: Map<string, Attempt>
  #writing: Promise<void> = Promise.resolve()

  private constructor(path: string, attempts: readonly Attempt[]) {
    this.#path = path
    this.#attempts = new Map(attempts.map(attempt => [attempt.vaultingRequestId, attempt]))
  }

  /** @throws StartFailure when there is a file that is not ours */
  static async open(folder: string): Promise<Cards> {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const path = join(folder, 'cards.json')
    const text = await readFile(path, 'utf8').catch(() => '{"attempts":[]}')
    try {
      const { attempts } = JSON.parse(text) as { attempts: Attempt[] }
      return new Cards(path, [...attempts])
    } catch {
      throw new StartFailure(`${path} is damaged: remove it. The cards themselves are safe in the vault.`)
    }
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
   * Adds what was heard of an attempt. Resolves when it is in the file.
   * @returns `false` when there is no such attempt
   */
  async learn(vaultingRequestId: string, news: News): Promise<boolean> {
    const attempt = this.#attempts.get(vaultingRequestId)
    if (!attempt) return false
    this.#attempts.set(vaultingRequestId, { ...attempt, ...news })
    await this.#write()
    return true
  }

  /** One write after the other, each of the state that is newest when its turn comes. */
  #write(): Promise<void> {
    const write = async () => {
      const text = JSON.stringify({ attempts: [...this.#attempts.values()] }, null, 2)
      await writeFile(`${this.#path}.new`, `${text}\n`, { mode: 0o600 })
      await rename(`${this.#path}.new`, this.#path)
    }
    // After a failed write the next one still gets its turn.
    this.#writing = this.#writing.then(write, write)
    return this.#writing
  }
}
