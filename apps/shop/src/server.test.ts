import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { signForTests, testKeyPair } from '@coffer/sdk'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { goThrough } from '../../../test/support/play-buyer.js'
import { startShop, type TestShop } from '../../../test/support/start-shop.js'
import type { TestSystem } from '../../../test/support/start-system.js'
import { Cards } from './cards.js'
import type { Shop } from './shop.js'

const success = '4054695723100768'
const declined = '4000000000100059'

let coffee: TestShop
let vault: TestSystem
let app: FastifyInstance
let url: string
let shop: Shop

beforeAll(async () => {
  coffee = await startShop()
  ;({ vault, app, url, shop } = coffee)
})

afterAll(() => coffee?.stop())

const post = (fields: Record<string, string>, headers: Record<string, string> = { 'sec-fetch-site': 'same-origin' }) =>
  app.inject({
    method: 'POST',
    url: '/cards',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    payload: new URLSearchParams({ expiry: '03/33', cvv: '731', name: 'Ana Lopez', ...fields }).toString(),
  })

/** Adds a card and gives the address of its page. */
async function add(number: string, fields: Record<string, string> = {}): Promise<string> {
  const answer = await post({ number, ...fields })
  expect(answer.statusCode).toBe(303)
  return String(answer.headers.location)
}

const read = (path: string) => coffee.read(path)
const reloads = (path: string) => coffee.reloads(path)

describe('a card that is accepted', () => {
  test('is shown with what the server heard: answer, notification, inquiry', async () => {
    const path = await add(success)
    const before = await read(path)
    expect(before).toContain('Card added: Visa •••• 0768')
    expect(before).toContain('Answer: S SUCCESS “success.”, signature verified')
    expect(before).toContain('Notification: waiting…')
    expect(before).toContain('Inquiry: SUCCESS “success.”, signature verified')
    expect(await reloads(path)).toBe(true)

    await vault.advance(3_000)
    expect(await read(path)).toMatch(/Notification: received and verified [23]\.\d s after the answer: S SUCCESS/)
    expect(await reloads(path)).toBe(false)
    expect(await read('/cards')).toContain('Visa •••• 0768 Expires 03/33')
  })

  test('is asked for with a new id, its own page and its own address for the notification', async () => {
    const ids = await Promise.all([add(success), add(success)])
    expect(new Set(ids).size).toBe(2)
    const id = ids[0]!.slice('/cards/'.length)
    expect((await vault.inquireVaulting(id)).json).toMatchObject({ vaultingStatus: 'SUCCESS' })
  })

  test('is acknowledged: the vault does not send the notification again', async () => {
    const id = (await add(success)).slice('/cards/'.length)
    await vault.advance(24 * 3_600_000)
    const address = `${vault.opsUrl}/sandbox/timeline/${vault.merchant.clientId}/${id}`
    const { events } = (await (await fetch(address)).json()) as { events: { kind: string; acknowledged?: boolean }[] }
    expect(events.filter(({ kind }) => kind === 'notification.attempt')).toMatchObject([{ acknowledged: true }])
  })

  test('is not added twice by a double click, but a second time by the next form', async () => {
    const before = shop.cards.all().length
    const both = await Promise.all([add(success, { form: 'f-1' }), add(success, { form: 'f-1' })])
    expect(new Set(both).size).toBe(1)
    expect(shop.cards.all().length).toBe(before + 1)
    expect(await add(success, { form: 'f-2' })).not.toBe(both[0])
  })

  test('is still there after a restart', async () => {
    const path = await add(success)
    const reopened = await Cards.open(coffee.folder)
    expect(reopened.find(path.slice('/cards/'.length))?.answer?.card?.maskedCardNo).toBe('************0768')
  })
})

describe('a card that is not accepted', () => {
  test('is told with the code and what the buyer can do', async () => {
    const path = await add(declined)
    const page = await read(path)
    expect(page).toContain('The card was not added')
    expect(page).toContain('The bank declined the card and gave no reason. Use another card')
    expect(page).toContain('Code: DO_NOT_HONOR')
    expect(page).toMatch(/Code: DO_NOT_HONOR.*Use another card The next try/)
    expect(page).not.toContain('Try again')
    await vault.advance(3_000)
    expect(await read(path)).toMatch(/received and verified .* after the answer: F DO_NOT_HONOR/)
    expect(await read('/cards')).not.toMatch(/\b0059\b(?!-)/)
  })

  test('waits for no notification where the vault refused the call', async () => {
    const path = await add('4929123456789015') // good digits, but no test card
    const page = await read(path)
    expect(page).toContain('Code: PARAM_ILLEGAL')
    expect(page).toContain('In this sandbox, use one of the test cards')
    expect(page).toContain('Notification: none comes, since no vaulting began')
    expect(await reloads(path)).toBe(false)
  })

  test('goes back to the form with links to what is wrong, and without the number and the code', async () => {
    const answer = await post({ number: '4054695723100769', expiry: '99/99', name: '<i>Ana</i> Lopez' })
    expect(answer.statusCode).toBe(422)
    expect(answer.payload).toContain('<a href="#number">Check the card number')
    expect(answer.payload).toContain('<a href="#expiry">Enter the expiry date as month and year')
    expect(answer.payload).toMatch(/id="number"[^>]* value=""[^>]* aria-invalid="true"/)
    expect(answer.payload).toContain('value="&lt;i&gt;Ana&lt;/i&gt; Lopez"')
    expect(answer.payload).not.toMatch(/4054695723100769|731/)
  })
})

/** The buyer is authenticated by his bank, in a challenge. */
const challenged = '4000000400200004'

describe('a card with two brands', () => {
  const coBadged = '4000002500100001'

  async function begin(card = coBadged) {
    const choosePath = await add(card)
    expect(choosePath).toMatch(/^\/cards\/[^/]+\/choose$/)
    const { payload, statusCode } = await app.inject(choosePath)
    expect(statusCode).toBe(200)
    const [, pageUrl = ''] = /http-equiv="refresh" content="0; url=([^"]+)"/.exec(payload) ?? []
    return { choosePath, path: choosePath.replace('/choose', ''), payload, pageUrl }
  }
  test('sends the buyer to the page of the vault, also without being asked twice', async () => {
    const { path, payload, pageUrl } = await begin()
    expect(pageUrl.startsWith(`${vault.pagesUrl}/v/`)).toBe(true)
    expect(payload).toContain(`<a class="button" href="${pageUrl}">Go on</a>`)
    expect(payload).toContain('your card carries more than one brand and you choose which one is used')
    expect(await read(path)).toContain('One more step')
    expect((await app.inject(path)).payload).toContain(`href="${pageUrl}"`)
    expect(await reloads(path)).toBe(false)
    expect(await read('/cards')).toContain('see what became of it')
  })

  test('is added with the brand that was chosen, and found by asking the vault when the buyer comes back', async () => {
    const { choosePath, path, pageUrl } = await begin()
    await goThrough(pageUrl, { network: 'CARTES_BANCAIRES' })
    await expect
      .poll(() => read(`${path}?vaultingRequestId=anything`))
      .toContain('Card added: Cartes Bancaires •••• 0001')
    expect((await app.inject(choosePath)).headers.location).toBe(path)
    await vault.advance(3_000)
    expect(await read(path)).toContain('Notification: received and verified')
    expect(await read('/cards')).toContain('Cartes Bancaires •••• 0001')
  })

  test.each([coBadged, challenged])(
    'or with a bank that asks (%s) is not added when nothing comes in time',
    async card => {
      const { path } = await begin(card)
      await vault.advance(15 * 60_000 + 3_000)
      expect(await read(path)).toContain('It took too long. Try again.')
    },
  )

  test('or with a bank that asks is added once the bank knows that it is the buyer', async () => {
    const { path, payload, pageUrl } = await begin(challenged)
    expect(payload).toContain('Your bank wants to be sure that it is you')
    await goThrough(pageUrl)
    await expect.poll(() => read(path)).toContain(`Card added: Visa •••• ${challenged.slice(-4)}`)
  })

  test('or with a bank that asks is not added when the bank says no, and the buyer hears what he can do', async () => {
    const { path, pageUrl } = await begin(challenged)
    await goThrough(pageUrl, { otp: '111111' })
    await expect.poll(() => read(path)).toContain('Code: USER_PAYMENT_VERIFICATION_FAILED')
  })
})

describe('3-D Secure that the buyer asks for', () => {
  const authenticated = '4000000000100000'
  const pageUrlOf = async (path: string) => /content="0; url=([^"]+)"/.exec((await app.inject(path)).payload)?.[1] ?? ''

  test('is asked for with the box of the form alone', async () => {
    expect(await add(authenticated)).not.toContain('/choose')
    expect(await add(authenticated, { threeDS: 'yes' })).toContain('/choose')
  })

  test('adds the card when the bank asks nothing, and the buyer comes back to what the vault says', async () => {
    const path = await add(authenticated, { threeDS: 'yes' })
    const last = await goThrough(await pageUrlOf(path))
    const [, back = ''] = /class="go" href="([^"]+)"/.exec(last.html) ?? []
    expect(back).toBe(`${url}${path.replace('/choose', '')}?vaultingRequestId=${path.split('/')[2]}`)
    expect(await read(back.slice(url.length))).toContain('Card added: Visa •••• 0000')
  })

  test('that is not done yet: whoever comes back sees a page that finds out by itself, whoever has not been there does not', async () => {
    const path = (await add('4000000000200008', { threeDS: 'yes' })).replace('/choose', '')
    const back = `${path}?vaultingRequestId=${path.split('/')[2]}`
    expect(await read(back)).toContain('If you have done it, this page changes by itself in a moment.')
    expect(await reloads(back)).toBe(true)
    expect(await reloads(path)).toBe(false)
    expect(await reloads(`${path}?vaultingRequestId=another`)).toBe(false)
  })

  test('that the bank denies is told with what the buyer can do', async () => {
    const path = await add('4000000000120008', { threeDS: 'yes' })
    await goThrough(await pageUrlOf(path))
    const page = await read(path.replace('/choose', ''))
    expect(page).toContain('The bank could not confirm that it is you.')
    expect(page).toContain('Code: USER_PAYMENT_VERIFICATION_FAILED')
  })
})

describe('when nobody knows', () => {
  test('the page says so, asks again by itself and finds out', async () => {
    coffee.line = 'cut'
    const path = await add(success)
    expect(await read(path)).toContain('We do not know yet whether the card was added')
    expect(await read(path)).toContain('Answer: none that could be used (CONNECTION_FAILED)')
    expect(await reloads(path)).toBe(true)
    coffee.line = 'whole'
    expect(await read(path)).toContain('Our request seems not to have reached the vault')
    expect(await read('/cards')).toMatch(/The card of \d\d:\d\d UTC: see what became of it/)
  })

  test('it stops to reload after a while, and still asks when somebody looks', async () => {
    coffee.line = 'cut'
    const path = await add(success)
    coffee.line = 'whole'
    await vault.advance(91_000)
    expect(await reloads(path)).toBe(false)
    expect(await read(path)).toContain('We ask the vault whenever you load this page')
  })

  test('the notification settles it', async () => {
    const id = `attempt-late-${process.pid}`
    await shop.cards.begin(id, shop.now())
    await shop.cards.learn(id, { noAnswer: { at: shop.now(), code: 'TIMEOUT_EXCEEDED' } })
    await vault.vaultPaymentMethod({
      vaultingRequestId: id,
      vaultingNotificationUrl: `${url}/notify`,
      redirectUrl: `${url}/cards/${id}`,
      paymentMethodDetail: {
        paymentMethodType: 'CARD',
        card: { cardNo: success, expiryYear: '33', expiryMonth: '03' },
      },
      env: { terminalType: 'WEB' },
    })
    await vault.advance(3_000)
    const page = await read(`/cards/${id}`)
    expect(page).toContain('Card added: Visa •••• 0768')
    expect(page).toMatch(/received and verified [23]\.\d s after the request/)
  })
})

describe('a notification that nobody can vouch for', () => {
  const body = (vaultingRequestId: string) => ({
    result: { resultCode: 'CARD_EXPIRED', resultStatus: 'F' as const, resultMessage: 'forged' },
    vaultingRequestId,
    paymentMethodDetail: { paymentMethodType: 'CARD' as const },
  })

  test('is answered with 400 and shown nowhere', async () => {
    const path = await add(success)
    const forged = await signForTests({
      kind: 'notification',
      privateKey: testKeyPair().privateKey,
      clientId: vault.merchant.clientId,
      url: '/notify',
      body: body(path.slice('/cards/'.length)),
    })
    const { method, headers, url } = forged
    const answers = [
      await app.inject({ method: 'POST', url, headers, payload: Buffer.from(forged.body) }),
      await app.inject({ method: 'POST', url, payload: JSON.stringify(body('x')) }),
      await app.inject({ method: 'POST', url, headers: { 'content-type': 'application/json' }, payload: '{' }),
      await app.inject({ method: 'POST', url }),
    ]
    expect(method).toBe('POST')
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([400, 400, 400, 400])
    expect(await read(path)).toContain('Notification: waiting…')
    expect(await read(path)).not.toContain('forged')
  })
})

describe('the shop keeps to itself', () => {
  test('every answer has the headers', async () => {
    for (const path of [
      '/',
      '/buy',
      '/subscription',
      '/payments/none',
      '/cards',
      '/cards/none',
      '/styles.css',
      '/icon.svg',
      '/livez',
      '/notify',
      '/%zz',
    ]) {
      const { headers } = await app.inject(path)
      expect(headers, path).toMatchObject({
        'content-security-policy': expect.stringMatching(/^default-src 'none'; style-src 'self';.*form-action 'self'/),
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        'content-type': expect.stringContaining('charset=utf-8'),
      })
      expect(headers['set-cookie']).toBeUndefined()
    }
  })

  test.each([
    [{}],
    [{ 'sec-fetch-site': 'cross-site' }],
    [{ 'sec-fetch-site': 'same-site', origin: 'http://localhost:80' }],
    [{ origin: 'http://evil.example' }],
    [{ origin: 'null' }],
  ])('a form from elsewhere is refused: %j', async headers => {
    const before = shop.cards.all().length
    expect((await post({ number: success }, headers)).statusCode).toBe(403)
    expect(shop.cards.all().length).toBe(before)
  })

  test('a browser that knows Origin only is served', async () => {
    expect((await post({ number: success }, { origin: 'http://localhost:80' })).statusCode).toBe(303)
  })

  test('a name that merely points to this machine is refused', async () => {
    expect((await app.inject({ url: '/cards', headers: { host: 'evil.example:8083' } })).statusCode).toBe(403)
  })

  test.each(['/cards/..%2f..%2fetc', '/cards/%3Cscript%3E', '/nothing/<script>'])(
    '%s says no more than that',
    async path => {
      const answer = await app.inject(path)
      expect(answer.statusCode).toBe(404)
      expect(answer.payload).toContain('There is no such page')
      expect(answer.payload).not.toMatch(/(?<!sub)script/i)
    },
  )

  test('what is too large or of another kind is refused without being repeated', async () => {
    const large = await post({ number: success, name: 'x'.repeat(9_000) })
    const json = await post(
      { number: success },
      { 'sec-fetch-site': 'same-origin', 'content-type': 'application/json' },
    )
    expect([large.statusCode, json.statusCode]).toEqual([413, 415])
    expect(large.payload + json.payload).not.toContain(success)
  })

  test('neither log nor file holds digits, codes or names; the file is for the owner only', async () => {
    const { folder, lines } = coffee
    const path = join(folder, 'cards.json')
    const file = await readFile(path, 'utf8')
    const everything = lines.join('\n') + file
    expect(file).toContain('************0768')
    expect(everything).not.toMatch(/\d{13,19}(?!\d)(?<!\b1\d{12})/)
    for (const secret of [success, declined, '405469', 'Lopez']) expect(everything).not.toContain(secret)
    // Three digits or letters by themselves: inside an id, a token or a time they stand by chance.
    for (const secret of ['731', 'Ana'])
      expect(everything).not.toMatch(new RegExp(`(?<![\\w.:-])${secret}(?![\\w.:-])`))
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect((await stat(folder)).mode & 0o077).toBe(0)
  })

  test('it lives', async () => {
    expect((await app.inject('/livez')).json()).toEqual({ live: true })
  })
})

test('a published test card is filled in for those who press its button', async () => {
  const { payload } = await app.inject('/?card=declined')
  expect(payload).toContain('value="4000 0000 0010 0059"')
  expect((await app.inject(`/?card=${success}`)).payload).not.toContain(success)
  expect(payload).not.toContain('aria-describedby="threeDS-hint" checked')
  expect((await app.inject('/?card=challenge')).payload).toContain('aria-describedby="threeDS-hint" checked')
})
