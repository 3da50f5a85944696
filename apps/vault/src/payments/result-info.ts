/** What a merchant is shown of the card and of its issuer's answer. Source: Antom › pay › paymentResultInfo. */
import type { PaymentResultInfo, ThreeDSResult } from '@coffer/antom'
import type { NetworkChoice } from '../buyers/errand.js'
import type { Expiry, Pan } from '../card-data/index.js'
import { brandFor } from '../cards/networks.js'
import type { Authorisation as IssuerAnswer } from '../issuer/authorise-payment.js'
import type { MessageReference } from '../issuer/connector.js'
import type { IssuerProof } from '../three-ds/judge-authentication.js'

/** What is known before the issuer is asked. */
export function cardInfo(pan: Pan, expiry: Expiry, token: string | undefined): PaymentResultInfo {
  const { funding, issuerName, issuingCountry } = pan.facts ?? {}
  return {
    cardNo: pan.masked,
    ...(token !== undefined && { cardToken: token }),
    ...(issuingCountry !== undefined && { issuingCountry }),
    ...(issuerName !== undefined && { issuerName }),
    ...(funding !== undefined && { funding }),
    cardBin: pan.bin,
    lastFour: pan.lastFour,
    expiryMonth: expiry.month,
    expiryYear: expiry.year,
    credentialTypeUsed: 'PAN',
  }
}

/** The same, with what the issuer said. */
export function resultInfo(
  before: PaymentResultInfo,
  told: {
    pan: Pan
    choice: NetworkChoice
    answer: Exclude<IssuerAnswer, { kind: 'no answer' }>
    reference: MessageReference
    proof: IssuerProof | undefined
    newToken: string | undefined
  },
): PaymentResultInfo {
  const { pan, choice, answer, reference, proof, newToken } = told
  const approved = answer.kind === 'approved'
  const brand = brandFor(choice.network)
  const { rrn } = reference
  // An issuer could put anything into these, and the merchant gets to see them.
  const harmless = (text: string | undefined) => (text !== undefined && !pan.standsIn(text) ? text : undefined)
  const networkTransactionId = approved ? harmless(answer.networkTransactionId) : undefined
  const merchantAdvice = approved ? undefined : harmless(answer.merchantAdvice)
  const { avsResult, cvvResult } = answer
  return {
    ...before,
    ...(brand !== undefined && { cardBrand: brand }),
    ...(approved && newToken !== undefined && { cardToken: newToken }),
    ...(networkTransactionId !== undefined && { networkTransactionId }),
    ...(avsResult !== undefined && { avsResultRaw: avsResult }),
    ...(cvvResult !== undefined && { cvvResultRaw: cvvResult }),
    ...(!approved && { refusalCodeRaw: answer.raw }),
    ...(merchantAdvice !== undefined && { merchantAdviceCode: merchantAdvice }),
    ...(rrn !== undefined && { rrn }),
    ...(proof && { threeDSResult: threeDSResultOf(proof) }),
  }
}

function threeDSResultOf({ version, eci, cavv, dsTransId }: IssuerProof): ThreeDSResult {
  return {
    threeDSVersion: version,
    eci,
    ...(cavv !== undefined && { cavv }),
    ...(dsTransId !== undefined && { dsTransactionId: dsTransId }),
  }
}
