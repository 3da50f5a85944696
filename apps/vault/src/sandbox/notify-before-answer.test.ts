/** The rule by which a notification reaches its receiver before the call that asked for it is answered. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { namedTestCards } from '../../../../packages/test-cards/src/index.js'
import { select } from '../../../../test/result-codes/stored-rows.js'
import { aVaultingRequest } from '../../../../test/support/builders.js'
import { startSystem, type TestSystem } from '../../../../test/support/start-system.js'
import { Deliverer } from '../notifications/deliver.js'
import { DELIVERIES_CHANNEL } from '../notifications/notification-store.js'
import { type Database, Listener } from '../platform/database.js'
import { Loop } from '../platform/loop.js'
import { makeOutbound, type Outbound } from '../platform/outbound.js'
import { NotifyBeforeAnswer } from './notify-before-answer.js'
import { SandboxPlayground } from './playground.js'

const RIGHT = '{"result":{"resultCode":"SUCCESS","resultStatus":"S"}}'

let coffer: TestSystem
let outbound: Outbound
let worker: { stop(): Promise<void> } | undefined
/** What came where, in this order: `notified` at the receiver, `answered` at the caller. */
let happened: string[] = []
/** How the receiver answers, and when. */
let answersAfterMs = 0
let answersWith = 200
const receiver = createServer((request, response) => {
  request.resume().on('end', () => {
    happened.push('notified')
    setTimeout(() => response.writeHead(answersWith).end(RIGHT), answersAfterMs)
  })
})
let url = ''

beforeAll(async () => {
  coffer = await startSystem()
  outbound = makeOutbound({ policy: coffer.system.config.outboundPolicy })
  await new Promise<void>(resolve => receiver.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/first`
})
afterAll(async () => {
  receiver.closeAllConnections()
  receiver.close()
  await outbound?.close()
  await coffer?.stop()
})
afterEach(async () => {
  await worker?.stop()
  worker = undefined
  await select(coffer.system, 'update notification set due_at = null where due_at is not null')
  await fetch(`${coffer.opsUrl}/sandbox/notification-rules`, { method: 'DELETE' })
  happened = []
  answersAfterMs = 0
  answersWith = 200
})

/** Delivers as `coffer work` does. */
async function startWorker(): Promise<void> {
  const { system } = coffer
  const deliverer = new Deliverer(system, outbound, { playground: new SandboxPlayground(system) })
  const { clock, db, log } = system
  const loop = new Loop({ name: 'deliveries', clock, log, longestRestMs: 1_000, turn: () => deliverer.turn() })
  const listener = new Listener({ url: db.url, log, channels: [DELIVERIES_CHANNEL] }, () => loop.wake())
  await listener.start()
  loop.start()
  worker = {
    async stop() {
      await listener.stop()
      await loop.stop()
      await deliverer.stop()
    },
  }
}

async function call(change: Parameters<typeof aVaultingRequest>[0] = {}, address = url) {
  const request = aVaultingRequest({ ...(address && { vaultingNotificationUrl: address }), ...change })
  const began = performance.now()
  const { json } = await coffer.vaultPaymentMethod(request)
  happened.push('answered')
  return { id: request.vaultingRequestId, request, json, tookMs: performance.now() - began }
}

async function addRule(rule: object = {}): Promise<void> {
  const body = JSON.stringify({ do: 'before-answer', ...rule })
  const response = await fetch(`${coffer.opsUrl}/sandbox/notification-rules`, { method: 'POST', body })
  expect(response.status).toBe(201)
}

async function timesLeft(): Promise<unknown[]> {
  const response = await fetch(`${coffer.opsUrl}/sandbox/notification-rules`)
  return ((await response.json()) as { rules: { timesLeft: unknown }[] }).rules.map(rule => rule.timesLeft)
}

async function toldOf(id: string) {
  const response = await fetch(`${coffer.opsUrl}/sandbox/timeline/${coffer.merchant.clientId}/${id}`)
  const { events } = (await response.json()) as { events: { kind: string; do: string; inVain?: string }[] }
  return events.filter(({ kind }) => kind === 'sandbox.rule')
}

test('without a rule the answer goes first; with one, the notification, once', async () => {
  await startWorker()
  await call()
  await expect.poll(() => happened).toEqual(['answered', 'notified'])
  happened = []
  await addRule()
  const { id, json } = await call()
  expect(json.result.resultStatus).toBe('S')
  expect(happened).toEqual(['notified', 'answered'])
  expect(await timesLeft()).toEqual([0])
  expect(await toldOf(id)).toMatchObject([{ do: 'before-answer' }])
  const attempts = await select(
    coffer.system,
    `select a.acknowledged from notification_attempt a join notification n on n.id = a.notification_id
     where n.subject_id = '${id}'`,
  )
  expect(attempts, 'and no second delivery when it would have been due').toEqual([{ acknowledged: true }])
  happened = []
  await call()
  expect(happened, 'the rule is used up').toEqual(['answered'])
})

test('a failure is told before its answer just the same', async () => {
  await startWorker()
  await addRule()
  const { json } = await call({ card: { cardNo: namedTestCards.declined.number } })
  expect(json.result.resultStatus).toBe('F')
  expect(happened).toEqual(['notified', 'answered'])
})

test('the answer waits for a slow receiver, and does not mind one that refuses', async () => {
  await startWorker()
  await addRule({ times: 2 })
  answersAfterMs = 800
  const slow = await call()
  expect(slow.json.result.resultStatus).toBe('S')
  expect(slow.tookMs).toBeGreaterThan(800)
  answersAfterMs = 0
  answersWith = 500
  const refused = await call()
  expect(refused.json.result.resultStatus).toBe('S')
  expect(happened).toEqual(['notified', 'answered', 'notified', 'answered'])
})

test('a receiver that hangs, or no worker at all, holds the answer up only as long as a caller waits', async () => {
  await addRule({ times: 2 })
  const nobody = await call()
  expect(nobody.json.result).toMatchObject({ resultCode: 'SUCCESS', resultStatus: 'S' })
  expect(nobody.tookMs).toBeGreaterThan(8_000)
  expect(nobody.tookMs).toBeLessThan(10_000)
  expect(await toldOf(nobody.id)).toMatchObject([{ do: 'before-answer' }, { inVain: expect.any(String) }])
  await startWorker()
  await expect.poll(() => happened, { message: 'it was due all the while' }).toEqual(['answered', 'notified'])
  answersAfterMs = 60_000
  const hanging = await call()
  expect(hanging.json.result).toMatchObject({ resultCode: 'SUCCESS', resultStatus: 'S' })
  expect(hanging.tookMs).toBeLessThan(10_000)
  receiver.closeAllConnections()
})

test('nothing waits, and no rule is used, where nobody is told, where a buyer has to act, or at a repeat', async () => {
  await startWorker()
  const done = await call()
  await addRule()
  const withoutAddress = await call({}, '')
  expect(withoutAddress.json.result.resultStatus).toBe('S')
  const inProcess = await call({
    card: { is3DSAuthentication: true, cardNo: namedTestCards.challengeThenApprove.number },
  })
  expect(inProcess.json.result.resultStatus).toBe('U')
  const repeat = await coffer.vaultPaymentMethod(done.request)
  expect(repeat.json).toEqual(done.json)
  expect(withoutAddress.tookMs + inProcess.tookMs).toBeLessThan(5_000)
  expect(await timesLeft()).toEqual([1])
})

test('a rule for others holds nobody up', async () => {
  await startWorker()
  await addRule({ clientId: coffer.otherMerchant.clientId, times: 'always' })
  await addRule({ requestPrefix: 'another-', times: 'always' })
  await call()
  expect(happened).toEqual(['answered'])
})

test('thirty calls at once use a rule for four of them four times', async () => {
  await startWorker()
  await addRule({ times: 4 })
  const calls = await Promise.all(Array.from({ length: 30 }, () => call()))
  expect(calls.map(({ json }) => json.result.resultStatus)).toEqual(Array(30).fill('S'))
  const told = (await Promise.all(calls.map(({ id }) => toldOf(id)))).flat()
  expect(told).toHaveLength(4)
  expect(await timesLeft()).toEqual([0])
})

test('without such a rule a call costs the database nothing', async () => {
  await addRule({ do: 'twice', times: 'always' })
  const asked: string[] = []
  const { clock, db } = coffer.system
  const watched = {
    query: (statement: { name: string; text: string }, params?: unknown[]) => {
      asked.push(statement.name)
      return db.query(statement, params)
    },
    transaction: () => Promise.reject(new Error('no transaction')),
  }
  const holding = new NotifyBeforeAnswer(watched as unknown as Database, clock)
  await holding.refresh()
  asked.length = 0
  await holding.hold({ state: 'SUCCESS', merchantId: 'M', vaultingRequestId: 'v' }, clock.stopwatch())
  expect(asked).toEqual([])
})

test('live has nothing that could hold an answer', async () => {
  const live = await startSystem({ environment: 'live' })
  try {
    expect(live.system.beforeAnswer).toBeUndefined()
    const rules = await fetch(`${live.opsUrl}/sandbox/notification-rules`)
    expect(rules.status).toBe(404)
  } finally {
    await live.stop()
  }
})

test('a process that starts later knows the rules that are there', async () => {
  await addRule()
  const { clock, db } = coffer.system
  const done = await call({}, '')
  await select(
    coffer.system,
    `update notification set url = '${url}', due_at = '2999-01-01' where subject_id = '${done.id}'`,
  )
  const restarted = new NotifyBeforeAnswer(db, clock)
  await restarted.refresh()
  await startWorker()
  const answered = { state: 'SUCCESS', merchantId: coffer.merchant.clientId, vaultingRequestId: done.id } as const
  await restarted.hold(answered, clock.stopwatch())
  expect(happened).toEqual(['answered', 'notified'])
  expect(await timesLeft()).toEqual([0])
})
