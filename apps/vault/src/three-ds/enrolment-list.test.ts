import type { CardRangeData } from '@coffer/emv3ds'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { EnrolmentList, ListRefused } from './enrolment-list.js'

const range = (startRange: string, endRange: string, more: Partial<CardRangeData> = {}): CardRangeData => ({
  startRange,
  endRange,
  actionInd: 'A',
  acsStartProtocolVersion: '2.1.0',
  acsEndProtocolVersion: '2.2.0',
  ...more,
})
const of = (...ranges: CardRangeData[]) => EnrolmentList.empty.changedBy(ranges, false, '1')
const find = (list: EnrolmentList, number: string) => {
  const padded = number.padEnd(19, '0')
  return list.find(bound => (padded < bound ? -1 : padded > bound ? 1 : 0), number.length)
}

describe('a number is found', () => {
  const list = of(range('4000000000000000', '4000000999999999'), range('400000000000000000', '400000099999999999'))
  test.each([
    ['at the first bound', '4000000000000000', true],
    ['at the last bound', '4000000999999999', true],
    ['between them', '4000000123456789', true],
    ['not below', '3999999999999999', false],
    ['not above', '4000001000000000', false],
    ['with another length in the range of that length', '400000012345678901', true],
    ['not with a length that no range has', '40000001234567890', false],
  ])('%s', (_where, number, isThere) => {
    expect(find(list, number) !== undefined).toBe(isThere)
  })
})

test('a look-up agrees with a search from end to end, whatever the ranges', () => {
  const bound = fc.integer({ min: 0, max: 999 }).map(n => String(n).padStart(3, '0'))
  fc.assert(
    fc.property(
      fc.array(fc.tuple(bound, bound, fc.constantFrom(13, 16, 19)), { maxLength: 12 }),
      bound,
      fc.constantFrom(13, 16, 19),
      (pairs, digits, length) => {
        const ranges: CardRangeData[] = []
        for (const [a, b, digitsOf] of pairs) {
          const [low, high] = a <= b ? [a, b] : [b, a]
          const [start, end] = [low.padEnd(digitsOf, '0'), high.padEnd(digitsOf, '9')]
          const overlaps = ranges.some(
            one => one.startRange.length === digitsOf && one.startRange <= end && start <= one.endRange,
          )
          if (!overlaps) ranges.push(range(start, end))
        }
        const number = digits.padEnd(length, '5')
        const naive = ranges.find(
          one => one.startRange.length === length && one.startRange <= number && number <= one.endRange,
        )
        expect(find(of(...ranges), number)?.start).toBe(naive?.startRange)
      },
    ),
    { numRuns: 500 },
  )
})

describe('a list is taken as a whole or not at all', () => {
  const before = of(range('4000000000000000', '4000000999999999'))
  test.each<[string, CardRangeData[], boolean]>([
    [
      'an overlap',
      [range('5000000000000000', '5000000999999999'), range('5000000500000000', '5000001999999999')],
      false,
    ],
    ['an inverted range', [range('5000000999999999', '5000000000000000')], false],
    ['bounds of two lengths', [range('5000000000000000', '50000009999999999')], false],
    ['a range that is added twice', [range('4000000000000000', '4000000999999999')], true],
    [
      'a range that is deleted and was not there',
      [range('6000000000000000', '6000000999999999', { actionInd: 'D' })],
      true,
    ],
    [
      'a range that is modified and was not there',
      [range('6000000000000000', '6000000999999999', { actionInd: 'M' })],
      true,
    ],
  ])('%s is refused', (_what, changes, isDelta) => {
    expect(() => before.changedBy(changes, isDelta, '2')).toThrow(ListRefused)
    expect(before.size).toBe(1)
  })

  test('changes add, modify and delete', () => {
    const changed = before.changedBy(
      [
        range('5000000000000000', '5000000999999999', { threeDSMethodURL: 'https://acs.example/method' }),
        range('4000000000000000', '4000000999999999', { actionInd: 'M', acsEndProtocolVersion: '2.1.0' }),
      ],
      true,
      '2',
    )
    expect(find(changed, '5000000123456789')).toMatchObject({ methodUrl: 'https://acs.example/method' })
    expect(find(changed, '4000000123456789')).toMatchObject({ acs: ['2.1.0', '2.1.0'] })
    expect(changed.serialNumber).toBe('2')
    const gone = changed.changedBy([range('4000000000000000', '4000000999999999', { actionInd: 'D' })], true, undefined)
    expect(find(gone, '4000000123456789')).toBeUndefined()
    expect(gone.serialNumber).toBe('2')
  })
})

test.each(['https://bank.example:99999/m', 'javascript:alert(1)', 'not an address'])(
  'a method at %s, which no browser could open, counts as none',
  threeDSMethodURL => {
    const list = of(range('4000000000000000', '4000000999999999', { threeDSMethodURL }))
    const found = find(list, '4000000123456789')
    expect(found).toBeDefined()
    expect(found).not.toHaveProperty('methodUrl')
  },
)
