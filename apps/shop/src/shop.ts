import type { VaultClient } from '@coffer/sdk'
import type { Cards } from './cards.js'

/** One line of the shop's log. Card digits, names and tokens never go in. */
export type Log = (level: 'info' | 'warn' | 'error', msg: string, fields?: Record<string, string | number>) => void

/** What the shop works with. Time and chance come in, so that tests have them in their hands. */
export interface Shop {
  readonly client: VaultClient
  readonly cards: Cards
  /** Where buyers and the vault reach the shop: `http://127.0.0.1:8083`. */
  readonly url: string
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** An id that nobody has used and nobody can guess. */
  readonly newId: () => string
  readonly log: Log
}
