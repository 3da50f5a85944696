/** Asks an issuer for the money of a payment, and says what its answer means for it. */
import type { PaymentFailureCode } from '@coffer/antom'
import type { AcquirerConnector, AuthoriseRequest, MessageReference } from './connector.js'
import { neverRetry, paymentFailureOf } from './response-codes.js'

export type Authorisation =
  | {
      kind: 'approved'
      raw: string
      authCode: string | undefined
      networkTransactionId: string | undefined
      cvvResult: string | undefined
      avsResult: string | undefined
    }
  | {
      kind: 'declined'
      code: PaymentFailureCode
      raw: string
      merchantAdvice: string | undefined
      /** Whether this card must not be charged again without its holder. */
      neverRetry: boolean
      cvvResult: string | undefined
      avsResult: string | undefined
      /** Whether the issuer said yes and holds the amount, so that it has to be taken back. */
      approvedAnyway: boolean
    }
  /** `sent` is false only where it is certain that the issuer was not asked. */
  | { kind: 'no answer'; cause: string; sent: boolean }

/** Asks once. Never rejects. */
export async function authorisePayment(
  acquirer: AcquirerConnector,
  request: AuthoriseRequest,
  reference: MessageReference,
): Promise<Authorisation> {
  const outcome = await acquirer.authorise(request, reference)
  if (outcome.kind === 'unknown') return { kind: 'no answer', cause: outcome.cause, sent: outcome.sent }
  const { raw, merchantAdvice, cvvResult, avsResult } = outcome
  if (outcome.kind === 'declined') {
    const code = paymentFailureOf(raw, request.network, cvvResult)
    const never = neverRetry(raw, request.network, merchantAdvice)
    return {
      kind: 'declined',
      code,
      raw,
      merchantAdvice,
      neverRetry: never,
      cvvResult,
      avsResult,
      approvedAnyway: false,
    }
  }
  // An issuer may approve and still say that the CVV was wrong: whoever mistypes it may not have the card.
  if (cvvResult === 'N') {
    const refused = { code: 'INVALID_CVV', neverRetry: false, approvedAnyway: true } as const
    return { kind: 'declined', ...refused, raw, merchantAdvice, cvvResult, avsResult }
  }
  const { authCode, networkTransactionId } = outcome
  return { kind: 'approved', raw, authCode, networkTransactionId, cvvResult, avsResult }
}
