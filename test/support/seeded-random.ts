/** Randomness that repeats itself. No app may import this: production must not seal with a nonce that can be guessed. */
import { createHash } from 'node:crypto'
import type { Random } from '../../apps/vault/src/platform/random.js'

export function seededRandom(seed: string): Random {
  let block = 0
  let left = Buffer.alloc(0)
  return {
    bytes(length) {
      while (left.length < length) {
        left = Buffer.concat([left, createHash('sha256').update(`${seed}:${block}`).digest()])
        block += 1
      }
      const taken = Buffer.from(left.subarray(0, length))
      left = left.subarray(length)
      return taken
    },
  }
}
