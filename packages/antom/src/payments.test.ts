import { describe, expect, test } from 'vitest'
import { captureRequest, inquiryPaymentRequest, type PayRequest, payRequest, refundRequest } from './payments.js'
import { type ReadOptions, readFields, type WireValue } from './read-fields.js'

/** A plain value in the form in which the strict reader gives it. */
function wire(value: unknown): WireValue {
  if (typeof value === 'number') return { text: String(value) }
  if (Array.isArray(value)) return value.map(wire)
  if (typeof value === 'object' && value !== null && !('text' in value)) {
    return new Map(Object.entries(value).map(([name, inner]) => [name, wire(inner)]))
  }
  return value as WireValue
}

const schema = payRequest<string, string, string>()

const full = {
  productCode: 'CASHIER_PAYMENT',
  paymentRequestId: 'pay-0001',
  order: {
    referenceOrderId: 'o-1',
    orderDescription: 'Book',
    orderAmount: { currency: 'USD', value: '100' },
  },
  paymentAmount: { currency: 'USD', value: '100' },
  paymentMethod: {
    paymentMethodType: 'CARD',
    paymentMethodId: 'cof_token',
    paymentMethodMetaData: { isCardOnFile: true },
  },
  paymentFactor: { isAuthorization: true },
  paymentRedirectUrl: 'https://shop.example/done',
  paymentNotifyUrl: 'https://shop.example/notify/pay',
  env: { terminalType: 'WEB' },
} as const satisfies PayRequest

type Change = Record<string, unknown>
const withMethod = (change: Change) => ({ ...full, paymentMethod: { ...full.paymentMethod, ...change } })
const withMetaData = (change: Change) => withMethod({ paymentMethodMetaData: change })
const withAmount = (value: unknown) => ({ ...full, paymentAmount: { currency: 'USD', value } })

function typed(value: unknown, options?: ReadOptions): PayRequest {
  const result = readFields(schema, wire(value), options)
  if (!result.ok) throw new Error(`${result.problem.path} ${result.problem.rule}`)
  return result.value
}
function problem(value: unknown, of: Parameters<typeof readFields>[0] = schema): string {
  const result = readFields(of, wire(value))
  return result.ok ? 'no problem' : `${result.problem.path} ${result.problem.rule}`
}

describe('what is read of a payment', () => {
  test('the published sample comes out as it went in', () => {
    expect(typed(full)).toEqual(full)
  })

  test('what the .NET SDK sends of other payment methods is left out', () => {
    const { paymentNotifyUrl, ...rest } = full
    const sent = {
      ...withMethod({ funding: 'CREDIT', customerId: null }),
      paymentFactor: { isAuthorization: true, inStorePaymentScenario: 'PaymentCode', presentmentMode: 'BUNDLE' },
      paymentNotifyUrl: null,
      creditPayPlan: null,
    }
    expect(typed(sent)).toEqual(rest)
  })

  test.each([
    ['the text', '1999', '1999'],
    ['the JSON number', 1999, '1999'],
    ['twelve digits', '999999999999', '999999999999'],
  ])('an amount may be %s', (_form, sent, expected) => {
    expect(typed(withAmount(sent)).paymentAmount).toEqual({ currency: 'USD', value: expected })
  })

  const notWhole = 'paymentAmount.value must be a whole number of the smallest unit, from 1: 19.99 EUR is 1999'
  test.each([
    ['0', notWhole],
    ['-5', notWhole],
    ['1.50', notWhole],
    ['0100', notWhole],
    ['+1', notWhole],
    ['１０', notWhole],
    ['', notWhole],
    [{ text: '1e3' }, notWhole],
    [{ text: '10.0' }, notWhole],
    ['1000000000000', 'paymentAmount.value must be at most 12 characters'],
    [true, 'paymentAmount.value must be text'],
  ])('and not %j', (sent, expected) => {
    expect(problem(withAmount(sent))).toBe(expected)
  })

  test.each(['usd', 'US', 'USDT', '840'])('nor its currency %j', currency => {
    expect(problem({ ...full, paymentAmount: { currency, value: '1' } })).toMatch(/^paymentAmount\.currency must be/)
  })

  test('metadata may be an object, and is its JSON text then', () => {
    const metadata = { order: 7, tags: ['a"b', null, true], deep: { ü: '\u0001' } }
    const text = typed({ ...full, metadata }).metadata!
    expect(JSON.parse(text)).toEqual(metadata)
    expect(text).toBe(JSON.stringify(metadata))
    expect(typed({ ...full, metadata: 'as it is' }).metadata).toBe('as it is')
  })

  test('numbers in such an object stay as they were spelled', () => {
    const metadata = { big: { text: '12345678901234567890.10' } }
    expect(typed({ ...full, metadata }).metadata).toBe('{"big":12345678901234567890.10}')
  })

  test('metadata is measured as text, and a list is none', () => {
    expect(problem({ ...full, metadata: { a: 'x'.repeat(2048) } })).toBe('metadata must be at most 2048 characters')
    expect(problem({ ...full, metadata: ['a'] })).toBe('metadata must be text or an object')
    expect(problem({ ...full, metadata: 5 })).toBe('metadata must be text or an object')
  })

  test('env is read at both places where the documentation has it', () => {
    const { env, ...rest } = full
    expect(typed({ ...rest, order: { ...full.order, env: { terminalType: 'app' } } })).toEqual({
      ...rest,
      order: { ...full.order, env: { terminalType: 'APP' } },
    })
    expect(typed(rest)).toEqual(rest)
  })

  test('the card in place of a token goes through the reader of secrets', () => {
    const card = { cardNo: '4054695723100768', expiryYear: '33', expiryMonth: '03', cvv: '123' }
    const seen: string[] = []
    const secret: ReadOptions['secret'] = (kind, text) => {
      seen.push(`${kind} ${text}`)
      return { ok: true, value: `a ${kind}` }
    }
    const { paymentMethodMetaData } = typed(withMetaData({ ...card, cardPasswordDigest: '12' }), {
      secret,
    }).paymentMethod
    expect(seen).toEqual(['pan 4054695723100768', 'cvv 123', 'password 12'])
    expect(paymentMethodMetaData).toMatchObject({ cardNo: 'a pan', cvv: 'a cvv', cardPasswordDigest: 'a password' })
  })

  test('nothing in the free map is required, and its booleans come quoted too', () => {
    expect(typed(withMetaData({})).paymentMethod.paymentMethodMetaData).toEqual({})
    const sent = { isCardOnFile: 'true', enableAuthenticationUpgrade: 'false', recurringType: 'WHATEVER' }
    expect(typed(withMetaData(sent)).paymentMethod.paymentMethodMetaData).toEqual({
      isCardOnFile: true,
      enableAuthenticationUpgrade: false,
      recurringType: 'WHATEVER',
    })
  })

  test.each(['AUTOMATIC', 'MANUAL', ''])('captureMode %j', captureMode => {
    expect(typed({ ...full, paymentFactor: { captureMode } }).paymentFactor).toEqual({ captureMode })
  })

  test.each([
    [{ paymentRequestId: 'a\nb' }, 'paymentRequestId must not hold control characters'],
    [{ paymentRequestId: '' }, 'paymentRequestId must not be empty'],
    [{ paymentRequestId: 'x'.repeat(65) }, 'paymentRequestId must be at most 64 characters'],
    [{ paymentFactor: { captureMode: 'LATER' } }, 'paymentFactor.captureMode must be AUTOMATIC, MANUAL or empty'],
    [{ paymentExpiryTime: '1767225600000' }, 'paymentExpiryTime must be a time in ISO 8601 with its offset'],
    [{ paymentExpiryTime: '2026-01-01T08:00:01' }, 'paymentExpiryTime must be a time in ISO 8601 with its offset'],
    [{ paymentRedirectUrl: 'javascript:alert(1)' }, 'paymentRedirectUrl must be the address of a page'],
    [{ paymentAmount: undefined }, 'paymentAmount is required'],
  ])('%j is refused: %s', (change, expected) => {
    const sent = Object.fromEntries(Object.entries({ ...full, ...change }).filter(([, value]) => value !== undefined))
    expect(problem(sent)).toBe(expected)
  })

  test('there is one payment method', () => {
    expect(problem(withMethod({ paymentMethodType: 'ALIPAY_CN' }))).toBe('paymentMethod.paymentMethodType must be CARD')
  })

  test('a time with an offset is one', () => {
    const paymentExpiryTime = '2026-01-01T08:00:01+08:00'
    expect(typed({ ...full, paymentExpiryTime }).paymentExpiryTime).toBe(paymentExpiryTime)
  })
})

describe('what is read of the other operations', () => {
  test.each([
    [true, true],
    ['false', false],
  ])('isLastCapture %j is read as %j', (sent, expected) => {
    const capture = {
      captureRequestId: 'cap-1',
      paymentId: 'p',
      captureAmount: { currency: 'USD', value: 5 },
      isLastCapture: sent,
    }
    expect(readFields(captureRequest, wire(capture))).toMatchObject({
      ok: true,
      value: { captureAmount: { value: '5' }, isLastCapture: expected },
    })
  })

  test('the last capture is told as early Java SDKs spell it, too', () => {
    const capture = { captureRequestId: 'cap-1', paymentId: 'p', captureAmount: { currency: 'USD', value: 5 } }
    expect(readFields(captureRequest, wire({ ...capture, lastCapture: true }))).toMatchObject({
      ok: true,
      value: { isLastCapture: true },
    })
  })

  test('which of two ids is given is for the verb to check; an empty one is none', () => {
    expect(problem({}, inquiryPaymentRequest)).toBe('no problem')
    expect(problem({ paymentId: '' }, inquiryPaymentRequest)).toBe('paymentId must not be empty')
  })

  test('a refund without amount is refused', () => {
    expect(problem({ refundRequestId: 'r', paymentId: 'p' }, refundRequest)).toBe('refundAmount is required')
  })
})
