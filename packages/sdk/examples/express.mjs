/**
 * Receives notifications with Express. Run: npm install express @coffer/sdk, set the four variables, node express.mjs
 *
 * express.raw() has to come before any express.json() of the application, or the bytes are gone.
 */
import { acknowledge, NotificationNotTrusted, VaultClient } from '@coffer/sdk'
import express from 'express'

const { GATEWAY_URL, CLIENT_ID, MERCHANT_PRIVATE_KEY, GATEWAY_PUBLIC_KEY } = process.env
const client = new VaultClient({
  gatewayUrl: GATEWAY_URL,
  clientId: CLIENT_ID,
  merchantPrivateKey: MERCHANT_PRIVATE_KEY,
  gatewayPublicKey: GATEWAY_PUBLIC_KEY,
})

/** Stands for your database. Several deliveries of one result end in one row. */
const results = new Map()

const app = express()

app.post('/notify/vault', express.raw({ type: 'application/json' }), (req, res) => {
  let result
  try {
    result = client.verifyNotification({
      method: req.method,
      url: req.originalUrl, // path and query as received; req.path has no query, req.url lacks the prefix of a router
      headers: req.headers,
      body: req.body,
    })
  } catch (error) {
    if (!(error instanceof NotificationNotTrusted)) throw error
    console.warn(error.message)
    return res.status(401).end()
  }
  results.set(result.vaultingRequestId, result.status === 'S' ? result.card.cardToken : result.code)
  const { status, contentType, body } = acknowledge()
  return res.status(status).type(contentType).send(body)
})

app.use(express.json()) // for the other routes
app.listen(3000)
