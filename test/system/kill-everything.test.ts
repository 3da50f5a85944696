/** Twenty rounds of what `npm run chaos` does at length: see ../chaos. */
import { expect, test } from 'vitest'
import { runChaos } from '../chaos/kill-rounds.js'
import { steps } from '../chaos/steps.js'
import { programNames } from '../support/processes.js'

test('kill -9 at each step of a verification loses no result, changes none, and leaves no approval standing', async () => {
  const seed = process.env['CHAOS_SEED'] ?? String(Date.now() % 1_000_000)
  const options = { rounds: 20, seed, offset: 21_200, advancesPercent: 0, calmMs: 500 }
  const { complaints, ...report } = await runChaos(options)
  console.log(JSON.stringify(report))

  expect(complaints, `again with CHAOS_SEED=${seed}`).toEqual([])
  for (const name of programNames) {
    expect(report.kills[name], `kills of ${name}`).toBeGreaterThan(2)
  }
  for (const { name } of steps) {
    expect(report.steps[name]!.rounds, `kills where a verification was ${name}`).toBeGreaterThan(0)
  }
  // The run must have been one: enough was asked, some of it was cut off and taken back, and some was told twice.
  expect(report.calls.success).toBeGreaterThan(100)
  expect(report.calls.broken + report.calls.unknown).toBeGreaterThan(0)
  expect(report.issuer.approvalsReversed).toBeGreaterThan(0)
  expect(report.notifications.repeated).toBeGreaterThan(0)
  expect(report.buyers.through, 'buyers who chose and were authenticated').toBeGreaterThan(5)
}, 600_000)
