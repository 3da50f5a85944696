/** Coffee every month: the buyer pays once, the shop from then on, against a real vault. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startShop, type TestShop, textOf } from '../../../test/support/start-shop.js'
import { renewDue } from './renew.js'

/** The buyer may pay with these; what the shop charges alone gets this code of the bank. */
const alone = {
  '41': '4000000000102410',
  '51': '4000000000102519',
  '54': '4000000000102543',
  '41 of Mastercard': '5200000000102415',
} as const

const DAY = 86_400_000

let coffee: TestShop
let good: string
let forms = 0

beforeAll(async () => {
  coffee = await startShop()
  good = await coffee.addCard('4000000000100000')
})
beforeEach(async () => {
  coffee.line = 'whole'
  await coffee.post('/subscription/cancel', {})
})
afterAll(() => coffee?.stop())

const nextForm = () => `subscription-${++forms}`
const begin = (card: string, more: Record<string, string> = {}) =>
  coffee.post('/subscription', { form: nextForm(), card, ...more })
const pass = () => coffee.post('/subscription/pass', {})
const page = () => coffee.read('/subscription')
const charges = () => coffee.calls.filter(({ operation }) => operation === 'pay')
const isPaid = (id: string) => coffee.shop.payments.find(id)?.answer?.status === 'S'

describe('a subscription', () => {
  test('begins with a payment by the buyer, and says when the next one is', async () => {
    const { to } = await begin(good)
    expect(await coffee.read(to)).toContain('Paid: 12.00 EUR Monthly coffee, with Visa •••• 0000.')
    const text = await page()
    expect(text).toMatch(/Your coffee comes every month\. Next charge: \d+ \w+ \d{4} 1 month paid, with Visa •••• 0000/)
    expect(text).toMatch(/First month, paid by you, 12\.00 EUR Paid Network transaction: \d{15}/)
    expect(text).toContain('it reads the date from the vault')
    expect(charges().at(-1)?.body).toMatchObject({
      productCode: 'CASHIER_PAYMENT',
      paymentMethod: { paymentMethodMetaData: { isCardOnFile: true } },
    })
  })

  test('is renewed by the shop alone when the month has passed, linked to the first payment', async () => {
    const { to } = await begin(good)
    const first = coffee.shop.payments.find(to.slice('/payments/'.length))
    await pass()
    const { body } = charges().at(-1)!
    expect(body).toMatchObject({
      productCode: 'AGREEMENT_PAYMENT',
      paymentMethod: {
        paymentMethodMetaData: {
          recurringType: 'SCHEDULED',
          networkTransactionId: first?.answer?.networkTransactionId,
        },
      },
    })
    expect(body).not.toHaveProperty('env')
    expect(await page()).toMatch(/2 months paid.*Month 2, 12\.00 EUR Paid Network transaction: \d{15}/)
    await pass()
    expect(await page()).toContain('3 months paid')
  })

  test('is not renewed a moment before its day', async () => {
    await begin(good)
    const before = charges().length
    await coffee.shop.calendar.pass?.(27 * DAY)
    await page()
    await renewDue(coffee.shop)
    expect(charges().length).toBe(before)
  })

  test('is charged once for a month, in two windows, and by a shop that was started again', async () => {
    const { to } = await begin(good)
    const id = to.slice('/payments/'.length).replace('-m0-t1', '')
    const other = await coffee.restarted()
    await coffee.shop.calendar.pass?.(31 * DAY)
    const before = charges().length
    await Promise.all([page(), page(), renewDue(coffee.shop)])
    expect(charges().length).toBe(before + 1)
    await renewDue({ ...other, calendar: coffee.shop.calendar })
    const sent = charges().slice(before)
    expect(new Set(sent.map(({ body }) => body['paymentRequestId']))).toEqual(new Set([`${id}-m1-t1`]))
    const [first, again] = [coffee.shop.payments.find(`${id}-m1-t1`), other.payments.find(`${id}-m1-t1`)]
    expect(again?.paymentId).toBe(first?.paymentId)
  })

  test('of which there is one at most: a second form begins none', async () => {
    await begin(good)
    const before = charges().length
    expect((await begin(good)).to).toBe('/subscription')
    expect(charges().length).toBe(before)
  })

  test('that is cancelled is charged no more, and can be begun again', async () => {
    await begin(good)
    await coffee.post('/subscription/cancel', {})
    const before = charges().length
    await coffee.shop.calendar.pass?.(62 * DAY)
    const text = await page()
    expect(text).toContain('Your subscription is cancelled')
    expect(text).toContain('Begin again')
    expect(charges().length).toBe(before)
  })

  test('with a card that is declined does not begin', async () => {
    const card = await coffee.addCard('4000000000101511')
    const { to } = await begin(card)
    expect(await coffee.read(to)).toContain('Not paid')
    const text = await page()
    expect(text).toContain('Your subscription has not begun')
    expect(text).toContain('Code: USER_BALANCE_NOT_ENOUGH')
  })

  test('without a card is asked for one', async () => {
    for (const card of ['', 'never']) {
      const { status, payload } = await begin(card)
      expect(status).toBe(422)
      expect(textOf(payload)).toMatch(/Please correct this (Choose a card|This card was deleted)/)
    }
  })
})

describe('a renewal that the bank declines', () => {
  test('is tried again after three days, three times, each time with an id of its own', async () => {
    const card = await coffee.addCard(alone['51'])
    const { to } = await begin(card)
    const id = to.slice('/payments/'.length).replace('-m0-t1', '')
    await pass()
    expect(await page()).toMatch(/The last charge was declined\. Next try: .* Code: USER_BALANCE_NOT_ENOUGH/)
    const before = charges().length
    await coffee.shop.calendar.pass?.(2 * DAY)
    await page()
    expect(charges().length).toBe(before)
    for (const attempt of [2, 3, 4]) {
      await pass()
      expect(charges().at(-1)?.body['paymentRequestId']).toBe(`${id}-m1-t${attempt}`)
    }
    const text = await page()
    expect(text).toContain('Your subscription has ended. Please choose another card')
    expect(text).toContain('The bank declined four times, over nine days.')
    const after = charges().length
    await coffee.shop.calendar.pass?.(40 * DAY)
    await page()
    expect(charges().length).toBe(after)
  })

  test.each(['41', '41 of Mastercard'] as const)('for good (%s) is never tried again', async which => {
    const card = await coffee.addCard(alone[which])
    await begin(card)
    await pass()
    const text = await page()
    expect(text).toContain('The bank has said never to charge this card again.')
    expect(text).toContain('Code: LOST_CARD')
    expect(text).toContain("The bank's own code: 41")
    if (which === '41 of Mastercard') expect(text).toContain('Advice to merchants: 03')
    const after = charges().length
    await coffee.shop.calendar.pass?.(10 * DAY)
    await pass()
    expect(charges().length).toBe(after)
  })

  test('for good is known by the vault’s own words as well, with which it answers for the bank', async () => {
    const card = await coffee.addCard(alone['41'])
    await begin(card)
    await pass()
    await begin(card)
    const before = charges().length
    await pass()
    expect(charges().length).toBe(before + 1)
    expect(await page()).toContain('The bank has said never to charge this card again.')
  })

  test('because the card has expired asks for another at once', async () => {
    const card = await coffee.addCard(alone['54'])
    await begin(card)
    await pass()
    expect(await page()).toContain('The bank needs you for this, or another card.')
  })
})

describe('a renewal that nobody knows the end of', () => {
  test.each(['cut', 'loses answers'] as const)('(%s) is asked for, and charged once', async line => {
    const { to } = await begin(good)
    const id = to.slice('/payments/'.length).replace('-m0-t1', '-m1-t1')
    coffee.line = line
    await pass()
    expect(await page()).toContain('The last charge is not finished yet')
    expect(await coffee.reloads('/subscription')).toBe(true)
    coffee.line = 'whole'
    expect(await page()).toContain('2 months paid')
    expect(isPaid(id) || coffee.shop.payments.find(id)?.inquiry?.paymentStatus === 'SUCCESS').toBe(true)
    expect(coffee.shop.payments.all().filter(one => one.id.startsWith(id.replace('-t1', '')))).toHaveLength(1)
  })
})
