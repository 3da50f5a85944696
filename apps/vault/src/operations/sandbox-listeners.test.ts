/** Who may stand in for a merchant's address, asked and answered on the operations port. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { select } from '../../../../test/result-codes/stored-rows.js'
import { startSystem, type TestSystem } from '../../../../test/support/start-system.js'

let coffer: TestSystem
beforeAll(async () => {
  coffer = await startSystem()
})
afterAll(() => coffer?.stop())

async function ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`${coffer.opsUrl}/sandbox/listeners${path}`, {
    method,
    headers,
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  return { status: response.status, json: (await response.json()) as Record<string, unknown> }
}

const wish = (change: object = {}) => ({
  clientId: coffer.merchant.clientId,
  port: 40_123,
  forwardTo: 'http://localhost:3000/notify',
  ...change,
})

test('one listener of a merchant is attached, renews and detaches; the key is what its signatures are made with', async () => {
  const { status, json } = await ask('POST', '', wish())
  expect(status).toBe(200)
  expect(json).toEqual({
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    gatewayPublicKey: coffer.system.gatewayKey.publicKey,
    keyVersion: 1,
    attachedForMs: 15_000,
  })
  expect(await ask('PUT', `/${json['id']}`)).toEqual({ status: 200, json })
  expect(await ask('DELETE', `/${json['id']}`)).toEqual({ status: 200, json: { detached: true } })
  for (const method of ['PUT', 'DELETE']) expect((await ask(method, `/${json['id']}`)).status).toBe(404)
})

test('a second one is told who is there, unless it takes over; the first one learns that it is not any more', async () => {
  const first = await ask('POST', '', wish())
  const second = await ask('POST', '', wish({ port: 40_124 }))
  expect(second.status).toBe(409)
  expect(second.json['attached']).toEqual({
    port: 40_123,
    forwardTo: 'http://localhost:3000/notify',
    attachedUntil: expect.stringMatching(/^\d{4}-.*Z$/),
  })
  const other = await ask('POST', '', wish({ clientId: coffer.otherMerchant.clientId }))
  expect(other.status, 'another merchant has a listener of its own').toBe(200)
  const third = await ask('POST', '', wish({ port: 40_124, takeOver: true }))
  expect(third.status).toBe(200)
  expect((await ask('PUT', `/${first.json['id']}`)).status).toBe(404)
  expect((await ask('DELETE', `/${first.json['id']}`)).status).toBe(404)
  expect((await ask('PUT', `/${third.json['id']}`)).status).toBe(200)
  await ask('DELETE', `/${third.json['id']}`)
})

test('one that was not renewed in time is nobody, and another may attach', async () => {
  const { json } = await ask('POST', '', wish())
  await select(coffer.system, `update sandbox_listener set attached_until = now() - interval '1 second'`)
  expect((await ask('PUT', `/${json['id']}`)).status).toBe(404)
  const next = await ask('POST', '', wish())
  expect(next.status).toBe(200)
  await ask('DELETE', `/${next.json['id']}`)
})

test('an unknown merchant has no notifications', async () => {
  const { status, json } = await ask('POST', '', wish({ clientId: 'SANDBOX_NOBODY' }))
  expect(status).toBe(404)
  expect(json['error']).toContain('SANDBOX_NOBODY')
})

test.each<readonly [string, unknown, string]>([
  ['text', 'hello', 'not JSON'],
  ['a list', [], 'send {'],
  ['null', 'null', 'send {'],
  ['no merchant', { port: 1, forwardTo: 'http://localhost' }, 'clientId'],
  ['a merchant that is none', { clientId: 'a\u0000b', port: 1, forwardTo: 'http://localhost' }, 'clientId'],
  ...[0, 65_536, 1.5, '3000', undefined].map(port => [`the port ${port}`, { clientId: 'a', port }, 'port'] as const),
  ...[
    undefined,
    '',
    'localhost:3000',
    'ftp://localhost/',
    '/notify',
    'http://',
    'http://user:secret@localhost/',
    'http://@localhost/',
    'http://localhost/#part',
    'http://localhost:0/',
    'http://local host/',
    'http://localhost\\notify',
    `http://localhost/${'x'.repeat(2_048)}`,
  ].map(forwardTo => [`${forwardTo}`.slice(0, 40), { clientId: 'a', port: 1, forwardTo }, 'forwardTo'] as const),
  ['a wish that is no yes or no', { clientId: 'a', port: 1, forwardTo: 'http://localhost', takeOver: 1 }, 'takeOver'],
])('is refused with %s', async (_what, body, word) => {
  const { status, json } = await ask('POST', '', body)
  expect(status).toBe(400)
  expect(json['error']).toContain(word)
  expect(String(json['error'])).not.toContain('secret')
})

test('a page in a browser cannot attach itself, and an id that is none finds nobody', async () => {
  expect((await ask('POST', '', wish(), { origin: 'http://evil.test' })).status).toBe(403)
  expect((await ask('PUT', '/x')).status).toBe(404)
  expect((await ask('DELETE', `/${'0'.repeat(36)}`)).status).toBe(404)
  expect(
    await select(coffer.system, 'select count(*)::int as n from sandbox_listener where merchant_id <> $1', [
      coffer.otherMerchant.clientId,
    ]),
  ).toEqual([{ n: 0 }])
})

test('a live vault has no such controls', async () => {
  const live = await startSystem({ environment: 'live' })
  try {
    const response = await fetch(`${live.opsUrl}/sandbox/listeners`, { method: 'POST', body: '{}' })
    expect(response.status).toBe(404)
  } finally {
    await live.stop()
  }
})
