/** Ranges of one source that contradict each other. */
import { type CardRange, everValidTogether, sameFacts } from './card-range.js'

/** Two ranges and what is wrong with them. */
export interface RangeConflict {
  readonly first: CardRange
  readonly second: CardRange
  readonly rule: string
}

/** So many ranges may lie over one number. Real tables have a handful; a limit keeps the search quick. */
export const MAX_NESTING = 64

/**
 * Finds ranges of one source that cannot stand beside each other: two that partly overlap, so that neither is the
 * narrower one, and two with the same bounds and a length in common that say different things. Ranges that never count
 * on the same day do not meet.
 * @param sorted  in the order of the numbers
 * @returns the conflicts; after `most` no further ones are looked for
 */
export function conflictsAmong(sorted: readonly CardRange[], most = 1_000): RangeConflict[] {
  const conflicts: RangeConflict[] = []
  let open: CardRange[] = []
  for (const range of sorted) {
    if (open.some(({ high }) => high < range.low)) open = open.filter(({ high }) => high >= range.low)
    for (const wide of open) {
      const rule = conflict(wide, range)
      if (rule) conflicts.push({ first: wide, second: range, rule })
    }
    if (open.length < MAX_NESTING) open.push(range)
    else {
      const rule = `more than ${MAX_NESTING} ranges lie over each other`
      conflicts.push({ first: open[0]!, second: range, rule })
    }
    if (conflicts.length >= most) return conflicts.slice(0, most)
  }
  return conflicts
}

/** @param wide  begins first, or at the same number and then ends last */
function conflict(wide: CardRange, range: CardRange): string | undefined {
  if (wide.source !== range.source || !everValidTogether(wide, range)) return undefined
  if (wide.low === range.low && wide.high === range.high) {
    const shared = wide.panLengths.filter(length => range.panLengths.includes(length))
    if (shared.length === 0 || sameFacts(wide, range)) return undefined
    return `the same range with ${shared.join(', ')} digits, but other facts: leave out one of the two`
  }
  return wide.high < range.high ? 'partly overlap: let them lie apart, or one within the other' : undefined
}
