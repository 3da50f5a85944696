#!/usr/bin/env node
/**
 * `npm run conformance`: the official Antom SDKs, as their registries have them, against a running Coffer. Only the
 * host in the gateway URL is ours. And foreign decoders read what Coffer says to issuers. README.md says what is proved
 * and how each of them is brought to run here.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { arch, platform, release } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { startClient } from './client.mjs'
import { startCoffer, useCoffer } from './coffer.mjs'
import { decoderTargets } from './iso8583/targets.mjs'
import { javaTarget, javaTargets } from './java.mjs'
import { camelCased, startLosses } from './losses.mjs'
import { cases } from './notifications/cases.mjs'
import { notificationTargets } from './notifications/targets.mjs'
import { paymentSteps } from './payments.mjs'
import { pythonTargets } from './python.mjs'
import { startReceiver } from './receiver.mjs'
import { differences, stepsFor } from './scenario.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const sdkTargets = [...javaTargets, ...pythonTargets]
const targets = [...sdkTargets, ...notificationTargets(sdkTargets), ...decoderTargets]
const help = `npm run conformance -- [options]

Official Antom SDKs vault a card, pay with its token and verify notifications against a Coffer of their own. Each of them
then judges ${cases.length} notifications of every kind. Foreign decoders of ISO 8583 read what a vault and the simulated issuer say to
each other.

  --only NAME        a kind or one of it; may be repeated or listed with commas:
                     java, python, notifications, iso8583, ${targets.map(({ name }) => name).join(', ')}; any java-VERSION
  --data-dir PATH    use the running sandbox Coffer with this data directory
  --sandbox FILE     the same, by its sandbox.json
  --help             this text

Writes reports/conformance.json. Ends with 1 when a step failed. What cannot run here is skipped and says why.`

const options = readOptions()
if (options.help) {
  console.log(help)
  process.exit(0)
}
const chosen = choose(options.only)
const started = new Date()
const rows = []
const runs = []
let coffer
let receiver
let client
let stopping = false

// Ctrl-C or a kill: nothing that was started here may stay behind.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, async () => {
    console.error(`\nstopping: ${signal}`)
    stopping = true
    await cleanUp()
    process.exit(130)
  })
}

try {
  if (chosen.some(target => target.prepare || target.needsCoffer)) coffer = await openCoffer()
  if (chosen.some(target => target.prepare)) receiver = await startReceiver()
  const world = { coffer, startClient: startTheClient }
  const prefix = `conf-${started.getTime().toString(36)}`
  for (const target of chosen) {
    if (stopping) break
    if (target.prepare) await runTarget(target, `${prefix}-${target.name}`)
    else await runSteps(target, world)
  }
} catch (error) {
  console.error(`\n${error.message}`)
  rows.push({ sdk: 'Coffer', version: '', step: 'start', result: 'failed', seconds: 0, why: error.message })
} finally {
  await cleanUp()
}
if (!stopping) report()

async function openCoffer() {
  const given = options.sandbox ?? options['data-dir']
  if (given !== undefined) return useCoffer(given)
  const { buildIfStale } = await import('../build-if-stale.mjs')
  if (!(await buildIfStale())) throw new Error('Coffer could not be built.')
  console.log('starting a Coffer …')
  return await startCoffer(begun => {
    coffer = begun
  })
}

async function runTarget(target, prefix) {
  const { name, version } = target
  const { run, note } = beginRun(target, `${target.language} SDK`)
  let clock = stopwatch()
  let program
  try {
    program = await target.prepare({ coffer })
    if (program.missing) {
      console.error(`  !!! SKIPPED: ${program.missing}`)
      return note('everything', 'skipped', clock(), program.missing)
    }
    startTheClient(program)
    const hello = await client.ask({ call: 'hello' })
    if (hello.error) throw new Error(hello.error)
    Object.assign(run, { runtime: hello.runtime, how: program.how })
    if (hello.version !== version) throw new Error(`the SDK that was loaded is ${hello.version}`)
    console.log(`  ${hello.runtime}; ${program.how}`)
    note('install and load', 'passed', clock())

    const notificationUrl = receiver.url(name)
    const losses = startLosses(target.losesByItself)
    const world = { merchants: coffer.merchants, notificationUrl, prefix, notificationOf: receiver.expectOne }
    const paying = { ...world, language: target.language, notice: losses.notice }
    for (const { step, ask, expect, learn, judge } of [...stepsFor(world), ...paymentSteps(paying)]) {
      clock = stopwatch()
      try {
        const answer = await client.ask(await ask())
        if (answer.told) answer.told = camelCased(answer.told)
        learn?.(answer)
        const wrong = [...differences(answer, expect), ...(judge?.(answer) ?? [])]
        if (wrong.length && answer.error && !('error' in expect)) wrong.push(`error: ${answer.error}`)
        note(step, wrong.length ? 'failed' : 'passed', clock(), wrong.join('\n      ') || undefined)
      } catch (error) {
        note(step, 'failed', clock(), error.message)
        if (client.isOver()) break
      }
    }
    if (!client.isOver()) noteFields(target, losses, note, run)
  } catch (error) {
    note('install and load', 'failed', clock(), error.message)
  } finally {
    await client?.stop()
    client = undefined
    await program?.release?.()
  }
}

/** Whether what was sent is called as the SDK calls it. Only its newest classes can tell; for the others it is said. */
function noteFields({ mayNotKnow }, losses, note, run) {
  run.unknownToSdk = losses.unknown()
  run.standIns = losses.standIns()
  const stray = run.unknownToSdk.filter(field => mayNotKnow && !mayNotKnow.includes(field))
  const told = [
    `it does not know: ${run.unknownToSdk.join(', ') || 'nothing'}`,
    `classes of our own for: ${run.standIns.join(', ') || 'nothing'}`,
  ]
  if (stray.length) note('know all fields that came', 'failed', 0, `unknown: ${stray.join(', ')}`)
  else note('know all fields that came', 'passed', 0, told.join('\n      '))
}

/** What brings its own steps. One that is `needed` ends the others when it fails. */
async function runSteps(target, world) {
  const { note } = beginRun(target, target.title)
  try {
    for (const { step, needed, missing, run } of target.steps) {
      if (stopping) break
      const clock = stopwatch()
      try {
        const why = await missing?.(world)
        if (why) {
          console.error(`  !!! SKIPPED: ${why}`)
          return note('everything', 'skipped', clock(), why)
        }
        const told = await run?.(world)
        note(step, 'passed', clock(), told)
      } catch (error) {
        note(step, 'failed', clock(), error.message)
        if (needed) break
      }
    }
  } finally {
    await target.end?.()
    client = undefined
  }
}

/** Starts a program with an SDK in it, which ends with this run at the latest. */
function startTheClient(program) {
  client = startClient(program)
  return client
}

/** Says what is tried now, and gives what notes each step of it. */
function beginRun({ name, language, version, why }, title) {
  console.log(`\n${[title, version].filter(Boolean).join(' ')} (${why})`)
  const run = { name, language, version, steps: [] }
  runs.push(run)
  const note = (step, result, seconds, reason) => {
    if (stopping) return
    rows.push({ sdk: title, version, step, result, seconds, why: reason })
    run.steps.push({ step, result, seconds, ...(reason ? { why: reason } : {}) })
    const mark = { passed: '✓', failed: '✗', skipped: '–' }[result]
    console.log(`  ${mark} ${step.padEnd(44)} ${seconds.toFixed(2).padStart(6)} s${reason ? `\n      ${reason}` : ''}`)
  }
  return { run, note }
}

async function cleanUp() {
  const [c, r, v] = [client, receiver, coffer]
  client = receiver = coffer = undefined
  await c?.stop()
  await r?.stop()
  await v?.stop()
}

function report() {
  const count = result => rows.filter(row => row.result === result).length
  const counts = { passed: count('passed'), failed: count('failed'), skipped: count('skipped') }
  mkdirSync(`${root}/reports`, { recursive: true })
  const machine = { node: process.versions.node, system: `${platform()} ${release()} ${arch()}` }
  const written = { at: started.toISOString(), machine, counts, runs }
  writeFileSync(`${root}/reports/conformance.json`, `${JSON.stringify(written, null, 2)}\n`)

  console.log(`\n${table()}`)
  const skipped = rows.filter(row => row.result === 'skipped')
  for (const { sdk, version, why } of skipped) console.log(`\nNOT TESTED: ${sdk} ${version}: ${why}`)
  console.log(`\nreports/conformance.json\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
  process.exitCode = counts.failed > 0 ? 1 : 0
}

function table() {
  const lines = [['client', 'version', 'step', 'result', 'seconds']]
  for (const { sdk, version, step, result, seconds } of rows)
    lines.push([sdk, version, step, result, seconds.toFixed(2)])
  const widths = lines[0].map((_, column) => Math.max(...lines.map(line => line[column].length)))
  const drawn = lines.map(line => `| ${line.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`)
  drawn.splice(1, 0, `|${widths.map(width => '-'.repeat(width + 2)).join('|')}|`)
  return drawn.join('\n')
}

function stopwatch() {
  const began = performance.now()
  return () => Math.round(performance.now() - began) / 1000
}

function readOptions() {
  try {
    return parseArgs({
      options: {
        only: { type: 'string', multiple: true, default: [] },
        'data-dir': { type: 'string' },
        sandbox: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    console.error(`${error.message}\n\n${help}`)
    process.exit(1)
  }
}

function choose(only) {
  const names = only.flatMap(text => text.split(',')).filter(Boolean)
  if (!names.length) return targets
  const found = names.map(name => {
    const known = targets.filter(target => target.name === name || target.language.toLowerCase() === name)
    if (known.length) return known
    return /^java-\d[\w.-]*$/.test(name) ? [javaTarget(name.slice('java-'.length))] : []
  })
  const stray = names.find((_, i) => found[i].length === 0)
  if (stray !== undefined) {
    console.error(`There is no client "${stray}".\n\n${help}`)
    process.exit(1)
  }
  return [...new Set(found.flat())]
}
