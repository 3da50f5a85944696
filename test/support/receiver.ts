/** A merchant's notification address on a real local port. */
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { acknowledgement } from '../../packages/antom/src/index.js'

export interface Received {
  method: string
  url: string
  headers: IncomingHttpHeaders
  body: Buffer
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies that may have any shape
  json: any
}

export interface Receiver {
  /** Where it listens, e.g. `http://127.0.0.1:40123`. */
  url: string
  received: Received[]
  /** What it answers from now on; right acknowledgements by default. `hang` never answers. */
  answer: (respond: (request: Received, nth: number) => { status: number; body: string } | 'hang') => void
  stop: () => Promise<void>
}

export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = []
  const right = { status: 200, body: JSON.stringify(acknowledgement) }
  let respond: (request: Received, nth: number) => { status: number; body: string } | 'hang' = () => right
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks)
      const got: Received = {
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        body,
        json: JSON.parse(body.toString('utf8')),
      }
      received.push(got)
      const answer = respond(got, received.length)
      if (answer !== 'hang') response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    answer: next => {
      respond = next
    },
    stop: async () => {
      server.closeAllConnections()
      await new Promise<void>(resolve => server.close(() => resolve()))
    },
  }
}
