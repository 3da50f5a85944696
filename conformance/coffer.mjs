import { fork } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const programs = [
  { name: 'simulator', script: 'apps/simulator/dist/main.js', args: [] },
  { name: 'serve', script: 'apps/vault/dist/main.js', args: ['serve'] },
  { name: 'work', script: 'apps/vault/dist/main.js', args: ['work'] },
]
const readyMs = 60_000
const graceMs = 10_000

/**
 * A Coffer that somebody else runs.
 * @param {string} path  its sandbox.json, or the data directory in which that lies
 */
export function useCoffer(path) {
  const file = path.endsWith('.json') ? resolve(path) : join(resolve(path), 'sandbox.json')
  try {
    return { ...readSandbox(file), stop: async () => {} }
  } catch (error) {
    throw new Error(`No running sandbox is described by ${file} (${error.code ?? error.message}).`)
  }
}

/**
 * Starts a Coffer with its own data in a temporary folder and with settings as shipped, on ports that are free.
 * @param {(begun: { stop: () => Promise<void> }) => void} whenBegun  gets what ends it while it is starting still
 */
export async function startCoffer(whenBegun = () => {}) {
  const offset = await freeOffset()
  const dataDir = mkdtempSync(join(tmpdir(), 'coffer-conformance-'))
  const env = { ...process.env, COFFER_DATA_DIR: dataDir, COFFER_PORT_OFFSET: String(offset) }
  for (const name of Object.keys(env)) {
    if (name === 'DATABASE_URL' || (name.startsWith('COFFER_') && !/_(DATA_DIR|PORT_OFFSET)$/.test(name)))
      delete env[name]
  }
  const running = []
  let isOver = false
  const stop = async () => {
    isOver = true
    for (const child of running.reverse()) await end(child)
    rmSync(dataDir, { recursive: true, force: true })
  }
  whenBegun({ stop })
  try {
    for (const program of programs) {
      if (isOver) throw new Error('Coffer was stopped while it started.')
      await start(program, env, child => running.push(child))
    }
    return { ...readSandbox(join(dataDir, 'sandbox.json')), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function readSandbox(file) {
  const { apiUrl, apiTlsUrl, tlsCaFile, merchants } = JSON.parse(readFileSync(file, 'utf8'))
  return { apiUrl, apiTlsUrl, tlsCaFile: resolve(dirname(file), tlsCaFile), merchants }
}

function start({ name, script, args }, env, whenBegun) {
  const child = fork(join(root, script), args, { env, execArgv: [], stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
  whenBegun(child)
  let words = ''
  const listen = chunk => {
    words = (words + chunk).slice(-4000)
  }
  child.stdout.on('data', listen)
  child.stderr.on('data', listen)
  return new Promise((done, fail) => {
    const giveUp = why => {
      clearTimeout(timer)
      child.kill('SIGKILL')
      fail(new Error(`Coffer's ${name} ${why}.\n${words.trim()}`))
    }
    const timer = setTimeout(() => giveUp(`was not ready within ${readyMs / 1000} s`), readyMs)
    const endedEarly = code => giveUp(`ended with ${code}`)
    child.once('exit', endedEarly)
    child.on('message', message => {
      if (message === 'ready') {
        clearTimeout(timer)
        child.off('exit', endedEarly)
        done()
      } else if (message?.type === 'failed') giveUp(`did not start: ${message.message}`)
    })
  })
}

function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return
  return new Promise(done => {
    const timer = setTimeout(() => child.kill('SIGKILL'), graceMs)
    child.once('exit', () => {
      clearTimeout(timer)
      done()
    })
    if (child.connected) child.send('stop', () => {})
    else child.kill('SIGTERM')
  })
}

/** The first offset from 7000 on whose ports nobody listens on. */
async function freeOffset() {
  for (let offset = 7000; offset < 9000; offset += 100) {
    const ports = [8080, 8081, 8443, 8085, 8086, 8087, 8090, 8091, 8092].map(port => port + offset)
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) return offset
  }
  throw new Error('No free ports between 15080 and 17500 for a Coffer of our own.')
}

function isFree(port) {
  return new Promise(done => {
    const server = createServer()
    server.once('error', () => done(false))
    server.listen({ port, host: '127.0.0.1' }, () => server.close(() => done(true)))
  })
}
