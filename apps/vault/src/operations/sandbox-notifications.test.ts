/** Notifications on the operations port of a sandbox: for programs, and in a browser. */
import { createPublicKey } from 'node:crypto'
import { parseSignatureHeader, verifyContent } from '@coffer/antom'
import { request as ask } from 'undici'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { select } from '../../../../test/result-codes/stored-rows.js'
import { aVaultingRequest } from '../../../../test/support/builders.js'
import { startSystem, type TestSystem } from '../../../../test/support/start-system.js'

const HOSTILE = { status: 500, body: '<script>alert(1)</script> "\u202e\'&' }
const RIGHT = { status: 200, body: '{"result":{"resultCode":"SUCCESS","resultStatus":"S"}}' }

let coffer: TestSystem
beforeAll(async () => {
  coffer = await startSystem()
})
afterAll(() => coffer?.stop())

async function call(path: string, options: { post?: object | string; page?: boolean; origin?: string } = {}) {
  const { post, page, origin } = options
  const { statusCode, headers, body } = await ask(`${coffer.opsUrl}/sandbox/notifications${path}`, {
    method: post === undefined ? 'GET' : 'POST',
    headers: { ...(page && { accept: 'text/html' }), ...(origin && { origin }), 'content-type': 'application/json' },
    ...(post !== undefined && { body: typeof post === 'string' ? post : JSON.stringify(post) }),
  })
  const text = await body.text()
  const isJson = String(headers['content-type']).includes('json')
  return { statusCode, headers, text, json: isJson ? JSON.parse(text) : undefined }
}

async function vault(path: string): Promise<string> {
  const request = aVaultingRequest({ vaultingNotificationUrl: `${coffer.receiver.url}${path}` })
  expect((await coffer.vaultPaymentMethod(request)).json.result.resultCode).toBe('SUCCESS')
  return request.vaultingRequestId
}

test('programs list them, look at one, and have one sent again and cancelled', async () => {
  coffer.receiver.answer(() => HOSTILE)
  const id = await vault('/programs?a=%20b')
  await coffer.advance(3_000)
  const { clientId } = coffer.merchant
  const { json: list } = await call(`?clientId=${clientId}&state=open&kind=notifyVaulting&since=1h&limit=1`)
  expect(list).toMatchObject({
    notifications: [{ subject: id, clientId, state: 'open', attempts: 1, lastAttempt: { httpStatus: 500 } }],
  })
  const path = `/${list.notifications[0].id}`
  expect((await call(path)).json).toEqual((await call(`/${id}?clientId=${clientId}`)).json)

  const resent = await call(`${path}/resend`, { post: { attempt: 1 } })
  expect(resent.json).toMatchObject({ id: list.notifications[0].id, url: `${coffer.receiver.url}/programs?a=%20b` })
  await coffer.advance(0)
  const elsewhere = await call(`${path}/resend`, { post: { to: `${coffer.receiver.url}/elsewhere` } })
  expect(elsewhere.statusCode).toBe(200)
  await coffer.advance(0)
  expect(coffer.receiver.received.map(({ url }) => url)).toEqual(['/programs?a=%20b', '/programs?a=%20b', '/elsewhere'])

  const der = Buffer.from(coffer.system.gatewayKey.publicKey, 'base64')
  const key = createPublicKey({ key: der, format: 'der', type: 'spki' })
  for (const [nth, name] of ['1', 'r1', 'r2'].entries()) {
    const { text, headers } = await call(`${path}/attempts/${name}/string-to-sign`)
    expect(headers['content-type']).toBe('text/plain; charset=utf-8')
    const header = parseSignatureHeader(String(coffer.receiver.received[nth]!.headers['signature']))
    expect(header.ok && verifyContent(key, Buffer.from(text), header.header.signature), name).toBe(true)
  }

  expect((await call(`${path}/cancel`, { post: '' })).json).toMatchObject({ underWay: false })
  const again = await call(`${path}/cancel`, { post: {} })
  expect([again.statusCode, again.json.error]).toEqual([400, expect.stringContaining('is cancelled since')])
  await coffer.advance(26 * 3_600_000)
  expect(coffer.receiver.received).toHaveLength(3)
})

test('what failed between two instants is sent again, once', async () => {
  coffer.receiver.answer(() => HOSTILE)
  const id = await vault('/catch-up')
  await coffer.advance(60_000)
  coffer.receiver.answer(() => RIGHT)
  const wish = { failedFrom: '1m', failedUntil: '0s', clientId: coffer.merchant.clientId }
  expect((await call('/resend', { post: wish })).json).toEqual({ resent: 1, withoutAddress: 0 })
  expect((await call('/resend', { post: wish })).json).toEqual({ resent: 0, withoutAddress: 0 })
  await coffer.advance(0)
  expect((await call(`/${id}`)).json).toMatchObject({
    state: 'acknowledged',
    attempts: [{ attempt: '1' }, { attempt: 'r1' }],
  })
})

test('a mistake is told in one line, and nothing is sent', async () => {
  const before = await select(coffer.system, 'select count(*)::int as n from notification')
  const mistakes: [string, object | string | undefined, number, RegExp][] = [
    ['/nobody-knows', undefined, 404, /no notification has this id/],
    ['/nobody-knows/attempts/1/string-to-sign', undefined, 404, /no notification has this id/],
    ['/nobody-knows/resend', {}, 404, /no notification has this id/],
    ['/nobody-knows/cancel', {}, 404, /no notification has this id/],
    ['?state=lost', undefined, 400, /a state is one of/],
    ['?merchant=x', undefined, 400, /"merchant" is not known here; there is clientId/],
    ['?state=open&state=open', undefined, 400, /"state" is given once/],
    ['?since=now', undefined, 400, /since is an instant/],
    ['?clientId=NOBODY', undefined, 404, /no such merchant/],
    ['/resend', {}, 400, /"failedFrom"/],
    ['/resend', { failedFrom: 'x' }, 400, /the beginning is an instant/],
    ['/resend', { failedFrom: '1h', merchant: 'x' }, 400, /"merchant" is not known here/],
    ['/x/resend', '{', 400, /not JSON/],
    ['/x/resend', '[]', 400, /not a JSON object/],
  ]
  for (const [path, post, status, told] of mistakes) {
    const { statusCode, json } = await call(path, post === undefined ? {} : { post })
    expect([statusCode, json.error], path).toEqual([status, expect.stringMatching(told)])
  }
  const fromPage = await call('/resend', { post: { failedFrom: '1h' }, origin: 'https://shop.example' })
  expect(fromPage.statusCode).toBe(403)
  expect(await select(coffer.system, 'select count(*)::int as n from notification')).toEqual(before)
})

test('in a browser the same is a page, and what a receiver answered stays text', async () => {
  coffer.receiver.answer(() => HOSTILE)
  const id = await vault('/page')
  await coffer.advance(3_000)
  await select(coffer.system, `update notification_attempt set answer = answer || E'\\u202e' where answer is not null`)
  const list = await call('', { page: true })
  expect(list.headers['content-type']).toBe('text/html; charset=utf-8')
  expect(list.headers['content-security-policy']).toContain("default-src 'none'")
  expect(list.text).toContain(`<bdi>${id}</bdi>`)
  const [, href] = /href="\/sandbox\/notifications(\/[0-9a-f-]{36})"/.exec(list.text)!
  const { text } = await call(href!, { page: true })
  expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
  expect(text).toContain(`href="/sandbox/timeline/${coffer.merchant.clientId}/${id}"`)
  for (const bad of ['<script', '\u202e', '<form', ' style=']) expect(text).not.toContain(bad)
  expect((await call('?state=exhausted', { page: true })).text).toContain('aria-current="page">exhausted')
})

test('a browser is told a mistake as a page, and no word of it becomes a part of that', async () => {
  const unknown = await call('/%3Cscript%3E', { page: true })
  expect(unknown.statusCode).toBe(404)
  expect(unknown.headers['content-type']).toBe('text/html; charset=utf-8')
  expect(unknown.text).toContain('no notification has this id')
  const wrong = await call('?%3Cscript%3E=1', { page: true })
  expect(wrong.statusCode).toBe(400)
  expect(wrong.text).toContain('&lt;script&gt;')
  for (const { text } of [unknown, wrong]) expect(text).not.toContain('<script')
})

test('the port begins with where everything is: links for a browser, names for programs', async () => {
  for (const path of ['/', '/sandbox']) {
    const page = await ask(`${coffer.opsUrl}${path}`, { headers: { accept: 'text/html,*/*' } })
    const html = await page.body.text()
    for (const link of ['/sandbox/notifications', '/sandbox/clock', '/metrics']) {
      expect(html).toContain(`<a href="${link}">`)
      expect((await ask(`${coffer.opsUrl}${link}`)).statusCode, link).toBe(200)
    }
    const names = await (await ask(`${coffer.opsUrl}${path}`)).body.json()
    expect(names).toMatchObject({ '/metrics': expect.any(String), '/sandbox/notifications': expect.any(String) })
  }
})

test('in live there is nothing of it on the port', async () => {
  const live = await startSystem({ environment: 'live' })
  try {
    for (const path of ['/sandbox', '/sandbox/notifications']) {
      expect((await ask(`${live.opsUrl}${path}`)).statusCode).toBe(404)
    }
    const names = await (await ask(`${live.opsUrl}/`)).body.json()
    expect(Object.keys(names as object)).toEqual(['/livez', '/readyz', '/metrics'])
  } finally {
    await live.stop()
  }
})
