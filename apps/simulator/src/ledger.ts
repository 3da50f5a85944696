import {
  appendFileSync,
  closeSync,
  existsSync,
  fchmodSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { type Accounts, createAccounts } from './accounts.js'
import type { LedgerEntry } from './ledger-entry.js'
import { createOriginals, type Originals } from './originals.js'
import { StartFailure } from './start-failure.js'

/** Which entries to show: those that have all of what is given. */
export interface LedgerFilter {
  readonly rrn?: string
  readonly stan?: string
}

/** What the issuer received and said, oldest first. */
export interface Ledger {
  /** Writes an entry down: when this returns, it will be there after a restart. */
  record(entry: LedgerEntry): void
  entries(filter?: LedgerFilter): readonly LedgerEntry[]
  /** What the entries say about questions that were asked or reversed before, also before a restart. */
  readonly originals: Originals
  /** What the entries say that approved payments have come to, also before a restart. */
  readonly accounts: Accounts
  /** Whether an approval with such a link was given, also before a restart. */
  isLinked(link: string): boolean
  close(): void
}

/** A ledger that lives as long as the process. */
export function memoryLedger(): Ledger {
  return keepEntries([], () => {})
}

/**
 * A ledger that survives a restart.
 * @param folder  is made if it is not there; the ledger is `ledger.jsonl` in it, readable by its owner alone
 * @throws StartFailure when the file cannot be used
 */
export function fileLedger(folder: string): Ledger {
  const path = join(folder, 'ledger.jsonl')
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const written = existsSync(path) ? readFileSync(path) : Buffer.alloc(0)
    // Whoever kills the process in the middle of a line leaves half of one. It was never answered, so it may go.
    const wholeLines = written.subarray(0, written.lastIndexOf('\n') + 1)
    const earlier = parseLines(wholeLines.toString('utf8'), path)

    const file = openSync(path, 'a', 0o600)
    fchmodSync(file, 0o600)
    let good = wholeLines.length
    let torn = good < written.length
    const append = (entry: LedgerEntry) => {
      const line = Buffer.from(`${JSON.stringify(entry)}\n`)
      // Not before the first entry: a start that fails, say at its port, must not touch what another process writes.
      if (torn) ftruncateSync(file, good)
      // A full disk may take half of a line, and the next one must not be glued to it.
      torn = true
      appendFileSync(file, line)
      torn = false
      good += line.length
    }
    return keepEntries(earlier, append, () => closeSync(file))
  } catch (error) {
    if (error instanceof StartFailure) throw error
    const reason = (error as NodeJS.ErrnoException).code ?? 'unknown error'
    throw new StartFailure(
      `The simulator cannot use ${path} (${reason}): make its folder writable, or set COFFER_DATA_DIR.`,
    )
  }
}

function parseLines(text: string, path: string): LedgerEntry[] {
  return (
    text
      .split('\n')
      .slice(0, -1)
      .map((line, index) => {
        try {
          return JSON.parse(line) as LedgerEntry
        } catch {
          throw new StartFailure(`Line ${index + 1} of ${path} is damaged: move the file away and start again.`)
        }
      })
      // An entry without a kind is from the time before the issuer spoke ISO 8583, and about no message of today.
      .filter(({ kind }) => kind !== undefined)
  )
}

function keepEntries(earlier: LedgerEntry[], append: (entry: LedgerEntry) => void, close = () => {}): Ledger {
  const entries = [...earlier]
  const originals = createOriginals()
  const accounts = createAccounts()
  const links = new Set<string>()
  const remember = (entry: LedgerEntry) => {
    originals.remember(entry)
    accounts.remember(entry)
    if (entry.link !== undefined) links.add(entry.link)
  }
  for (const entry of earlier) remember(entry)
  return {
    record(entry) {
      append(entry)
      entries.push(entry)
      remember(entry)
    },
    entries: ({ rrn, stan } = {}) =>
      entries
        .filter(entry => (rrn === undefined || entry.rrn === rrn) && (stan === undefined || entry.stan === stan))
        .map(({ link: _link, ...entry }) =>
          isDecided(entry) ? { ...entry, reversed: originals.isReversed(entry) } : entry,
        ),
    originals,
    accounts,
    isLinked: link => links.has(link),
    close,
  }
}

function isDecided({ kind }: LedgerEntry): boolean {
  return kind === 'verification' || kind === 'payment'
}
