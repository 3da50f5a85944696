import { Buffer } from 'node:buffer'
import { describe, expect, test } from 'vitest'
import { shownAnswer } from './shown-answer.js'

const shown = (text: string) => shownAnswer(Buffer.from(text))

describe('a long number', () => {
  const digits = '4111111111111111'
  const fullWidth = digits.replace(/./g, digit => String.fromCodePoint(0xff10 + Number(digit)))
  const arabic = digits.replace(/./g, digit => String.fromCodePoint(0x660 + Number(digit)))

  test.each([
    digits,
    fullWidth,
    arabic,
    '12345678',
    ...[' ', '-', '.', '  ', '\u00a0', '/', '\u200b', ' - ', '\n'].map(between => digits.match(/.{4}/g)!.join(between)),
    [...digits].join('", "'.slice(0, 3)),
  ])('is not shown, however it is written: %j', number => {
    expect(shown(`no card ${number} here`)).toBe('no card [number] here')
  })

  test.each(['1234567', 'HTTP 404 after 1500 ms', 'line 17, column 4711', '2026 words, 11 numbers, 22'])(
    'is not what %j has',
    text => expect(shown(text)).toBe(text),
  )
})

describe('a word that could be a secret', () => {
  test.each([
    ['eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dX', 'eyJh[…]'],
    ['abcd.efgh.ijkl.mnop.qrst', 'abcd[…]'],
    ['sk_live_abcdefghijklmnop', 'sk_l[…]'],
  ])('is cut: %s', (word, expected) => {
    expect(shown(`bad token ${word} given`)).toBe(`bad token ${expected} given`)
  })

  test('is not a sentence with its dots', () => {
    expect(shown('Down. Try later. See shop.example.')).toBe('Down. Try later. See shop.example.')
  })
})

describe('our own message', () => {
  const ours = {
    notifyType: 'PAYMENT_METHOD_VAULTING',
    vaultingRequestId: 'r-1',
    paymentMethodDetail: { paymentMethodType: 'CARD', card: { cardToken: 'short', expiryYear: '30' } },
  }

  test.each([
    ['as it was', JSON.stringify(ours)],
    ['indented', JSON.stringify(ours, null, 2)],
    ['within something', JSON.stringify({ received: [ours] })],
    ['as a string within something', JSON.stringify({ body: JSON.stringify(ours) })],
    ['behind text', `got ${' '.repeat(3_000)}${JSON.stringify(ours)}`],
  ])('that comes back %s is not shown', (_, text) => {
    expect(shown(text)).toBe('[our own message, echoed]')
  })

  test.each(['{"error":"paymentMethodDetail is unknown"}', '{"vaultingRequestId":"r-1"}', 'no vaultingRequestId'])(
    'is not %j',
    text => expect(shown(text)).toBe(text),
  )
})

describe('an answer', () => {
  test.each(['', ' ', '\r\n'])('of nothing is none: %j', text => expect(shown(text)).toBeUndefined())

  test('is one line of at most 256 characters', () => {
    const line = shown('so it is\u202e\r\n'.repeat(100))
    expect(line).toMatch(/^(so it is )+/)
    expect(line).toHaveLength(256)
  })
})
