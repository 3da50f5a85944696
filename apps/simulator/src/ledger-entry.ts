import { type MessageFamily, readTestCard } from '@coffer/test-cards'
import { type Carried, textOf } from './iso8583/carried.js'
import type { Message } from './iso8583/codec.js'
import type { Decision, VerifyAnswer } from './issuer.js'

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
   * `verification`: decided. `late-answer`: its answer has left, after all. `duplicate`: the same question again.
   * `reversal`: an advice that a question is to count as never asked. `refused`: not processed, see `reason`.
   */
  readonly kind: 'verification' | 'late-answer' | 'duplicate' | 'reversal' | 'refused' | 'sign-on' | 'sign-off'
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
  /** DE39; `no answer` where the issuer never gives one. */
  readonly responseCode: string
  /** How the answer travelled; `lost` when a test wanted the message or its answer to get lost. */
  readonly delivery: Decision['delivery'] | 'lost'
  readonly authCode?: string
  readonly networkTransactionId?: string
  readonly cvvResult?: string
  readonly avsResult?: string
  /** Whether the authentication value was right: 2 or 3, as against 1 or 4. */
  readonly cavvResult?: string
  readonly merchantAdvice?: string
  /** Why a message was refused. */
  readonly reason?: 'not-signed-on' | 'not-a-test-card' | 'malformed' | 'not-a-verification' | 'reversed-before'
  /** Which data element was malformed. */
  readonly element?: number
  /** Of a reversal: the question that it is about, as DE90 names it. Of a duplicate: the question that it repeats. */
  readonly original?: Omit<MessageIdentity, 'terminalId'>
  /** What a reversal did. */
  readonly effect?: 'reversed' | 'already-reversed' | 'no-original' | 'none'
  /** Of a verification: whether it has been reversed by now. Is worked out, and not in the file. */
  readonly reversed?: boolean
}

/** What a message says of itself, without what nobody may keep. */
export function describeMessage(message: Message, dialect: MessageFamily, at: Date) {
  const { elements } = message
  const pan = textOf(elements, 2)
  const text = (element: number) => (textOf(elements, element) ?? '').trimEnd()
  // A sender can put the number where it does not belong, and these have room for it.
  const kept = (element: number) => (holdsCard(text(element), pan) ? '(a card number)' : text(element))
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
    amount: kept(4),
    currency: text(49),
    posEntry: text(22),
    ...(pan === undefined || readTestCard(pan) === undefined ? {} : { maskedPan: `************${pan.slice(-4)}` }),
    expiryGiven: elements.has(14),
    cvvGiven: false,
    avsGiven: false,
    cavvGiven: false,
  }
}

/** Whether a text holds a card number, or so much of one end of it that it could be told from others. */
function holdsCard(text: string, pan: string | undefined): boolean {
  if (pan === undefined || pan.length < 9) return false
  return text.includes(pan.slice(0, 9)) || text.includes(pan.slice(-9))
}

/** What a readable question adds to the description. */
export function describeCarried(carried: Carried) {
  return {
    network: carried.network,
    cvvGiven: carried.cvv !== undefined,
    avsGiven: carried.avs !== undefined,
    cavvGiven: carried.authentication?.value !== undefined,
    ...(carried.authentication === undefined ? {} : { eci: carried.authentication.eci }),
    ...(carried.storedCredential === undefined ? {} : { storedCredential: carried.storedCredential }),
  }
}

/** What a decision adds. An answer that nobody can have read stands here all the same: the issuer has given it. */
export function describeDecision(
  decision: Decision,
): Partial<VerifyAnswer> & Pick<LedgerEntry, 'responseCode' | 'delivery'> {
  return {
    delivery: decision.delivery,
    ...(decision.delivery === 'never' ? { responseCode: 'no answer' } : decision.answer),
  }
}
