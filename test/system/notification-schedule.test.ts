/**
 * The whole schedule of notifications, 24 hours and 22 minutes, with real processes and receivers on real sockets, played
 * by the clock of the operations port. Source: Antom › notifyVaulting.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { acknowledgement } from '../../packages/antom/src/index.js'
import { aVaultingRequest } from '../support/builders.js'
import { type SandboxKeys, Stack } from '../support/processes.js'
import { type Receiver, startReceiver } from '../support/receiver.js'
import { sandboxClock, timelineOf } from '../support/sandbox-clock.js'

/** When the deliveries of a series begin, in minutes after the first. */
const AT_MINUTE = [0, 2, 12, 22, 82, 202, 562, 1462]

/** How long after the end of a vaulting its first notification is due. */
const FIRST_AFTER_MS = 3_000

let stack: Stack
let receiver: Receiver
let merchant: SandboxKeys

beforeAll(async () => {
  receiver = await startReceiver()
  stack = await Stack.start({ offset: 21_900 })
  merchant = stack.merchants[0]!
})

afterAll(async () => {
  await stack?.stop()
  await receiver?.stop()
})

const arrivedAt = (path: string) => receiver.received.filter(({ url }) => url === path)

/** Vaults a card whose notification goes to a path of the receiver. @returns the id of the request */
async function vaultFor(path: string): Promise<string> {
  const request = aVaultingRequest({ vaultingNotificationUrl: `${receiver.url}${path}` })
  const { json } = await stack.call(merchant, 'vaults/vaultPaymentMethod', request)
  expect(json.result.resultStatus).toBe('S')
  return request.vaultingRequestId
}

const attemptsOf = (id: string) => timelineOf(stack.opsUrl, merchant.keys.clientId, id, 'notification.attempt')

const instants = (first: number, deliveries: number) =>
  AT_MINUTE.slice(0, deliveries).map(minute => new Date(first + minute * 60_000).toISOString())

test('a receiver that never acknowledges is told eight times, each to the millisecond, and then no more', async () => {
  const right = { status: 200, body: JSON.stringify(acknowledgement) }
  // Path /n acknowledges at the n-th delivery.
  receiver.answer(({ url }) => (arrivedAt(url).length === Number(url.slice(1)) ? right : { status: 503, body: 'no' }))
  const { now } = await sandboxClock(stack.opsUrl, { freeze: true })
  const first = Date.parse(now) + FIRST_AFTER_MS
  const never = await vaultFor('/never')
  const acknowledging = await Promise.all(AT_MINUTE.map((_, index) => vaultFor(`/${index + 1}`)))

  const moved = await sandboxClock(stack.opsUrl, { advanceMs: 30 * 3_600_000 })

  expect((await attemptsOf(never)).map(({ at }) => at)).toEqual(instants(first, 8))
  expect(arrivedAt('/never')).toHaveLength(8)
  // What is signed is the instant of each delivery, to the second as the wire has it.
  expect(arrivedAt('/never').map(({ headers }) => headers['request-time'])).toEqual(
    instants(first, 8).map(at => at.replace(/\.\d+Z$/, 'Z')),
  )
  for (const [index, id] of acknowledging.entries()) {
    const n = index + 1
    const attempts = await attemptsOf(id)
    expect(attempts.map(({ at, acknowledged }) => [at, acknowledged])).toEqual(
      instants(first, n).map((at, made) => [at, made === index]),
    )
    expect(arrivedAt(`/${n}`)).toHaveLength(n)
  }
  // All nine at once at first, and each time one less.
  expect(moved.played).toEqual(instants(first, 8).map((at, made) => ({ at, what: 'notification', count: 9 - made })))
  expect(moved.next).toBeUndefined()
  expect(Date.parse(moved.now)).toBe(Date.parse(now) + 30 * 3_600_000)
})
