/** What a request about money or a token may hold: every field, wrong in every way that its rule knows; and amounts. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aPayRequest, aRequestId, captureByCall } from '../support/builders.js'
import { startSystem, type TestSystem } from '../support/start-system.js'
import { fullRequest } from './every-field.js'
import { type TriedOperation, triedOperations } from './every-payment-field.js'
import { captureOf, refundOf } from './operation.js'
import { paid, pay, rawCard } from './paying.js'
import { rowCounts } from './stored-rows.js'
import { CANARY, CANARY_DIGITS, expectIllegalOf, isFreeText, wrongValues } from './wrong-values.js'

let coffer: TestSystem
beforeAll(async () => {
  coffer = await startSystem()
  await paid(coffer)
})
afterAll(() => coffer?.stop())

/** A request of all fields; another each time where the merchant names it. */
function whole({ fields, values, without, id }: TriedOperation, change: Readonly<Record<string, unknown>> = {}) {
  const absent = Object.fromEntries(without.map(path => [path, undefined]))
  return fullRequest(fields, { ...absent, ...(id && { [id]: aRequestId() }), ...change }, values)
}

const everyField = triedOperations.flatMap(tried =>
  tried.fields.map(field => ({ tried, operation: tried.operation, field, path: field.path })),
)

describe('a field of the schema', () => {
  test.each(triedOperations)('of $operation has a right value in the table, and the table no other', tried => {
    const leaves = tried.fields.filter(({ schema }) => schema.type !== 'object').map(({ path }) => path)
    expect(Object.keys(tried.values).sort()).toEqual(leaves.sort())
  })

  test.each(triedOperations)('may be there with all others: $operation', async tried => {
    const { json } = await coffer.call(tried.operation, whole(tried))
    expect(json.result.resultCode).toBe(tried.code)
  })

  test.each(everyField)('$path of $operation is refused in every wrong way', async ({ tried, operation, field }) => {
    const wrongs = wrongValues(field, tried.values)
    expect(wrongs.length).toBeGreaterThan(field.schema.type === 'object' ? 3 : 2)
    for (const { value, rule } of wrongs) {
      await expectIllegalOf(coffer, operation, whole(tried, { [field.path]: value }), field.path, rule)
    }
  })

  test.each(everyField.filter(({ field }) => field.required))(
    '$path of $operation is required, and null is as good as absent',
    async ({ tried, operation, path }) => {
      for (const value of [undefined, null]) {
        await expectIllegalOf(coffer, operation, whole(tried, { [path]: value }), path, 'is required')
      }
    },
  )

  test.each(everyField.filter(({ field }) => !field.required))(
    '$path of $operation may be absent, and null is the same request',
    async ({ tried, operation, path }) => {
      const named = tried.id === undefined || tried.id === path ? {} : { [tried.id]: aRequestId() }
      const first = await coffer.call(operation, whole(tried, { ...named, [path]: undefined }))
      const withNull = await coffer.call(operation, whole(tried, { ...named, [path]: null }))
      const isWanted = tried.wanted.includes(path)
      expect(first.json.result.resultCode).toBe(isWanted ? 'PARAM_ILLEGAL' : tried.code)
      const { cardToken: _one, ...one } = first.json
      const { cardToken: _other, ...other } = withNull.json
      expect(other).toEqual(one)
    },
  )

  test.each(everyField.filter(({ field }) => field.schema.maxLength && !field.schema.pattern && isFreeText(field)))(
    '$path of $operation counts characters as people do',
    async ({ tried, operation, field, path }) => {
      const { maxLength = 0 } = field.schema
      const fits = await coffer.call(operation, whole(tried, { [path]: '💳'.repeat(maxLength) }))
      expect(fits.json.result.resultMessage).not.toContain('must be at most')
      const tooLong = whole(tried, { [path]: '💳'.repeat(maxLength + 1) })
      await expectIllegalOf(coffer, operation, tooLong, path, `must be at most ${maxLength} characters`)
    },
  )

  test('that nobody knows is ignored, wherever it stands', async () => {
    const request = aPayRequest(undefined, { meta: rawCard() })
    const first = await pay(coffer, request)
    const extra = { unknown: [{ deep: [1.5e300, true, null] }], creditPayPlan: {}, appId: 'x', processingAmount: {} }
    const { order, paymentMethod } = request
    const more = {
      ...request,
      ...extra,
      order: { ...order, ...extra, merchant: {}, goods: [{ referenceGoodsId: 'g' }], buyer: null, shipping: {} },
      paymentMethod: { ...paymentMethod, ...extra },
    }
    expect((await pay(coffer, more)).text).toBe(first.text)
  })

  test('that holds a canary leaves no trace in the log', () => {
    expect(coffer.logLines.length).toBeGreaterThan(100)
    const log = coffer.logLines.join('')
    for (const canary of [CANARY, CANARY_DIGITS]) expect(log).not.toContain(canary)
  })
})

describe('a refused request', () => {
  test('leaves nothing behind', async () => {
    await coffer.advance(5_000)
    const before = await rowCounts(coffer.system)
    for (const { tried, operation, path } of everyField) {
      const { json } = await coffer.call(operation, whole(tried, { [path]: [CANARY] }))
      expect(json.result.resultCode).toBe('PARAM_ILLEGAL')
    }
    expect(await rowCounts(coffer.system)).toEqual(before)
  })

  test('tells the id of the call, so that the merchant knows which it was', async () => {
    for (const tried of triedOperations.filter(({ id }) => id !== undefined)) {
      const id = aRequestId()
      const { json } = await coffer.call(tried.operation, whole(tried, { [tried.id!]: id, [amountOf(tried)]: '0' }))
      expect(json.result.resultCode).toBe('PARAM_ILLEGAL')
      expect(json[tried.id!]).toBe(id)
    }
  })

  const amountOf = ({ fields }: TriedOperation) => fields.find(({ schema }) => schema.numeric)!.path
})

describe('a scalar', () => {
  test('may be quoted or native', async () => {
    const tried = triedOperations[0]!
    const native = await coffer.call('payments/pay', whole(tried, { 'paymentFactor.isAuthorization': true }))
    const quoted = await coffer.call('payments/pay', whole(tried, { 'paymentFactor.isAuthorization': 'true' }))
    expect(native.json.authExpiryTime).toBeDefined()
    expect(quoted.json.authExpiryTime).toBeDefined()
    for (const value of [false, 'false']) {
      const { json } = await coffer.call('payments/pay', whole(tried, { 'paymentFactor.isAuthorization': value }))
      expect(json.result.resultCode).toBe('SUCCESS')
      expect(json.authExpiryTime).toBeUndefined()
    }
  })

  test('of an amount may be native: the same request, told as text', async () => {
    const request = aPayRequest(undefined, { meta: rawCard() })
    const first = await pay(coffer, request)
    const paymentAmount = { currency: 'USD', value: 1234 }
    const again = await pay(coffer, { ...request, paymentAmount })
    expect(again.text).toBe(first.text)
    expect(again.json.paymentAmount).toEqual({ currency: 'USD', value: '1234' })
  })

  test('of an amount may be native in a capture and a refund too', async () => {
    const payment = await paid(coffer, captureByCall)
    const captured = await captureOf(coffer, payment, 1000 as never)
    expect(captured.json).toMatchObject({ result: { resultCode: 'SUCCESS' }, captureAmount: { value: '1000' } })
    const refunded = await refundOf(coffer, payment, 400 as never)
    expect(refunded.json).toMatchObject({ result: { resultCode: 'SUCCESS' }, refundAmount: { value: '400' } })
  })

  test('of the metadata may be an object, which comes back as its text', async () => {
    const request = { ...aPayRequest(undefined, { meta: rawCard() }), metadata: { order: 1, ü: [1.5, null] } }
    expect((await pay(coffer, request)).json.metadata).toBe('{"order":1,"ü":[1.5,null]}')
  })
})

test('control characters in free texts harm nothing, and what goes back goes back as it was', async () => {
  const odd = 'a\u0000b\u0007\n\u2028'
  const { order, ...request } = aPayRequest(undefined, { meta: rawCard(), metadata: odd, merchantAccountId: odd })
  const { json } = await pay(coffer, { ...request, order: { ...order, referenceOrderId: odd, orderDescription: odd } })
  expect(json).toMatchObject({ result: { resultCode: 'SUCCESS' }, metadata: odd })
  await coffer.advance(5_000)
  const refunded = await refundOf(coffer, json, '1', { refundReason: odd, metadata: odd, referenceRefundId: odd })
  expect(refunded.json.result.resultCode).toBe('SUCCESS')
})

describe('an amount', () => {
  test.each([
    ['the smallest', { currency: 'USD', value: '1' }],
    ['of twelve digits', { currency: 'USD', value: '999999999999' }],
    ['of a currency without decimals', { currency: 'JPY', value: '1234' }],
    ['of a currency with three decimals', { currency: 'KWD', value: '1234' }],
  ])('%s is charged as it is', async (_which, { currency, value }) => {
    const { json } = await pay(coffer, aPayRequest(undefined, { meta: rawCard(), currency, amount: value }))
    expect(json).toMatchObject({ result: { resultCode: 'SUCCESS' }, paymentAmount: { currency, value } })
    const asked = coffer.simulator.log().findLast(({ kind }) => kind === 'payment')
    expect(asked!.amount).toBe(value.padStart(12, '0'))
  })

  test.each(['ABC', 'ZZZ', 'BTC'])('in %s, which ISO 4217 does not have, is refused', async currency => {
    const { json } = await pay(coffer, aPayRequest(undefined, { meta: rawCard(), currency }))
    expect(json.result).toMatchObject({ resultCode: 'CURRENCY_NOT_SUPPORT', resultStatus: 'F' })
  })

  test.each(['usd', 'US', 'USDX', '840'])('in %s is illegal', async currency => {
    const request = aPayRequest(undefined, { meta: rawCard() })
    const paymentAmount = { currency, value: '1' }
    await expectIllegalOf(coffer, 'payments/pay', { ...request, paymentAmount }, 'paymentAmount.currency')
  })
})
