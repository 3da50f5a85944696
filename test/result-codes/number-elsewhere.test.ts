import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aCard, aPayRequest, aVaultingRequest } from '../support/builders.js'
import { startSystem, type TestSystem } from '../support/start-system.js'
import { pay, rawCard } from './paying.js'
import { rowCounts } from './stored-rows.js'

let coffer: TestSystem
beforeAll(async () => {
  coffer = await startSystem()
})
afterAll(() => coffer?.stop())

const NUMBER = '4006055482525268'
const fullWidth = [...NUMBER].map(digit => String.fromCharCode(0xff10 + Number(digit))).join('')
const escaped = [...NUMBER].map(digit => `%3${digit}`).join('')

test.each([
  ['in full-width digits', 'vaultingRequestId', fullWidth],
  ['with letters between its digits', 'vaultingRequestId', [...NUMBER].join('x')],
  ['with dots and underscores', 'vaultingRequestId', '4006_0554.8252_5268-1'],
  ['percent-encoded', 'vaultingNotificationUrl', `http://127.0.0.1:1/notify?card=${escaped}`],
  ['half percent-encoded', 'redirectUrl', `https://shop.example/${escaped.slice(0, 24)}${NUMBER.slice(8)}`],
  ['split over two parameters', 'vaultingNotificationUrl', 'http://127.0.0.1:1/n?a=40060554&b=82525268'],
  ['in the metadata', 'metadata', `{"pan":"${[...NUMBER].join(' ')}"}`],
])('the card number %s is refused in a free field and not repeated', async (_how, field, value) => {
  const request = aVaultingRequest({ [field]: value, card: { cardNo: NUMBER } })
  const { json, text } = await coffer.vaultPaymentMethod(request)
  expect(json.result.resultCode).toBe('PARAM_ILLEGAL')
  expect(json.result.resultMessage).toContain(`${field} must not hold the card number`)
  expect(text).not.toContain(value)
})

const META = 'paymentMethod.paymentMethodMetaData'
const spaced = '4006 0554 8252 5268'

describe('the number of a card that pays', () => {
  test.each([
    ['order.referenceOrderId', NUMBER],
    ['order.orderDescription', spaced],
    ['order.env.userAgent', NUMBER],
    ['paymentMethod.customerId', NUMBER],
    ['paymentMethod.extendInfo', `{"pan":"${NUMBER}"}`],
    [`${META}.recurringType`, spaced],
    [`${META}.networkTransactionId`, NUMBER],
    [`${META}.cardholderName.lastName`, NUMBER],
    [`${META}.payerEmail`, `${NUMBER}@shop.example`],
    [`${META}.paymentMethodRegion`, fullWidth],
    ['paymentRedirectUrl', `https://shop.example/${escaped}`],
    ['paymentNotifyUrl', 'http://127.0.0.1:1/n?a=40060554&b=82525268'],
    ['env.deviceTokenId', NUMBER],
    ['merchantAccountId', spaced],
    ['metadata', `{"pan":"${[...NUMBER].join(' ')}"}`],
    ['customizedInfo.customizedField3', `x${NUMBER}`],
  ])('is refused in %s and not repeated', async (path, value) => {
    const before = await rowCounts(coffer.system)
    const request = put(aPayRequest(undefined, { meta: rawCard({ cardNo: NUMBER }) }), path, value)
    const { json, text } = await pay(coffer, request)
    expect(json.result).toMatchObject({ resultCode: 'PARAM_ILLEGAL', resultStatus: 'F' })
    expect(json.result.resultMessage).toContain(`${path} must not hold the card number`)
    expect(digitsOf(text)).not.toContain(NUMBER)
    expect(await rowCounts(coffer.system)).toEqual(before)
  })

  test('is refused in metadata that is an object', async () => {
    const request = { ...aPayRequest(undefined, { meta: rawCard({ cardNo: NUMBER }) }), metadata: { pan: NUMBER } }
    const { json, text } = await pay(coffer, request)
    expect(json.result.resultMessage).toContain('metadata must not hold the card number')
    expect(text).not.toContain(NUMBER)
  })

  test.each([
    ['as it is', NUMBER, NUMBER],
    ['with something around it', `p-${NUMBER}-1`, NUMBER],
    ['spaced', spaced, NUMBER],
    ['in full-width digits', fullWidth, NUMBER],
    ['beside a number that is spaced', NUMBER, spaced],
    ['beside a native number', NUMBER, Number(NUMBER)],
    ['beside a wrong check digit', '4006055482525269', '4006055482525269'],
  ])('is refused as the id, %s, and does not come back', async (_how, paymentRequestId, cardNo) => {
    const request = { ...aPayRequest(undefined, { meta: rawCard({ cardNo }) }), paymentRequestId }
    const { json, text } = await pay(coffer, request)
    expect(json.result.resultCode).toBe('PARAM_ILLEGAL')
    expect(json).not.toHaveProperty('paymentRequestId')
    expect(digitsOf(text.normalize('NFKC'))).not.toContain(digitsOf(paymentRequestId.normalize('NFKC')))
  })

  test('is refused in the place of the token, and in the place of the security code', async () => {
    for (const change of [{ paymentMethodId: NUMBER }, {}]) {
      const meta = rawCard({ cardNo: NUMBER, ...('paymentMethodId' in change ? {} : { cvv: NUMBER }) })
      const request = aPayRequest(undefined, { meta })
      const { json, text } = await pay(coffer, {
        ...request,
        paymentMethod: { ...request.paymentMethod, ...change },
      })
      expect(json.result.resultCode).toBe('PARAM_ILLEGAL')
      expect(text).not.toContain(NUMBER)
    }
  })
})

test('a number in the place of a token is no token, and neither answer nor log repeats it', async () => {
  const answers = [
    await pay(coffer, aPayRequest(NUMBER)),
    await coffer.call('vaults/inquireToken', { token: NUMBER }),
    await coffer.call('vaults/updateToken', { token: NUMBER, email: 'ada@shop.example' }),
    await coffer.call('vaults/deleteToken', { token: NUMBER }),
  ]
  for (const { json, text } of answers) {
    expect(json.result.resultCode).toMatch(/^(INVALID_PAYMENT_METHOD_META_DATA|TOKEN_NOT_EXIST)$/)
    expect(text).not.toContain(NUMBER)
  }
})

test('the number of a card that a nonce is made of is refused elsewhere in the call', async () => {
  const card = { ...aCard({ cardNo: NUMBER }), payerEmail: `${NUMBER}@shop.example` }
  const { json, text } = await coffer.call('vaults/fetchNonce', { card })
  expect(json.result.resultMessage).toContain('card.payerEmail must not hold the card number')
  expect(text).not.toContain(NUMBER)
})

test('nothing of all this is in the log', () => {
  expect(coffer.logLines.length).toBeGreaterThan(20)
  expect(coffer.logLines.join('')).not.toContain(NUMBER)
})

const digitsOf = (text: string) => text.replace(/[^0-9]/g, '')

/** The same request with a value at a path. */
function put(request: object, path: string, value: string): object {
  const copy = structuredClone(request) as Record<string, never>
  const names = path.split('.')
  const last = names.pop()!
  const at = names.reduce<Record<string, unknown>>((tree, name) => {
    tree[name] ??= name === 'cardholderName' ? { firstName: 'Ada', lastName: 'L' } : {}
    return tree[name] as Record<string, unknown>
  }, copy)
  if (path.startsWith('order.env')) at['terminalType'] = 'WEB'
  at[last] = value
  return copy
}
