/**
 * `npm run chaos [-- --what verifications|deliveries|receivers|payments|all] [--rounds n] [--seed text] [--rps 30]`: kills
 * processes under load, at each step of a verification, a delivery and a payment, lives random lives of payments, sets a
 * hundred bad receivers beside a good one, judges what is left, prints tables and writes them to reports/. Ends with 0
 * when every promise was kept.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { register } from 'tsx/esm/api'
import { buildIfStale } from '../../build-if-stale.mjs'

const kinds = ['verifications', 'deliveries', 'receivers', 'payments']

const { values } = parseArgs({
  options: {
    what: { type: 'string', default: 'all' },
    rounds: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    rps: { type: 'string' },
    sequences: { type: 'string', default: '2000' },
    lives: { type: 'string', default: '100000' },
    offset: { type: 'string', default: '21300' },
    help: { type: 'boolean', default: false },
  },
})
const wanted = values.what === 'all' ? kinds : [values.what]
if (values.help || !wanted.every(kind => kinds.includes(kind))) {
  console.log(`npm run chaos -- [--what ${kinds.join('|')}|all] [--rounds n] [--seed text] [--rps n] [--offset n]
                [--sequences n] [--lives n]
  verifications  200 rounds: any process killed at each step of a verification
  deliveries     300 rounds: the worker killed at each step of a delivery
  receivers      100 merchants whose receivers hang, drip, flood, reset, redirect …, beside one that answers
  payments       20 rounds: any process killed at each step of a payment; before them 100,000 lives over the rules alone
                 (--lives) and 2,000 through HTTP and PostgreSQL (--sequences), in which messages get lost`)
  process.exit(values.help ? 0 : 1)
}

if (!(await buildIfStale())) process.exit(1)
register()
const folder = fileURLToPath(new URL('../../reports/', import.meta.url))
mkdirSync(folder, { recursive: true })
const root = fileURLToPath(new URL('../../', import.meta.url))
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
  payments,
}

/** Each part can be left out: --lives 0, --sequences 0, --rounds 0. */
async function payments() {
  const complaints = []
  const seed = Number(values.seed) || 1
  const report = { seed }
  const part = async (name, count, run) => {
    if (count === 0) return
    const began = Date.now()
    try {
      const { complaints: broken = [], ...figures } = await run(count)
      complaints.push(...broken)
      report[name] = { ...figures, seconds: Math.round((Date.now() - began) / 1000) }
    } catch (error) {
      complaints.push(`${name}: ${error.stack} ${error.cause ?? ''}`)
    }
    print({ [name]: JSON.stringify(report[name] ?? 'broken') })
  }
  await part('lives', Number(values.lives), async count => {
    const { checkPaymentRules } = await import('./payment-rules.ts')
    return checkPaymentRules(count, seed)
  })
  await part('sequences', Number(values.sequences), count => {
    // They need a database of their own, which the tests have.
    const args = ['node_modules/vitest/vitest.mjs', 'run', 'test/system/payment-sequences.test.ts']
    const env = { ...process.env, PAYMENT_SEQUENCES: String(count), CHAOS_SEED: String(seed) }
    const { status } = spawnSync(process.execPath, args, { cwd: root, env, stdio: 'inherit' })
    return { count, complaints: status === 0 ? [] : ['sequences: see above'] }
  })
  await part('rounds', Number(values.rounds ?? 20), async rounds => {
    const { runPaymentChaos } = await import('./payment-rounds.ts')
    const callsPerSecond = Number(values.rps ?? 30)
    const { steps, ...figures } = await runPaymentChaos({
      ...{ rounds, seed: values.seed, offset, callsPerSecond, say },
      logsTo: `${folder}chaos-payments-logs`,
    })
    console.log('\nwho was killed, and where a payment was at that moment')
    console.table(steps)
    return { ...figures, steps }
  })
  return { ...report, complaints }
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
