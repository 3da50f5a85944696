/** What goes on to the developer's server, byte for byte. */
import { createServer, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { afterEach, expect, test } from 'vitest'
import { selfSigned } from '../../../../test/support/self-signed.js'
import { asTheGatewaySeesIt, forward, headersToPassOn } from './forward.js'
import { printNoAnswer, readListenersAnswer } from './no-answer.js'

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

const passing = {
  method: 'POST',
  uri: '/a%2fb?c=%20&d',
  rawHeaders: ['Content-Type', 'x', 'X-Twice', '1', 'x-twice', '2', 'coffer-attempt', '1'],
  body: Buffer.from('{"ü":1}'),
}
const patient = { insecure: false, signal: new AbortController().signal }

async function portOf(server: ReturnType<typeof createServer>): Promise<number> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => server.close())
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}

test('the request line, the headers in their spelling and order, and the body arrive as they came', async () => {
  const chunks: Buffer[] = []
  const server = createServer((socket: Socket) => {
    socket.on('data', chunk => {
      chunks.push(chunk)
      if (Buffer.concat(chunks).includes(passing.body)) socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')
    })
  })
  const port = await portOf(server)
  const answer = await forward(new URL(`http://localhost:${port}/elsewhere`), passing, patient)
  expect(answer).toEqual({ kind: 'answered', status: 200, body: Buffer.alloc(0) })
  expect(Buffer.concat(chunks).toString()).toBe(
    `POST /a%2fb?c=%20&d HTTP/1.1\r\nhost: localhost:${port}\r\nContent-Type: x\r\nX-Twice: 1\r\nx-twice: 2\r\n` +
      'content-length: 8\r\nConnection: close\r\n\r\n{"ü":1}',
  )
})

test('what belongs to the connection, and what the worker says to the listener alone, stays behind', () => {
  const raw = [
    'Host',
    'a',
    'Connection',
    'close, X-Hop',
    'X-Hop',
    '1',
    'TE',
    'x',
    'Coffer-Attempt',
    '1',
    'coffer-listener',
    'id',
    'client-id',
    'b',
  ]
  expect(headersToPassOn(raw)).toEqual(['client-id', 'b'])
})

test('a certificate of a stranger is refused, and on localhost taken when asked to', async () => {
  const { pem, key } = selfSigned('somewhere.test')
  const server = createTlsServer({ cert: pem, key }, socket => {
    socket.on('data', () => socket.end('HTTP/1.1 204 No Content\r\n\r\n'))
    socket.on('error', () => {})
  })
  const url = new URL(`https://localhost:${await portOf(server)}`)
  expect(await forward(url, passing, patient)).toMatchObject({ kind: 'none', cause: 'untrusted' })
  expect(await forward(url, passing, { ...patient, insecure: true })).toMatchObject({ kind: 'answered', status: 204 })
})

test.each([
  ['no HTTP', 'hello\r\n\r\n', 'not http'],
  ['half an answer', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab', 'broken'],
  ['nothing', '', 'broken'],
])('a server that says %s has given no answer', async (_what, says, cause) => {
  const server = createServer(socket => {
    socket.on('error', () => {})
    socket.once('data', () => socket.end(says))
  })
  const url = new URL(`http://127.0.0.1:${await portOf(server)}`)
  expect(await forward(url, passing, patient)).toMatchObject({ kind: 'none', cause })
})

test('whoever gives up is not told anything', async () => {
  const server = createServer(socket => socket.on('error', () => {}))
  const stop = new AbortController()
  const url = new URL(`http://127.0.0.1:${await portOf(server)}`)
  const answer = forward(url, passing, { insecure: false, signal: stop.signal })
  stop.abort()
  expect(await answer).toBeUndefined()
})

test('the worker understands the listener, and takes nothing else for its word', () => {
  const said = (text: string | Buffer) =>
    readListenersAnswer({ kind: 'answered', status: 502, body: Buffer.from(text) })
  expect(said(printNoAnswer('refused').body)).toMatchObject({ kind: 'failed', reason: 'connection failed' })
  for (const text of ['', 'Bad Gateway', '{"cofferListen":"anything"}', '{"cofferListen":"refused","x":1}']) {
    expect(said(text)).toMatchObject({ kind: 'answered', status: 502 })
  }
  const late = { kind: 'failed', reason: 'cancelled' } as const
  expect(readListenersAnswer(late)).toBe(late)
})

test('an encoding counts for the gateway unless it says that there is none', () => {
  const seen = (contentEncoding: string) =>
    asTheGatewaySeesIt({ kind: 'answered', status: 200, contentEncoding, body: Buffer.alloc(0) })
  expect(seen('GZIP')).toMatchObject({ encoding: 'gzip' })
  expect(seen('identity')).not.toHaveProperty('encoding')
})
