/** Randomness, as a value that is passed in, so that tests can repeat themselves and production can not. */
import { randomBytes } from 'node:crypto'

export interface Random {
  bytes(length: number): Buffer
}

/** The operating system's source. */
export const systemRandom: Random = { bytes: length => randomBytes(length) }
