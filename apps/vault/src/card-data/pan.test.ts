/** Digits behind a handle, attacked at run time in every way in which a careless line could print them. */
import { inspect } from 'node:util'
import { deserialize, serialize } from 'node:v8'
import { passesLuhn } from '@coffer/test-cards'
import { describe, expect, test } from 'vitest'
import type { CardFacts } from './card-facts.js'
import { CardPassword, Cvv, digitsOf, Pan } from './pan.js'
import { RawBody } from './raw-body.js'

const NUMBER = '4054695723100768'
const CVV = '7391'
const PASSWORD = '82'

const facts: CardFacts = { networks: ['VISA'], luhn: true, cvvLength: 3 }
const lookup = { find: () => facts }
const aPan = (text = NUMBER) => {
  const parsed = Pan.parse(text, lookup)
  if (!parsed.ok) throw new Error(parsed.rule)
  return parsed.value
}

/** What a number shows of itself on purpose; between these and the whole number lies the secret. */
const hidden = (text: string) => text.replaceAll(NUMBER.slice(0, 8), '').replaceAll(NUMBER.slice(-4), '')

const secrets = [
  { name: 'Pan', make: () => aPan() as object, digits: NUMBER },
  { name: 'Cvv', make: () => Cvv.of(CVV) as object, digits: CVV },
  { name: 'CardPassword', make: () => CardPassword.of(PASSWORD) as object, digits: PASSWORD },
]

const ways: [way: string, print: (secret: object) => string][] = [
  ['a template literal', secret => `${secret}`],
  ['concatenation', secret => `card ${String(secret)}`],
  ['String()', secret => String(secret)],
  ['join', secret => [secret, secret].join()],
  ['inspect', secret => inspect(secret)],
  ['inspect, deep inside', secret => inspect({ a: [new Map([[secret, { secret }]])] }, { depth: null })],
  ['inspect with all it can show', secret => inspect(secret, { showHidden: true, depth: null, getters: true })],
  ['inspect past its own method', secret => inspect(secret, { customInspect: false, showHidden: true, depth: null })],
  ['an error message', secret => new Error(`no such card: ${secret}`).message],
  [
    'the stack of an error with it as cause',
    secret => inspect(new Error('x', { cause: secret }), { showHidden: true }),
  ],
  ['Object.entries', secret => JSON.stringify(Object.entries(secret))],
  ['a spread', secret => JSON.stringify({ ...secret })],
  ['Object.assign', secret => JSON.stringify(Object.assign({}, secret))],
  ['own property names', secret => JSON.stringify(Object.getOwnPropertyDescriptors(secret))],
  ['own symbols', secret => Object.getOwnPropertySymbols(secret).map(String).join()],
  ['structuredClone', secret => inspect(structuredClone(secret), { showHidden: true })],
  ['v8.serialize', secret => inspect(deserialize(serialize(secret)), { showHidden: true })],
  ['for in', secret => namesAndValues(secret).join()],
  [
    'Reflect.ownKeys',
    secret =>
      Reflect.ownKeys(secret)
        .map(key => String(Reflect.get(secret, key)))
        .join(),
  ],
  ['valueOf', secret => String(secret.valueOf())],
  ['the prototype', secret => inspect(Object.getPrototypeOf(secret), { showHidden: true, customInspect: false })],
]

describe.each(secrets)('a $name', ({ name, make, digits }) => {
  test.each(ways)('tells nothing through %s', (_way, print) => {
    const text = hidden(print(make()))
    for (const form of [digits, Buffer.from(digits).toString('base64'), Buffer.from(digits).toString('hex')]) {
      // Two digits of a password occur in any length or version; a number or a CVV does not.
      if (form.length > 2) expect(text).not.toContain(form)
    }
    expect(text.replace(/[^0-9]/g, '')).not.toContain(digits.length > 2 ? digits : `${digits}${digits}`)
  })

  test('cannot become JSON, alone or deep inside', () => {
    expect(() => JSON.stringify(make())).toThrow(`${name} cannot be serialised`)
    expect(() => JSON.stringify({ a: [{ card: make() }] })).toThrow(TypeError)
    expect(() => JSON.stringify([make()])).toThrow(TypeError)
  })

  test('shows its kind, so that a log line still reads', () => {
    expect(`${make()}`).toBe(`[${name}]`)
    expect(inspect(make())).toBe(`[${name}]`)
  })

  test('has no digits once erased, and its bytes are overwritten', () => {
    const secret = make() as Pan
    const bytes = digitsOf(secret)
    expect(bytes.toString()).toBe(digits)
    secret.erase()
    expect(bytes.every(byte => byte === 0)).toBe(true)
    expect(() => digitsOf(secret)).toThrow('these digits were erased')
    secret.erase()
  })

  test('cannot be imitated', () => {
    const secret = make()
    const lookAlikes = [structuredClone(secret), Object.create(secret), { ...secret }, new Proxy(secret, {})]
    for (const lookAlike of lookAlikes) expect(() => digitsOf(lookAlike as Pan)).toThrow()
  })
})

describe('a number', () => {
  test('shows what an answer may show', () => {
    expect(aPan()).toMatchObject({ bin: '40546957', lastFour: '0768', masked: '************0768', facts })
  })

  test.each([
    ['4054695723100768', '40546957'],
    ['378282246310005', '378282'],
    ['30569309025904', '305693'],
    ['4000000600000100001', '400000'],
    ['676770100003', '676770'],
  ])('%s shows %s and its last four, behind twelve asterisks', (text, bin) => {
    expect(aPan(text)).toMatchObject({ bin, masked: `************${text.slice(-4)}` })
  })

  test.each([
    '',
    '4',
    '40546957231',
    '40546957231007680000',
    '4054 6957 2310 0768',
    '405469572310076O',
    ' 4054695723100768',
  ])('is not made of %s, and the rule does not repeat it', text => {
    expect(Pan.parse(text, lookup)).toEqual({ ok: false, rule: 'must be 12 to 19 digits' })
  })

  test('needs its check digit, on brands that have one', () => {
    const wrong = '4054695723100769'
    expect(passesLuhn(wrong)).toBe(false)
    const rule = 'must be a card number: its check digit is wrong'
    expect(Pan.parse(wrong, lookup)).toMatchObject({ value: { problem: rule } })
    expect(Pan.parse(wrong, { find: () => undefined })).toMatchObject({ value: { problem: rule } })
    const without: CardFacts = { networks: ['CUP'], luhn: false, cvvLength: 3 }
    expect(Pan.parse(wrong, { find: () => without })).toMatchObject({
      ok: true,
      value: { facts: without, problem: undefined },
    })
  })

  test('is found in a text, whatever stands between its digits', () => {
    for (const text of [NUMBER, `a${NUMBER}b`, '4054 6957 2310 0768', '4054-6957-2310-0768-1']) {
      expect(aPan().standsIn(text)).toBe(true)
    }
    for (const text of ['', NUMBER.slice(1), '893764836434158']) expect(aPan().standsIn(text)).toBe(false)
  })

  test('is looked up without being shown: whoever looks asks where it lies, and hears no digit', () => {
    const asked: unknown[] = []
    const bounds = ['4054695723100767000', '4054695723100768000', '4054695723100769000']
    Pan.parse(NUMBER, {
      find: (...all) => {
        const [compareTo, length] = all
        asked.push(all.length, length, ...bounds.map(compareTo))
        return facts
      },
    })
    expect(asked).toEqual([2, 16, 1, 0, -1])
  })
})

describe('the body of a request', () => {
  const text = `{"cardNo":"${NUMBER}"}`

  test('tells nothing through anything that prints', () => {
    for (const [way, print] of ways) {
      expect(print(new RawBody(Buffer.from(text))), way).not.toContain(NUMBER)
      expect(print(new RawBody(Buffer.from(text))), way).not.toContain(Buffer.from(NUMBER).toString('hex'))
    }
    expect(() => JSON.stringify({ body: new RawBody(Buffer.from(text)) })).toThrow(
      'a request body cannot be serialised',
    )
  })

  test('is overwritten when it is erased', () => {
    const bytes = Buffer.from(text)
    const body = new RawBody(bytes)
    body.erase()
    expect(bytes.every(byte => byte === 0)).toBe(true)
    expect(RawBody.bytesOf(body)).toHaveLength(0)
    body.erase()
  })
})

function namesAndValues(value: object): string[] {
  const found: string[] = []
  for (const name in value) found.push(name, String(Reflect.get(value, name)))
  return found
}
