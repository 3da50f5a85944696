import type { VaultClient } from '@coffer/sdk'
import type { Calendar } from './calendar.js'
import type { Cards } from './cards.js'
import type { Payments } from './payments.js'
import type { Subscriptions } from './subscriptions.js'

/** One line of the shop's log. Card digits, names and tokens never go in. */
export type Log = (level: 'info' | 'warn' | 'error', msg: string, fields?: Record<string, string | number>) => void

/** What the shop works with. Time and chance come in, so that tests have them in their hands. */
export interface Shop {
  readonly client: VaultClient
  readonly cards: Cards
  readonly payments: Payments
  readonly subscriptions: Subscriptions
  /** Where buyers and the vault reach the shop: `http://127.0.0.1:8083`. */
  readonly url: string
  /** Milliseconds since the epoch: how long things take. */
  readonly now: () => number
  /** What day it is: when subscriptions fall due. */
  readonly calendar: Calendar
  /** An id that nobody has used and nobody can guess. */
  readonly newId: () => string
  readonly log: Log
}
