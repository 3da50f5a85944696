/**
 * The simulator's timers run on the sandbox's clock: it is told how the clock stands, plays what is due by then, and says
 * when something is due next. A simulator that is not there, or is somebody else's, is left out.
 */
import { request } from 'undici'
import type { ClockReading } from '../platform/clock.js'

export interface SimulatorClock {
  /**
   * Tells it the reading, and waits until what is due by then has settled.
   * @returns when something of its own is due next, in business time; nothing where there is none
   */
  follow(reading: ClockReading): Promise<number | undefined>
  /** When something of its own is due next, and how much of it. Moves nothing. */
  nextDue(): Promise<{ at: number; count: number } | undefined>
}

/** Longer than any message of the simulator waits for its answer. */
const PATIENCE_MS = 20_000

/** To look costs it nothing. */
const LOOK_MS = 2_000

/** @param url  where people look at the simulator */
export function simulatorClock(url: string): SimulatorClock {
  const ask = async (patienceMs: number, reading?: ClockReading): Promise<Record<string, unknown> | undefined> => {
    try {
      const { statusCode, body } = await request(`${url}/clock`, {
        headersTimeout: patienceMs,
        bodyTimeout: patienceMs,
        ...(reading && {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(reading),
        }),
      })
      const told = (await body.json()) as Record<string, unknown>
      return statusCode === 200 ? told : undefined
    } catch {
      return undefined
    }
  }
  return {
    async follow(reading) {
      const nextDueAt = (await ask(PATIENCE_MS, reading))?.['nextDueAt']
      return typeof nextDueAt === 'number' ? nextDueAt : undefined
    },
    async nextDue() {
      const { at, count } = ((await ask(LOOK_MS))?.['next'] ?? {}) as { at?: unknown; count?: unknown }
      return typeof at === 'number' && typeof count === 'number' ? { at, count } : undefined
    },
  }
}
