/** What a listener does with notifications on request: hold, drop, delay, duplicate, reorder. */
import type { Clock } from '../platform/clock.js'

/** Which notifications are dropped: the first so many, all, or every n-th. */
export type DropWish = { first: number } | { every: number }

/** What is wished for all notifications. */
export interface Wishes {
  hold: boolean
  drop?: DropWish | undefined
  delayMs: number
  duplicate: boolean
  /** So many are gathered and forwarded in reverse; fewer than 2 are not. */
  reorder: number
}

/** What happens to one notification, in this order. */
export interface Plan {
  drop: boolean
  hold: boolean
  delayMs: number
  /** Waits until its group is complete, and for those that go before it. */
  group?: ReorderGroup
  times: 1 | 2
}

export class Treatments {
  readonly #wishes: Wishes
  #seen = 0
  readonly #held = new Set<() => void>()
  #group: ReorderGroup | undefined
  /** What is wished for the next one alone. */
  #next: { drop?: boolean; duplicate?: boolean; delayMs?: number } = {}

  constructor(
    wishes: Wishes,
    private readonly clock: Clock,
  ) {
    this.#wishes = { ...wishes }
  }

  /** How many wait to be released. */
  get held(): number {
    return this.#held.size + (this.#group?.size ?? 0)
  }

  get holds(): boolean {
    return this.#wishes.hold
  }

  /** Says what happens to the notification that has just come. */
  plan(): Plan {
    this.#seen += 1
    const next = this.#next
    this.#next = {}
    const { drop, hold, delayMs, duplicate, reorder } = this.#wishes
    const isDropped =
      next.drop === true ||
      (drop !== undefined && ('first' in drop ? this.#seen <= drop.first : this.#seen % drop.every === 0))
    const plan: Plan = {
      drop: isDropped,
      hold: hold && !isDropped,
      delayMs: next.delayMs ?? delayMs,
      times: duplicate || next.duplicate ? 2 : 1,
    }
    if (isDropped) return plan
    if (reorder >= 2) this.#group ??= new ReorderGroup(reorder)
    const group = this.#group
    if (!group) return plan
    group.expect()
    if (group.isExpected) this.#group = undefined
    return { ...plan, group }
  }

  /**
   * Waits as planned, until it may go.
   * @param gone  given when nobody waits for it any more
   * @returns what to call once it has gone; `undefined` when it need not go
   */
  async turn(plan: Plan, gone: AbortSignal): Promise<(() => void) | undefined> {
    if (plan.hold) await this.#release(gone)
    if (plan.delayMs > 0 && !gone.aborted) await this.clock.sleep(plan.delayMs, gone)
    if (!plan.group) return gone.aborted ? undefined : () => {}
    return plan.group.turn(gone)
  }

  /** Lets go what is held; where nothing is, those that wait for a group to be complete. @returns how many that were */
  release(): number {
    if (this.#held.size > 0) {
      const going = [...this.#held]
      for (const go of going) go()
      return going.length
    }
    const waiting = this.#group?.size ?? 0
    this.#group?.close()
    this.#group = undefined
    return waiting
  }

  /** Holds from now on, or lets go and holds no more. @returns whether it holds now */
  toggleHold(): boolean {
    this.#wishes.hold = !this.#wishes.hold
    if (!this.#wishes.hold) this.release()
    return this.#wishes.hold
  }

  dropNext(): void {
    this.#next.drop = true
  }

  duplicateNext(): void {
    this.#next.duplicate = true
  }

  delayNext(ms: number): void {
    this.#next.delayMs = ms
  }

  reorderNext(count: number): void {
    this.#group ??= new ReorderGroup(count)
  }

  #release(gone: AbortSignal): Promise<void> {
    return new Promise(resolve => {
      const go = () => {
        this.#held.delete(go)
        resolve()
      }
      if (gone.aborted) return resolve()
      this.#held.add(go)
      gone.addEventListener('abort', go, { once: true })
    })
  }
}

interface Waiting {
  gone: AbortSignal
  go: (done: (() => void) | undefined) => void
}

/** Notifications that wait for each other and then go in reverse, one after the other. */
export class ReorderGroup {
  #expected = 0
  #arrived: Waiting[] = []
  #missing = 0
  #isClosed = false

  constructor(private readonly count: number) {}

  /** How many wait in it. */
  get size(): number {
    return this.#isClosed ? 0 : this.#arrived.length
  }

  /** Whether no more belong to it. */
  get isExpected(): boolean {
    return this.#expected >= this.count
  }

  /** One more belongs to it, which may take a while to arrive. */
  expect(): void {
    this.#expected += 1
  }

  /** @returns what to call once it has gone; `undefined` when nobody waits for it any more */
  turn(gone: AbortSignal): Promise<(() => void) | undefined> {
    return new Promise(resolve => {
      if (gone.aborted) {
        this.#missing += 1
        resolve(undefined)
      } else {
        this.#arrived.push({ gone, go: resolve })
        gone.addEventListener('abort', () => resolve(undefined), { once: true })
      }
      if (this.#isClosed || this.#arrived.length + this.#missing >= this.count) this.close()
    })
  }

  /** Lets go whoever is there; who comes later goes at once. */
  close(): void {
    this.#isClosed = true
    void this.#inReverse(this.#arrived.splice(0).reverse())
  }

  async #inReverse(waiting: readonly Waiting[]): Promise<void> {
    for (const { gone, go } of waiting) {
      if (gone.aborted) continue
      await new Promise<void>(done => {
        gone.addEventListener('abort', () => done(), { once: true })
        go(done)
      })
    }
  }
}
