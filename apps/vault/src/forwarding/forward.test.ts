/** Stored cards on their way to a processor: through the door, over TLS, and nowhere else. */
import type { ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { placesOf } from '../../../../test/leaks/places.js'
import { aCard, aRequestId, aVaultingRequest } from '../../../../test/support/builders.js'
import { type PlayedProcessor, startProcessor } from '../../../../test/support/played-processor.js'
import { startSystem, type TestSystem } from '../../../../test/support/start-system.js'

const CVV = '7391'
const NAME = { firstName: 'Ada"},&<x>', lastName: 'Qzada' }

let coffer: TestSystem
let processor: PlayedProcessor
let token: string
let number: string

beforeAll(async () => {
  processor = await startProcessor()
  await processor.write('key.txt', 'Bearer fixed-secret-1\n')
  const { origin, caFile } = processor
  const common = { merchants: ['SANDBOX_TEST0000000001'], origin, caFile, headers: ['Idempotency-Key'] }
  const numberAt = ['/card/number', 'card[number]', '/Request/Card/Number']
  const file = await processor.write(
    'destinations.json',
    JSON.stringify({
      destinations: [
        {
          ...common,
          name: 'processor',
          paths: ['/v1/payments', '/v1/payments/*'],
          methods: ['POST', 'PUT'],
          numberAt,
          fixedHeaders: { Authorization: { file: 'key.txt' }, 'X-Api-Version': '2' },
          responseHeaders: ['X-Request-Id', 'location'],
          maxResponseBytes: 2_000,
        },
        { ...common, name: 'closed', origin: 'https://closed.localhost:1', caFile: undefined, paths: ['/'], numberAt },
        { ...common, name: 'untrusted', paths: ['/untrusted'], numberAt, caFile: undefined },
        { ...common, name: 'hasty', paths: ['/hasty'], numberAt, timeoutMs: 1_000 },
      ],
    }),
  )
  coffer = await startSystem({ env: { COFFER_FORWARD_DESTINATIONS_FILE: file } })
  const card = aCard({ cvv: CVV, cardholderName: NAME })
  number = card.cardNo
  const vaulted = await coffer.vaultPaymentMethod(aVaultingRequest({ card: { ...card, cvv: '739' } }))
  token = vaulted.json.paymentMethodDetail.card.cardToken
})
afterAll(async () => {
  await coffer?.stop()
  await processor?.stop()
})
beforeEach(() => {
  processor.charged.length = 0
  processor.answer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'x-request-id': 'req_1', 'x-inner': 'db7' })
    response.end('{"ok":true}')
  })
})

const BODY = '{"amount":100,"card":{"number":"{{card.number}}","exp":"{{card.expiryMonth}}{{card.expiryYear}}"}}'
type Change = Record<string, unknown> & { destination?: Record<string, unknown> }

const aForward = ({ destination, ...change }: Change = {}) => ({
  forwardRequestId: aRequestId('fw'),
  token,
  destination: {
    url: `${processor.origin}/v1/payments`,
    headers: { 'Content-Type': 'application/json', 'Idempotency-Key': 'k-1' },
    ...destination,
  },
  body: BODY,
  ...change,
})
/** A card of its own for a test that changes or deletes it. */
const anotherToken = async (cardholderName?: typeof NAME): Promise<string> => {
  const card = { ...(cardholderName && { cardholderName }) }
  return (await coffer.vaultPaymentMethod(aVaultingRequest({ card }))).json.paymentMethodDetail.card.cardToken
}
const forward = (request: object, as = coffer.merchant) => coffer.call('', request, { uri: '/coffer/v1/forward', as })
const codeOf = async (change: Change) => {
  const { json } = await forward(aForward(change))
  return `${json.result.resultCode} ${json.result.resultMessage}`
}
const select = (text: string, params: readonly unknown[] = []) => coffer.system.db.query({ name: '', text }, params)
const rowOf = async (id: string) =>
  (
    await select(
      'select state, http_status, withheld, destination, host from forwarding where forward_request_id = $1',
      [id],
    )
  )[0]
const answers = (write: (response: ServerResponse) => void) => processor.answer((_request, response) => write(response))

describe('a card is forwarded', () => {
  test('in JSON, and the answer goes back, signed, with the headers that may', async () => {
    const request = aForward()
    const answer = await forward(request)
    expect(answer.verified).toBe(true)
    expect(answer.json).toEqual({
      result: { resultCode: 'SUCCESS', resultStatus: 'S', resultMessage: 'success.' },
      forwardRequestId: request.forwardRequestId,
      response: {
        status: 200,
        headers: { 'content-type': 'application/json', 'x-request-id': 'req_1' },
        body: '{"ok":true}',
      },
    })
    expect(processor.charged).toHaveLength(1)
    const [{ method, url, headers, body }] = processor.charged as [(typeof processor.charged)[0]]
    expect([method, url]).toEqual(['POST', '/v1/payments'])
    expect(JSON.parse(body)).toEqual({ amount: 100, card: { number, exp: '0333' } })
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'content-length': String(body.length),
      'idempotency-key': 'k-1',
      authorization: 'Bearer fixed-secret-1',
      'x-api-version': '2',
      'accept-encoding': 'identity',
      host: new URL(processor.origin).host,
      connection: 'close',
    })
    expect(await rowOf(request.forwardRequestId)).toEqual({
      state: 'ANSWERED',
      http_status: 200,
      withheld: false,
      destination: 'processor',
      host: new URL(processor.origin).host,
    })
  })

  test('in a form, with the CVV of this call and the name as one value', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const body = 'a=1&card[number]={{card.number}}&card[cvc]={{card.cvv}}&name={{card.holderName}}'
    const { json } = await forward(aForward({ destination: { headers }, body, cvv: CVV }))
    expect(json.result.resultCode).toBe('SUCCESS')
    expect([...new URLSearchParams(processor.charged[0]!.body)]).toEqual([
      ['a', '1'],
      ['card[number]', number],
      ['card[cvc]', CVV],
      ['name', 'Ada"},&<x> Qzada'],
    ])
  })

  test('in XML, by PUT, below a listed path', async () => {
    const headers = { 'content-type': 'text/xml; charset=utf-8' }
    const url = `${processor.origin}/v1/payments/1/confirm`
    const body = '<Request><Card><Number>{{card.number}}</Number></Card><Name>{{card.holderName}}</Name></Request>'
    const { json } = await forward(aForward({ destination: { headers, url, method: 'put' }, body }))
    expect(json.result.resultCode).toBe('SUCCESS')
    expect(processor.charged[0]).toMatchObject({ method: 'PUT', url: '/v1/payments/1/confirm' })
    expect(processor.charged[0]!.body).toBe(
      `<Request><Card><Number>${number}</Number></Card><Name>Ada&#34;},&#38;&#60;x&#62; Qzada</Name></Request>`,
    )
  })

  test('with a record of who opened which card for whom, before it leaves', async () => {
    let atThatTime: unknown
    processor.answer(async (_request, response) => {
      atThatTime = await select(
        `select actor, action, ok from audit where reason = 'forwarded to processor' order by at desc limit 1`,
      )
      response.end('{}')
    })
    await forward(aForward())
    expect(atThatTime).toEqual([{ actor: coffer.merchant.clientId, action: 'card.opened', ok: true }])
  })

  test('over a connection of its own each time', async () => {
    const before = processor.connections()
    for (let n = 0; n < 3; n++) await forward(aForward())
    expect(processor.connections() - before).toBe(3)
  })

  test('and whatever the processor says of it is told: it is no failure of ours', async () => {
    answers(response => response.writeHead(402).end('{"error":"declined"}'))
    const { json } = await forward(aForward())
    expect(json).toMatchObject({
      result: { resultStatus: 'S' },
      response: { status: 402, body: '{"error":"declined"}' },
    })
  })
})

describe('a holder’s name that a thief with a merchant’s key has set', () => {
  const types = { json: 'application/json', form: 'application/x-www-form-urlencoded', xml: 'text/xml' }
  const card = '<Card><Number>{{card.number}}</Number></Card>'
  const named = async (fullName: string) => {
    const renamed = await anotherToken(NAME)
    const change = { token: renamed, accountHolderName: { firstName: 'a', lastName: 'b', fullName } }
    expect((await coffer.call('vaults/updateToken', change)).json.result.resultCode).toBe('SUCCESS')
    return renamed
  }
  const ofThief = async (type: keyof typeof types, fullName: string, body: string) =>
    aForward({ token: await named(fullName), destination: { headers: { 'content-type': types[type] } }, body })

  test.each<[string, keyof typeof types, string, string]>([
    [
      'a CDATA in XML, which swallows the place of the number up to the next note',
      'xml',
      '![CDATA[',
      `<Request><Note><{{card.holderName}}/></Note>${card}<Note>]]></Note>${card}</Request>`,
    ],
    ['the same without its end', 'xml', '![CDATA[', `<Request><Note><{{card.holderName}}/></Note>${card}</Request>`],
    ['a comment', 'xml', '!--', `<Request><{{card.holderName}}/>${card}<Note>--></Note>${card}</Request>`],
    ['an instruction', 'xml', '?x', `<Request><{{card.holderName}}/>${card}</Request>`],
    ['an attribute', 'xml', 'a="1" b', `<Request><Note {{card.holderName}}="2"/>${card}</Request>`],
    ['an entity', 'xml', 'lt', `<Request><Note>&{{card.holderName}};</Note>${card}</Request>`],
    [
      'a second field of one name in JSON',
      'json',
      'card',
      '{"card":{"number":"{{card.number}}"},"{{card.holderName}}":{"number":"1"}}',
    ],
    ['a field in a form', 'form', 'card[number]', 'card[number]={{card.number}}&{{card.holderName}}=1'],
    ['the end of an escape in a form', 'form', '26', 'a=%{{card.holderName}}&card[number]={{card.number}}'],
  ])('is never %s', async (_what, type, fullName, body) => {
    const request = await ofThief(type, fullName, body)
    expect((await forward(request)).json.result.resultCode).toBe('PARAM_ILLEGAL')
    expect(processor.charged).toHaveLength(0)
    expect(await rowOf(request.forwardRequestId)).toBeUndefined()
  })

  test.each<[keyof typeof types, string, string]>([
    ['xml', `<Request><Note a="$">$</Note>${card}</Request>`, '![CDATA['],
    ['json', '{"note":"$","card":{"number":"{{card.number}}"}}', '![CDATA['],
    ['form', 'note=$&card[number]={{card.number}}', '%21%5BCDATA%5B'],
  ])('is a text in %s, wherever a text may stand', async (type, body, written) => {
    const { json } = await forward(await ofThief(type, '![CDATA[', body.replaceAll('$', '{{card.holderName}}')))
    expect(json.result.resultCode).toBe('SUCCESS')
    expect(processor.charged[0]!.body.toLowerCase()).toBe(
      body.replaceAll('$', written).replace('{{card.number}}', number).toLowerCase(),
    )
  })
})

test('a form with a ? in front of the number’s field is not sent: to the processor it would be another field', async () => {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  expect(await codeOf({ destination: { headers }, body: '?card[number]={{card.number}}' })).toContain('PARAM_ILLEGAL')
  expect(processor.charged).toHaveLength(0)
})

describe('nobody else has the digits', () => {
  test('neither number nor CVV stand anywhere in the database or the log', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const body = 'card[number]={{card.number}}&card[cvc]={{card.cvv}}'
    answers(response => response.end(JSON.stringify({ number, cvc: CVV })))
    await forward(aForward({ destination: { headers }, body, cvv: CVV }))
    expect(processor.charged[0]!.body).toContain(CVV)
    expect(await placesOf(coffer, number)).toEqual([])
    expect(await placesOf(coffer, 'fixed-secret')).toEqual([])
    const columns = await select(`select * from forwarding`)
    expect(columns.length).toBeGreaterThan(0)
    const rest = columns.map(({ id: _, card_id: __, ...row }) => ({
      ...row,
      sent_at: 0,
      ended_at: 0,
      forward_request_id: '',
    }))
    expect(JSON.stringify(rest)).not.toContain(CVV)
    const log = coffer.logLines.filter(line => line.includes('forward.'))
    expect(log.length).toBeGreaterThan(0)
    for (const line of log) expect(Object.keys(JSON.parse(line))).toEqual(expect.not.arrayContaining(['body', 'url']))
    expect(coffer.system.log.maskedCount()).toBe(0)
  })
})

describe('an answer is kept back, with its status, when it', () => {
  test.each<[string, string, (response: ServerResponse) => void]>([
    ['repeats the request', 'CARD_NUMBER', response => response.end(processor.charged.at(-1)!.body)],
    ['has the number in groups', 'CARD_NUMBER', response => response.end(number.replace(/(.{4})/g, '$1 '))],
    ['has it in base64', 'CARD_NUMBER', response => response.end(Buffer.from(`a${number}`).toString('base64'))],
    ['has it in hexadecimal', 'CARD_NUMBER', response => response.end(Buffer.from(number).toString('hex'))],
    ['has it percent-encoded', 'CARD_NUMBER', response => response.end(number.replace(/./g, '%3$&'))],
    ['has it escaped', 'CARD_NUMBER', response => response.end(`"${number.replace(/./g, '\\u003$&')}"`)],
    ['has it in entities', 'CARD_NUMBER', response => response.end(number.replace(/./g, '&#x3$&;'))],
    ['has it backwards', 'CARD_NUMBER', response => response.end([...number].reverse().join(''))],
    ['has it in a header', 'CARD_NUMBER', response => response.setHeader('location', `/c/${number}`).end('{}')],
    ['has the CVV by its name', 'SECURITY_CODE', response => response.end(`{"cvc":"${CVV}"}`)],
    ['is compressed', 'COMPRESSED', response => response.setHeader('content-encoding', 'gzip').end(gzipSync('{}'))],
    ['is said to be deflated', 'COMPRESSED', response => response.setHeader('content-encoding', 'deflate').end('{}')],
    ['is compressed in secret', 'NOT_UTF8', response => response.end(gzipSync(number))],
    ['is too large', 'TOO_LARGE', response => response.end('x'.repeat(2_001))],
    ['says that it will be', 'TOO_LARGE', response => response.setHeader('content-length', 1e9).write('x')],
  ])('%s', async (_how, withheld, write) => {
    answers(response => {
      response.statusCode = 201
      write(response)
    })
    const body = BODY.replace('"amount":100', '"amount":100,"cvc":"{{card.cvv}}"')
    const request = aForward({ body, cvv: CVV })
    const answer = await forward(request)
    expect(answer.json.result.resultCode).toBe('SUCCESS')
    expect(answer.json.response).toEqual({ status: 201, withheld })
    expect(answer.text).not.toContain(number)
    expect(await rowOf(request.forwardRequestId)).toMatchObject({ state: 'ANSWERED', http_status: 201, withheld: true })
  })

  test('was asked for by a call that brings guesses of the number, whether one is right or not', async () => {
    answers(response => response.end(JSON.parse(processor.charged.at(-1)!.body).description))
    const guess = (hidden: string) => `${number.slice(0, 8)}${hidden}${number.slice(12)}`
    for (const description of [number, guess('1234'), guess('9999')]) {
      const body = BODY.replace('"amount":100', `"description":"${description}"`)
      const { json } = await forward(aForward({ body }))
      expect(json.response).toEqual({ status: 200, withheld: 'CARD_NUMBER' })
    }
  })
})

describe('a redirect is told and not followed:', () => {
  test.each([301, 302, 303, 307, 308])('%i', async status => {
    answers(response => response.writeHead(status, { location: `${processor.origin}/v1/payments/elsewhere` }).end())
    const { json } = await forward(aForward())
    expect(json.response).toMatchObject({ status, headers: { location: `${processor.origin}/v1/payments/elsewhere` } })
    expect(processor.charged).toHaveLength(1)
  })
})

describe('the id of a call', () => {
  test('is good for one: a repeat of the same bytes is told what became of it, and nothing is sent', async () => {
    const request = aForward()
    await forward(request)
    for (const again of [request, { ...request, body: BODY.replace('100', '999') }]) {
      const { json } = await forward(again)
      expect(json.result).toMatchObject({ resultCode: 'ALREADY_FORWARDED', resultStatus: 'F' })
      expect(json.forwarded).toEqual({ state: 'ANSWERED', status: 200 })
      expect(json.response).toBeUndefined()
    }
    expect(processor.charged).toHaveLength(1)
  })

  test('is told what became of it whatever token, call and destinations are by then', async () => {
    const request = aForward({ token: await anotherToken() })
    const { destination } = request
    await forward(request)
    const isStillTold = async (again: object) =>
      expect((await forward(again)).json).toMatchObject({
        result: { resultCode: 'ALREADY_FORWARDED' },
        forwardRequestId: request.forwardRequestId,
        forwarded: { state: 'ANSWERED', status: 200 },
      })
    await coffer.call('vaults/deleteToken', { token: request.token })
    await isStillTold(request)
    await isStillTold({ ...request, token: 'cof_none' })
    await isStillTold({ ...request, body: 'no template' })
    await isStillTold({ ...request, destination: { ...destination, url: 'https://evil.example/../' } })
    await isStillTold({ ...request, destination: { ...destination, headers: { authorization: 'mine' } } })
    const { forwardTo } = coffer.system
    Object.assign(coffer.system, { forwardTo: [] })
    await isStillTold(request).finally(() => Object.assign(coffer.system, { forwardTo }))
    expect(processor.charged).toHaveLength(1)
  })

  test('is not asked about when the call cannot be read: that one is refused, and was not sent', async () => {
    const request = aForward()
    await forward(request)
    const { json } = await forward({ ...request, cvv: '12' })
    expect(json.result.resultCode).toBe('PARAM_ILLEGAL')
    expect(processor.charged).toHaveLength(1)
  })

  test('counts when the same call was sent, and its token deleted, while this one was looking for the token', async () => {
    const request = aForward({ token: await anotherToken() })
    const { clientId } = coffer.merchant
    const lookup = coffer.system.cards.tokenLookup(clientId, request.token)
    const { repeat } = await coffer.system.db.transaction(async tx => {
      const inTx = (text: string, params: readonly unknown[] = []) => tx.query({ name: '', text }, params)
      await inTx('lock table sealed_card in access exclusive mode')
      const repeat = forward(request)
      const waiting = `select 1 from pg_locks where relation = 'sealed_card'::regclass and not granted`
      await expect.poll(() => inTx(waiting)).toHaveLength(1)
      await inTx(
        `insert into forwarding (id, merchant_id, forward_request_id, card_id, destination, host, state, sent_at)
         values (gen_random_uuid(), $1, $2, gen_random_uuid(), 'processor', 'x', 'SENT', '2026-01-01Z')`,
        [clientId, request.forwardRequestId],
      )
      await inTx(
        `update sealed_card set deleted_at = created_at, pan_sealed = null, pan_dek_id = null, holder_sealed = null,
                                fingerprint = null
         where token_lookup = $1`,
        [lookup],
      )
      return { repeat }
    })
    const { json } = await repeat
    expect(json).toMatchObject({ result: { resultCode: 'ALREADY_FORWARDED' }, forwarded: { state: 'SENT' } })
    expect(processor.charged).toHaveLength(0)
  })

  test('that comes ten times at once is sent once', async () => {
    const request = aForward()
    const all = await Promise.all(Array.from({ length: 10 }, () => forward(request)))
    expect(all.map(({ json }) => json.result.resultCode).sort()).toEqual([
      ...Array(9).fill('ALREADY_FORWARDED'),
      'SUCCESS',
    ])
    expect(processor.charged).toHaveLength(1)
  })

  test('may be used again when nothing was sent', async () => {
    const request = aForward({ destination: { url: 'https://closed.localhost:1/' } })
    const { json } = await forward(request)
    expect(json.result).toMatchObject({
      resultCode: 'FORWARD_FAILED',
      resultStatus: 'F',
      resultMessage: 'Nothing was sent: connection failed (ECONNREFUSED).',
    })
    expect(json.forwardRequestId).toBe(request.forwardRequestId)
    expect(await rowOf(request.forwardRequestId)).toMatchObject({ state: 'FAILED', http_status: null })
    const again = await forward(aForward({ forwardRequestId: request.forwardRequestId }))
    expect(again.json.result.resultCode).toBe('SUCCESS')
    expect(await rowOf(request.forwardRequestId)).toMatchObject({ state: 'ANSWERED', destination: 'processor' })
  })

  test('is another one for another merchant', async () => {
    const request = aForward()
    await forward(request)
    const { json } = await forward(request, coffer.otherMerchant)
    expect(json.result.resultCode).toBe('DESTINATION_NOT_ALLOWED')
  })
})

describe('a call that got no answer is unknown, and is not sent again', () => {
  test.each<[string, (response: ServerResponse) => void]>([
    ['silence', () => {}],
    ['an answer that does not end', response => response.writeHead(200).write('{')],
    ['a connection that is cut', response => response.socket?.destroy()],
    ['bytes that are not HTTP', response => response.socket?.end('hello\r\n\r\n')],
  ])('%s', async (_what, write) => {
    answers(write)
    const request = aForward({ timeoutMs: 1_000 })
    const { json } = await forward(request)
    expect(json.result).toMatchObject({ resultCode: 'UNKNOWN_EXCEPTION', resultStatus: 'U' })
    expect(json.result.resultMessage).toContain('may have acted')
    expect((await forward(request)).json).toMatchObject({
      result: { resultCode: 'ALREADY_FORWARDED' },
      forwarded: { state: 'SENT' },
    })
    expect(processor.charged).toHaveLength(1)
  })

  test('within the time that the operator gives, whatever more the call wants', async () => {
    answers(() => {})
    const began = performance.now()
    const { json } = await forward(aForward({ destination: { url: `${processor.origin}/hasty` }, timeoutMs: 9_000 }))
    expect(json.result.resultCode).toBe('UNKNOWN_EXCEPTION')
    expect(performance.now() - began).toBeLessThan(4_000)
  })
})

test('a certificate that nobody trusts ends it before a word is said', async () => {
  const { json } = await forward(aForward({ destination: { url: `${processor.origin}/untrusted` } }))
  expect(json.result.resultCode).toBe('FORWARD_FAILED')
  expect(json.result.resultMessage).toMatch(/^Nothing was sent: tls failed \([A-Z_]+\)\.$/)
  expect(processor.charged).toHaveLength(0)
})

describe('a call is refused, and nothing is sent or stored, with', () => {
  const headers = (more: Record<string, string>) => ({
    destination: { headers: { 'content-type': 'application/json', ...more } },
  })
  const url = (text: string) => ({ destination: { url: text } })
  test.each<[string, () => Change, string]>([
    ['a token that does not exist', () => ({ token: 'cof_none' }), 'TOKEN_NOT_EXIST'],
    ['another host', () => url('https://evil.example/v1/payments'), 'DESTINATION_NOT_ALLOWED'],
    ['a path that is not listed', () => url(`${processor.origin}/v1/customers`), 'DESTINATION_NOT_ALLOWED'],
    [
      'loopback by its address',
      () => url(`${processor.origin.replace('processor.localhost', '127.0.0.1')}/v1/payments`),
      'DESTINATION_NOT_ALLOWED',
    ],
    ['plain http', () => url(`${processor.origin.replace('https', 'http')}/v1/payments`), 'DESTINATION_NOT_ALLOWED'],
    ['a way up', () => url(`${processor.origin}/v1/payments/../customers`), 'PARAM_ILLEGAL'],
    ['an escaped way up', () => url(`${processor.origin}/v1/payments/%2e%2e/customers`), 'PARAM_ILLEGAL'],
    ['the number in the URL', () => url(`${processor.origin}/v1/payments/{{card.number}}`), 'PARAM_ILLEGAL'],
    ['a query', () => url(`${processor.origin}/v1/payments?x=1`), 'DESTINATION_NOT_ALLOWED'],
    ['the number in a header', () => headers({ 'Idempotency-Key': '{{card.number}}' }), 'PARAM_ILLEGAL'],
    ['a line break in a header', () => headers({ 'Idempotency-Key': 'a\r\nX-Evil: 1' }), 'PARAM_ILLEGAL'],
    ['a NUL in a header', () => headers({ 'Idempotency-Key': 'a\u0000b' }), 'PARAM_ILLEGAL'],
    ['letters outside of ASCII in a header', () => headers({ 'Idempotency-Key': 'ä' }), 'PARAM_ILLEGAL'],
    ['a line break in the name of a header', () => headers({ 'Idempotency-Key\r\nX': '1' }), 'PARAM_ILLEGAL'],
    ['a header that is not listed', () => headers({ 'X-Other': '1' }), 'PARAM_ILLEGAL'],
    ['a header that the operator sets', () => headers({ authorization: 'Bearer mine' }), 'PARAM_ILLEGAL'],
    ['another host in a header', () => headers({ host: 'evil.example' }), 'PARAM_ILLEGAL'],
    ['another length', () => headers({ 'content-length': '3' }), 'PARAM_ILLEGAL'],
    ['chunks', () => headers({ 'transfer-encoding': 'chunked' }), 'PARAM_ILLEGAL'],
    ['a wish for compression', () => headers({ 'accept-encoding': 'gzip' }), 'PARAM_ILLEGAL'],
    ['a header twice', () => headers({ 'Idempotency-Key': '1', 'idempotency-key': '2' }), 'PARAM_ILLEGAL'],
    ['no content type', () => ({ destination: { headers: {} } }), 'PARAM_ILLEGAL'],
    ['another method', () => ({ destination: { method: 'PATCH' } }), 'DESTINATION_NOT_ALLOWED'],
    ['a method without a body', () => ({ destination: { method: 'GET' } }), 'PARAM_ILLEGAL'],
    [
      'an unknown placeholder',
      () => ({ body: '{"a":"{{card.pin}}"}' }),
      'PARAM_ILLEGAL Illegal parameters exist. body holds an unknown placeholder, card.pin',
    ],
    ['the number in another field', () => ({ body: '{"description":"{{card.number}}"}' }), 'PARAM_ILLEGAL'],
    [
      'a CVV that it does not bring',
      () => ({ body: '{"cvc":"{{card.cvv}}"}' }),
      'PARAM_ILLEGAL Illegal parameters exist. cvv is required',
    ],
    ['a CVV that is none', () => ({ cvv: '12' }), 'PARAM_ILLEGAL'],
    ['no body', () => ({ body: '' }), 'PARAM_ILLEGAL'],
    ['a body over the limit', () => ({ body: `{"a":"${'x'.repeat(49_152)}{{card.number}}"}` }), 'PARAM_ILLEGAL'],
    ['no id', () => ({ forwardRequestId: '' }), 'PARAM_ILLEGAL'],
    ['a time that nobody waits', () => ({ timeoutMs: 60_000 }), 'PARAM_ILLEGAL'],
  ])('%s', async (_what, change, code) => {
    const count = async () =>
      (await select('select (select count(*) from forwarding) as f, (select count(*) from audit) as a'))[0]
    const before = await count()
    expect(await codeOf(change())).toMatch(new RegExp(`^${code}`))
    expect(processor.charged).toHaveLength(0)
    expect(await count()).toEqual(before)
  })

  test('a token of another merchant', async () => {
    const vaulted = await coffer.vaultPaymentMethod(aVaultingRequest(), { as: coffer.otherMerchant })
    const other = vaulted.json.paymentMethodDetail.card.cardToken
    expect(await codeOf({ token: other })).toMatch(/^TOKEN_NOT_EXIST/)
  })

  test('a name that the card does not have', async () => {
    const body = '{"name":"{{card.holderName}}"}'
    expect(await codeOf({ token: await anotherToken(), body })).toContain('the card was stored without a name')
  })

  test('a token that was deleted', async () => {
    const deleted = await anotherToken()
    expect(await codeOf({ token: deleted })).toMatch(/^SUCCESS/)
    await coffer.call('vaults/deleteToken', { token: deleted })
    expect(await codeOf({ token: deleted })).toMatch(/^TOKEN_NOT_EXIST/)
  })
})
