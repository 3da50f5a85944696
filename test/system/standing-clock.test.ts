/** A clock that stands still while something is done, and what a worker held who is gone. */
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { aCard, aPayRequest, aVaultingRequest } from '../support/builders.js'
import { type SandboxKeys, Stack } from '../support/processes.js'
import { type Receiver, startReceiver } from '../support/receiver.js'
import { sandboxClock } from '../support/sandbox-clock.js'

let stack: Stack
let receiver: Receiver
let merchant: SandboxKeys

beforeAll(async () => {
  receiver = await startReceiver()
  stack = await Stack.start({ offset: 21_750, env: { COFFER_FIRST_NOTIFICATION_DELAY_MS: '0' } })
  merchant = stack.merchants[0]!
})

afterAll(async () => {
  await stack?.stop()
  await receiver?.stop()
})

const clock = (move: object) => sandboxClock(stack.opsUrl, move)

async function vault(): Promise<void> {
  const request = aVaultingRequest({ vaultingNotificationUrl: `${receiver.url}/notify` })
  const { json } = await stack.call(merchant, 'vaults/vaultPaymentMethod', request)
  expect(json.result.resultStatus).toBe('S')
}

test('what a worker held who is gone is done when its lease ends, while time stands and calls go on coming', async () => {
  await clock({ freeze: true })
  const { cardNo, expiryYear, expiryMonth } = aCard()
  // The issuer is told of the capture of a sale a second later.
  const sale = aPayRequest(undefined, { meta: { cardNo, expiryYear, expiryMonth } })
  const { json } = await stack.call(merchant, 'payments/pay', sale)
  expect(json.result.resultCode).toBe('SUCCESS')
  const database = new pg.Client(stack.databaseUrl)
  await database.connect()
  try {
    const { rowCount } = await database.query(
      `update issuer_message set lease_token = '00000000-0000-4000-8000-000000000000',
                                 lease_until = now() + interval '3 seconds'`,
    )
    expect(rowCount).toBe(1)
    let over = false
    // Each has its notification at once, so that something is under way all the time.
    const calling = [1, 2, 3].map(async () => {
      while (!over) await vault()
    })
    const { played } = await clock({ advanceMs: 1_000 }).finally(() => {
      over = true
    })
    await Promise.all(calling)
    expect(played).toContainEqual(expect.objectContaining({ what: 'reversal', count: 1 }))
    expect((await database.query('select from issuer_message')).rowCount).toBe(0)
  } finally {
    await database.end()
  }
  await clock({ freeze: false })
})
