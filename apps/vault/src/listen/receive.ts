/** Where the worker brings a merchant's notifications while a listener is attached: a port of this machine. */
import { timingSafeEqual } from 'node:crypto'
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
 * @param isOurs  whether an id is the one under which this listener is attached: only the worker was told it
 * @throws OperatorMistake when the port is taken
 */
export async function startReceiver(
  port: number,
  isOurs: (id: string) => Promise<boolean>,
  onDelivery: (delivery: Delivery) => void,
): Promise<Receiver> {
  const take = async (request: IncomingMessage, response: ServerResponse) => {
    if (isFromPage(request)) return refuse(response, 403)
    const id = request.headers['coffer-listener']
    if (request.method !== 'POST' || typeof id !== 'string' || !(await isOurs(id))) return refuse(response, 404)
    onDelivery(deliveryOf(request, response, await buffer(request)))
  }
  const server = createServer((request, response) => {
    take(request, response).catch(() => response.destroy())
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

/**
 * Whether a web page may have sent it. Its origin is that of this port as soon as a name of its own leads to 127.0.0.1:
 * it can send any header then, but not a Host that is an address, and a browser adds what tells of it.
 */
function isFromPage({ headers, socket }: IncomingMessage): boolean {
  const { host } = new URL(`http://127.0.0.1:${socket.localPort}`)
  return (
    headers.host !== host ||
    headers.origin !== undefined ||
    Object.keys(headers).some(name => name.startsWith('sec-fetch-'))
  )
}

function refuse(response: ServerResponse, status: 403 | 404): void {
  response
    .writeHead(status, { 'content-type': 'text/plain', connection: 'close' })
    .end('Coffer brings notifications here, nobody else.\n')
}

/** Whether two ids are equal; how long it takes does not tell how far they are. */
export function isSameId(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
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
