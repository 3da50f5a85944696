import type { AddressInfo, Socket } from 'node:net'
import { createServer } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { type LineEvents, openLine } from './line.js'
import { StartFailure } from './start-failure.js'

/** Certificates of a host that is reached over TLS. All in PEM. */
export interface HostTls {
  readonly key: string | Buffer
  readonly cert: string | Buffer
  /** Who signs the certificates of clients. */
  readonly ca?: string | Buffer
  /** Whether a client must show a certificate that `ca` signed. */
  readonly requestCert?: boolean
}

/** The issuer's end of the network: any number of connections. */
export interface Host {
  listen(port: number, address: string): Promise<void>
  readonly port: number
  /** How many connections are open. */
  readonly connections: number
  cutConnections(): void
  /** Cuts every connection and returns when the port is free. */
  stop(): Promise<void>
}

/**
 * Makes a host that is reached over TCP, or over TLS.
 * @throws StartFailure when the certificates cannot be used
 */
export function createHost(events: LineEvents, tls: HostTls | undefined): Host {
  const sockets = new Set<Socket>()
  const server = tls === undefined ? createServer(socket => openLine(socket, events)) : tlsServer(events, tls)
  // Also of TLS, and before its handshake: a connection that never gets further must not keep the process.
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  const cutConnections = () => {
    for (const socket of sockets) socket.destroy()
  }

  return {
    listen: (port, address) =>
      new Promise((resolve, reject) => {
        server.once('error', reject)
        server.listen(port, address, () => {
          server.off('error', reject)
          server.on('error', error => events.log('error', `a connection was not accepted: ${error.name}`))
          resolve()
        })
      }),
    get port() {
      return (server.address() as AddressInfo).port
    },
    get connections() {
      return sockets.size
    },
    cutConnections,
    stop: () =>
      new Promise(resolve => {
        // Closing what never listened is told as an error, and is as good.
        server.close(() => resolve())
        cutConnections()
      }),
  }
}

function tlsServer(events: LineEvents, { key, cert, ca, requestCert = false }: HostTls) {
  try {
    const server = createTlsServer(
      {
        key,
        cert,
        ...(ca === undefined ? {} : { ca }),
        requestCert,
        rejectUnauthorized: requestCert,
        minVersion: 'TLSv1.2',
      },
      socket => openLine(socket, events),
    )
    server.on('tlsClientError', (error: NodeJS.ErrnoException) =>
      events.log('info', `a TLS handshake failed: ${error.code ?? error.name}`),
    )
    return server
  } catch (error) {
    const { code, name } = error as NodeJS.ErrnoException
    throw new StartFailure(`The simulator cannot use its TLS certificate (${code ?? name}): give key and cert as PEM.`)
  }
}
