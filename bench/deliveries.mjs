/**
 * Deliveries alone: so many notifications that are all due, and several workers that start at the same moment. Each must
 * be delivered once. Signing is what a delivery costs most, so the rate is told as a ratio to signatures per second.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { Pool } from 'undici'
import { startCofferProcesses } from './coffer-processes.mjs'

/** What becomes due in the meantime is due when the workers come: the usual first delay, and a little. */
const UNTIL_DUE_MS = 4_000

export async function measureDeliveries(options) {
  const { root, count, workers, connections, portOffset, makeLoad, startReceiver, rsaSignsPerSecond } = options
  const rsaBefore = await rsaSignsPerSecond()
  const dataDir = mkdtempSync(join(tmpdir(), 'coffer-bench-'))
  const coffer = await startCofferProcesses({ root, dataDir, portOffset, workers: 0 })
  const receiver = await startReceiver()
  try {
    const sandbox = JSON.parse(readFileSync(join(dataDir, 'sandbox.json'), 'utf8'))
    const next = await makeLoad(sandbox, receiver.url)
    const pool = new Pool(sandbox.apiUrl, { connections, pipelining: 1 })
    process.stdout.write(`vaulting ${count} cards … `)
    let sent = 0
    let failed = 0
    const user = async () => {
      while (sent < count) {
        sent += 1
        const { body } = await pool.request(await next())
        const answer = await body.json()
        if (answer.result.resultStatus !== 'S') failed += 1
      }
    }
    await Promise.all(Array.from({ length: connections }, user))
    await pool.close()
    await sleep(UNTIL_DUE_MS)
    console.log('done')
    if (failed > 0) throw new Error(`${failed} vaultings were not answered S`)

    const before = coffer.processorMs()
    await coffer.startWorkers(workers)
    await receiver.waitFor(count, 300_000)
    // What would be told twice comes now: a lease ends after 15 seconds.
    await sleep(20_000)
    const after = coffer.processorMs()
    const failures = await failedAttempts(coffer.databaseUrl)
    const rsaAfter = await rsaSignsPerSecond()
    const rsa = (rsaBefore + rsaAfter) / 2
    const perSecond = count / receiver.took()
    const round = (value, digits = 0) => Number(value.toFixed(digits))
    const result = {
      at: new Date().toISOString(),
      machine: `${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, Node.js ${process.versions.node}`,
      workers,
      notifications: count,
      delivered: receiver.distinct(),
      deliveredMoreThanOnce: receiver.received() - receiver.distinct(),
      attemptsFailed: failures.reduce((sum, { count }) => sum + count, 0),
      seconds: round(receiver.took(), 1),
      rsa2048SignsPerSecond: round(rsa),
      deliveriesPerSecond: round(perSecond),
      ratio: round(perSecond / rsa, 3),
      workMsPerDelivery: round(((after.get('work') ?? 0) - (before.get('work') ?? 0)) / count, 2),
    }
    for (const { failure, count } of failures) console.log(`${count} attempts failed: ${failure}`)
    console.table(Object.fromEntries(Object.entries(result).map(([name, value]) => [name, { value }])))
    mkdirSync(join(root, 'reports'), { recursive: true })
    writeFileSync(join(root, 'reports/bench-deliveries.json'), `${JSON.stringify(result, null, 2)}\n`)
    if (result.delivered !== count || result.deliveredMoreThanOnce !== 0) process.exitCode = 1
  } finally {
    await coffer.stop()
    receiver.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

/** Attempts that were not acknowledged: each costs its notification two minutes. */
async function failedAttempts(databaseUrl) {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const { rows } = await client.query(
      'select failure, count(*)::int as count from notification_attempt where not acknowledged group by failure',
    )
    return rows
  } finally {
    await client.end()
  }
}
