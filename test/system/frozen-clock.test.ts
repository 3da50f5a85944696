/** A sandbox's clock that is frozen while processes die: it stands where it stood until somebody lets it go. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { aVaultingRequest } from '../support/builders.js'
import { programNames, type SandboxKeys, Stack } from '../support/processes.js'
import { type Receiver, startReceiver } from '../support/receiver.js'
import { sandboxClock, timelineOf } from '../support/sandbox-clock.js'

/** How long after the end of a vaulting its first notification is due. */
const FIRST_AFTER_MS = 3_000

let stack: Stack
let receiver: Receiver
let merchant: SandboxKeys

beforeAll(async () => {
  receiver = await startReceiver()
  stack = await Stack.start({ offset: 21_700 })
  merchant = stack.merchants[0]!
})

beforeEach(async () => {
  receiver.received.length = 0
})

afterAll(async () => {
  await stack?.stop()
  await receiver?.stop()
})

const clock = (move?: object) => sandboxClock(stack.opsUrl, move)
const iso = (at: number) => new Date(at).toISOString()
const freeze = async () => Date.parse((await clock({ freeze: true })).now)

async function vault(url: string): Promise<string> {
  const request = aVaultingRequest({ vaultingNotificationUrl: url })
  const { json } = await stack.call(merchant, 'vaults/vaultPaymentMethod', request)
  expect(json.result.resultStatus).toBe('S')
  return request.vaultingRequestId
}

const attemptsOf = async (id: string) =>
  (await timelineOf(stack.opsUrl, merchant.keys.clientId, id, 'notification.attempt')).map(({ at }) => at)

const simulatorShows = async () =>
  ((await (await fetch(`${stack.simulatorUrl}/clock`, { headers: { connection: 'close' } })).json()) as { now: string })
    .now

test('it stands where it stood after every process was killed at once, and steps on from there', async () => {
  receiver.answer(() => ({ status: 500, body: 'no' }))
  const first = (await freeze()) + FIRST_AFTER_MS
  const id = await vault(`${receiver.url}/notify`)
  await clock({ step: true })

  await stack.kill(programNames)
  await stack.launch(programNames)
  expect(await stack.linked('serve')).toBe(true)

  const next = { at: iso(first + 120_000), what: 'notification' }
  expect(await clock()).toMatchObject({ now: iso(first), frozen: true, next })
  // The simulator has begun by the machine's time, which is ahead by now.
  await expect.poll(simulatorShows).toBe(iso(first))
  expect(await clock({ step: true })).toMatchObject({ now: next.at, frozen: true, played: [{ ...next, count: 1 }] })
  expect(await attemptsOf(id)).toEqual([iso(first), next.at])
  expect(await simulatorShows()).toBe(next.at)

  const began = performance.now()
  const { now, frozen } = await clock({ freeze: false })
  expect(frozen).toBe(false)
  expect(Date.parse(now) - Date.parse(next.at)).toBeLessThanOrEqual(Math.ceil(performance.now() - began))
  await clock({ advanceMs: 25 * 3_600_000 })
})

test('a process that dies while it plays the time leaves it frozen, at the instant that was being played', async () => {
  const silent = await startReceiver()
  silent.answer(() => 'hang')
  const first = (await freeze()) + FIRST_AFTER_MS
  const id = await vault(`${silent.url}/notify`)
  const advance = clock({ advanceMs: 3_600_000 })
  advance.catch(() => {}) // judged below; it may fail before anybody waits for it
  await expect.poll(() => silent.received.length).toBe(1)
  await stack.kill(['serve'])
  await expect(advance).rejects.toThrow()
  await silent.stop()

  await stack.launch(['serve'])
  expect(await clock()).toMatchObject({ now: iso(first), frozen: true })
  const { played } = await clock({ advanceMs: 120_000 })
  expect(played.at(-1)).toEqual({ at: iso(first + 120_000), what: 'notification', count: 1 })
  expect(await attemptsOf(id)).toEqual([iso(first), iso(first + 120_000)])
  await clock({ advanceMs: 25 * 3_600_000 })
  await clock({ freeze: false })
})

test('what is due at the very instant happens while it is frozen', async () => {
  receiver.answer(() => ({
    status: 200,
    body: '{"result":{"resultCode":"SUCCESS","resultStatus":"S","resultMessage":"success"}}',
  }))
  await stack.end(['serve', 'work'])
  stack.alsoEnv({ COFFER_FIRST_NOTIFICATION_DELAY_MS: '0' })
  await stack.launch(['serve', 'work'])
  await stack.linked('serve')
  await freeze()
  // Whoever followed the clock a moment late shows a little more than it; from here on they all agree.
  const { now } = await clock({ advanceMs: 1_000 })
  const id = await vault(`${receiver.url}/notify`)
  await expect.poll(() => attemptsOf(id)).toEqual([now])
  expect(receiver.received).toHaveLength(1)
  expect(await clock()).toMatchObject({ now, frozen: true })
})
