import { expect, test } from 'vitest'
import { aRequest, clientId, options, quickWorld, result, vaulted } from '../test/fake-gateway.js'
import { signForTests, testKeyPair, VaultClient } from './index.js'

// What a merchant's own tests look like: a key pair for the merchant, one for the stand-in of the gateway, no network.
const gateway = testKeyPair()
const merchant = testKeyPair()
const mine = { merchantPrivateKey: merchant.privateKey, gatewayPublicKey: gateway.publicKey }

test('a notification signed for tests is believed', async () => {
  const body = { ...result('CARD_EXPIRED', 'F'), vaultingRequestId: 'vr-1', paymentMethodDetail: {} }
  const url = 'https://shop.example/notify?shop=1'
  const { privateKey } = gateway
  const received = await signForTests({ kind: 'notification', privateKey, clientId, url, body })
  expect(received.url).toBe('/notify?shop=1')
  expect(received.headers['request-time']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  const client = new VaultClient(options(mine))
  expect(client.verifyNotification(received)).toMatchObject({ status: 'F', code: 'CARD_EXPIRED' })
})

test('an answer signed for tests is believed, with a fetch that never leaves the process', async () => {
  const fetch = async () => {
    const signed = await signForTests({
      kind: 'response',
      privateKey: gateway.privateKey,
      clientId,
      operation: 'vaultPaymentMethod',
      body: vaulted,
    })
    return new Response(signed.body, { headers: signed.headers })
  }
  const client = new VaultClient(options({ ...mine, fetch, world: quickWorld() }))
  expect(await client.vaultPaymentMethod(aRequest())).toMatchObject({ status: 'S', card: { cardToken: 'tok_1' } })
})

test('a request signed for tests goes where a client would send it', async () => {
  const { privateKey } = merchant
  const request = { kind: 'request', privateKey, operation: 'inquireVaulting', body: '{}' } as const
  expect((await signForTests({ ...request, clientId })).url).toBe('/ams/sandbox/api/v1/vaults/inquireVaulting')
  expect((await signForTests({ ...request, clientId: 'LIVE' })).url).toBe('/ams/api/v1/vaults/inquireVaulting')
})

test('bytes are signed as they are', async () => {
  const { privateKey } = gateway
  const body = new Uint8Array([0xff, 0x00])
  const signed = await signForTests({
    kind: 'notification',
    privateKey,
    clientId,
    url: '/',
    body,
    time: 'x',
    keyVersion: 3,
  })
  expect([...signed.body]).toEqual([0xff, 0x00])
  expect(signed.headers['request-time']).toBe('x')
  expect(signed.headers['signature']).toContain('keyVersion=3,')
})
