import { Buffer } from 'node:buffer'
import { connect, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { selfSigned } from '../../../../test/support/self-signed.js'
import { strangers } from '../../../../test/support/strangers.js'

const BODY = Buffer.from('{}')
const MOST = 16_384
const TOO_LARGE = { kind: 'failed', reason: 'answer too large' }

/** What the system hands over at once, at most: Node reads 64 KiB into one buffer. */
const SOCKET_CHUNK = 65_536

/** More than the head of any answer here has. */
const HEAD = 200

const { outbound, listening, rawReceiver, receiver, stop } = strangers()
afterEach(stop)

/** A sender whose connections tell how many bytes were read from them. */
function measured() {
  const sockets: Socket[] = []
  const open = (address: string, port: number) => {
    const socket = connect({ host: address, port })
    sockets.push(socket)
    return socket
  }
  return { sender: outbound({ open }), bytesRead: () => sockets.reduce((sum, socket) => sum + socket.bytesRead, 0) }
}

/** Sends one piece after another for as long as anybody takes them, up to 10 GB. */
function withoutEnd(socket: Socket, piece: Buffer) {
  let left = 10_000_000_000
  const more = () => {
    while (left > 0 && !socket.destroyed) {
      left -= piece.length
      if (!socket.write(piece)) return void socket.once('drain', more)
    }
  }
  more()
}

describe('an answer', () => {
  it.each([0, 1, MOST - 1, MOST])('of %s bytes is read', async size => {
    const there = await receiver((_, response) => response.end(Buffer.alloc(size, 'a')))
    expect(await outbound().post(there.url(), {}, BODY)).toEqual({
      kind: 'answered',
      status: 200,
      body: Buffer.alloc(size, 'a'),
    })
  })

  it.each([MOST + 1, MOST + SOCKET_CHUNK, 10 * MOST])('of %s bytes is too large', async size => {
    const told = await receiver((_, response) => response.end(Buffer.alloc(size)))
    expect(await outbound().post(told.url(), {}, BODY)).toEqual(TOO_LARGE)
    // In pieces, whose sum nobody told.
    const untold = await receiver((_, response) => {
      response.write(Buffer.alloc(MOST))
      response.end(Buffer.alloc(size - MOST))
    })
    expect(await outbound().post(untold.url(), {}, BODY)).toEqual(TOO_LARGE)
  })

  it('that is too large says which status it had, since it says what is wrong', async () => {
    const there = await receiver((_, response) => response.writeHead(404).end(Buffer.alloc(MOST + 1)))
    expect(await outbound().post(there.url(), {}, BODY)).toEqual({ ...TOO_LARGE, detail: 'HTTP 404' })
  })

  it.each([
    ['with its length told', 'content-length: 10000000000', Buffer.alloc(SOCKET_CHUNK)],
    ['in one endless chunk', 'transfer-encoding: chunked', Buffer.alloc(SOCKET_CHUNK)],
    ['in chunks', 'transfer-encoding: chunked', Buffer.from(`400\r\n${'a'.repeat(1_024)}\r\n`.repeat(64))],
    ['until the connection ends', 'x: y', Buffer.alloc(SOCKET_CHUNK)],
    ['packed', 'content-encoding: gzip', gzipSync(Buffer.alloc(100_000_000))],
  ])('of 10 GB, %s, is left after one read', async (how, header, piece) => {
    let isClosed = false
    const there = await rawReceiver(socket => {
      socket.on('close', () => {
        isClosed = true
      })
      socket.once('data', () => {
        socket.write(`HTTP/1.1 200 OK\r\n${header}\r\n\r\n${how === 'in one endless chunk' ? '2540BE400\r\n' : ''}`)
        withoutEnd(socket, piece)
      })
    })
    const { sender, bytesRead } = measured()
    expect(await sender.post(there.url, {}, BODY)).toEqual(TOO_LARGE)
    await expect.poll(() => isClosed).toBe(true)
    expect(bytesRead()).toBeLessThanOrEqual(HEAD + MOST + SOCKET_CHUNK)
  })

  it('that is packed stays packed, and says so', async () => {
    // Ten million bytes in less than sixteen thousand.
    const packed = gzipSync(Buffer.alloc(10_000_000))
    expect(packed.length).toBeLessThan(MOST)
    const there = await receiver((_, response) => response.setHeader('content-encoding', 'gzip').end(packed))
    expect(await outbound().post(there.url(), {}, BODY)).toEqual({
      kind: 'answered',
      status: 200,
      body: packed,
      encoding: 'gzip',
    })
    expect(there.requests[0]?.request.headers['accept-encoding']).toBe('identity')
  })

  it.each([
    ['GZIP', 'gzip'],
    ['br', 'br'],
    ['gzip, br', 'unknown'],
    ['identity', undefined],
    ['', undefined],
    [`<script>${'a'.repeat(50)}`, 'unknown'],
  ])('with the encoding %j is of the encoding %s', async (header, expected) => {
    const there = await receiver((_, response) => response.setHeader('content-encoding', header).end('{}'))
    const answer = await outbound().post(there.url(), {}, BODY)
    expect(answer.kind === 'answered' && answer.encoding).toBe(expected)
  })

  it('that comes after interim answers is the one that counts', async () => {
    const there = await rawReceiver(socket =>
      socket.once('data', () =>
        socket.end(
          'HTTP/1.1 103 Early Hints\r\ncontent-encoding: gzip\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}',
        ),
      ),
    )
    expect(await outbound().post(there.url, {}, BODY)).toEqual({
      kind: 'answered',
      status: 200,
      body: Buffer.from('{}'),
    })
  })

  it('in chunks with long extensions keeps in memory what its body has, and not what was read with it', async () => {
    const chunk = `1;${'x'.repeat(20_000)}\r\na\r\n`
    const there = await rawReceiver(socket =>
      socket.once('data', () =>
        socket.end(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${chunk.repeat(2)}0\r\n\r\n`),
      ),
    )
    const concat = vi.spyOn(Buffer, 'concat')
    const answer = await outbound().post(there.url, {}, BODY)
    const kept = concat.mock.calls.at(-1)?.[0] ?? []
    concat.mockRestore()
    expect(answer).toEqual({ kind: 'answered', status: 200, body: Buffer.from('aa') })
    expect(kept.map(({ length }) => length)).toEqual([1, 1])
    for (const { buffer } of kept) expect(buffer.byteLength).toBeLessThanOrEqual(Buffer.poolSize)
  })

  it.each([
    [10, { kind: 'answered', status: 200, body: Buffer.from('{}') }],
    [11, { ...TOO_LARGE, detail: 'HTTP 103' }],
  ])('that comes after %s interim answers: %j', async (count, expected) => {
    const interim = 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(count)
    const there = await rawReceiver(socket =>
      socket.once('data', () => socket.end(`${interim}HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}`)),
    )
    expect(await outbound().post(there.url, {}, BODY)).toEqual(expected)
  })
})

describe('what has no end but no body either', () => {
  const CHUNKED = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'
  const floods: [string, string, string, object][] = [
    ['interim answers', '', 'HTTP/1.1 103 Early Hints\r\n\r\n', { ...TOO_LARGE, detail: 'HTTP 103' }],
    ['empty lines', '', '\r\n', TOO_LARGE],
    ['one extension of a chunk', `${CHUNKED}1;`, 'x', TOO_LARGE],
    ['chunks with extensions', CHUNKED, `1;${'x'.repeat(60_000)}\r\na\r\n`, TOO_LARGE],
  ]
  const flood = (socket: Socket, start: string, piece: string) =>
    socket.once('data', () => {
      socket.write(start)
      withoutEnd(socket, Buffer.from(piece.repeat(Math.ceil(SOCKET_CHUNK / piece.length))))
    })

  it.each(floods)('is left after a few reads: %s', async (_, start, piece, expected) => {
    const there = await rawReceiver(socket => flood(socket, start, piece))
    const { sender, bytesRead } = measured()
    expect(await sender.post(there.url, {}, BODY)).toEqual(expected)
    expect(bytesRead()).toBeLessThanOrEqual(6 * SOCKET_CHUNK)
  })

  it.each(floods)('is left within TLS, too: %s', async (_, start, piece, expected) => {
    const { key, pem } = selfSigned('shop.example')
    const port = await listening(
      createTlsServer({ key, cert: pem }, socket =>
        flood(
          socket.on('error', () => {}),
          start,
          piece,
        ),
      ),
    )
    const sender = outbound({ ca: pem, resolve: async () => [{ address: '127.0.0.1', family: 4 }] })
    expect(await sender.post(new URL(`https://shop.example:${port}/`), {}, BODY)).toEqual(expected)
  })

  it('is counted for each call: a connection serves as many as come', async () => {
    const body = 'a'.repeat(MOST)
    const there = await receiver((_, response) => response.end(body))
    const sender = outbound({ maxSockets: 1 })
    for (let n = 0; n < 10; n += 1) expect(await sender.post(there.url(), {}, BODY)).toMatchObject({ status: 200 })
    expect(there.connections.size).toBe(1)
  })
})

describe('a connection that waits for the next call', () => {
  it('is closed in our time, whatever time the receiver offers', async () => {
    let isClosed = false
    const there = await rawReceiver(socket =>
      socket
        .on('close', () => {
          isClosed = true
        })
        .once('data', () => socket.write('HTTP/1.1 200 OK\r\nkeep-alive: timeout=600\r\ncontent-length: 2\r\n\r\n{}')),
    )
    expect(await outbound({ maxIdleMs: 100 }).post(there.url, {}, BODY)).toMatchObject({ status: 200 })
    await expect.poll(() => isClosed, { timeout: 3_000 }).toBe(true)
  })
})
