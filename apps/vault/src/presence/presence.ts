/** Keeps telling the others that this process lives, as long as it does. */
import type { Clock } from '../platform/clock.js'
import type { Database } from '../platform/database.js'
import { errorFields, type Log } from '../platform/log.js'
import { Loop } from '../platform/loop.js'
import { noteAlive, noteGone } from './process-life-store.js'

const RENEW_MS = 2_000

/** Several renewals long, so that a busy moment is not taken for a death. */
const LEASE_MS = 8_000

const FORGET_AFTER_MS = 86_400_000

export class Presence {
  readonly #loop: Loop
  #renewedAt = Number.NEGATIVE_INFINITY
  #steadySince = Number.NEGATIVE_INFINITY
  /** The last new sign of others, and when it was seen here. */
  readonly #seen = new Map<string, { sign: string | undefined; at: number }>()

  constructor(
    /** Names this run of this process; never used again. */
    readonly processId: string,
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {
    this.#loop = new Loop({
      name: 'presence',
      clock,
      log,
      longestRestMs: RENEW_MS,
      turn: async () => {
        await this.renew()
        return RENEW_MS
      },
    })
  }

  /** Returns when the others can see it. */
  async start(): Promise<void> {
    await this.renew()
    this.#loop.start()
  }

  /** What this process still holds is free for others at once. */
  async stop(): Promise<void> {
    await this.#loop.stop()
    await noteGone(this.db, this.processId, this.clock.real() - FORGET_AFTER_MS).catch(error =>
      this.log.warn('presence.not-ended', errorFields(error)),
    )
  }

  /**
   * Whether another process is gone: it said so, or gave no new sign of life for a while by the clock of this one. Two
   * machines' clocks are not compared, and one that jumps changes nothing. After the database was away nobody is judged
   * for a moment: no sign could be given.
   * @param sign  the latest one; `undefined` when it has ended in order
   */
  seemsGone(processId: string, sign: string | undefined): boolean {
    const now = this.clock.stopwatch()
    const seen = this.#seen.get(processId)
    if (this.#seen.size > 1_000) this.#seen.clear()
    if (seen === undefined || seen.sign !== sign) this.#seen.set(processId, { sign, at: now })
    if (processId === this.processId) return false
    if (sign === undefined) return true
    const isSteady = now - this.#renewedAt < LEASE_MS && now - this.#steadySince > LEASE_MS
    return isSteady && seen?.sign === sign && now - seen.at > LEASE_MS
  }

  /** One sign of life; `start` gives them regularly. */
  async renew(): Promise<void> {
    await noteAlive(this.db, this.processId, this.clock.real() + LEASE_MS)
    const now = this.clock.stopwatch()
    if (now - this.#renewedAt > LEASE_MS) this.#steadySince = now
    this.#renewedAt = now
  }
}
