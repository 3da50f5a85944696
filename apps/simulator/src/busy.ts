import { nextTurn } from './clock.js'

/** Knows what is going on that will end by itself, without the clock moving: exchanges over a socket. */
export interface Busy {
  /** Counts a piece of work until it has ended, well or not. @returns what the work gives */
  during<Result>(work: Promise<Result>): Promise<Result>
  /** Returns when nothing is going on, nor about to begin. */
  idle(): Promise<void>
}

export function createBusy(): Busy {
  const running = new Set<Promise<unknown>>()
  return {
    during(work) {
      running.add(work)
      const over = () => void running.delete(work)
      work.then(over, over)
      return work
    },
    async idle() {
      for (;;) {
        // Twice: the end of one piece of work may begin the next one, and takes a turn to do so.
        await nextTurn()
        await nextTurn()
        if (running.size === 0) return
        await Promise.allSettled([...running])
      }
    },
  }
}
