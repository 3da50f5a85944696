/** On whose initiative a card is charged. Pure. Source: Antom › Merchant-initiated transactions; card scheme practice. */
import type { StoredCredential } from '../issuer/connector.js'

export interface CredentialQuestion {
  /** What is charged: a stored card by its token, a number that is to be stored, or one that is not. */
  card: 'stored' | 'to be stored' | 'given once'
  /** `isCardOnFile` of the request: the merchant has the number from before, wherever it keeps it. */
  isCardOnFile: boolean | undefined
  /** `recurringType` of the request: with a value the merchant charges the card, and no buyer is there. */
  recurringType: string | undefined
  /** The scheme's id of the first payment or verification, of the network that is charged now. */
  networkTransactionId: string | undefined
}

export type CredentialAnswer =
  | { kind: 'known'; credential: StoredCredential | undefined; merchantInitiated: boolean }
  /** A merchant charges a card that nobody can show to have been given for that. */
  | { kind: 'no first payment' }

/**
 * The rules:
 *
 * - A value of `recurringType` marks a payment that the merchant makes without the buyer. Its values are not published for
 *   certain: one with `UNSCHEDULED` in it is that, every other one is a recurring payment.
 * - Such a payment refers to the first one, at which the buyer was there, by the scheme's id of that: the issuer checks
 *   the link. Where there is none the issuer is not bothered.
 * - A payment with a token is otherwise a later one by the buyer, and so is one of which the merchant says that it has
 *   the card on file; one that stores its card is the first.
 */
export function credentialFor({
  card,
  isCardOnFile,
  recurringType,
  networkTransactionId,
}: CredentialQuestion): CredentialAnswer {
  const known = (credential: StoredCredential | undefined): CredentialAnswer => ({
    kind: 'known',
    credential,
    merchantInitiated: credential?.initiator === 'MERCHANT',
  })
  if (recurringType) {
    if (networkTransactionId === undefined) return { kind: 'no first payment' }
    const reason = /unscheduled/i.test(recurringType) ? 'UNSCHEDULED' : 'RECURRING'
    const originalNetworkTransactionId = networkTransactionId
    return known({ initiator: 'MERCHANT', usage: 'SUBSEQUENT', reason, originalNetworkTransactionId })
  }
  if (card === 'stored') return known({ initiator: 'CARDHOLDER', usage: 'SUBSEQUENT', reason: 'COF' })
  if (card === 'to be stored') return known({ initiator: 'CARDHOLDER', usage: 'FIRST', reason: 'COF' })
  if (isCardOnFile) return known({ initiator: 'CARDHOLDER', usage: 'SUBSEQUENT', reason: 'COF' })
  return known(undefined)
}
