/** Where frames begin and end, in every form of length, and what may stand before the MTI. */
import { describe, expect, test } from 'vitest'
import { makeDialect } from './codec.js'
import { frameReader } from './framing.js'
import type { Framing } from './profile.js'
import { mastercardLike } from './profiles/mastercard-like.js'

const forms: [Framing['length'], first: string, second: string, zero: string][] = [
  ['binary2', '0003', '012c', '0000'],
  ['bcd2', '0003', '0300', '0000'],
  ['ascii4', '30303033', '30333030', '30303030'],
  ['vml4', '00030000', '012c0000', '00000000'],
]

describe.each(forms)('lengths of the form %s', (length, first, second, zero) => {
  const a = Buffer.from('abc')
  const b = Buffer.alloc(300, 'x')
  const stream = Buffer.concat([Buffer.from(first, 'hex'), a, Buffer.from(zero, 'hex'), Buffer.from(second, 'hex'), b])

  test.each([1, 2, 3, 5, 7, 100, 1_000])('chunks of %i bytes give the same frames', size => {
    const reader = frameReader({ length })
    const frames: Buffer[] = []
    for (let at = 0; at < stream.length; at += size) {
      const read = reader.push(stream.subarray(at, at + size))
      if (!read.ok) throw new Error(read.problem)
      frames.push(...read.frames)
    }
    expect(frames.map(String)).toEqual([a, b].map(String))
  })

  test('a frame that is too long ends the stream for good', () => {
    const reader = frameReader({ length, maxFrame: 200 })
    const problem = 'a frame is longer than 200 bytes'
    expect(reader.push(stream)).toEqual({ ok: false, problem })
    expect(reader.push(Buffer.from(first, 'hex'))).toEqual({ ok: false, problem })
  })

  test('what is sent can be read', () => {
    const dialect = makeDialect({ ...mastercardLike, framing: { length } })
    const { bytes } = dialect.encode({ mti: '0800', fields: { 11: '000123' } })
    const read = dialect.newReader().push(Buffer.concat([bytes, bytes]))
    expect(read).toMatchObject({ ok: true, frames: [{ length: 18 }, { length: 18 }] })
    if (read.ok) expect(dialect.decode(read.frames[1]!)).toMatchObject({ ok: true, message: { mti: '0800' } })
  })
})

test.each([
  ['bcd2', '0a00'],
  ['ascii4', '30783030'],
  ['vml4', '00030001'],
] as const)('a length of the form %s that is none ends the stream', (length, hex) => {
  const read = frameReader({ length }).push(Buffer.from(hex, 'hex'))
  expect(read).toEqual({ ok: false, problem: `the length before a frame is not of the form ${length}` })
})

test('frames that were handed out do not change when the chunk they came in does', () => {
  const chunk = Buffer.from('0003616263', 'hex')
  const read = frameReader({ length: 'binary2' }).push(chunk)
  chunk.fill(0)
  if (read.ok) expect(String(read.frames[0])).toBe('abc')
})

describe('headers before the MTI', () => {
  const framing: Framing = {
    length: 'binary2',
    tpdu: '6000010002',
    header: 'ISO016000070',
    acceptedHeaders: ['ISO016000075'],
  }
  const dialect = makeDialect({ ...mastercardLike, framing })
  const body = (tpdu: string, header: string) =>
    Buffer.concat([Buffer.from(tpdu, 'hex'), Buffer.from(`${header}0810`), Buffer.alloc(8)])

  test('are sent', () => {
    const { bytes } = dialect.encode({ mti: '0800', fields: {} })
    expect(bytes.toString('latin1').slice(2, 23)).toBe('`\x00\x01\x00\x02ISO0160000700800')
  })

  test.each([
    ['as they were sent', '6000010002', 'ISO016000070', true],
    ['with the addresses exchanged', '6000020001', 'ISO016000070', true],
    ['with the other header', '6000020001', 'ISO016000075', true],
    ['with other addresses', '6000030001', 'ISO016000070', false],
    ['with a header nobody named', '6000010002', 'ISO016000079', false],
    ['cut off', '6000', '', false],
  ])('that come %s', (_how, tpdu, header, ok) => {
    expect(dialect.decode(body(tpdu, header)).ok).toBe(ok)
  })
})
