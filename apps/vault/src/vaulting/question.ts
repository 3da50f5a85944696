/** What is asked about a card while it is vaulted, and what is kept while somebody else has to answer first. */
import type { VaultPaymentMethodRequest } from '@coffer/antom'
import type { Expiry, NetworkId } from '../card-data/index.js'
import type { ThreeDSWish } from '../merchants/merchant-store.js'
import type { HolderFacts } from '../three-ds/areq.js'
import type { RunningVaulting } from './vaulting.js'
import type { NetworkChoice } from './vaulting-store.js'

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

/** What is known of the buyer, and how far he has to be authenticated. */
export interface Buyer {
  /** Whether the merchant asks for 3-D Secure. */
  asked: boolean
  /** What the merchant's settings say about it. */
  wish: ThreeDSWish
  /** What the merchant says of the buyer's browser. */
  env: VaultPaymentMethodRequest['env']
  holder: HolderFacts
  redirectUrl: string
}

/** What waits beside a CVV, while a buyer has something to do. */
export interface WaitingVaulting {
  vaulting: RunningVaulting
  question: Question
  buyer: Buyer
  settleAt: number
  /** What the buyer was offered; nothing where there was no choice. */
  networks: readonly NetworkId[]
  /** The network, where it was known before the buyer came. */
  choice: NetworkChoice | undefined
  /** Whether the issuer has sent the buyer back to be authenticated; it does that once. */
  softDeclined: boolean
}
