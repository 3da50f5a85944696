/** What the merchant's own people do with a payment, against a real vault. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startShop, type TestShop, textOf } from '../../../test/support/start-shop.js'

let coffee: TestShop
let card: string
let forms = 0

beforeAll(async () => {
  coffee = await startShop()
  card = await coffee.addCard('5200000000100005')
})
beforeEach(() => {
  coffee.line = 'whole'
})
afterAll(() => coffee?.stop())

const nextForm = () => `form-${process.pid}-${++forms}`

async function buy(how: 'sale' | 'reserve', product = 'grinder'): Promise<string> {
  const { to } = await coffee.post('/payments', { form: nextForm(), product, card, how })
  return to
}

const operate = (path: string, fields: Record<string, string>) =>
  coffee.post(`${path}/operations`, { form: nextForm(), ...fields })
const capture = (path: string, amount: string, more: Record<string, string> = {}) =>
  operate(path, { kind: 'capture', amount, ...more })
const refund = (path: string, amount: string, more: Record<string, string> = {}) =>
  operate(path, { kind: 'refund', amount, ...more })
const sums = async (path: string) =>
  /Authorised(\S+ \w{3}) Captured(\S+ \w{3}) Refunded(\S+ \w{3})/.exec(await coffee.read(path))?.slice(1)
const callsOf = (operation: string) => coffee.calls.filter(call => call.operation === operation)

describe('an authorisation', () => {
  test('is shown as reserved, until when, and with nothing captured', async () => {
    const path = await buy('reserve')
    const text = await coffee.read(path)
    expect(text).toContain('Reserved: 39.00 USD')
    expect(text).toMatch(/Your bank holds the money for us until \d+ \w+ \d{4}\./)
    expect(await sums(path)).toEqual(['39.00 USD', '0.00 USD', '0.00 USD'])
    expect(text).toContain('Capture all: 39.00 USD')
    expect(text).not.toContain('Refund all')
  })

  test('is captured in parts, the last of which gives the rest up; each is notified', async () => {
    const path = await buy('reserve')
    await capture(path, '10')
    await capture(path, '9,50', { last: 'yes' })
    expect(await sums(path)).toEqual(['39.00 USD', '19.50 USD', '0.00 USD'])
    await coffee.vault.advance(3_000)
    const text = await coffee.read(path)
    expect(text).toMatch(
      /Capture of 10\.00 USD Done Answer: S SUCCESS “success\.”, signature verified Notification: S SUCCESS/,
    )
    expect(text).toMatch(/Capture of 9\.50 USD, the last one Done .* Notification: S SUCCESS .* Inquiry: S SUCCESS/)
    expect(text).not.toContain('Capture all')
    expect(text).toContain('Paid: 19.50 USD')
    expect(text).not.toContain('Your bank holds the money')
    expect(callsOf('capture').at(-1)?.body).toMatchObject({ isLastCapture: true })
  })

  test('is not captured beyond what is left, and the page says what to do', async () => {
    const path = await buy('reserve')
    await capture(path, '30')
    await capture(path, '9.01')
    const text = await coffee.read(path)
    expect(text).toContain('Refused That is more than is still reserved. Capture what is left, or less.')
    expect(text).toContain('F CAPTURE_AMOUNT_EXCEED_AUTH_LIMIT')
    expect(await sums(path)).toEqual(['39.00 USD', '30.00 USD', '0.00 USD'])
  })

  test('that is cancelled is captured no more', async () => {
    const path = await buy('reserve')
    await operate(path, { kind: 'cancel' })
    const text = await coffee.read(path)
    expect(text).toContain('Cancelled: 39.00 USD')
    expect(text).toContain('Cancellation Done Answer: S SUCCESS')
    await capture(path, '1')
    expect(await coffee.read(path)).toContain('The payment was cancelled: nothing of it can be captured.')
  })
})

describe('money that moved', () => {
  test('goes back in parts, each notified, and never more than there was', async () => {
    const path = await buy('sale')
    await refund(path, '4.50')
    await refund(path, '34.51')
    await coffee.vault.advance(3_000)
    const text = await coffee.read(path)
    expect(text).toMatch(/Refund of 4\.50 USD Done .* Notification: S SUCCESS “success\.”, signature verified/)
    expect(text).toContain('That is more than was captured and not given back yet. Refund what is left, or less.')
    expect(text).toContain('F REFUND_AMOUNT_EXCEED')
    expect(await sums(path)).toEqual(['39.00 USD', '39.00 USD', '4.50 USD'])
    expect(text).toContain('Refund all: 34.50 USD')
  })

  test('goes back whole, and then there is nothing left to do', async () => {
    const path = await buy('sale', 'coldbrew')
    await refund(path, '4800')
    const text = await coffee.read(path)
    expect(await sums(path)).toEqual(['4,800 JPY', '4,800 JPY', '4,800 JPY'])
    for (const gone of ['Refund all', 'Capture all', 'Cancel the payment']) expect(text).not.toContain(gone)
  })

  test('is undone by a cancellation within the day', async () => {
    const path = await buy('sale')
    await operate(path, { kind: 'cancel' })
    expect(await coffee.read(path)).toContain('Cancelled: 39.00 USD')
  })
})

describe('an amount', () => {
  test.each([
    ['grinder', 'abc', 'Enter an amount of USD, for example 4.50'],
    ['grinder', '1.999', 'Enter an amount of USD, for example 4.50'],
    ['grinder', '0', 'Enter an amount of more than nothing'],
    ['coldbrew', '4.5', 'Enter an amount of JPY, for example 500'],
  ])('of %s typed as "%s" is asked for again, and nothing is sent', async (product, typed, says) => {
    const path = await buy('sale', product)
    const before = coffee.calls.length
    const { status, payload } = await refund(path, typed)
    expect(status).toBe(422)
    expect(payload).toContain(`<a href="#refund-amount">${says}</a>`)
    expect(payload).toContain(`value="${typed}" aria-invalid="true"`)
    expect(coffee.calls.length).toBe(before)
  })
})

describe('an id of its own', () => {
  test('makes a double click capture once', async () => {
    const path = await buy('reserve')
    const form = nextForm()
    await Promise.all([capture(path, '10', { form }), capture(path, '10', { form })])
    await capture(path, '10', { form })
    expect(callsOf('capture').filter(({ body }) => body['captureRequestId'] === form)).toHaveLength(1)
    expect(await sums(path)).toEqual(['39.00 USD', '10.00 USD', '0.00 USD'])
  })

  test('is kept before the call, and sent again when no answer came: the money moves once', async () => {
    const path = await buy('sale')
    const form = nextForm()
    coffee.line = 'cut'
    await refund(path, '5', { form })
    expect((await coffee.restarted()).payments.findOperation(form)?.operation.amount).toEqual({
      currency: 'USD',
      value: '500',
    })
    coffee.line = 'loses answers'
    await refund(path, '5', { form })
    const open = await coffee.payload(path)
    expect(textOf(open)).toMatch(/Refund of 5\.00 USD Not known yet .* Send it again, with the same id/)
    coffee.line = 'whole'
    await refund(path, '5', { form })
    expect(await sums(path)).toEqual(['39.00 USD', '39.00 USD', '5.00 USD'])
    const sent = callsOf('refund').filter(({ body }) => body['refundRequestId'] === form)
    expect(sent.length).toBeGreaterThan(0)
  })

  test('settles by inquiry where the answer of a call was lost', async () => {
    const path = await buy('reserve')
    coffee.line = 'loses answers'
    await capture(path, '10')
    coffee.line = 'whole'
    expect(await sums(path)).toEqual(['39.00 USD', '10.00 USD', '0.00 USD'])
    expect(await coffee.read(path)).toMatch(/Answer: none that could be used \(CONNECTION_FAILED\)/)
  })
})
