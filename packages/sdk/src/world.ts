/**
 * The clock, the timers and the randomness of the SDK: the only file that reaches for them.
 * A test passes its own to `new VaultClient({ world })` and decides what time it is.
 */
export interface World {
  /** Milliseconds since the epoch. */
  now(): number
  /** A number from 0 up to, not including, 1. It spreads retries; nothing secret depends on it. */
  random(): number
  /** Waits between two attempts. Rejects with the signal's reason once that is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Calls `fire` once after `ms`, unless the returned function is called before. Guards each attempt. */
  timer(ms: number, fire: () => void): () => void
}

export const realWorld: World = {
  now: () => Date.now(),
  random: () => Math.random(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const onAbort = () => {
        clearTimeout(timer)
        reject(signal?.reason)
      }
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      }, ms)
      signal?.addEventListener('abort', onAbort, { once: true })
    }),
  timer: (ms, fire) => {
    const timer = setTimeout(fire, ms)
    return () => clearTimeout(timer)
  },
}
