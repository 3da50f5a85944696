import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readAscii, readBcd, readEbcdic, writeAscii, writeBcd, writeEbcdic } from './characters.js'
import { type Message, readBitmapped, readMessage, type Value, writeBitmapped, writeMessage } from './codec.js'
import { type Dialect, de62, de63, de126, mastercardLike, visaLike } from './dialects.js'
import { UnparsableFrame } from './unparsable-frame.js'

const hex = (text: string) => Buffer.from(text.replaceAll(/\s/g, ''), 'hex')
const message = (mti: string, elements: Record<number, Value>): Message => ({
  mti,
  elements: new Map(Object.entries(elements).map(([number, value]) => [Number(number), value])),
})

// The bytes below are put together by hand from the description of the dialects, not by the code under test.
const samples: [string, Dialect, Message, Buffer][] = [
  [
    'a Mastercard-like question',
    mastercardLike,
    message('0100', { 2: '676770100003', 3: '000000', 11: '000042', 22: '812', 37: '016012000042', 48: 'T9203123' }),
    Buffer.concat([
      Buffer.from('0100'),
      hex('60 20 04 00 08 01 00 00'),
      Buffer.from(['12676770100003', '000000', '000042', '812', '016012000042', '008T9203123'].join('')),
    ]),
  ],
  [
    'a Mastercard-like reversal with its second bitmap',
    mastercardLike,
    message('0400', { 11: '000043', 90: '010000004206091200000000012345600000000000', 120: '94110    1 MAIN' }),
    Buffer.concat([
      Buffer.from('0400'),
      hex('80 20 00 00 00 00 00 00  00 00 00 40 00 00 01 00'),
      Buffer.from('000043010000004206091200000000012345600000000000'),
      Buffer.from('01594110    1 MAIN'),
    ]),
  ],
  [
    'a Visa-like question on a number of 19 digits',
    visaLike,
    message('0100', { 2: '4000000600000100001', 14: '3112', 22: '0100', 25: '51', 32: '12345', 41: 'TERM0001' }),
    hex(`0100  40 04 04 81 00 80 00 00
         13 04 00 00 00 60 00 00 10 00 01
         3112  0100  51  05 01 23 45  E3C5D9D4F0F0F0F1`),
  ],
  [
    'a Visa-like answer',
    visaLike,
    message('0110', {
      39: 'N7',
      44: ' Z        N',
      62: hex('4000000000000000 0123456789012345'),
      63: hex('8000000002'),
    }),
    hex(`0110  00 00 00 00 02 10 00 06
         D5F7  0B 40E9 4040404040404040 D5
         10 4000000000000000 0123456789012345  05 800000 0002`),
  ],
  [
    'a Mastercard-like void of a part',
    mastercardLike,
    message('0420', {
      4: '000000001000',
      38: '123456',
      90: '010000004206091200000000012345600000000000',
      95: `000000000600${'0'.repeat(30)}`,
    }),
    Buffer.concat([
      Buffer.from('0420'),
      hex('90 00 00 00 04 00 00 00  00 00 00 42 00 00 00 00'),
      Buffer.from('000000001000' + '123456' + '010000004206091200000000012345600000000000' + '000000000600'),
      Buffer.from('0'.repeat(30)),
    ]),
  ],
  [
    'a Visa-like payment that names its original transaction, and what stays of it',
    visaLike,
    message('0100', { 25: '08', 95: `000000000600${'0'.repeat(30)}`, 125: '123456789012345' }),
    hex(`0100  80 00 00 80 00 00 00 00  00 00 00 02 00 00 00 08  08
         000000000600 000000000000000000000000000000  0F F1F2F3F4F5F6F7F8F9F0F1F2F3F4F5`),
  ],
  [
    'a sign-on',
    visaLike,
    message('0800', { 7: '0609120000', 11: '000001', 70: '001' }),
    hex('0800  82 20 00 00 00 00 00 00  04 00 00 00 00 00 00 00  0609120000 000001 0001'),
  ],
]

describe('a message', () => {
  it.each(samples)('is written byte by byte: %s', (_what, dialect, said, bytes) => {
    expect(writeMessage(said, dialect).toString('hex')).toBe(bytes.toString('hex'))
  })

  it.each(samples)('is read back: %s', (_what, dialect, said, bytes) => {
    expect(readMessage(bytes, dialect)).toEqual(said)
  })

  it.each(samples)('is no message when a byte is missing or too many: %s', (_what, dialect, _said, bytes) => {
    for (let length = 0; length < bytes.length; length += 1) {
      expect(() => readMessage(bytes.subarray(0, length), dialect)).toThrow(UnparsableFrame)
    }
    expect(() => readMessage(Buffer.concat([bytes, Buffer.of(0)]), dialect)).toThrow(UnparsableFrame)
  })

  it.each([mastercardLike, visaLike])(
    'is read or refused, and nothing else happens, whatever bytes come ($name)',
    dialect => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 300 }), bytes => {
          try {
            readMessage(Buffer.concat([writeMti(dialect), Buffer.from(bytes)]), dialect)
          } catch (error) {
            expect(error).toBeInstanceOf(UnparsableFrame)
          }
        }),
        { numRuns: 2_000 },
      )
    },
  )

  it.each([
    ['an unknown element', mastercardLike, '30383030 0000000000000001', 'DE64 is not known'],
    [
      'letters where digits belong',
      mastercardLike,
      `30383030 0020000000000000 ${'41'.repeat(6)}`,
      'DE11 is not all digits',
    ],
    ['a length that is too long', visaLike, '0100 4000000000000000 FF', 'DE2 is longer than 19'],
    ['a nibble that is no digit', visaLike, '0100 0020000000000000 00000A', 'DE11 is not packed decimal'],
    ['a digit where the fill belongs', visaLike, '0100 0000200000000000 1702', 'DE19 has more digits than it may'],
    ['a control code', visaLike, '0110 0000000002000000 F015', 'DE39 is not printable EBCDIC'],
    ['bytes above ASCII', mastercardLike, '30313130 0000000002000000 30E4', 'DE39 is not printable ASCII'],
    ['a third bitmap', visaLike, '0100 8000000000000000 8000000000000000', 'DE65 is not known'],
  ])('with %s says where it breaks, and not with what', (_what, dialect, bytes, says) => {
    expect(() => readMessage(hex(bytes), dialect)).toThrow(says)
  })

  it('that we make ourselves is checked too', () => {
    expect(() => writeMessage(message('0100', { 11: '1234567' }), visaLike)).toThrow('STAN is longer than 6')
    expect(() => writeMessage(message('0100', { 64: '1' }), visaLike)).toThrow('there is no element 64')
    expect(() => writeMessage(message('0100', { 11: 'abc' }), visaLike)).toThrow('STAN must be n')
  })
})

describe('a data element with a bitmap of its own', () => {
  it('holds its parts in their order', () => {
    const parts = new Map<number, Value>([
      [9, Buffer.alloc(20, 0xab)],
      [10, '11 123'],
      [13, 'C'],
    ])
    const bytes = hex(`00C8000000000000 ${'AB'.repeat(20)} F1F140F1F2F3 C3`)
    expect(writeBitmapped(parts, de126, visaLike)).toEqual(bytes)
    expect(readBitmapped(bytes, de126, visaLike)).toEqual(parts)
  })

  it('has a fill nibble before a transaction id, and a bitmap of three bytes before a network', () => {
    expect(readBitmapped(hex('4000000000000000 0123456789012345'), de62, visaLike).get(2)).toBe('123456789012345')
    expect(readBitmapped(hex('800000 0008'), de63, visaLike).get(1)).toBe('0008')
  })
})

describe('characters', () => {
  it('of EBCDIC are those of code page 1047, as another program has them', context => {
    const printable = Array.from({ length: 95 }, (_, index) => String.fromCharCode(0x20 + index)).join('')
    let expected: Buffer
    try {
      expected = execFileSync('iconv', ['-f', 'ASCII', '-t', 'IBM1047'], { input: printable })
    } catch {
      return context.skip('iconv with code page 1047 is not on this machine')
    }
    expect(writeEbcdic(printable).toString('hex')).toBe(expected.toString('hex'))
  })

  it('survive the way there and back', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map(code => String.fromCharCode(code)) }),
        text => {
          expect(readEbcdic(writeEbcdic(text))).toBe(text)
          expect(readAscii(writeAscii(text))).toBe(text)
        },
      ),
    )
    expect(readEbcdic(writeEbcdic('Straße'))).toBe('Straße')
    expect(readEbcdic(writeEbcdic('5 €'))).toBe('5 ?')
    expect(readAscii(writeAscii('Straße'))).toBe('Stra?e')
  })

  it('that are packed digits survive too, odd or even', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'0123456789') }), digits => {
        expect(readBcd(writeBcd(digits), digits.length)).toBe(digits)
      }),
    )
  })
})

function writeMti(dialect: Dialect): Buffer {
  return dialect === visaLike ? hex('0100') : Buffer.from('0100')
}
