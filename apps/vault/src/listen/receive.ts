/** Where the worker brings a merchant's notifications while a listener is attached: a port of this machine. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { OperatorMistake } from '../merchants/manage-merchants.js'
import type { Passing } from './forward.js'

/** A notification that came, with what the worker says of it. */
export interface Delivery extends Passing {
  /** By their names in lower case. */
  headers: Readonly<Record<string, string | undefined>>
  /** Given when the worker waits for an answer no more. */
  hungUp: AbortSignal
  answer(answer: { status: number; contentType?: string; contentEncoding?: string; body: Buffer }): void
  /** Breaks the connection: the worker has no answer. */
  cut(): void
}

export interface Receiver {
  port: number
  /** Breaks what is open and takes no more. */
  close(): Promise<void>
}

/**
 * Listens on loopback.
 * @param port  0 for a free one
 * @throws OperatorMistake when the port is taken
 */
export async function startReceiver(port: number, onDelivery: (delivery: Delivery) => void): Promise<Receiver> {
  const server = createServer((request, response) => {
    // Anything else on this machine that finds the port, a web page for one, cannot send this header.
    if (request.headers['coffer-notification'] === undefined) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('Coffer brings notifications here, nobody else.\n')
      return
    }
    buffer(request).then(
      body => onDelivery(deliveryOf(request, response, body)),
      () => response.destroy(),
    )
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE'
      const words = taken ? 'is in use' : `cannot be listened on (${error.code})`
      reject(new OperatorMistake(`port ${port} ${words}: name another with --port, or none for a free one`))
    })
    server.listen(port, '127.0.0.1', resolve)
  })
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : port,
    async close() {
      server.closeAllConnections()
      await new Promise<void>(resolve => server.close(() => resolve()))
    },
  }
}

function deliveryOf(request: IncomingMessage, response: ServerResponse, body: Buffer): Delivery {
  const hungUp = new AbortController()
  response.on('close', () => {
    if (!response.writableFinished) hungUp.abort()
  })
  return {
    method: request.method ?? '',
    uri: request.url ?? '',
    rawHeaders: request.rawHeaders,
    headers: request.headers as Record<string, string | undefined>,
    body,
    hungUp: hungUp.signal,
    answer({ status, contentType, contentEncoding, body: answered }) {
      response
        .writeHead(status, {
          // The worker would find out too late that a connection which it kept leads nowhere any more.
          connection: 'close',
          ...(contentType !== undefined && { 'content-type': contentType }),
          ...(contentEncoding !== undefined && { 'content-encoding': contentEncoding }),
        })
        .end(answered)
    },
    cut: () => void response.destroy(),
  }
}
