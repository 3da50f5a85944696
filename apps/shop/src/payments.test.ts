/** Buying with a stored card, against a real vault. */
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { goThrough } from '../../../test/support/play-buyer.js'
import { startShop, type TestShop, textOf } from '../../../test/support/start-shop.js'

let coffee: TestShop
let visa: string
let forms = 0

beforeAll(async () => {
  coffee = await startShop()
  visa = await coffee.addCard('4000000000100000')
})
beforeEach(() => {
  coffee.line = 'whole'
})
afterAll(() => coffee?.stop())

/** Orders something, and gives the address that the buyer is led to. */
async function buy(fields: Record<string, string> = {}): Promise<string> {
  forms += 1
  const order = { form: `form-${process.pid}-${forms}`, product: 'beans', card: visa, how: 'sale' }
  const { status, to } = await coffee.post('/payments', { ...order, ...fields })
  expect(status).toBe(303)
  return to
}

const pays = () => coffee.calls.filter(({ operation }) => operation === 'pay')

describe('the page of products', () => {
  test('has prices with the decimals of their currency, and the cards by brand, last digits and expiry', async () => {
    const text = await coffee.read('/buy')
    for (const price of ['9.50 EUR', '39.00 USD', '4,800 JPY']) expect(text).toContain(price)
    expect(text).toMatch(/Visa •••• 0000 Expires 03\/33/)
  })

  test('has the card chosen whose button was pressed', async () => {
    const other = await coffee.addCard('5200000000100005')
    expect(await coffee.payload('/cards')).toContain(`href="/buy?card=${visa}"`)
    expect(await coffee.payload(`/buy?card=${visa}`)).toMatch(new RegExp(`value="${visa}" required checked`))
    expect(await coffee.payload('/buy')).toMatch(new RegExp(`value="${other}" required checked`))
  })

  test.each([
    [{ product: 'gold' }, 'Choose what you want to buy'],
    [{ how: '' }, 'Choose when to pay'],
    [{ card: '' }, 'Choose a card'],
    [{ card: 'never' }, 'This card was deleted'],
    [{ code: '12' }, 'Enter the 3 digits of the security code'],
    [{ code: '1234' }, 'Enter the 3 digits of the security code'],
  ])('goes back to the form for %j, with a link to what is wrong and without the code', async (wrong, text) => {
    const before = pays().length
    const { status, payload } = await coffee.post('/payments', { product: 'beans', card: visa, how: 'sale', ...wrong })
    expect(status).toBe(422)
    expect(textOf(payload)).toContain(text)
    expect(payload).toMatch(/id="code" name="code" type="text" value=""/)
    expect(pays().length).toBe(before)
  })
})

describe('a payment', () => {
  test('is shown with what was asked, and the three statements of the vault', async () => {
    const path = await buy({ code: '731' })
    const text = await coffee.read(path)
    expect(text).toContain('Paid: 9.50 EUR Fernhill beans, 250 g, with Visa •••• 0000.')
    expect(text).toContain('Answer: S SUCCESS “success.”, signature verified')
    expect(text).toContain('Inquiry: SUCCESS “success.”, signature verified')
    expect(text).toContain('with a stored card, the buyer present; sale; with the security code')
    expect(text).toMatch(/Network transaction\s?\d{15}/)
    await coffee.vault.advance(3_000)
    expect(await coffee.read(path)).toMatch(
      /Notification: received and verified [23]\.\d s after the answer: S SUCCESS/,
    )
    expect(await coffee.read('/buy')).toContain('Fernhill beans, 250 g, 9.50 EUR Paid')
  })

  test('names the token, the buyer and the way back, and nothing of the card', async () => {
    const path = await buy({ product: 'coldbrew' })
    const { body } = pays().at(-1)!
    expect(body).toMatchObject({
      productCode: 'CASHIER_PAYMENT',
      paymentAmount: { currency: 'JPY', value: '4800' },
      paymentMethod: {
        paymentMethodId: expect.stringMatching(/^cof_/),
        paymentMethodMetaData: { isCardOnFile: true },
      },
      paymentRedirectUrl: `${coffee.url}${path}`,
      paymentNotifyUrl: `${coffee.url}/notify`,
      env: { terminalType: 'WEB' },
    })
    expect(JSON.stringify(body)).not.toContain('4000000000100000')
  })

  test('is made once by a double click, and once by the same form after a restart', async () => {
    const before = pays().length
    const both = await Promise.all([buy({ form: 'double-click' }), buy({ form: 'double-click' })])
    expect(new Set(both)).toEqual(new Set(['/payments/double-click']))
    expect(pays().length).toBe(before + 1)
    expect((await coffee.restarted()).payments.find('double-click')?.answer?.status).toBe('S')
  })

  test('that is declined is told with what the buyer can do, and the bank’s own code', async () => {
    const card = await coffee.addCard('4000000000101511')
    const text = await coffee.read(await buy({ card }))
    expect(text).toContain('Not paid')
    expect(text).toContain('There is not enough money on the card. Use another card, or try again later.')
    expect(text).toContain('Code: USER_BALANCE_NOT_ENOUGH')
    expect(text).toContain("The bank's own code51")
    expect(text).not.toContain('In the back office')
  })

  test('with a wrong security code is declined for it', async () => {
    const text = await coffee.read(await buy({ code: '999' }))
    expect(text).toContain('Check the security code on the card and try again.')
    expect(text).toContain('Code: INVALID_CVV')
  })

  test('with a token that the vault has no more is refused, and that is said', async () => {
    const card = await coffee.addCard('4000000000100000')
    const token = coffee.shop.cards.find(card)?.answer?.card?.cardToken ?? ''
    await coffee.shop.client.deleteToken({ token })
    const text = await coffee.read(await buy({ card }))
    expect(text).toContain('The vault has no such card: it was deleted. Nothing can be paid with it any more.')
    expect(text).toContain('Notification: none comes, since no payment began')
  })
})

describe('3-D Secure', () => {
  const pageUrlOf = (payload: string) => /content="0; url=([^"]+)"/.exec(payload)?.[1] ?? ''

  test('that the buyer asks for leads to the page of the vault and back to what became of it', async () => {
    const card = await coffee.addCard('4000000000200008')
    const path = await buy({ card, threeDS: 'yes' })
    expect(path).toMatch(/\/choose$/)
    const payload = await coffee.payload(path)
    expect(textOf(payload)).toContain('Your bank wants to be sure that it is you.')
    const own = path.replace('/choose', '')
    expect(await coffee.read(own)).toContain('One more step')
    const last = await goThrough(pageUrlOf(payload))
    const [, back = ''] = /class="go" href="([^"]+)"/.exec(last.html) ?? []
    expect(back).toBe(`${coffee.url}${own}?paymentRequestId=${own.split('/')[2]}`)
    const text = await coffee.read(back.slice(coffee.url.length))
    expect(text).toContain('Paid: 9.50 EUR')
    expect(text).toContain('3-D SecureECI 05')
    await coffee.vault.advance(3_000)
    expect(await coffee.read(own)).toContain('Notification: received and verified')
  })

  test('that is not done yet: whoever comes back sees a page that finds out by itself', async () => {
    const card = await coffee.addCard('4000000000200008')
    const own = (await buy({ card, threeDS: 'yes' })).replace('/choose', '')
    expect(await coffee.reloads(own)).toBe(false)
    expect(await coffee.reloads(`${own}?paymentRequestId=${own.split('/')[2]}`)).toBe(true)
  })

  test('that the bank denies pays nothing', async () => {
    const card = await coffee.addCard('4000000000200008')
    const path = await buy({ card, threeDS: 'yes' })
    await goThrough(pageUrlOf(await coffee.payload(path)), { otp: '111111' })
    await expect
      .poll(() => coffee.read(path.replace('/choose', '')))
      .toContain('Code: USER_PAYMENT_VERIFICATION_FAILED')
  })
})

describe('when nobody knows', () => {
  test('whether the call arrived, it can be sent again with the same id, and is charged once', async () => {
    coffee.line = 'loses answers'
    const path = await buy()
    expect(await coffee.read(path)).toContain('We do not know yet whether it is paid')
    const sent = new Set(pays().map(({ body }) => body['paymentRequestId']))
    coffee.line = 'whole'
    expect((await coffee.post(`${path}/repeat`, {})).to).toBe(path)
    expect(await coffee.read(path)).toContain('Paid: 9.50 EUR')
    expect(new Set(pays().map(({ body }) => body['paymentRequestId']))).toEqual(sent)
  })

  test('because it never arrived, the page says so, and sending it again pays', async () => {
    coffee.line = 'cut'
    const path = await buy()
    coffee.line = 'whole'
    expect(await coffee.read(path)).toContain('Our request seems not to have reached the vault')
    await coffee.post(`${path}/repeat`, {})
    expect(await coffee.read(path)).toContain('Paid: 9.50 EUR')
  })
})

describe('the shop keeps to itself', () => {
  test.each(['/payments', '/payments/x/repeat', '/payments/x/operations', '/subscription', '/subscription/pass'])(
    'a form from elsewhere is refused at %s',
    async path => {
      expect((await coffee.post(path, { card: visa }, { 'sec-fetch-site': 'cross-site' })).status).toBe(403)
    },
  )

  test('its file holds no digits of cards and no codes, and is for the owner only', async () => {
    await buy({ code: '731' })
    const path = join(coffee.folder, 'payments.json')
    const file = await readFile(path, 'utf8')
    expect(file).toContain('************0000')
    for (const secret of ['4000000000100000', '4000000000200008', 'cof_']) expect(file).not.toContain(secret)
    expect(file).not.toMatch(/(?<![\w.:-])731(?![\w.:-])/)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(coffee.lines.join('\n')).not.toMatch(/4000000000\d{6}|cof_/)
  })
})
