/** The listening side of the door: takes requests apart, keeps raw bytes, and sends exactly the bytes that were signed. */
import { createServer as createPlain } from 'node:http'
import { createServer as createTls } from 'node:https'
import type { Readable } from 'node:stream'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { RawBody } from './card-data/index.js'
import { answerCall, MAX_BODY_BYTES } from './door.js'
import type { System } from './system.js'

/**
 * Beyond this a body is not even read to its end. What is read over the limit is dropped at once; the official SDKs send
 * everything before they read, and would see a broken connection instead of the answer.
 */
const DRAIN_BYTES = 8 * 1024 * 1024

const HEADERS_MAX_BYTES = 16 * 1024

/**
 * Makes a server for the API.
 * @param tls  certificate and key, or nothing for plain HTTP
 */
export function makeApiServer(system: System, tls: { cert: string; key: string } | undefined): FastifyInstance {
  const app = Fastify({
    logger: false,
    bodyLimit: DRAIN_BYTES,
    // A call that arrives while we stop is answered like any other; its connection is closed afterwards.
    return503OnClosing: false,
    // One route takes everything: path, method and faults are the door's to answer. The target it saw stays in raw.url.
    rewriteUrl: request => {
      targets.set(request, request.url ?? '/')
      return '/'
    },
    serverFactory: handler => {
      const options = {
        maxHeaderSize: HEADERS_MAX_BYTES,
        headersTimeout: 5_000,
        requestTimeout: 10_000,
        connectionsCheckingInterval: 1_000,
        keepAliveTimeout: 65_000,
      }
      const server = tls
        ? createTls({ ...options, ...tls, minVersion: 'TLSv1.2' }, handler)
        : createPlain(options, handler)
      // An expectation that Node does not know is no reason for an unsigned answer.
      server.on('checkExpectation', handler)
      return server
    },
  })
  let closing = false
  app.addHook('preClose', async () => {
    closing = true
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, payload, done) => {
    collect(payload as Readable).then(
      body => done(null, body),
      () => done(null, new RawBody(Buffer.alloc(0))),
    )
  })
  const answer = async (request: FastifyRequest, reply: FastifyReply) => {
    // Without a content type Fastify reads no body; the wire allows that.
    const body = (request.body as RawBody | 'too large' | undefined) ?? (await collect(request.raw))
    const target = targets.get(request.raw) ?? '/'
    const { headers, body: bytes } = await answerCall(system, {
      method: request.method,
      target,
      rawHeaders: request.raw.rawHeaders,
      body,
    })
    send(reply, headers, bytes, closing || body === 'too large')
    return reply
  }
  // The error handler is for what Fastify refuses on its own; it is a call like any other.
  app.setErrorHandler((_error, request, reply) => answer(request, reply))
  app.setNotFoundHandler(answer)
  return app
}

const targets = new WeakMap<object, string>()

async function collect(stream: Readable): Promise<RawBody | 'too large'> {
  const chunks: Buffer[] = []
  let size = 0
  // Leaving the loop must not destroy the stream: the answer goes out on the same socket.
  for await (const chunk of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length
    // A caller that is cut off in the middle sees a broken connection instead of its answer, so a little more is read.
    if (size > DRAIN_BYTES) break
    if (size <= MAX_BODY_BYTES) chunks.push(chunk)
  }
  const bytes = Buffer.concat(chunks)
  for (const chunk of chunks) chunk.fill(0)
  return size > MAX_BODY_BYTES ? 'too large' : new RawBody(bytes)
}

function send(reply: FastifyReply, headers: Record<string, string>, body: Buffer, close: boolean): void {
  reply.hijack()
  const response = reply.raw
  // Node spells its own headers with capitals; given by us they keep our spelling, and lower case is what clients want.
  response.sendDate = false
  response.writeHead(200, {
    ...headers,
    'content-length': String(body.length),
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
    'referrer-policy': 'no-referrer',
    connection: close ? 'close' : 'keep-alive',
  })
  response.end(body)
}
