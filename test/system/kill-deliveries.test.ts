/** Twenty rounds of what `npm run chaos -- --what deliveries` does at length: see ../chaos. */
import { expect, test } from 'vitest'
import { runDeliveryChaos } from '../chaos/delivery-rounds.js'
import { deliverySteps } from '../chaos/delivery-steps.js'

test('kill -9 of the worker at each step of a delivery loses no notification and changes none', async () => {
  const seed = process.env['CHAOS_SEED'] ?? String(Date.now() % 1_000_000)
  const { complaints, ...report } = await runDeliveryChaos({ rounds: 20, seed, offset: 21_600, calmMs: 200 })
  console.log(JSON.stringify(report))

  expect(complaints, `again with CHAOS_SEED=${seed}`).toEqual([])
  for (const { name } of deliverySteps) expect(report.kills[name], `kills where it was ${name}`).toBeGreaterThan(1)
  // The run must have been one: enough was told, and some of it more than once.
  expect(report.vaultings).toBeGreaterThan(50)
  expect(report.repeated).toBeGreaterThan(5)
}, 400_000)
