/**
 * fetchNonce, inquireToken, updateToken and deleteToken, field by field. Source: Antom › fetchNonce; the three others are
 * described by the Java SDK alone, AlipayVaultingInquireTokenRequest and its neighbours.
 */
import { type Static, Type } from 'typebox'
import { cardFields, optional, result, secretFields, text, userName } from './wire-objects.js'

/**
 * The request of fetchNonce. The documentation lists five fields of the card, an older class of the Java SDK sends it
 * whole: all of it is read as in vaultPaymentMethod. `PanT`, `CvvT` and `PasswordT` are what a reader makes of the card's
 * secrets.
 */
export const fetchNonceRequest = <PanT, CvvT, PasswordT>() =>
  Type.Object({
    card: Type.Object({ ...secretFields<PanT, CvvT, PasswordT>(), ...cardFields }),
  })

const plainRequest = fetchNonceRequest<string, string, string>()
/** The request of fetchNonce as a merchant writes it. */
export type FetchNonceRequest = Static<typeof plainRequest>

/** The answer of fetchNonce: `cardToken` goes into `paymentMethodId` of one payment. */
export const fetchNonceResponse = Type.Object({ result, cardToken: optional(text(255)) })
export type FetchNonceResponse = Static<typeof fetchNonceResponse>

/** What names a token in a call about it. */
const named = {
  token: text(2048, { minLength: 1 }),
  merchantAccountId: optional(text(64)),
} as const

/** The request of inquireToken. */
export const inquireTokenRequest = Type.Object({ ...named })
export type InquireTokenRequest = Static<typeof inquireTokenRequest>

/** The answer of inquireToken. `tokenExpiryTime` is the last second of the card's expiry month, in UTC. */
export const inquireTokenResponse = Type.Object({
  result,
  token: optional(text(2048)),
  accountHolderName: optional(userName),
  email: optional(text(64)),
  issuerName: optional(text()),
  issuingCountry: optional(text(2)),
  tokenExpiryTime: optional(text()),
})
export type InquireTokenResponse = Static<typeof inquireTokenResponse>

/** The request of updateToken: what is left out stays as it is. */
export const updateTokenRequest = Type.Object({
  ...named,
  accountHolderName: optional(userName),
  email: optional(text(64, { minLength: 1 })),
  tokenExpiryTime: optional(text(undefined, { check: 'instant', rule: 'must be an ISO 8601 time with an offset' })),
})
export type UpdateTokenRequest = Static<typeof updateTokenRequest>

/** The answer of updateToken. */
export const updateTokenResponse = Type.Object({ result, token: optional(text(2048)) })
export type UpdateTokenResponse = Static<typeof updateTokenResponse>

/** The request of deleteToken. */
export const deleteTokenRequest = Type.Object({ ...named })
export type DeleteTokenRequest = Static<typeof deleteTokenRequest>

/** The answer of deleteToken. */
export const deleteTokenResponse = Type.Object({ result })
export type DeleteTokenResponse = Static<typeof deleteTokenResponse>
