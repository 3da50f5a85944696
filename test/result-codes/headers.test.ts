/** What the five official SDKs put on the wire, byte for byte, and what they need to find in an answer. */
import { createPublicKey, type KeyObject, sign } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { contentToSign, parseSignatureHeader, verifyContent } from '../../packages/antom/src/index.js'
import { aVaultingRequest } from '../support/builders.js'
import { startSystem, type TestSystem } from '../support/start-system.js'
import { type RawAnswer, RawConnection } from './raw-http.js'

const PATH = '/ams/sandbox/api/v1/vaults/vaultPaymentMethod'

let coffer: TestSystem
let gatewayKey: KeyObject
beforeAll(async () => {
  coffer = await startSystem()
  const key = Buffer.from(coffer.system.gatewayKey.publicKey, 'base64')
  gatewayKey = createPublicKey({ key, format: 'der', type: 'spki' })
})
afterAll(() => coffer?.stop())

interface Shape {
  method?: string
  target?: string
  /** What is signed, where it is not the target. */
  uri?: string
  clientId?: string
  time?: string
  body?: string
  /** Header lines in their order; `@` stands for client id, time or signature. */
  lines?: string[]
  signature?: (base64: string) => string
}

const json = 'application/json; charset=UTF-8'
const upper = (base64: string) => `algorithm=RSA256,keyVersion=1,signature=${encodeURIComponent(base64)}`
const lower = (base64: string) => upper(base64).replace(/%../g, escaped => escaped.toLowerCase())

/** A good call in one SDK's hand; a method, since client and time are known once the vault runs. */
function shapes(): Record<'Java' | 'Python' | 'Go' | 'PHP' | '.NET', Shape> {
  const now = new Date(coffer.system.clock.now()).toISOString()
  const seconds = now.slice(0, 19)
  const request = aVaultingRequest()
  return {
    Java: {
      lines: [
        `Content-Type: ${json}`,
        'User-Agent: global-open-sdk-java/2.2.8',
        'Signature: @signature',
        'Request-Time: @time',
        'client-id: @client',
        'Accept: text/plain,text/xml,text/javascript,text/html',
      ],
    },
    Python: {
      time: `${seconds}+00:00`,
      target: `https://vault.test:8443${PATH}`,
      uri: PATH,
      body: JSON.stringify(request, null, 2),
      lines: [
        'Accept-Encoding: identity',
        `Content-type: ${json}`,
        'Request-Time: @time',
        'client-id: @client',
        'Signature: @signature',
        'Accept: text/plain,text/xml,text/javascript,text/html',
        'Cache-Control: no-cache',
        'Connection: Keep-Alive',
        'User-Agent: global-alipay-sdk-python',
      ],
    },
    Go: {
      body: JSON.stringify(request).replaceAll('&', '\\u0026'),
      lines: [
        'User-Agent: global-alipay-sdk-go',
        'Agent-Token: ',
        'Client-Id: @client',
        'Content-Type: application/json',
        `Content-Type: ${json}`,
        'Key-Version: 1',
        'Request-Time: @time',
        'Sdk-Version: 1.3.5',
        'Signature: @signature',
        'Accept-Encoding: gzip',
      ],
    },
    PHP: {
      time: `${seconds}+0000`,
      body: JSON.stringify(request).replaceAll('/', '\\/'),
      lines: [
        'Accept: */*',
        `Content-Type:${json}`,
        'User-Agent:global-alipay-sdk-php',
        'client-id:@client',
        'Request-Time:@time',
        'Signature:@signature',
      ],
    },
    '.NET': {
      time: `${now.slice(0, 23)}0000Z`,
      body: JSON.stringify({ ...request, merchantRegion: null }),
      signature: lower,
      lines: [
        'client-id: @client',
        'request-time: @time',
        'signature: @signature',
        'X-sdkVersion: 2.2.5',
        'User-Agent: global-alipay-sdk-net',
        `Content-Type: ${json}`,
      ],
    },
  }
}

describe('the SDK for', () => {
  test.each(['Java', 'Python', 'Go', 'PHP', '.NET'] as const)('%s is understood', async name => {
    const answer = await once(shapes()[name])
    expect(codeOf(answer)).toBe('SUCCESS')
  })

  test.each(['Java', 'Python', 'Go', 'PHP', '.NET'] as const)('%s may wait for 100 Continue', async name => {
    const shape = shapes()[name]
    const connection = await RawConnection.open(coffer.apiUrl)
    const { head, body } = written({ ...shape, lines: [...shape.lines!, 'Expect: 100-continue'] })
    connection.send(head)
    expect((await connection.answer()).statusLine).toBe('HTTP/1.1 100 Continue')
    connection.send(body)
    expect(codeOf(await connection.answer())).toBe('SUCCESS')
    connection.close()
  })
})

describe('a request line', () => {
  test.each([
    ['the path alone', PATH, PATH],
    ['a query string, which is signed', `${PATH}?a=1&b=%2Fx%20y`, undefined],
    ['an empty query string', `${PATH}?`, undefined],
    ['an absolute https URL', `https://127.0.0.1:8443${PATH}`, PATH],
    ['an absolute http URL', `http://127.0.0.1${PATH}`, PATH],
    ['an absolute URL of another host and port', `https://open-na.alipay.com:444${PATH}`, PATH],
    ['an absolute URL with a query string', `https://vault.test${PATH}?a=1`, `${PATH}?a=1`],
    ['an absolute URL in capitals', `HTTPS://VAULT.TEST${PATH}`, PATH],
  ])('may have %s', async (_what, target, uri) => {
    expect(codeOf(await once({ target, ...(uri && { uri }) }), uri ?? target)).toBe('SUCCESS')
  })

  test.each([
    ['a query string that was not signed', `${PATH}?a=1`, PATH],
    ['no query string where one was signed', PATH, `${PATH}?a=1`],
    ['an absolute URL that was signed as a whole', `https://vault.test${PATH}`, `https://vault.test${PATH}`],
    ['a decoded query string', `${PATH}?b=%2F`, `${PATH}?b=/`],
  ])('with %s has a wrong signature', async (_what, target, uri) => {
    const answer = await once({ target, uri })
    expect(codeOf(answer, target.replace('https://vault.test', ''))).toBe('SIGNATURE_INVALID')
  })

  test.each([
    `/${PATH}`,
    '/%zz',
    '/',
    '/?',
    '/ams//sandbox/api/v1/vaults/vaultPaymentMethod',
    '/x/../ams/sandbox/api/v1/vaults/vaultPaymentMethod',
    `${PATH}/`,
    `${PATH};x`,
    `${PATH}%20`,
    `${PATH}#x`,
    '*',
  ])('with the path %s meets no API, signed over the path as it came', async target => {
    const answer = await once({ target })
    expect(codeOf(answer, target.startsWith('/') ? target : `/${target}`)).toBe('NO_INTERFACE_DEF')
  })

  test.each(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'MKCOL', 'M-SEARCH', 'QUERY', 'TRACE'])(
    'with the method %s is not supported',
    async method => {
      const connection = await RawConnection.open(coffer.apiUrl)
      const { head, body } = written({ method })
      connection.send(head, body)
      // Nothing follows the head of an answer to HEAD, whatever length it tells.
      const answer = await connection.answer({ bodyless: method === 'HEAD' })
      if (method === 'HEAD') expect(answer.header('signature')).toMatch(/^algorithm=RSA256,/)
      else expect(codeOf(answer, PATH, method)).toBe('METHOD_NOT_SUPPORTED')
      connection.send(...goodParts())
      expect(codeOf(await connection.answer())).toBe('SUCCESS')
      connection.close()
    },
  )
})

describe('a header', () => {
  const good = ['client-id: @client', 'Request-Time: @time', 'Signature: @signature']

  test.each([
    ['client-id', 'PARAM_ILLEGAL'],
    ['request-time', 'PARAM_ILLEGAL'],
    ['signature', 'SIGNATURE_INVALID'],
  ])('%s that comes twice is refused, even if both say the same', async (name, code) => {
    const again = good.find(line => line.toLowerCase().startsWith(`${name}:`))!
    expect(codeOf(await once({ lines: [...good, again] }))).toBe(code)
    expect(codeOf(await once({ lines: [...good, again.toUpperCase().replace(/@.*/, '')] }))).toBe(code)
    expect(codeOf(await once({ lines: good.filter(line => line !== again) }), PATH, 'POST', name !== 'client-id')).toBe(
      code,
    )
  })

  test.each([
    ['plain base64', (base64: string) => `algorithm=RSA256,keyVersion=1,signature=${base64}`],
    ['escapes in lower case', lower],
    ['blanks after the commas', (base64: string) => upper(base64).replaceAll(',', ', ')],
    ['blanks around the parts', (base64: string) => ` ${upper(base64).replaceAll(',', ' \t,  ')} `],
    ['no key version, which means the newest', (base64: string) => upper(base64).replace('keyVersion=1,', '')],
    ['another order', (base64: string) => `signature=${encodeURIComponent(base64)},keyVersion=1,algorithm=RSA256`],
  ])('signature with %s is accepted', async (_what, signature) => {
    for (let i = 0; i < 5; i++) expect(codeOf(await once({ signature }))).toBe('SUCCESS')
  })

  test.each([
    [
      'a blank inside the base64',
      (base64: string) => upper(`${base64.slice(0, 9)} ${base64.slice(9)}`).replace('%20', ' '),
    ],
    ['base64url', (base64: string) => upper(base64.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, ''))],
    ['a part of our own invention', (base64: string) => `${upper(base64)},x=1`],
    ['a part twice', (base64: string) => `${upper(base64)},algorithm=RSA256`],
    ['another algorithm', (base64: string) => upper(base64).replace('RSA256', 'RSA512')],
    ['a flipped bit', (base64: string) => upper((base64.startsWith('A') ? 'B' : 'A') + base64.slice(1))],
    ['no padding', (base64: string) => upper(base64.replace(/=+$/, ''))],
    ['padding twice', (base64: string) => upper(`${base64}=`)],
    ['escapes twice', (base64: string) => upper(encodeURIComponent(base64))],
    ['a broken escape', (base64: string) => `${upper(base64)}%zz%ff`],
    ['nothing', () => ''],
    ['no signature', () => 'algorithm=RSA256,keyVersion=1'],
  ])('signature with %s is refused', async (_what, signature) => {
    expect(codeOf(await once({ signature }))).toBe('SIGNATURE_INVALID')
  })

  test.each([
    [],
    ['Content-Type: application/json'],
    ['Content-Type: text/plain'],
    ['Content-Type: application/x-www-form-urlencoded'],
    ['Content-Type: multipart/form-data; boundary=x'],
    ['Content-Type: nonsense'],
    ['Content-Type: '],
    ['Content-Type: application/json', 'Content-Type: text/html'],
    ['Accept: image/png'],
    ['Accept-Encoding: gzip, deflate, br, zstd'],
    ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c'],
    ['Connection: upgrade', 'Upgrade: websocket'],
    ['Agent-Token: '],
    ['Expect: something-else'],
    ['Origin: https://evil.example'],
    ['Host: open-na-global.alipay.com'],
    ['If-None-Match: *', 'Range: bytes=0-1'],
  ])('that does not matter does not: %s %s', async (...more) => {
    expect(codeOf(await once({ lines: [...good, ...more.filter(line => line !== undefined)] }))).toBe('SUCCESS')
  })

  test('transfer-encoding: chunked carries a body as well', async () => {
    const { head, body } = written({})
    const connection = await RawConnection.open(coffer.apiUrl)
    const half = body.length >> 1
    const chunk = (part: Buffer) => Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, CRLF])
    connection.send(head.replace(/content-length: \d+/, 'transfer-encoding: chunked'))
    connection.send(chunk(body.subarray(0, half)), chunk(body.subarray(half)), '0\r\n\r\n')
    expect(codeOf(await connection.answer())).toBe('SUCCESS')
    connection.close()
  })
})

const CRLF = Buffer.from('\r\n')

describe('an answer', () => {
  const calls: [what: string, shape: () => Shape, code: string][] = [
    ['a success', () => ({ lines: [...shapes().Go.lines!] }), 'SUCCESS'],
    ['a refusal', () => ({ body: '{}' }), 'PARAM_ILLEGAL'],
    ['a wrong signature', () => ({ signature: () => 'algorithm=RSA256,signature=AAAA' }), 'SIGNATURE_INVALID'],
    ['an unknown client', () => ({ clientId: 'SANDBOX_5X99999999999999' }), 'UNKNOWN_CLIENT'],
    ['an unknown path', () => ({ target: '/nothing' }), 'NO_INTERFACE_DEF'],
  ]

  test.each(calls)('to %s has the headers that SDKs look for, in lower case', async (_what, shape, code) => {
    const sent = shape()
    const answer = await once(sent)
    expect(codeOf(answer, sent.target ?? PATH)).toBe(code)
    expect(answer.header('client-id')).toBe(sent.clientId ?? coffer.merchant.clientId)
    expect(answer.header('content-type')).toBe('application/json; charset=UTF-8')
    expect(answer.header('response-time')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    expect(answer.header('signature')).toMatch(/^algorithm=RSA256,keyVersion=1,signature=([A-Za-z0-9]|%2B|%2F|%3D)+$/)
    for (const [name] of answer.headers) expect(name).toBe(name.toLowerCase())
    expect(new Set(answer.headers.map(([name]) => name)).size).toBe(answer.headers.length)
  })

  test.each(calls)(
    'to %s has no other header that PHP could take for them, and is not compressed',
    async (_what, shape) => {
      const answer = await once(shape())
      for (const word of ['signature', 'response-time']) {
        expect(answer.headers.filter(line => line.join(':').toLowerCase().includes(word))).toHaveLength(1)
      }
      for (const name of ['content-encoding', 'transfer-encoding', 'vary', 'server', 'x-powered-by', 'etag']) {
        expect(answer.headers.map(([given]) => given.toLowerCase())).not.toContain(name)
      }
    },
  )

  test('is printable, has no number and no null, and holds nothing that the request did not', async () => {
    const answer = await once({})
    const body = JSON.parse(answer.body.toString('utf8'))
    const leaves: unknown[] = []
    JSON.stringify(body, (_name, value) => {
      if (typeof value !== 'object' || value === null) leaves.push(value)
      return value
    })
    expect(leaves.length).toBeGreaterThan(8)
    for (const leaf of leaves) expect(['string', 'boolean']).toContain(typeof leaf)
  })

  test('leaves the connection open, so that the next call can use it, whatever came of the last', async () => {
    const connection = await RawConnection.open(coffer.apiUrl)
    const faults: Shape[] = [
      { signature: () => 'nonsense' },
      { target: '/nothing' },
      { body: '[]' },
      { body: '' },
      { method: 'GET' },
      { method: 'DELETE' },
      { clientId: 'nobody' },
    ]
    for (const fault of faults) {
      const { head, body } = written(fault)
      connection.send(head, body)
      expect(codeOf(await connection.answer(), fault.target ?? PATH, fault.method)).not.toBe('SUCCESS')
      connection.send(...goodParts())
      expect(codeOf(await connection.answer())).toBe('SUCCESS')
    }
    connection.close()
  })

  test('comes in its turn when calls are sent without waiting', async () => {
    const connection = await RawConnection.open(coffer.apiUrl)
    const bodies = [1, 2, 3].map(() => JSON.stringify(aVaultingRequest()))
    for (const body of bodies) {
      const parts = written({ body })
      connection.send(parts.head, parts.body)
    }
    for (const body of bodies) {
      const answer = await connection.answer()
      expect(codeOf(answer)).toBe('SUCCESS')
      expect(JSON.parse(answer.body.toString()).vaultingRequestId).toBe(JSON.parse(body).vaultingRequestId)
    }
    connection.close()
  })
})

const goodParts = (): [string, Buffer] => {
  const { head, body } = written({})
  return [head, body]
}

/** The bytes of a call. */
function written(shape: Shape): { head: string; body: Buffer } {
  const { method = 'POST', target = PATH, uri = target, clientId = coffer.merchant.clientId } = shape
  const time = shape.time ?? String(coffer.system.clock.now())
  const body = Buffer.from(shape.body ?? JSON.stringify(aVaultingRequest()))
  const path = uri.startsWith('/') || /^https:/.test(uri) ? uri : `/${uri}`
  const content = contentToSign({ method, uri: path, clientId, time, body })
  const base64 = sign('RSA-SHA256', content, coffer.merchant.privateKey).toString('base64')
  const signature = (shape.signature ?? upper)(base64)
  const lines = shape.lines ?? ['client-id: @client', 'Request-Time: @time', 'Signature: @signature']
  const filled = lines.map(line =>
    line
      .replace('@client', clientId)
      .replace('@time', time)
      .replace('@signature', () => signature),
  )
  const host = lines.some(line => line.startsWith('Host:')) ? [] : ['Host: vault.test:8443']
  const head = [`${method} ${target} HTTP/1.1`, ...host, ...filled, `content-length: ${body.length}`, '', ''].join(
    '\r\n',
  )
  return { head, body }
}

async function once(shape: Shape): Promise<RawAnswer> {
  const connection = await RawConnection.open(coffer.apiUrl)
  const { head, body } = written(shape)
  connection.send(head, body)
  const answer = await connection.answer()
  connection.close()
  return answer
}

/** The result code of an answer, after its signature over exactly these bytes was found right. */
function codeOf(answer: RawAnswer, uri = PATH, method = 'POST', echoed = true): string {
  expect(answer.statusLine).toBe('HTTP/1.1 200 OK')
  const header = parseSignatureHeader(answer.header('signature') ?? '')
  expect(header.ok).toBe(true)
  const clientId = answer.header('client-id') ?? ''
  expect(clientId !== '').toBe(echoed)
  const time = answer.header('response-time') ?? ''
  const content = contentToSign({ method, uri, clientId, time, body: answer.body })
  expect(header.ok && verifyContent(gatewayKey, content, header.header.signature)).toBe(true)
  return JSON.parse(answer.body.toString('utf8')).result.resultCode
}
