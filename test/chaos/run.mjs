/**
 * `npm run chaos [-- --rounds 200] [--seed text] [--rps 30]`: kills processes under load, at each step of a
 * verification, judges what is left, prints a table and writes it to reports/chaos.json. Ends with 0 when every promise was kept.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { register } from 'tsx/esm/api'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    rps: { type: 'string', default: '30' },
    offset: { type: 'string', default: '21300' },
  },
})

register()
const { runChaos } = await import('./kill-rounds.ts')

console.log(`seed ${values.seed}`)
const began = Date.now()
const report = await runChaos({
  rounds: Number(values.rounds),
  seed: values.seed,
  offset: Number(values.offset),
  callsPerSecond: Number(values.rps),
  say: line => console.log(line),
})
const { complaints, steps, ...figures } = report
const seconds = Math.round((Date.now() - began) / 1000)

console.log('\nwho was killed, and where a verification was at that moment')
console.table(steps)
for (const [what, value] of Object.entries({ ...figures, seconds })) {
  const text = typeof value === 'object' ? Object.entries(value).map(pair => pair.join(' ')) : [value]
  console.log(`${what.padEnd(18)} ${text.join(', ')}`)
}
console.log(`${'complaints'.padEnd(18)} ${complaints.length}`)
for (const complaint of complaints.slice(0, 50)) console.log(`  ${complaint}`)

const folder = fileURLToPath(new URL('../../reports/', import.meta.url))
mkdirSync(folder, { recursive: true })
writeFileSync(`${folder}chaos.json`, `${JSON.stringify({ ...report, seconds }, null, 2)}\n`)
process.exit(complaints.length === 0 ? 0 : 1)
