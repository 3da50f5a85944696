import { createServer } from 'node:http'
import { acknowledge, VaultError } from '@coffer/sdk'

/** A signed query, so that it shows: it is part of what is signed. */
const path = '/notify/vault?shop=demo'

/** The page of the shop to which buyers come back. */
const backPath = '/cards/done'
const backPage = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Back at the shop</title>
<h1>Back at the shop</h1><p>The demo goes on where you started it. You can close this page.</p></html>`

/**
 * What a merchant's server has, on a free local port: the notification address, which verifies and then acknowledges, and
 * the page to which buyers come back.
 * @returns {Promise<{ url: string, backUrl: string, refused: string[], returned: string[],
 *   next(requestId: string, waitMs: number, signal: AbortSignal): Promise<object>, close(): Promise<void> }>}
 */
export async function openReceiver(client) {
  const arrived = new Map()
  const refused = []
  const returned = []
  let wake = () => {}
  const server = createServer((request, response) => {
    const chunks = []
    request.on('data', chunk => chunks.push(chunk))
    request.on('end', () => {
      const { method, url, headers } = request
      const asked = new URL(url, 'http://127.0.0.1')
      if (method === 'GET' && asked.pathname === backPath) {
        returned.push(asked.searchParams.get('vaultingRequestId') ?? '')
        response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(backPage)
        return
      }
      const body = Buffer.concat(chunks)
      try {
        const notification = client.verifyNotification({ method, url, headers, body })
        // First note it, then acknowledge it; a repeat changes nothing.
        const about = notification.kind === 'payment' ? notification.paymentRequestId : notification.vaultingRequestId
        if (!arrived.has(about)) {
          arrived.set(about, { notification, headers, url, body, at: Date.now() })
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
  const origin = `http://127.0.0.1:${server.address().port}`
  return {
    url: `${origin}${path}`,
    backUrl: `${origin}${backPath}`,
    refused,
    /** The ids with which buyers came back. */
    returned,
    /** Waits for the notification of one vaulting or payment; `undefined` when it does not come in time. */
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
