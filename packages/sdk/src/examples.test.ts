import Fastify, { type FastifyInstance } from 'fastify'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { notifications } from '../examples/fastify.js'
import { clientId, keys, options, result, storedCard } from '../test/fake-gateway.js'
import { signForTests, VaultClient, type VaultingNotification } from './index.js'

describe('the Fastify example', () => {
  let app: FastifyInstance
  let kept: VaultingNotification[]
  beforeEach(async () => {
    kept = []
    app = Fastify()
    app.post('/other', async request => request.body)
    await app.register(notifications, {
      client: new VaultClient(options()),
      keep: async one => {
        kept.push(one)
      },
    })
  })
  afterEach(() => app.close())

  const body = {
    ...result('SUCCESS', 'S'),
    vaultingRequestId: 'vr-1',
    paymentMethodDetail: { paymentMethodType: 'CARD', card: storedCard },
  }
  const signed = () =>
    signForTests({
      kind: 'notification',
      privateKey: keys.gateway.privateKeyPkcs8Base64,
      clientId,
      url: '/notify/vault?shop=caf%C3%A9',
      body: JSON.stringify(body, null, 2),
    })

  test('keeps the result and acknowledges it', async () => {
    const { method, url, headers, body: payload } = await signed()
    const answer = await app.inject({ method, url, headers, payload: Buffer.from(payload) })
    expect(answer.statusCode).toBe(200)
    expect(answer.headers['content-type']).toBe('application/json; charset=UTF-8')
    expect(answer.json()).toEqual({ result: { resultCode: 'SUCCESS', resultStatus: 'S', resultMessage: 'success' } })
    expect(kept).toMatchObject([{ status: 'S', vaultingRequestId: 'vr-1', card: storedCard }])
  })

  test('refuses what is not signed by the gateway, and keeps nothing', async () => {
    const { method, url, headers } = await signed()
    const answer = await app.inject({ method, url, headers, payload: JSON.stringify(body) })
    expect(answer.statusCode).toBe(401)
    expect(kept).toEqual([])
  })

  test('leaves parsed bodies to the other routes', async () => {
    const answer = await app.inject({ method: 'POST', url: '/other', payload: { a: 1 } })
    expect(answer.json()).toEqual({ a: 1 })
  })
})
