import type { Network, ThreeDSScript } from '@coffer/test-cards'
import type { ChallengeEnding } from './challenge.js'
import type { Unchecked } from './unchecked.js'
import type { Question } from './verdict.js'

/** A challenge: from the ARes that announces it. */
export interface Transaction {
  readonly network: Network
  readonly question: Question
  readonly tt: ThreeDSScript
  /** Without the number of the card. */
  readonly areq: Unchecked
  readonly threeDSServerTransID: string
  readonly dsTransID: string
  readonly acsTransID: string
  readonly lastFour: string
  readonly valueWhenAuthenticated: string
  readonly authenticationType: string
  /** Whether a CReq has come. */
  begun: boolean
  /** How often the buyer has done something. */
  interactions: number
  wrongCodes: number
  /** As the browser brought it last; goes back as it is. */
  sessionData: string | undefined
  /** Stops the time of the present step. */
  timer: AbortController
  /** How it ended, and when the directory server has been told. */
  ended: { readonly ending: ChallengeEnding; readonly told: Promise<void> } | undefined
}

/** The challenges of this process, by acsTransID. */
export interface Transactions {
  add(transaction: Transaction): void
  find(acsTransID: unknown): Transaction | undefined
}

/** The oldest are forgotten when there are more than this. */
const most = 20_000

export function createTransactions(): Transactions {
  const transactions = new Map<string, Transaction>()
  return {
    add(transaction) {
      transactions.set(transaction.acsTransID, transaction)
      if (transactions.size > most) transactions.delete(transactions.keys().next().value!)
    },
    find: acsTransID => (typeof acsTransID === 'string' ? transactions.get(acsTransID) : undefined),
  }
}
