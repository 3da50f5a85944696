/**
 * Signed answers made into unions that TypeScript can tell apart by `status`.
 * A field that an answer must have, but has not, is an `UnexpectedAnswer`; unknown fields stay in `raw`.
 */
import { ResponseNotTrusted, UnexpectedAnswer } from './errors.js'
import type { TrustedAnswer } from './exchange.js'
import { isObject, type Json } from './json.js'
import type {
  AnyResultCode,
  BuyerUrls,
  CreateVaultingSessionResponse,
  DeleteTokenResponse,
  FetchNonceResponse,
  InquireTokenResponse,
  InquireVaultingResponse,
  StoredCard,
  UpdateTokenResponse,
  UserName,
  VaultPaymentMethodResponse,
} from './wire-types.js'

/** What every result has. `raw` is the answer as the gateway signed it, with fields that this SDK does not know. */
export interface Common<Raw> {
  code: AnyResultCode
  message: string
  raw: Raw
}

/** The call was refused, or the card was. Final: the same request will fail again. */
export interface Failed<Raw> extends Common<Raw> {
  status: 'F'
  /** What to do about it, when the integration is at fault and not the card. */
  hint?: string
}

/** The result is not known, also after the repeats that the SDK made. Call again with the same id, or inquire. */
export interface Unknown<Raw> extends Common<Raw> {
  status: 'U'
  hint?: string
}

/** The card is in the vault. */
interface Vaulted extends Common<VaultPaymentMethodResponse> {
  status: 'S'
  card: StoredCard
  vaultingRequestId: string
}

/**
 * Not finished. With `VERIFICATION_IN_PROCESS`, send the buyer to `normalUrl` (or open one of the app links) and wait
 * for the notification; with any other code the call itself had no result.
 */
interface VaultingUnknown extends Unknown<VaultPaymentMethodResponse>, BuyerUrls {
  vaultingRequestId: string
}

export type VaultPaymentMethodResult =
  | Vaulted
  | (Failed<VaultPaymentMethodResponse> & { vaultingRequestId: string })
  | VaultingUnknown

interface Inquired extends Common<InquireVaultingResponse> {
  /** The *inquiry* worked. What became of the vaulting is in `vaultingStatus`. */
  status: 'S'
  vaultingRequestId: string
  vaultingResultCode?: AnyResultCode
  vaultingResultMessage?: string
  metadata?: string
}

export type InquireVaultingResult =
  | (Inquired & { vaultingStatus: 'SUCCESS'; card: StoredCard })
  | (Inquired & { vaultingStatus: 'FAIL'; vaultingResultCode: AnyResultCode })
  | (Inquired & { vaultingStatus: 'PROCESSING' } & BuyerUrls)
  | (Failed<InquireVaultingResponse> & { vaultingRequestId: string })
  | (Unknown<InquireVaultingResponse> & { vaultingRequestId: string })

type Outcome<Raw, Fields> = (Common<Raw> & { status: 'S' } & Fields) | Failed<Raw> | Unknown<Raw>

export type CreateVaultingSessionResult = Outcome<
  CreateVaultingSessionResponse,
  {
    /** For the SDK in the buyer's page. */
    vaultingSessionData: string
    vaultingSessionId: string
    /** ISO 8601. */
    vaultingSessionExpiryTime?: string
    /** A hosted page that does the same. */
    normalUrl?: string
  }
>
export type FetchNonceResult = Outcome<FetchNonceResponse, { cardToken: string }>
export type InquireTokenResult = Outcome<
  InquireTokenResponse,
  {
    token: string
    accountHolderName?: UserName
    email?: string
    issuerName?: string
    issuingCountry?: string
    tokenExpiryTime?: string
  }
>
export type UpdateTokenResult = Outcome<UpdateTokenResponse, { token: string }>
export type DeleteTokenResult = Outcome<DeleteTokenResponse, object>

export type HintFor = (code: string) => string | undefined

export function readVaultPaymentMethod(answer: TrustedAnswer, id: string, hintFor: HintFor): VaultPaymentMethodResult {
  sameRequest(answer, 'vaultingRequestId', id)
  const common = commonOf<VaultPaymentMethodResponse>(answer)
  const { resultStatus: status } = answer.result
  if (status === 'S') return { status, ...common, vaultingRequestId: id, card: readCard(answer, id) }
  const hint = hinted(common.code, hintFor)
  if (status === 'F') return { status, ...common, ...hint, vaultingRequestId: id }
  return { status, ...common, ...hint, vaultingRequestId: id, ...texts(answer, buyerUrls) }
}

export function readInquireVaulting(answer: TrustedAnswer, id: string, hintFor: HintFor): InquireVaultingResult {
  sameRequest(answer, 'vaultingRequestId', id)
  const common = commonOf<InquireVaultingResponse>(answer)
  const { resultStatus: status } = answer.result
  if (status !== 'S') return { status, ...common, ...hinted(common.code, hintFor), vaultingRequestId: id }
  const outcome = texts(answer, ['vaultingResultCode', 'vaultingResultMessage', 'metadata'])
  const inquired = { status, ...common, vaultingRequestId: id, ...outcome } as const
  switch (answer['vaultingStatus']) {
    case 'SUCCESS':
      return { ...inquired, vaultingStatus: 'SUCCESS', card: readCard(answer, id) }
    case 'FAIL': {
      const vaultingResultCode = outcome.vaultingResultCode ?? missing('vaultingResultCode', id)
      return { ...inquired, vaultingStatus: 'FAIL', vaultingResultCode }
    }
    case 'PROCESSING':
      return { ...inquired, vaultingStatus: 'PROCESSING', ...texts(answer, buyerUrls) }
    default:
      return missing('vaultingStatus', id)
  }
}

/**
 * The results of the operations that need nothing but texts.
 * @param required  fields without which a success cannot be used
 */
export function readOutcome<Raw, Fields>(
  answer: TrustedAnswer,
  required: readonly string[],
  optional: readonly string[],
  hintFor: HintFor,
  requestId?: string,
): Outcome<Raw, Fields> {
  const common = commonOf<Raw>(answer)
  const { resultStatus: status } = answer.result
  if (status !== 'S') return { status, ...common, ...hinted(common.code, hintFor) }
  const fields = texts(answer, [...required, ...optional])
  for (const name of required) if (fields[name] === undefined) missing(name, requestId)
  const holder = isObject(answer['accountHolderName']) ? { accountHolderName: answer['accountHolderName'] } : {}
  return { status, ...common, ...fields, ...holder } as Outcome<Raw, Fields>
}

export const buyerUrls = ['normalUrl', 'schemeUrl', 'applinkUrl'] as const

export function commonOf<Raw>(answer: TrustedAnswer): Common<Raw> {
  return { code: answer.result.resultCode, message: answer.result.resultMessage, raw: answer as Raw }
}

export function hinted(code: string, hintFor: HintFor): { hint?: string } {
  const hint = hintFor(code)
  return hint === undefined ? {} : { hint }
}

/** The named fields, as far as they are there and hold text. */
export function texts<Name extends string>(from: Json, names: readonly Name[]): { [name in Name]?: string } {
  const out: { [name in Name]?: string } = {}
  for (const name of names) {
    const value = from[name]
    if (typeof value === 'string') out[name] = value
  }
  return out
}

/**
 * The signature binds an answer to the client and the path, not to the request. So a genuine answer about another
 * request, replayed or mixed up by a cache, has to be told by the id that it echoes.
 * @param field  that holds the id, in request and answer
 */
export function sameRequest(answer: TrustedAnswer, field: string, id: string): void {
  const echoed = answer[field]
  if (echoed === id || (echoed === undefined && answer.result.resultStatus !== 'S')) return
  throw new ResponseNotTrusted(
    'other-request',
    `The answer is signed, but does not say that it is about this ${field}.`,
    ['a proxy or cache between you and the gateway mixes up or replays answers'],
    { requestId: id },
  )
}

function readCard(answer: TrustedAnswer, id: string): StoredCard {
  return storedCard(answer) ?? missing('paymentMethodDetail.card with cardToken, brand and maskedCardNo', id)
}

/** The card in an answer or a notification, when it has what every stored card has. */
export function storedCard(message: Json): StoredCard | undefined {
  const detail = message['paymentMethodDetail']
  const card = isObject(detail) ? detail['card'] : undefined
  if (!isObject(card)) return undefined
  const { cardToken, brand, maskedCardNo } = card
  const complete = typeof cardToken === 'string' && typeof brand === 'string' && typeof maskedCardNo === 'string'
  return complete && cardToken !== '' ? (card as unknown as StoredCard) : undefined
}

export function missing(what: string, requestId: string | undefined): never {
  throw new UnexpectedAnswer(`The answer is signed by the gateway and says S, but lacks ${what}.`, { requestId })
}
