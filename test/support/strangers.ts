/** Receivers of strangers on loopback, of every kind of manners, and senders that call them. */
import { Buffer } from 'node:buffer'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net'
import { makeOutbound, type Outbound, type OutboundOptions } from '../../apps/vault/src/platform/outbound.js'
import type { OutboundPolicy } from '../../apps/vault/src/platform/url-policy.js'
import { acknowledgement } from '../../packages/antom/src/index.js'

/** What the profiles allow, as `config.ts` makes it of an environment that says nothing of it. */
export const SANDBOX: OutboundPolicy = {
  allowHttp: true,
  allowLoopback: true,
  knowsHostsFile: true,
  ports: 'any',
  privateNetworks: [],
}
export const LIVE: OutboundPolicy = {
  allowHttp: false,
  allowLoopback: false,
  knowsHostsFile: false,
  ports: [443],
  privateNetworks: [],
}

/** A right acknowledgement. */
export const ACK = JSON.stringify(acknowledgement)

/** Makes senders and receivers that `stop` ends all together. */
export function strangers() {
  const closers: (() => Promise<unknown>)[] = []

  /** Never asks a real resolver: without answers of its own, a test that resolves anything fails. */
  function outbound(options: Partial<OutboundOptions> = {}): Outbound {
    const noResolver = async (host: string) => {
      throw new Error(`a test wanted to look up ${host}`)
    }
    const made = makeOutbound({ policy: SANDBOX, resolve: noResolver, ...options })
    closers.push(() => made.close())
    return made
  }

  async function listening(server: Server | TcpServer, host = '127.0.0.1'): Promise<number> {
    const open = new Set<Socket>()
    server.on('connection', (socket: Socket) => {
      open.add(socket)
      socket.on('close', () => open.delete(socket)).on('error', () => {})
    })
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, host, resolve))
    closers.push(async () => {
      for (const socket of open) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    })
    return (server.address() as AddressInfo).port
  }

  async function receiver(answer: RequestListener = (_, response) => response.end(ACK)) {
    const requests: { request: IncomingMessage; body: string }[] = []
    const connections = new Set<number | undefined>()
    const server = createServer((request, response) => {
      connections.add(request.socket.remotePort)
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        requests.push({ request, body: Buffer.concat(chunks).toString('utf8') })
        answer(request, response)
      })
    })
    const port = await listening(server)
    return { requests, port, connections, url: (path = '/') => new URL(`http://127.0.0.1:${port}${path}`) }
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

  /** Speaks TLS with this certificate, under the name `shop.example`. */
  async function secureReceiver(certificate: { key: string; pem: string }) {
    const seen: { servername: unknown; host: string | undefined }[] = []
    const server = createSecureServer({ key: certificate.key, cert: certificate.pem }, (request, response) => {
      seen.push({ servername: 'servername' in request.socket && request.socket.servername, host: request.headers.host })
      request.resume().on('end', () => response.end(ACK))
    })
    const port = await listening(server)
    return { port, seen, url: new URL(`https://shop.example:${port}/`) }
  }

  async function stop(): Promise<void> {
    for (const close of closers.splice(0).reverse()) await close()
  }

  return { outbound, listening, receiver, rawReceiver, secureReceiver, stop }
}
