import { createHmac } from 'node:crypto'
import {
  avsLevers,
  avsResultOtherwise,
  cvvLevers,
  cvvResultOtherwise,
  expiryLevers,
  type MessageFamily,
  messageFamily,
  type Network,
  readTestCard,
  type TestCard,
} from '@coffer/test-cards'
import type { Clock, Random } from './clock.js'
import { type CarriedAuthentication, judgeAuthentication } from './judge-authentication.js'
import type { AuthenticationValues } from './three-ds/cavv.js'

/** The question whether a card is good, without money. */
export interface VerifyRequest {
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
}

/** What the issuer says. */
export interface VerifyAnswer {
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
      readonly answer: VerifyAnswer
      /** Whether the number is a test card. If not, nothing of it may be kept. */
      readonly testCard: boolean
    }
  | { readonly delivery: 'never'; readonly testCard: true }

/** How long a late answer waits for the reversal of its question. */
export const lateAnswerMs = 30_000

/**
 * The response code of an approval. Visa says of a verification that there is no reason to decline, which is another
 * word for approved; Mastercard approves. Source: card scheme practice
 */
export const approvalCodes: Readonly<Record<MessageFamily, string>> = { 'visa-like': '85', 'mastercard-like': '00' }

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
}

/** The issuer of all test cards. */
export interface Issuer {
  /** Decides a verification; remembers only that it has seen the number, and not the number. */
  verify(request: VerifyRequest): Decision
}

/**
 * Makes an issuer. What it has seen is kept under a key that is drawn anew at every start: a number cannot be found
 * from it, and after a restart every number is new again.
 */
export function createIssuer(set: {
  declineFailureCards: boolean
  values: AuthenticationValues
  clock: Clock
  random: Random
}): Issuer {
  const key = set.random(32)
  const seen = new Set<string>()
  return {
    verify(request) {
      const sight = createHmac('sha256', key).update(request.pan).digest('base64')
      const firstSight = !seen.has(sight)
      const decision = decideVerification(request, {
        firstSight,
        declineFailureCards: set.declineFailureCards,
        today: set.clock.now(),
        random: set.random,
        values: set.values,
      })
      if (decision.testCard) seen.add(sight)
      return decision
    },
  }
}

/**
 * What the issuer decides about a verification. The script of the number comes first, because whoever chose the number
 * asked for it; then the expiry date, then the CVV, because no authentication mends these; then a wrong authentication
 * value; and last, that a card of the EEA has none. The address is judged and decides nothing.
 *
 * What the number says about 3DS plays no part here: what counts is what the message proves.
 */
export function decideVerification(request: VerifyRequest, state: IssuerState): Decision {
  const card = readTestCard(request.pan)
  // A real card must get no other treatment than a number that does not exist.
  if (card === undefined) return { delivery: 'at-once', answer: decline('14', request.dialect), testCard: false }

  const mode = modeOf(card, state)
  if (mode === '3') return { delivery: 'never', testCard: true }
  return {
    delivery: mode === '4' ? 'late' : mode === '5' ? brokenDelivery(request) : 'at-once',
    answer: answer(request, card, state),
    testCard: true,
  }
}

function answer(request: VerifyRequest, card: TestCard, state: IssuerState): VerifyAnswer {
  const cvv = judgeCvv(request, card)
  const avsResult = judgeAddress(request)
  const authentication = judgeAuthentication(request, card, state.values)
  const declined =
    declineOfScript(card, state) ??
    expiryLevers.find(({ expiry }) => expiry === request.expiry)?.responseCode ??
    cvv?.responseCode ??
    authentication.responseCode
  return {
    ...(declined === undefined ? approval(request.dialect, state) : decline(declined, request.dialect)),
    ...(cvv === undefined ? {} : { cvvResult: cvv.cvvResult }),
    ...(avsResult === undefined ? {} : { avsResult }),
    ...(authentication.cavvResult === undefined ? {} : { cavvResult: authentication.cavvResult }),
  }
}

/** An issuer breaks in two ways, and the STAN says which: so that whoever tests can choose, and repeat it. */
function brokenDelivery({ stan }: VerifyRequest): 'garbled' | 'cut' {
  return Number(stan) % 2 === 0 ? 'garbled' : 'cut'
}

function modeOf(card: TestCard, state: IssuerState): TestCard['mode'] {
  const failsAtOnce = card.kind === 'antom' && card.published.outcome === 'payment-failure' && state.declineFailureCards
  return failsAtOnce ? '0' : card.mode
}

function declineOfScript(card: TestCard, state: IssuerState): string | undefined {
  switch (modeOf(card, state)) {
    case '1':
    case '2':
      return undefined
    case '6':
      return state.firstSight ? '91' : undefined
    default:
      return card.responseCode === '00' ? undefined : card.responseCode
  }
}

function judgeCvv(request: VerifyRequest, card: TestCard): { cvvResult: string; responseCode?: string } | undefined {
  if (request.cvv === undefined) return undefined
  const lever = cvvLevers.find(({ cvv, amex }) => request.cvv === (card.cvvLength === 4 ? amex : cvv))
  if (lever === undefined) return { cvvResult: cvvResultOtherwise }
  return {
    cvvResult: lever.cvvResult,
    ...(lever.responseCode === undefined ? {} : { responseCode: lever.responseCode[messageFamily(request.network)] }),
  }
}

function judgeAddress({ avs }: VerifyRequest): string | undefined {
  if (avs === undefined) return undefined
  return avsLevers.find(({ postcode }) => postcode === avs.postcode)?.avsResult ?? avsResultOtherwise
}

function approval(dialect: MessageFamily, { today, random }: IssuerState): VerifyAnswer {
  return {
    responseCode: approvalCodes[dialect],
    authCode: draw(6, digits, random),
    networkTransactionId:
      dialect === 'mastercard-like'
        ? `${draw(9, digits + letters, random)}${monthAndDay(today)}`
        : draw(15, digits, random),
  }
}

function decline(responseCode: string, dialect: MessageFamily): VerifyAnswer {
  const advice = dialect === 'mastercard-like' ? merchantAdvice[responseCode] : undefined
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
