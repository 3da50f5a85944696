import { createServer } from 'node:http'
import { acknowledge, VaultError } from '@coffer/sdk'

/** A signed query, so that it shows: it is part of what is signed. */
const path = '/notify/vault?shop=demo'

/**
 * A merchant's notification address on a free local port: verifies, then acknowledges.
 * @returns {Promise<{ url: string, next(vaultingRequestId: string, waitMs: number, signal: AbortSignal): Promise<object>,
 *   refused: string[], close(): Promise<void> }>}
 */
export async function openReceiver(client) {
  const arrived = new Map()
  const refused = []
  let wake = () => {}
  const server = createServer((request, response) => {
    const chunks = []
    request.on('data', chunk => chunks.push(chunk))
    request.on('end', () => {
      const { method, url, headers } = request
      const body = Buffer.concat(chunks)
      try {
        const notification = client.verifyNotification({ method, url, headers, body })
        // First note it, then acknowledge it; a repeat changes nothing.
        if (!arrived.has(notification.vaultingRequestId)) {
          arrived.set(notification.vaultingRequestId, { notification, headers, url, body, at: Date.now() })
        }
        const { status, contentType, body: text } = acknowledge()
        response.writeHead(status, { 'content-type': contentType }).end(text)
      } catch (error) {
        refused.push(error instanceof VaultError ? error.message : 'it could not be read')
        response.writeHead(401).end()
      }
      wake()
    })
  })
  await new Promise((done, fail) => server.once('error', fail).listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${server.address().port}${path}`,
    refused,
    /** Waits for the notification of one vaulting; `undefined` when it does not come in time. */
    next: (id, waitMs, signal) =>
      new Promise((done, fail) => {
        const timer = setTimeout(() => done(undefined), waitMs)
        const give = how => {
          clearTimeout(timer)
          how()
        }
        wake = () => arrived.has(id) && give(() => done(arrived.get(id)))
        signal.addEventListener('abort', () => give(() => fail(signal.reason)), { once: true })
        if (signal.aborted) give(() => fail(signal.reason))
        wake()
      }),
    close: () =>
      new Promise(done => {
        server.close(done)
        server.closeAllConnections()
      }),
  }
}
