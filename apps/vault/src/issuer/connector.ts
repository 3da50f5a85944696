/**
 * The port to the issuers: what the vault asks an acquirer, and what may come back. A connector speaks some protocol;
 * the vault knows only this. `unknown` is an outcome of its own and never becomes an approval or a decline by default.
 */
import type { Cvv, Expiry, NetworkId, Pan } from '../card-data/index.js'

/** How long an issuer may take, so that the merchant has an answer within ten seconds. Source: Antom › HTTP status. */
export const ISSUER_TIMEOUT_MS = 8_000

/** What 3-D Secure said about the cardholder. Source: EMV 3-D Secure › AReq/ARes, RReq. */
export interface Authentication {
  /** Two characters: `[0-9N][0-9]`. */
  readonly eci: string
  /** `authenticationValue`: 20 bytes in base64. */
  readonly cavv?: string
  readonly dsTransId?: string
  /** `Y` authenticated, `A` attempted, `I` for information. */
  readonly status?: 'Y' | 'A' | 'N' | 'U' | 'I'
}

/** A zero-amount check of a card. Digits are handles: they are filled in while the message is written. */
export interface VerifyRequest {
  /** The network that carries the question; on a co-badged card the one that was chosen. */
  network: NetworkId
  pan: Pan
  expiry: Expiry
  cvv2: Cvv | undefined
  cardholderName: string | undefined
  avs: { postcode?: string; line1?: string } | undefined
  /** ISO 4217, three letters. */
  currency: string
  merchant: { id: string; name: string }
  /** What 3-D Secure said about the cardholder, where it was made. */
  authentication?: Authentication
  storedCredential: { initiator: 'CARDHOLDER'; usage: 'FIRST'; reason: 'COF' }
}

/** On whose initiative a card is charged, and whether its number is stored. */
export type StoredCredential =
  | { initiator: 'CARDHOLDER'; usage: 'FIRST'; reason: 'COF' }
  | { initiator: 'CARDHOLDER'; usage: 'SUBSEQUENT'; reason: 'COF' }
  | {
      initiator: 'MERCHANT'
      usage: 'SUBSEQUENT'
      reason: 'RECURRING' | 'UNSCHEDULED'
      originalNetworkTransactionId: string
    }

/** Asks for money. */
export interface AuthoriseRequest extends Omit<VerifyRequest, 'storedCredential'> {
  /** In the currency's smallest unit. */
  amount: bigint
  /** Whether the money is to move with the approval, where the dialect has such a message. */
  sale: boolean
  /** Absent when the number is neither stored nor to be stored. */
  storedCredential: StoredCredential | undefined
}

/** An advice: what an issuer is told about an authorisation that it gave; it is repeated until it is answered. */
export interface AdviseRequest {
  what: 'CAPTURE' | 'REFUND' | 'VOID'
  network: NetworkId
  /** Absent when the card is not stored any more: the issuer finds the authorisation by its reference. */
  card: { pan: Pan; expiry: Expiry } | undefined
  currency: string
  merchant: { id: string; name: string }
  /** Of a capture or refund what is moved; of a void what was authorised. */
  amount: bigint
  /** Of a partial void: what stays. */
  remaining: bigint | undefined
  /** Of the authorisation, with `sale` as it was asked. */
  original: MessageReference
  sale: boolean
  authCode: string | undefined
  /** Of the advice itself; the same for every repeat. */
  reference: MessageReference
  repeat: boolean
}

export type AdviseOutcome =
  | { kind: 'taken'; raw: string }
  /** The issuer does not do it. */
  | { kind: 'declined'; raw: string }
  /** `sent` is false only where not one byte of the advice left us. */
  | { kind: 'unknown'; cause: string; sent: boolean }

/**
 * What names one message to an issuer for ever: trace number, instants, reference number and the like. It is written
 * down before the message is sent, so that whoever comes after a crash can take the message back. Never holds digits
 * of the card.
 */
export type MessageReference = Readonly<Record<string, string>>

/** Takes a message back whose answer nobody knows. */
export interface ReverseRequest {
  network: NetworkId
  /** Absent when the card is not stored any more: the issuer finds the message by its reference. */
  card: { pan: Pan; expiry: Expiry } | undefined
  currency: string
  merchant: { id: string; name: string }
  /** Of the message to take back: zero for a verification, and whether it was asked as a sale. */
  amount: bigint
  sale: boolean
  /** That of the message to take back. */
  original: MessageReference
  /** That of the reversal itself; the same for every repeat of it. */
  reference: MessageReference
  /** Whether this reversal was sent before. */
  repeat: boolean
}

export type IssuerOutcome =
  | {
      kind: 'approved'
      /** The response code as it came (ISO 8583 data element 39). */
      raw: string
      authCode: string | undefined
      networkTransactionId: string | undefined
      cvvResult: string | undefined
      avsResult: string | undefined
      /** When and how to ask again, where the issuer says so. Source: Mastercard › Merchant advice codes. */
      merchantAdvice: string | undefined
    }
  | {
      kind: 'declined'
      raw: string
      cvvResult: string | undefined
      avsResult: string | undefined
      merchantAdvice: string | undefined
    }
  /** Nobody knows what the issuer has decided. `sent` is false only where not one byte of the message left us. */
  | { kind: 'unknown'; cause: 'timeout' | 'link-down' | 'garbled'; sent: boolean }

export type ReverseOutcome =
  | { kind: 'acknowledged'; raw: string }
  /** The issuer has no such message: it never came, or it is still on its way and will be decided when it arrives. */
  | { kind: 'not found'; raw: string }
  /** `sent` is false only where not one byte of the reversal left us. */
  | { kind: 'unknown'; cause: string; sent: boolean }

export interface AcquirerConnector {
  readonly id: string
  readonly networks: ReadonlySet<NetworkId>
  /** Whether a verification without an answer is taken back. */
  readonly reversesVerifications: boolean
  /** Reserves what names the next message. Rejects only when the database is away. */
  prepare(): Promise<MessageReference>
  /** Asks once. Never rejects: whatever goes wrong on the way is `unknown`. */
  verify(request: VerifyRequest, reference: MessageReference): Promise<IssuerOutcome>
  /** Whether a sale moves its money with the approval. Where not, a capture has to follow. */
  readonly salesAreSingle: boolean
  /** Asks once for money. Never rejects: whatever goes wrong on the way is `unknown`. */
  authorise(request: AuthoriseRequest, reference: MessageReference): Promise<IssuerOutcome>
  /** Tells the issuer about an authorisation, once; the caller repeats. Never rejects. */
  advise(request: AdviseRequest): Promise<AdviseOutcome>
  /** Takes a message back, once; the caller repeats. Never rejects. */
  reverse(request: ReverseRequest): Promise<ReverseOutcome>
  /** Whether the other side is signed on and can be asked now. */
  isUp(): boolean
  /** Why it cannot; `undefined` while it is up, and before it was tried. */
  whyDown(): string | undefined
  /** Connects, and stays connected. Does not wait for the other side to be there. */
  start(): void
  /** Lets running messages end for a moment, signs off and disconnects. */
  stop(): Promise<void>
}
