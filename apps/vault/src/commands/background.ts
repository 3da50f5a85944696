/** What `serve` and `work` both do beside their work. */
import { Loop } from '../platform/loop.js'
import type { System } from '../system.js'

/** How old the table of card ranges may be. */
const RANGES_AGE_MS = 5_000

/** Follows imports of card ranges, also those that another process made. */
export function refreshRanges(system: System): Loop {
  return new Loop({
    name: 'card-ranges',
    clock: system.clock,
    log: system.log,
    longestRestMs: RANGES_AGE_MS,
    turn: async () => {
      await system.ranges.refresh()
      return RANGES_AGE_MS
    },
  })
}
