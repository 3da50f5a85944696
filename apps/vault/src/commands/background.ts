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

/** Lists of card ranges are looked at so often; most of the time nothing is due. */
const DIRECTORIES_REST_MS = 1_000

/** Keeps the lists of the directory servers up to date: at the start, then once a day. */
export function refreshDirectories(system: System): Loop {
  return new Loop({
    name: 'directories',
    clock: system.clock,
    log: system.log,
    longestRestMs: DIRECTORIES_REST_MS,
    turn: async () => Math.min(DIRECTORIES_REST_MS, Math.max(0, await system.directories.refresh())),
  })
}
