import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const main = fileURLToPath(new URL('main.ts', import.meta.url))
const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href

let folder: string
let port: number
let environment: NodeJS.ProcessEnv
const children: ChildProcess[] = []

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'coffer-simulator-'))
  port = await freePort()
  // The process runs on the sources, as all tests do: no build has to come first.
  const testCards = fileURLToPath(new URL('../../../packages/test-cards/src/index.ts', import.meta.url))
  const tsconfig = join(folder, 'tsconfig.json')
  writeFileSync(tsconfig, JSON.stringify({ compilerOptions: { paths: { '@coffer/test-cards': [testCards] } } }))
  environment = {
    PATH: process.env['PATH'],
    TSX_TSCONFIG_PATH: tsconfig,
    COFFER_DATA_DIR: folder,
    COFFER_PORT_OFFSET: String(port - 8091),
  }
})

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  rmSync(folder, { recursive: true })
})

function startWithParent(change: NodeJS.ProcessEnv = {}): ChildProcess {
  const env = { ...environment, ...change }
  const child = fork(main, [], { execArgv: ['--import', loader], env, silent: true })
  children.push(child)
  return child
}

async function startAlone(): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--import', loader, main], { env: environment, stdio: 'pipe' })
  children.push(child)
  await once(child.stdout, 'data')
  return child
}

/** Asks about the card whose issuer never answers, and returns when the simulator holds the line. */
async function holdALine(): Promise<void> {
  fetch(`http://127.0.0.1:${port}/verify`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      requestId: '6f2c1a3e-9a51-4a0e-8f4c-0b6f7d1c2e3a',
      network: 'VISA',
      pan: '4000000000103004',
      expiry: '3112',
      cvv2: '737',
      currency: 'USD',
      merchant: { id: 'M-1', name: 'A shop' },
      storedCredential: { initiator: 'CARDHOLDER', usage: 'FIRST', reason: 'COF' },
    }),
  }).catch(() => 'the line is broken when the simulator stops')

  const entries = async () =>
    ((await (await fetch(`http://127.0.0.1:${port}/log`)).json()) as { entries: unknown[] }).entries
  while ((await entries()).length === 0);
}

async function exitOf(child: ChildProcess): Promise<{ code: number | null; afterMs: number }> {
  const from = performance.now()
  const [code] = (await once(child, 'exit')) as [number | null]
  return { code, afterMs: performance.now() - from }
}

describe('started by a parent', () => {
  it('says that it is ready, lets the terminal alone and stops when asked, held lines or not', async () => {
    const child = startWithParent()
    let output = ''
    child.stdout!.on('data', chunk => {
      output += chunk
    })
    expect(await once(child, 'message')).toEqual(['ready', undefined])

    await holdALine()
    child.kill('SIGINT')
    child.kill('SIGHUP')
    expect((await fetch(`http://127.0.0.1:${port}/livez`)).status).toBe(200)

    child.send('stop')
    const { code, afterMs } = await exitOf(child)
    expect(code).toBe(0)
    expect(afterMs).toBeLessThan(2_000)

    const lines = output.trim().split('\n')
    for (const line of lines) {
      expect(JSON.parse(line)).toEqual({ level: 'info', time: expect.any(String), msg: expect.any(String) })
    }
    expect(output).toContain(`http://127.0.0.1:${port}`)
    const kept = output + readFileSync(join(folder, 'simulator', 'ledger.jsonl'), 'utf8')
    for (const secret of ['4000000000103004', '737']) expect(kept.replaceAll(String(port), '')).not.toContain(secret)
  })

  it('stops when the parent goes away', async () => {
    const child = startWithParent()
    await once(child, 'message')
    child.disconnect()
    expect(await exitOf(child)).toMatchObject({ code: 0 })
  })

  it('stops on SIGTERM', async () => {
    const child = startWithParent()
    await once(child, 'message')
    child.kill('SIGTERM')
    expect(await exitOf(child)).toMatchObject({ code: 0 })
  })

  it.each([
    ['its port is taken', {}, /^Port \d+ on 127\.0\.0\.1 is in use: stop what listens there, or set [^\n]+$/],
    ['the offset leaves no port', { COFFER_PORT_OFFSET: '60000' }, /^COFFER_PORT_OFFSET must be [^\n]+$/],
    [
      'a setting is neither true nor false',
      { COFFER_SIMULATOR_DECLINE_FAILURE_CARDS: 'yes' },
      /^COFFER_SIMULATOR_DECLINE_FAILURE_CARDS must be true or false[^\n]+$/,
    ],
  ])('fails with one line that says what to do when %s', async (_why, change, line) => {
    const other = createServer().listen(port, '127.0.0.1')
    await once(other, 'listening')
    const child = startWithParent(change)

    const [[message], { code }] = await Promise.all([once(child, 'message'), exitOf(child)])
    other.close()
    expect(message).toEqual({ type: 'failed', message: expect.stringMatching(line) })
    expect(code).toBe(1)
  })
})

describe('started by hand', () => {
  it.each(['SIGINT', 'SIGHUP', 'SIGTERM'] as const)('stops on %s', async signal => {
    const child = await startAlone()
    child.kill(signal)
    expect(await exitOf(child)).toMatchObject({ code: 0 })
  })
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
