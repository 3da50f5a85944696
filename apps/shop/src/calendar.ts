/** What day it is. In a sandbox that is the vault's to say: its clock can be moved, so that a month passes in a moment. */
export interface Calendar {
  /** Milliseconds since the epoch. @throws CalendarSilent */
  now(): Promise<number>
  /** Lets time pass; only a sandbox can. @throws CalendarSilent */
  readonly pass?: (ms: number) => Promise<void>
}

/** The sandbox does not say what day it is. */
export class CalendarSilent extends Error {
  override readonly name = 'CalendarSilent'
}

const askMs = 4_000
/** On the way everything is played that falls due. */
const passMs = 60_000

/**
 * The clock of a sandbox, from its operations port: `GET` and `POST /sandbox/clock`. A shop with real buyers has neither
 * that port nor a reason to ask: its own clock is right.
 * @param opsUrl  `opsUrl` of sandbox.json
 */
export function sandboxCalendar(opsUrl: string, ask: typeof fetch = fetch): Calendar {
  async function clock(init: RequestInit, timeoutMs: number): Promise<number> {
    try {
      const answer = await ask(`${opsUrl}/sandbox/clock`, { ...init, signal: AbortSignal.timeout(timeoutMs) })
      const { now } = (await answer.json()) as { now?: unknown }
      const time = typeof now === 'string' ? Date.parse(now) : Number.NaN
      if (answer.status === 200 && Number.isFinite(time)) return time
    } catch {
      // Told in the words of this shop: whoever reads them cares that, and not how, it failed.
    }
    throw new CalendarSilent(`The clock of the sandbox at ${opsUrl} does not answer.`)
  }
  return {
    now: () => clock({}, askMs),
    pass: async ms => {
      await clock({ method: 'POST', body: JSON.stringify({ advanceMs: Math.ceil(ms) }) }, passMs)
    },
  }
}
