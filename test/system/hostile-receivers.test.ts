/** A hundred merchants with the worst receivers, beside one with a good one: see ../chaos. */
import { expect, test } from 'vitest'
import { runHostileReceivers } from '../chaos/hostile-receivers.js'
import { mannersOfReceivers } from '../chaos/hostile-servers.js'

test.skipIf(process.platform !== 'linux')(
  'a hundred bad receivers delay nobody else, fill no memory, and are never taken for good ones',
  async () => {
    const report = await runHostileReceivers({ offset: 22_500, merchants: 100, each: 4, healthy: 60 })
    console.log(JSON.stringify(report))
    expect(report.healthy.count).toBe(60)
    expect(report.healthy.p99).toBeLessThan(5_000)
    expect(report.memory.growth, 'MB').toBeLessThan(50)
    expect(report.wronglyAcknowledged).toBe(0)
    for (const manners of mannersOfReceivers) expect(report.reasons[manners], manners).toBeDefined()
  },
  300_000,
)
