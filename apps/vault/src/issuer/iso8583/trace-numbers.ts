/**
 * Trace numbers (STAN, data element 11): 000001 to 999999, then from the beginning again. No two messages under
 * one acquirer id (data element 32) have the same within 999,999 of them, whatever processes send them and however often those are
 * restarted. A day with more messages than that repeats numbers; that is why answers are matched by trace number *and*
 * transmission time (data element 7), and why a reversal names both. Source: ISO 8583:1987, data element 11.
 */
import type { Clock } from '../../platform/clock.js'
import type { Queryable } from '../../platform/database.js'
import { takeTraceNumbers } from './trace-number-store.js'

const LAST = 999_999

/** Enough for a minute of heavy traffic; what a crash leaves unused is a two-thousandth of the numbers. */
const BLOCK = 500

export class TraceNumbers {
  #next = 0
  #end = 0
  #taking: Promise<void> | undefined

  constructor(
    private readonly acquirerId: string,
    private readonly db: Queryable,
    private readonly clock: Clock,
    private readonly block = BLOCK,
  ) {}

  /**
   * The next number, six digits.
   * Rejects when a new block is due and the database is away; the next call tries again.
   */
  async next(): Promise<string> {
    while (this.#next >= this.#end) await this.#moreNumbers()
    const nth = this.#next++
    return String((nth % LAST) + 1).padStart(6, '0')
  }

  /** Whoever comes while a block is being taken waits for the same one. */
  #moreNumbers(): Promise<void> {
    this.#taking ??= this.#takeBlock().finally(() => {
      this.#taking = undefined
    })
    return this.#taking
  }

  async #takeBlock(): Promise<void> {
    this.#next = await takeTraceNumbers(this.db, this.acquirerId, this.block, this.clock.now())
    this.#end = this.#next + this.block
  }
}
