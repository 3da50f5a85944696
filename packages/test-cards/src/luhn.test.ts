import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { luhnDigit, passesLuhn } from './luhn.js'

describe('the check digit', () => {
  it.each([
    ['7992739871', '3'],
    ['453957876362148', '6'],
    ['37828224631000', '5'],
    ['0', '0'],
  ])('of %s is %s', (digits, digit) => {
    expect(luhnDigit(digits)).toBe(digit)
  })

  it('makes any number pass, and no other digit does', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9]{1,18}$/), digits => {
        const passing = [...'0123456789'].filter(digit => passesLuhn(digits + digit))
        expect(passing).toEqual([luhnDigit(digits)])
      }),
    )
  })
})

describe('what does not pass', () => {
  it.each(['', ' ', '79927398714', '7992 7398 713', '7992739871x', '-0'])('%j', digits => {
    expect(passesLuhn(digits)).toBe(false)
  })
})
