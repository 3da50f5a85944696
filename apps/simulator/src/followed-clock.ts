import type { Busy } from './busy.js'
import type { Clock } from './clock.js'

/** How a clock stands that others keep: what it showed at an instant of the machine, and whether it runs since. */
export interface ClockReading {
  readonly realMs: number
  readonly virtualMs: number
  readonly running: boolean
  /** A clock that stands still runs again from here, should whoever holds it have died. */
  readonly heldUntilRealMs: number
}

/** A clock that is the machine's until it is told to follow another one. */
export interface FollowedClock extends Clock {
  /**
   * Shows from now on what a reading says. Waits that have ended by then end one after the other, each at its own
   * instant, and the next one ends only when nothing is busy any more with what the one before began. Time never goes
   * back, whatever reading arrives; only the first one may lie behind the machine, and waits keep what is left of them.
   * @returns when the next wait ends, in milliseconds of the time that is followed; `null` if there is none
   */
  follow(reading: ClockReading): Promise<number | null>
  /** When the next wait ends, and how many end then; `null` if there is none. Moves nothing. */
  nextDue(): NextDue | null
}

/** When waits end next. */
export interface NextDue {
  /** In milliseconds of the time that is followed. */
  readonly at: number
  readonly count: number
}

/** Timers of the machine that are longer than 31 bits of milliseconds end at once. */
const longestWaitMs = 2_147_483_647

interface Wait {
  until: number
  end(passed: boolean): void
  /** Cuts short the machine's own wait that stands behind it. */
  sleep: AbortController
}

/**
 * Makes a clock that can follow.
 * @param machine  the clock to show and to wait with while nobody sets another time, and to run by afterwards
 * @param busy  knows when what a wait began has settled
 */
export function followedClock(machine: Clock, busy: Busy): FollowedClock {
  const waits = new Set<Wait>()
  let reading: ClockReading | undefined
  let playingAt: number | undefined
  let latest = 0
  let following: Promise<unknown> = Promise.resolve()

  const shown = () => {
    if (reading === undefined) return machine.now().getTime()
    latest = Math.max(latest, playingAt ?? timeShown(reading, machine.now().getTime()))
    return latest
  }

  const arm = (wait: Wait) => {
    wait.sleep = new AbortController()
    machine.wait(Math.min(machineMsUntil(wait.until), longestWaitMs), wait.sleep.signal).then(passed => {
      // While readings are played, these decide; whoever is left over is armed again.
      if (!passed || playingAt !== undefined) return
      if (shown() < wait.until) arm(wait)
      else wait.end(true)
    })
  }

  /** How long the machine's clock has to run until an instant of the time that is followed. */
  const machineMsUntil = (until: number) => {
    const standsStillMs =
      reading === undefined || reading.running ? 0 : reading.heldUntilRealMs - machine.now().getTime()
    return Math.max(0, Math.ceil(until - shown() + Math.max(0, standsStillMs)))
  }

  /** A clock that was frozen for a while is behind the machine's, by which this one ran until now. */
  function joinTime(next: ClockReading): void {
    const machineNow = machine.now().getTime()
    const behindMs = Math.min(0, timeShown(next, machineNow) - machineNow)
    for (const wait of waits) wait.until += behindMs
    latest = machineNow + behindMs
  }

  async function play(next: ClockReading): Promise<number | null> {
    for (const { sleep } of waits) sleep.abort()
    if (reading === undefined) joinTime(next)
    else latest = shown()
    playingAt = latest
    reading = next
    const target = Math.max(latest, timeShown(next, machine.now().getTime()))
    await busy.idle()
    for (;;) {
      const due = earliest(waits)
      if (due === undefined || due.until > target) break
      playingAt = Math.max(latest, due.until)
      due.end(true)
      await busy.idle()
    }
    playingAt = undefined
    latest = target
    for (const wait of waits) arm(wait)
    return earliest(waits)?.until ?? null
  }

  return {
    now: () => new Date(shown()),
    wait: (ms, signal) =>
      new Promise(resolve => {
        if (signal.aborted) return resolve(false)
        const cutShort = () => wait.end(false)
        const wait: Wait = {
          until: shown() + ms,
          end(passed) {
            waits.delete(wait)
            signal.removeEventListener('abort', cutShort)
            wait.sleep.abort()
            resolve(passed)
          },
          sleep: new AbortController(),
        }
        waits.add(wait)
        signal.addEventListener('abort', cutShort, { once: true })
        if (playingAt === undefined) arm(wait)
      }),
    nextDue() {
      const at = earliest(waits)?.until
      return at === undefined ? null : { at, count: [...waits].filter(wait => wait.until === at).length }
    },
    follow(next) {
      const turn = following.then(() => play(next))
      following = turn.catch(() => {})
      return turn
    },
  }
}

/** What a reading shows at an instant of the machine. */
export function timeShown(reading: ClockReading, realNow: number): number {
  const runsSince = reading.running ? reading.realMs : reading.heldUntilRealMs
  return Math.round(reading.virtualMs + Math.max(0, realNow - runsSince))
}

function earliest(waits: ReadonlySet<Wait>): Wait | undefined {
  let found: Wait | undefined
  for (const wait of waits) if (found === undefined || wait.until < found.until) found = wait
  return found
}
