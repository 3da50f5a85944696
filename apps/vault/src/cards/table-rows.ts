/** Rows out of text that comes in pieces, so that a file of some hundred megabytes never lies in the memory as a whole. */
import { pipeline, Readable } from 'node:stream'
import { CsvError, parse } from 'csv-parse'
import { rangeColumns } from './range-row.js'

/** A row with its line, or what is wrong with it as a whole. */
export type RowReading =
  | { readonly ok: true; readonly line: number; readonly row: Readonly<Record<string, string>> }
  | { readonly ok: false; readonly line: number; readonly rule: string }

/** The file cannot be read on from here. The message holds nothing of the file. */
export class UnreadableTable extends Error {
  override readonly name = 'UnreadableTable'

  constructor(
    message: string,
    readonly line?: number,
  ) {
    super(message)
  }
}

/** No honest row is longer. A quote that is never closed would otherwise collect the rest of the file. */
const ROW_CHARACTERS = 10_000

const columns: ReadonlySet<string> = new Set(rangeColumns.map(({ name }) => name))
const knownColumns = [...columns].join(', ')

/**
 * Rows of CSV: commas, double quotes, the names of the columns in the first line, in any order.
 * @throws UnreadableTable
 */
export async function* csvRows(text: AsyncIterable<string>): AsyncGenerator<RowReading> {
  const parser = parse({
    info: true,
    trim: true,
    skip_empty_lines: true,
    relax_column_count: true,
    max_record_size: ROW_CHARACTERS,
  })
  // The parser ends with the error of the text, so the iteration below throws it.
  pipeline(Readable.from(text), parser, () => {})
  let header: readonly string[] | undefined
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      const line = info.lines
      if (!header) {
        header = readHeader(record, line)
        continue
      }
      const names = header
      if (record.length === names.length) {
        yield { ok: true, line, row: Object.fromEntries(record.map((value, at) => [names[at]!, value])) }
      } else {
        yield { ok: false, line, rule: `has ${record.length} columns, the header has ${names.length}` }
      }
    }
  } catch (error) {
    // Its message quotes the row.
    if (error instanceof CsvError) throw new UnreadableTable(csvProblem(error.code), lineOf(error))
    throw error
  }
}

function readHeader(names: readonly string[], line: number): readonly string[] {
  const lower = names.map(name => name.toLowerCase())
  if (lower.length === 1 && /[;\t]/.test(lower[0]!)) {
    throw new UnreadableTable('the columns must be separated by commas', line)
  }
  const unknown = lower.findIndex(name => !columns.has(name))
  if (unknown >= 0) {
    throw new UnreadableTable(
      `the first line must name the columns, and column ${unknown + 1} has no name of these: ${knownColumns}`,
      line,
    )
  }
  const twice = lower.find((name, at) => lower.indexOf(name) !== at)
  if (twice) throw new UnreadableTable(`the first line names ${twice} twice`, line)
  const missing = rangeColumns.filter(({ name, required }) => required && !lower.includes(name))
  if (missing.length) {
    throw new UnreadableTable(`the first line lacks ${missing.map(({ name }) => name).join(', ')}`, line)
  }
  return lower
}

function csvProblem(code: string): string {
  if (code === 'CSV_QUOTE_NOT_CLOSED') return 'a double quote is never closed'
  if (code === 'CSV_MAX_RECORD_SIZE') {
    return `a row has more than ${ROW_CHARACTERS} characters: is a double quote never closed?`
  }
  return 'double quotes must stand around a whole value, and be doubled within it'
}

function lineOf(error: CsvError): number | undefined {
  const { lines } = error as { lines?: unknown }
  return typeof lines === 'number' ? lines : undefined
}

/**
 * Rows of a JSON array of objects. The array is cut into its objects here and each is read by itself.
 * @throws UnreadableTable
 */
export async function* jsonRows(text: AsyncIterable<string>): AsyncGenerator<RowReading> {
  const cutter = new ObjectCutter()
  for await (const piece of text) {
    for (const { line, text: object } of cutter.take(piece)) yield readObject(line, object)
  }
  cutter.end()
}

/** Finds the objects of an array: what lies between a brace and the one that closes it, braces in strings aside. */
class ObjectCutter {
  #line = 1
  #place: 'before' | 'first' | 'object' | 'between' | 'next' | 'behind' = 'before'
  #depth = 0
  #inString = false
  #escaped = false
  #object = ''
  #beganAt = 1

  take(piece: string): { line: number; text: string }[] {
    const whole: { line: number; text: string }[] = []
    let from = 0
    for (let at = 0; at < piece.length; at += 1) {
      const letter = piece[at]!
      if (letter === '\n') this.#line += 1
      if (this.#place !== 'object') {
        if (letter === '{' && (this.#place === 'first' || this.#place === 'next')) {
          this.#place = 'object'
          this.#depth = 0
          this.#beganAt = this.#line
          from = at
        } else {
          this.#outside(letter)
          continue
        }
      }
      if (this.#inside(letter)) {
        const text = this.#object + piece.slice(from, at + 1)
        this.#object = ''
        this.#place = 'between'
        whole.push({ line: this.#beganAt, text })
      }
    }
    if (this.#place !== 'object') return whole
    this.#object += piece.slice(from)
    if (this.#object.length > ROW_CHARACTERS * 10) throw new UnreadableTable('an object does not end', this.#beganAt)
    return whole
  }

  end(): void {
    if (this.#place !== 'behind') throw new UnreadableTable('the JSON ends too early', this.#line)
  }

  /** @returns whether the object ends with this letter */
  #inside(letter: string): boolean {
    if (this.#escaped) this.#escaped = false
    else if (letter === '\\') this.#escaped = this.#inString
    else if (letter === '"') this.#inString = !this.#inString
    else if (this.#inString) return false
    else if (letter === '{' || letter === '[') this.#depth += 1
    else if (letter === '}' || letter === ']') this.#depth -= 1
    return this.#depth === 0
  }

  #outside(letter: string): void {
    if (/\s/.test(letter)) return
    const next = OUTSIDE[this.#place]?.[letter]
    if (!next) throw new UnreadableTable('the JSON must be one array of objects', this.#line)
    this.#place = next
  }
}

/** What may stand outside of the objects, and what is expected then. */
const OUTSIDE: Record<string, Record<string, 'first' | 'between' | 'next' | 'behind'>> = {
  before: { '[': 'first' },
  first: { ']': 'behind' },
  between: { ',': 'next', ']': 'behind' },
}

function readObject(line: number, text: string): RowReading {
  let fields: [string, unknown][]
  try {
    fields = Object.entries(JSON.parse(text) as Record<string, unknown>)
  } catch {
    // The message of the error quotes the text.
    return { ok: false, line, rule: 'is not JSON' }
  }
  const row: Record<string, string> = {}
  for (const [name, value] of fields) {
    if (!columns.has(name)) return { ok: false, line, rule: `has a field with no name of these: ${knownColumns}` }
    const plain = plainText(value)
    if (plain === undefined) return { ok: false, line, rule: `${name}: must be text, a number, yes or no, or a list` }
    row[name] = plain
  }
  return { ok: true, line, row }
}

/** @returns `undefined` for what no column takes, and for numbers that JSON readers round */
function plainText(value: unknown): string | undefined {
  if (value === null) return ''
  if (typeof value === 'string') return value
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : undefined
  if (!Array.isArray(value)) return undefined
  const parts = value.map(part => (Array.isArray(part) ? undefined : plainText(part)))
  return parts.includes(undefined) ? undefined : parts.join('|')
}
