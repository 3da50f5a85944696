import type { LedgerEntry, MessageIdentity } from './ledger-entry.js'

/** Which question a reversal is about, as DE90 names it. The terminal is the reversal's own. */
export interface OriginalData extends Omit<MessageIdentity, 'terminalId'> {
  /** Absent: whatever the terminal. */
  readonly terminalId?: string
}

/** What the issuer remembers about questions, so that none is decided twice and none survives its reversal. */
export interface Originals {
  /** Takes in an entry, new or read from the file after a restart. */
  remember(entry: LedgerEntry): void
  /** The entry of a question that has been decided or refused before. */
  known(question: MessageIdentity): LedgerEntry | undefined
  /** Whether a question is to count as never asked: also one that has not arrived yet. */
  isReversed(question: MessageIdentity): boolean
  /** The question that a reversal is about. */
  originalOf(data: OriginalData): LedgerEntry | undefined
  /** Whether a reversal like this one has been done before. */
  reversedBefore(data: OriginalData): boolean
}

export function createOriginals(): Originals {
  const questions = new Map<string, LedgerEntry[]>()
  const reversals = new Map<string, OriginalData[]>()

  const originalOf = (data: OriginalData) =>
    questions.get(keyOf(data))?.find(({ terminalId }) => sameTerminal(terminalId, data.terminalId))
  const reversedBefore = (data: OriginalData) =>
    reversals.get(keyOf(data))?.some(({ terminalId }) => sameTerminal(terminalId, data.terminalId)) ?? false

  return {
    remember(entry) {
      if (isQuestion(entry)) add(questions, keyOf(entry), entry)
      if (entry.kind !== 'reversal' || entry.original === undefined || entry.effect === 'none') return
      const data = { ...entry.original, ...(entry.terminalId === '' ? {} : { terminalId: entry.terminalId }) }
      if (!reversedBefore(data)) add(reversals, keyOf(data), data)
    },
    known: originalOf,
    isReversed: reversedBefore,
    originalOf,
    reversedBefore,
  }
}

/** A question that was turned away before anybody looked at it has not been asked. */
function isQuestion({ kind, mti, reason }: LedgerEntry): boolean {
  return mti === '0100' && (kind === 'verification' || (kind === 'refused' && reason !== 'not-signed-on'))
}

function keyOf({ stan, transmittedAt, acquirerId }: OriginalData): string {
  return `${stan} ${transmittedAt} ${acquirerId}`
}

function sameTerminal(one: string | undefined, other: string | undefined): boolean {
  return one === undefined || other === undefined || one === other
}

function add<Value>(to: Map<string, Value[]>, key: string, value: Value): void {
  const values = to.get(key)
  if (values === undefined) to.set(key, [value])
  else values.push(value)
}
