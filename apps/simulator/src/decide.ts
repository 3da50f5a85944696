import {
  avsLevers,
  avsResultOtherwise,
  cvvLevers,
  cvvResultOtherwise,
  expiryLevers,
  issuerHabits,
  type MessageFamily,
  messageFamily,
  type Network,
  readTestCard,
  type TestCard,
} from '@coffer/test-cards'
import type { Random } from './clock.js'
import { type CarriedAuthentication, judgeAuthentication } from './judge-authentication.js'
import type { AuthenticationValues } from './three-ds/cavv.js'

/** The question whether a card is good, or for money of it. */
export interface CardQuestion {
  /** The network that carries the question: on a co-badged card the one that was chosen. */
  readonly network: Network
  /** How its messages are written: this decides what an approval looks like. */
  readonly dialect: MessageFamily
  /** 6 digits */
  readonly stan: string
  readonly pan: string
  /** `YYMM` */
  readonly expiry: string
  readonly cvv?: string
  readonly avs?: { readonly postcode: string; readonly line1: string }
  readonly authentication?: CarriedAuthentication
  /** Absent: the card is only looked at. */
  readonly payment?: AskedPayment
}

/** What is to be known of a payment to decide it. How much it is decides nothing: test cards have money without end. */
export interface AskedPayment {
  /** Whether the buyer is there, or the merchant charges a stored card alone. */
  readonly initiatedBy: 'buyer' | 'merchant'
  /** The transaction with which the buyer agreed to that, as it stands on the wire. */
  readonly originalTransactionId?: string
}

/** What the issuer says. */
export interface IssuerAnswer {
  /** ISO 8583 data element 39: two letters or digits. */
  readonly responseCode: string
  /** 6 characters, on approval. */
  readonly authCode?: string
  /** On approval: 15 digits, or Mastercard-like 9 letters and digits and the date MMDD. */
  readonly networkTransactionId?: string
  /** Absent when no CVV was given. */
  readonly cvvResult?: string
  /** Absent when no address was given. */
  readonly avsResult?: string
  /** Absent when no authentication value was given. Visa's code for it; Mastercard-like messages have no place for it. */
  readonly cavvResult?: string
  /** What the merchant should do after a decline, where the issuer has a word on it; Mastercard-like only. */
  readonly merchantAdvice?: string
}

/** What the issuer decided, and how its answer travels. */
export type Decision =
  | {
      /**
       * `at-once`; `late`, when a reversal comes or after {@link lateAnswerMs}; `garbled`, as half a message that says
       * it is whole; `cut`, as half a message and then nothing more on this line.
       */
      readonly delivery: 'at-once' | 'late' | 'garbled' | 'cut'
      readonly answer: IssuerAnswer
      /** Whether the number is a test card. If not, nothing of it may be kept. */
      readonly testCard: boolean
    }
  | { readonly delivery: 'never'; readonly testCard: true }

/** How long a late answer waits for the reversal of its question. */
export const lateAnswerMs = 30_000

/**
 * The response code of an approved verification. Visa says that there is no reason to decline, which is another word for
 * approved; Mastercard approves. Source: card scheme practice
 */
const verifiedCodes: Readonly<Record<MessageFamily, string>> = { 'visa-like': '85', 'mastercard-like': '00' }
const paidCode = '00'

/** What a decline advises: 01 ask for new card data, 02 try again later, 03 never try again. Source: card scheme practice */
const merchantAdvice: Readonly<Record<string, string>> = {
  '04': '03',
  '14': '03',
  '41': '03',
  '43': '03',
  '46': '03',
  '51': '02',
  '54': '01',
  '61': '02',
  '65': '02',
  '91': '02',
  '96': '02',
}

/** How a merchant is declined who charges a card alone and cannot name a transaction with which the buyer agreed. */
const withoutOriginal = issuerHabits.find(({ when }) => when.startsWith('the merchant pays alone'))!.responseCode
const neverAgain = '03'

/** What the issuer knows beside the question. */
export interface IssuerState {
  /** Whether it sees this number for the first time since it was started. */
  readonly firstSight: boolean
  /** Whether Antom's cards for a failing payment fail at verification already. */
  readonly declineFailureCards: boolean
  readonly today: Date
  readonly random: Random
  /** Knows the authentication values of the ACS. */
  readonly values: AuthenticationValues
  /** Whether the original transaction that a payment names is one of this card on this network, and ours. */
  readonly originalIsOurs: boolean
}

/**
 * What the issuer decides. The script of the number comes first, because whoever chose the number asked for it; then the
 * expiry date, then the CVV, because no authentication mends these; then, where a merchant charges a card alone, that
 * the buyer has agreed to it once; then a wrong authentication value; and last, that a card of the EEA has none, unless
 * there is no buyer to authenticate. The address is judged and decides nothing.
 *
 * What the number says about 3DS plays no part here: what counts is what the message proves.
 */
export function decide(question: CardQuestion, state: IssuerState): Decision {
  const card = readTestCard(question.pan)
  // A real card must get no other treatment than a number that does not exist.
  if (card === undefined) return { delivery: 'at-once', answer: decline('14', question), testCard: false }

  const mode = modeOf(card, state)
  if (mode === '3') return { delivery: 'never', testCard: true }
  return {
    delivery: mode === '4' ? 'late' : mode === '5' ? brokenDelivery(question) : 'at-once',
    answer: answer(question, card, state),
    testCard: true,
  }
}

function answer(question: CardQuestion, card: TestCard, state: IssuerState): IssuerAnswer {
  const cvv = judgeCvv(question, card)
  const avsResult = judgeAddress(question)
  const byMerchant = question.payment?.initiatedBy === 'merchant'
  const authentication = judgeAuthentication(question, card, { values: state.values, buyerIsThere: !byMerchant })

  const verdict = (): IssuerAnswer => {
    const ofCard =
      declineOfScript(question, card, state) ??
      expiryLevers.find(({ expiry }) => expiry === question.expiry)?.responseCode ??
      cvv?.responseCode
    if (ofCard !== undefined) return decline(ofCard, question)
    if (byMerchant && !state.originalIsOurs) {
      return decline(withoutOriginal[messageFamily(question.network)], question, neverAgain)
    }
    if (authentication.responseCode !== undefined) return decline(authentication.responseCode, question)
    return approval(question, state)
  }
  return {
    ...verdict(),
    ...(cvv === undefined ? {} : { cvvResult: cvv.cvvResult }),
    ...(avsResult === undefined ? {} : { avsResult }),
    ...(authentication.cavvResult === undefined ? {} : { cavvResult: authentication.cavvResult }),
  }
}

/** An issuer breaks in two ways, and the STAN says which: so that whoever tests can choose, and repeat it. */
function brokenDelivery({ stan }: CardQuestion): 'garbled' | 'cut' {
  return Number(stan) % 2 === 0 ? 'garbled' : 'cut'
}

function modeOf(card: TestCard, state: IssuerState): TestCard['mode'] {
  const failsAtOnce = card.kind === 'antom' && card.published.outcome === 'payment-failure' && state.declineFailureCards
  return failsAtOnce ? '0' : card.mode
}

function declineOfScript({ payment }: CardQuestion, card: TestCard, state: IssuerState): string | undefined {
  const scripted = card.responseCode === '00' ? undefined : card.responseCode
  switch (modeOf(card, state)) {
    case '1':
      return payment === undefined ? undefined : scripted
    case '2':
      return payment?.initiatedBy === 'merchant' ? scripted : undefined
    case '6':
      return state.firstSight ? '91' : undefined
    default:
      return scripted
  }
}

function judgeCvv(request: CardQuestion, card: TestCard): { cvvResult: string; responseCode?: string } | undefined {
  if (request.cvv === undefined) return undefined
  const lever = cvvLevers.find(({ cvv, amex }) => request.cvv === (card.cvvLength === 4 ? amex : cvv))
  if (lever === undefined) return { cvvResult: cvvResultOtherwise }
  return {
    cvvResult: lever.cvvResult,
    ...(lever.responseCode === undefined ? {} : { responseCode: lever.responseCode[messageFamily(request.network)] }),
  }
}

function judgeAddress({ avs }: CardQuestion): string | undefined {
  if (avs === undefined) return undefined
  return avsLevers.find(({ postcode }) => postcode === avs.postcode)?.avsResult ?? avsResultOtherwise
}

function approval({ dialect, payment }: CardQuestion, { today, random }: IssuerState): IssuerAnswer {
  return {
    responseCode: payment === undefined ? verifiedCodes[dialect] : paidCode,
    authCode: draw(6, digits, random),
    networkTransactionId:
      dialect === 'mastercard-like'
        ? `${draw(9, digits + letters, random)}${monthAndDay(today)}`
        : draw(15, digits, random),
  }
}

function decline(
  responseCode: string,
  { dialect }: CardQuestion,
  advises = merchantAdvice[responseCode],
): IssuerAnswer {
  const advice = dialect === 'mastercard-like' ? advises : undefined
  return { responseCode, ...(advice === undefined ? {} : { merchantAdvice: advice }) }
}

const digits = '0123456789'
const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'

function draw(length: number, alphabet: string, random: Random): string {
  return Array.from(random(length), byte => alphabet[byte % alphabet.length]).join('')
}

function monthAndDay(date: Date): string {
  return date.toISOString().slice(5, 10).replace('-', '')
}
