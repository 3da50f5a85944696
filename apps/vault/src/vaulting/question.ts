/** What is asked about a card while it is vaulted, and what is kept while somebody else has to answer first. */
import type { Expiry, NetworkId } from '../card-data/index.js'
import type { RunningVaulting } from './vaulting.js'

/** What an issuer is asked beside number and CVV; nothing in it is a secret of the card. */
export interface Question {
  /** The token that the card gets, should it be stored. */
  token: string
  expiry: Expiry
  cardholderName: string | undefined
  avs: { postcode?: string; line1?: string } | undefined
  currency: string
  merchant: { id: string; name: string }
}

/** What waits beside a CVV, while a buyer has something to do. */
export interface WaitingVaulting {
  vaulting: RunningVaulting
  question: Question
  settleAt: number
  /** What the buyer was offered. */
  networks: readonly NetworkId[]
}
