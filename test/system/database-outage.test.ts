/** PostgreSQL is killed under a running Coffer, and comes back: nobody restarts serve or work for that. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { acknowledgement } from '../../packages/antom/src/index.js'
import { aVaultingRequest } from '../support/builders.js'
import type { Answer } from '../support/merchant-client.js'
import { type SandboxKeys, Stack } from '../support/processes.js'
import { type Receiver, startReceiver } from '../support/receiver.js'

let stack: Stack
let receiver: Receiver
let merchant: SandboxKeys
let stranger: SandboxKeys

beforeAll(async () => {
  receiver = await startReceiver()
  stack = await Stack.start({ offset: 23_000, env: { COFFER_FIRST_NOTIFICATION_DELAY_MS: '0' } })
  ;[merchant, stranger] = stack.merchants as [SandboxKeys, SandboxKeys]
})

afterAll(async () => {
  await stack?.stop()
  await receiver?.stop()
})

const vault = (request: unknown, as = merchant) => stack.call(as, 'vaults/vaultPaymentMethod', request)
const inquire = (vaultingRequestId: string) => stack.call(merchant, 'vaults/inquireVaulting', { vaultingRequestId })
const request = (vaultingRequestId: string) =>
  aVaultingRequest({ vaultingRequestId, vaultingNotificationUrl: `${receiver.url}/notify` })

async function readiness(): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${stack.opsUrl}/readyz`, { headers: { connection: 'close' } })
  return { status: response.status, body: await response.json() }
}

async function until(condition: () => boolean | Promise<boolean>, withinMs: number): Promise<void> {
  const began = performance.now()
  while (!(await condition())) {
    if (performance.now() - began > withinMs) throw new Error(`did not happen within ${withinMs} ms`)
    await sleep(50)
  }
}

function expectUnknown(answer: Answer): void {
  expect(answer).toMatchObject({
    status: 200,
    verified: true,
    json: { result: { resultCode: 'UNKNOWN_EXCEPTION', resultStatus: 'U' } },
  })
}

const toldOf = (id: string) => receiver.received.filter(({ json }) => json.vaultingRequestId === id)

test('while the database is down every call hears U, and when it is back everything goes on', async () => {
  const pids = (['serve', 'work'] as const).map(name => stack.program(name).pid)
  const before = await vault(request('before'))
  expect(before).toMatchObject({ verified: true, json: { result: { resultStatus: 'S' } } })
  expect(await readiness()).toMatchObject({ status: 200, body: { ready: true, database: true } })

  await stack.kill(['postgres'])
  const answers = await Promise.all([vault(request('during')), vault(request('before')), inquire('before')])
  answers.forEach(expectUnknown)
  // Somebody whom this process has not met yet is not told that he does not exist.
  expectUnknown(await vault(request('of-a-stranger'), stranger))
  expect(await readiness()).toMatchObject({ status: 503, body: { ready: false, database: false } })
  expect((await fetch(`${stack.opsUrl}/livez`)).status, 'to restart it would not help').toBe(200)
  expect((await fetch(`${stack.opsUrl}/metrics`)).status).toBe(200)

  await stack.launch(['postgres'])
  await until(async () => (await readiness()).status === 200, 50_000)
  expect((await vault(request('before'))).text).toBe(before.text)
  const during = await vault(request('during'))
  expect(during).toMatchObject({ verified: true, json: { result: { resultStatus: 'S' } } })
  expect(await vault(request('of-a-stranger'), stranger)).toMatchObject({ json: { result: { resultStatus: 'S' } } })
  // The worker is back as well: it finds what is due without anybody's help.
  await until(() => toldOf('during').length === 1 && toldOf('before').length >= 1, 50_000)
  expect(toldOf('during')[0]!.json.paymentMethodDetail).toEqual(during.json.paymentMethodDetail)
  expect((['serve', 'work'] as const).map(name => stack.program(name).pid)).toEqual(pids)
  expect(stack.unexpectedEnds).toEqual([])
})

test('a transaction that is open when the database dies fails, and takes nothing else with it', async () => {
  // The clock stands still, inside a transaction, until this delivery has ended; and it does not end.
  receiver.answer(() => 'hang')
  await vault(request('hangs'))
  const advance = stack.advance(1_000)
  advance.catch(() => {}) // judged below; it may fail before anybody waits for it
  await until(() => toldOf('hangs').length === 1, 50_000)
  await stack.kill(['postgres'])
  await expect(advance).rejects.toThrow(/did not move/)

  receiver.answer(() => ({ status: 200, body: JSON.stringify(acknowledgement) }))
  await stack.launch(['postgres'])
  await until(async () => (await readiness()).status === 200, 50_000)
  expect(await vault(request('afterwards'))).toMatchObject({ verified: true, json: { result: { resultStatus: 'S' } } })
  expect(stack.unexpectedEnds).toEqual([])
})
