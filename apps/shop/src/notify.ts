import {
  type AnyNotification,
  acknowledge,
  type CaptureNotification,
  NotificationNotTrusted,
  type PaymentNotification,
  type RefundNotification,
  UnexpectedNotification,
  type VaultingNotification,
} from '@coffer/sdk'
import type { FastifyInstance } from 'fastify'
import { keptCard } from './add-card.js'
import { bankFacts, paymentIdOf } from './pay.js'
import type { Shop } from './shop.js'

/** A real one has about two kilobytes. */
const bodyLimit = 64 * 1024

/**
 * `POST /notify`: where the vault tells how vaultings, payments, captures and refunds ended, again and again until it is
 * acknowledged.
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
async function keep(shop: Shop, notification: AnyNotification): Promise<void> {
  switch (notification.kind) {
    case 'vaulting':
      return keepVaulting(shop, notification)
    case 'payment':
      return keepPayment(shop, notification)
    case 'capture':
      return keepOperation(shop, notification.captureRequestId, notification)
    case 'refund':
      return keepOperation(shop, notification.refundRequestId, notification)
  }
}

async function keepVaulting({ cards, now, log }: Shop, notification: VaultingNotification): Promise<void> {
  const { vaultingRequestId, status, code, message } = notification
  const attempt = cards.find(vaultingRequestId)
  if (!attempt) log('info', 'a notification of an attempt that is not ours any more', { vaultingRequestId })
  if (!attempt || attempt.notification) return
  const card = notification.status === 'S' ? { card: keptCard(notification.card) } : {}
  await cards.learn(vaultingRequestId, { notification: { at: now(), status, code, message, ...card } })
}

async function keepPayment({ payments, now, log }: Shop, notification: PaymentNotification): Promise<void> {
  const { paymentRequestId, status, code, message, paymentResultInfo, authExpiryTime } = notification
  const payment = payments.find(paymentRequestId)
  if (!payment) log('info', 'a notification of a payment that is not ours any more', { paymentRequestId })
  // One that says "still being processed" is no result. Whoever takes it for money sends goods for nothing.
  if (!payment || payment.notification || status === 'U') return
  const expiry = authExpiryTime === undefined ? {} : { authExpiryTime }
  const said = { at: now(), status, code, message, ...bankFacts(paymentResultInfo), ...expiry }
  await payments.learn(paymentRequestId, { ...paymentIdOf(notification), notification: said })
}

async function keepOperation(
  { payments, now, log }: Shop,
  requestId: string,
  { status, code, message }: CaptureNotification | RefundNotification,
): Promise<void> {
  const found = payments.findOperation(requestId)
  if (!found) log('info', 'a notification of a capture or refund that is not ours any more', { requestId })
  if (!found || found.operation.notification) return
  await payments.learnOperation(requestId, { notification: { at: now(), status, code, message } })
}
