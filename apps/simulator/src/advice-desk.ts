import type { Network } from '@coffer/test-cards'
import type { Account } from './accounts.js'
import type { MessageName } from './by-name.js'
import type { Clock } from './clock.js'
import type { Controls } from './controls.js'
import type { Hold } from './hold.js'
import { textOf } from './iso8583/carried.js'
import type { Message } from './iso8583/codec.js'
import type { Issuer } from './issuer.js'
import { type AdviceJudgement, judgeMoney, judgePartialReversal } from './judge-advice.js'
import type { Ledger } from './ledger.js'
import type { describeMessage, LedgerEntry } from './ledger-entry.js'
import type { Line, Log } from './line.js'
import { isPartial } from './originals.js'
import { readActualAmount, readOriginalData, requireAdvice, requireIdentity } from './read-messages.js'
import { answerTo } from './write-answer.js'

/** Where messages are answered that are about a question of before. */
export interface AdviceDesk {
  /** Answers a capture or a refund. @throws MalformedElement when it breaks a rule */
  moveMoney(message: Message, line: Line): Message | undefined
  /** Answers a reversal, of a question in doubt or of an authorisation. @throws MalformedElement when it breaks a rule */
  reverse(message: Message, line: Line): Message | undefined
}

/**
 * Advices tell what has been done, so there is nothing to decide about the card, and what comes again (0221, 0421, or the
 * same numbers) is answered as before and done once. Source: ISO 8583:1987
 */
export function createAdviceDesk(set: {
  issuer: Issuer
  ledger: Ledger
  clock: Clock
  controls: Controls
  log: Log
  hold: Hold
  describe: (message: Message, line: Line) => ReturnType<typeof describeMessage>
  networkOf: (message: Message, line: Line) => Network | undefined
  refuse: (message: Message, line: Line, responseCode: string, why: Partial<LedgerEntry>) => Message
}): AdviceDesk {
  const { issuer, ledger, clock, controls, log, hold, describe, networkOf, refuse } = set
  return { moveMoney, reverse }

  function moveMoney(message: Message, line: Line): Message | undefined {
    const { elements } = message
    requireIdentity(elements)
    const about = readOriginalData(elements)
    const advice = requireAdvice(elements)
    if (advice === undefined) return refuse(message, line, '12', { reason: 'unknown-transaction' })

    const account = ledger.accounts.find(about)
    const entry = adviceEntry(message, line, about, account?.network)
    const kind = { kind: 'advice', moves: advice.moves } as const
    if (controls.takes('dropAdvices')) {
      ledger.record({ ...entry, ...kind, effect: 'none', responseCode: 'no answer', delivery: 'lost' })
      return undefined
    }

    const earlier = ledger.originals.answeredAdvice(entry)
    const lost = controls.takes('dropAdviceAnswers')
    const judgement =
      earlier !== undefined
        ? ({ responseCode: earlier.responseCode, effect: 'repeated' } as const)
        : isOtherCard(account, textOf(elements, 2))
          ? ({ responseCode: '25', effect: 'no-original', reason: 'other-card' } as const)
          : judgeMoney(account, advice, clock.now())
    ledger.record({ ...entry, ...kind, ...judgement, delivery: lost ? 'lost' : 'at-once' })
    return lost ? undefined : answerTo(message, judgement.responseCode)
  }

  /** An advice may leave the number out; one that has it must have the right one. */
  function isOtherCard(account: Account | undefined, pan: string | undefined): boolean {
    const { network, networkTransactionId, link } = account?.approval ?? {}
    if (pan === undefined || network === undefined || networkTransactionId === undefined) return false
    return issuer.linkOf({ networkTransactionId, network: network as Network, pan }) !== link
  }

  function reverse(message: Message, line: Line): Message | undefined {
    const about = readOriginalData(message.elements)
    const found = ledger.originals.originalOf(about)
    const actualAmount = readActualAmount(message.elements)
    const entry = {
      ...adviceEntry(message, line, about, found?.network),
      kind: 'reversal',
      ...(actualAmount === undefined ? {} : { actualAmount }),
    } as const
    if (controls.takes('dropReversals')) {
      ledger.record({ ...entry, effect: 'none', responseCode: 'no answer', delivery: 'lost' })
      return undefined
    }

    const earlier = ledger.originals.answeredAdvice(entry)
    const lost = controls.takes('dropReversalAnswers')
    const judgement =
      earlier !== undefined
        ? repeatedReversal(earlier)
        : isPartial(entry)
          ? judgePartialReversal(ledger.accounts.find(about), Number(actualAmount))
          : judgeReversal(found, ledger.originals.isReversed(about))
    ledger.record({ ...entry, ...judgement, delivery: lost ? 'lost' : 'at-once' })
    if (found === undefined) log('info', `a reversal names a question that was not asked: STAN ${about.stan}`)
    else if (!isPartial(entry)) hold.release(found, line)
    return lost ? undefined : answerTo(message, judgement.responseCode)
  }

  /** What an advice or a reversal says of itself, and what it is about. */
  function adviceEntry(message: Message, line: Line, about: MessageName, networkOfOriginal: string | undefined) {
    const { terminalId: _terminal, ...original } = about
    const network = networkOf(message, line) ?? networkOfOriginal
    return { ...describe(message, line), ...(network === undefined ? {} : { network }), original }
  }
}

function judgeReversal(found: LedgerEntry | undefined, again: boolean): AdviceJudgement {
  if (found === undefined) return { responseCode: '25', effect: 'no-original' }
  return { responseCode: '00', effect: again ? 'already-reversed' : 'reversed' }
}

/** A void that comes again is answered as before, and does nothing. */
function repeatedReversal({ responseCode, effect = 'none' }: LedgerEntry) {
  const done = effect === 'reversed' || effect === 'voided'
  return { responseCode, effect: done ? ('already-reversed' as const) : effect }
}
