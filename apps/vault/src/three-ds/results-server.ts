/**
 * Where directory servers send the results of challenges. Both sides show certificates: without one, or with one that no
 * scheme signed, there is no connection; with another scheme's there is an error and nothing changes. Source: EMV 3-D
 * Secure › Secure link.
 */
import { X509Certificate } from 'node:crypto'
import { createServer, type Server } from 'node:https'
import type { TLSSocket } from 'node:tls'
import { erroFor, messageVersions, writeMessage } from '@coffer/emv3ds'
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import { errorFields } from '../platform/log.js'
import type { System } from '../system.js'
import type { Directory } from './directories.js'
import { receiveResults } from './receive-results.js'

/** Our certificate on that port, in PEM. */
export interface ResultsTls {
  cert: string
  key: string
}

/** Far more than all schemes together hold open. */
const MOST_CONNECTIONS = 1_000

const TELL_EVERY_MS = 60_000

/** No honest RReq is longer. */
const LONGEST_MESSAGE = 64 * 1024

/** @param tls  our certificate; the schemes' authorities come from the settings of their directory servers */
export function makeResultsServer(
  system: System,
  tls: ResultsTls,
): { app: FastifyInstance; renew(tls: ResultsTls): void } {
  let server: Server | undefined
  const secrets = (own: ResultsTls) => ({ ...own, ca: authorities(system), minVersion: 'TLSv1.2' as const })
  const app = Fastify({
    logger: false,
    bodyLimit: LONGEST_MESSAGE,
    serverFactory: handler => {
      const options = {
        requestCert: true,
        rejectUnauthorized: true,
        headersTimeout: 5_000,
        requestTimeout: 10_000,
        connectionsCheckingInterval: 5_000,
        handshakeTimeout: 5_000,
      }
      server = createServer({ ...options, ...secrets(tls) }, handler)
      server.maxConnections = MOST_CONNECTIONS
      let failed = 0
      let toldAt = Number.NEGATIVE_INFINITY
      server.on('tlsClientError', (error: NodeJS.ErrnoException) => {
        // Anybody can fail as often as he likes; the log need not grow with it.
        failed += 1
        if (system.clock.stopwatch() - toldAt < TELL_EVERY_MS) return
        toldAt = system.clock.stopwatch()
        system.log.warn('three-ds.results-handshake-failed', { errorCode: error.code, count: failed })
        failed = 0
      })
      return server
    },
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  app.setErrorHandler((error: { statusCode?: number }, _request, reply) => {
    if ((error.statusCode ?? 500) >= 500) system.log.error('three-ds.results-failed', errorFields(error))
    // The sender tries again; whether something was changed is decided by the state of the authentication.
    return reply.code(error.statusCode ?? 500).send('')
  })
  app.post('/ds/:directory/results', async (request, reply) => {
    const { directory: id } = request.params as { directory: string }
    const directory = system.directories.byId(id)
    reply.type('application/json; charset=utf-8')
    if (!directory) return reply.code(404).send('')
    if (!isOf(directory, request)) {
      system.log.error('three-ds.results-with-another-certificate', { cause: id })
      const problem = {
        errorCode: '303' as const,
        errorDescription: 'Access denied: the certificate is not that of this directory server',
        errorDetail: 'the client certificate',
      }
      const erro = erroFor(problem, { component: 'S', version: messageVersions.at(-1)! })
      return writeMessage(erro)
    }
    const body = request.body instanceof Buffer ? request.body : Buffer.alloc(0)
    const answer = await receiveResults(system, id, body)
    return answer ? writeMessage(answer) : reply.send('')
  })
  return { app, renew: own => server?.setSecureContext(secrets(own)) }
}

function authorities(system: System): string[] {
  return system.directories.all.flatMap(({ config }) => config.security()?.resultsCa ?? [])
}

/** Whether the connection shows the certificate of this directory server: signed by its scheme, and with its name. */
function isOf({ config }: Directory, request: FastifyRequest): boolean {
  const security = config.security()
  const shown = (request.raw.socket as TLSSocket).getPeerX509Certificate()
  if (!security || !shown) return false
  const isSigned = certificatesIn(security.resultsCa).some(
    authority => shown.checkIssued(authority) && shown.verify(authority.publicKey),
  )
  const names = shown.subject.split('\n').filter(part => part.startsWith('CN='))
  return isSigned && (config.resultsName === undefined || names.includes(`CN=${config.resultsName}`))
}

const certificatesIn = (pem: string) =>
  (pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map(text => new X509Certificate(text))
