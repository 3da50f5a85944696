/** Pauses before a restart, in milliseconds; the last one is repeated. */
export const defaultPauses: readonly number[] = [1000, 2000, 5000, 10_000]

const windowMs = 60_000

/** Whoever dies so often within a minute will not live the next time either. */
const most = 5

/** Counts the deaths of one child and says how long to wait. */
export class Restarts {
  #deaths: number[] = []

  constructor(
    private readonly pauses: readonly number[],
    private readonly now: () => number,
  ) {}

  /** Notes a death. Returns the pause before the restart in ms, or `undefined` when it is time to give up. */
  next(): number | undefined {
    const now = this.now()
    this.#deaths = [...this.#deaths.filter(at => now - at < windowMs), now]
    if (this.#deaths.length >= most) return undefined
    return this.pauses[Math.min(this.#deaths.length, this.pauses.length) - 1] ?? 0
  }
}
