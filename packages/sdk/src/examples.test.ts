import Fastify, { type FastifyInstance } from 'fastify'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { notifications as expressNotifications } from '../examples/express.mjs'
import { notifications } from '../examples/fastify.js'
import { clientId, keys, options, result, storedCard } from '../test/fake-gateway.js'
import { type AnyNotification, acknowledge, signForTests, VaultClient } from './index.js'

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

describe('the Fastify example', () => {
  let app: FastifyInstance
  let kept: AnyNotification[]
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

describe('the Express example', () => {
  interface Request {
    method: string
    url: string
    originalUrl: string
    headers: Record<string, string>
    body: unknown
  }
  type Handler = (req: Request, res: object, next: (error: unknown) => void) => Promise<void>

  /** As much of Express as the example uses, with the request of a router under a prefix. */
  async function received(request: Request) {
    let handler: Handler | undefined
    let parser: unknown
    const express = {
      raw: (options: object) => options,
      Router: () => ({
        post: (_path: string, raw: unknown, handle: Handler) => {
          parser = raw
          handler = handle
        },
      }),
    }
    const kept: AnyNotification[] = []
    const keep = async (one: AnyNotification) => {
      kept.push(one)
    }
    expressNotifications(express, new VaultClient(options()), keep)
    const sent: Record<string, unknown> = {}
    const res = {
      status: (status: number) => Object.assign(sent, { status }) && res,
      type: (type: string) => Object.assign(sent, { type }) && res,
      send: (body: string) => Object.assign(sent, { body }),
      end: () => {},
    }
    const failed = vi.fn()
    await handler!(request, res, failed)
    return { parser, kept, sent, failed }
  }

  const request = async (): Promise<Request> => {
    const { method, url, headers, body } = await signed()
    return { method, url: url.replace('/notify', ''), originalUrl: url, headers, body: Buffer.from(body) }
  }

  test('keeps the result and acknowledges it', async () => {
    const { parser, kept, sent, failed } = await received(await request())
    expect(parser).toEqual({ type: 'application/json' })
    expect(kept).toMatchObject([{ status: 'S', vaultingRequestId: 'vr-1' }])
    expect(sent).toEqual({ status: 200, type: 'application/json; charset=UTF-8', body: acknowledge().body })
    expect(failed).not.toHaveBeenCalled()
  })

  test('refuses a body that was parsed, and says why', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const { kept, sent } = await received({ ...(await request()), body })
    expect(sent).toEqual({ status: 401 })
    expect(kept).toEqual([])
    expect(warn.mock.lastCall![0]).toContain('express.raw')
    warn.mockRestore()
  })
})
