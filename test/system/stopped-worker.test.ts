/** A worker that stands still for longer than its lease, as a paused machine does, and then goes on as if nothing were. */
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Barrier } from '../chaos/barrier.js'
import { type DeliveryLine, startDeliveryLine } from '../chaos/delivery-line.js'
import { aVaultingRequest } from '../support/builders.js'
import { type Program, Stack, startCoffer } from '../support/processes.js'
import { type Receiver, startReceiver } from '../support/receiver.js'

let stack: Stack
let receiver: Receiver
let line: DeliveryLine
let other: Program | undefined
beforeAll(async () => {
  receiver = await startReceiver()
  line = await startDeliveryLine(Number(new URL(receiver.url).port))
  stack = await Stack.start({ offset: 22_400, env: { COFFER_FIRST_NOTIFICATION_DELAY_MS: '0' } })
}, 120_000)
afterAll(async () => {
  await other?.stop()
  await stack?.stop()
  await line?.stop()
  await receiver?.stop()
})

test('makes no delivery with a lease that is over, and what it has to tell of its earlier ones counts for nothing', async () => {
  // One delivery whose answer is on its way back when the worker stops …
  const answer = line.holdNext('answer', 30_000)
  const answered = await vault()
  const heldAnswer = (await answer)!
  expect(heldAnswer.vaultingRequestId).toBe(answered)
  // … one that has not been received yet …
  const request = line.holdNext('request', 30_000)
  const sent = await vault()
  const heldRequest = (await request)!
  expect(heldRequest.vaultingRequestId).toBe(sent)
  // … and one that is claimed and nothing more.
  const claimed = await vaultAndClaim()
  stack.halt('work', true)
  await claimed.barrier.lift()

  other = startCoffer(['work'], { env: stack.env })
  await other.ready
  const all = [answered, sent, claimed.vaultingRequestId]
  await expect.poll(() => acknowledged(all), { timeout: 60_000, interval: 250 }).toBe(3)
  const before = receiver.received.length
  const records = await attempts()

  stack.halt('work', false)
  heldAnswer.letGo()
  heldRequest.letGo()
  await expect
    .poll(
      () =>
        stack
          .program('work')
          .output()
          .match(/notification\.lease-lost/g)?.length,
      { timeout: 30_000 },
    )
    .toBe(3)
  // Long enough for a delivery that should not be.
  await sleep(2_000)
  const after = receiver.received.slice(before).map(({ json }) => json.vaultingRequestId)
  expect(after, 'only the one that had left before its worker stopped').toEqual([sent])
  expect(await attempts(), 'nothing that the one who was away has to tell').toEqual(records)
  expect(records.map(({ attempt }) => attempt)).toEqual([1, 1, 1])
  const bodies = new Map(receiver.received.map(({ json, body }) => [json.vaultingRequestId, body.toString()]))
  for (const { json, body } of receiver.received) expect(body.toString()).toBe(bodies.get(json.vaultingRequestId))
}, 180_000)

async function vault(): Promise<string> {
  const request = aVaultingRequest({ vaultingNotificationUrl: `http://127.0.0.1:${line.port}/notify` })
  const { json } = await stack.call(stack.merchants[0]!, 'vaults/vaultPaymentMethod', request)
  expect(json.result.resultCode).toBe('SUCCESS')
  return request.vaultingRequestId
}

/** Keeps the worker in the middle of reading what it has to tell. */
async function vaultAndClaim(): Promise<{ vaultingRequestId: string; barrier: Barrier }> {
  stack.halt('work', true)
  const vaultingRequestId = await vault()
  const barrier = await Barrier.put(stack.databaseUrl, 'reading')
  stack.halt('work', false)
  const waiting = await barrier.untilWaiting('work', 'select w.nth', 30_000)
  expect(waiting.length).toBe(1)
  return { vaultingRequestId, barrier }
}

async function ask<Row>(text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: stack.databaseUrl })
  await client.connect()
  try {
    return (await client.query(text)).rows as Row[]
  } finally {
    await client.end()
  }
}

async function acknowledged(ids: readonly string[]): Promise<number> {
  const rows = await ask<{ id: string }>('select subject_id as id from notification where acknowledged_at is not null')
  return rows.filter(({ id }) => ids.includes(id)).length
}

const attempts = () =>
  ask<{ attempt: number }>(
    'select notification_id, attempt, began_at, acknowledged from notification_attempt order by notification_id, attempt',
  )
