/** `coffer listen` as a developer runs it: real processes, the SDK, Ctrl-C. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { acknowledge, VaultClient } from '../../packages/sdk/src/index.js'
import { aVaultingRequest } from '../support/builders.js'
import { Stack, startCoffer } from '../support/processes.js'

let stack: Stack
let shop: VaultClient
const notified: string[] = []

const server = createServer(async (request, response) => {
  const { method = '', url = '', headers } = request
  const told = shop.verifyNotification({ method, url, headers, body: await buffer(request) })
  if (told.kind === 'vaulting') notified.push(told.vaultingRequestId)
  const { status, contentType, body } = acknowledge()
  response.writeHead(status, { 'content-type': contentType }).end(body)
})

beforeAll(async () => {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  stack = await Stack.start({ offset: 23_200, env: { COFFER_FIRST_NOTIFICATION_DELAY_MS: '0' } })
  const { keys, gatewayKey } = stack.merchants[0]!
  shop = new VaultClient({
    gatewayUrl: stack.apiUrl,
    clientId: keys.clientId,
    keyVersion: keys.keyVersion,
    merchantPrivateKey: keys.privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64'),
    gatewayPublicKey: gatewayKey.export({ format: 'der', type: 'spki' }).toString('base64'),
  })
})

afterAll(async () => {
  await stack?.stop()
  server.closeAllConnections()
  await new Promise<void>(resolve => server.close(() => resolve()))
})

test('a card that is vaulted with the SDK is told on the developer’s machine, also after Coffer was away', async () => {
  const forwardTo = `http://localhost:${(server.address() as AddressInfo).port}/notify`
  const program = startCoffer(['listen', '--forward-to', forwardTo], { env: stack.env })
  await expect.poll(program.output).toContain(`go to ${forwardTo} now`)
  expect(program.output(), 'without a terminal there are no keys').not.toContain('Keys:')

  const first = aVaultingRequest()
  expect((await shop.vaultPaymentMethod(first)).status).toBe('S')
  await expect.poll(program.output).toContain('acknowledged: no more deliveries')
  expect(program.output()).toContain(`#1 notifyVaulting ${first.vaultingRequestId} SUCCESS, attempt 1, signature right`)

  await stack.kill(['serve'])
  await expect.poll(program.output).toContain('Coffer is away, waiting for it.')
  await stack.launch(['serve'])
  await stack.linked('serve')
  await expect.poll(program.output).toMatch(/Coffer is back|Attached again/)
  const second = aVaultingRequest()
  expect((await shop.vaultPaymentMethod(second)).status).toBe('S')
  await expect.poll(program.output).toContain(`#2 notifyVaulting ${second.vaultingRequestId}`)
  await expect.poll(() => notified).toEqual([first.vaultingRequestId, second.vaultingRequestId])

  expect(await program.stop('SIGINT')).toBe('exit 0')
  expect(program.output()).toContain('Detached')
  expect(stack.unexpectedEnds).toEqual([])
})
