/** When a notification is sent again. */

/**
 * How long after one delivery began the next is due, in minutes: eight deliveries, at minute 0, 2, 12, 22, 82, 202,
 * 562 and 1462. The last lies beyond the published 24 hours, since the published intervals add up to 24 h 22 min.
 * Source: Antom › notifyVaulting.
 */
export const REPEAT_AFTER_MINUTES = [2, 10, 10, 60, 120, 360, 900] as const

/** Deliveries of one series, the first included. */
export const MAX_ATTEMPTS = REPEAT_AFTER_MINUTES.length + 1

/**
 * How long to wait between one delivery and the next.
 * @param attemptsMade  deliveries made so far, the one that just failed included: 1 to 8
 * @param factor  shortens or stretches the waits in a sandbox; 1 is the published schedule, 0 switches repeats off
 * @returns milliseconds from the instant at which that delivery began, or `undefined` when the series has ended
 */
export function repeatAfterMs(attemptsMade: number, factor = 1): number | undefined {
  const wait = factor === 0 ? undefined : REPEAT_AFTER_MINUTES[attemptsMade - 1]
  return wait === undefined ? undefined : Math.round(wait * 60_000 * factor)
}
