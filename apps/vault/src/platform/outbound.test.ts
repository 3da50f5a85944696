import { Buffer } from 'node:buffer'
import { connect, createServer as createTcpServer, Socket } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { LOOPBACK_ADDRESSES, REFUSED_ADDRESSES } from '../../../../test/support/addresses.js'
import { recordingOpen } from '../../../../test/support/recording-open.js'
import { selfSigned } from '../../../../test/support/self-signed.js'
import { ACK, LIVE, SANDBOX, strangers } from '../../../../test/support/strangers.js'
import { makeOutbound, type OutboundOptions } from './outbound.js'

const BODY = Buffer.from('{"hello":"é"}')

const { outbound, listening, receiver, rawReceiver, secureReceiver, stop } = strangers()
afterEach(stop)

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
    const sender = outbound({ policy: LIVE, resolve: answers(...addresses), open })
    expect(await sender.post(new URL('https://shop.example/'), {}, BODY)).toMatchObject({ reason: 'refused address' })
    expect(opened).toEqual([])
  })

  it('to the addresses that were checked, in their order and at most three, at the port of the URL', async () => {
    const { opened, open } = recordingOpen()
    const resolve = answers('8.8.8.8', '2606:4700::1111', '1.1.1.1', '9.9.9.9')
    const policy = { ...LIVE, ports: [443, 8443] }
    const answer = await outbound({ policy, resolve, open }).post(new URL('https://shop.example:8443/'), {}, BODY)
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

  it('nowhere in a live vault for localhost, plain http and another port than 443', async () => {
    const { opened, open } = recordingOpen()
    const sender = outbound({ policy: LIVE, resolve: answers('8.8.8.8'), open })
    const refused = [
      'https://localhost/',
      'http://shop.example/',
      'https://user@shop.example/',
      'https://a.example:444/',
    ]
    for (const url of refused) {
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

  it('runs beside others, and a slow receiver does not hold up another', async () => {
    const slow = await receiver(() => {})
    const quick = await receiver()
    const sender = outbound({ maxSockets: 2 })
    const waiting = Array.from({ length: 5 }, () => sender.post(slow.url(), {}, BODY, { totalTimeoutMs: 300 }))
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
      timer = setInterval(() => socket.write(piece), 50)
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
    const giveUp = new AbortController()
    const call = outbound().post(there.url(), {}, BODY, { signal: giveUp.signal })
    await vi.waitFor(() => expect(there.requests).toHaveLength(1))
    giveUp.abort(new Error('shutting down'))
    expect(await call).toEqual({ kind: 'failed', reason: 'cancelled' })
  })

  it('that gave up before gets nothing sent', async () => {
    const there = await receiver()
    expect(await outbound().post(there.url(), {}, BODY, { signal: AbortSignal.abort() })).toEqual({
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

  it('names the host, not the address, in SNI and Host, and holds the certificate against it', async () => {
    const there = await secureReceiver(trusted)
    const sender = outbound({ resolve: answers('127.0.0.1'), ca: trusted.pem })
    expect(await sender.post(there.url, {}, BODY)).toMatchObject({ kind: 'answered', status: 200 })
    expect(there.seen).toEqual([{ servername: 'shop.example', host: `shop.example:${there.port}` }])
  })

  it('refuses a certificate for another name', async () => {
    const there = await secureReceiver(trusted)
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
    const there = await secureReceiver(trusted)
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
