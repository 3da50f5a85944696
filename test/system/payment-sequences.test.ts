/** What `npm run chaos -- --what payments` does two thousand times: see ../chaos. */
import { expect, test } from 'vitest'
import { runPaymentSequences } from '../chaos/payment-sequences.js'

test('random calls, lost messages and passing time leave every payment as its merchant, issuer and rows say alike', async () => {
  const count = Number(process.env['PAYMENT_SEQUENCES'] ?? 50)
  const seed = Number(process.env['CHAOS_SEED'] ?? Date.now() % 1_000_000)
  const say = process.env['PAYMENT_SEQUENCES'] ? console.log : undefined
  const { complaints, ...report } = await runPaymentSequences(count, seed, say)
  console.log(JSON.stringify(report))

  expect(complaints, `again with CHAOS_SEED=${seed}`).toEqual([])
  // The run must have been one: money was moved both ways, and something got lost.
  expect(report.captures).toBeGreaterThan(count / 4)
  expect(report.refunds).toBeGreaterThan(0)
  expect(Object.keys(report.issuer).length).toBeGreaterThan(3)
}, 3_600_000)
