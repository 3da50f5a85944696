import { createByName, type MessageName } from './by-name.js'
import type { LedgerEntry, MessageIdentity } from './ledger-entry.js'

/** What the issuer remembers of messages, so that none is decided twice and no question survives its reversal. */
export interface Originals {
  /** Takes in an entry, new or read from the file after a restart. */
  remember(entry: LedgerEntry): void
  /** The entry of a question that has been decided or refused before. */
  known(question: MessageIdentity): LedgerEntry | undefined
  /** Whether a question is to count as never asked: also one that has not arrived yet. */
  isReversed(question: MessageName): boolean
  /** The question that a later message is about. */
  originalOf(data: MessageName): LedgerEntry | undefined
  /** The entry of an advice that has been answered before; a void is one, too. */
  answeredAdvice(advice: Pick<LedgerEntry, keyof MessageIdentity | 'mti'>): LedgerEntry | undefined
}

export function createOriginals(): Originals {
  const questions = createByName<LedgerEntry>()
  const reversals = createByName<true>()
  const advices = { '02': createByName<LedgerEntry>(), '04': createByName<LedgerEntry>() }
  const advicesLike = (mti: string) => (isAdvice(mti) ? advices[mti.slice(0, 2) as keyof typeof advices] : undefined)

  const isReversed = (name: MessageName) => reversals.find(name) !== undefined

  return {
    remember(entry) {
      if (isQuestion(entry)) questions.add(entry, entry)
      if (entry.effect === undefined || entry.effect === 'none') return
      const like = advicesLike(entry.mti)
      if (like !== undefined && like.find(entry) === undefined) like.add(entry, entry)
      const name = originalName(entry)
      if (entry.kind === 'reversal' && name && !isPartial(entry) && !isReversed(name)) reversals.add(name, true)
    },
    known: name => questions.find(name),
    isReversed,
    originalOf: name => questions.find(name),
    answeredAdvice: advice => advicesLike(advice.mti)?.find(advice),
  }
}

/** What an entry is about, by the name that it gives it, and at its own terminal where it names one. */
export function originalName({ original, terminalId }: LedgerEntry): MessageName | undefined {
  return original && { ...original, ...(terminalId === '' ? {} : { terminalId }) }
}

/** Whether a reversal leaves a part of the amount standing. */
export function isPartial({ actualAmount = '' }: Pick<LedgerEntry, 'actualAmount'>): boolean {
  return /[1-9]/.test(actualAmount)
}

/** A question that was turned away before anybody looked at it has not been asked. */
function isQuestion({ kind, mti, reason }: LedgerEntry): boolean {
  const decided = kind === 'verification' || kind === 'payment' || (kind === 'refused' && reason !== 'not-signed-on')
  return decided && (mti === '0100' || mti === '0200')
}

/** An advice tells what has been done: 0220, 0420, and their repeats. Source: ISO 8583:1987 */
function isAdvice(mti: string): boolean {
  return /^0[24]2[01]$/.test(mti)
}
