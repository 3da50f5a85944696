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
        await this.#renew()
        return RENEW_MS
      },
    })
  }

  /** Returns when the others can see it. */
  async start(): Promise<void> {
    await this.#renew()
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
   * Whether others that seem dead are. After the database was away everybody seems so: nobody could renew, and each
   * needs a moment.
   */
  canJudge(): boolean {
    const { clock } = this
    const now = clock.stopwatch()
    return now - this.#renewedAt < LEASE_MS && now - this.#steadySince > LEASE_MS
  }

  #renew = async () => {
    await noteAlive(this.db, this.processId, this.clock.real() + LEASE_MS)
    const now = this.clock.stopwatch()
    if (now - this.#renewedAt > LEASE_MS) this.#steadySince = now
    this.#renewedAt = now
  }
}
