import { timingSafeEqual } from 'node:crypto'
import { type Address, type FieldProblem, type PaymentFailureCode, readWireTime, type UserName } from '@coffer/antom'
import { goOnWithNetwork } from '../buyers/authenticate-buyer.js'
import type { Buyer, Question, Waiting } from '../buyers/errand.js'
import { openPage } from '../buyers/open-page.js'
import type { Cvv, Expiry, Pan, SealedCard } from '../card-data/index.js'
import type { NetworkAnswer } from '../cards/choose-network.js'
import { isExpired } from '../cards/expiry.js'
import { addressToVerify, nameOnCard } from '../cards/holder-facts.js'
import { handle } from '../handle.js'
import { countryNumber } from '../issuer/iso8583/country-codes.js'
import { currencyNumber } from '../issuer/iso8583/currency-codes.js'
import { judgeNotificationUrl } from '../merchants/judge-notification-url.js'
import { after } from '../platform/clock.js'
import { newId } from '../platform/ids.js'
import { noteOn } from '../timeline/timeline-store.js'
import { useNonce } from '../tokens/token-store.js'
import { type PayCall, payRequestSchema } from './pay-call.js'
import { cardOf, networkOf, openKept, type PayCard } from './pay-card.js'
import { type Payment, type PaymentMode, payAnswer, type RunningPayment } from './payment.js'
import { PaymentErrand } from './payment-errand.js'
import { newOperationId } from './payment-ids.js'
import { letPaymentGo, mayTakePaymentOver, takePaymentOver } from './payment-question-store.js'
import { claimPayment, findPayment, type PaymentDraft, sealShown } from './payment-store.js'
import type { PaymentTerms } from './payment-terms.js'
import { cardInfo } from './result-info.js'
import { credentialFor } from './stored-credential.js'

/** What the issuer said before counts, and it is not asked again. Source: card scheme practice. */
const NEVER_AGAIN =
  'The issuer has said never to charge this card again. Ask the buyer for another one, or to pay with it himself.'

/** Source: card scheme practice; Antom › Merchant-initiated transactions. */
const NO_FIRST_PAYMENT =
  'A payment with recurringType refers to the first one: networkTransactionId is required, as the card has none of its own.'

/** A repeat waits this long for the call that is at work, then says that it does not know. */
const PATIENCE_MS = 2_000

/** Ends the transaction of a claim: the id was used before, or the nonce was. */
class NotClaimed extends Error {
  constructor(readonly because: 'known' | 'nonce used' | 'brand not on the card') {
    super(because)
  }
}

/** What a payment is claimed with. */
interface Prepared {
  card: PayCard
  terms: PaymentTerms
  merchantInitiated: boolean
  mac: Buffer
}

/**
 * Charges a card: one that is stored, by its token, or one that comes with the call. The same merchant and
 * paymentRequestId get the same answer, for ever. Source: Antom › pay.
 */
export const pay = handle('pay', payRequestSchema, async call => {
  const { request, merchant, refuse, system } = call
  const { cards, db } = system
  const { paymentRequestId } = request

  // 1. Was it called before? What settings, tables and tokens are now does not count then.
  const mac = requestMac(call)
  const known = await findPayment(db, cards, merchant.id, { paymentRequestId })
  if (known && !timingSafeEqual(known.requestMac, mac)) return refuse('REPEAT_REQ_INCONSISTENT')
  if (known && known.payment.state !== 'PROCESSING') return answerRepeat(call, known.payment)

  if (known?.payment.state === 'PROCESSING' && known.payment.awaitsBuyer) return answerRepeat(call, known.payment)
  // What is under way goes on, whatever would be refused by now.
  const no: typeof refuse | (() => Promise<object>) = known ? () => answerRepeat(call, known.payment) : refuse

  // 2. What is refused claims nothing.
  const problem = fieldProblem(call)
  if (problem) return no('PARAM_ILLEGAL', problem)
  if (currencyNumber(request.paymentAmount.currency) === undefined) return no('CURRENCY_NOT_SUPPORT')
  const card = await cardOf(call)
  if (card.kind === 'refused') return (await repeated(call, mac)) ?? refuse(card.code, card.problem)
  const choice = networkOf(call, card, card.kind === 'given' ? card.pan : undefined)
  // The number of a nonce is not open yet, and its brands are looked at below.
  const isKnownNow = card.kind === 'given' || card.use === 'TOKEN'
  if (isKnownNow && choice.kind === 'not on the card') return no('SELECTED_CARD_BRAND_NOT_AVAILABLE')
  const terms = termsOf(call, card)
  if (terms.kind === 'no first payment') return no('INVALID_PAYMENT_METHOD_META_DATA', NO_FIRST_PAYMENT)
  const prepared: Prepared = { card, mac, ...terms }

  // 3. Open the number where it is stored, and claim the id.
  if (known) return answerRepeat(call, known.payment, prepared)
  const claimed = await claim(call, prepared)
  if (claimed === 'nonce used') return (await repeated(call, mac)) ?? refuse('INVALID_PAYMENT_METHOD_META_DATA')
  if (claimed === 'brand not on the card') return refuse('SELECTED_CARD_BRAND_NOT_AVAILABLE')
  if (claimed === 'known') {
    const answer = await repeated(call, mac, prepared)
    if (!answer) throw new Error('a payment that was claimed is not there')
    return answer
  }
  return payAnswer(await carryOut(call, prepared, claimed), system.pageOf)
})

/**
 * The same call may have been carried out meanwhile, and may have used the nonce up for which this one would be refused.
 * @param prepared  as for {@link answerRepeat}
 * @returns nothing where the id is not known yet
 */
async function repeated(call: PayCall, mac: Buffer, prepared?: Prepared): Promise<object | undefined> {
  const { cards, db } = call.system
  const now = await findPayment(db, cards, call.merchant.id, { paymentRequestId: call.request.paymentRequestId })
  if (now && !timingSafeEqual(now.requestMac, mac)) return call.refuse('REPEAT_REQ_INCONSISTENT')
  return now && answerRepeat(call, now.payment, prepared)
}

/** A payment that is claimed, with its open number. */
interface Claimed {
  payment: RunningPayment
  terms: PaymentTerms
  pan: Pan
  expiry: Expiry
  cvv2: Cvv | undefined
}

async function claim(call: PayCall, prepared: Prepared): Promise<Claimed | NotClaimed['because']> {
  const { request, merchant, system } = call
  const { cards, clock, db, random, config, presence } = system
  const { card, terms } = prepared
  const receivedAt = clock.now()
  const id = newId(receivedAt, random.bytes(16))
  const ownCard = card.kind === 'given' || card.use === 'NONCE'
  const given = request.paymentExpiryTime === undefined ? undefined : readWireTime(request.paymentExpiryTime)
  const latest = after(receivedAt, config.settleAfterMs)
  const deadline = given === undefined ? latest : Math.max(receivedAt, Math.min(latest, given))
  const { metadata, customizedInfo } = request
  const draft = (pan: Pan, expiry: Expiry): PaymentDraft => ({
    id,
    merchantId: merchant.id,
    paymentRequestId: request.paymentRequestId,
    paymentId: newOperationId(receivedAt, random),
    requestMac: prepared.mac,
    cardId: ownCard ? id : card.card.id,
    amount: BigInt(request.paymentAmount.value),
    currency: request.paymentAmount.currency,
    mode: modeOf(call),
    notificationUrl: request.paymentNotifyUrl ?? merchant.notificationUrl,
    echo: { ...(metadata !== undefined && { metadata }), ...(customizedInfo !== undefined && { customizedInfo }) },
    info: cardInfo(
      pan,
      expiry,
      card.kind === 'kept' && card.use === 'TOKEN' ? request.paymentMethod.paymentMethodId : undefined,
    ),
    receivedAt,
    settleAt: deadline,
    holder: presence.processId,
  })
  const detail = { amount: request.paymentAmount.value, currency: request.paymentAmount.currency }
  // 1. The number is opened, on record, before anything is locked: nobody waits for a second connection with one in hand.
  const { pan, expiry } = card.kind === 'given' ? card : await openKept(call, card.card)
  try {
    // Of a nonce the brands are known only now; it stays what it is for the corrected call.
    if (networkOf(call, card, pan).kind === 'not on the card') throw new NotClaimed('brand not on the card')
    const drawn = draft(pan, expiry)
    const shown = await sealShown(cards, merchant.id, id, drawn)
    const sealed = ownCard ? await sealOwn(call, id, prepared, { pan, expiry }) : undefined
    const own = sealed && { sealed, brand: pan.facts?.networks[0], isToStay: terms.newToken !== undefined }
    const told = { ...detail, maskedCardNo: pan.masked }
    // 2. A nonce is used up by the payment that it begins, or by none.
    const nonce = card.kind === 'kept' && card.use === 'NONCE' ? card.card : undefined
    if (!nonce && !(await claimPayment(db, drawn, shown, own, told))) throw new NotClaimed('known')
    if (nonce) {
      await db.transaction(async tx => {
        if (!(await useNonce(tx, merchant.id, nonce.id, receivedAt))) throw new NotClaimed('nonce used')
        if (!(await claimPayment(tx, drawn, shown, own, told))) throw new NotClaimed('known')
      })
    }
    const payment: RunningPayment = { ...drawn, state: 'PROCESSING', awaitsBuyer: false, captured: 0n, refunded: 0n }
    return { payment, terms, pan, expiry, cvv2: card.cvv2 }
  } catch (error) {
    if (card.kind === 'kept') pan.erase()
    if (error instanceof NotClaimed) return error.because
    throw error
  }
}

/** A card of the payment's own, sealed for the token that it gets if it is to be stored, else for one that nobody has. */
function sealOwn(
  { request, merchant, system }: PayCall,
  id: string,
  { card, terms }: Prepared,
  { pan, expiry }: { pan: Pan; expiry: Expiry },
): Promise<SealedCard> {
  const { cards } = system
  const token = terms.newToken ?? cards.newToken()
  const { merchantAccountId } = request
  const holder = merchantAccountId === undefined ? card.holder : { ...card.holder, merchantAccountId }
  return cards.sealCard({ id, merchantId: merchant.id, token, pan, expiry }, terms.newToken ? holder : undefined)
}

/** From the claimed id to what is answered. A "no" is an outcome to be remembered now, not a refusal. */
async function carryOut(call: PayCall, prepared: Prepared, claimed: Claimed): Promise<Payment> {
  const { request, system } = call
  const { clock, config, db } = system
  const { card, merchantInitiated } = prepared
  const { payment, terms, pan, expiry } = claimed
  const isNonce = card.kind === 'kept' && card.use === 'NONCE'
  // What waited for a nonce in this process's memory; a code that came with the call counts more.
  const parked = isNonce ? system.nonceCvvs.take(card.card.id)?.cvv : undefined
  const errand = new PaymentErrand(system, payment, terms)
  try {
    if (config.riskAmounts.has(request.paymentAmount.value)) return await errand.end('RISK_REJECT')
    if (clock.now() >= payment.settleAt) return await errand.fail({ code: 'ORDER_IS_CLOSED' })
    if (isExpired(expiry, payment.receivedAt)) return await errand.fail({ code: 'CARD_EXPIRED' })
    const never = card.kind === 'kept' ? card.card.neverRetry : undefined
    if (merchantInitiated && never) return await errand.end(never.code as PaymentFailureCode, NEVER_AGAIN)
    const choice: NetworkAnswer = networkOf(call, card, pan)
    if (choice.kind === 'not supported' || choice.kind === 'not on the card') {
      return await errand.fail({ code: 'CARD_NOT_SUPPORTED' })
    }
    const waiting: Waiting<Payment> = {
      errand,
      question: questionOf(call, prepared, expiry),
      buyer: buyerOf(call, prepared),
      settleAt: payment.settleAt,
      networks: choice.kind === 'ask' ? choice.networks : [],
      choice: undefined,
      softDeclined: false,
    }
    const secrets = { pan, cvv2: claimed.cvv2 ?? parked }
    if (choice.kind === 'ask') return await openPage(system, waiting, secrets.cvv2)
    const chosen = { ...waiting, choice: { network: choice.network, by: choice.by, at: clock.now() } }
    return (await goOnWithNetwork(system, chosen, secrets, 'call')).now
  } catch (error) {
    // Where nobody was asked yet, the next call can go on. Best effort: the database may be what is away.
    await letPaymentGo(db, payment.id, system.presence.processId).catch(() => {})
    throw error
  } finally {
    // What came with the call is erased with it.
    if (card.kind === 'kept') pan.erase()
    parked?.erase()
  }
}

/**
 * The id was used before: the stored answer, or how it stands; goes on with what a dead process left.
 * @param prepared  absent where the card cannot be had any more
 */
async function answerRepeat(call: PayCall, first: Payment, prepared?: Prepared): Promise<object> {
  const { system } = call
  const { cards, clock, db, presence } = system
  const { id, merchantId, paymentRequestId } = first
  const at = clock.now()
  const startedAt = clock.stopwatch()
  let now = first
  for (let pauseMs = 25; now.state === 'PROCESSING' && !now.awaitsBuyer; pauseMs = Math.min(pauseMs * 2, 400)) {
    if (prepared && (await mayTakePaymentOver(db, id, presence.processId, clock.real()))) {
      const taken = await takeOver(call, prepared, now)
      if (taken) {
        now = await carryOut(call, { ...prepared, terms: taken.terms }, taken)
        break
      }
    }
    if (clock.stopwatch() - startedAt + pauseMs > PATIENCE_MS) break
    await clock.sleep(pauseMs)
    now = (await findPayment(db, cards, merchantId, { paymentRequestId }))?.payment ?? now
  }
  const detail = { repeat: true, state: now.state }
  const name = { about: 'PAYMENT' as const, merchantId, requestId: paymentRequestId }
  await noteOn(db, name, { at, kind: 'request.received', detail })
  return payAnswer(now, system.pageOf)
}

/** Takes a payment over whose process died before the issuer was asked. */
async function takeOver(call: PayCall, prepared: Prepared, payment: RunningPayment): Promise<Claimed | undefined> {
  const { db, clock, presence } = call.system
  const { card, terms } = prepared
  const ownCard = payment.cardId === payment.id
  const { pan, expiry } = card.kind === 'given' ? card : await openKept(call, card.card)
  let isOurs = false
  try {
    const sealed = ownCard ? await sealOwn(call, payment.id, prepared, { pan, expiry }) : undefined
    isOurs = await takePaymentOver(db, payment.id, presence.processId, clock.real(), sealed)
    return isOurs ? { payment, terms, pan, expiry, cvv2: card.cvv2 } : undefined
  } finally {
    if (!isOurs && card.kind === 'kept') pan.erase()
  }
}

function modeOf({ request }: PayCall): PaymentMode {
  const { isAuthorization, captureMode } = request.paymentFactor ?? {}
  // In either place: who asks for an authorisation is not charged without one.
  if (isAuthorization !== true && request.isAuthorization !== true) return 'SALE'
  return captureMode === 'MANUAL' ? 'MANUAL' : 'AUTOMATIC'
}

function termsOf(
  { request, system }: PayCall,
  card: PayCard,
): { kind: 'known'; terms: PaymentTerms; merchantInitiated: boolean } | { kind: 'no first payment' } {
  const meta = request.paymentMethod.paymentMethodMetaData
  const isToken = card.kind === 'kept' && card.use === 'TOKEN'
  const store = !isToken && meta?.tokenize === true
  // A card that came from elsewhere brings its id with it; a token has that of its own network.
  const kept = card.kind === 'kept' ? card.stored?.networkTransactionId : undefined
  const answer = credentialFor({
    card: isToken ? 'stored' : store ? 'to be stored' : 'given once',
    isCardOnFile: meta?.isCardOnFile,
    recurringType: meta?.recurringType,
    networkTransactionId: meta?.networkTransactionId ?? kept,
  })
  if (answer.kind !== 'known') return answer
  const newToken = store ? system.cards.newToken() : undefined
  const { credential: storedCredential, merchantInitiated } = answer
  return { kind: 'known', terms: { storedCredential, newToken }, merchantInitiated }
}

/** What settings and tables make of the fields. */
function fieldProblem({ request, merchant, system }: PayCall): FieldProblem | undefined {
  const url = request.paymentNotifyUrl
  const verdict =
    url === undefined ? undefined : judgeNotificationUrl(url, system.config.outboundPolicy, merchant.notificationHosts)
  if (verdict?.ok === false) return { path: 'paymentNotifyUrl', rule: verdict.reason }
  const region = request.merchantRegion
  if (region !== undefined && countryNumber(region) === undefined) {
    return { path: 'merchantRegion', rule: 'is no country of ISO 3166-1' }
  }
  return undefined
}

/** What makes two calls the same: the amount and what is charged. Source: Antom › pay › REPEAT_REQ_INCONSISTENT. */
function requestMac({ request, merchant, system }: PayCall): Buffer {
  const { cards } = system
  const { currency, value } = request.paymentAmount
  const { paymentMethodId, paymentMethodMetaData: meta } = request.paymentMethod
  if (meta?.cardNo) return cards.requestMac(merchant.id, meta.cardNo, { currency, value, paymentMethodId })
  const named = paymentMethodId === undefined ? 'nothing' : cards.tokenLookup(merchant.id, paymentMethodId)
  return cards.rowMac('pay', merchant.id, currency, value, named)
}

function questionOf({ request, merchant }: PayCall, { card }: Prepared, expiry: Expiry): Question {
  const meta = request.paymentMethod.paymentMethodMetaData
  const kept = card.kind === 'kept' ? card.holder : {}
  const name = meta?.cardholderName ?? (kept['cardholderName'] as UserName | undefined)
  const address = meta?.billingAddress ?? (kept['billingAddress'] as Address | undefined)
  return {
    expiry,
    cardholderName: nameOnCard(name),
    avs: addressToVerify(address),
    currency: request.paymentAmount.currency,
    amount: BigInt(request.paymentAmount.value),
    merchant: { id: merchant.id, name: merchant.name },
  }
}

function buyerOf({ request, merchant }: PayCall, { card, merchantInitiated }: Prepared): Buyer {
  const meta = request.paymentMethod.paymentMethodMetaData
  const kept = card.kind === 'kept' ? card.holder : {}
  const name = meta?.cardholderName ?? (kept['cardholderName'] as UserName | undefined)
  const email = meta?.payerEmail ?? kept.payerEmail
  const billing = meta?.billingAddress ?? (kept['billingAddress'] as Address | undefined)
  return {
    asked: meta?.is3DSAuthentication === true,
    wish: merchant.threeDS,
    env: request.env ?? request.order.env,
    holder: { cardholderName: nameOnCard(name), email, billing },
    redirectUrl: request.paymentRedirectUrl,
    absent: merchantInitiated,
    noUpgrade: meta?.enableAuthenticationUpgrade === false,
  }
}
