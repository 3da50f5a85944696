/**
 * The port to the issuer: what the vault asks, and what may come back. A connector speaks some protocol; the vault
 * knows only this. `unknown` is an outcome of its own and never becomes an approval or a decline by default.
 */
import type { CardBrand } from '@coffer/antom'
import type { Cvv, Expiry, Pan } from '../card-data/index.js'

/** A zero-amount check of a card. Digits are handles: they are filled in while the message is written. */
export interface VerifyRequest {
  /** Id of the vaulting: the issuer sees the same one if it should ever be asked again. */
  requestId: string
  network: CardBrand
  pan: Pan
  expiry: Expiry
  cvv2: Cvv | undefined
  cardholderName: string | undefined
  avs: { postcode?: string; line1?: string } | undefined
  currency: string
  merchant: { id: string; name: string }
  storedCredential: { initiator: 'CARDHOLDER'; usage: 'FIRST'; reason: 'COF' }
}

export type IssuerOutcome =
  | {
      kind: 'approved'
      /** The response code as it came. */
      raw: string
      networkTransactionId: string | undefined
      cvvResult: string | undefined
      avsResult: string | undefined
    }
  | { kind: 'declined'; raw: string; cvvResult: string | undefined }
  /** Nobody knows what the issuer has decided, or whether it was asked at all. */
  | { kind: 'unknown'; cause: 'timeout' | 'link-down' | 'garbled' }

export interface AcquirerConnector {
  readonly id: string
  /** Asks once. Never rejects: whatever goes wrong on the way is `unknown`. */
  verify(request: VerifyRequest): Promise<IssuerOutcome>
  /** Whether the other side can be reached at all. */
  isUp(): Promise<boolean>
  stop(): Promise<void>
}
