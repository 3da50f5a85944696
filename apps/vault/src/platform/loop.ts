/** A loop that does one bounded batch per turn, sleeps until it is due or woken, and stops in order. */
import type { Clock } from './clock.js'
import { errorFields, type Log } from './log.js'

export interface LoopOptions {
  name: string
  clock: Clock
  log: Log
  /** One turn. @returns how long to rest in real milliseconds; 0 to go on at once */
  turn: () => Promise<number>
  /** Never sleeps longer than this, so that a lost wake-up costs at most as much. */
  longestRestMs: number
}

export class Loop {
  #stopping = new AbortController()
  #nap = new AbortController()
  #woken = false
  #done: Promise<void> | undefined

  constructor(private readonly options: LoopOptions) {}

  start(): void {
    this.#done = this.#run()
  }

  /** Ends the present rest, or the next one if a turn is running. */
  wake(): void {
    this.#woken = true
    this.#nap.abort()
  }

  /** Lets the running turn finish. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#nap.abort()
    await this.#done
  }

  async #run(): Promise<void> {
    const { clock, log, name, turn, longestRestMs } = this.options
    let failures = 0
    while (!this.#stopping.signal.aborted) {
      let restMs: number
      try {
        restMs = await turn()
        failures = 0
      } catch (error) {
        // The database may be away; the loop outlives that. What was begun is picked up by lease or sweep.
        failures += 1
        log.error('loop.turn-failed', { cause: name, count: failures, ...errorFields(error) })
        restMs = Math.min(250 * 2 ** Math.min(failures, 5), 5_000)
      }
      if (restMs > 0 && !this.#woken) {
        this.#nap = new AbortController()
        const signal = AbortSignal.any([this.#stopping.signal, this.#nap.signal])
        await clock.sleep(Math.min(restMs, longestRestMs), signal)
      }
      this.#woken = false
    }
  }
}
