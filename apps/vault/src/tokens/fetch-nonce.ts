import { type FetchNonceResponse, fetchNonceRequest, resultOf } from '@coffer/antom'
import type { Static } from 'typebox'
import type { CardPassword, Cvv, Pan } from '../card-data/index.js'
import { chooseNetwork } from '../cards/choose-network.js'
import { strictProblem } from '../cards/country-rules.js'
import { isExpired } from '../cards/expiry.js'
import { isEea } from '../cards/networks.js'
import { type Call, handle } from '../handle.js'
import { after } from '../platform/clock.js'
import { newId } from '../platform/ids.js'
import { keepNonce } from './token-store.js'

/** The request with its card fields opaque. */
const requestSchema = fetchNonceRequest<Pan, Cvv, CardPassword>()
type Request = Static<typeof requestSchema>
type ThisCall = Call<Request, 'fetchNonce' | 'fetchNonceOfPayments'>

/**
 * Turns a card into a nonce: good for one payment, and soon. Nobody is asked about the card, nothing is notified, and
 * each call makes another nonce. Source: Antom › fetchNonce.
 */
export const fetchNonce = handle('fetchNonce', requestSchema, makeNonce)

/** The same at the path that older SDKs call. */
export const fetchNonceOfPayments = handle('fetchNonceOfPayments', requestSchema, makeNonce)

async function makeNonce({ request, merchant, refuse, system }: ThisCall): Promise<FetchNonceResponse> {
  const { cards, clock, config, db, random } = system
  const { card } = request
  const { cardNo: pan } = card
  const now = clock.now()

  // 1. What cannot be a card, or lacks what its country wants, is a mistake in the call.
  if (pan.problem !== undefined) return refuse('PARAM_ILLEGAL', { path: 'card.cardNo', rule: pan.problem })
  const problem = merchant.strict ? strictProblem(pan.facts?.issuingCountry, card) : undefined
  if (problem) return refuse('PARAM_ILLEGAL', { ...problem, path: problem.path.replace('paymentMethodDetail.', '') })

  // 2. What can be no payment gets no nonce. The documentation knows one code for that.
  const expiry = { year: card.expiryYear.slice(-2), month: card.expiryMonth }
  const choice = chooseNetwork({
    facts: pan.facts,
    selectedCardBrand: card.selectedCardBrand,
    brand: card.brand,
    merchantInEea: isEea(merchant.region),
    usable: system.acquirers.networks,
  })
  if (choice.kind === 'not supported' || !pan.facts) return noNonce(pan.facts ? NO_ACQUIRER : NO_BRAND)
  if (choice.kind === 'not on the card') return noNonce(resultOf('SELECTED_CARD_BRAND_NOT_AVAILABLE').resultMessage)
  if (isExpired(expiry, now)) return noNonce(EXPIRED)

  // 3. Seal and keep it. The CVV waits in the memory of this process alone: a payment that comes to another goes without.
  const id = newId(now, random.bytes(16))
  const cardToken = cards.newToken()
  const usableUntil = after(now, config.nonceMinutes * 60_000)
  const sealed = await cards.sealCard({ id, merchantId: merchant.id, token: cardToken, pan, expiry }, holderOf(card))
  const chosen = choice.kind === 'chosen' ? { network: choice.network, by: choice.by, at: now } : undefined
  await keepNonce(db, sealed, chosen?.network ?? pan.facts.networks[0], chosen, { usableUntil, createdAt: now })
  if (card.cvv) system.nonceCvvs.park(id, card.cvv, undefined, usableUntil)
  return { result: resultOf('SUCCESS'), cardToken }
}

const NO_BRAND = 'No supported brand has such card numbers.'
const NO_ACQUIRER = 'Cards of this network are not accepted here: no acquirer is configured for it.'
const EXPIRED = 'The card is expired.'

const noNonce = (message: string): FetchNonceResponse => ({ result: resultOf('PROCESS_FAIL', message) })

/** What is kept about the holder for the payment. */
function holderOf({ cardholderName, billingAddress, payerEmail, cpf, dateOfBirth, businessNo }: Request['card']) {
  const given = Object.entries({ cardholderName, billingAddress, payerEmail, cpf, dateOfBirth, businessNo }).filter(
    ([, value]) => value !== undefined,
  )
  return given.length ? Object.fromEntries(given) : undefined
}
