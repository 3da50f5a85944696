/** A few frames in hex that never change: whoever changes a codec by mistake changes what these say. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type Value, writeMessage } from '../../apps/simulator/src/iso8583/codec.js'
import { mastercardLike, visaLike } from '../../apps/simulator/src/iso8583/dialects.js'
import { makeDialect } from '../../apps/vault/src/issuer/iso8583/codec.js'
import { builtInProfiles } from '../../apps/vault/src/issuer/iso8583/profiles/index.js'
import {
  type DialectName,
  type FrameReading,
  isDividedBySimulator,
  readBySimulator,
  readByVault,
  unguarded,
} from '../support/frame-readings.js'

interface GoldenFrame extends FrameReading {
  readonly what: string
  readonly dialect: DialectName
  readonly hex: string
}

const file = new URL('../../conformance/iso8583/golden-frames.json', import.meta.url)
const { frames } = JSON.parse(readFileSync(file, 'utf8')) as { frames: GoldenFrame[] }

test('there is one of each kind in each dialect', () => {
  for (const dialect of ['mastercard-like', 'visa-like']) {
    const kinds = new Set(frames.filter(frame => frame.dialect === dialect).map(({ mti }) => mti))
    const sale = dialect === 'mastercard-like' ? ['0200', '0210'] : []
    const advices = ['0220', '0221', '0230', '0400', '0410', '0420', '0421', '0430']
    expect([...kinds].sort()).toEqual(['0100', '0110', ...sale, ...advices, '0800', '0810'])
  }
})

describe.each(frames)('$dialect $mti, $what', ({ dialect, mti, hex, elements, parts }) => {
  const bytes = Buffer.from(hex, 'hex')

  test('the vault reads it', () => {
    expect(readByVault(dialect, bytes)).toEqual({ mti, elements, parts })
  })

  test('the vault writes it', () => {
    const divided = new Set(Object.keys(parts).map(path => path.split('.')[0]))
    const whole = Object.entries(elements).filter(([number]) => !divided.has(number))
    const message = { mti, fields: { ...Object.fromEntries(whole), ...parts } }
    const frame = makeDialect(unguarded(builtInProfiles[dialect]!)).encode(message).bytes
    expect([frame.readUInt16BE(), frame.toString('hex', 2)]).toEqual([bytes.length, hex])
  })

  test('the vault shows nothing sensitive of it', () => {
    const read = makeDialect(builtInProfiles[dialect]!).decode(bytes)
    if (!read.ok) throw new Error(read.problem)
    const cvv = parts['48.92'] ?? parts['126.10.3']
    const { fields } = read.message
    expect(fields['2']).toBe(elements['2'] && `************${elements['2'].slice(-4)}`)
    expect(fields['14']).toBe(elements['14'] && '[masked]')
    expect(fields['48.92'] ?? fields['126.10.3']).toBe(cvv && '[masked]')
  })

  test('the simulator reads it', () => {
    const known = Object.fromEntries(Object.entries(parts).filter(([path]) => isDividedBySimulator(path)))
    expect(readBySimulator(dialect, bytes)).toEqual({ mti, elements, parts: known })
  })

  test('the simulator writes it', () => {
    const own = dialect === 'visa-like' ? visaLike : mastercardLike
    const values = Object.entries(elements).map(([number, value]): [number, Value] => [
      Number(number),
      own.elements[Number(number)]?.content === 'binary' ? Buffer.from(value, 'hex') : value,
    ])
    expect(writeMessage({ mti, elements: new Map(values) }, own).toString('hex')).toBe(hex)
  })
})
