import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { testKeyPair } from '@coffer/sdk'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { ensureBuilt } from '../../../test/support/processes.js'

/** Above the ports that outgoing connections take theirs from. */
const offset = 55_100
const port = 8083 + offset
const dataDir = mkdtempSync(join(tmpdir(), 'coffer-shop-main-'))
const started: ChildProcess[] = []

beforeAll(async () => {
  await ensureBuilt()
})
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL')
  rmSync(join(dataDir, 'sandbox.json'), { force: true })
})
afterAll(() => rmSync(dataDir, { recursive: true, force: true }))

function start(env: Record<string, string> = {}) {
  const script = fileURLToPath(new URL('../dist/main.js', import.meta.url))
  const child = fork(script, [], {
    env: { PATH: process.env['PATH'], COFFER_DATA_DIR: dataDir, COFFER_PORT_OFFSET: String(offset), ...env },
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  started.push(child)
  const message = new Promise<unknown>(done => child.once('message', done))
  const ended = new Promise<number | null>(done => child.once('exit', code => done(code)))
  return { child, message, ended }
}

function writeSandbox(): void {
  const merchant = {
    clientId: 'SANDBOX_5X00000000000001',
    keyVersion: 1,
    merchantPrivateKey: testKeyPair().privateKey,
    gatewayPublicKey: testKeyPair().publicKey,
  }
  const file = { apiUrl: `http://127.0.0.1:${8080 + offset}`, merchants: [merchant] }
  writeFileSync(join(dataDir, 'sandbox.json'), JSON.stringify(file))
}

test('it waits for the vault to write its file, then serves, ignores Ctrl-C and stops when told', async () => {
  const { child, message, ended } = start()
  await sleep(500)
  writeSandbox()
  expect(await message).toBe('ready')
  child.kill('SIGINT')
  child.kill('SIGHUP')
  await sleep(200)
  expect(await (await fetch(`http://127.0.0.1:${port}/livez`)).json()).toEqual({ live: true })
  child.send('stop')
  expect(await ended).toBe(0)
})

test('it ends when its parent is gone, and on SIGTERM, also before it serves', async () => {
  writeSandbox()
  const orphan = start()
  expect(await orphan.message).toBe('ready')
  orphan.child.disconnect()
  expect(await orphan.ended).toBe(0)
  rmSync(join(dataDir, 'sandbox.json'))
  const waiting = start()
  await sleep(1_500)
  waiting.child.kill('SIGTERM')
  // On a busy machine it may not have come as far as listening to signals; then the signal itself ends it.
  expect([0, null]).toContain(await waiting.ended)
})

test('it says in one line what to do when it cannot start', async () => {
  writeFileSync(join(dataDir, 'sandbox.json'), '{"apiUrl":')
  const damaged = start()
  expect(await damaged.message).toEqual({
    type: 'failed',
    message: expect.stringMatching(/^.*sandbox\.json is not .*$/),
  })
  expect(await damaged.ended).toBe(1)

  const wrong = start({ COFFER_PORT_OFFSET: 'ten' })
  expect(await wrong.message).toEqual({ type: 'failed', message: expect.stringContaining('must be a whole number') })

  writeSandbox()
  const holder = await new Promise<Server>(done => {
    const server = createServer().listen(port, '127.0.0.1', () => done(server))
  })
  const late = start()
  expect(await late.message).toEqual({ type: 'failed', message: expect.stringContaining(`Port ${port} is in use.`) })
  holder.close()
})
