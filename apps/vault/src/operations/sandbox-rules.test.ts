/** The calls on the operations port by which rules are added, listed and removed. */
import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startSystem, type TestSystem } from '../../../../test/support/start-system.js'

let coffer: TestSystem
beforeAll(async () => {
  coffer = await startSystem()
})
afterAll(() => coffer?.stop())

async function call(method: string, body?: unknown, path = '') {
  const response = await fetch(`${coffer.opsUrl}/sandbox/notification-rules${path}`, {
    method,
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  return { status: response.status, json: (await response.json()) as Record<string, unknown> }
}

const rules = async () => (await call('GET')).json['rules'] as Record<string, unknown>[]

test('rules are added, shown oldest first, and removed: one, then all', async () => {
  const { clientId } = coffer.merchant
  const added = [
    await call('POST', { do: 'late', lateMs: 300_000, clientId, requestPrefix: 'ü%_', times: 3 }),
    await call('POST', { do: 'no-signature', times: 'always' }),
    await call('POST', { do: 'before-answer' }),
  ]
  expect(added.map(({ status }) => status)).toEqual([201, 201, 201])
  const createdAt = expect.stringMatching(/^\d{4}-.*Z$/)
  const id = expect.stringMatching(/^[\da-f-]{36}$/)
  expect(await rules()).toEqual([
    { id, do: 'late', lateMs: 300_000, clientId, requestPrefix: 'ü%_', timesLeft: 3, createdAt },
    { id, do: 'no-signature', timesLeft: 'always', createdAt },
    { id, do: 'before-answer', timesLeft: 1, createdAt },
  ])
  expect(await rules()).toEqual(added.map(({ json }) => json))
  const second = String(added[1]!.json['id'])
  expect(await call('DELETE', undefined, `/${second}`)).toEqual({ status: 200, json: { removed: 1 } })
  expect(await call('DELETE', undefined, `/${second}`)).toMatchObject({ status: 404 })
  expect((await rules()).map(rule => rule['do'])).toEqual(['late', 'before-answer'])
  expect(await call('DELETE')).toEqual({ status: 200, json: { removed: 2 } })
  expect(await call('DELETE')).toEqual({ status: 200, json: { removed: 0 } })
  expect(await rules()).toEqual([])
})

describe('what is not understood changes nothing, and is told what is wrong:', () => {
  const bad: [what: string, body: unknown, text: RegExp][] = [
    ['nothing', undefined, /not JSON/],
    ['no JSON', '{"do": twice}', /not JSON.*"twice"/],
    ['a list', [{ do: 'twice' }], /"do"/],
    ['null', 'null', /"do"/],
    ['nothing to do', {}, /"do"/],
    ['something else to do', { do: 'never' }, /"late" \| "twice"/],
    ['the name of a stored value', { do: 'out of order' }, /"out-of-order"/],
    ['a name of every object', { do: 'constructor' }, /"do"/],
    ['late without how much', { do: 'late' }, /needs "lateMs"/],
    ['late by nothing', { do: 'late', lateMs: 0 }, /from 1 to/],
    ['late into the past', { do: 'late', lateMs: -1 }, /from 1 to/],
    ['late by a fraction', { do: 'late', lateMs: 1.5 }, /whole number/],
    ['late by words', { do: 'late', lateMs: '5m' }, /whole number/],
    ['late by years', { do: 'late', lateMs: 1e15 }, /from 1 to/],
    ['how much without late', { do: 'twice', lateMs: 5 }, /belongs to/],
    ['never', { do: 'twice', times: 0 }, /"times"/],
    ['half a time', { do: 'twice', times: 0.5 }, /"times"/],
    ['times as text', { do: 'twice', times: '3' }, /"times"/],
    ['times as nothing', { do: 'twice', times: null }, /"times"/],
    ['more times than are counted', { do: 'twice', times: 2 ** 40 }, /"times"/],
    ['an empty prefix', { do: 'twice', requestPrefix: '' }, /"requestPrefix"/],
    ['a prefix that no id can have', { do: 'twice', requestPrefix: 'a\u0000' }, /"requestPrefix"/],
    ['half a character', { do: 'twice', requestPrefix: '\ud800' }, /"requestPrefix"/],
    ['a prefix longer than an id', { do: 'twice', requestPrefix: 'a'.repeat(65) }, /"requestPrefix"/],
    ['a merchant that is no text', { do: 'twice', clientId: 7 }, /"clientId"/],
    ['a word that says nothing', { do: 'twice', merchant: 'x' }, /"merchant" says nothing/],
  ]

  test.each(bad)('%s', async (_what, body, text) => {
    const { status, json } = await call('POST', body)
    expect(status).toBe(400)
    expect(json['error']).toMatch(text)
    expect(await rules()).toEqual([])
  })

  test('a merchant that is not there', async () => {
    const { status, json } = await call('POST', { do: 'twice', clientId: 'SANDBOX_NOBODY' })
    expect(status).toBe(404)
    expect(json['error']).toContain('SANDBOX_NOBODY')
    expect(await rules()).toEqual([])
  })

  test.each(['/1', '/%00', '/00000000-0000-0000-0000-00000000000', '/00000000-0000-0000-0000-000000000000'])(
    'removing %s',
    async path => {
      await call('POST', { do: 'twice' })
      expect(await call('DELETE', undefined, path)).toEqual({ status: 404, json: { error: 'there is no such rule' } })
      expect(await call('DELETE')).toMatchObject({ json: { removed: 1 } })
    },
  )
})

test.each(['GET', 'POST', 'DELETE'])('a web page cannot %s rules', async method => {
  for (const headers of [{ origin: 'https://evil.test' }, { host: 'evil.test' }, { 'sec-fetch-site': 'cross-site' }]) {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const asked = request(`${coffer.opsUrl}/sandbox/notification-rules`, { method, headers }, response => {
        response.resume()
        resolve(response.statusCode)
      })
      asked.on('error', reject).end(method === 'POST' ? '{"do":"twice"}' : undefined)
    })
    expect(status).toBe(403)
  }
  expect(await rules()).toEqual([])
})
