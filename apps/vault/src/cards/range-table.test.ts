import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { NetworkId } from '../card-data/index.js'
import { boundsOf, boundsText, type CardRange, sortedByPlace, successor } from './card-range.js'
import { conflictsAmong, MAX_NESTING } from './range-conflicts.js'
import { RangeTable } from './range-table.js'

const VISA_AT = Date.UTC(2026, 5, 15)

/** A range of VISA cards with 16 digits; a test names what matters to it. */
function aRange(
  from: string,
  to = from,
  more: Partial<CardRange> & { network?: NetworkId; issuer?: string } = {},
): CardRange {
  const { network = 'VISA', issuer, ...rest } = more
  const facts = { networks: [network], luhn: true, cvvLength: 3, ...(issuer && { issuerName: issuer }) } as const
  return { ...boundsOf(from, to), panLengths: [16], facts, source: 'import', ...rest }
}

/** Looks a number up as card-data does: with a comparison, never with digits. */
function look(table: RangeTable, number: string) {
  const padded = number.padEnd(19, '0')
  return table.find(bound => (padded < bound ? -1 : padded > bound ? 1 : 0), number.length)
}

const networkAt = (table: RangeTable, prefix: string, length = 16) =>
  look(table, prefix.padEnd(length, '5'))?.networks[0]
const tableOf = (...ranges: CardRange[]) => RangeTable.of(ranges, VISA_AT)

describe('of the ranges that hold a number', () => {
  test('the narrowest counts', () => {
    const table = tableOf(
      aRange('400000', '499999'),
      aRange('450600', '450699', { network: 'ELO' }),
      aRange('45065000', '45065099', { network: 'TROY' }),
    )
    expect(networkAt(table, '450599')).toBe('VISA')
    expect(networkAt(table, '450600')).toBe('ELO')
    expect(networkAt(table, '45065000')).toBe('TROY')
    expect(networkAt(table, '45065100')).toBe('ELO')
    expect(networkAt(table, '450700')).toBe('VISA')
  })

  test('one with other lengths is passed over for the next wider one', () => {
    const table = tableOf(
      aRange('400000', '499999', { panLengths: [13, 16] }),
      aRange('450600', '450699', { panLengths: [19], network: 'ELO' }),
    )
    expect(networkAt(table, '450650', 19)).toBe('ELO')
    expect(networkAt(table, '450650', 16)).toBe('VISA')
    expect(networkAt(table, '450650', 13)).toBe('VISA')
    expect(networkAt(table, '450650', 18)).toBeUndefined()
  })

  test('of equal bounds the import counts before a directory server, and that before what is built in', () => {
    const builtin = aRange('400000', '400009', { source: 'builtin', network: 'VISA' })
    const pres = aRange('400000', '400009', { source: 'pres', network: 'ELO' })
    const imported = aRange('400000', '400009', { source: 'import', network: 'TROY' })
    expect(networkAt(tableOf(builtin, pres, imported), '400005')).toBe('TROY')
    expect(networkAt(tableOf(pres, builtin), '400005')).toBe('ELO')
  })

  test('the first and the last number of a range belong to it', () => {
    const table = tableOf(aRange('400000', '400009'))
    expect(look(table, '4000000000000000')).toBeDefined()
    expect(look(table, '4000099999999999')).toBeDefined()
    expect(look(table, '3999999999999999')).toBeUndefined()
    expect(look(table, '4000100000000000')).toBeUndefined()
  })

  test('a range up to the last number of all ends there', () => {
    expect(successor('9'.repeat(19))).toBeUndefined()
    expect(networkAt(tableOf(aRange('999990')), '999999')).toBeUndefined()
    expect(networkAt(tableOf(aRange('990000', '999999')), '999999')).toBe('VISA')
  })
})

describe('a range with dates', () => {
  const dated = aRange('400000', '400000', { network: 'ELO', validFrom: '2026-06-15', validTo: '2026-06-16' })
  const at = (iso: string) => networkAt(RangeTable.of([aRange('400000', '400009'), dated], Date.parse(iso)), '400000')

  test('counts from the beginning of its first day to the end of its last one, in UTC', () => {
    expect(at('2026-06-14T23:59:59.999Z')).toBe('VISA')
    expect(at('2026-06-15T00:00:00.000Z')).toBe('ELO')
    expect(at('2026-06-16T23:59:59.999Z')).toBe('ELO')
    expect(at('2026-06-17T00:00:00.000Z')).toBe('VISA')
  })

  test('may have a successor with the same bounds that begins when it ends', () => {
    const next = aRange('400000', '400000', { network: 'TROY', validFrom: '2026-06-17' })
    const table = (iso: string) => RangeTable.of([dated, next], Date.parse(iso))
    expect(networkAt(table('2026-06-16T12:00:00Z'), '400000')).toBe('ELO')
    expect(networkAt(table('2026-06-17T12:00:00Z'), '400000')).toBe('TROY')
  })

  test('may not meet another one on a single day', () => {
    const next = aRange('400000', '400000', { network: 'TROY', validFrom: '2026-06-16' })
    expect(() => RangeTable.of([dated, next], VISA_AT)).toThrow('other facts')
  })
})

describe('ranges of one source are refused', () => {
  test('when they partly overlap', () => {
    expect(() => tableOf(aRange('400000', '400005'), aRange('400004', '400008'))).toThrow(
      'card ranges 400000–400005 and 400004–400008: partly overlap',
    )
  })

  test('when they have the same bounds and a length in common, but other facts', () => {
    expect(() => tableOf(aRange('400000'), aRange('400000', '400000', { issuer: 'Another' }))).toThrow('16 digits')
    expect(() => tableOf(aRange('400000'), aRange('400000', '400000', { panLengths: [19], issuer: 'B' }))).not.toThrow()
    expect(() => tableOf(aRange('400000'), aRange('400000', '400000', { panLengths: [16, 19] }))).not.toThrow()
  })

  test('when too many lie over each other', () => {
    const nested = Array.from({ length: MAX_NESTING + 1 }, (_, n) =>
      aRange(`40${String(n).padStart(4, '0')}`, '409999'),
    )
    expect(() => tableOf(...nested.slice(1))).not.toThrow()
    expect(() => tableOf(...nested)).toThrow(`more than ${MAX_NESTING} ranges`)
  })

  test('but not when they come from different sources', () => {
    const table = tableOf(
      aRange('400000', '400005', { network: 'ELO' }),
      aRange('400004', '400018', { source: 'pres', network: 'TROY' }),
    )
    expect(networkAt(table, '400004')).toBe('ELO')
    expect(networkAt(table, '400006')).toBe('TROY')
  })
})

describe('any set of ranges', () => {
  const networks: readonly NetworkId[] = ['VISA', 'ELO', 'TROY', 'MAESTRO', 'DANKORT']
  const range = fc
    .record({
      from: fc.integer({ min: 0, max: 40 }),
      span: fc.integer({ min: 0, max: 12 }),
      panLengths: fc.subarray([12, 13, 14, 15, 16, 17, 18, 19], { minLength: 1, maxLength: 3 }),
      network: fc.constantFrom(...networks),
      source: fc.constantFrom('import', 'pres', 'builtin'),
    })
    .map(({ from, span, ...more }) => aRange(String(400000 + from), String(400000 + from + span), more as object))
  const ranges = fc.array(range, { maxLength: 25 })

  const width = (r: CardRange) => BigInt(r.high) - BigInt(r.low)
  const rank = (r: CardRange) => ['import', 'pres', 'builtin'].indexOf(r.source)

  /** The rules of a look-up, said once more and slowly. */
  const naive = (all: readonly CardRange[], number: string) => {
    const value = BigInt(number.padEnd(19, '0'))
    const holding = all.filter(
      r => BigInt(r.low) <= value && value <= BigInt(r.high) && r.panLengths.includes(number.length),
    )
    return holding.sort((a, b) => (width(a) < width(b) ? -1 : width(a) > width(b) ? 1 : rank(a) - rank(b)))[0]
  }
  const meet = (a: CardRange, b: CardRange) => a.low <= b.high && b.low <= a.high
  const within = (a: CardRange, b: CardRange) => a.low >= b.low && a.high <= b.high
  /** The rule for conflicts, pair by pair. */
  const contradict = (a: CardRange, b: CardRange) => {
    if (a.source !== b.source || !meet(a, b)) return false
    if (a.low === b.low && a.high === b.high) {
      const shared = a.panLengths.some(length => b.panLengths.includes(length))
      return shared && JSON.stringify(a.facts) !== JSON.stringify(b.facts)
    }
    return !within(a, b) && !within(b, a)
  }
  const withoutConflicts = (all: readonly CardRange[]) => {
    const kept: CardRange[] = []
    for (const r of all) if (!kept.some(other => contradict(other, r))) kept.push(r)
    return kept
  }

  test('gives the same table as looking through all of them, at every bound and every length', () => {
    fc.assert(
      fc.property(ranges.map(withoutConflicts), all => {
        const table = RangeTable.of(all, VISA_AT)
        const edges = all.flatMap(({ low, high }) => [
          low,
          high,
          String(BigInt(low) - 1n),
          String(BigInt(high) + 1n).padStart(19, '0'),
        ])
        for (const edge of edges) {
          for (let length = 12; length <= 19; length += 1) {
            const number = edge.slice(0, length)
            expect(look(table, number)).toEqual(naive(all, number)?.facts)
          }
        }
      }),
    )
  })

  test('is refused exactly when two of them contradict each other', () => {
    fc.assert(
      fc.property(ranges, all => {
        const contradicting = all.some((a, at) => all.slice(at + 1).some(b => contradict(a, b)))
        expect(conflictsAmong(sortedByPlace(all)).length > 0).toBe(contradicting)
        if (contradicting) expect(() => RangeTable.of(all, VISA_AT)).toThrow('card ranges')
      }),
    )
  })

  test('gives the same table in whatever order it comes, and with pauses', async () => {
    await fc.assert(
      fc.asyncProperty(ranges.map(withoutConflicts), async all => {
        const table = RangeTable.of(all, VISA_AT)
        const turned = await RangeTable.ofWithPauses([...all].reverse(), VISA_AT, async () => {})
        for (let n = 399999; n < 400055; n += 1) {
          for (const length of [12, 16, 19]) {
            const number = String(n).padEnd(length, '7')
            expect(look(turned, number)).toEqual(look(table, number))
          }
        }
      }),
    )
  })

  test('is told in pieces as it is looked up', () => {
    fc.assert(
      fc.property(ranges.map(withoutConflicts), all => {
        const table = RangeTable.of(all, VISA_AT)
        for (const { low, high, ranges: counting } of table.piecesOf('4000')) {
          for (const length of [12, 16, 19]) {
            const facts = counting.find(r => r.panLengths.includes(length))?.facts
            expect(look(table, low.slice(0, length))).toEqual(facts)
            expect(look(table, high.slice(0, length))).toEqual(facts)
          }
        }
      }),
    )
  })
})

test('500,000 imported ranges over the built-in ones are looked up like few', () => {
  const facts = { networks: ['VISA'], luhn: true, cvvLength: 3 } as const
  const many = Array.from({ length: 500_000 }, (_, n): CardRange => {
    const from = 400_000_000 + n * 150
    return { ...boundsOf(String(from), String(from + 99)), panLengths: [16], facts, source: 'import' }
  })
  const wide = aRange('400000', '499999', { source: 'builtin', network: 'ELO' })
  const table = RangeTable.of([wide, ...many], VISA_AT)
  for (let n = 0; n < 500_000; n += 997) {
    expect(networkAt(table, String(400_000_000 + n * 150 + 50))).toBe('VISA')
    expect(networkAt(table, String(400_000_000 + n * 150 + 120))).toBe('ELO')
  }
})

test('bounds are shown without what was filled in, and never more than 11 digits of them', () => {
  expect(boundsText(boundsOf('4'))).toBe('4')
  expect(boundsText(boundsOf('400000', '400009'))).toBe('40000')
  expect(boundsText(boundsOf('622126', '622925'))).toBe('622126–622925')
  expect(boundsText(boundsOf('4000001234567890'))).toBe('40000012345…')
})
