/** A range of card numbers and what is known of the cards in it. */
import type { CardFacts } from '../card-data/index.js'

/** Where a range comes from. */
export type RangeSource = 'builtin' | 'import' | 'pres'

/** Numbers whose first digits lie between two bounds, and what they say of the card. */
export interface CardRange {
  /** First number, 19 digits: what was written, with zeros behind it. */
  readonly low: string
  /** Last number, 19 digits: what was written, with nines behind it. */
  readonly high: string
  /** How many digits a whole number may have, ascending. */
  readonly panLengths: readonly number[]
  readonly facts: CardFacts
  /** What the operator calls the product, e.g. `consumer`. Nothing depends on it. */
  readonly category?: string
  readonly source: RangeSource
  /** First and last day that it counts, `YYYY-MM-DD` in UTC; open where absent. */
  readonly validFrom?: string
  readonly validTo?: string
}

/** Digits of the bounds: the longest card number there is. Source: ISO/IEC 7812-1. */
export const BOUND_DIGITS = 19
/** Lengths that a card number can have. */
export const PAN_LENGTHS = { min: 12, max: 19 } as const

/** No more of a number than this is ever shown: a longer one could be a whole card number. */
export const SHOWN_DIGITS = 11

/** The bounds of the numbers that begin with `from` to `to`. */
export function boundsOf(from: string, to = from): { low: string; high: string } {
  return { low: from.padEnd(BOUND_DIGITS, '0'), high: to.padEnd(BOUND_DIGITS, '9') }
}

/** The number behind a bound. @returns `undefined` behind the last one */
export function successor(bound: string): string | undefined {
  let place = bound.length - 1
  while (place >= 0 && bound[place] === '9') place -= 1
  if (place < 0) return undefined
  return `${bound.slice(0, place)}${Number(bound[place]) + 1}`.padEnd(bound.length, '0')
}

/** How many leading digits of the bounds say anything; behind them stand zeros below and nines above. */
export function significantDigits({ low, high }: Pick<CardRange, 'low' | 'high'>): number {
  let places = low.length
  while (places > 0 && low[places - 1] === '0' && high[places - 1] === '9') places -= 1
  return places
}

/**
 * Sorts ranges by where they begin, the wider of two first. Equal ones are told apart by the rest of their row, so that
 * the same rows have one order, whatever the order of the file.
 */
export function byPlace(a: CardRange, b: CardRange): number {
  if (a.low !== b.low) return a.low < b.low ? -1 : 1
  if (a.high !== b.high) return a.high > b.high ? -1 : 1
  const [first, second] = [canonicalRow(a), canonicalRow(b)]
  return first < second ? -1 : first > second ? 1 : 0
}

/**
 * The ranges in the order of {@link byPlace}. A table has up to a million rows: where the first digits differ, which is
 * nearly everywhere, a number is compared and not a text.
 */
export function sortedByPlace(ranges: readonly CardRange[]): CardRange[] {
  const keyed = ranges.map(range => ({ range, key: Number(range.low.slice(0, 15)) }))
  return keyed.sort((a, b) => a.key - b.key || byPlace(a.range, b.range)).map(({ range }) => range)
}

/** The day of an instant, as the dates of ranges are written. */
export const dayOf = (instant: number) => new Date(instant).toISOString().slice(0, 10)

/** Whether a range counts on a day. */
export function isValidOn(range: CardRange, day: string): boolean {
  return (
    (range.validFrom === undefined || range.validFrom <= day) && (range.validTo === undefined || day <= range.validTo)
  )
}

/** Whether there is a day on which both count. */
export function everValidTogether(a: CardRange, b: CardRange): boolean {
  const before = (end: string | undefined, begin: string | undefined) =>
    end !== undefined && begin !== undefined && end < begin
  return !before(a.validTo, b.validFrom) && !before(b.validTo, a.validFrom)
}

/** A row as one line of text that is the same wherever it was read from: what the digest of a version is made of. */
export function canonicalRow(range: CardRange): string {
  const { low, high, panLengths, validFrom, validTo } = range
  return JSON.stringify([low, high, panLengths, ...factsRow(range), validFrom ?? null, validTo ?? null])
}

/** Whether two ranges say the same of their cards. */
export function sameFacts(a: CardRange, b: CardRange): boolean {
  return (
    (a.facts === b.facts && a.category === b.category) || JSON.stringify(factsRow(a)) === JSON.stringify(factsRow(b))
  )
}

function factsRow({ facts, category }: CardRange): readonly unknown[] {
  const { networks, issuingCountry, funding, issuerName, luhn, cvvLength, threeDSRequired } = facts
  const row = [networks, issuingCountry ?? null, funding ?? null, issuerName ?? null, luhn, cvvLength, category ?? null]
  // Behind the rest, and only where it is so: the digests of versions from before this column stay what they are.
  return threeDSRequired ? [...row, '3DS'] : row
}

/** The bounds for people, `400000–400009` or `4`, without what was filled in and never more than can be shown. */
export function boundsText({ low, high }: Pick<CardRange, 'low' | 'high'>): string {
  const places = Math.max(significantDigits({ low, high }), 1)
  const shown = (bound: string) => (places > SHOWN_DIGITS ? `${bound.slice(0, SHOWN_DIGITS)}…` : bound.slice(0, places))
  return shown(low) === shown(high) ? shown(low) : `${shown(low)}–${shown(high)}`
}

/** What a range says, in one line. */
export function rangeText(range: CardRange): string {
  const { networks, issuingCountry, funding, issuerName, luhn, cvvLength, threeDSRequired } = range.facts
  const words = [
    networks.join(' + '),
    `${range.panLengths.join(', ')} digits`,
    issuingCountry,
    funding,
    issuerName && JSON.stringify(issuerName),
    luhn ? undefined : 'no check digit',
    threeDSRequired ? '3DS required' : undefined,
    cvvLength === 0 ? 'CVV may be absent' : cvvLength === 4 ? 'CVV of 4 digits' : undefined,
    range.category && `category ${JSON.stringify(range.category)}`,
    range.validFrom && `from ${range.validFrom}`,
    range.validTo && `to ${range.validTo}`,
  ]
  return `${boundsText(range)}: ${words.filter(Boolean).join(', ')}`
}
