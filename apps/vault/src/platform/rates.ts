/** A token bucket per client, in memory: each process counts for itself. */
import type { Clock } from './clock.js'

export interface Rates {
  /** Whether this client may call now; counts the call. */
  admits(clientId: string): boolean
}

const BUCKETS = 10_000

/**
 * @param perSecond  calls that a client may make on average, with a burst of twice as many; `undefined` for no limit
 */
export function makeRates(perSecond: number | undefined, clock: Clock): Rates {
  if (perSecond === undefined) return { admits: () => true }
  const buckets = new Map<string, { tokens: number; at: number }>()
  const burst = Math.max(1, perSecond * 2)
  return {
    admits(clientId) {
      const now = clock.stopwatch()
      const bucket = buckets.get(clientId) ?? { tokens: burst, at: now }
      const tokens = Math.min(burst, bucket.tokens + ((now - bucket.at) / 1000) * perSecond)
      if (buckets.size >= BUCKETS) buckets.clear()
      buckets.set(clientId, { tokens: tokens < 1 ? tokens : tokens - 1, at: now })
      return tokens >= 1
    },
  }
}
