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
import type { Decision, StoredCredential, VerifyRequest } from './issuer.js'
import { StartFailure } from './start-failure.js'

/** One verification as the issuer saw it, and what it said. Holds neither the number nor the CVV, nor any free text. */
export interface LedgerEntry {
  /** ISO 8601, UTC */
  readonly at: string
  readonly requestId: string
  readonly network: string
  /** Twelve stars and the last four digits; absent when the number was refused because it is not a test card. */
  readonly maskedPan?: string
  /** Whether the number was refused because it is not a test card. */
  readonly refused: boolean
  readonly currency: string
  readonly storedCredential: StoredCredential
  /** Always so today: the question cannot be asked without. */
  readonly expiryGiven: boolean
  readonly cvvGiven: boolean
  readonly cardholderNameGiven: boolean
  readonly avsGiven: boolean
  /** `no answer` also when the answer was cut off: nobody can have read it. */
  readonly responseCode: string
  readonly delivery: Decision['delivery']
  readonly authCode?: string
  readonly networkTransactionId?: string
  readonly cvvResult?: string
  readonly avsResult?: string
}

/** What the issuer received and said, oldest first. */
export interface Ledger {
  /** Writes an entry down: when this returns, it will be there after a restart. */
  record(entry: LedgerEntry): void
  entries(requestId?: string): readonly LedgerEntry[]
  close(): void
}

/** The entry of a verification. It is written before the answer leaves, so an answer that got lost is here too. */
export function ledgerEntry(request: VerifyRequest, decision: Decision, at: Date): LedgerEntry {
  const answered = decision.delivery === 'at-once' || decision.delivery === 'late'
  const { responseCode, ...rest } = answered ? decision.answer : { responseCode: 'no answer' }
  return {
    at: at.toISOString(),
    requestId: request.requestId,
    network: request.network,
    ...(decision.testCard ? { maskedPan: `************${request.pan.slice(-4)}` } : {}),
    refused: !decision.testCard,
    currency: request.currency,
    storedCredential: request.storedCredential,
    expiryGiven: true,
    cvvGiven: request.cvv2 !== undefined,
    cardholderNameGiven: request.cardholderName !== undefined,
    avsGiven: request.avs !== undefined,
    responseCode,
    delivery: decision.delivery,
    ...rest,
  }
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
    let torn = wholeLines.length < written.length
    const append = (entry: LedgerEntry) => {
      // Not before the first entry: a start that fails, say at its port, must not touch what another process writes.
      if (torn) ftruncateSync(file, wholeLines.length)
      torn = false
      appendFileSync(file, `${JSON.stringify(entry)}\n`)
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
  return text
    .split('\n')
    .slice(0, -1)
    .map((line, index) => {
      try {
        return JSON.parse(line) as LedgerEntry
      } catch {
        throw new StartFailure(`Line ${index + 1} of ${path} is damaged: move the file away and start again.`)
      }
    })
}

function keepEntries(earlier: LedgerEntry[], append: (entry: LedgerEntry) => void, close = () => {}): Ledger {
  const entries = [...earlier]
  return {
    record(entry) {
      append(entry)
      entries.push(entry)
    },
    entries: requestId =>
      requestId === undefined ? [...entries] : entries.filter(entry => entry.requestId === requestId),
    close,
  }
}
