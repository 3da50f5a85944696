/**
 * `npm run chaos [-- --what verifications|deliveries|receivers|all] [--rounds n] [--seed text] [--rps 30]`: kills
 * processes under load, at each step of a verification and of a delivery, sets a hundred bad receivers beside a good one,
 * judges what is left, prints tables and writes them to reports/. Ends with 0 when every promise was kept.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { register } from 'tsx/esm/api'

const kinds = ['verifications', 'deliveries', 'receivers']

const { values } = parseArgs({
  options: {
    what: { type: 'string', default: 'all' },
    rounds: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    rps: { type: 'string' },
    offset: { type: 'string', default: '21300' },
    help: { type: 'boolean', default: false },
  },
})
const wanted = values.what === 'all' ? kinds : [values.what]
if (values.help || !wanted.every(kind => kinds.includes(kind))) {
  console.log(`npm run chaos -- [--what ${kinds.join('|')}|all] [--rounds n] [--seed text] [--rps n] [--offset n]
  verifications  200 rounds: any process killed at each step of a verification
  deliveries     300 rounds: the worker killed at each step of a delivery
  receivers      100 merchants whose receivers hang, drip, flood, reset, redirect …, beside one that answers`)
  process.exit(values.help ? 0 : 1)
}

register()
const folder = fileURLToPath(new URL('../../reports/', import.meta.url))
mkdirSync(folder, { recursive: true })
const offset = Number(values.offset)
const say = line => console.log(line)

/** Each prints its tables and returns its report, with the promises that were broken. */
const runs = {
  async verifications() {
    const { runChaos } = await import('./kill-rounds.ts')
    const rounds = Number(values.rounds ?? 200)
    const report = await runChaos({ rounds, seed: values.seed, offset, callsPerSecond: Number(values.rps ?? 30), say })
    const { complaints, steps, ...figures } = report
    console.log('\nwho was killed, and where a verification was at that moment')
    console.table(steps)
    print(figures)
    return report
  },
  async deliveries() {
    const { runDeliveryChaos } = await import('./delivery-rounds.ts')
    const rounds = Number(values.rounds ?? 300)
    const report = await runDeliveryChaos({
      rounds,
      seed: values.seed,
      offset,
      perSecond: Number(values.rps ?? 15),
      say,
    })
    const { complaints, kills, ...figures } = report
    console.log('\nwhere a delivery was when its worker was killed')
    console.table(kills)
    print(figures)
    return report
  },
  async receivers() {
    const { runHostileReceivers } = await import('./hostile-receivers.ts')
    const report = await runHostileReceivers({ offset, merchants: 100, each: 20, healthy: 200, say })
    const { reasons, healthy, memory, wronglyAcknowledged } = report
    console.log('\nwhat was recorded about bad receivers')
    console.table(reasons)
    print({ 'good one, late by ms': healthy, 'worker, MB': memory, wronglyAcknowledged })
    const complaints = []
    if (healthy.p99 > 5_000) complaints.push(`the good receiver heard ${healthy.p99} ms late (99th percentile)`)
    if (memory.growth > 50) complaints.push(`the worker grew by ${memory.growth} MB`)
    if (wronglyAcknowledged > 0) complaints.push(`${wronglyAcknowledged} bad answers were taken for good`)
    return { ...report, complaints }
  },
}

function print(figures) {
  for (const [what, value] of Object.entries(figures)) {
    const text = typeof value === 'object' ? Object.entries(value).map(pair => pair.join(' ')) : [value]
    console.log(`${what.padEnd(22)} ${text.join(', ')}`)
  }
}

console.log(`seed ${values.seed}`)
let broken = 0
for (const kind of wanted) {
  console.log(`\n── ${kind}`)
  const began = Date.now()
  const report = await runs[kind]()
  const seconds = Math.round((Date.now() - began) / 1000)
  broken += report.complaints.length
  console.log(`${'seconds'.padEnd(22)} ${seconds}\n${'complaints'.padEnd(22)} ${report.complaints.length}`)
  for (const complaint of report.complaints.slice(0, 50)) console.log(`  ${complaint}`)
  const name = kind === 'verifications' ? 'chaos' : `chaos-${kind}`
  writeFileSync(`${folder}${name}.json`, `${JSON.stringify({ ...report, seconds }, null, 2)}\n`)
}
process.exit(broken === 0 ? 0 : 1)
