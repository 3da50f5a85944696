import { createHmac } from 'node:crypto'
import {
  avsLevers,
  avsResultOtherwise,
  cvvLevers,
  cvvResultOtherwise,
  expiryLevers,
  messageFamily,
  type Network,
  readTestCard,
  type TestCard,
} from '@coffer/test-cards'
import type { Clock, Random } from './clock.js'

/** The question whether a card is good, without money. */
export interface VerifyRequest {
  /** UUID; asking again with the same one is answered, and shows in the ledger. */
  readonly requestId: string
  /** The network that carries the question: on a co-badged card the one that was chosen. */
  readonly network: Network
  readonly pan: string
  /** `YYMM` */
  readonly expiry: string
  readonly cvv2?: string
  readonly cardholderName?: string
  readonly avs?: { readonly postcode?: string; readonly line1?: string }
  /** ISO 4217, three letters */
  readonly currency: string
  readonly merchant: { readonly id: string; readonly name: string }
  readonly storedCredential: StoredCredential
}

/** What the merchant wants to do with the card later, and who is there now. */
export interface StoredCredential {
  readonly initiator: 'CARDHOLDER' | 'MERCHANT'
  readonly usage: 'FIRST' | 'SUBSEQUENT'
  readonly reason:
    | 'COF'
    | 'RECURRING'
    | 'INSTALMENT'
    | 'UNSCHEDULED'
    | 'RESUBMISSION'
    | 'DELAYED'
    | 'NO_SHOW'
    | 'REAUTH'
}

/** What the issuer says. */
export interface VerifyAnswer {
  /** ISO 8583 data element 39: two letters or digits. */
  readonly responseCode: string
  /** 6 characters, on approval. */
  readonly authCode?: string
  /** On approval: 15 digits, or on Mastercard and Maestro 9 letters and digits and the date MMDD. */
  readonly networkTransactionId?: string
  /** Absent when no CVV was given. */
  readonly cvvResult?: string
  /** Absent when no address was given. */
  readonly avsResult?: string
}

/** What the issuer decided, and how its answer travels. */
export type Decision =
  | {
      /** `at-once`, after {@link lateAnswerMs}, or `cut` off in its middle. */
      readonly delivery: 'at-once' | 'late' | 'cut'
      readonly answer: VerifyAnswer
      /** Whether the number is a test card. If not, nothing of it may be kept. */
      readonly testCard: boolean
    }
  | { readonly delivery: 'never'; readonly testCard: true }

/** Longer than anybody waits for an issuer, and short enough to see the late answer arrive. */
export const lateAnswerMs = 12_000

/** How long an issuer that never answers holds the line before it drops it. */
export const silenceMs = 60_000

/** What the issuer knows beside the question. */
export interface IssuerState {
  /** Whether it sees this number for the first time since it was started. */
  readonly firstSight: boolean
  /** Whether Antom's cards for a failing payment fail at verification already. */
  readonly declineFailureCards: boolean
  readonly today: Date
  readonly random: Random
}

/** The issuer of all test cards. */
export interface Issuer {
  /** Answers a verification; remembers only that it has seen the number, and not the number. */
  verify(request: VerifyRequest): Decision
}

/**
 * Makes an issuer. What it has seen is kept under a key that is drawn anew at every start: a number cannot be found
 * from it, and after a restart every number is new again.
 */
export function createIssuer(set: { declineFailureCards: boolean; clock: Clock; random: Random }): Issuer {
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
      })
      if (decision.testCard) seen.add(sight)
      return decision
    },
  }
}

/**
 * What the issuer decides about a verification. The script of the number comes first, because whoever chose the number
 * asked for it; then the expiry date, then the CVV. The address is judged and decides nothing.
 *
 * What the number says about 3DS plays no part here, and nobody is sent back to authenticate: 3DS is not simulated yet.
 */
export function decideVerification(request: VerifyRequest, state: IssuerState): Decision {
  const card = readTestCard(request.pan)
  // A real card must get no other treatment than a number that does not exist.
  if (card === undefined) return { delivery: 'at-once', answer: { responseCode: '14' }, testCard: false }

  const mode = modeOf(card, state)
  if (mode === '3') return { delivery: 'never', testCard: true }
  return {
    delivery: mode === '4' ? 'late' : mode === '5' ? 'cut' : 'at-once',
    answer: answer(request, card, state),
    testCard: true,
  }
}

function answer(request: VerifyRequest, card: TestCard, state: IssuerState): VerifyAnswer {
  const cvv = judgeCvv(request, card)
  const avsResult = judgeAddress(request)
  const responseCode =
    declineOfScript(card, state) ??
    expiryLevers.find(({ expiry }) => expiry === request.expiry)?.responseCode ??
    cvv?.responseCode ??
    '00'
  return {
    responseCode,
    ...(responseCode === '00' ? approval(request.network, state) : {}),
    ...(cvv === undefined ? {} : { cvvResult: cvv.cvvResult }),
    ...(avsResult === undefined ? {} : { avsResult }),
  }
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
  if (request.cvv2 === undefined) return undefined
  const lever = cvvLevers.find(({ cvv, amex }) => request.cvv2 === (card.cvvLength === 4 ? amex : cvv))
  if (lever === undefined) return { cvvResult: cvvResultOtherwise }
  return {
    cvvResult: lever.cvvResult,
    ...(lever.responseCode === undefined ? {} : { responseCode: lever.responseCode[messageFamily(request.network)] }),
  }
}

function judgeAddress({ avs }: VerifyRequest): string | undefined {
  if (avs?.postcode === undefined && avs?.line1 === undefined) return undefined
  return avsLevers.find(({ postcode }) => postcode === avs.postcode)?.avsResult ?? avsResultOtherwise
}

function approval(network: Network, { today, random }: IssuerState) {
  return {
    authCode: draw(6, digits, random),
    networkTransactionId:
      messageFamily(network) === 'mastercard-like'
        ? `${draw(9, digits + letters, random)}${monthAndDay(today)}`
        : draw(15, digits, random),
  }
}

const digits = '0123456789'
const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'

function draw(length: number, alphabet: string, random: Random): string {
  return Array.from(random(length), byte => alphabet[byte % alphabet.length]).join('')
}

function monthAndDay(date: Date): string {
  return date.toISOString().slice(5, 10).replace('-', '')
}
