/** Chance that repeats itself with its seed. */
import { seededRandom } from '../support/seeded-random.js'

export interface Dice {
  /** 0 up to, and without, `below`. */
  below(below: number): number
  /** True in `percent` of 100 throws. */
  chance(percent: number): boolean
  pick<T>(from: readonly T[]): T
}

export function makeDice(seed: string): Dice {
  const random = seededRandom(seed)
  const below = (limit: number) => random.bytes(4).readUInt32BE() % limit
  return { below, chance: percent => below(100) < percent, pick: from => from[below(from.length)]! }
}
