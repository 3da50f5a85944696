/** The number is found however it is spelled; what is not the number is left alone; and the hidden digits are not asked. */
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../../test/support/seeded-random.js'
import { answerShown } from './answer-shown.js'
import { holdsNumber, showsSecurityCode } from './echo-filter.js'

const NUMBER = '4054695723100768'
const card = (number = NUMBER) => ({
  bin: number.slice(0, number.length === 16 ? 8 : 6),
  lastFour: number.slice(-4),
  length: number.length,
})
const digits = [...NUMBER]
const code = (base: number, of: string) => String.fromCodePoint(base + Number(of))
const base64 = (text: string) => Buffer.from(text).toString('base64')

describe('the number is found', () => {
  test.each<[string, string]>([
    ['as it is', NUMBER],
    ['within other digits', `99${NUMBER}99`],
    ['in groups', NUMBER.replace(/(.{4})(?=.)/g, '$1 ')],
    ['with hyphens', NUMBER.replace(/(.{4})(?=.)/g, '$1-')],
    ['with hyphens in blanks', NUMBER.replace(/(.{4})(?=.)/g, '$1 - ')],
    ['with no-break blanks', NUMBER.replace(/(.{4})(?=.)/g, '$1\u00a0')],
    ['with soft hyphens', NUMBER.replace(/(.{4})(?=.)/g, '$1\u00ad')],
    ['with a blank behind each digit', digits.join(' ')],
    ['with a point behind each digit', digits.join('.')],
    ['with characters of no width', digits.join('\u200b')],
    ['over several lines', digits.join('\r\n')],
    ['as thousands', Number(NUMBER).toLocaleString('en')],
    ['as a floating point number', Number(NUMBER).toExponential()],
    ['in UTF-16', digits.join('\u0000')],
    ['in full-width digits', digits.map(d => code(0xff10, d)).join('')],
    ['in Arabic digits', digits.map(d => code(0x0660, d)).join('')],
    ['in Persian digits', digits.map(d => code(0x06f0, d)).join('')],
    ['in Devanagari digits', digits.map(d => code(0x0966, d)).join('')],
    ['in bold digits of mathematics', digits.map(d => code(0x1d7ce, d)).join('')],
    ['in superscript', digits.map(d => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(d)]).join('')],
    ['percent-encoded', digits.map(d => `%3${d}`).join('')],
    ['percent-encoded twice', digits.map(d => `%253${d}`).join('')],
    ['escaped as in JSON', digits.map(d => `\\u003${d}`).join('')],
    ['escaped as in JSON within JSON', digits.map(d => `\\\\u003${d}`).join('')],
    ['escaped as in newer JavaScript', digits.map(d => `\\u{3${d}}`).join('')],
    ['with each second digit escaped', digits.map((d, nth) => (nth % 2 ? `\\u003${d}` : d)).join('')],
    ['partly escaped', `4054\\u00369${NUMBER.slice(6)}`],
    ['escaped as bytes', digits.map(d => `\\x3${d}`).join('')],
    ['as entities', digits.map(d => `&#${48 + Number(d)};`).join('')],
    ['as entities in hexadecimal', digits.map(d => `&#x3${d};`).join('')],
    ['with entities of blanks', NUMBER.replace(/(.{4})(?=.)/g, '$1&nbsp;')],
    ['in base64', base64(NUMBER)],
    ['in base64, one byte later', base64(`x${NUMBER}`)],
    ['in base64, two bytes later', base64(`xy${NUMBER}`)],
    ['in base64url', Buffer.from(`{"pan":"${NUMBER}"}`).toString('base64url')],
    ['in base64 of a whole document', base64(`{"a":"??>>","card":{"number":"${NUMBER}"}}`)],
    [
      'in base64 over several lines',
      base64(`${'x'.repeat(50)}${NUMBER}${'y'.repeat(50)}`).replace(/(.{16})/g, '$1\r\n'),
    ],
    ['in base64 that is percent-encoded', encodeURIComponent(base64(NUMBER))],
    ['in the payload of a JWT', `e30.${Buffer.from(`{"sub":"${NUMBER}"}`).toString('base64url')}.c2ln`],
    ['in hexadecimal', Buffer.from(NUMBER).toString('hex')],
    [
      'in hexadecimal, with colons',
      Buffer.from(NUMBER)
        .toString('hex')
        .replace(/(..)(?=.)/g, '$1:'),
    ],
    ['in hexadecimal, half a byte later', `f${Buffer.from(NUMBER).toString('hex')}`],
    ['backwards', [...digits].reverse().join('')],
    ['without its last four', NUMBER.slice(0, 12)],
    ['without its first four', NUMBER.slice(4)],
    ['without two at both ends', NUMBER.slice(2, 14)],
  ])('%s', (_how, text) => {
    for (const around of [text, `{"id":"tx_1","card":"${text}","ok":true}`, `<a b='${text}'/>`]) {
      expect(holdsNumber(around, card())).toBe(true)
    }
  })

  test.each(['676770100003', '4000000600000100001', '340000000100007', '30000000000004'])(
    'of other lengths: %s',
    number => {
      expect(holdsNumber(`"${number}"`, card(number))).toBe(true)
    },
  )
})

describe('what anybody may see is left alone:', () => {
  test.each([
    ['the usual mask', '405469******0768'],
    ['eight and four', '40546957****0768'],
    ['a mask of letters', '40546957xxxx0768'],
    ['a mask of bullets', '4054 69•• •••• 0768'],
    ['a mask of points', '405469......0768'],
    ['a mask of three points', '40546957...0768'],
    ['first and last apart', '{"bin":"40546957","last4":"0768"}'],
    ['first and last in a list', '["40546957","0768"]'],
    ['first and last in XML', '<Bin>40546957</Bin><Last4>0768</Last4>'],
    ['the first eleven alone', '40546957231'],
    ['another number of the same first six', '4054690000100768'],
    ['another number of the same last four', '5162774114970768'],
    ['an instant', '2033-03-01T12:34:56.789Z 1732906379123'],
    ['a long id', 'pi_3NjK4054LkdIwHu7ix0fyzFZ'],
  ])('%s', (_what, text) => {
    expect(holdsNumber(text, card())).toBe(false)
  })

  test('long answers full of ids, of which none of a thousand is taken for a number', () => {
    const random = seededRandom('answers')
    let found = 0
    for (let nth = 0; nth < 1_000; nth++) {
      const ids = Array.from({ length: 20 }, () => String(random.bytes(8).readBigUInt64BE()))
      if (holdsNumber(JSON.stringify({ ids, hash: random.bytes(32).toString('hex') }), card())) found++
    }
    expect(found).toBe(0)
  })
})

test('hidden digits make no difference, so that no guess can be tried', () => {
  // A caller sends all the numbers that it thinks possible in a field that comes back.
  const guesses = Array.from({ length: 50 }, (_, nth) => `40546957${String(2300 + nth).padStart(4, '0')}0768`)
  for (const guess of guesses) expect(holdsNumber(guess, card())).toBe(true)
  expect(new Set(guesses.map(guess => holdsNumber(guess.slice(0, 11), card())))).toEqual(new Set([false]))
})

test('a long answer that is made to be slow is read in time', () => {
  const began = performance.now()
  for (const text of [
    '4'.repeat(65_536),
    '%253'.repeat(16_384),
    '4 '.repeat(32_768),
    'A'.repeat(65_536),
    '&#'.repeat(32_768),
  ]) {
    holdsNumber(text, card())
  }
  expect(performance.now() - began).toBeLessThan(5_000)
})

describe('a security code', () => {
  test.each([
    '{"cvc":"123"}',
    '{"cvv2": 1234}',
    '{"securityCode":"123"}',
    '{"card":{"security_code":"123"}}',
    '{"cvv_number":"123"}',
    '<CVV>123</CVV>',
    'card[cvc]=123&x=1',
    'card%5Bcvc%5D=123',
    JSON.stringify({ raw: '{"cvv": "123"}' }),
    '{\\u0022cvv\\u0022:\\u0022123\\u0022}',
  ])('is shown by %s', text => {
    expect(showsSecurityCode(text)).toBe(true)
  })

  test.each([
    '{"cvc_check":"pass"}',
    '{"cvvResult":"M"}',
    '{"cvvResponseCode":"100"}',
    '{"code":"123"}',
    '{"card_number":"1234"}',
    '{"cvc":"***"}',
    '{"cvv":"12345"}',
    '{"amount":123}',
  ])('is not shown by %s', text => {
    expect(showsSecurityCode(text)).toBe(false)
  })
})

describe('an answer', () => {
  const answer = (change: object) => ({
    kind: 'answered' as const,
    status: 201,
    body: Buffer.from('{"ok":1}'),
    ...change,
  })

  test('goes back with its headers', () => {
    const shown = answerShown(answer({ headers: { 'content-type': 'application/json' } }), card(), true)
    expect(shown).toEqual({ status: 201, headers: { 'content-type': 'application/json' }, body: '{"ok":1}' })
  })

  test.each([
    ['a number in its body', { body: Buffer.from(NUMBER) }, 'CARD_NUMBER'],
    ['a number in a header', { headers: { location: `/cards/${NUMBER}` } }, 'CARD_NUMBER'],
    ['a security code', { body: Buffer.from('{"cvc":"123"}') }, 'SECURITY_CODE'],
    ['a compressed body', { body: gzipSync('{"ok":1}'), encoding: 'gzip' }, 'COMPRESSED'],
    ['a compressed body that does not say so', { body: gzipSync('{"ok":1}') }, 'NOT_UTF8'],
    ['bytes that are no text', { body: Buffer.of(0xff, 0xfe) }, 'NOT_UTF8'],
  ])('with %s is kept back, but for its status', (_what, change, withheld) => {
    expect(answerShown(answer(change), card(), true)).toEqual({ status: 201, withheld })
  })

  test('that was too large is known by its status, and not known at all before that', () => {
    const failed = (detail?: string) =>
      answerShown({ kind: 'failed', reason: 'answer too large', ...(detail && { detail }) }, card(), false)
    expect(failed('HTTP 200')).toEqual({ status: 200, withheld: 'TOO_LARGE' })
    expect(failed('UND_ERR_HEADERS_OVERFLOW')).toBeUndefined()
    expect(answerShown({ kind: 'failed', reason: 'timeout' }, card(), false)).toBeUndefined()
  })
})
