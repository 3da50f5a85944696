import { randomBytes } from 'node:crypto'

/** Time, as the simulator knows it. */
export interface Clock {
  /** This instant. */
  now(): Date
  /**
   * Waits.
   * @param signal  cuts the wait short
   * @returns whether the whole time has passed
   */
  wait(ms: number, signal: AbortSignal): Promise<boolean>
}

/** A source of chance: `count` bytes, each 0 to 255. */
export type Random = (count: number) => Uint8Array

/** The time of the machine. */
export const systemClock: Clock = {
  now: () => new Date(),
  wait: (ms, signal) =>
    new Promise(resolve => {
      if (signal.aborted) return resolve(false)
      const cutShort = () => {
        clearTimeout(timer)
        resolve(false)
      }
      const timer = setTimeout(() => {
        signal.removeEventListener('abort', cutShort)
        resolve(true)
      }, ms)
      signal.addEventListener('abort', cutShort, { once: true })
    }),
}

/** The chance of the machine. */
export const systemRandom: Random = count => randomBytes(count)

/** Returns when everything that could go on by itself has done so. */
export function nextTurn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}

/** A clock that stands still until somebody moves it. */
export interface ManualClock extends Clock {
  /** Moves the time forward and ends every wait that falls due on the way. */
  advance(ms: number): void
  /** How many waits are running. */
  readonly waiting: number
}

/** Makes a clock for tests, so that nobody sits through what an issuer lets others wait for. */
export function manualClock(start: Date): ManualClock {
  let now = start.getTime()
  const waits = new Set<{ until: number; end(passed: boolean): void }>()
  return {
    now: () => new Date(now),
    wait: (ms, signal) =>
      new Promise(resolve => {
        if (signal.aborted) return resolve(false)
        const wait = {
          until: now + ms,
          end(passed: boolean) {
            waits.delete(wait)
            resolve(passed)
          },
        }
        waits.add(wait)
        signal.addEventListener('abort', () => wait.end(false), { once: true })
      }),
    advance(ms) {
      now += ms
      for (const wait of [...waits]) if (wait.until <= now) wait.end(true)
    },
    get waiting() {
      return waits.size
    },
  }
}
