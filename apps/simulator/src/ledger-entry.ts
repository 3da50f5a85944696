import { type MessageFamily, readTestCard } from '@coffer/test-cards'
import type { IssuerAnswer } from './decide.js'
import { type Carried, textOf } from './iso8583/carried.js'
import type { Message } from './iso8583/codec.js'
import type { IssuerDecision } from './issuer.js'

/** What names a message: nothing of it changes when the same message comes again, on whatever connection. */
export interface MessageIdentity {
  /** DE11 */
  readonly stan: string
  /** DE7: MMDDhhmmss, UTC */
  readonly transmittedAt: string
  /** DE32, without zeros in front. */
  readonly acquirerId: string
  /** DE41, without blanks at its end. */
  readonly terminalId: string
}

/**
 * One message as the issuer saw it, and what it said. Holds neither the number nor the CVV, nor any free text.
 * What could not be read, or was not there, is an empty string.
 */
export interface LedgerEntry extends MessageIdentity {
  /** ISO 8601, UTC */
  readonly at: string
  /**
   * `verification`, `payment`: decided. `late-answer`: its answer has left, after all. `duplicate`: the same question
   * again. `advice`: a capture or a refund, see `moves`. `reversal`: a question is to count as never asked, or with
   * `actualAmount` for less than it was. `refused`: not processed, see `reason`.
   */
  readonly kind:
    | 'verification'
    | 'payment'
    | 'late-answer'
    | 'duplicate'
    | 'advice'
    | 'reversal'
    | 'refused'
    | 'sign-on'
    | 'sign-off'
  readonly mti: string
  readonly dialect: MessageFamily
  readonly network?: string
  /** Twelve stars and the last four digits; absent when the number is not a test card. */
  readonly maskedPan?: string
  /** DE37 */
  readonly rrn: string
  /** DE42 */
  readonly merchantId: string
  /** DE3 */
  readonly processingCode: string
  /** DE4: 12 digits in the currency's smallest unit */
  readonly amount: string
  /** DE49: ISO 4217, three digits */
  readonly currency: string
  /** DE22 */
  readonly posEntry: string
  readonly expiryGiven: boolean
  readonly cvvGiven: boolean
  readonly avsGiven: boolean
  /** Whether there was an authentication value. The value itself is not kept. */
  readonly cavvGiven: boolean
  /** What the message claims of an authentication, as it stood on the wire: Visa-like ECI, Mastercard-like security level. */
  readonly eci?: string
  /** As it stood on the wire. */
  readonly storedCredential?: string
  /** Of a payment: whether the buyer is there, or the merchant charges a stored card alone. */
  readonly initiatedBy?: 'buyer' | 'merchant'
  /** Of a payment: whether it names an original transaction. The id itself is not kept. */
  readonly originalIdGiven?: boolean
  /** Whether that is one of this card on this network, and the issuer has approved it. */
  readonly originalIdRight?: boolean
  /** Of an advice. */
  readonly moves?: 'capture' | 'refund'
  /** Of a reversal that leaves a part standing, DE95: how much, 12 digits in the currency's smallest unit. */
  readonly actualAmount?: string
  /** DE39; `no answer` where the issuer never gives one. */
  readonly responseCode: string
  /** How the answer travelled; `lost` when a test wanted the message or its answer to get lost. */
  readonly delivery: IssuerDecision['decision']['delivery'] | 'lost'
  readonly authCode?: string
  readonly networkTransactionId?: string
  readonly cvvResult?: string
  readonly avsResult?: string
  /** Whether the authentication value was right: 2 or 3, as against 1 or 4. */
  readonly cavvResult?: string
  readonly merchantAdvice?: string
  /** Why a message was refused, or an advice had no effect. */
  readonly reason?:
    | 'not-signed-on'
    | 'not-a-test-card'
    | 'malformed'
    | 'not-a-verification'
    | 'unknown-transaction'
    | 'reversed-before'
    | 'authorisation-reversed'
    | 'authorisation-expired'
    | 'more-than-is-left'
    | 'amount-cannot-stay'
    | 'other-currency'
    | 'other-card'
    | 'other-auth-code'
  /** Which data element was malformed. */
  readonly element?: number
  /** Of a reversal or advice: the question that it is about, as DE90 names it. Of a duplicate: what it repeats. */
  readonly original?: Omit<MessageIdentity, 'terminalId'>
  /** What a reversal or an advice did. `repeated`: nothing, because it had been answered before; `none`: it got lost. */
  readonly effect?:
    | 'reversed'
    | 'voided'
    | 'already-reversed'
    | 'captured'
    | 'refunded'
    | 'refused'
    | 'no-original'
    | 'repeated'
    | 'none'
  /** Of a question: whether it has been reversed by now. Is worked out, and not in the file. */
  readonly reversed?: boolean
  /** Of an approval: by what its transaction is known again. In the file, and not shown. */
  readonly link?: string
}

/** What a message says of itself, without what nobody may keep. */
export function describeMessage(message: Message, dialect: MessageFamily, at: Date) {
  const { elements } = message
  const pan = textOf(elements, 2)
  const text = (element: number) => (textOf(elements, element) ?? '').trimEnd()
  // A sender can put the number where it does not belong, and these have room for it.
  const kept = (element: number) => (holdsCard(text(element), pan) ? cardNumber : text(element))
  const amount = text(4)
  return {
    at: at.toISOString(),
    mti: message.mti,
    dialect,
    stan: text(11),
    transmittedAt: text(7),
    acquirerId: text(32).replace(/^0+(?=.)/, ''),
    terminalId: text(41),
    rrn: kept(37),
    merchantId: kept(42),
    processingCode: text(3),
    amount: amountHoldsCard(amount, pan) ? cardNumber : amount,
    currency: text(49),
    posEntry: text(22),
    ...(pan === undefined || readTestCard(pan) === undefined ? {} : { maskedPan: `************${pan.slice(-4)}` }),
    expiryGiven: elements.has(14),
    cvvGiven: false,
    avsGiven: false,
    cavvGiven: false,
  }
}

const cardNumber = '(a card number)'

/** Whether a text holds a card number, or so much of one end of it that it could be told from others. */
export function holdsCard(text: string, pan: string | undefined): boolean {
  if (pan === undefined || pan.length < 9) return false
  return text.includes(pan.slice(0, 9)) || text.includes(pan.slice(-9))
}

/**
 * Whether the digits of an amount are those of a card. The zeros around it say nothing: test cards have as many, and
 * neither 0000 0010 0000 nor 0004 0000 0000 is a part of 4000 0000 0010 0000.
 */
export function amountHoldsCard(amount: string, pan: string | undefined): boolean {
  return holdsCard(amount.replace(/^0+|0+$/g, ''), pan)
}

/** What a readable question adds to the description. */
export function describeCarried(carried: Carried) {
  const { initiatedBy, originalTransactionId } = carried
  return {
    network: carried.network,
    cvvGiven: carried.cvv !== undefined,
    avsGiven: carried.avs !== undefined,
    cavvGiven: carried.authentication?.value !== undefined,
    ...(carried.authentication === undefined ? {} : { eci: carried.authentication.eci }),
    ...(carried.storedCredential === undefined ? {} : { storedCredential: carried.storedCredential }),
    ...(carried.verification ? {} : { initiatedBy, originalIdGiven: originalTransactionId !== undefined }),
  }
}

/** What a decision adds. An answer that nobody can have read stands here all the same: the issuer has given it. */
export function describeDecision({
  decision,
  link,
  originalIdRight,
}: IssuerDecision): Partial<IssuerAnswer> &
  Pick<LedgerEntry, 'responseCode' | 'delivery' | 'link' | 'originalIdRight'> {
  return {
    delivery: decision.delivery,
    ...(originalIdRight === undefined ? {} : { originalIdRight }),
    ...(decision.delivery === 'never' ? { responseCode: 'no answer' } : decision.answer),
    ...(link === undefined ? {} : { link }),
  }
}
