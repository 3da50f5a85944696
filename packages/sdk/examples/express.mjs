/**
 * Receives notifications with Express 4 or 5.
 *
 *     const app = express()
 *     app.use(notifications(express, client, keep))
 *     app.use(express.json()) // after it, or the raw bytes are gone
 */
import { acknowledge, NotificationNotTrusted } from '@coffer/sdk'

/**
 * @param express  the module, passed in so that this file needs none
 * @param client  your `VaultClient`
 * @param keep  stores a result; called several times for one `vaultingRequestId`, it has to store it once
 */
export function notifications(express, client, keep) {
  const router = express.Router()
  router.post('/notify/vault', express.raw({ type: 'application/json' }), async (req, res, next) => {
    try {
      const result = client.verifyNotification({
        method: req.method,
        url: req.originalUrl, // path and query as received; req.path has no query, req.url lacks the prefix of a router
        headers: req.headers,
        body: req.body,
      })
      await keep(result) // first store, then acknowledge: what is acknowledged is not sent again
      const { status, contentType, body } = acknowledge()
      res.status(status).type(contentType).send(body)
    } catch (error) {
      if (!(error instanceof NotificationNotTrusted)) return next(error)
      console.warn(error.message) // names the likely cause
      res.status(401).end()
    }
  })
  return router
}
