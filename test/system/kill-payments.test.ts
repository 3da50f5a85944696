/** A few rounds of what `npm run chaos -- --what payments` does at length: see ../chaos. */
import { expect, test } from 'vitest'
import { runPaymentChaos } from '../chaos/payment-rounds.js'

test('kill -9 at places of a payment loses no answer, and leaves the issuer with what the vault says', async () => {
  const seed = process.env['CHAOS_SEED'] ?? String(Date.now() % 1_000_000)
  const { complaints, ...report } = await runPaymentChaos({
    rounds: 6,
    seed,
    offset: 20_700,
    callsPerSecond: 12,
    calmMs: 400,
  })
  console.log(JSON.stringify(report))

  expect(complaints, `again with CHAOS_SEED=${seed}`).toEqual([])
  // The run must have been one: money moved both ways while something was cut off.
  expect(report.calls['pay S']).toBeGreaterThan(20)
  expect(report.operations['CAPTURE SUCCESS']).toBeGreaterThan(10)
  expect(report.operations['REFUND SUCCESS']).toBeGreaterThan(3)
}, 600_000)
