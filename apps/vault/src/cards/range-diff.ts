/** What an import would change. */
import { boundsText, type CardRange, canonicalRow, rangeText } from './card-range.js'

/** Rows that two tables do not have in common. */
export interface RangeDiff {
  readonly added: readonly CardRange[]
  readonly removed: readonly CardRange[]
  /** The same bounds, but other facts, lengths or days. */
  readonly changed: readonly { readonly before: CardRange; readonly after: CardRange }[]
}

/** Compares two tables, each in the order of the numbers. */
export function diffRanges(before: readonly CardRange[], after: readonly CardRange[]): RangeDiff {
  const added: CardRange[] = []
  const removed: CardRange[] = []
  const changed: { before: CardRange; after: CardRange }[] = []
  let [b, a] = [0, 0]
  while (b < before.length || a < after.length) {
    const order = compareBounds(before[b], after[a])
    const old = order <= 0 ? withBoundsOf(before, b) : []
    const young = order >= 0 ? withBoundsOf(after, a) : []
    b += old.length
    a += young.length
    // Several rows may have the same bounds: what both tables have is the same, the rest is paired as it comes.
    const [gone, come] = [without(old, young), without(young, old)]
    const pairs = Math.min(gone.length, come.length)
    for (let at = 0; at < pairs; at += 1) changed.push({ before: gone[at]!, after: come[at]! })
    removed.push(...gone.slice(pairs))
    added.push(...come.slice(pairs))
  }
  return { added, removed, changed }
}

function compareBounds(a: CardRange | undefined, b: CardRange | undefined): number {
  if (!a || !b) return a ? -1 : 1
  if (a.low !== b.low) return a.low < b.low ? -1 : 1
  if (a.high !== b.high) return a.high > b.high ? -1 : 1
  return 0
}

function withBoundsOf(ranges: readonly CardRange[], from: number): CardRange[] {
  let to = from
  while (to < ranges.length && compareBounds(ranges[from], ranges[to]) === 0) to += 1
  return ranges.slice(from, to)
}

function without(ranges: readonly CardRange[], others: readonly CardRange[]): CardRange[] {
  if (others.length === 0) return [...ranges]
  const known = new Set(others.map(canonicalRow))
  return ranges.filter(range => !known.has(canonicalRow(range)))
}

const SHOWN = 20

/** The diff for people: how many of each kind, and the first twenty. */
export function diffLines({ added, removed, changed }: RangeDiff): string[] {
  const section = <T>(title: string, rows: readonly T[], line: (row: T) => string) => [
    `${title}: ${rows.length}`,
    ...rows.slice(0, SHOWN).map(row => `  ${line(row)}`),
    ...(rows.length > SHOWN ? [`  and ${rows.length - SHOWN} more`] : []),
  ]
  return [
    ...section('Added', added, rangeText),
    ...section('Removed', removed, rangeText),
    ...section('Changed', changed, ({ before, after }) => `${boundsText(before)}: ${changeText(before, after)}`),
  ]
}

/** The diff for programs, cut in the same way. */
export function diffData({ added, removed, changed }: RangeDiff): object {
  return {
    added: { count: added.length, first: added.slice(0, SHOWN).map(rangeText) },
    removed: { count: removed.length, first: removed.slice(0, SHOWN).map(rangeText) },
    changed: {
      count: changed.length,
      first: changed.slice(0, SHOWN).map(({ before, after }) => `${boundsText(before)}: ${changeText(before, after)}`),
    },
  }
}

function changeText(before: CardRange, after: CardRange): string {
  const said = (range: CardRange) => {
    const { facts, panLengths, category, validFrom, validTo } = range
    return {
      networks: facts.networks.join(' + '),
      lengths: panLengths.join(', '),
      country: facts.issuingCountry,
      funding: facts.funding,
      issuer: facts.issuerName,
      luhn: facts.luhn ? 'yes' : 'no',
      cvv_length: String(facts.cvvLength),
      three_ds: facts.threeDSRequired ? 'required' : undefined,
      category,
      valid_from: validFrom,
      valid_to: validTo,
    }
  }
  const [old, young] = [said(before), said(after)]
  return Object.keys(old)
    .map(name => name as keyof typeof old)
    .filter(name => old[name] !== young[name])
    .map(name => `${name} ${old[name] ?? 'none'} → ${young[name] ?? 'none'}`)
    .join(', ')
}
