import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { printWireTime, readWireTime } from './wire-time.js'

const at = (iso: string) => new Date(iso).getTime()
const newYear = at('2026-01-01T00:00:00Z')

describe('a wire time is read', () => {
  test.each([
    ['milliseconds, as Java and Go send them', '1767225600123', newYear + 123],
    ['the first instant of 13 digits', '1000000000000', 1_000_000_000_000],
    ['the last instant of 13 digits', '9999999999999', 9_999_999_999_999],
    ['with an offset of +00:00, as Python sends it', '2026-01-01T00:00:00+00:00', newYear],
    ['without colon in the offset, as PHP sends it', '2026-01-01T00:00:00+0000', newYear],
    ['with seven decimals and Z, as .NET sends it', '2026-01-01T00:00:00.1234567Z', newYear + 123],
    ['in China', '2026-01-01T08:00:00+08:00', newYear],
    ['in China, hours only', '2026-01-01T08:00:00+08', newYear],
    ['in Newfoundland', '2025-12-31T20:30:00-03:30', newYear],
    ['in Nepal without colon', '2026-01-01T05:45:00+0545', newYear],
    ['at an offset of minus nothing', '2026-01-01T00:00:00-00:00', newYear],
    ['without seconds', '2026-01-01T00:00Z', newYear],
    ['without seconds, with an offset', '2026-01-01T08:00+08:00', newYear],
    ['with one decimal', '2026-01-01T00:00:00.5Z', newYear + 500],
    ['with nine decimals', '2026-01-01T00:00:00.999999999Z', newYear + 999],
    ['on a leap day', '2028-02-29T12:00:00Z', at('2028-02-29T12:00:00Z')],
    ['at the last second of a day', '2026-12-31T23:59:59Z', at('2026-12-31T23:59:59Z')],
    ['before the epoch', '1969-12-31T23:59:59Z', -1000],
  ])('%s: %s', (_what, text, instant) => {
    expect(readWireTime(text)).toBe(instant)
  })
})

describe('a wire time is refused', () => {
  test.each([
    ['nothing', ''],
    ['a blank', ' '],
    ['12 digits', '176722560012'],
    ['14 digits', '17672256001234'],
    ['seconds since the epoch', '1767225600'],
    ['a sign', '+1767225600123'],
    ['a negative number', '-1767225600123'],
    ['a fraction', '1767225600123.0'],
    ['an exponent', '1e12'],
    ['a hexadecimal number', '0x19B77740000'],
    ['digits of another script', '１７６７２２５６００１２３'],
    ['a blank before', ' 1767225600123'],
    ['a blank after', '1767225600123 '],
    ['a line feed after', '1767225600123\n'],
    ['a local time', '2026-01-01T00:00:00'],
    ['a day', '2026-01-01'],
    ['a blank for the T', '2026-01-01 00:00:00Z'],
    ['a small t', '2026-01-01t00:00:00Z'],
    ['a small z', '2026-01-01T00:00:00z'],
    ['a blank before the offset', '2026-01-01T00:00:00 +08:00'],
    ['a zone by name', '2026-01-01T00:00:00[Asia/Shanghai]'],
    ['a two-digit year', '26-01-01T00:00:00Z'],
    ['a year of five digits', '12026-01-01T00:00:00Z'],
    ['the year 50, which JavaScript reads as 1950', '0050-01-01T00:00:00Z'],
    ['month 0', '2026-00-01T00:00:00Z'],
    ['month 13', '2026-13-01T00:00:00Z'],
    ['day 0', '2026-01-00T00:00:00Z'],
    ['31 April', '2026-04-31T00:00:00Z'],
    ['29 February of a common year', '2026-02-29T00:00:00Z'],
    ['hour 24', '2026-01-01T24:00:00Z'],
    ['minute 60', '2026-01-01T00:60:00Z'],
    ['a leap second', '2026-12-31T23:59:60Z'],
    ['an offset of 24 hours', '2026-01-01T00:00:00+24:00'],
    ['an offset of 60 minutes', '2026-01-01T00:00:00+00:60'],
    ['ten decimals', '2026-01-01T00:00:00.1234567890Z'],
    ['a decimal comma', '2026-01-01T00:00:00,5Z'],
    ['a point without decimals', '2026-01-01T00:00:00.Z'],
    ['two times', '2026-01-01T00:00:00Z, 2026-01-01T00:00:00Z'],
    ['a time with the body behind it', '2026-01-01T00:00:00Z.{"result":1'],
    ['the format of HTTP', 'Thu, 01 Jan 2026 00:00:00 GMT'],
    ['words', 'now'],
  ])('%s: %j', (_what, text) => {
    expect(readWireTime(text)).toBeUndefined()
  })
})

test('a printed time is read as the same second', () => {
  expect(printWireTime(newYear + 1999)).toBe('2026-01-01T00:00:01Z')
  fc.assert(
    fc.property(fc.integer({ min: at('1900-01-01T00:00:00Z'), max: at('2999-01-01T00:00:00Z') }), ms => {
      expect(readWireTime(printWireTime(ms))).toBe(Math.floor(ms / 1000) * 1000)
    }),
  )
})

test('no text with a dot and a brace is a time, so that the signed text splits in one way only', () => {
  fc.assert(
    fc.property(fc.string(), rest => {
      expect(readWireTime(`2026-01-01T00:00:00Z.{${rest}`)).toBeUndefined()
    }),
  )
})
