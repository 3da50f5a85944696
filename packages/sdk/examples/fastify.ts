/**
 * Receives notifications with Fastify.
 * Fastify parses JSON by itself; the signature is over the bytes. So this plugin keeps the bytes, for its own routes
 * only: the rest of the application goes on with parsed bodies.
 */
import { type AnyNotification, acknowledge, NotificationNotTrusted, type VaultClient } from '@coffer/sdk'
import type { FastifyPluginAsync } from 'fastify'

interface Options {
  client: VaultClient
  /**
   * Stores a result; `kind` says of what. It may be called several times for one id, and has to store it once.
   */
  keep: (result: AnyNotification) => Promise<void>
}

/** `app.register(notifications, { client, keep })` */
export const notifications: FastifyPluginAsync<Options> = async (app, { client, keep }) => {
  app.removeContentTypeParser('application/json')
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))

  app.post('/notify/vault', async (request, reply) => {
    let result: AnyNotification
    try {
      result = client.verifyNotification({
        method: request.method,
        url: request.raw.url ?? '/', // path and query as received; request.routeOptions.url has no query
        headers: request.headers,
        body: request.body as Buffer,
      })
    } catch (error) {
      if (!(error instanceof NotificationNotTrusted)) throw error
      request.log.warn({ fault: error.fault }, error.message)
      return reply.code(401).send()
    }
    await keep(result) // first store, then acknowledge: what is acknowledged is not sent again
    const { status, contentType, body } = acknowledge()
    return reply.code(status).type(contentType).send(body)
  })
}
