/** Digits enter a frame here and nowhere else; the frame that others hold never has them. */
import { Writable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { type DigitSlot, sendFrame } from './egress.js'
import { Cvv, Pan } from './pan.js'

const NUMBER = '4054695723100768'
const ODD = '340000000100007'
const panOf = (text: string) => {
  const parsed = Pan.parse(text, { find: () => undefined })
  if (!parsed.ok) throw new Error(parsed.rule)
  return parsed.value
}

/** A connection that keeps a copy of what it takes, as the other side would have it. */
function aLine() {
  const copies: Buffer[] = []
  const line = new Writable({
    write(chunk: Buffer, _encoding, done) {
      copies.push(Buffer.from(chunk))
      done()
    },
  })
  return { line, arrived: () => Buffer.concat(copies) }
}

async function sent(bytes: Buffer, slots: readonly DigitSlot[]): Promise<Buffer> {
  const { line, arrived } = aLine()
  await sendFrame(line, { bytes, slots })
  return arrived()
}

const slot = (change: Partial<DigitSlot>): DigitSlot => ({
  at: 0,
  digits: panOf(NUMBER),
  encoding: 'ascii',
  width: 16,
  pad: '0',
  padSide: 'left',
  ...change,
})

describe('digits in a frame', () => {
  test.each<[string, Partial<DigitSlot>, string]>([
    ['one character each', {}, Buffer.from(NUMBER).toString('hex')],
    ['one character each, in EBCDIC', { encoding: 'ebcdic' }, [...NUMBER].map(d => `f${d}`).join('')],
    ['two in a byte', { encoding: 'bcd' }, NUMBER],
    ['an odd number of them with a zero in front', { digits: panOf(ODD), encoding: 'bcd' }, `0${ODD}`],
    [
      'an odd number of them with an F behind',
      { digits: panOf(ODD), encoding: 'bcd', pad: 'F', padSide: 'right' },
      `${ODD}f`,
    ],
    ['a CVV behind a blank', { digits: Cvv.of('123'), width: 4, pad: ' ' }, '20313233'],
    ['a CVV behind a blank, in EBCDIC', { digits: Cvv.of('123'), width: 4, pad: ' ', encoding: 'ebcdic' }, '40f1f2f3'],
    ['a CVV before a zero', { digits: Cvv.of('123'), width: 4, padSide: 'right' }, '31323330'],
  ])('are %s', async (_how, change, hex) => {
    const one = slot(change)
    const length = one.encoding === 'bcd' ? one.width / 2 : one.width
    // Two bytes around them, to see that nothing else is touched.
    const frame = await sent(Buffer.alloc(length + 4, 0xee), [{ ...one, at: 2 }])
    expect(frame.toString('hex')).toBe(`eeee${hex}eeee`)
  })

  test('that do not fit their place are not sent, and the frame is not either', async () => {
    const { line, arrived } = aLine()
    for (const wrong of [{ width: 15 }, { at: 1 }, { encoding: 'bcd' as const, width: 17 }]) {
      await expect(sendFrame(line, { bytes: Buffer.alloc(16), slots: [slot(wrong)] })).rejects.toThrow(RangeError)
    }
    expect(arrived()).toHaveLength(0)
  })

  test('leave the frame that the caller holds as it was', async () => {
    const bytes = Buffer.alloc(16)
    await sent(bytes, [slot({})])
    expect(bytes.equals(Buffer.alloc(16))).toBe(true)
  })

  test('are overwritten once the connection has taken them', async () => {
    let taken: Buffer = Buffer.alloc(0)
    const line = new Writable({
      write(chunk: Buffer, _encoding, done) {
        taken = chunk
        done()
      },
    })
    await sendFrame(line, { bytes: Buffer.alloc(16), slots: [slot({})] })
    expect(taken.every(byte => byte === 0)).toBe(true)
  })

  test('of a broken connection are overwritten too', async () => {
    let taken: Buffer = Buffer.alloc(0)
    const line = new Writable({
      write(chunk: Buffer, _encoding, done) {
        taken = chunk
        done(new Error('gone'))
      },
    })
    line.on('error', () => {})
    await expect(sendFrame(line, { bytes: Buffer.alloc(16), slots: [slot({})] })).rejects.toThrow('gone')
    expect(taken.every(byte => byte === 0)).toBe(true)
  })
})
