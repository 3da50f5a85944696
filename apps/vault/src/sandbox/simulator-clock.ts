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
}

/** Longer than any message of the simulator waits for its answer. */
const PATIENCE_MS = 20_000

/** @param url  where people look at the simulator */
export function simulatorClock(url: string): SimulatorClock {
  return {
    async follow(reading) {
      try {
        const { statusCode, body } = await request(`${url}/clock`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(reading),
          headersTimeout: PATIENCE_MS,
          bodyTimeout: PATIENCE_MS,
        })
        const told = (await body.json()) as { nextDueAt?: unknown }
        return statusCode === 200 && typeof told.nextDueAt === 'number' ? told.nextDueAt : undefined
      } catch {
        return undefined
      }
    },
  }
}
