import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { type IssuerWire, openIssuerWire } from './egress.js'

let server: Server | undefined
let wire: IssuerWire | undefined
afterEach(async () => {
  await wire?.close()
  server?.closeAllConnections()
  await new Promise(resolve => (server ? server.close(resolve) : resolve(undefined)))
})

/** An issuer that takes messages and says nothing. */
async function silentIssuer() {
  const heard: string[] = []
  server = createServer(request => {
    heard.push(request.url ?? '')
    request.resume()
  })
  await new Promise<void>(resolve => server!.listen(0, '127.0.0.1', resolve))
  return { heard, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

test('a message that waits for a connection ends with its time limit, and is not sent afterwards', async () => {
  const { heard, url } = await silentIssuer()
  wire = openIssuerWire(url, 600)
  // More than there are connections: the last ones only wait.
  const replies = await Promise.all(Array.from({ length: 50 }, (_, nth) => wire!.post('/verify', { nth })))
  for (const reply of replies) expect(reply).toMatchObject({ kind: 'no answer', cause: 'timeout' })
  const heardInTime = heard.length
  expect(heardInTime).toBeLessThan(50)
  await sleep(900)
  expect(heard.length, 'what was given up is never sent').toBe(heardInTime)
})
