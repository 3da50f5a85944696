/** An operator's table of card ranges from a file: CSV, or JSON as an array of objects with the names of the columns. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { type CardRange, canonicalRow, sortedByPlace } from './card-range.js'
import { conflictsAmong } from './range-conflicts.js'
import { type ColumnName, type RawRow, readRangeRow } from './range-row.js'
import { SharedParts } from './shared-parts.js'
import { csvRows, jsonRows, type RowReading, UnreadableTable } from './table-rows.js'

/** Limits that keep a mistaken file from filling the memory: a large scheme's table has some hundred thousand rows. */
export interface TableLimits {
  readonly bytes: number
  readonly rows: number
}
export const tableLimits: TableLimits = { bytes: 200 * 1024 * 1024, rows: 1_000_000 }

/** So many faults are told; the rest is counted. */
export const FAULTS_TOLD = 50

/** What is wrong in a file, by line. Never holds a value that could be a card number. */
export interface TableFault {
  /** Absent where no line is to blame. */
  readonly line?: number
  readonly column?: ColumnName
  readonly rule: string
}

export type RangeFile =
  | {
      readonly ok: true
      /** Without the folder. */
      readonly fileName: string
      readonly fileSha256: Buffer
      /** In the order of the numbers. */
      readonly ranges: readonly CardRange[]
      /** Rows that said exactly what another row had said; they are left out. */
      readonly repeated: number
    }
  | { readonly ok: false; readonly faults: readonly TableFault[]; readonly faultCount: number }

/** How far reading has come, after every 50,000 rows. */
export type OnRows = (rows: number) => void

const ROWS_BETWEEN_TOLD = 50_000

/**
 * Reads and judges a whole file. Nothing of it is used when anything in it is wrong.
 * @throws when the file cannot be opened
 */
export async function readRangeFile(
  path: string,
  options: { onRows?: OnRows; limits?: TableLimits } = {},
): Promise<RangeFile> {
  const limits = options.limits ?? tableLimits
  const faults = new Faults()
  const parts = new SharedParts()
  const read: ReadRow[] = []
  const hash = createHash('sha256')
  try {
    if ((await stat(path)).size > limits.bytes) throw tooLarge(limits)
    let rows = 0
    for await (const reading of rowsOf(textOf(path, limits, hash))) {
      rows += 1
      if (rows > limits.rows) throw new UnreadableTable(`the file has more than ${limits.rows} rows`, reading.line)
      if (rows % ROWS_BETWEEN_TOLD === 0) options.onRows?.(rows)
      judge(reading, parts, faults, read)
    }
    if (rows === 0) throw new UnreadableTable('the file holds no ranges')
  } catch (error) {
    if (!(error instanceof UnreadableTable)) throw error
    faults.add({ rule: error.message, ...(error.line !== undefined && { line: error.line }) })
  }
  const ranges = faults.count ? [] : sortedByPlace(read.map(({ range }) => range))
  judgeTogether(ranges, read, faults)
  if (faults.count > 0) return { ok: false, faults: faults.told, faultCount: faults.count }
  const once = ranges.filter((range, at) => at === 0 || canonicalRow(range) !== canonicalRow(ranges[at - 1]!))
  return {
    ok: true,
    fileName: basename(path).slice(0, 255),
    fileSha256: hash.digest(),
    ranges: once,
    repeated: ranges.length - once.length,
  }
}

/** The faults as people read them, a line for each. */
export function faultLines({ faults, faultCount }: Extract<RangeFile, { ok: false }>): string[] {
  const lines = faults.map(({ line, column, rule }) =>
    [line && `line ${line}`, column, rule]
      .filter(Boolean)
      .join(': ')
      .replace(/^(.)/, first => first.toUpperCase()),
  )
  return faultCount > faults.length ? [...lines, `and ${faultCount - faults.length} more`] : lines
}

interface ReadRow {
  readonly line: number
  readonly range: CardRange
}

class Faults {
  readonly told: TableFault[] = []
  count = 0

  add(fault: TableFault): void {
    this.count += 1
    if (this.told.length < FAULTS_TOLD) this.told.push(fault)
  }
}

function judge(reading: RowReading, parts: SharedParts, faults: Faults, read: ReadRow[]): void {
  const { line } = reading
  if (!reading.ok) {
    faults.add({ line, rule: reading.rule })
    return
  }
  const row = readRangeRow(reading.row as RawRow)
  if (row.ok) read.push({ line, range: parts.share(row.range) })
  else for (const fault of row.faults) faults.add({ line, ...fault })
}

function judgeTogether(sorted: readonly CardRange[], read: readonly ReadRow[], faults: Faults) {
  const conflicts = conflictsAmong(sorted)
  const lines = conflicts.length ? new Map(read.map(({ line, range }) => [range, line])) : undefined
  for (const { first, second, rule } of conflicts) {
    const [one, other] = [lines!.get(first)!, lines!.get(second)!].sort((a, b) => a - b)
    faults.add({ line: one!, rule: `and line ${other}: ${rule}` })
  }
}

/** A text that begins like JSON is read as such, whatever the file is called. */
async function* rowsOf(text: AsyncGenerator<string>): AsyncGenerator<RowReading> {
  let beginning = ''
  for (;;) {
    const { value, done } = await text.next()
    if (done) break
    beginning += value
    if (beginning.trimStart()) break
  }
  async function* all() {
    yield beginning
    yield* text
  }
  yield* /^\s*[[{]/.test(beginning) ? jsonRows(all()) : csvRows(all())
}

async function* textOf(
  path: string,
  limits: TableLimits,
  hash: { update(chunk: Buffer): unknown },
): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const decode = (chunk?: Buffer) => {
    try {
      return chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode()
    } catch {
      throw new UnreadableTable('the file is not UTF-8: save it as "CSV UTF-8"')
    }
  }
  let size = 0
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
    size += (chunk as Buffer).length
    // It may have grown since it was measured, or be no ordinary file.
    if (size > limits.bytes) throw tooLarge(limits)
    hash.update(chunk as Buffer)
    yield decode(chunk as Buffer)
  }
  yield decode()
}

const tooLarge = (limits: TableLimits) =>
  new UnreadableTable(`the file has more than ${Math.floor(limits.bytes / 1024 / 1024)} MB`)
