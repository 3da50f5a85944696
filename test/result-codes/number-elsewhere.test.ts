import { afterAll, beforeAll, expect, test } from 'vitest'
import { aVaultingRequest } from '../support/builders.js'
import { startSystem, type TestSystem } from '../support/start-system.js'

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
