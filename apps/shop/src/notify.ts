import { type AnyNotification, acknowledge, NotificationNotTrusted, UnexpectedNotification } from '@coffer/sdk'
import type { FastifyInstance } from 'fastify'
import { keptCard } from './add-card.js'
import type { Shop } from './shop.js'

/** A real one has about two kilobytes. */
const bodyLimit = 64 * 1024

/**
 * `POST /notify`: where the vault tells the final result of each attempt, again and again until it is acknowledged.
 * Register it in a scope of its own: it takes every body as bytes, since the signature is over the bytes.
 */
export async function notifications(app: FastifyInstance, { shop }: { shop: Shop }): Promise<void> {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))

  app.post('/notify', { bodyLimit }, async (request, reply) => {
    let notification: AnyNotification
    try {
      notification = shop.client.verifyNotification({
        method: request.method,
        url: request.raw.url ?? '/', // path and query as received
        headers: request.headers,
        body: (request.body as Buffer | undefined) ?? '',
      })
    } catch (error) {
      if (error instanceof NotificationNotTrusted) {
        shop.log('info', 'a notification was refused', { fault: error.fault })
        return reply.code(400).send()
      }
      if (error instanceof UnexpectedNotification) return reply.code(400).send()
      throw error
    }
    // First store, then acknowledge: what is acknowledged is not sent again.
    await keep(shop, notification)
    const { status, contentType, body } = acknowledge()
    return reply.code(status).type(contentType).send(body)
  })
}

/** Once per id: what was kept stays as it was when the first delivery came. */
async function keep({ cards, now, log }: Shop, notification: AnyNotification): Promise<void> {
  if (notification.kind !== 'vaulting') return
  const { vaultingRequestId, status, code, message } = notification
  const attempt = cards.find(vaultingRequestId)
  if (!attempt) log('info', 'a notification of an attempt that is not ours any more', { vaultingRequestId })
  if (!attempt || attempt.notification) return
  const card = notification.status === 'S' ? { card: keptCard(notification.card) } : {}
  await cards.learn(vaultingRequestId, { notification: { at: now(), status, code, message, ...card } })
}
