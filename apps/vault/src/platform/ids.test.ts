import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { newId } from './ids.js'

const time = fc.integer({ min: 0, max: 2 ** 48 - 1 })
const random16 = fc.uint8Array({ minLength: 16, maxLength: 16 })

describe('newId', () => {
  it('gives the example of RFC 9562, appendix A.6', () => {
    const random = Buffer.from('0000000000000cc398c4dc0c0c07398f', 'hex')
    expect(newId(0x017f22e279b0, random)).toBe('017f22e2-79b0-7cc3-98c4-dc0c0c07398f')
  })

  it('has the form, the version and the variant of a UUID 7 whatever the bytes', () => {
    fc.assert(
      fc.property(time, random16, (now, random) => {
        expect(newId(now, random)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
      }),
    )
  })

  it('sorts by time as text', () => {
    fc.assert(
      fc.property(time, time, random16, random16, (one, other, a, b) => {
        fc.pre(one !== other)
        expect(newId(one, a) < newId(other, b)).toBe(one < other)
      }),
    )
  })

  it('keeps all 74 random bits', () => {
    const flips = new Set<string>()
    for (let bit = 0; bit < 128; bit += 1) {
      const random = new Uint8Array(16)
      random[bit >> 3] = 0x80 >> (bit & 7)
      flips.add(newId(0, random))
    }
    flips.delete(newId(0, new Uint8Array(16)))
    expect(flips.size).toBe(74)
  })

  it('leaves the random bytes it was given alone', () => {
    const random = new Uint8Array(16).fill(0xff)
    newId(0, random)
    expect(random).toEqual(new Uint8Array(16).fill(0xff))
  })

  it.each([-1, 0.5, 2 ** 48, Number.NaN])('refuses the time %s', now => {
    expect(() => newId(now, new Uint8Array(16))).toThrow(RangeError)
  })

  it.each([0, 15, 17])('refuses %s random bytes', length => {
    expect(() => newId(0, new Uint8Array(length))).toThrow(RangeError)
  })
})
