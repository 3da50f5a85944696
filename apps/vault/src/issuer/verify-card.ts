/** Asks an issuer whether a card is good, and says what that means for its vaulting. */
import type { VaultingFailureCode } from '@coffer/antom'
import type { NetworkId } from '../card-data/index.js'
import type { AcquirerConnector, MessageReference, VerifyRequest } from './connector.js'
import { failureOf } from './response-codes.js'

export type Verification =
  | { kind: 'good'; raw: string; networkTransactionId?: string; cvvResult?: string; avsResult?: string }
  | { kind: 'refused'; code: VaultingFailureCode; raw: string }
  /** `sent` is false only where it is certain that the issuer was not asked. */
  | { kind: 'no answer'; cause: string; sent: boolean }

/** What is asked, without what is the same for every vaulting. */
export type CardToVerify = Omit<VerifyRequest, 'storedCredential'>

/** Asks once, as a cardholder who stores a card for the first time. */
export async function verifyCard(
  acquirer: AcquirerConnector,
  card: CardToVerify,
  reference: MessageReference,
): Promise<Verification> {
  const outcome = await acquirer.verify(
    { ...card, storedCredential: { initiator: 'CARDHOLDER', usage: 'FIRST', reason: 'COF' } },
    reference,
  )
  if (outcome.kind === 'unknown') return { kind: 'no answer', cause: outcome.cause, sent: outcome.sent }
  if (outcome.kind === 'declined') return refused(outcome.raw, card.network, outcome.cvvResult)
  // An issuer may find no reason to decline and still say that the CVV was wrong; the buyer then mistyped the card.
  if (outcome.cvvResult === 'N') return { kind: 'refused', code: 'INVALID_CVV', raw: outcome.raw }
  const { raw, networkTransactionId, cvvResult, avsResult } = outcome
  return {
    kind: 'good',
    raw,
    ...(networkTransactionId && { networkTransactionId }),
    ...(cvvResult && { cvvResult }),
    ...(avsResult && { avsResult }),
  }
}

const refused = (raw: string, network: NetworkId, cvvResult?: string): Verification => ({
  kind: 'refused',
  code: failureOf(raw, network, cvvResult),
  raw,
})
