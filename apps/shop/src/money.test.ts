import { expect, test } from 'vitest'
import { plainAmount, readAmount, shownAmount } from './money.js'

test.each([
  ['EUR', '1200', '12.00 EUR', '12.00'],
  ['EUR', '5', '0.05 EUR', '0.05'],
  ['USD', '123456789', '1,234,567.89 USD', '1234567.89'],
  ['JPY', '4800', '4,800 JPY', '4800'],
  ['JPY', '0', '0 JPY', '0'],
])('%s %s is shown as %s', (currency, value, shown, plain) => {
  expect(shownAmount({ currency, value })).toBe(shown)
  expect(plainAmount({ currency, value })).toBe(plain)
})

test.each([
  ['4.50', 'EUR', '450'],
  ['4,5', 'EUR', '450'],
  [' 12 ', 'USD', '1200'],
  ['0.01', 'USD', '1'],
  ['500', 'JPY', '500'],
  ['9999999999', 'USD', '999999999900'],
])('"%s" %s is read as %s', (typed, currency, value) => {
  expect(readAmount(typed, currency)).toEqual({ currency, value })
})

test.each([
  ['', 'EUR'],
  ['-1', 'EUR'],
  ['1e3', 'EUR'],
  ['4.505', 'EUR'],
  ['4.5', 'JPY'],
  ['1,234.00', 'EUR'],
  ['12345678901', 'EUR'],
  ['0.00', 'EUR'],
])('"%s" %s is no amount', (typed, currency) => {
  expect(readAmount(typed, currency)).toEqual({ problem: expect.stringMatching(/^Enter an amount/) })
})
