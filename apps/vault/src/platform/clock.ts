/** Time, as a value that is passed in: nothing else in the vault reads a clock. */
import { setTimeout as sleepFor } from 'node:timers/promises'

/** Milliseconds since the epoch. */
export type Instant = number & { readonly unit: 'ms since 1970' }

export interface Clock {
  /** The time of the business: in a sandbox it may be played forward, everywhere else it is the machine's. */
  now(): Instant
  /** The machine's time, whatever is played: for what really happens between processes, never for the business. */
  real(): number
  /** Waits real time, and ends early without an error when the signal is given. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Real time that only grows, for measuring how long something took. In milliseconds. */
  stopwatch(): number
}

/** An instant that lies `ms` after another. */
export const after = (instant: Instant, ms: number) => (instant + ms) as Instant

/** A limit that is usually not reached; cancelling it costs nothing, unlike a sleep that is aborted. */
export interface Limit {
  readonly passed: Promise<void>
  cancel(): void
}

/** Passes after so much real time, unless it is cancelled before. */
export function limit(ms: number): Limit {
  let timer: NodeJS.Timeout | undefined
  const passed = new Promise<void>(resolve => {
    timer = setTimeout(resolve, ms)
  })
  return { passed, cancel: () => clearTimeout(timer) }
}

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => Date.now() as Instant,
  real: () => Date.now(),
  stopwatch: () => performance.now(),
  sleep,
}

async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await sleepFor(ms, undefined, signal ? { signal } : {})
  } catch (error) {
    if (!signal?.aborted) throw error
  }
}

/** How a sandbox clock stands: what it showed at a real instant, and whether it runs since. */
export interface ClockReading {
  realMs: number
  virtualMs: number
  running: boolean
  /** A clock that stands still runs again from here, should the process that holds it have died. */
  heldUntilRealMs: number
}

/** Held until then: nobody has to live so long, the clock was frozen by a person. Fits PostgreSQL's bigint. */
export const HELD_FOR_GOOD = Number.MAX_SAFE_INTEGER

/** Whether somebody has frozen the clock; one that is held while things are played is not. */
export function isFrozen(reading: ClockReading): boolean {
  return !reading.running && reading.heldUntilRealMs === HELD_FOR_GOOD
}

/**
 * A clock that can be set, for the sandbox and for tests. Every process of a sandbox follows one reading that lies in
 * the database (sandbox/virtual-clock.ts). Time never goes back, whatever reading arrives.
 */
export class SettableClock implements Clock {
  #reading: ClockReading
  #latest = 0

  constructor(
    reading: ClockReading = { realMs: 0, virtualMs: 0, running: true, heldUntilRealMs: 0 },
    private readonly realNow: () => number = () => Date.now(),
  ) {
    this.#reading = reading
  }

  follow(reading: ClockReading): void {
    this.#reading = reading
  }

  reading(): ClockReading {
    return this.#reading
  }

  now(): Instant {
    this.#latest = Math.max(this.#latest, Math.round(timeShown(this.#reading, this.realNow())))
    return this.#latest as Instant
  }

  real(): number {
    return this.realNow()
  }

  stopwatch(): number {
    return performance.now()
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return sleep(ms, signal)
  }
}

/** What a reading shows at a real instant. */
export function timeShown(reading: ClockReading, realNow: number): number {
  const runsSince = reading.running ? reading.realMs : reading.heldUntilRealMs
  return reading.virtualMs + Math.max(0, realNow - runsSince)
}
