import { X509Certificate } from 'node:crypto'
import type { AddressInfo, Socket } from 'node:net'
import { Readable } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { Network } from '@coffer/test-cards'
import fastify, { type FastifyReply, type FastifyRequest } from 'fastify'
import type { Log } from '../line.js'
import { commonName, type Pki, type Role } from '../pki.js'
import type { Acs } from './acs.js'
import { type Answer, type Caller, writeList } from './answer.js'
import type { DirectoryServer } from './directory-server.js'
import { directoryNetwork } from './networks.js'
import { ProtocolError } from './protocol-error.js'
import { erroFor, writeJson } from './write-message.js'

/** The port of directory servers and ACS: HTTPS with a client certificate of a network's authority, or none at all. */
export interface ThreeDSListener {
  listen(port: number, host: string): Promise<unknown>
  readonly port: number
  stop(): Promise<void>
}

export function createThreeDSListener(set: {
  pki: Pki
  directoryServers: ReadonlyMap<Network, DirectoryServer>
  acs: Acs
  log: Log
}): ThreeDSListener {
  const { pki, directoryServers, acs, log } = set
  const identify = createIdentification(pki)
  const app = fastify({
    logger: false,
    bodyLimit: 256 * 1024,
    forceCloseConnections: true,
    https: {
      ...pki.server,
      ca: [...pki.networks.values()].map(({ ca }) => ca),
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
    },
  })
  app.server.on('tlsClientError', (error: NodeJS.ErrnoException) =>
    log('info', `a TLS handshake with a directory server failed: ${error.code ?? error.name}`),
  )

  // Whatever it says it is: a protocol error is answered in the words of the protocol.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))

  app.post<{ Params: { network: string } }>('/ds/:network', async (request, reply) => {
    const caller = identify(request.socket as TLSSocket)
    const network = directoryNetwork(request.params.network)
    if (caller === undefined || network === undefined) return send(request, reply, nowhere('D'))
    return send(request, reply, await directoryServers.get(network)!.receive(bodyOf(request), caller))
  })
  app.post('/acs/areq', async (request, reply) => {
    const caller = identify(request.socket as TLSSocket)
    return send(request, reply, caller === undefined ? nowhere('A') : acs.receive(bodyOf(request), caller))
  })
  app.setNotFoundHandler((_request, reply) => reply.code(404).type(json).send('{}'))
  app.setErrorHandler((error: NodeJS.ErrnoException & { statusCode?: number }, _request, reply) => {
    const status = error.statusCode ?? 500
    // The error's own text may quote what it failed on.
    if (status >= 500) log('error', `a 3-D Secure message was not processed: ${error.name} ${error.code ?? ''}`.trim())
    return reply.code(status).type(json).send('{}')
  })

  return {
    listen: (port, host) => app.listen({ port, host }),
    get port() {
      return (app.server.address() as AddressInfo).port
    },
    stop: () => app.close(),
  }
}

const json = 'application/json; charset=utf-8'

const nowhere = (component: 'D' | 'A'): Answer => ({
  kind: 'message',
  message: erroFor(component, new ProtocolError('303', 'there is nobody here by this name')),
})

function bodyOf({ body }: FastifyRequest): Buffer {
  return Buffer.isBuffer(body) ? body : Buffer.alloc(0)
}

function send(request: FastifyRequest, reply: FastifyReply, answer: Answer): FastifyReply {
  switch (answer.kind) {
    case 'message':
      return reply.type(json).send(writeJson(answer.message))
    case 'list':
      return reply.type(json).send(Readable.from(writeList(answer)))
    case 'text':
      return reply.code(answer.status).type('text/html; charset=utf-8').send(answer.text)
    case 'silence':
      return reply.hijack()
    case 'reset':
      reply.hijack()
      request.socket.destroy()
      return reply
  }
}

/** Reads from a connection who is at its other end. The handshake has proven that a network's authority vouches for it. */
function createIdentification(pki: Pki): (socket: TLSSocket) => (Caller & { network: Network }) | undefined {
  const authorities = [...pki.networks].map(([network, { ca }]) => ({ network, ca: new X509Certificate(ca) }))
  const known = new WeakMap<Socket, (Caller & { network: Network }) | undefined>()
  const identify = (socket: TLSSocket) => {
    const certificate = socket.getPeerX509Certificate()
    const found = authorities.find(({ ca }) => certificate?.checkIssued(ca) && certificate.verify(ca.publicKey))
    if (found === undefined) return undefined
    const { network } = found
    const role = (['3ds-server', 'ds', 'acs'] as const satisfies readonly Role[]).find(
      one => certificate!.subject === `CN=${commonName(one, network)}`,
    )
    return role === undefined ? undefined : { network, role }
  }
  return socket => {
    if (!known.has(socket)) known.set(socket, identify(socket))
    return known.get(socket)
  }
}
