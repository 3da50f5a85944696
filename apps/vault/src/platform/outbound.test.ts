import { Buffer } from 'node:buffer'
import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { type AddressInfo, connect, createServer as createTcpServer, Socket, type Server as TcpServer } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { LOOPBACK_ADDRESSES, REFUSED_ADDRESSES } from '../../../../test/support/addresses.js'
import { recordingOpen } from '../../../../test/support/recording-open.js'
import { makeOutbound, type Outbound, type OutboundOptions } from './outbound.js'

const SANDBOX = { allowHttp: true, allowLoopback: true }
const LIVE = { allowHttp: false, allowLoopback: false }
const BODY = Buffer.from('{"hello":"é"}')
const ACK = '{"result":{"resultCode":"SUCCESS","resultStatus":"S","resultMessage":"success"}}'

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  vi.unstubAllEnvs()
  for (const close of closers.splice(0).reverse()) await close()
})

/** Never asks a real resolver: without answers of its own, a test that resolves anything fails. */
function outbound(options: Partial<OutboundOptions> = {}): Outbound {
  const noResolver = async (host: string) => {
    throw new Error(`a test wanted to look up ${host}`)
  }
  const made = makeOutbound({ policy: SANDBOX, resolve: noResolver, ...options })
  closers.push(() => made.close())
  return made
}

async function listening<T extends Server | TcpServer>(server: T, host = '127.0.0.1'): Promise<number> {
  const open = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket)).on('error', () => {})
  })
  await new Promise<void>(resolve => server.listen(0, host, resolve))
  closers.push(async () => {
    for (const socket of open) socket.destroy()
    await new Promise(resolve => server.close(resolve))
  })
  return (server.address() as AddressInfo).port
}

async function receiver(answer: RequestListener = (_, response) => response.end(ACK)) {
  const requests: { request: IncomingMessage; body: string }[] = []
  const ports = new Set<number | undefined>()
  const server = createServer((request, response) => {
    ports.add(request.socket.remotePort)
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      requests.push({ request, body: Buffer.concat(chunks).toString('utf8') })
      answer(request, response)
    })
  })
  const port = await listening(server)
  return { requests, port, connections: ports, url: (path = '/') => new URL(`http://127.0.0.1:${port}${path}`) }
}

/** Speaks bytes, for answers that no HTTP server would give. */
async function rawReceiver(onConnection: (socket: Socket) => void) {
  let heard = ''
  const server = createTcpServer(socket => {
    socket.on('data', chunk => {
      heard += chunk.toString('latin1')
    })
    onConnection(socket)
  })
  const port = await listening(server)
  return { port, url: new URL(`http://127.0.0.1:${port}/`), heard: () => heard }
}

const answers = (...addresses: string[]) =>
  vi.fn(async () => addresses.map(address => ({ address, family: address.includes(':') ? 6 : 4 })))

describe('where a connection goes', () => {
  it.each(REFUSED_ADDRESSES)('nowhere when the name resolves to %s', async address => {
    const { opened, open } = recordingOpen()
    const answer = await outbound({ resolve: answers(address), open }).post(new URL('https://shop.example/'), {}, BODY)
    expect(answer).toEqual({ kind: 'failed', reason: 'refused address' })
    expect(opened).toEqual([])
  })

  it.each([...REFUSED_ADDRESSES, ...LOOPBACK_ADDRESSES])('nowhere when the URL says %s', async address => {
    const { opened, open } = recordingOpen()
    const url = new URL(`https://${address.includes(':') ? `[${address}]` : address}/`)
    const answer = await outbound({ policy: LIVE, open }).post(url, {}, BODY)
    expect(answer).toEqual({ kind: 'failed', reason: 'refused URL' })
    expect(opened).toEqual([])
  })

  it.each([
    [['8.8.8.8', '127.0.0.1']],
    [['2606:4700::1111', '::ffff:127.0.0.1']],
    [['8.8.8.8', '1.1.1.1', '9.9.9.9', '10.0.0.1']],
    [['8.8.8.8', 'nonsense']],
  ])('nowhere when one of %j is bad', async addresses => {
    const { opened, open } = recordingOpen()
    const sender = outbound({ policy: { ...LIVE }, resolve: answers(...addresses), open })
    expect(await sender.post(new URL('https://shop.example/'), {}, BODY)).toMatchObject({ reason: 'refused address' })
    expect(opened).toEqual([])
  })

  it('to the addresses that were checked, in their order and at most three, at the port of the URL', async () => {
    const { opened, open } = recordingOpen()
    const resolve = answers('8.8.8.8', '2606:4700::1111', '1.1.1.1', '9.9.9.9')
    const answer = await outbound({ policy: LIVE, resolve, open }).post(new URL('https://shop.example:8443/'), {}, BODY)
    expect(answer).toEqual({ kind: 'failed', reason: 'connection failed', detail: 'ETEST' })
    expect(opened).toEqual(['8.8.8.8 8443', '2606:4700::1111 8443', '1.1.1.1 8443'])
    expect(resolve.mock.calls).toEqual([['shop.example']])
  })

  it.each([
    ['https://8.8.8.8/', '8.8.8.8 443'],
    ['http://8.8.8.8/', '8.8.8.8 80'],
    ['https://[2606:4700::1111]/', '2606:4700::1111 443'],
    ['http://134744072:81/', '8.8.8.8 81'],
  ])('straight to an address that is written out: %s', async (url, expected) => {
    const { opened, open } = recordingOpen()
    await outbound({ open }).post(new URL(url), {}, BODY)
    expect(opened).toEqual([expected])
  })

  it('to the own machine for localhost, whatever a resolver would say', async () => {
    for (const host of ['localhost', 'localhost.', 'shop.localhost']) {
      const { opened, open } = recordingOpen()
      const resolve = answers('8.8.8.8')
      await outbound({ resolve, open }).post(new URL(`http://${host}:81/`), {}, BODY)
      expect(opened).toEqual(['127.0.0.1 81', '::1 81'])
      expect(resolve).not.toHaveBeenCalled()
    }
  })

  it('nowhere in a live vault for localhost and plain http', async () => {
    const { opened, open } = recordingOpen()
    const sender = outbound({ policy: LIVE, resolve: answers('8.8.8.8'), open })
    for (const url of ['https://localhost/', 'http://shop.example/', 'https://user@shop.example/']) {
      expect(await sender.post(new URL(url), {}, BODY)).toEqual({ kind: 'failed', reason: 'refused URL' })
    }
    expect(opened).toEqual([])
  })

  it('is left before a word is said when the peer is not the one that was checked', async () => {
    const there = await rawReceiver(() => {})
    // Stands for a route or a proxy in between: asked for a public address, ends on the own machine.
    const open = () => connect({ host: '127.0.0.1', port: there.port })
    const sender = outbound({ policy: { ...SANDBOX, allowLoopback: false }, resolve: answers('8.8.8.8'), open })
    const answer = await sender.post(new URL('http://shop.example/'), {}, BODY)
    expect(answer).toEqual({ kind: 'failed', reason: 'refused address' })
    expect(there.heard()).toBe('')
  })

  it('is looked up once per connection, so that a name cannot change its mind in between', async () => {
    const there = await receiver()
    const resolve = vi
      .fn<NonNullable<OutboundOptions['resolve']>>()
      .mockResolvedValueOnce([{ address: '127.0.0.1', family: 4 }])
      .mockResolvedValue([{ address: '10.0.0.1', family: 4 }])
    const sender = outbound({ resolve })
    const url = new URL(`http://rebind.example:${there.port}/`)
    for (let n = 0; n < 3; n += 1) {
      expect(await sender.post(url, {}, BODY)).toMatchObject({ kind: 'answered' })
      // A moment for the agent to see that the connection is free again, else it opens another one.
      await new Promise(done => setTimeout(done, 20))
    }
    expect(resolve).toHaveBeenCalledTimes(1)
    expect(there.connections.size).toBe(1)
  })

  it('is checked again for a new connection', async () => {
    const there = await receiver((_, response) => response.setHeader('connection', 'close').end(ACK))
    const resolve = vi
      .fn<NonNullable<OutboundOptions['resolve']>>()
      .mockResolvedValueOnce([{ address: '127.0.0.1', family: 4 }])
      .mockResolvedValue([{ address: '10.0.0.1', family: 4 }])
    const sender = outbound({ resolve })
    const url = new URL(`http://rebind.example:${there.port}/`)
    expect(await sender.post(url, {}, BODY)).toMatchObject({ kind: 'answered' })
    expect(await sender.post(url, {}, BODY)).toEqual({ kind: 'failed', reason: 'refused address' })
    expect(there.requests).toHaveLength(1)
  })

  it('is never a connection that another name has opened', async () => {
    const there = await receiver()
    const resolve = vi.fn(async (host: string) => [
      { address: host === 'a.example' ? '127.0.0.1' : '10.0.0.1', family: 4 },
    ])
    const sender = outbound({ resolve })
    expect(await sender.post(new URL(`http://a.example:${there.port}/`), {}, BODY)).toMatchObject({ status: 200 })
    expect(await sender.post(new URL(`http://b.example:${there.port}/`), {}, BODY)).toMatchObject({
      reason: 'refused address',
    })
  })

  it('knows a name that does not exist', async () => {
    const notFound = async () => {
      throw Object.assign(new Error('getaddrinfo ENOTFOUND shop.example'), { code: 'ENOTFOUND' })
    }
    const url = new URL('https://shop.example/')
    expect(await outbound({ resolve: notFound }).post(url, {}, BODY)).toEqual({
      kind: 'failed',
      reason: 'name not found',
      detail: 'ENOTFOUND',
    })
    expect(await outbound({ resolve: answers() }).post(url, {}, BODY)).toEqual({
      kind: 'failed',
      reason: 'name not found',
    })
  })

  it('takes no longer for a resolver that says nothing', async () => {
    const resolve = () => new Promise<never>(() => {})
    const answer = await outbound({ resolve, connectTimeoutMs: 30 }).post(new URL('https://shop.example/'), {}, BODY)
    expect(answer).toEqual({ kind: 'failed', reason: 'timeout' })
  })

  it('takes no longer for an address that says nothing', async () => {
    const open = () => new Socket()
    const sender = outbound({ resolve: answers('8.8.8.8'), open, connectTimeoutMs: 30 })
    expect(await sender.post(new URL('https://shop.example/'), {}, BODY)).toEqual({ kind: 'failed', reason: 'timeout' })
  })
})

describe('a call', () => {
  it('sends the body as it is to path and query as they are, and reads the answer', async () => {
    const there = await receiver()
    const url = there.url('//a/%2e%2e/b;c?x=%C3%BC&y=a+b#part')
    const answer = await outbound().post(
      url,
      { 'content-type': 'application/json; charset=UTF-8', 'client-id': 'C' },
      BODY,
    )
    expect(answer).toEqual({ kind: 'answered', status: 200, body: Buffer.from(ACK) })
    const { request, body } = there.requests[0]!
    expect(body).toBe(BODY.toString('utf8'))
    expect(request.method).toBe('POST')
    expect(request.url).toBe(url.pathname + url.search)
    expect(request.headers).toEqual({
      host: `127.0.0.1:${there.port}`,
      connection: 'keep-alive',
      'content-type': 'application/json; charset=UTF-8',
      'client-id': 'C',
      'accept-encoding': 'identity',
      'content-length': String(BODY.length),
    })
  })

  it('keeps host and accept-encoding to itself', async () => {
    const there = await receiver()
    await outbound().post(there.url(), { Host: 'evil.example', 'Accept-Encoding': 'gzip' }, BODY)
    expect(there.requests[0]?.request.headers).toMatchObject({
      host: `127.0.0.1:${there.port}`,
      'accept-encoding': 'identity',
    })
    expect(there.requests[0]?.request.rawHeaders.filter(name => /^(host|accept-encoding)$/i.test(name))).toHaveLength(2)
  })

  it('throws for a header that HTTP does not allow', async () => {
    const there = await receiver()
    await expect(outbound().post(there.url(), { 'client-id': 'a\r\nb: c' }, BODY)).rejects.toThrow()
    expect(there.requests).toEqual([])
  })

  it('reaches localhost by name', async () => {
    const there = await receiver()
    expect(await outbound().post(new URL(`http://localhost:${there.port}/`), {}, BODY)).toMatchObject({ status: 200 })
    expect(there.requests[0]?.request.headers.host).toBe(`localhost:${there.port}`)
  })

  it.each([200, 204, 400, 404, 500, 503])('gives the status %s as an answer', async status => {
    const there = await receiver((_, response) => response.writeHead(status).end())
    expect(await outbound().post(there.url(), {}, BODY)).toEqual({ kind: 'answered', status, body: Buffer.alloc(0) })
  })

  it.each([301, 302, 303, 307, 308])('does not follow a %s', async status => {
    const there = await receiver((_, response) => response.writeHead(status, { location: '/elsewhere' }).end('moved'))
    const answer = await outbound().post(there.url('/here'), {}, BODY)
    expect(answer).toEqual({ kind: 'answered', status, body: Buffer.from('moved') })
    expect(there.requests.map(({ request }) => request.url)).toEqual(['/here'])
  })

  it('does not decode a compressed answer, asked for or not', async () => {
    const packed = gzipSync(Buffer.alloc(1_000_000))
    const there = await receiver((_, response) => response.setHeader('content-encoding', 'gzip').end(packed))
    expect(await outbound().post(there.url(), {}, BODY)).toEqual({ kind: 'answered', status: 200, body: packed })
  })

  it('takes no notice of proxies in the environment', async () => {
    const there = await receiver()
    const proxy = await receiver()
    for (const name of ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy']) {
      vi.stubEnv(name, proxy.url().href)
    }
    vi.stubEnv('NODE_USE_ENV_PROXY', '1')
    vi.stubEnv('NO_PROXY', '')
    expect(await outbound().post(there.url(), {}, BODY)).toMatchObject({ status: 200 })
    expect(there.requests).toHaveLength(1)
    expect(proxy.requests).toHaveLength(0)
  })

  it('runs beside others, and a slow receiver does not hold up another', async () => {
    const slow = await receiver(() => {})
    const quick = await receiver()
    const sender = outbound({ maxSockets: 2, totalTimeoutMs: 300 })
    const waiting = Array.from({ length: 5 }, () => sender.post(slow.url(), {}, BODY))
    const served = await Promise.all(Array.from({ length: 20 }, () => sender.post(quick.url(), {}, BODY)))
    expect(served.every(answer => answer.kind === 'answered')).toBe(true)
    expect(quick.connections.size).toBeLessThanOrEqual(2)
    expect(await Promise.all(waiting)).toEqual(Array(5).fill({ kind: 'failed', reason: 'timeout' }))
  })
})

describe('a receiver that means harm', () => {
  it('and never answers is left after the time for the whole call', async () => {
    const there = await receiver(() => {})
    const answer = await outbound({ totalTimeoutMs: 100 }).post(there.url(), {}, BODY)
    expect(answer).toEqual({ kind: 'failed', reason: 'timeout' })
  })

  it.each([
    ['headers', 'HTTP/1.1 200 OK\r\nx: '],
    ['the body', 'HTTP/1.1 200 OK\r\ncontent-length: 10000\r\n\r\n'],
    ['chunks', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'],
    ['interim answers', ''],
  ])('and drips %s is left in time, too', async (what, start) => {
    const piece =
      what === 'chunks' ? '1\r\na\r\n' : what === 'interim answers' ? 'HTTP/1.1 103 Early Hints\r\n\r\n' : 'a'
    let timer: NodeJS.Timeout | undefined
    let isClosed = false
    const there = await rawReceiver(socket => {
      socket.write(start)
      timer = setInterval(() => socket.write(piece), 10)
      socket.on('close', () => {
        isClosed = true
        clearInterval(timer)
      })
    })
    const answer = await outbound({ totalTimeoutMs: 200 }).post(there.url, {}, BODY)
    expect(answer).toEqual({ kind: 'failed', reason: 'timeout' })
    await vi.waitFor(() => expect(isClosed).toBe(true))
  })

  it('and keeps every socket busy costs the calls behind it only their time', async () => {
    const there = await receiver(() => {})
    const sender = outbound({ maxSockets: 1, totalTimeoutMs: 100 })
    const answers = await Promise.all([1, 2, 3].map(() => sender.post(there.url(), {}, BODY)))
    expect(answers).toEqual(Array(3).fill({ kind: 'failed', reason: 'timeout' }))
  })

  it('and does not even connect is left after the time for the whole call', async () => {
    const sender = outbound({ resolve: () => new Promise(() => {}), connectTimeoutMs: 2_000, totalTimeoutMs: 50 })
    expect(await sender.post(new URL('https://shop.example/'), {}, BODY)).toEqual({ kind: 'failed', reason: 'timeout' })
  })

  it('gets nothing after the time is up, also when its connection opens later', async () => {
    const there = await rawReceiver(() => {})
    const resolve = async () => {
      await new Promise(done => setTimeout(done, 150))
      return [{ address: '127.0.0.1', family: 4 }]
    }
    const sender = outbound({ resolve, totalTimeoutMs: 50 })
    const answer = await sender.post(new URL(`http://late.example:${there.port}/`), {}, BODY)
    expect(answer).toEqual({ kind: 'failed', reason: 'timeout' })
    await new Promise(done => setTimeout(done, 250))
    expect(there.heard()).toBe('')
  })

  it.each([16_384, 16_385])('may answer with 16 KiB and no more: %s bytes', async size => {
    const there = await receiver((_, response) => response.end(Buffer.alloc(size, 'a')))
    const answer = await outbound().post(there.url(), {}, BODY)
    if (size === 16_384) expect(answer).toMatchObject({ kind: 'answered', body: Buffer.alloc(size, 'a') })
    else expect(answer).toEqual({ kind: 'failed', reason: 'answer too large' })
  })

  it('and answers without end is cut off', async () => {
    let sent = 0
    let isClosed = false
    const there = await receiver((request, response) => {
      request.socket.on('close', () => {
        isClosed = true
      })
      const chunk = Buffer.alloc(65_536)
      const more = () => {
        while (!isClosed && response.write(chunk)) sent += chunk.length
        if (!isClosed) response.once('drain', more)
      }
      more()
    })
    expect(await outbound().post(there.url(), {}, BODY)).toEqual({ kind: 'failed', reason: 'answer too large' })
    await vi.waitFor(() => expect(isClosed).toBe(true))
    expect(sent).toBeLessThan(64 * 1024 * 1024)
  })

  it('and sends headers without end is cut off', async () => {
    const there = await rawReceiver(socket => {
      socket.write(`HTTP/1.1 200 OK\r\n${'x: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n'.repeat(1_000)}`)
    })
    expect(await outbound().post(there.url, {}, BODY)).toMatchObject({ kind: 'failed', reason: 'answer too large' })
  })

  it.each([
    ['nonsense', 'hello\r\n\r\n'],
    ['another version', 'HTTP/3.0 200 OK\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\na'],
    ['length and chunks', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'],
  ])('and answers with %s is not believed', async (_, text) => {
    const there = await rawReceiver(socket => socket.once('data', () => socket.write(text)))
    expect(await outbound({ totalTimeoutMs: 500 }).post(there.url, {}, BODY)).toMatchObject({
      kind: 'failed',
      reason: 'not an HTTP answer',
    })
  })

  it('and tries to switch protocols fails', async () => {
    const there = await rawReceiver(socket =>
      socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: evil\r\n\r\n'),
    )
    expect(await outbound({ totalTimeoutMs: 500 }).post(there.url, {}, BODY)).toMatchObject({ kind: 'failed' })
  })

  it.each([
    ['before it answers', (socket: Socket) => socket.once('data', () => socket.resetAndDestroy())],
    ['at once', (socket: Socket) => socket.resetAndDestroy()],
    ['politely', (socket: Socket) => socket.once('data', () => socket.end())],
    [
      'within the answer',
      (socket: Socket) => socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc')),
    ],
  ])('and hangs up %s', async (_, hangUp) => {
    const there = await rawReceiver(hangUp)
    expect(await outbound({ totalTimeoutMs: 2_000 }).post(there.url, {}, BODY)).toMatchObject({
      kind: 'failed',
      reason: 'connection failed',
    })
  })

  it('or a port where nobody listens', async () => {
    const server = createTcpServer()
    const port = await listening(server)
    await new Promise(resolve => server.close(resolve))
    expect(await outbound().post(new URL(`http://127.0.0.1:${port}/`), {}, BODY)).toEqual({
      kind: 'failed',
      reason: 'connection failed',
      detail: 'ECONNREFUSED',
    })
  })
})

describe('the caller', () => {
  it('can give up', async () => {
    const there = await receiver(() => {})
    const stop = new AbortController()
    const call = outbound().post(there.url(), {}, BODY, stop.signal)
    await vi.waitFor(() => expect(there.requests).toHaveLength(1))
    stop.abort(new Error('shutting down'))
    expect(await call).toEqual({ kind: 'failed', reason: 'cancelled' })
  })

  it('that gave up before gets nothing sent', async () => {
    const there = await receiver()
    expect(await outbound().post(there.url(), {}, BODY, AbortSignal.abort())).toEqual({
      kind: 'failed',
      reason: 'cancelled',
    })
    expect(there.requests).toEqual([])
  })

  it('may close: running calls end well, later ones do not begin', async () => {
    let answerNow = () => {}
    const there = await receiver((_, response) => {
      answerNow = () => response.end(ACK)
    })
    const sender = makeOutbound({ policy: SANDBOX })
    const call = sender.post(there.url(), {}, BODY)
    await vi.waitFor(() => expect(there.requests).toHaveLength(1))
    const closed = sender.close()
    expect(await sender.post(there.url(), {}, BODY)).toMatchObject({ kind: 'failed', reason: 'closed' })
    answerNow()
    expect(await call).toMatchObject({ kind: 'answered', status: 200 })
    await closed
    expect(there.requests).toHaveLength(1)
  })
})

describe('over TLS', () => {
  const trusted = selfSigned('shop.example')

  async function secureReceiver(certificate = trusted) {
    const seen: { servername: unknown; host: string | undefined }[] = []
    const server = createSecureServer({ key: certificate.key, cert: certificate.pem }, (request, response) => {
      seen.push({ servername: 'servername' in request.socket && request.socket.servername, host: request.headers.host })
      response.end(ACK)
    })
    const port = await listening(server)
    return { port, seen, url: new URL(`https://shop.example:${port}/`) }
  }

  it('names the host, not the address, in SNI and Host, and holds the certificate against it', async () => {
    const there = await secureReceiver()
    const sender = outbound({ resolve: answers('127.0.0.1'), ca: trusted.pem })
    expect(await sender.post(there.url, {}, BODY)).toMatchObject({ kind: 'answered', status: 200 })
    expect(there.seen).toEqual([{ servername: 'shop.example', host: `shop.example:${there.port}` }])
  })

  it('refuses a certificate for another name', async () => {
    const there = await secureReceiver()
    const sender = outbound({ resolve: answers('127.0.0.1'), ca: trusted.pem })
    expect(await sender.post(new URL(`https://evil.example:${there.port}/`), {}, BODY)).toEqual({
      kind: 'failed',
      reason: 'tls failed',
      detail: 'ERR_TLS_CERT_ALTNAME_INVALID',
    })
    expect(await sender.post(new URL(`https://127.0.0.1:${there.port}/`), {}, BODY)).toMatchObject({
      detail: 'ERR_TLS_CERT_ALTNAME_INVALID',
    })
    expect(there.seen).toEqual([])
  })

  it('refuses a certificate of an unknown authority', async () => {
    const there = await secureReceiver()
    const sender = outbound({ resolve: answers('127.0.0.1') })
    expect(await sender.post(there.url, {}, BODY)).toEqual({
      kind: 'failed',
      reason: 'tls failed',
      detail: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    })
  })

  it('fails at a receiver that speaks plainly, hangs up or says nothing', async () => {
    const receivers = [
      await rawReceiver(socket => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))),
      await rawReceiver(socket => socket.once('data', () => socket.resetAndDestroy())),
      await rawReceiver(() => {}),
    ]
    const sender = outbound({ resolve: answers('127.0.0.1'), connectTimeoutMs: 200 })
    const reasons = []
    for (const { port } of receivers) {
      const answer = await sender.post(new URL(`https://shop.example:${port}/`), {}, BODY)
      reasons.push(answer.kind === 'failed' && answer.reason)
    }
    expect(reasons).toEqual(['tls failed', 'tls failed', 'timeout'])
    for (const { heard } of receivers) expect(heard()).not.toContain('POST')
  })
})

/** A certificate for one name that is its own authority. Made here, since a key in a file would look like a leak. */
function selfSigned(name: string): { pem: string; key: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const length = (n: number) => (n < 0x80 ? [n] : n < 0x100 ? [0x81, n] : [0x82, n >> 8, n & 0xff])
  const der = (tag: number, ...parts: Uint8Array[]) => {
    const content = Buffer.concat(parts)
    return Buffer.concat([Buffer.from([tag, ...length(content.length)]), content])
  }
  const hex = (digits: string) => Buffer.from(digits, 'hex')
  const sequence = (...parts: Uint8Array[]) => der(0x30, ...parts)
  const extension = (oid: string, value: Uint8Array) => sequence(der(0x06, hex(oid)), der(0x04, value))
  const ecdsaWithSha256 = sequence(der(0x06, hex('2a8648ce3d040302')))
  const subject = sequence(der(0x31, sequence(der(0x06, hex('550403')), der(0x0c, Buffer.from(name)))))
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const tbs = sequence(
    der(0xa0, der(0x02, hex('02'))),
    der(0x02, Buffer.concat([hex('01'), createHash('sha256').update(spki).digest().subarray(0, 8)])),
    ecdsaWithSha256,
    subject,
    sequence(der(0x18, Buffer.from('20200101000000Z')), der(0x18, Buffer.from('20991231235959Z'))),
    subject,
    spki,
    der(
      0xa3,
      sequence(
        extension('551d11', sequence(der(0x82, Buffer.from(name)))),
        extension('551d13', sequence(der(0x01, hex('ff')))),
      ),
    ),
  )
  const signature = sign('sha256', tbs, privateKey)
  const certificate = sequence(tbs, ecdsaWithSha256, der(0x03, hex('00'), signature))
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? []
  return {
    pem: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}
