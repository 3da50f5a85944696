import { createServer } from 'node:http'

const waitMs = 20_000
const acknowledgement = JSON.stringify({
  result: { resultCode: 'SUCCESS', resultStatus: 'S', resultMessage: 'success' },
})

/**
 * A merchant's address for notifications: keeps what arrives exactly as it came, and acknowledges it.
 * `expectOne(id)` resolves with the notification of one request, or with nothing when none comes in time. In it `uri`
 * is the request target of the wire, `bytes` is the body of the wire, and `body` is that as text.
 */
export async function startReceiver() {
  const arrived = new Map()
  const waiting = new Map()
  const expected = new Map()
  const arrivalOf = id =>
    new Promise(done => {
      if (arrived.has(id)) return done(arrived.get(id))
      const timer = setTimeout(() => done(undefined), waitMs)
      waiting.set(id, notification => {
        clearTimeout(timer)
        done(notification)
      })
    })
  // The longest address that can be given is 18 KB on the wire; Node's own limit is 16.
  const server = createServer({ maxHeaderSize: 65_536 }, (request, response) => {
    const chunks = []
    request.on('data', chunk => chunks.push(chunk))
    request.on('end', () => {
      const bytes = Buffer.concat(chunks)
      const body = bytes.toString('utf8')
      response.setHeader('content-type', 'application/json; charset=UTF-8')
      response.end(acknowledgement)
      const id = idIn(body)
      const notification = { uri: request.url, method: request.method, headers: request.headers, bytes, body }
      arrived.set(id, notification)
      waiting.get(id)?.(notification)
    })
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const { port } = server.address()
  return {
    origin: `http://127.0.0.1:${port}`,
    // A query with an escape in it: what is signed is the target as it is on the wire.
    url: client => `http://127.0.0.1:${port}/antom/notify/${client}?shop=7&from=de%2FAT`,
    expectOne(id) {
      if (!expected.has(id)) expected.set(id, arrivalOf(id))
      return expected.get(id)
    },
    stop: () => new Promise(done => server.close(done).closeAllConnections()),
  }
}

function idIn(body) {
  try {
    const { vaultingRequestId, captureRequestId, refundRequestId, paymentRequestId } = JSON.parse(body)
    return vaultingRequestId ?? captureRequestId ?? refundRequestId ?? paymentRequestId
  } catch {
    return undefined
  }
}
