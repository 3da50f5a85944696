/** The buyer's page over HTTP, as a browser meets it and as somebody meets it who means no good. */
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { testCardNumber } from '../../../../packages/test-cards/src/index.js'
import { select } from '../../../../test/result-codes/stored-rows.js'
import { aVaultingRequest } from '../../../../test/support/builders.js'
import { goThrough } from '../../../../test/support/play-buyer.js'
import { startSystem, type TestSystem } from '../../../../test/support/start-system.js'

const VISA_CB = '4000002500100001'
const SHOP = 'Käse & "Söhne" <b>'

let coffer: TestSystem
beforeAll(async () => {
  coffer = await startSystem()
  await select(coffer.system, 'update merchant set name = $1 where id = $2', [SHOP, coffer.merchant.clientId])
})
afterAll(() => coffer?.stop())

interface Page {
  status: number
  headers: IncomingHttpHeaders
  text: string
}

/** Sends exactly this: paths are not tidied, and no header is added but the host. */
function ask(url: string, method = 'GET', headers: Record<string, string> = {}, body = ''): Promise<Page> {
  const [origin, path] = [url.slice(0, coffer.pagesUrl.length), url.slice(coffer.pagesUrl.length)]
  return new Promise((resolve, reject) => {
    const length = body || method === 'POST' ? { 'content-length': String(Buffer.byteLength(body)) } : {}
    const { hostname, port } = new URL(origin)
    const options = { hostname, port, path, method, headers: { ...length, ...headers }, agent: false }
    const call = httpRequest(options, response => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }))
    })
    call.on('error', reject)
    call.end(body)
  })
}

const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
const choose = (url: string, network: string, headers: Record<string, string> = {}) =>
  ask(
    url,
    'POST',
    { ...FORM, 'sec-fetch-site': 'same-origin', ...headers },
    new URLSearchParams({ network }).toString(),
  )

/** Begins a vaulting that waits for its buyer. */
async function waiting(request: Parameters<typeof aVaultingRequest>[0] = {}) {
  const { card, ...rest } = request
  const sent = aVaultingRequest({
    vaultingNotificationUrl: `${coffer.receiver.url}/n`,
    card: { cardNo: VISA_CB, ...card },
    ...rest,
  })
  const answer = await coffer.vaultPaymentMethod(sent)
  expect(answer.json.result.resultCode).toBe('VERIFICATION_IN_PROCESS')
  return { request: sent, url: String(answer.json.normalUrl) }
}

type Waiting = Awaited<ReturnType<typeof waiting>>

const stateOf = async ({ request }: Waiting) =>
  (await coffer.inquireVaulting(request.vaultingRequestId)).json.vaultingStatus as string
/** The cards of these tests are of the EEA: once the brand is chosen, their buyer is authenticated. */
async function concluded(one: Waiting, state: string) {
  await goThrough(one.url, { method: false })
  await expect.poll(() => stateOf(one)).toBe(state)
}
const chosenOf = async ({ request }: Waiting) => {
  const [row] = await select(coffer.system, 'select chosen from buyer_step where vaulting_request_id = $1', [
    request.vaultingRequestId,
  ])
  return row?.['chosen']
}

async function events({ request }: Waiting) {
  const { clientId } = coffer.merchant
  const response = await fetch(`${coffer.opsUrl}/sandbox/timeline/${clientId}/${request.vaultingRequestId}`)
  return ((await response.json()) as { events: ({ kind: string } & Record<string, unknown>)[] }).events
}

const entities: Record<string, string> = { '&#39;': "'", '&quot;': '"', '&lt;': '<', '&gt;': '>', '&amp;': '&' }
const unescaped = (text: string) => text.replace(/&(#39|quot|lt|gt|amp);/g, entity => entities[entity]!)
/** Where the page leads, by its link and by itself. */
const leadsTo = (page: string) => [
  unescaped(/<a class="go" href="([^"]*)"/.exec(page)?.[1] ?? ''),
  unescaped(/<meta http-equiv="refresh" content="\d; url=([^"]*)"/.exec(page)?.[1] ?? ''),
]

describe('the page', () => {
  test('names the shop and the card, and offers each brand with the same button in the order of the card', async () => {
    const { url } = await waiting()
    const { status, text } = await ask(url)
    expect(status).toBe(200)
    expect(text).toContain('Käse &amp; &quot;Söhne&quot; &lt;b&gt;')
    expect(text).toContain('•••• 0001')
    expect(text.match(/<button[^>]*>[^<]*<\/button>/g)).toEqual([
      '<button name="network" value="VISA">Visa</button>',
      '<button name="network" value="CARTES_BANCAIRES">Cartes Bancaires</button>',
    ])
    expect(text).not.toMatch(/checked|selected|autofocus|disabled/)
  })

  test.each([
    ['a choice', async (url: string) => ask(url)],
    ['a choice made', async (url: string) => choose(url, 'VISA')],
    ['an address that leads nowhere', async () => ask(`${coffer.pagesUrl}/v/none`)],
    ['an address that cannot be read', async () => ask(`${coffer.pagesUrl}/v/%zz`)],
    ['another path', async () => ask(`${coffer.pagesUrl}/`)],
    ['a form from elsewhere', async (url: string) => choose(url, 'VISA', { 'sec-fetch-site': 'cross-site' })],
    ['a form that is too big', async (url: string) => choose(url, 'x'.repeat(5000))],
  ])('has strict headers, no script, no cookie and nothing from elsewhere: %s', async (_what, get) => {
    const { url } = await waiting()
    const { headers, text } = await get(url)
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'; style-src 'self'; form-action '(self|none)'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'; /,
    )
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
    })
    expect(headers['set-cookie']).toBeUndefined()
    const style = /<link rel="stylesheet" href="\/assets\/style\.[0-9a-f]{16}\.css" integrity="sha384-[^"]{64}">/
    expect(text.replace(style, '')).not.toMatch(/<script|<img|<link|<iframe|\son[a-z]+=|javascript:/i)
  })
})

describe('a choice', () => {
  test('is asked of the issuer, told to the merchant, and leads back to the shop', async () => {
    const one = await waiting({ redirectUrl: 'https://shop.example/done?a=1#b' })
    const answer = await choose(one.url, 'CARTES_BANCAIRES')
    expect(answer).toMatchObject({ status: 303, text: '' })
    expect(answer.headers.location).toBe(new URL(one.url).pathname)
    await concluded(one, 'SUCCESS')

    const page = await ask(one.url)
    expect(page.status).toBe(200)
    expect(page.text).toContain('<h1>Your card is saved</h1>')
    const address = `https://shop.example/done?a=1&vaultingRequestId=${one.request.vaultingRequestId}#b`
    expect(leadsTo(page.text)).toEqual([address, address])

    await coffer.advance(3_000)
    const told = coffer.receiver.received.filter(({ json }) => json.vaultingRequestId === one.request.vaultingRequestId)
    expect(told).toHaveLength(1)
    expect(told[0]!.json).toMatchObject({
      result: { resultCode: 'SUCCESS' },
      paymentMethodDetail: { card: { brand: 'CARTES_BANCAIRES', supportedBrands: ['VISA', 'CARTES_BANCAIRES'] } },
    })
    expect((await events(one)).map(({ kind }) => kind).filter(kind => !kind.startsWith('inquiry'))).toEqual([
      'request.received',
      'buyer.asked',
      'buyer.chose',
      'buyer.asked',
      'threeds.started',
      'threeds.browser',
      'threeds.areq',
      'threeds.ares',
      'issuer.asked',
      'issuer.answered',
      'vaulting.concluded',
      'notification.attempt',
    ])
    expect((await events(one)).find(({ kind }) => kind === 'buyer.chose')).toMatchObject({
      network: 'CARTES_BANCAIRES',
    })
  })

  test('counts once: a second one for the other brand changes nothing, at once or after the outcome', async () => {
    const one = await waiting()
    await Promise.all(Array.from({ length: 10 }, () => choose(one.url, 'VISA')))
    for (let nth = 0; nth < 3; nth += 1) {
      expect((await choose(one.url, 'CARTES_BANCAIRES')).status).toBe(303)
      await concluded(one, 'SUCCESS')
    }
    const { json } = await coffer.inquireVaulting(one.request.vaultingRequestId)
    expect(json.paymentMethodDetail.card.brand).toBe('VISA')
    expect((await events(one)).filter(({ kind }) => kind === 'buyer.chose')).toHaveLength(1)
    expect((await events(one)).filter(({ kind }) => kind === 'issuer.asked')).toHaveLength(1)
  })

  test('of two brands at the same instant is one of them', async () => {
    const one = await waiting()
    await Promise.all(['VISA', 'CARTES_BANCAIRES'].map(network => choose(one.url, network)))
    await concluded(one, 'SUCCESS')
    const { json } = await coffer.inquireVaulting(one.request.vaultingRequestId)
    expect(json.paymentMethodDetail.card.brand).toBe(await chosenOf(one))
    expect((await events(one)).filter(({ kind }) => kind === 'issuer.asked')).toHaveLength(1)
  })

  test('that the issuer declines is told to the buyer without the reason, and to the merchant with it', async () => {
    const cardNo = testCardNumber({ prefix: '40000025', responseCode: '41' })
    const one = await waiting({ card: { cardNo } })
    await choose(one.url, 'VISA')
    await concluded(one, 'FAIL')
    const { text } = await ask(one.url)
    expect(text).toContain('<h1>Your card was not saved</h1>')
    expect(text).not.toMatch(/lost|LOST_CARD|41\b/)
    expect(leadsTo(text)[0]).toContain(`vaultingRequestId=${one.request.vaultingRequestId}`)
    await coffer.advance(3_000)
    const told = coffer.receiver.received.find(({ json }) => json.vaultingRequestId === one.request.vaultingRequestId)
    expect(told?.json.result.resultCode).toBe('LOST_CARD')
    const repeat = await coffer.vaultPaymentMethod(one.request)
    expect(repeat.json.result).toMatchObject({ resultCode: 'LOST_CARD', resultStatus: 'F' })
  })

  test.each([
    ['same-origin', 303, 'VISA'],
    ['', 303, 'VISA'],
    ['cross-site', 403, null],
    ['same-site', 403, null],
    ['none', 403, null],
  ])('from a place that the browser calls "%s": %i', async (site, status, chosen) => {
    const one = await waiting()
    const headers: Record<string, string> = site ? { ...FORM, 'sec-fetch-site': site } : FORM
    expect((await ask(one.url, 'POST', headers, 'network=VISA')).status).toBe(status)
    expect(await chosenOf(one)).toBe(chosen)
  })
})

describe('what is no choice changes nothing', () => {
  const form = (body: string) => (url: string) => ask(url, 'POST', FORM, body)

  test.each<[string, (url: string) => Promise<Page>, number]>([
    ['a brand that is not on the card', form('network=MASTERCARD'), 303],
    ['a brand in other letters', form('network=visa'), 303],
    ['a name of every object', form('network=constructor'), 303],
    ['no brand', form('brand=VISA'), 303],
    ['an empty brand', form('network='), 303],
    ['an empty form', form(''), 303],
    ['a wrong brand first', form('network=JCB&network=VISA'), 303],
    ['a brand in the query', url => ask(`${url}?network=VISA`, 'POST', FORM, ''), 303],
    ['a huge form', form(`network=VISA&x=${'x'.repeat(10_000)}`), 413],
    ['JSON', url => ask(url, 'POST', { 'content-type': 'application/json' }, '{"network":"VISA"}'), 415],
    [
      'a form of parts',
      url => ask(url, 'POST', { 'content-type': 'multipart/form-data; boundary=x' }, 'network=VISA'),
      415,
    ],
    ['a form without a type', url => ask(url, 'POST', {}, 'network=VISA'), 415],
    ['GET with a brand', url => ask(`${url}?network=VISA`), 200],
    ['HEAD', url => ask(url, 'HEAD'), 200],
    ['PUT', url => ask(url, 'PUT', FORM, 'network=VISA'), 404],
    ['PATCH', url => ask(url, 'PATCH', FORM, 'network=VISA'), 404],
    ['DELETE', url => ask(url, 'DELETE'), 404],
    ['OPTIONS', url => ask(url, 'OPTIONS', { origin: 'https://evil.example' }), 404],
    ['the address with more behind it', url => ask(`${url}/x`, 'POST', FORM, 'network=VISA'), 404],
  ])('%s', async (_what, act, status) => {
    const one = await waiting()
    const answer = await act(one.url)
    expect(answer.status).toBe(status)
    expect(answer.headers['access-control-allow-origin']).toBeUndefined()
    if (status === 303) expect(answer.headers.location).toBe(new URL(one.url).pathname)
    if (status >= 400) expect(answer.text).toMatch(/<h1>(This page does not exist|That did not work)</)
    expect(answer.text).not.toContain('MASTERCARD')
    expect(await chosenOf(one)).toBeNull()
    expect(await stateOf(one)).toBe('PROCESSING')
    // The buyer himself can still choose.
    expect((await choose(one.url, 'VISA')).status).toBe(303)
    await concluded(one, 'SUCCESS')
  })
})

describe('an address', () => {
  test('opens its own page alone; every other one is answered alike, by GET and by POST', async () => {
    const [one, other] = [await waiting(), await waiting()]
    const [name = '', secret = ''] = one.url.slice(`${coffer.pagesUrl}/v/`.length).split('.')
    const [otherName = '', otherSecret = ''] = other.url.slice(`${coffer.pagesUrl}/v/`.length).split('.')
    const last = secret.at(-1) === 'A' ? 'B' : 'A'
    const wrong = [
      ...[name, `${name}.`, `.${secret}`, `${name}.${secret.slice(0, -1)}`, `${name.slice(0, -1)}.${secret}`],
      ...[`${name}.${otherSecret}`, `${otherName}.${secret}`, `${name}.${secret.slice(0, -1)}${last}`],
      ...[
        `${name}.${secret}.`.repeat(50),
        `${name}.${'A'.repeat(43)}`,
        `${'A'.repeat(22)}.${secret}`,
        '%00',
        '..',
        '__proto__',
      ],
    ]
    const unknown = await ask(`${coffer.pagesUrl}/v/none`)
    for (const ref of wrong) {
      const url = `${coffer.pagesUrl}/v/${ref}`
      for (const answer of [await ask(url), await ask(url, 'POST', FORM, 'network=VISA')]) {
        expect(answer.text, ref).toBe(unknown.text)
        expect(answer.status, ref).toBe(404)
      }
    }
    expect(await chosenOf(one)).toBeNull()
    expect(await chosenOf(other)).toBeNull()
  })

  test('that cannot be read is not repeated to whoever sent it', async () => {
    for (const path of ['/v/%zz<script>', '/%', '/v/%E0%A4%A']) {
      const answer = await ask(`${coffer.pagesUrl}${path}`)
      expect(answer).toMatchObject({ status: 404 })
      expect(answer.text).toBe((await ask(`${coffer.pagesUrl}/v/none`)).text)
    }
  })

  test('of another merchant has the other name on it, and only their vaulting is chosen for', async () => {
    const { vaultingRequestId } = aVaultingRequest()
    const mine = await waiting({ vaultingRequestId })
    const theirs = await coffer.vaultPaymentMethod(mine.request, { as: coffer.otherMerchant })
    const page = await ask(String(theirs.json.normalUrl))
    expect(page.text).toContain(coffer.otherMerchant.clientId)
    expect(page.text).not.toContain('Söhne')
    await choose(String(theirs.json.normalUrl), 'VISA')
    await goThrough(String(theirs.json.normalUrl), { method: false })
    await expect
      .poll(
        async () => (await coffer.inquireVaulting(vaultingRequestId, { as: coffer.otherMerchant })).json.vaultingStatus,
      )
      .toBe('SUCCESS')
    expect(await stateOf(mine)).toBe('PROCESSING')
  })
})

describe('the redirectUrl of a request', () => {
  test.each([
    'https://shop.example/done?x=%2F&y=a%20b#top',
    'www.test.com',
    'localhost:3000/done',
    'shop.example:8443?a=1',
    'myshop://cards',
    'myshop:done',
    'https://shop.example/?vaultingRequestId=old',
    "https://shop.example/?q='quoted'&r=<x>",
    'https://münchen.example/straße',
  ])('%s is a way back', async redirectUrl => {
    const one = await waiting({ redirectUrl })
    await choose(one.url, 'VISA')
    await concluded(one, 'SUCCESS')
    const { status, text } = await ask(one.url)
    expect(status).toBe(200)
    const [link = '', refresh] = leadsTo(text)
    expect(refresh).toBe(link)
    expect(new URL(link).searchParams.getAll('vaultingRequestId')).toEqual([one.request.vaultingRequestId])
    expect(text).not.toMatch(/javascript:|<x>/)
  })

  test.each([
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    'javascript://shop.example/%0aalert(1)',
    'data:text/html,<script>alert(1)</script>',
    'vbscript:x',
    'file:///etc/passwd',
    'blob:https://shop.example/1',
    'https://user:secret@shop.example/',
    'https://shop.example/\nx',
    'https://',
    ' https://shop.example/',
    'java\tscript:alert(1)',
    '',
  ])('%j is refused', async redirectUrl => {
    const { json } = await coffer.vaultPaymentMethod(aVaultingRequest({ redirectUrl, card: { cardNo: VISA_CB } }))
    expect(json.result).toMatchObject({ resultCode: 'PARAM_ILLEGAL', resultStatus: 'F' })
    expect(json.result.resultMessage).toContain('redirectUrl')
  })
})
