/** Rules of the sandbox: what each of them does to deliveries, exactly, and to which. */
import { createPublicKey } from 'node:crypto'
import { contentToSign, parseSignatureHeader, verifyContent } from '@coffer/antom'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { select } from '../../../../test/result-codes/stored-rows.js'
import { aRequestId, aVaultingRequest } from '../../../../test/support/builders.js'
import type { Received } from '../../../../test/support/receiver.js'
import { startSystem, type TestSystem } from '../../../../test/support/start-system.js'
import { Deliverer } from '../notifications/deliver.js'
import type { SettableClock } from '../platform/clock.js'
import { makeOutbound, type Outbound } from '../platform/outbound.js'
import { SandboxPlayground } from './playground.js'

const RIGHT = '{"result":{"resultCode":"SUCCESS","resultStatus":"S"}}'
const FIRST_MS = 3_000

let coffer: TestSystem
let outbound: Outbound
beforeAll(async () => {
  coffer = await startSystem()
  outbound = makeOutbound({ policy: coffer.system.config.outboundPolicy })
})
afterAll(async () => {
  await outbound?.close()
  await coffer?.stop()
})
beforeEach(() => coffer.receiver.answer(() => ({ status: 200, body: RIGHT })))
afterEach(async () => {
  await fetch(`${coffer.opsUrl}/sandbox/notification-rules`, { method: 'DELETE' })
  await select(coffer.system, 'update notification set due_at = null where due_at is not null')
})

describe('late', () => {
  test('puts the first delivery off by exactly so much, and the series counts from there', async () => {
    coffer.receiver.answer(() => ({ status: 500, body: '' }))
    const id = await add({ do: 'late', lateMs: 300_000 })
    const late = await vault()
    await coffer.advance(FIRST_MS + 290_000)
    expect(received(late)).toEqual([])
    await coffer.advance(2 * 300_000)
    const concludedAt = await concludedAtOf(late)
    expect((await attemptsOf(late)).map(({ beganAt }) => beganAt - concludedAt - FIRST_MS)).toEqual([
      300_000,
      300_000 + 2 * 60_000,
    ])
    const [told, ...more] = await toldOf(late)
    expect(told).toMatchObject({ do: 'late', ruleId: id })
    expect(Date.parse(told!.untilAt!)).toBe(concludedAt + FIRST_MS + 300_000)
    expect(more).toEqual([])
    expect(await leftOf(id)).toBe(0)
  })

  test('and the other rules about time leave a repeat alone', async () => {
    coffer.receiver.answer(() => ({ status: 500, body: '' }))
    const begun = await vault()
    await coffer.advance(FIRST_MS)
    const ids = [
      await add({ do: 'late', lateMs: 1_000 }),
      await add({ do: 'twice' }),
      await add({ do: 'out-of-order' }),
    ]
    await coffer.advance(2 * 60_000)
    expect(received(begun)).toHaveLength(2)
    expect(await Promise.all(ids.map(leftOf))).toEqual([1, 1, 1])
  })

  test('before others that were added later, of which none acts on the same notification', async () => {
    const ids = [await add({ do: 'late', lateMs: 5_000 }), await add({ do: 'twice' })]
    const first = await vault()
    await coffer.advance(FIRST_MS + 5_000)
    expect(received(first)).toHaveLength(1)
    expect(await Promise.all(ids.map(leftOf))).toEqual([0, 1])
    const second = await vault()
    await coffer.advance(FIRST_MS)
    expect(received(second)).toHaveLength(2)
  })
})

describe('twice', () => {
  test('two deliveries of the same body at the same instant, each signed rightly, and no third', async () => {
    await add({ do: 'twice' })
    const twice = await vault()
    await coffer.advance(FIRST_MS)
    const [one, other, ...more] = received(twice)
    expect(more).toEqual([])
    expect(one!.body.equals(other!.body)).toBe(true)
    expect(one!.headers['request-time']).toBe(other!.headers['request-time'])
    for (const delivery of [one!, other!]) expect(isSigned(delivery)).toBe(true)
    const attempts = await attemptsOf(twice)
    expect(attempts).toHaveLength(2)
    expect(attempts[0]!.beganAt).toBe(attempts[1]!.beganAt)
    expect(await toldOf(twice)).toMatchObject([{ do: 'twice' }])
    await coffer.advance(26 * 3_600_000)
    expect(received(twice)).toHaveLength(2)
  })

  test('the second one has no repeats of its own', async () => {
    coffer.receiver.answer(() => ({ status: 500, body: '' }))
    await add({ do: 'twice' })
    const twice = await vault()
    await coffer.advance(26 * 3_600_000)
    expect(received(twice)).toHaveLength(1 + 8)
  })
})

describe('out of order', () => {
  test('a later one of the same merchant goes first, and right after it the one that waited', async () => {
    await add({ do: 'out-of-order' })
    const first = await vault()
    const strangers = await vault(coffer.otherMerchant)
    await coffer.advance(2_000)
    const second = await vault()
    await coffer.advance(1_500)
    expect(arrived(first, second, strangers), 'a stranger changes nothing').toEqual([strangers])
    await coffer.advance(2_000)
    expect(arrived(first, second)).toEqual([second, first])
    const [one] = await attemptsOf(first)
    const [other] = await attemptsOf(second)
    expect(one!.beganAt, 'at the same instant').toBe(other!.beganAt)
    expect(await toldOf(first)).toMatchObject([{ do: 'out-of-order' }])
    expect(await toldOf(second)).toEqual([])
  })

  test('where no other comes, it goes after a minute', async () => {
    await add({ do: 'out-of-order' })
    const alone = await vault()
    await coffer.advance(5 * 60_000)
    const concludedAt = await concludedAtOf(alone)
    expect((await attemptsOf(alone)).map(({ beganAt }) => beganAt - concludedAt)).toEqual([FIRST_MS + 60_000])
  })

  test('the repeat of an earlier one does not count as another', async () => {
    coffer.receiver.answer(({ url }) => (url === '/refuses' ? { status: 500, body: '' } : { status: 200, body: RIGHT }))
    const earlier = await vault(coffer.merchant, '/refuses')
    await coffer.advance(110_000)
    await add({ do: 'out-of-order' })
    const waits = await vault()
    await coffer.advance(30_000)
    expect(received(earlier), 'its repeat came meanwhile').toHaveLength(2)
    expect(received(waits)).toEqual([])
  })

  test('always: they go in pairs, each the wrong way round', async () => {
    await add({ do: 'out-of-order', times: 'always' })
    const ids: string[] = []
    for (let nth = 0; nth < 6; nth++) ids.push(await vault())
    await coffer.advance(FIRST_MS)
    const [a, b, c, d, e, f] = ids
    expect(arrived(...ids)).toEqual([b, a, d, c, f, e])
  })
})

describe('a wrong signature', () => {
  const kinds = [
    ['wrong-signature', 'wrongly'],
    ['another-key', 'with another key'],
    ['no-signature', 'not at all'],
  ] as const

  test.each(kinds)('%s on a first delivery: an acknowledgement does not end the series', async (kind, signed) => {
    const id = await add({ do: kind })
    const forged = await vault()
    await coffer.advance(FIRST_MS + 2 * 60_000)
    expect(received(forged).map(isSigned)).toEqual([false, true])
    expect('signature' in received(forged)[0]!.headers).toBe(kind !== 'no-signature')
    const [first, second, ...more] = await attemptsOf(forged)
    expect(more).toEqual([])
    expect(first).toMatchObject({ signed, acknowledged: false, httpStatus: 200 })
    expect(first!.failure).toContain('does not check the signature')
    expect(second).toMatchObject({ signed: 'rightly', acknowledged: true })
    expect(second!.beganAt - first!.beganAt).toBe(120_000)
    expect(await toldOf(forged)).toMatchObject([{ do: kind, ruleId: id }])
    expect(await leftOf(id)).toBe(0)
  })

  test.each(kinds)('%s on repeats: of any attempt, so often as was asked for', async (kind, signed) => {
    coffer.receiver.answer(() => ({ status: 500, body: '' }))
    const forged = await vault()
    await coffer.advance(FIRST_MS)
    await add({ do: kind, times: 2 })
    await coffer.advance(40 * 60_000)
    expect((await attemptsOf(forged)).map(attempt => attempt.signed)).toEqual(['rightly', signed, signed, 'rightly'])
    expect(received(forged).map(isSigned)).toEqual([true, false, false, true])
  })

  test('without end: no delivery is signed rightly until the rule is removed', async () => {
    const id = await add({ do: 'another-key', times: 'always' })
    const forged = await vault()
    await coffer.advance(FIRST_MS + 30 * 60_000)
    expect(received(forged).map(isSigned)).toEqual([false, false, false, false])
    expect(await leftOf(id)).toBe('always')
    await fetch(`${coffer.opsUrl}/sandbox/notification-rules/${id}`, { method: 'DELETE' })
    await coffer.advance(60 * 60_000)
    expect(received(forged).map(isSigned)).toEqual([false, false, false, false, true])
  })

  test('waits for the delivery: one that is put off first is signed by the rule when it goes', async () => {
    const late = await add({ do: 'late', lateMs: 60_000 })
    const unsigned = await add({ do: 'no-signature' })
    const both = await vault()
    await coffer.advance(FIRST_MS)
    expect([await leftOf(late), await leftOf(unsigned)]).toEqual([0, 1])
    await coffer.advance(60_000)
    expect(received(both).map(isSigned)).toEqual([false])
    expect((await toldOf(both)).map(told => told.do)).toEqual(['late', 'no-signature'])
  })
})

describe('a rule acts', () => {
  test('on its own merchant alone', async () => {
    await add({ do: 'twice', clientId: coffer.otherMerchant.clientId, times: 'always' })
    const ours = await vault()
    const theirs = await vault(coffer.otherMerchant)
    await coffer.advance(FIRST_MS)
    expect([received(ours).length, received(theirs).length]).toEqual([1, 2])
  })

  test('on ids that begin with its prefix, in which no character stands for another', async () => {
    await add({ do: 'twice', requestPrefix: 'a%_\\', times: 'always' })
    const ids = ['a%_\\1', 'axy\\1', 'a%x\\1', 'A%_\\1', 'ba%_\\', 'a%_']
    for (const id of ids) await vault(coffer.merchant, '/prefix', id)
    await coffer.advance(FIRST_MS)
    expect(ids.map(id => received(id).length)).toEqual([2, 1, 1, 1, 1, 1])
  })

  test('as often as it may when fifty are due at once and four workers take them', async () => {
    const ids = [
      await add({ do: 'late', lateMs: 60_000, times: 1 }),
      await add({ do: 'twice', times: 3 }),
      await add({ do: 'wrong-signature', times: 7 }),
      await add({ do: 'out-of-order', times: 1, clientId: coffer.otherMerchant.clientId }),
    ]
    const vaulted: string[] = []
    for (let round = 0; round < 5; round++) {
      vaulted.push(...(await Promise.all(Array.from({ length: 10 }, () => vault()))))
    }
    const clock = coffer.system.clock as SettableClock
    const dueAt = clock.now() + FIRST_MS
    clock.follow({ realMs: clock.real(), virtualMs: dueAt, running: false, heldUntilRealMs: Number.MAX_SAFE_INTEGER })
    const workers = Array.from(
      { length: 4 },
      () => new Deliverer(coffer.system, outbound, { playground: new SandboxPlayground(coffer.system) }),
    )
    for (let begun = 1; begun > 0; ) {
      const counts = await Promise.all(workers.map(worker => worker.takeDue()))
      await Promise.all(workers.map(worker => worker.drain()))
      begun = counts.reduce((sum, count) => sum + count)
    }
    expect(await Promise.all(ids.map(leftOf))).toEqual([0, 0, 0, 1])
    const count = (of: (deliveries: Received[]) => boolean) => vaulted.filter(id => of(received(id))).length
    expect(count(deliveries => deliveries.length === 0)).toBe(1)
    expect(count(deliveries => deliveries.length === 2)).toBe(3)
    expect(vaulted.flatMap(received).filter(delivery => !isSigned(delivery))).toHaveLength(7)
    const told = (await Promise.all(vaulted.map(toldOf))).flat()
    expect(told).toHaveLength(1 + 3 + 7)
  })
})

async function add(rule: object): Promise<string> {
  const response = await fetch(`${coffer.opsUrl}/sandbox/notification-rules`, {
    method: 'POST',
    body: JSON.stringify(rule),
  })
  expect(response.status).toBe(201)
  return ((await response.json()) as { id: string }).id
}

async function leftOf(id: string): Promise<number | 'always' | undefined> {
  const response = await fetch(`${coffer.opsUrl}/sandbox/notification-rules`)
  const { rules } = (await response.json()) as { rules: { id: string; timesLeft: number | 'always' }[] }
  return rules.find(rule => rule.id === id)?.timesLeft
}

async function vault(as = coffer.merchant, path = '/rules', vaultingRequestId = aRequestId('rule')): Promise<string> {
  const vaultingNotificationUrl = `${coffer.receiver.url}${path}`
  const answer = await coffer.vaultPaymentMethod(aVaultingRequest({ vaultingRequestId, vaultingNotificationUrl }), {
    as,
  })
  expect(answer.json.result.resultCode).toBe('SUCCESS')
  return vaultingRequestId
}

const received = (id: string) => coffer.receiver.received.filter(({ json }) => json.vaultingRequestId === id)

/** In the order of their arrival. */
const arrived = (...ids: string[]) =>
  coffer.receiver.received.map(({ json }) => json.vaultingRequestId as string).filter(id => ids.includes(id))

function isSigned({ method, url, headers, body }: Received): boolean {
  const header = parseSignatureHeader(String(headers['signature'] ?? ''))
  if (!header.ok) return false
  const spki = Buffer.from(coffer.system.gatewayKey.publicKey, 'base64')
  const key = createPublicKey({ key: spki, format: 'der', type: 'spki' })
  const [clientId, time] = [String(headers['client-id']), String(headers['request-time'])]
  return verifyContent(key, contentToSign({ method, uri: url, clientId, time, body }), header.header.signature)
}

async function attemptsOf(id: string) {
  const rows = await select(
    coffer.system,
    `select a.* from notification_attempt a join notification n on n.id = a.notification_id
     where n.subject_id = $1 order by a.began_at, a.attempt`,
    [id],
  )
  return rows.map(row => ({
    beganAt: (row['began_at'] as Date).getTime(),
    signed: row['signed'],
    acknowledged: row['acknowledged'],
    httpStatus: row['http_status'],
    failure: row['failure'],
  }))
}

async function concludedAtOf(id: string): Promise<number> {
  const [row] = await select(coffer.system, 'select concluded_at from vaulting where vaulting_request_id = $1', [id])
  return (row!['concluded_at'] as Date).getTime()
}

/** What the timeline says that rules have done. */
async function toldOf(id: string) {
  const url = `${coffer.opsUrl}/sandbox/timeline/${coffer.merchant.clientId}/${encodeURIComponent(id)}`
  const { events } = (await (await fetch(url)).json()) as {
    events: { kind: string; do: string; ruleId: string; untilAt?: string }[]
  }
  return events.filter(({ kind }) => kind === 'sandbox.rule')
}
