import type { MessageFamily } from '@coffer/test-cards'
import { createAdviceDesk } from './advice-desk.js'
import type { Clock } from './clock.js'
import type { Controls } from './controls.js'
import type { CardQuestion } from './decide.js'
import { createHold } from './hold.js'
import { type Carried, type Habits, MalformedElement, textOf } from './iso8583/carried.js'
import type { Message } from './iso8583/codec.js'
import { mastercardLikeHabits } from './iso8583/mastercard-like.js'
import { visaLikeHabits } from './iso8583/visa-like.js'
import type { Issuer } from './issuer.js'
import type { Ledger } from './ledger.js'
import { describeCarried, describeDecision, describeMessage, type LedgerEntry } from './ledger-entry.js'
import type { Line, Log } from './line.js'
import { requireCard, requireIdentity } from './read-messages.js'
import { answerTo, decisionTo } from './write-answer.js'

/** What has happened so far that leaves no entry in the ledger. */
export interface Counts {
  /** Echo tests that were answered. */
  echoes: number
  /** Frames that were no message. */
  unparsable: number
  /** Messages that nobody sends to an issuer. */
  ignored: number
}

/** Where messages are answered. */
export interface Desk {
  receive(message: Message, line: Line): void
  readonly counts: Counts
  /** Gives up the answers that are held back. */
  stop(): void
}

const habitsOf: Readonly<Record<MessageFamily, Habits>> = {
  'mastercard-like': mastercardLikeHabits,
  'visa-like': visaLikeHabits,
}

/**
 * Answers network management, questions about cards, captures and refunds, and reversals, in the order in which they
 * arrive. Every answer is in the ledger before it leaves.
 *
 * Nothing but network management is served on a connection that has not signed on: response code 91, and it counts as
 * not asked. Source of the message types and of DE39: ISO 8583:1987
 */
export function createDesk(set: { issuer: Issuer; ledger: Ledger; clock: Clock; controls: Controls; log: Log }): Desk {
  const { issuer, ledger, clock, controls, log } = set
  const counts: Counts = { echoes: 0, unparsable: 0, ignored: 0 }
  const hold = createHold(clock, log)
  const describe = (message: Message, line: Line) => describeMessage(message, line.dialect.name, clock.now())
  const advices = createAdviceDesk({ issuer, ledger, clock, controls, log, hold, describe, networkOf, refuse })

  return {
    counts,
    stop: hold.stop,
    receive(message, line) {
      const answer = answerNow(message, line)
      if (answer !== undefined) line.send(answer)
    },
  }

  /** What to say at once; nothing when there is no answer, or it travels in a way of its own. */
  function answerNow(message: Message, line: Line): Message | undefined {
    switch (message.mti) {
      case '0800':
        return manageNetwork(message, line)
      case '0100':
      case '0200':
        return orRefuse(message, line, () => decide(message, line))
      case '0220':
      case '0221':
        return orRefuse(message, line, () => advices.moveMoney(message, line))
      case '0400':
      case '0401':
      case '0420':
      case '0421':
        return orRefuse(message, line, () => advices.reverse(message, line))
      default:
        counts.ignored += 1
        log('info', `a message ${message.mti} was ignored: an issuer is not sent such`)
        return undefined
    }
  }

  function manageNetwork(message: Message, line: Line): Message | undefined {
    const code = textOf(message.elements, 70)
    switch (code) {
      case '001':
      case '002':
        line.signedOn = code === '001'
        ledger.record({
          ...describe(message, line),
          kind: line.signedOn ? 'sign-on' : 'sign-off',
          responseCode: '00',
          delivery: 'at-once',
        })
        return answerTo(message, '00')
      case '301':
        if (controls.takes('dropEchoes')) return undefined
        counts.echoes += 1
        return answerTo(message, '00')
      default:
        return answerTo(message, code === undefined ? '30' : '12')
    }
  }

  function decide(message: Message, line: Line): Message | undefined {
    const { elements } = message
    const identity = requireIdentity(elements)
    const earlier = ledger.originals.known(identity)
    if (earlier !== undefined) {
      const { stan, transmittedAt, acquirerId } = earlier
      return refuse(message, line, '94', { kind: 'duplicate', original: { stan, transmittedAt, acquirerId } })
    }
    // Messages overtake each other. Whoever has asked to forget this question must not find it approved.
    if (ledger.originals.isReversed(identity)) return refuse(message, line, '94', { reason: 'reversed-before' })

    const habits = habitsOf[line.dialect.name]
    const carried = habits.read(elements)
    const card = requireCard(elements)
    const money = /[1-9]/.test(textOf(elements, 4)!)
    if (carried.verification && (money || message.mti !== '0100')) {
      return refuse(message, line, '12', { reason: 'not-a-verification' })
    }
    if (!carried.verification && !money) {
      throw new MalformedElement(purpose[line.dialect.name], 'asks for no verification, and there is no amount')
    }
    if (money && !textOf(elements, 3)!.startsWith(purchase)) {
      return refuse(message, line, '12', { reason: 'unknown-transaction' })
    }

    const decided = issuer.decide(asked(carried, card, identity.stan, line.dialect.name))
    const { decision } = decided
    const lost = money && decision.delivery !== 'never' && controls.takes('dropPaymentAnswers')
    const entry: LedgerEntry = {
      ...describe(message, line),
      ...describeCarried(carried),
      ...describeDecision(decided),
      ...(lost ? { delivery: 'lost' } : {}),
      ...(decision.testCard
        ? { kind: money ? 'payment' : 'verification' }
        : { kind: 'refused', reason: 'not-a-test-card' }),
    }
    ledger.record(entry)
    if (lost || decision.delivery === 'never') return undefined

    const answer = decisionTo(message, carried, decision.answer, habits)
    switch (decision.delivery) {
      case 'at-once':
        return answer
      case 'garbled':
        line.sendGarbled(answer)
        return undefined
      case 'cut':
        line.sendAndCut(answer)
        return undefined
      case 'late':
        hold.add(identity, reversedOn => {
          const way = [line, reversedOn].find(one => one?.open && one.dialect === line.dialect)
          if (way === undefined) return
          ledger.record({ ...entry, kind: 'late-answer', mti: answer.mti, at: clock.now().toISOString() })
          way.send(answer)
        })
        return undefined
    }
  }

  /** Refuses a message on a connection without sign-on, and one with a data element that breaks its rule. */
  function orRefuse(message: Message, line: Line, serve: () => Message | undefined): Message | undefined {
    if (!line.signedOn) return refuse(message, line, '91', { reason: 'not-signed-on' })
    try {
      return serve()
    } catch (error) {
      if (!(error instanceof MalformedElement)) throw error
      log('info', `a message ${message.mti} was answered with a format error: ${error.message}`)
      return refuse(message, line, '30', { reason: 'malformed', element: error.element })
    }
  }

  function refuse(message: Message, line: Line, responseCode: string, why: Partial<LedgerEntry>): Message {
    const network = networkOf(message, line)
    ledger.record({
      ...describe(message, line),
      ...(network === undefined ? {} : { network }),
      kind: 'refused',
      responseCode,
      delivery: 'at-once',
      ...why,
    })
    return answerTo(message, responseCode)
  }

  function networkOf(message: Message, line: Line) {
    try {
      return habitsOf[line.dialect.name].readNetwork(message.elements)
    } catch {
      return undefined
    }
  }
}

/** The data element that says what a question is for. */
const purpose: Readonly<Record<MessageFamily, number>> = { 'mastercard-like': 61, 'visa-like': 25 }

/** What the processing code of a payment begins with: goods and services. Source: ISO 8583:1987 */
const purchase = '00'

function asked(carried: Carried, card: { pan: string; expiry: string }, stan: string, dialect: MessageFamily) {
  const { network, verification, cvv, avs, authentication, initiatedBy, originalTransactionId } = carried
  return {
    ...card,
    network,
    dialect,
    stan,
    ...(cvv === undefined ? {} : { cvv }),
    ...(avs === undefined ? {} : { avs }),
    ...(authentication === undefined ? {} : { authentication }),
    ...(verification
      ? {}
      : { payment: { initiatedBy, ...(originalTransactionId === undefined ? {} : { originalTransactionId }) } }),
  } satisfies CardQuestion
}
