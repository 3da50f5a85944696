/** What `npm run chaos -- --what payments` does a hundred thousand times: see ../chaos. */
import { expect, test } from 'vitest'
import { checkPaymentRules } from '../chaos/payment-rules.js'

test('whatever is asked in whatever order, no more is captured than authorised, and no more refunded than captured', () => {
  const runs = Number(process.env['PAYMENT_RULES'] ?? 2_000)
  const seed = Number(process.env['CHAOS_SEED'] ?? Date.now() % 1_000_000)
  const report = checkPaymentRules(runs, seed)
  console.log(JSON.stringify(report))
  // The run must have been one: every reason to refuse came up.
  expect(Object.keys(report.refused).length).toBeGreaterThan(12)
  expect(report.begun.REFUND).toBeGreaterThan(runs / 100)
})
