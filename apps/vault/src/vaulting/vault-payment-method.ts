import { timingSafeEqual } from 'node:crypto'
import { type FieldProblem, vaultPaymentMethodRequest } from '@coffer/antom'
import type { Static } from 'typebox'
import { goOnWithNetwork } from '../buyers/authenticate-buyer.js'
import type { Buyer, Question, Waiting } from '../buyers/errand.js'
import { openPage } from '../buyers/open-page.js'
import type { CardPassword, Cvv, Pan, SealedCard } from '../card-data/index.js'
import { chooseNetwork, type NetworkAnswer } from '../cards/choose-network.js'
import { strictProblem } from '../cards/country-rules.js'
import { isExpired } from '../cards/expiry.js'
import { addressToVerify, nameOnCard } from '../cards/holder-facts.js'
import { isEea } from '../cards/networks.js'
import { type Call, handle, type RefusalOf } from '../handle.js'
import { countryNumber } from '../issuer/iso8583/country-codes.js'
import { currencyNumber } from '../issuer/iso8583/currency-codes.js'
import { judgeNotificationUrl } from '../merchants/judge-notification-url.js'
import { after } from '../platform/clock.js'
import { newId } from '../platform/ids.js'
import { noteEvent } from '../timeline/timeline-store.js'
import { concludeVaulting } from './conclude-vaulting.js'
import { letGo, mayBeTakenOver, takeOver } from './issuer-message-store.js'
import { answerFor, failed, type Outcome, type RunningVaulting, type Vaulting } from './vaulting.js'
import { VaultingErrand } from './vaulting-errand.js'
import { type Draft, findVaulting, sealEcho } from './vaulting-store.js'

/** The request with its card fields opaque: nobody below can read digits. */
export const vaultRequestSchema = vaultPaymentMethodRequest<Pan, Cvv, CardPassword>()
type Request = Static<typeof vaultRequestSchema>
type ThisCall = Call<Request, 'vaultPaymentMethod'>

/** A repeat waits this long for the call that is at work, then says that it does not know. */
const PATIENCE_MS = 2_000

/**
 * Vaults one card. The same merchant and vaultingRequestId get the same answer, for ever.
 * Source: Antom › vaultPaymentMethod.
 */
export const vaultPaymentMethod = handle('vaultPaymentMethod', vaultRequestSchema, async call => {
  const { request, merchant, refuse, system } = call
  const { cards, clock, random } = system
  const { card } = request.paymentMethodDetail
  const { cardNo: pan } = card
  const beganAt = clock.stopwatch()

  // 1. Seal first: what is stored is never anything but ciphertext, bound to this merchant and this card.
  const receivedAt = clock.now()
  const id = newId(receivedAt, random.bytes(16))
  const token = cards.newToken()
  const question = questionOf(call)
  const choice = chooseNetwork({
    facts: pan.facts,
    selectedCardBrand: card.selectedCardBrand,
    brand: card.brand,
    merchantInEea: isEea(request.merchantRegion ?? merchant.region),
    usable: system.acquirers.networks,
  })
  const { metadata, customizedInfo } = request
  const draft: Draft = {
    id,
    merchantId: merchant.id,
    vaultingRequestId: request.vaultingRequestId,
    requestMac: cards.requestMac(merchant.id, pan, comparable(request)),
    notificationUrl: request.vaultingNotificationUrl ?? merchant.notificationUrl,
    echo: { ...(metadata !== undefined && { metadata }), ...(customizedInfo !== undefined && { customizedInfo }) },
    receivedAt,
    settleAt: after(receivedAt, system.config.settleAfterMs),
    holder: system.presence.processId,
  }
  const sealAs = (cardId: string) =>
    cards.sealCard({ id: cardId, merchantId: merchant.id, token, pan, expiry: question.expiry }, holderOf(request))

  // 2. What settings and tables refuse. They can change, and an id that was used keeps its answer.
  const refused = whatIsRefused(call, choice)
  if (refused) {
    const known = await findVaulting(system.db, cards, merchant.id, request.vaultingRequestId)
    const isRepeat = known && timingSafeEqual(known.requestMac, draft.requestMac)
    if (!known || (!isRepeat && refused.code === 'PARAM_ILLEGAL')) return refuse(refused.code, refused.problem)
    return (await answerRepeat(call, draft, async () => undefined)) ?? refuse(refused.code, refused.problem)
  }

  // 3. Claim the id. The unique insert is the lock: of two racing requests one wins and the other sees it.
  const [sealed, echoSealed] = await Promise.all([sealAs(id), sealEcho(cards, draft)])
  const detail = { maskedCardNo: pan.masked }
  const brand = pan.facts?.networks[0]
  const goOn = async (vaulting: RunningVaulting) => {
    const result = await carryOut(call, vaulting, token, question, choice)
    await system.beforeAnswer?.hold(result, beganAt)
    return answerFor(result, system.pageOf)
  }
  if (await system.writes.claim({ draft, card: sealed, brand, echoSealed, detail })) {
    return goOn({ ...draft, state: 'PROCESSING', awaitsBuyer: false })
  }
  const answer = await answerRepeat(call, draft, async vaulting =>
    (await takenOver(call, vaulting, sealAs)) ? goOn(vaulting) : undefined,
  )
  if (!answer) throw new Error('a vaulting that was claimed is not there')
  return answer
})

/** From the claimed id to what is answered. A "no" is an outcome to be remembered now, not a refusal. */
async function carryOut(
  call: ThisCall,
  vaulting: RunningVaulting,
  token: string,
  question: Question,
  choice: NetworkAnswer,
): Promise<Vaulting> {
  const { request, system } = call
  const { card } = request.paymentMethodDetail
  const { clock, config, db } = system
  const conclude = (outcome: Outcome) => concludeVaulting(system, vaulting, outcome, { ground: 'UNASKED' })
  try {
    if (choice.kind === 'not supported' || choice.kind === 'not on the card') {
      const { facts } = card.cardNo
      if (facts) system.log.warn('card.no-acquirer', { cause: facts.networks.join(' ') })
      return await conclude(failed('CARD_NOT_SUPPORTED', facts ? NO_ACQUIRER : NO_BRAND))
    }
    if (isExpired(question.expiry, vaulting.receivedAt)) return await conclude(failed('CARD_EXPIRED'))

    // 4. A buyer who may choose between brands is asked before anybody else; the CVV waits in this process alone.
    const secrets = { pan: card.cardNo, cvv2: card.cvv }
    const waiting: Waiting<Vaulting> = {
      errand: new VaultingErrand(system, vaulting, token),
      question,
      buyer: buyerOf(call),
      // Of the call that claimed the id: one that goes on with it later gets no more time.
      settleAt: vaulting.receivedAt + config.settleAfterMs,
      networks: choice.kind === 'ask' ? choice.networks : [],
      choice: undefined,
      softDeclined: false,
    }
    if (choice.kind === 'ask') return await openPage(system, waiting, secrets.cvv2)

    // 5. Have the buyer authenticated where that is needed, ask the issuer whether the card is good, and conclude.
    const chosen = { ...waiting, choice: { network: choice.network, by: choice.by, at: clock.now() } }
    return (await goOnWithNetwork(system, chosen, secrets, 'call')).now
  } catch (error) {
    // Where nobody was asked yet, the next call can go on. Best effort: the database may be what is away.
    await letGo(db, vaulting, system.presence.processId).catch(() => {})
    throw error
  }
}

const NO_BRAND = 'No supported brand has such card numbers.'
const NO_ACQUIRER = 'Cards of this network are not accepted here: no acquirer is configured for it.'

/** What a setting or a table makes of the request, in the order of the checks. */
function whatIsRefused(
  { request, merchant, system }: ThisCall,
  choice: NetworkAnswer,
): { code: RefusalOf<'vaultPaymentMethod'>; problem?: FieldProblem } | undefined {
  const url = request.vaultingNotificationUrl
  const verdict =
    url === undefined ? undefined : judgeNotificationUrl(url, system.config.outboundPolicy, merchant.notificationHosts)
  if (verdict?.ok === false) {
    return { code: 'PARAM_ILLEGAL', problem: { path: 'vaultingNotificationUrl', rule: verdict.reason } }
  }
  const currency = request.vaultingCurrency
  if (currency !== undefined && currencyNumber(currency) === undefined) {
    return { code: 'PARAM_ILLEGAL', problem: { path: 'vaultingCurrency', rule: 'is no currency of ISO 4217' } }
  }
  const region = request.merchantRegion
  if (region !== undefined && countryNumber(region) === undefined) {
    return { code: 'PARAM_ILLEGAL', problem: { path: 'merchantRegion', rule: 'is no country of ISO 3166-1' } }
  }
  const { card } = request.paymentMethodDetail
  if (card.cardNo.problem !== undefined) {
    return { code: 'PARAM_ILLEGAL', problem: { path: 'paymentMethodDetail.card.cardNo', rule: card.cardNo.problem } }
  }
  if (merchant.strict) {
    const problem = strictProblem(card.cardNo.facts?.issuingCountry, card)
    if (problem) return { code: 'PARAM_ILLEGAL', problem }
  }
  return choice.kind === 'not on the card' ? { code: 'SELECTED_CARD_BRAND_NOT_AVAILABLE' } : undefined
}

/**
 * The same id was used before: the same content hears the stored answer, other content is refused.
 * @param goOn  goes on with a vaulting that nobody works on any more; gives nothing where somebody does
 * @returns nothing when the id was not used
 */
async function answerRepeat(
  call: ThisCall,
  draft: Draft,
  goOn: (vaulting: RunningVaulting) => Promise<object | undefined>,
): Promise<object | undefined> {
  const { refuse, system, merchant } = call
  const { clock, cards, db } = system
  const { vaultingRequestId } = draft
  const at = clock.now()
  const find = () => findVaulting(db, cards, merchant.id, vaultingRequestId)
  let known = await find()
  if (!known) return undefined
  if (!timingSafeEqual(known.requestMac, draft.requestMac)) return refuse('REPEAT_REQ_INCONSISTENT')
  const note = (vaulting: Vaulting) => {
    const detail = { repeat: true, state: vaulting.state }
    return noteEvent(db, merchant.id, vaultingRequestId, { at, kind: 'request.received', detail })
  }
  const startedAt = clock.stopwatch()
  for (let pauseMs = 25; known.vaulting.state === 'PROCESSING'; pauseMs = Math.min(pauseMs * 2, 400)) {
    if (known.vaulting.awaitsBuyer) break
    const answer = await goOn(known.vaulting)
    if (answer) {
      await note(known.vaulting)
      return answer
    }
    if (clock.stopwatch() - startedAt + pauseMs > PATIENCE_MS) break
    await clock.sleep(pauseMs)
    known = (await find()) ?? known
  }
  await note(known.vaulting)
  return answerFor(known.vaulting, system.pageOf)
}

/** Whether this call holds the vaulting now, because its process died before the issuer was asked. */
async function takenOver(
  { system }: ThisCall,
  vaulting: RunningVaulting,
  sealAs: (cardId: string) => Promise<SealedCard>,
): Promise<boolean> {
  const { clock, db, presence } = system
  if (!(await mayBeTakenOver(db, vaulting, presence.processId, clock.real()))) return false
  return takeOver(db, vaulting, presence.processId, clock.real(), await sealAs(vaulting.id))
}

/** What the issuer will be asked, beside the network. */
function questionOf({ request, merchant }: ThisCall): Question {
  const { card } = request.paymentMethodDetail
  return {
    expiry: { year: card.expiryYear.slice(-2), month: card.expiryMonth },
    cardholderName: nameOnCard(card.cardholderName),
    avs: addressToVerify(card.billingAddress),
    currency: request.vaultingCurrency ?? 'USD',
    amount: 0n,
    merchant: { id: merchant.id, name: merchant.name },
  }
}

/** What is known of the buyer, and how far he has to be authenticated. */
function buyerOf({ request, merchant }: ThisCall): Buyer {
  const { card } = request.paymentMethodDetail
  const { cardholderName, payerEmail, billingAddress } = card
  return {
    asked: card.is3DSAuthentication === true,
    wish: merchant.threeDS,
    env: request.env,
    holder: { cardholderName: nameOnCard(cardholderName), email: payerEmail, billing: billingAddress },
    redirectUrl: request.redirectUrl,
    absent: false,
    noUpgrade: false,
  }
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
