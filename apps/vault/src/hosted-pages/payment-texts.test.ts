import { describe, expect, test } from 'vitest'
import { languages, textsIn } from './language.js'
import { sumText } from './payment-texts.js'

describe('an amount', () => {
  test.each([
    ['en', 'USD', 1234n, '$12.34'],
    ['en', 'JPY', 1234n, '¥1,234'],
    ['en', 'BHD', 1234n, 'BHD 1.234'],
    ['en', 'CLF', 12345n, 'CLF 1.2345'],
    ['en', 'EUR', 7n, '€0.07'],
    ['en', 'EUR', 0n, '€0.00'],
    ['de', 'EUR', 123_456n, '1.234,56 €'],
    ['fr', 'EUR', 123_456n, '1 234,56 €'],
    ['ja', 'JPY', 980n, '￥980'],
    ['ko', 'KRW', 15_000n, '₩15,000'],
    // Languages write it without decimals; ISO 4217 gives it two, and so does what is charged.
    ['en', 'HUF', 123_456n, 'HUF 1,234.56'],
    // More digits than a number of JavaScript has.
    ['en', 'USD', 99_999_999_999_999_999n, '$999,999,999,999,999.99'],
  ])('in %s of %s %s is %s', (tag, currency, amount, text) => {
    expect(sumText({ amount, currency }, tag).replace(/[\u00a0\u202f]/g, ' ')).toBe(text)
  })

  test.each(languages)('in %s never breaks between number and currency', language => {
    for (const currency of ['USD', 'EUR', 'JPY', 'BHD', 'CNY', 'BRL']) {
      expect(sumText({ amount: 123_456n, currency }, textsIn(language).tag)).not.toContain(' ')
    }
  })
})
