import { StateFile } from './state-file.js'

/** A buyer's wish for coffee every month. How it stands is told by its payments: see `subscription-state.ts`. */
export interface Subscription {
  readonly id: string
  /** The vaultingRequestId of the card that it is paid with. */
  readonly cardId: string
  /** The first day, by the calendar of the shop; milliseconds since the epoch, as the others. */
  readonly beganAt: number
  readonly cancelledAt?: number
  /** The buyer deleted the card. */
  readonly cardLostAt?: number
}

type News = Partial<Pick<Subscription, 'cancelledAt' | 'cardLostAt'>>

const subscriptionsMax = 100

/** The subscriptions that the shop remembers. */
export class Subscriptions {
  readonly #file: StateFile<Subscription>
  readonly #subscriptions: Map<string, Subscription>

  private constructor(file: StateFile<Subscription>, subscriptions: readonly Subscription[]) {
    this.#file = file
    this.#subscriptions = new Map(subscriptions.map(one => [one.id, one]))
  }

  /** @throws StartFailure when there is a file that is not ours */
  static async open(folder: string): Promise<Subscriptions> {
    return new Subscriptions(...(await StateFile.open<Subscription>(folder, 'subscriptions')))
  }

  find(id: string): Subscription | undefined {
    return this.#subscriptions.get(id)
  }

  /** Newest first. */
  all(): Subscription[] {
    return [...this.#subscriptions.values()].reverse()
  }

  /** Notes a new subscription, unless there is one of this id. @returns whether it is new */
  async begin(subscription: Subscription): Promise<boolean> {
    if (this.#subscriptions.has(subscription.id)) return false
    this.#subscriptions.set(subscription.id, subscription)
    const [oldest] = this.#subscriptions.keys()
    if (this.#subscriptions.size > subscriptionsMax) this.#subscriptions.delete(oldest!)
    await this.#write()
    return true
  }

  async learn(id: string, news: News): Promise<void> {
    const subscription = this.#subscriptions.get(id)
    if (!subscription) return
    this.#subscriptions.set(id, { ...subscription, ...news })
    await this.#write()
  }

  #write(): Promise<void> {
    return this.#file.write(() => this.#subscriptions.values())
  }
}
