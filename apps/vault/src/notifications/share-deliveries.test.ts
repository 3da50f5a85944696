/** Several workers: each delivery is made by one of them, and one that comes back too late changes nothing. */
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { acknowledgement } from '@coffer/antom'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { select } from '../../../../test/result-codes/stored-rows.js'
import { aVaultingRequest } from '../../../../test/support/builders.js'
import { startReceiver } from '../../../../test/support/receiver.js'
import { startSystem, type TestSystem } from '../../../../test/support/start-system.js'
import type { SettableClock } from '../platform/clock.js'
import { makeOutbound, type Outbound } from '../platform/outbound.js'
import { Deliverer } from './deliver.js'
import { nextDueAt, openLanes, takeDueNotifications } from './due-across-merchants.js'
import { finishDeliveries } from './notification-store.js'

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

/** Moves the clock on while no worker looks. */
function pass(ms: number): void {
  const clock = coffer.system.clock as SettableClock
  clock.follow({ realMs: clock.real(), virtualMs: clock.now() + ms, running: true, heldUntilRealMs: 0 })
}

/** Lets all leases end, as if their workers had been gone for long: they count by the database's clock. */
async function runOut(): Promise<void> {
  await select(coffer.system, `update notification set lease_until = now() where lease_token is not null`)
}

async function vaultFor(url: string, count = 1): Promise<string[]> {
  const requests = Array.from({ length: count }, () => aVaultingRequest({ vaultingNotificationUrl: url }))
  for (let at = 0; at < count; at += 20) {
    const answers = await Promise.all(requests.slice(at, at + 20).map(request => coffer.vaultPaymentMethod(request)))
    for (const { json } of answers) expect(json.result.resultCode).toBe('SUCCESS')
  }
  return requests.map(({ vaultingRequestId }) => vaultingRequestId)
}

async function finishAll(...workers: Deliverer[]): Promise<void> {
  for (;;) {
    const begun = await Promise.all(workers.map(worker => worker.takeDue()))
    await Promise.all(workers.map(worker => worker.drain()))
    if (begun.every(count => count === 0)) return
  }
}

const attemptsOf = (ids: readonly string[]) =>
  select(
    coffer.system,
    `select n.subject_id as id, a.attempt, a.acknowledged, a.http_status from notification_attempt a
     join notification n on n.id = a.notification_id where n.subject_id = any($1) order by a.attempt`,
    [ids],
  )

test('two workers share two hundred deliveries, and none is made twice', async () => {
  const ids = await vaultFor(`${coffer.receiver.url}/shared`, 200)
  pass(3_000)
  const workers = [new Deliverer(coffer.system, outbound), new Deliverer(coffer.system, outbound)]
  const first = await Promise.all(workers.map(worker => worker.takeDue()))
  for (const count of first) expect(count, 'both have work').toBeGreaterThan(0)
  await Promise.all(workers.map(worker => worker.drain()))
  await finishAll(...workers)

  const told = coffer.receiver.received.map(({ json }) => json.vaultingRequestId)
  expect(told.length).toBe(200)
  expect(told.sort()).toEqual([...ids].sort())
  const attempts = await attemptsOf(ids)
  expect(attempts).toHaveLength(200)
  for (const attempt of attempts) expect(attempt).toMatchObject({ attempt: 1, acknowledged: true })
  expect(await nextDueAt(coffer.system.db)).toBeUndefined()
})

test('what a worker has taken nobody else gets, until its lease runs out', async () => {
  const { clock, db } = coffer.system
  const [id] = await vaultFor(`${coffer.receiver.url}/leased`)
  pass(3_000)
  const takenAt = clock.now()
  const lanes = await openLanes(db)
  const shares = lanes.map(({ merchantId, host }) => ({ merchantId, host, most: 10 }))
  const take = (token: string) => takeDueNotifications(db, takenAt, shares, { token, ms: 15_000 })
  const taken = await take(TOKENS[0])
  expect(taken.map(({ subjectId }) => subjectId)).toEqual([id])
  expect(await take(TOKENS[1])).toEqual([])
  expect(await nextDueAt(db), 'nothing that anybody else could do').toBeUndefined()

  await runOut()
  expect(await take(TOKENS[1])).toEqual(taken)

  const delivered = (leaseToken: string, acknowledged: boolean) => ({
    notification: taken[0]!,
    leaseToken,
    beganAt: takenAt,
    judgement: acknowledged
      ? ({ acknowledged, httpStatus: 200 } as const)
      : ({ acknowledged, httpStatus: 500, reason: 'x' } as const),
    nextDueAt: acknowledged ? undefined : takenAt + 120_000,
    tookMs: 1,
    target: undefined,
    signed: 'rightly' as const,
    bodyHash: undefined,
  })
  const before = await select(coffer.system, 'select * from notification order by id')
  expect(await finishDeliveries(db, [delivered(TOKENS[0], true)]), 'the worker that is late').toEqual([false])
  expect(await select(coffer.system, 'select * from notification order by id')).toEqual(before)
  expect(await attemptsOf([id!])).toEqual([])
  expect(await finishDeliveries(db, [delivered(TOKENS[1], false)]), 'the worker that holds it').toEqual([true])
  expect(await finishDeliveries(db, [delivered(TOKENS[1], true)]), 'the same one twice').toEqual([false])
  expect(await attemptsOf([id!])).toMatchObject([{ attempt: 1, acknowledged: false, http_status: 500 }])
  await coffer.advance(120_000)
  expect(await attemptsOf([id!])).toHaveLength(2)
})

test('a worker whose receiver answers after its lease ran out is not counted; the merchant hears it twice', async () => {
  const held: ServerResponse[] = []
  const server = createServer((request, response) => {
    request.resume()
    if (held.push(response) > 1) response.end(JSON.stringify(acknowledgement))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const [id] = await vaultFor(`http://127.0.0.1:${(server.address() as AddressInfo).port}/held`)
  pass(3_000)
  const slow = new Deliverer(coffer.system, outbound)
  const quick = new Deliverer(coffer.system, outbound)
  expect(await slow.takeDue()).toBe(1)
  await expect.poll(() => held.length, { timeout: 10_000 }).toBe(1)
  await runOut()
  await finishAll(quick)
  expect(held).toHaveLength(2)
  held[0]!.writeHead(500).end()
  await slow.drain()
  expect(await attemptsOf([id!])).toMatchObject([{ attempt: 1, acknowledged: true, http_status: 200 }])
  expect(coffer.logLines.join('')).toContain('notification.lease-lost')
  expect(await nextDueAt(coffer.system.db)).toBeUndefined()
  server.closeAllConnections()
  await new Promise<void>(resolve => server.close(() => resolve()))
})

test('a redirect is not followed: it is a wrong answer like any other', async () => {
  const server = createServer((request, response) => {
    request.resume()
    const status = Number(request.url!.slice(1))
    response.writeHead(status, { location: `${coffer.receiver.url}/redirected` }).end(JSON.stringify(acknowledgement))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const ids: string[] = []
  for (const status of [301, 302, 303, 307, 308]) ids.push(...(await vaultFor(`http://127.0.0.1:${port}/${status}`)))
  await coffer.advance(3_000)
  const attempts = await attemptsOf(ids)
  expect(attempts.map(row => row['http_status']).sort()).toEqual([301, 302, 303, 307, 308])
  for (const attempt of attempts) expect(attempt['acknowledged']).toBe(false)
  expect(coffer.receiver.received.filter(({ url }) => url === '/redirected')).toEqual([])
  server.closeAllConnections()
  await new Promise<void>(resolve => server.close(() => resolve()))
})

const TOKENS = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002'] as const

test('a merchant whose receiver hangs holds up only itself', async () => {
  const hanging = await startReceiver()
  hanging.answer(() => 'hang')
  const impatient = makeOutbound({ policy: coffer.system.config.outboundPolicy, maxSockets: 16, totalTimeoutMs: 2_000 })
  const worker = new Deliverer(coffer.system, impatient)
  await vaultFor(`${hanging.url}/hangs`, 40)
  const healthy = aVaultingRequest({ vaultingNotificationUrl: `${coffer.receiver.url}/healthy` })
  await coffer.vaultPaymentMethod(healthy, { as: coffer.otherMerchant })
  pass(3_000)
  const arrived = () =>
    coffer.receiver.received.some(({ json }) => json.vaultingRequestId === healthy.vaultingRequestId)
  expect(await worker.takeDue(), 'a share of the one merchant, and the other').toBe(5 + 1)
  await expect.poll(arrived, { timeout: 1_500 }).toBe(true)
  await worker.drain()
  await hanging.stop()
  await impatient.close()
})

test('a row that does not open is a failed attempt that says so, and its neighbours are delivered', async () => {
  const [bad, good] = await vaultFor(`${coffer.receiver.url}/neighbours`, 2)
  await select(
    coffer.system,
    `update sealed_card set token_sealed = '\\x00'
     where id = (select id from vaulting where vaulting_request_id = '${bad}')`,
  )
  pass(3_000)
  const worker = new Deliverer(coffer.system, outbound)
  await finishAll(worker)
  const told = coffer.receiver.received.map(({ json }) => json.vaultingRequestId)
  expect(told).toContain(good)
  expect(told).not.toContain(bad)
  expect(coffer.logLines.join('')).toContain('notification.unreadable')
  const rows = await select(
    coffer.system,
    `select a.failure, n.due_at is not null as open from notification_attempt a
     join notification n on n.id = a.notification_id where n.subject_id = '${bad}'`,
  )
  expect(rows, 'somebody may restore what is missing').toEqual([
    { failure: 'not sent (what it tells of cannot be read)', open: true },
  ])
  await select(coffer.system, `update notification set due_at = null where subject_id = '${bad}'`)
})
