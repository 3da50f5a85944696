/** Receivers as bad as they come, each on a port of its own. */
import { once } from 'node:events'
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from 'node:net'
import { constants, gzipSync } from 'node:zlib'

export const mannersOfReceivers = [
  'hangs',
  'accepts and says nothing',
  'drips a byte per second of its headers',
  'drips a byte per second of its body',
  'sends 10 GB',
  'sends a gzip bomb',
  'resets',
  'redirects',
  'answers wrong JSON',
  'has an expired certificate',
  'is closed',
] as const
export type Manners = (typeof mannersOfReceivers)[number]

const RIGHT = '{"result":{"resultCode":"SUCCESS","resultStatus":"S"}}'

export interface HostileServers {
  /** Opens another receiver. @returns its address */
  open(manners: Manners): Promise<string>
  /** How often each kind was asked. */
  readonly asked: Readonly<Record<Manners, number>>
  stop(): Promise<void>
}

/** @param certificate  expired, for those that have one */
export function startHostileServers(certificate: { pem: string; key: string }): HostileServers {
  const servers: (Server | TcpServer)[] = []
  const timers = new Set<NodeJS.Timeout>()
  const asked = Object.fromEntries(mannersOfReceivers.map(one => [one, 0])) as Record<Manners, number>
  // A hundred megabytes of blanks in a hundred kilobytes.
  const bomb = gzipSync(Buffer.alloc(100_000_000, ' '), { level: constants.Z_BEST_SPEED })

  const drip = (text: string, write: (byte: string) => boolean, end: () => void) => {
    const bytes = [...text]
    const timer = setInterval(() => {
      const next = bytes.shift()
      if (next !== undefined && write(next)) return
      clearInterval(timer)
      timers.delete(timer)
      end()
    }, 1_000)
    timers.add(timer)
  }
  const flood = (response: ServerResponse) => {
    const chunk = Buffer.alloc(65_536, 'a')
    let left = 10_000_000_000
    response.writeHead(200, { 'content-type': 'application/json' })
    const more = () => {
      while (left > 0 && !response.destroyed) {
        left -= chunk.length
        if (!response.write(chunk)) return
      }
      response.end()
    }
    response.on('drain', more)
    more()
  }
  const behaviours: Partial<Record<Manners, RequestListener>> = {
    hangs: () => {},
    'drips a byte per second of its body': (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.flushHeaders()
      const write = (byte: string) => response.write(byte) || !response.destroyed
      drip(RIGHT, write, () => response.end())
    },
    'sends 10 GB': (_request, response) => flood(response),
    'sends a gzip bomb': (_request, response) =>
      void response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(bomb),
    redirects: (_request, response) => void response.writeHead(302, { location: 'http://127.0.0.1:9/' }).end(RIGHT),
    'answers wrong JSON': (_request, response) => void response.writeHead(200).end('{"result":{"resultCode":"SUCC'),
    'has an expired certificate': (_request, response) => void response.end(RIGHT),
  }

  const serverFor = (manners: Manners): Server | TcpServer => {
    if (manners === 'accepts and says nothing' || manners === 'resets' || manners.includes('headers')) {
      return createTcpServer(socket => {
        asked[manners] += 1
        socket.on('error', () => {})
        if (manners === 'resets') socket.once('data', () => socket.resetAndDestroy())
        else socket.resume()
        if (!manners.includes('headers')) return
        const answer = `HTTP/1.1 200 OK\r\ncontent-length: ${RIGHT.length}\r\n\r\n${RIGHT}`
        const write = (byte: string) => socket.write(byte) || !socket.destroyed
        drip(answer, write, () => socket.end())
      })
    }
    const listener: RequestListener = (request, response) => {
      asked[manners] += 1
      response.on('error', () => {})
      request.resume()
      request.on('end', () => behaviours[manners]!(request, response))
    }
    return manners === 'has an expired certificate'
      ? createSecureServer({ cert: certificate.pem, key: certificate.key }, listener)
      : createServer(listener)
  }

  return {
    asked,
    async open(manners) {
      const server = manners === 'is closed' ? createTcpServer() : serverFor(manners)
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const { port } = server.address() as AddressInfo
      if (manners === 'is closed') {
        server.close()
        return `http://127.0.0.1:${port}/notify`
      }
      servers.push(server)
      return manners === 'has an expired certificate'
        ? `https://localhost:${port}/notify`
        : `http://127.0.0.1:${port}/notify`
    },
    async stop() {
      for (const timer of timers) clearInterval(timer)
      for (const server of servers) {
        if ('closeAllConnections' in server) server.closeAllConnections()
        server.close()
      }
    },
  }
}
