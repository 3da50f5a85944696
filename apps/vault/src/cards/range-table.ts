/**
 * A table of card ranges, made once and then only read. All ranges are laid over each other and cut where one begins or
 * ends; what counts in a piece is worked out beforehand, so that a look-up is one binary search.
 */
import type { CardFacts, CardLookup } from '../card-data/index.js'
import {
  boundsOf,
  boundsText,
  type CardRange,
  dayOf,
  isValidOn,
  type RangeSource,
  sortedByPlace,
  successor,
} from './card-range.js'
import { conflictsAmong } from './range-conflicts.js'

/** A piece of the table: all numbers in it are taken for the same. */
export interface Piece {
  readonly low: string
  readonly high: string
  /** What counts here, the narrowest first; each has a length that those before it have not. */
  readonly ranges: readonly CardRange[]
}

/** Of two ranges with the same bounds, the one whose source stands first counts. */
const SOURCES: readonly RangeSource[] = ['import', 'pres', 'builtin']

/**
 * The rules: the narrowest range that holds a number counts, if it knows numbers of that length; else the next wider one
 * that does. A number whose beginning is known with other lengths only is not known. Of ranges of the same width the
 * operator's import goes before what directory servers said (`pres`), and that before what is built in.
 */
export class RangeTable implements CardLookup {
  private constructor(
    private readonly starts: readonly string[],
    private readonly pieces: readonly (readonly CardRange[])[],
    /** Whether another day can make another table of the same ranges. */
    readonly isDated: boolean,
    /** The day that it was made for. */
    readonly day: string,
  ) {}

  /**
   * @param at  the instant for which ranges with dates are judged
   * @throws when two ranges of one source contradict each other
   */
  static of(ranges: readonly CardRange[], at: number): RangeTable {
    const making = RangeTable.#make(ranges, at)
    for (;;) {
      const { value, done } = making.next()
      if (done) return value
    }
  }

  /** The same, with pauses, so that a process that answers calls goes on answering while it makes a large table. */
  static async ofWithPauses(ranges: readonly CardRange[], at: number, pause: () => Promise<void>): Promise<RangeTable> {
    const making = RangeTable.#make(ranges, at)
    for (;;) {
      const { value, done } = making.next()
      if (done) return value
      await pause()
    }
  }

  static *#make(ranges: readonly CardRange[], at: number): Generator<undefined, RangeTable> {
    const sorted = sortedByPlace(ranges)
    yield
    const [wrong] = conflictsAmong(sorted, 1)
    if (wrong) throw new Error(`card ranges ${boundsText(wrong.first)} and ${boundsText(wrong.second)}: ${wrong.rule}`)
    yield
    const day = dayOf(at)
    const isDated = sorted.some(range => range.validFrom !== undefined || range.validTo !== undefined)
    const { starts, pieces } = yield* flatten(isDated ? sorted.filter(range => isValidOn(range, day)) : sorted)
    return new RangeTable(starts, pieces, isDated, day)
  }

  find(compareTo: (bound: string) => -1 | 0 | 1, length: number): CardFacts | undefined {
    const ranges = this.pieces[this.#pieceOf(compareTo)]
    return ranges?.find(range => range.panLengths.includes(length))?.facts
  }

  /** What numbers that begin with `prefix` are taken for, in the order of the numbers, parts that nobody knows left out. */
  *piecesOf(prefix: string): Generator<Piece> {
    const { low, high } = boundsOf(prefix)
    let at = this.#pieceOf(bound => (low < bound ? -1 : low > bound ? 1 : 0))
    if (at < 0) at = 0
    for (; at < this.starts.length && this.starts[at]! <= high; at += 1) {
      const ranges = this.pieces[at]!
      const end = this.starts[at + 1]
      const last = end === undefined ? boundsOf('').high : predecessor(end)
      if (ranges.length) yield { low: upper(this.starts[at]!, low), high: lower(last, high), ranges }
    }
  }

  /** @returns the last piece that begins at or below the number, -1 when there is none */
  #pieceOf(compareTo: (bound: string) => -1 | 0 | 1): number {
    let [from, to] = [0, this.starts.length]
    while (from < to) {
      const middle = (from + to) >>> 1
      if (compareTo(this.starts[middle]!) < 0) to = middle
      else from = middle + 1
    }
    return from - 1
  }
}

/** Some ten milliseconds of work. */
const RANGES_BETWEEN_PAUSES = 5_000

/** Sweeps over all ranges from the lowest number up and notes, wherever one begins or ends, which ones count from there. */
function* flatten(
  sorted: readonly CardRange[],
): Generator<undefined, { starts: string[]; pieces: (readonly CardRange[])[] }> {
  const starts: string[] = []
  const pieces: (readonly CardRange[])[] = []
  /** Those over the present number, the narrowest first. */
  let open: CardRange[] = []
  const cutAt = (start: string) => {
    if (starts.at(-1) === start) pieces.pop()
    else starts.push(start)
    pieces.push(withOwnLength(open))
  }
  /** Ends, one after the other, what ends below `bound`. */
  const closeBelow = (bound: string | undefined) => {
    for (;;) {
      const end = lowestEnd(open)
      if (end === undefined || (bound !== undefined && end >= bound)) return
      open = open.filter(({ high }) => high !== end)
      const start = successor(end)
      if (start !== undefined) cutAt(start)
    }
  }
  let untilPause = RANGES_BETWEEN_PAUSES
  for (const range of sorted) {
    if (--untilPause === 0) {
      untilPause = RANGES_BETWEEN_PAUSES
      yield
    }
    closeBelow(range.low)
    const wider = open.findIndex(other => isNarrower(range, other))
    open.splice(wider < 0 ? open.length : wider, 0, range)
    cutAt(range.low)
  }
  closeBelow(undefined)
  return { starts, pieces }
}

function lowestEnd(open: readonly CardRange[]): string | undefined {
  let lowest: string | undefined
  for (const { high } of open) if (lowest === undefined || high < lowest) lowest = high
  return lowest
}

/** Whether `range` counts before `other`. One within the other is the narrower, which needs no arithmetic. */
function isNarrower(range: CardRange, other: CardRange): boolean {
  if (range.low === other.low && range.high === other.high) {
    return SOURCES.indexOf(range.source) < SOURCES.indexOf(other.source)
  }
  if (range.low >= other.low && range.high <= other.high) return true
  if (range.low <= other.low && range.high >= other.high) return false
  const [width, otherWidth] = [widthOf(range), widthOf(other)]
  if (width !== otherWidth) return width < otherWidth
  return SOURCES.indexOf(range.source) < SOURCES.indexOf(other.source)
}

const widthOf = ({ low, high }: CardRange) => BigInt(high) - BigInt(low)

/** Leaves out what can never count, because narrower ranges have all of its lengths. */
function withOwnLength(open: readonly CardRange[]): readonly CardRange[] {
  let known = 0
  const counting: CardRange[] = []
  for (const range of open) {
    let lengths = 0
    for (const length of range.panLengths) lengths |= 1 << length
    if ((lengths & ~known) !== 0) counting.push(range)
    known |= lengths
  }
  return counting
}

function predecessor(bound: string): string {
  return (BigInt(bound) - 1n).toString().padStart(bound.length, '0')
}

// Bounds are texts of one length: they have no Math.min.
function lower(a: string, b: string): string {
  if (b < a) return b
  return a
}

function upper(a: string, b: string): string {
  if (b > a) return b
  return a
}
