/**
 * The two judges that are no foreign SDK. Like the others they are given notifications as they stand in a file, and
 * say of each whether it is the gateway's.
 */
import { createPublicKey, verify } from 'node:crypto'

/** What the guide describes, with nothing but Node.js: no line of Coffer, none of an SDK. */
export function judgeByNode(notifications) {
  return judge(notifications, ({ method, uri, clientId, requestTime, signature, body, gatewayPublicKey }) => {
    const [, escaped] = /(?:^|,)\s*signature=([^,]+)/.exec(signature)
    const key = createPublicKey({ key: Buffer.from(gatewayPublicKey, 'base64'), format: 'der', type: 'spki' })
    const signed = Buffer.concat([
      Buffer.from(`${method} ${uri}\n${clientId}.${requestTime}.`),
      Buffer.from(body, 'base64'),
    ])
    return verify('RSA-SHA256', signed, key, Buffer.from(decodeURIComponent(escaped), 'base64'))
  })
}

/** Our own SDK. It is told the client id of the notification, so that the signature alone decides. */
export async function judgeByOurSdk(notifications, { gatewayUrl, merchant }) {
  const { NotificationNotTrusted, VaultClient } = await import('@coffer/sdk')
  const { keyVersion, merchantPrivateKey } = merchant
  return judge(notifications, ({ method, uri, clientId, requestTime, signature, body, gatewayPublicKey }) => {
    const client = new VaultClient({ gatewayUrl, clientId, keyVersion, merchantPrivateKey, gatewayPublicKey })
    const headers = { 'client-id': clientId, 'request-time': requestTime, signature }
    try {
      client.verifyNotification({ method, url: uri, headers, body: Buffer.from(body, 'base64') })
      return true
    } catch (error) {
      if (error instanceof NotificationNotTrusted) return false
      throw error
    }
  })
}

function judge(notifications, isGenuine) {
  const said = { accepted: [], refused: [], threw: {} }
  for (const notification of notifications) {
    try {
      said[isGenuine(notification) ? 'accepted' : 'refused'].push(notification.id)
    } catch (error) {
      said.threw[notification.id] = error.message
    }
  }
  return said
}
