/**
 * What a card is on its way to an issuer for: to be vaulted, or to be charged. The way is the same for both: a brand is
 * chosen, the buyer is authenticated, the issuer is asked. What differs, the errand does itself.
 */
import type { PaymentFailureCode, VaultingFailureCode, VaultPaymentMethodRequest } from '@coffer/antom'
import type { Cvv, Expiry, NetworkId, Pan } from '../card-data/index.js'
import type { ThreeDSWish } from '../merchants/merchant-store.js'
import type { Queryable, Tx } from '../platform/database.js'
import type { HolderFacts } from '../three-ds/areq.js'
import type { IssuerProof } from '../three-ds/judge-authentication.js'

/** Which of the two; also what rows that serve both say. */
export type About = 'VAULTING' | 'PAYMENT'

/** Whose errand it is, and by what name the merchant knows it. */
export interface ErrandName {
  about: About
  /** Of the vaulting or the payment; it also names its page, and what waits for its buyer. */
  id: string
  merchantId: string
  /** vaultingRequestId or paymentRequestId. */
  requestId: string
}

/** Why an errand fails without its issuer having been asked. */
export interface Failure {
  code: VaultingFailureCode & PaymentFailureCode
  message?: string
}

/**
 * An errand under way.
 * @typeParam State  how the vaulting or payment stands, as the call that began it answers it
 */
export interface Errand<State = unknown> extends ErrandName {
  /** Whether the card is stored where all goes well. */
  readonly storesCard: boolean
  /** Asks the issuer; in the life of an errand once, and once more after a soft decline. */
  askIssuer(chosen: Chosen<State>, secrets: Secrets, asking: Asking<State>): Promise<Asked<State>>
  /** Ends it; its issuer was not asked. @returns how it stands now: this failure, or what somebody else was first with */
  fail(failure: Failure): Promise<State>
  /** Whether this process still holds it; from then on it waits for its buyer. */
  awaitBuyer(tx: Tx): Promise<boolean>
  /** How it stands while it waits for its buyer. */
  waiting(): State
  /** An issuer that wants the buyer to be authenticated first has declined: it may be asked again. */
  takeSoftDecline(tx: Tx): Promise<boolean>
  /** Lets a repeat of the call go on with it. */
  letGo(db: Queryable): Promise<void>
  /** How it stands by now. */
  present(): Promise<State>
}

/** What an issuer is asked beside number and CVV; nothing in it is a secret of the card. */
export interface Question {
  expiry: Expiry
  cardholderName: string | undefined
  avs: { postcode?: string; line1?: string } | undefined
  currency: string
  /** In the currency's smallest unit; 0 where a card is only looked at. */
  amount: bigint
  merchant: { id: string; name: string }
}

/** What is known of the buyer, and how far he has to be authenticated. */
export interface Buyer {
  /** Whether the merchant asks for 3-D Secure. */
  asked: boolean
  /** What the merchant's settings say about it. */
  wish: ThreeDSWish
  /** What the merchant says of the buyer's browser. */
  env: VaultPaymentMethodRequest['env'] | undefined
  holder: HolderFacts
  redirectUrl: string
  /** Whether nobody is there: the merchant charges the card by himself, and there is no one to authenticate. */
  absent: boolean
  /** Whether the merchant will not have 3-D Secure where he has not asked for it. */
  noUpgrade: boolean
}

/** The network that a card is used on, who chose it and when. */
export interface NetworkChoice {
  network: NetworkId
  by: 'BUYER' | 'MERCHANT' | 'DEFAULT' | 'ONLY'
  at: number
}

/** What waits beside a CVV, while a buyer has something to do. */
export interface Waiting<State = unknown> {
  errand: Errand<State>
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

/** An errand whose network is known. */
export type Chosen<State = unknown> = Waiting<State> & { choice: NetworkChoice }

/** The secrets of a card, as handles. Whoever made them erases them. */
export interface Secrets {
  pan: Pan
  cvv2: Cvv | undefined
}

export type Asked<State = unknown> =
  | { kind: 'done'; now: State }
  /** Not one byte left us: the issuer was not asked, and the question may be asked again. */
  | { kind: 'not asked'; now: State }

/** How the issuer is asked. */
export interface Asking<State = unknown> {
  /**
   * Whether this process goes on holding an errand that could not be asked about, because it alone has the CVV; else a
   * repeat of the call goes on with it.
   */
  keep: boolean
  /** What 3-D Secure has shown. */
  proof: IssuerProof | undefined
  /**
   * Called when the issuer declines for want of authentication: has the buyer authenticated, and the issuer is asked
   * again then. Gives nothing where that cannot be.
   */
  stepUp: (() => Promise<State | undefined>) | undefined
}
