/** One run of 3-D Secure for a vaulting or a payment, as it is stored. */
import type { MessageCategory, MessageVersion } from '@coffer/emv3ds'
import type { About } from '../buyers/errand.js'
import type { NetworkId } from '../card-data/index.js'
import type { BrowserFacts, WindowSize } from './browser-facts.js'
import type { AuthenticationReason } from './plan-authentication.js'

/**
 * `BROWSER`: the buyer's browser is waited for. `READY`: its facts are there. `SENT`: the AReq has left. `CHALLENGE`: the
 * buyer has to pass one. `RESULT`: it is known how it went, and the process with the CVV goes on. `DONE`: nothing more
 * comes of it.
 */
export type AuthenticationState = 'BROWSER' | 'READY' | 'SENT' | 'CHALLENGE' | 'RESULT' | 'DONE'

/** What became of it: its result counted, another one took its place, nobody answered, the vaulting ended without it. */
export type AuthenticationEnd = 'USED' | 'REFUSED' | 'UNAVAILABLE' | 'SILENT' | 'REPEATED' | 'CLOSED'

export interface Authentication {
  /** threeDSServerTransID. */
  id: string
  about: About
  /** Of the vaulting or the payment. */
  vaultingId: string
  merchantId: string
  /** Or a paymentRequestId. */
  vaultingRequestId: string
  /** 1 for the first of its vaulting. */
  attempt: number
  reason: AuthenticationReason
  /** The directory server that was asked, by its id in the settings. */
  directory: string
  network: NetworkId
  version: MessageVersion
  category: MessageCategory
  state: AuthenticationState
  methodUrl: string | undefined
  methodDone: boolean
  browser: BrowserFacts | undefined
  dsTransId: string | undefined
  acsTransId: string | undefined
  challengeSealed: Buffer | undefined
  returned: boolean
  outcomeSealed: Buffer | undefined
  ended: AuthenticationEnd | undefined
}

/** One that has begun: what an AReq is made from. */
export type Begun = Pick<
  Authentication,
  | 'id'
  | 'about'
  | 'vaultingId'
  | 'merchantId'
  | 'vaultingRequestId'
  | 'attempt'
  | 'reason'
  | 'directory'
  | 'network'
  | 'version'
  | 'category'
  | 'methodUrl'
  | 'methodDone'
  | 'browser'
>

/** How the challenge goes on; sealed, so that nobody who writes to the database leads a buyer elsewhere. */
export interface Challenge {
  acsUrl: string
  acsTransId: string
  dsTransId: string
  windowSize: WindowSize
  cardholderInfo?: string
}
