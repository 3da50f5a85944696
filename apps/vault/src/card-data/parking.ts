/**
 * Where a CVV waits while a buyer is asked something, or for the payment with its nonce: in the memory of the process that
 * received it, and nowhere else. It is overwritten when it is used, when its time is over and when the process stops; a crash loses it by design, and
 * the buyer enters the card again. Source: PCI DSS 3.3.1 to 3.3.3.
 */
import type { Cvv } from './pan.js'

interface Parked<Rest> {
  readonly cvv: Cvv | undefined
  readonly rest: Rest
  /** Business time. */
  readonly until: number
}

/** @typeParam Rest  what is kept beside the CVV; never digits of a card */
export class Parking<Rest> {
  readonly #parked = new Map<string, Parked<Rest>>()

  /** Keeps a copy: the handles of a call are erased when the call has been answered. */
  park(vaultingId: string, cvv: Cvv | undefined, rest: Rest, until: number): void {
    this.#parked.get(vaultingId)?.cvv?.erase()
    this.#parked.set(vaultingId, { cvv: cvv?.copy(), rest, until })
  }

  /** Hands it out; whoever takes it erases it. */
  take(vaultingId: string): { cvv: Cvv | undefined; rest: Rest } | undefined {
    const parked = this.#parked.get(vaultingId)
    this.#parked.delete(vaultingId)
    return parked
  }

  /** What is kept beside it, while it stays where it is. */
  look(vaultingId: string): Rest | undefined {
    return this.#parked.get(vaultingId)?.rest
  }

  /** Whose CVV waits here. */
  ids(): string[] {
    return [...this.#parked.keys()]
  }

  /** Erases what has waited too long. */
  eraseOver(now: number): void {
    for (const [id, { until }] of this.#parked) if (until <= now) this.erase(id)
  }

  erase(vaultingId: string): void {
    this.take(vaultingId)?.cvv?.erase()
  }

  eraseAll(): void {
    for (const id of this.ids()) this.erase(id)
  }
}
