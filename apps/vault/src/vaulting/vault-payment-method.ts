import { timingSafeEqual } from 'node:crypto'
import { type CardBrand, type StoredCard, type UserName, vaultPaymentMethodRequest } from '@coffer/antom'
import type { Static } from 'typebox'
import type { CardPassword, Cvv, Pan } from '../card-data/index.js'
import { type Call, handle } from '../handle.js'
import { type Verification, verifyCard } from '../issuer/verify-card.js'
import { after } from '../platform/clock.js'
import { newId } from '../platform/ids.js'
import { judgeUrl } from '../platform/url-policy.js'
import { concludeVaulting, type Happened } from './conclude-vaulting.js'
import { noteEvent } from './timeline-store.js'
import { answerFor, failed, type Outcome, type Vaulting } from './vaulting.js'
import { type Draft, findVaulting, sealEcho } from './vaulting-store.js'

/** The request with its card fields opaque: nobody below can read digits. */
export const vaultRequestSchema = vaultPaymentMethodRequest<Pan, Cvv, CardPassword>()
type Request = Static<typeof vaultRequestSchema>

/** A repeat waits this long for the call that is at work, then says that it does not know. */
const PATIENCE_MS = 2_000

/**
 * Vaults one card. The same merchant and vaultingRequestId get the same answer, for ever.
 * Source: Antom › vaultPaymentMethod.
 */
export const vaultPaymentMethod = handle('vaultPaymentMethod', vaultRequestSchema, async call => {
  const { request, merchant, refuse, system } = call
  const { cards, clock, db, random } = system
  const { card } = request.paymentMethodDetail
  const { cardNo: pan, cvv } = card

  // 1. What only a look at the request can find, and must be found before the id is claimed.
  const url = notificationUrl(call)
  if (!url.ok) return refuse('PARAM_ILLEGAL', { path: 'vaultingNotificationUrl', rule: url.reason })

  // 2. Seal first: what is stored is never anything but ciphertext, bound to this merchant and this card.
  const receivedAt = clock.now()
  const id = newId(receivedAt, random.bytes(16))
  const token = cards.newToken()
  const expiry = { year: card.expiryYear.slice(-2), month: card.expiryMonth }
  const sealed = await cards.sealCard({ id, merchantId: merchant.id, token, pan, expiry }, holderOf(request))

  // 3. Claim the id. The unique insert is the lock: of two racing requests one wins and the other sees it.
  const { metadata, customizedInfo } = request
  const draft: Draft = {
    id,
    merchantId: merchant.id,
    vaultingRequestId: request.vaultingRequestId,
    requestMac: cards.requestMac(merchant.id, pan, comparable(request)),
    notificationUrl: url.given ?? merchant.notificationUrl,
    echo: { ...(metadata !== undefined && { metadata }), ...(customizedInfo !== undefined && { customizedInfo }) },
    receivedAt,
    settleAt: after(receivedAt, system.config.settleAfterMs),
  }
  const echoSealed = await sealEcho(cards, draft)
  const detail = { maskedCardNo: pan.masked }
  if (!(await system.writes.claim({ draft, card: sealed, brand: pan.brand, echoSealed, detail }))) {
    return answerRepeat(call, draft)
  }
  const vaulting = { ...draft, state: 'PROCESSING' as const }
  const conclude = async (outcome: Outcome, happened: Happened[] = []) =>
    answerFor(await concludeVaulting(system, vaulting, outcome, id, happened))

  // From here on a "no" is an outcome to be remembered, not a refusal: the same id must hear it again.
  const brand = pan.brand
  if (!brand) return conclude(failed('CARD_NOT_SUPPORTED', 'No supported brand has such card numbers.'))
  if (isPast(expiry, receivedAt)) return conclude(failed('CARD_EXPIRED'))
  if (card.is3DSAuthentication) return conclude(failed('PROCESS_FAIL', NO_3DS))

  // 4. Ask the issuer whether the card is good, outside any transaction. Silence is neither a yes nor a no:
  //    sweep-unfinished.ts settles it, and the issuer is not asked again.
  const verification = await verifyCard(system.issuer, {
    requestId: draft.id,
    network: brand,
    pan,
    expiry,
    cvv2: cvv,
    cardholderName: nameOnCard(card.cardholderName),
    avs: avsOf(card.billingAddress),
    currency: request.vaultingCurrency ?? 'USD',
    merchant: { id: merchant.id, name: merchant.name },
  })
  system.metrics.issuer.inc({ outcome: verification.kind })
  const answered: Happened = { at: clock.now(), kind: 'issuer.answered', detail: told(verification) }
  if (verification.kind === 'no answer') {
    await noteEvent(db, merchant.id, draft.vaultingRequestId, answered)
    return answerFor(vaulting)
  }

  // 5. Conclude: token, or failure and the sealed card erased; final state and notification in one transaction.
  if (verification.kind === 'refused') return conclude(failed(verification.code), [answered])
  return conclude({ kind: 'stored', card: storedCard(token, brand, pan, expiry, verification) }, [answered])
})

const NO_3DS = 'This version of Coffer has no 3-D Secure yet. Vault without is3DSAuthentication, under a new id.'

/** The same id was used before: the same content hears the stored answer, other content is refused. */
async function answerRepeat(call: Call<Request, 'vaultPaymentMethod'>, draft: Draft) {
  const { refuse, system, merchant } = call
  const { clock, cards, db } = system
  const { vaultingRequestId } = draft
  const find = () => findVaulting(db, cards, merchant.id, vaultingRequestId)
  let known = await find()
  if (!known) throw new Error('a vaulting that was claimed is not there')
  if (!timingSafeEqual(known.requestMac, draft.requestMac)) return refuse('REPEAT_REQ_INCONSISTENT')
  const startedAt = clock.stopwatch()
  for (let pauseMs = 25; known.vaulting.state === 'PROCESSING'; pauseMs = Math.min(pauseMs * 2, 400)) {
    if (clock.stopwatch() - startedAt + pauseMs > PATIENCE_MS) break
    await clock.sleep(pauseMs)
    known = (await find()) ?? known
  }
  const detail = { repeat: true, state: known.vaulting.state }
  await noteEvent(db, merchant.id, vaultingRequestId, { at: clock.now(), kind: 'request.received', detail })
  return answerFor(known.vaulting satisfies Vaulting)
}

/** The URL of the request, where one is given and may be called. */
function notificationUrl({ request, system }: Call<Request, 'vaultPaymentMethod'>) {
  const given = request.vaultingNotificationUrl
  if (given === undefined) return { ok: true as const, given }
  const verdict = judgeUrl(given, system.config.outboundPolicy)
  return verdict.ok ? { ok: true as const, given } : verdict
}

/** What makes two requests the same: everything as read, but the secrets of the card and where the buyer sits. */
function comparable(request: Request): object {
  const { env: _where, paymentMethodDetail, ...rest } = request
  const { cardNo: _number, cvv: _cvv, cardPasswordDigest: _password, ...card } = paymentMethodDetail.card
  return { ...rest, card: { ...card, expiryYear: card.expiryYear.slice(-2) } }
}

/** What is kept about the holder for later payments with the token. */
function holderOf(request: Request): object | undefined {
  const { cardholderName, billingAddress, payerEmail, cpf, dateOfBirth, businessNo } = request.paymentMethodDetail.card
  const { networkTransactionId, request3DS, scaExemptionIndicator, enableAuthenticationUpgrade, authenticationFlow } =
    request.paymentMethodDetail.card
  const { merchantAccountId, merchantRegion } = request
  const given = Object.entries({
    cardholderName,
    billingAddress,
    payerEmail,
    cpf,
    dateOfBirth,
    businessNo,
    networkTransactionId,
    request3DS,
    scaExemptionIndicator,
    enableAuthenticationUpgrade,
    authenticationFlow,
    merchantAccountId,
    merchantRegion,
  }).filter(([, value]) => value !== undefined)
  return given.length ? Object.fromEntries(given) : undefined
}

/** A card is good to the end of its month, in UTC. */
function isPast(expiry: { year: string; month: string }, now: number): boolean {
  return now >= Date.UTC(2000 + Number(expiry.year), Number(expiry.month), 1)
}

function nameOnCard(name: UserName | undefined): string | undefined {
  return name && (name.fullName ?? [name.firstName, name.middleName, name.lastName].filter(Boolean).join(' '))
}

function avsOf(address: { zipCode?: string; address1?: string } | undefined) {
  if (!address?.zipCode && !address?.address1) return undefined
  return {
    ...(address.zipCode && { postcode: address.zipCode }),
    ...(address.address1 && { line1: address.address1 }),
  }
}

/** The issuer's answer as the timeline tells it. */
function told(verification: Verification): object {
  if (verification.kind === 'no answer') return { outcome: 'unknown', cause: verification.cause }
  return {
    outcome: verification.kind === 'good' ? 'approved' : 'declined',
    responseCode: verification.raw,
    ...(verification.kind === 'refused' && { resultCode: verification.code }),
  }
}

/** The card as every answer will show it from now on. */
function storedCard(
  cardToken: string,
  brand: CardBrand,
  pan: Pan,
  expiry: { year: string; month: string },
  verification: Extract<Verification, { kind: 'good' }>,
): StoredCard {
  const { networkTransactionId, avsResult, cvvResult } = verification
  return {
    cardToken,
    brand,
    maskedCardNo: pan.masked,
    bin: pan.bin,
    lastFour: pan.lastFour,
    expiryYear: expiry.year,
    expiryMonth: expiry.month,
    ...(networkTransactionId && { networkTransactionId }),
    ...(avsResult && { avsResultRaw: avsResult }),
    ...(cvvResult && { cvvResultRaw: cvvResult }),
  }
}
