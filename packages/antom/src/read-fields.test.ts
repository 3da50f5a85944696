import fc from 'fast-check'
import { Type } from 'typebox'
import { describe, expect, test } from 'vitest'
import { cardBrands } from './card-brands.js'
import { type ReadOptions, readFields, type WireValue } from './read-fields.js'
import { inquireVaultingRequest, vaultPaymentMethodRequest } from './vaulting.js'

/** A plain value in the form in which the strict reader gives it. */
function wire(value: unknown): WireValue {
  if (typeof value === 'number') return { text: String(value) }
  if (Array.isArray(value)) return value.map(wire)
  if (typeof value === 'object' && value !== null) {
    return new Map(Object.entries(value).map(([name, inner]) => [name, wire(inner)]))
  }
  return value as WireValue
}

const schema = vaultPaymentMethodRequest<string, string, string>()

const full = {
  vaultingRequestId: 'vr-1',
  redirectUrl: 'https://shop.example/done',
  paymentMethodDetail: {
    paymentMethodType: 'CARD',
    card: { cardNo: '4054695723100768', expiryYear: '33', expiryMonth: '03', cvv: '123' },
  },
  env: { terminalType: 'WEB' },
}

type Change = Record<string, unknown>
const request = (change: Change = {}) => ({ ...full, ...change })
const withCard = (change: Change) =>
  request({
    paymentMethodDetail: { paymentMethodType: 'CARD', card: { ...full.paymentMethodDetail.card, ...change } },
  })
const withEnv = (change: Change) => request({ env: { ...full.env, ...change } })

const read = (value: unknown, options?: ReadOptions) => readFields(schema, wire(value), options)
function problem(value: unknown, options?: ReadOptions): string {
  const result = read(value, options)
  return result.ok ? 'no problem' : `${result.problem.path} ${result.problem.rule}`
}
function typed(value: unknown) {
  const result = read(value)
  if (!result.ok) throw new Error(`${result.problem.path} ${result.problem.rule}`)
  return result.value
}

describe('what is read', () => {
  test('a whole request comes out as it went in', () => {
    expect(typed(request())).toEqual(full)
  })

  test('unknown fields are left out, at every depth', () => {
    expect(typed({ ...withCard({ last4: '0768', mask: 'x' }), paymentRequestId: 'p', __proto__x: 1 })).toEqual(full)
  })

  test('a field named __proto__ changes nothing', () => {
    const value = new Map(wire(request()) as ReadonlyMap<string, WireValue>).set('__proto__', wire({ polluted: 'yes' }))
    const result = readFields(schema, value)
    expect(result).toEqual({ ok: true, value: full })
    expect(({} as { polluted?: string }).polluted).toBeUndefined()
  })

  test('null is absent, as .NET sends it', () => {
    expect(typed({ ...withCard({ cpf: null, mpiData: null }), metadata: null, customizedInfo: null })).toEqual(full)
  })

  test.each([
    ['true', true],
    [true, true],
    ['false', false],
    [false, false],
  ])('the boolean %j is read as %j', (sent, expected) => {
    expect(typed(withCard({ is3DSAuthentication: sent })).paymentMethodDetail.card.is3DSAuthentication).toBe(expected)
  })

  test.each([
    [24, 24],
    ['24', 24],
  ])('the number %j is read as %j', (sent, expected) => {
    expect(typed(withEnv({ colorDepth: sent })).env.colorDepth).toBe(expected)
  })

  test.each(['-720', -720, '720', '0'])('the time zone %j is read', sent => {
    expect(typed(withEnv({ timeZoneOffset: sent })).env.timeZoneOffset).toBe(Number(sent))
  })

  test('the alias of the type field is folded into its name', () => {
    const { card } = full.paymentMethodDetail
    expect(typed(request({ paymentMethodDetail: { paymentMethod: 'CARD', card } }))).toEqual(full)
  })

  test('the alias of the business number is folded, and the name wins over the alias', () => {
    const card = (change: Change) => typed(withCard(change)).paymentMethodDetail.card
    expect(card({ businessRegistrationNo: '1234567890' }).businessNo).toBe('1234567890')
    expect(card({ businessRegistrationNo: '1', businessNo: '1234567890' }).businessNo).toBe('1234567890')
    expect(card({ businessRegistrationNo: '1234567890', businessNo: null }).businessNo).toBe('1234567890')
  })

  test('the terminal type may be in small letters, as in the published sample', () => {
    expect(typed(withEnv({ terminalType: 'app', osType: 'ios' })).env).toEqual({ terminalType: 'APP', osType: 'IOS' })
  })

  test('the tax id loses its punctuation before it is measured', () => {
    expect(typed(withCard({ cpf: '123.456.789-01' })).paymentMethodDetail.card.cpf).toBe('12345678901')
  })

  test('a redirect address without scheme is taken as it is, as in the published sample', () => {
    expect(typed(request({ redirectUrl: 'www.test.com' })).redirectUrl).toBe('www.test.com')
  })

  test('length is counted in characters: 32 of those that need two UTF-16 units are 32', () => {
    const name = { firstName: '🙂'.repeat(32), lastName: 'L' }
    expect(typed(withCard({ cardholderName: name })).paymentMethodDetail.card.cardholderName).toEqual(name)
    expect(problem(withCard({ cardholderName: { ...name, firstName: '🙂'.repeat(33) } }))).toContain('at most 32')
  })
})

const { paymentMethodDetail: _detail, ...withoutDetail } = full
const { vaultingRequestId: _id, ...withoutId } = full

describe('what is wrong is told by path and rule', () => {
  const cardPath = 'paymentMethodDetail.card'
  test.each<[string, unknown, string]>([
    ['no object', 'x', 'the body must be an object'],
    ['a list', [], 'the body must be an object'],
    ['no id', withoutId, 'vaultingRequestId is required'],
    ['an id of null', request({ vaultingRequestId: null }), 'vaultingRequestId is required'],
    ['an empty id', request({ vaultingRequestId: '' }), 'vaultingRequestId must not be empty'],
    ['an id of a number', request({ vaultingRequestId: 1 }), 'vaultingRequestId must be text'],
    ['an id of 65', request({ vaultingRequestId: 'a'.repeat(65) }), 'vaultingRequestId must be at most 64 characters'],
    [
      'an id with a line feed',
      request({ vaultingRequestId: 'a\n' }),
      'vaultingRequestId must not hold control characters',
    ],
    ['no detail', withoutDetail, 'paymentMethodDetail is required'],
    ['a detail of text', request({ paymentMethodDetail: 'CARD' }), 'paymentMethodDetail must be an object'],
    ['no type', request({ paymentMethodDetail: { card: {} } }), 'paymentMethodDetail.paymentMethodType is required'],
    [
      'another type',
      request({ paymentMethodDetail: { paymentMethodType: 'WALLET', card: {} } }),
      'paymentMethodDetail.paymentMethodType must be CARD',
    ],
    ['a number of letters', withCard({ cardNo: '4054x95723100768' }), `${cardPath}.cardNo must be 12 to 19 digits`],
    ['a number with blanks', withCard({ cardNo: '4054 6957 2310 0768' }), `${cardPath}.cardNo must be 12 to 19 digits`],
    ['a short number', withCard({ cardNo: '40546957231' }), `${cardPath}.cardNo must be 12 to 19 digits`],
    ['an endless number', withCard({ cardNo: '4'.repeat(33) }), `${cardPath}.cardNo must be at most 32 characters`],
    ['a native number', withCard({ cardNo: 4054695723100768 }), `${cardPath}.cardNo must be text`],
    ['month 13', withCard({ expiryMonth: '13' }), `${cardPath}.expiryMonth must be 01 to 12`],
    ['month 3', withCard({ expiryMonth: '3' }), `${cardPath}.expiryMonth must be 01 to 12`],
    ['two digits of cvv', withCard({ cvv: '99' }), `${cardPath}.cvv must be 3 or 4 digits`],
    [
      'a year of words',
      withCard({ expiryYear: 'next' }),
      `${cardPath}.expiryYear must be two digits of a year, or four from 2000 on`,
    ],
    ['a brand of no brand', withCard({ brand: 'visa' }), `${cardPath}.brand must be a card brand of the API`],
    ['yes for true', withCard({ is3DSAuthentication: 'yes' }), `${cardPath}.is3DSAuthentication must be true or false`],
    ['1 for true', withCard({ is3DSAuthentication: 1 }), `${cardPath}.is3DSAuthentication must be true or false`],
    [
      'a day that is none',
      withCard({ dateOfBirth: '2001-02-29' }),
      `${cardPath}.dateOfBirth must be a date written YYYY-MM-DD`,
    ],
    ['a short tax id', withCard({ cpf: '1.2-3' }), `${cardPath}.cpf must be eleven digits`],
    [
      'half a name',
      withCard({ cardholderName: { firstName: 'A' } }),
      `${cardPath}.cardholderName.lastName is required`,
    ],
    ['an address nowhere', withCard({ billingAddress: {} }), `${cardPath}.billingAddress.region is required`],
    ['no terminal', request({ env: {} }), 'env.terminalType is required'],
    ['another terminal', withEnv({ terminalType: 'TV' }), 'env.terminalType must be one of WEB, WAP, APP, MINI_APP'],
    [
      'a colour depth of 7',
      withEnv({ colorDepth: 7 }),
      'env.colorDepth must be one of 1, 4, 8, 15, 16, 24, 30, 32, 48',
    ],
    ['a fraction', withEnv({ colorDepth: '24.0' }), 'env.colorDepth must be one of 1, 4, 8, 15, 16, 24, 30, 32, 48'],
    ['an exponent', withEnv({ timeZoneOffset: '1e2' }), 'env.timeZoneOffset must be a whole number'],
    ['721 minutes', withEnv({ timeZoneOffset: 721 }), 'env.timeZoneOffset must be between -720 and 720'],
    ['no pixels', withEnv({ screenWidth: 0 }), 'env.screenWidth must be a whole number from 1'],
    ['an address of no machine', withEnv({ clientIp: '256.1.1.1' }), 'env.clientIp must be an IPv4 or IPv6 address'],
    [
      'a script to return to',
      request({ redirectUrl: 'javascript:alert(1)' }),
      'redirectUrl must be the address of a page',
    ],
    [
      'a page with a password',
      request({ redirectUrl: 'https://a:b@c.example' }),
      'redirectUrl must be the address of a page',
    ],
    ['a page with a blank', request({ redirectUrl: 'https://a b' }), 'redirectUrl must be the address of a page'],
  ])('%s', (_what, value, expected) => {
    expect(problem(value)).toBe(expected)
  })

  test.each(['203.0.113.7', '2001:db8::1', '::1', '::ffff:203.0.113.7'])('%s is an address of a machine', clientIp => {
    expect(problem(withEnv({ clientIp }))).toBe('no problem')
  })

  test.each(['127.1', '1.2.3.4.5', '1.2.3.', '01:02', '[::1]', 'a.example', '1.2.3.4/8'])('%s is none', clientIp => {
    expect(problem(withEnv({ clientIp }))).toContain('env.clientIp')
  })

  test('of two faults the one that stands first in the schema is told', () => {
    expect(problem({ env: 1 })).toBe('vaultingRequestId is required')
  })

  test('a short list of values is told, a long one is not', () => {
    expect(problem(withCard({ brand: 'X' }))).not.toContain(cardBrands[0])
    const short = readFields(
      Type.Object({ a: Type.Unsafe<'X'>({ type: 'string', enum: ['X', 'Y'] }) }),
      wire({ a: 'Z' }),
    )
    expect(short).toEqual({ ok: false, problem: { path: 'a', rule: 'must be one of X, Y' } })
  })
})

describe('secrets', () => {
  class Opaque {
    constructor(readonly kind: string) {}
  }
  const secret: NonNullable<ReadOptions['secret']> = kind => ({ ok: true, value: new Opaque(kind) })

  test('are handed over with their kind and never come out as text', () => {
    const result = read(withCard({ cardPasswordDigest: '12' }), { secret })
    expect(result.ok && result.value.paymentMethodDetail.card).toMatchObject({
      cardNo: new Opaque('pan'),
      cvv: new Opaque('cvv'),
      cardPasswordDigest: new Opaque('password'),
    })
    expect(JSON.stringify(result)).not.toMatch(/4054695723100768|"123"|"12"/)
  })

  test('are handed over only when they have the right form', () => {
    const seen: string[] = []
    problem(withCard({ cardNo: 'not digits' }), {
      secret: (kind, text) => {
        seen.push(kind, text)
        return { ok: true, value: 1 }
      },
    })
    expect(seen).toEqual([])
  })

  test('that are refused are told by path and by the rule that refused them', () => {
    expect(problem(request(), { secret: () => ({ ok: false, rule: 'fails its check digit' }) })).toBe(
      'paymentMethodDetail.card.cardNo fails its check digit',
    )
  })
})

describe('no problem holds a value or a name that the caller sent', () => {
  // A letter that none of our own words has, so that a hit is a leak and no accident.
  const text = fc.oneof(
    fc.string({ unit: 'grapheme' }).map(rest => `§${rest}`),
    fc.stringMatching(/^[0-9]{8,24}$/),
    fc.stringMatching(/^[0-9]{4} [0-9]{4} [0-9]{4}$/),
  )
  const scalar = fc.oneof(text, fc.integer({ min: 10_000_000 }), fc.boolean(), fc.constant(null))
  const anything = fc.oneof(scalar, fc.array(scalar), fc.dictionary(text, scalar))
  const fields = [
    'vaultingRequestId',
    'redirectUrl',
    'paymentMethodDetail',
    'paymentMethodType',
    'card',
    'cardNo',
    'cvv',
    'expiryYear',
    'expiryMonth',
    'brand',
    'cpf',
    'dateOfBirth',
    'is3DSAuthentication',
    'cardholderName',
    'firstName',
    'env',
    'terminalType',
    'clientIp',
    'colorDepth',
  ]

  /** Puts `value` under every field of this name, wherever it stands. */
  const planted = (object: object, name: string, value: unknown): object =>
    Object.fromEntries(
      Object.entries(object).map(([key, inner]) => [
        key,
        key === name ? value : typeof inner === 'object' && inner !== null ? planted(inner, name, value) : inner,
      ]),
    )

  function textsIn(value: unknown): string[] {
    if (Array.isArray(value)) return value.flatMap(textsIn)
    if (typeof value === 'object' && value !== null) return Object.entries(value).flatMap(pair => pair.flatMap(textsIn))
    return typeof value === 'string' || typeof value === 'number' ? [String(value)] : []
  }

  test('wherever it stands', () => {
    const everything = withCard({
      cpf: '12345678901',
      brand: 'VISA',
      dateOfBirth: '2001-01-01',
      is3DSAuthentication: true,
      cardholderName: { firstName: 'A', lastName: 'B' },
    })
    let problems = 0
    fc.assert(
      fc.property(fc.constantFrom(...fields), anything, (name, value) => {
        const told = problem({
          ...planted(everything, name, value),
          env: planted(withEnv({}).env as object, name, value),
        })
        if (told !== 'no problem') problems++
        expect(textsIn(value).filter(sent => told.includes(sent))).toEqual([])
      }),
      { numRuns: 1000 },
    )
    expect(problems).toBeGreaterThan(100)
  })

  test('in any object at all', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.oneof(text, fc.constantFrom(...fields)), anything), value => {
        const result = readFields(inquireVaultingRequest, wire(value))
        const told = result.ok ? '' : `${result.problem.path} ${result.problem.rule}`
        const sent = textsIn(value).filter(one => !fields.includes(one))
        expect(sent.filter(one => told.includes(one))).toEqual([])
      }),
    )
  })
})
