/** The origin that buyers' browsers meet. It sets no cookie and reads nothing from a browser but the chosen brand. */
import { createServer as createPlain } from 'node:http'
import { createServer as createTls } from 'node:https'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { errorFields } from '../platform/log.js'
import type { System } from '../system.js'
import { type BuyerStep, buyerStep } from '../vaulting/buyer-steps-across-merchants.js'
import { chooseForBuyer } from '../vaulting/buyer-store.js'
import { mistakePage, PAGE_HEADERS, pageFor, troublePage, unknownPage } from './page.js'
import { vaultingIdOf } from './page-address.js'
import { backTo } from './way-back.js'

/**
 * Makes the server of the hosted pages.
 * @param tls  certificate and key, or nothing for plain HTTP
 * @param onChoice  called when a buyer has chosen here
 */
export function makePagesServer(
  system: System,
  tls: { cert: string; key: string } | undefined,
  onChoice: () => void,
): FastifyInstance {
  const app = Fastify({
    logger: false,
    bodyLimit: 4096,
    // Fastify's own answer to an address that cannot be decoded repeats it, and comes without the headers.
    frameworkErrors: (_error, _request, reply) => unknown(reply.headers(PAGE_HEADERS)),
    serverFactory: handler => {
      const options = { maxHeaderSize: 16 * 1024, headersTimeout: 5_000, requestTimeout: 10_000 }
      return tls ? createTls({ ...options, ...tls, minVersion: 'TLSv1.2' }, handler) : createPlain(options, handler)
    },
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
    done(null, body),
  )
  app.addHook('onSend', async (_request, reply) => {
    reply.headers(PAGE_HEADERS)
    if (tls) reply.header('strict-transport-security', 'max-age=31536000')
  })
  app.setNotFoundHandler((_request, reply) => unknown(reply))
  app.setErrorHandler((error: { statusCode?: number }, _request, reply) => {
    if ((error.statusCode ?? 500) < 500) return reply.code(error.statusCode!).send(mistakePage())
    system.log.error('page.failed', errorFields(error))
    return reply.code(503).send(troublePage())
  })

  app.get('/v/:ref', async (request, reply) => {
    const step = await stepOf(system, request)
    return step ? pageFor(step, backTo(step)) : unknown(reply)
  })
  app.post('/v/:ref', async (request, reply) => {
    const step = await stepOf(system, request)
    if (!step) return unknown(reply)
    // Another site cannot know the address; should it get hold of it, it still cannot choose for the buyer.
    if (!isOwnForm(request)) return reply.code(403).send(mistakePage())
    const network = new URLSearchParams(String(request.body ?? '')).get('network') ?? ''
    if (step.networks.some(offered => offered === network)) {
      await chooseForBuyer(system.db, step, network, system.clock.now())
      onChoice()
    }
    return see(reply, request)
  })
  return app
}

const unknown = (reply: FastifyReply) => reply.code(404).send(unknownPage())

/** Back to the page by GET, so that reloading it sends nothing. */
function see(reply: FastifyReply, request: FastifyRequest) {
  return reply
    .code(303)
    .header('location', `/v/${(request.params as { ref: string }).ref}`)
    .send('')
}

async function stepOf(system: System, request: FastifyRequest): Promise<BuyerStep | undefined> {
  const id = vaultingIdOf(system.cards, (request.params as { ref: string }).ref)
  return id === undefined ? undefined : buyerStep(system.db, id)
}

/** Browsers say where a form comes from; old ones that do not are let through, as the address is the key. */
function isOwnForm(request: FastifyRequest): boolean {
  const site = request.headers['sec-fetch-site']
  return site === undefined || site === 'same-origin'
}
