import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Every port of a Coffer, before the offset. */
const ports = [8080, 8443, 8081, 8082, 8083, 8085, 8086, 8087, 8090, 8091, 8092]

/** An error whose message is made for people. */
export const forPeople = message => Object.assign(new Error(message), { forPeople: true })

/**
 * The Coffer that runs in the data directory, or one started for the purpose.
 * @returns {Promise<{ sandbox: object, startedHere: boolean, runUntil(signal: AbortSignal, screen: object): Promise<void>,
 *   close(): Promise<void> }>}
 */
export async function openCoffer({ env, threeDS, screen, signal }) {
  const running = await findRunning(resolve(env.COFFER_DATA_DIR || '.coffer'), threeDS)
  if (running) return { sandbox: running, startedHere: false, runUntil: async () => {}, close: async () => {} }
  return startOwn({ env, screen, signal })
}

async function findRunning(dataDir, threeDS) {
  const path = join(dataDir, 'sandbox.json')
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const sandbox = parse(text)
  if (!sandbox?.opsUrl || !sandbox.merchants?.[0]) {
    throw forPeople(`${path} is not what Coffer writes: remove it and start Coffer again.`)
  }
  const answer = await fetch(`${sandbox.opsUrl}/readyz`, { signal: AbortSignal.timeout(5_000) }).catch(() => undefined)
  // Nobody there: that Coffer was stopped.
  if (!answer) return undefined
  const state = await answer.json().catch(() => ({}))
  if (!answer.ok) throw forPeople(`The Coffer at ${sandbox.apiUrl} is not ready: ${JSON.stringify(state)}`)
  if (state.issuer === false) throw forPeople(`The Coffer at ${sandbox.apiUrl} has no issuer to ask: see its output.`)
  if (state.directories === false && threeDS) {
    throw forPeople(`The Coffer at ${sandbox.apiUrl} has no directory server to ask: see its output, or use --no-3ds.`)
  }
  return sandbox
}

async function startOwn({ env, screen, signal }) {
  const { startCoffer, cofferChildren } = await import('../apps/launcher/dist/index.js')
  const localPostgres = await import('@coffer/local-postgres')
  const dataDir = await mkdtemp(join(tmpdir(), 'coffer-demo-'))
  const offset = await freeOffset()
  const problems = []
  const arrived = screen.waitFor('starting a Coffer for this demo, since none is running')
  const coffer = startCoffer({
    // A database or profile that was meant for another Coffer stays untouched.
    env: {
      ...env,
      COFFER_PROFILE: 'sandbox',
      COFFER_DATA_DIR: dataDir,
      COFFER_PORT_OFFSET: String(offset),
      DATABASE_URL: '',
    },
    children: cofferChildren(root),
    localPostgres,
    screen: { say: () => {}, problem: line => problems.push(line) },
  })
  const onAbort = () => coffer.stop()
  signal.addEventListener('abort', onAbort, { once: true })
  const close = async () => {
    coffer.stop()
    await coffer.finished
    await rm(dataDir, { recursive: true, force: true })
  }
  try {
    await coffer.started
    arrived()
    if (signal.aborted) throw forPeople('Stopped.')
    if (problems.length > 0) throw forPeople(problems[0])
    // From here on the walk may finish its line before everything is stopped.
    signal.removeEventListener('abort', onAbort)
    const sandbox = JSON.parse(await readFile(join(dataDir, 'sandbox.json'), 'utf8'))
    await untilOthersAreThere(sandbox, signal)
    return { sandbox, startedHere: true, close, runUntil: (until, on) => keepRunning(coffer, sandbox, until, on) }
  } catch (error) {
    arrived()
    await close()
    throw error
  }
}

/** It serves a moment before it has signed on at its issuer and has the lists of the directory servers. */
async function untilOthersAreThere({ opsUrl }, signal) {
  for (let tries = 0; tries < 300; tries++) {
    const answer = await fetch(`${opsUrl}/readyz`, { signal })
    const { issuer, directories } = await answer.json()
    if (issuer && directories) return
    await sleep(100, undefined, { signal })
  }
  throw forPeople('The Coffer that was started finds no issuer or no directory server to ask.')
}

async function keepRunning(coffer, sandbox, signal, screen) {
  screen.line(`\nCoffer keeps running: shop ${sandbox.shopUrl}, API ${sandbox.apiUrl}. Ctrl-C stops it.`)
  const told = new Promise(done => (signal.aborted ? done() : signal.addEventListener('abort', done, { once: true })))
  await Promise.race([told, coffer.finished])
}

/** An offset whose ports all are free, below those that outgoing connections take theirs from. */
async function freeOffset() {
  const first = Math.floor(Math.random() * 24)
  for (let nth = 0; nth < 24; nth++) {
    const offset = 12_000 + ((first + nth) % 24) * 500
    if ((await Promise.all(ports.map(port => isFree(port + offset)))).every(Boolean)) return offset
  }
  throw forPeople('There are no free ports for a Coffer: stop what you do not need, or start one with npm start.')
}

function isFree(port) {
  return new Promise(done => {
    const server = createServer()
    server.once('error', () => done(false))
    server.listen(port, '127.0.0.1', () => server.close(() => done(true)))
  })
}

function parse(text) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
