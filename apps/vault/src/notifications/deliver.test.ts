/** Telling a merchant how a vaulting ended: when, where to, how often, and that it was us. */
import { createPublicKey } from 'node:crypto'
import { contentToSign, parseSignatureHeader, verifyContent } from '@coffer/antom'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { select } from '../../../../test/result-codes/stored-rows.js'
import { aRequestId, aVaultingRequest } from '../../../../test/support/builders.js'
import { type MerchantKeys, merchantKeys } from '../../../../test/support/merchant-client.js'
import type { Received } from '../../../../test/support/receiver.js'
import { startSystem, type TestSystem } from '../../../../test/support/start-system.js'
import { addMerchant, setFixedNotificationUrl, setMerchantDisabled } from '../merchants/manage-merchants.js'
import type { SettableClock } from '../platform/clock.js'
import { officeOf } from '../sandbox/sandbox-file.js'

const RIGHT = '{"result":{"resultCode":"SUCCESS","resultStatus":"S"}}'
const SCHEDULE_MINUTES = [0, 2, 12, 22, 82, 202, 562, 1462]

let coffer: TestSystem
beforeAll(async () => {
  coffer = await startSystem()
})
afterAll(() => coffer?.stop())

describe('the schedule', () => {
  test('is kept to the millisecond, with the same body, a fresh time and a right signature each time', async () => {
    coffer.receiver.answer(() => ({ status: 500, body: '' }))
    const { vaultingRequestId, received } = await vault('/exact?shop=1&x=%2F', coffer.merchant, {
      metadata: 'echo',
      customizedInfo: { customizedField1: 'also' },
    })
    await coffer.advance(26 * 3_600_000)

    const attempts = await attemptsOf(vaultingRequestId)
    const concludedAt = await concludedAtOf(vaultingRequestId)
    expect(attempts.map(({ beganAt }) => beganAt - concludedAt - 3_000)).toEqual(
      SCHEDULE_MINUTES.map(minutes => minutes * 60_000),
    )
    expect(attempts.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    expect(new Set(attempts.map(({ httpStatus }) => httpStatus))).toEqual(new Set([500]))
    expect(await openOf(vaultingRequestId)).toEqual({ attempts_made: 8, due_at: null, acknowledged_at: null })

    const got = received()
    expect(got).toHaveLength(8)
    expect(new Set(got.map(({ body }) => body.toString('hex'))).size).toBe(1)
    expect(got.map(({ headers }) => Date.parse(String(headers['request-time'])))).toEqual(
      attempts.map(({ beganAt }) => Math.floor(beganAt / 1000) * 1000),
    )
    expect(new Set(got.map(({ headers }) => headers['signature'])).size).toBe(8)
    for (const one of got) expectSigned(one, '/exact?shop=1&x=%2F')
    expect(got[0]!.json).toMatchObject({
      result: { resultCode: 'SUCCESS', resultStatus: 'S' },
      vaultingRequestId,
      metadata: 'echo',
      customizedInfo: { customizedField1: 'also' },
    })
  })

  test('ends at the first right acknowledgement, at each of its eight places', async () => {
    const seen = new Map<string, number>()
    coffer.receiver.answer(({ url }) => {
      const nth = (seen.get(url) ?? 0) + 1
      seen.set(url, nth)
      return nth < Number(url.split('/').pop()) ? { status: 200, body: '{}' } : { status: 200, body: RIGHT }
    })
    const vaulted = []
    for (let place = 1; place <= 9; place++) vaulted.push(await vault(`/stops/${place}`))
    await coffer.advance(3 * 24 * 3_600_000)
    for (const [index, { vaultingRequestId, received }] of vaulted.entries()) {
      const place = index + 1
      expect(received(), `right at place ${place}`).toHaveLength(Math.min(place, 8))
      const { due_at, acknowledged_at, attempts_made } = await openOf(vaultingRequestId)
      expect(due_at).toBeNull()
      expect(attempts_made).toBe(Math.min(place, 8))
      expect(acknowledged_at === null).toBe(place > 8)
      const attempts = await attemptsOf(vaultingRequestId)
      expect(attempts.map(({ acknowledged }) => acknowledged)).toEqual(
        Array.from({ length: Math.min(place, 8) }, (_, made) => made + 1 === place),
      )
    }
  })

  test('makes a delivery that is late once, and the rest follow it', async () => {
    coffer.receiver.answer(() => ({ status: 500, body: '' }))
    const { vaultingRequestId, received } = await vault('/late')
    const clock = coffer.system.clock as SettableClock
    const virtualMs = clock.now() + 5 * 3_600_000
    clock.follow({ realMs: clock.real(), virtualMs, running: true, heldUntilRealMs: 0 }) // no worker meanwhile
    await coffer.advance(0)
    expect(received()).toHaveLength(1)
    await coffer.advance(13 * 60_000)
    const [first, second, third, ...more] = (await attemptsOf(vaultingRequestId)).map(({ beganAt }) => beganAt)
    expect(first!, 'when a worker is there again, not when it was due').toBeGreaterThanOrEqual(virtualMs)
    expect(second! - first!).toBe(120_000)
    expect(third! - second!).toBe(600_000)
    expect(more).toEqual([])
  })

  test('has one delivery where repeats are switched off', async () => {
    const once = await startSystem({ env: { COFFER_NOTIFICATION_SCHEDULE_FACTOR: '0' } })
    try {
      once.receiver.answer(() => ({ status: 500, body: '' }))
      await once.vaultPaymentMethod(aVaultingRequest({ vaultingNotificationUrl: `${once.receiver.url}/once` }))
      await once.advance(30 * 3_600_000)
      expect(once.receiver.received).toHaveLength(1)
      expect(await select(once.system, 'select attempts_made, due_at from notification')).toEqual([
        { attempts_made: 1, due_at: null },
      ])
    } finally {
      await once.stop()
    }
  })
})

describe('an acknowledgement', () => {
  const answers: [what: string, status: number, body: string, right: boolean][] = [
    [
      'the one of the guide',
      200,
      '{"result":{"resultCode":"SUCCESS","resultStatus":"S","resultMessage":"success"}}',
      true,
    ],
    ['without a message', 200, RIGHT, true],
    ['with another message', 200, RIGHT.replace('}}', ',"resultMessage":"Got it"}}'), true],
    ['with more fields', 200, RIGHT.replace('{', '{"x":1,'), true],
    ['with blanks', 200, ` ${RIGHT}\n`, true],
    ['nothing', 200, '', false],
    ['text', 200, 'success', false],
    ['an empty object', 200, '{}', false],
    ['null', 200, 'null', false],
    ['an array', 200, `[${RIGHT}]`, false],
    ['the result alone', 200, '{"resultCode":"SUCCESS","resultStatus":"S"}', false],
    ['a result that is text', 200, '{"result":"SUCCESS"}', false],
    ['a result that is null', 200, '{"result":null}', false],
    ['no status', 200, '{"result":{"resultCode":"SUCCESS"}}', false],
    ['no code', 200, '{"result":{"resultStatus":"S"}}', false],
    ['the status F', 200, RIGHT.replace('"S"', '"F"'), false],
    ['the status U', 200, RIGHT.replace('"S"', '"U"'), false],
    ['a small s', 200, RIGHT.replace('"S"', '"s"'), false],
    ['another code', 200, RIGHT.replace('SUCCESS', 'PROCESS_FAIL'), false],
    ['a code in small letters', 200, RIGHT.replace('SUCCESS', 'success'), false],
    ['HTTP 201', 201, RIGHT, false],
    ['HTTP 202', 202, RIGHT, false],
    ['HTTP 302', 302, RIGHT, false],
    ['HTTP 400', 400, RIGHT, false],
    ['HTTP 500', 500, RIGHT, false],
    ['more than anybody needs', 200, RIGHT.replace('{', `{"x":"${'y'.repeat(100_000)}",`), false],
  ]

  test('counts when code and status are right, and only then', async () => {
    coffer.receiver.answer(({ url }) => {
      const [, status, body] = answers[Number(url.split('/').pop())] ?? ['', 200, RIGHT]
      return { status, body }
    })
    const vaulted = []
    for (const index of answers.keys()) vaulted.push(await vault(`/acknowledged/${index}`))
    await coffer.advance(4_000)
    for (const [index, [what, status, , right]] of answers.entries()) {
      const [attempt, ...more] = await attemptsOf(vaulted[index]!.vaultingRequestId)
      expect(more, what).toEqual([])
      expect(attempt, what).toMatchObject({ acknowledged: right, attempt: 1 })
      expect(attempt!.failure === null, what).toBe(right)
      if (what !== 'more than anybody needs') expect(attempt!.httpStatus, what).toBe(status)
    }
    coffer.receiver.answer(() => ({ status: 200, body: RIGHT }))
    await coffer.advance(120_000)
    for (const [index, [what, , , right]] of answers.entries()) {
      expect(vaulted[index]!.received(), what).toHaveLength(right ? 1 : 2)
    }
  })

  test('is not there when nobody listens, which is written down and tried again', async () => {
    const request = aVaultingRequest({ vaultingNotificationUrl: 'http://127.0.0.1:9/nobody' })
    await coffer.vaultPaymentMethod(request)
    await coffer.advance(3_000 + 120_000)
    const attempts = await attemptsOf(request.vaultingRequestId)
    expect(attempts).toHaveLength(2)
    for (const attempt of attempts) {
      expect(attempt).toMatchObject({ acknowledged: false, httpStatus: null, failure: expect.stringMatching(/failed/) })
    }
  })
})

describe('the address', () => {
  const office = () => officeOf(coffer.system)
  const newMerchant = async (notificationUrl?: string): Promise<MerchantKeys> => {
    const keys = merchantKeys(`SANDBOX_${aRequestId('n').replaceAll('-', '_')}`, 1)
    const publicKey = keys.publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
    await addMerchant(office(), { id: keys.clientId, name: 'n', publicKey, notificationUrl })
    return keys
  }

  test('of the request goes before the fixed one of the merchant', async () => {
    const merchant = await newMerchant(`${coffer.receiver.url}/fixed`)
    const own = await vault('/of-the-request', merchant)
    const fixed = await vaultWithoutUrl(merchant)
    await coffer.advance(3_000)
    expect(own.received()).toHaveLength(1)
    const atFixed = coffer.receiver.received.filter(({ url }) => url === '/fixed')
    expect(atFixed.map(({ json }) => json.vaultingRequestId)).toEqual([fixed])
    expectSigned(atFixed[0]!, '/fixed', merchant.clientId)
  })

  test('is the one of the time of the request, even if the fixed one changes later', async () => {
    const merchant = await newMerchant(`${coffer.receiver.url}/before`)
    const vaultingRequestId = await vaultWithoutUrl(merchant)
    await setFixedNotificationUrl(office(), merchant.clientId, `${coffer.receiver.url}/after`)
    await coffer.advance(3_000)
    const got = coffer.receiver.received.filter(({ json }) => json.vaultingRequestId === vaultingRequestId)
    expect(got.map(({ url }) => url)).toEqual(['/before'])
  })

  test('may be missing: then nobody is told, and the notification waits for somebody to send it', async () => {
    const merchant = await newMerchant()
    const vaultingRequestId = await vaultWithoutUrl(merchant)
    await coffer.advance(3_000)
    const rows = await select(
      coffer.system,
      'select url, due_at, attempts_made from notification where subject_id = $1',
      [vaultingRequestId],
    )
    expect(rows).toEqual([{ url: null, due_at: null, attempts_made: 0 }])
  })

  test.each([
    ['', '/'],
    ['?a=1', '/?a=1'],
    ['/', '/'],
    ['/a/../b?c=d#e', '/b?c=d'],
    ['/ü?q=ä', '/%C3%BC?q=%C3%A4'],
    ['/a%2fb?c=%2b+d', '/a%2fb?c=%2b+d'],
  ])('%s is signed as it stands on the request line: %s', async (suffix, uri) => {
    const request = aVaultingRequest({ vaultingNotificationUrl: `${coffer.receiver.url}${suffix}` })
    await coffer.vaultPaymentMethod(request)
    await coffer.advance(3_000)
    const { vaultingRequestId } = request
    const got = coffer.receiver.received.filter(({ json }) => json.vaultingRequestId === vaultingRequestId)
    expect(got).toHaveLength(1)
    expectSigned(got[0]!, uri)
  })

  test('of a merchant that was disabled meanwhile still gets what it is owed', async () => {
    const merchant = await newMerchant()
    const { received } = await vault('/disabled', merchant)
    await setMerchantDisabled(office(), merchant.clientId, true)
    await coffer.advance(3_000)
    expect(received()).toHaveLength(1)
    expectSigned(received()[0]!, '/disabled', merchant.clientId)
  })

  const vaultWithoutUrl = async (as: MerchantKeys) => {
    const request = aVaultingRequest()
    expect((await coffer.vaultPaymentMethod(request, { as })).json.result.resultCode).toBe('SUCCESS')
    return request.vaultingRequestId
  }
})

test('no log line and no event holds an address, a body or a signature', async () => {
  const events = await select(coffer.system, 'select detail::text as detail from vaulting_event')
  const all = `${coffer.logLines.join('')}${events.map(({ detail }) => detail).join('')}`
  expect(all).toContain('attempt')
  for (const word of ['/exact', '127.0.0.1', 'cof_', 'RSA256', 'Got it']) expect(all).not.toContain(word)
})

async function vault(path: string, as = coffer.merchant, change: object = {}) {
  const request = aVaultingRequest({ vaultingNotificationUrl: `${coffer.receiver.url}${path}`, ...change })
  const answer = await coffer.vaultPaymentMethod(request, { as })
  expect(answer.json.result.resultCode).toBe('SUCCESS')
  const { vaultingRequestId } = request
  const received = () => coffer.receiver.received.filter(({ json }) => json.vaultingRequestId === vaultingRequestId)
  return { vaultingRequestId, received }
}

async function attemptsOf(vaultingRequestId: string) {
  const rows = await select(
    coffer.system,
    `select a.* from notification_attempt a join notification n on n.id = a.notification_id
     where n.subject_id = $1 order by a.attempt`,
    [vaultingRequestId],
  )
  return rows.map(row => ({
    attempt: Number(row['attempt']),
    beganAt: (row['began_at'] as Date).getTime(),
    httpStatus: row['http_status'],
    failure: row['failure'],
    acknowledged: row['acknowledged'],
  }))
}

async function concludedAtOf(vaultingRequestId: string): Promise<number> {
  const [row] = await select(coffer.system, 'select concluded_at from vaulting where vaulting_request_id = $1', [
    vaultingRequestId,
  ])
  return (row!['concluded_at'] as Date).getTime()
}

async function openOf(vaultingRequestId: string) {
  const [row] = await select(
    coffer.system,
    'select attempts_made, due_at, acknowledged_at from notification where subject_id = $1',
    [vaultingRequestId],
  )
  return row as { attempts_made: number; due_at: Date | null; acknowledged_at: Date | null }
}

/** As the helpers of the SDKs check it: over path and query, with the time of the header. */
function expectSigned({ method, url, headers, body }: Received, uri: string, clientId = coffer.merchant.clientId) {
  expect({ method, url, clientId: headers['client-id'] }).toEqual({ method: 'POST', url: uri, clientId })
  expect(headers['content-type']).toBe('application/json; charset=UTF-8')
  const time = String(headers['request-time'])
  expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  const header = parseSignatureHeader(String(headers['signature']))
  expect(header.ok).toBe(true)
  const key = createPublicKey({
    key: Buffer.from(coffer.system.gatewayKey.publicKey, 'base64'),
    format: 'der',
    type: 'spki',
  })
  const verified = (signedUri: string) =>
    header.ok &&
    verifyContent(key, contentToSign({ method, uri: signedUri, clientId, time, body }), header.header.signature)
  expect(verified(uri)).toBe(true)
  if (uri.includes('?')) expect(verified(uri.split('?')[0]!)).toBe(false)
}
