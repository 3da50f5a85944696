/** Listeners on loopback that nobody must ever reach, over IPv4 and IPv6, in plain and over TLS. */
import { createServer, type Server as PlainServer } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { selfSigned } from './self-signed.js'
import { ACK } from './strangers.js'

export interface Trap {
  /** Of listeners that speak plainly, and of those that speak TLS; each is open on every loopback address there is. */
  httpPorts: number[]
  httpsPorts: number[]
  /** The certificate (PEM) of the TLS ones, for `trap.example`. */
  ca: string
  /** How many connections were accepted. */
  accepts: () => number
  stop: () => Promise<void>
}

export async function startTrap(): Promise<Trap> {
  const certificate = selfSigned('trap.example')
  const servers: PlainServer[] = []
  const open = new Set<Socket>()
  let accepts = 0

  const listen = async (isSecure: boolean, host: string, port: number) => {
    const answer = (_: unknown, response: { end: (text: string) => unknown }) => response.end(ACK)
    const server = isSecure
      ? createSecureServer({ key: certificate.key, cert: certificate.pem }, answer)
      : createServer(answer)
    server.on('connection', (socket: Socket) => {
      accepts += 1
      open.add(socket.on('error', () => {}).on('close', () => open.delete(socket)))
    })
    server.on('tlsClientError', () => {})
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve))
    servers.push(server)
    return (server.address() as AddressInfo).port
  }
  const everywhere = async (isSecure: boolean) => {
    const port = await listen(isSecure, '127.0.0.1', 0)
    // A machine without IPv6 has nothing to reach there, and another program may have the port.
    await listen(isSecure, '::1', port).catch(() => undefined)
    return port
  }

  const httpPorts = [await everywhere(false), await everywhere(false)]
  const httpsPorts = [await everywhere(true), await everywhere(true)]
  return {
    httpPorts,
    httpsPorts,
    ca: certificate.pem,
    accepts: () => accepts,
    async stop() {
      for (const socket of open) socket.destroy()
      await Promise.all(servers.map(server => new Promise(resolve => server.close(resolve))))
    },
  }
}
