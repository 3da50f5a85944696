/** Proxies that the environment names, as many machines have them: no notification goes through one. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { aVaultingRequest } from '../support/builders.js'
import { Stack } from '../support/processes.js'
import { type Receiver, startReceiver } from '../support/receiver.js'

let proxy: Server
let accepts = 0
let receiver: Receiver
let stack: Stack
beforeAll(async () => {
  proxy = createServer((_, response) => response.writeHead(502).end())
  proxy.on('connection', () => {
    accepts += 1
  })
  await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
  const names = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'all_proxy']
  const proxies = [...names, 'npm_config_proxy', 'npm_config_https_proxy', 'GLOBAL_AGENT_HTTP_PROXY']
  const env = {
    ...Object.fromEntries(proxies.map(name => [name, url])),
    NO_PROXY: '',
    no_proxy: '',
    NODE_USE_ENV_PROXY: '1',
    COFFER_FIRST_NOTIFICATION_DELAY_MS: '0',
  }
  receiver = await startReceiver()
  stack = await Stack.start({ offset: 23_100, env })
})
afterAll(async () => {
  await stack?.stop()
  await receiver?.stop()
  proxy?.closeAllConnections()
  await new Promise(resolve => proxy.close(resolve))
})

test('a notification goes straight to its address', async () => {
  const merchant = stack.merchants[0]!
  const { hostname, port } = new URL(receiver.url)
  const urls = [`http://${hostname}:${port}/by-address`, `http://localhost:${port}/by-name`]
  const requests = urls.map(vaultingNotificationUrl => aVaultingRequest({ vaultingNotificationUrl }))
  for (const request of requests) {
    const answer = await stack.call(merchant, 'vaults/vaultPaymentMethod', request)
    expect(answer.json.result.resultCode).toBe('SUCCESS')
  }
  await expect.poll(() => receiver.received.map(({ url }) => url).sort()).toEqual(['/by-address', '/by-name'])
  expect(accepts).toBe(0)
})
