import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { visaLike } from './iso8583/dialects.js'
import { connectClient, question } from './testing/client.js'
import { post, preq, readPki } from './testing/three-ds-server.js'

const main = fileURLToPath(new URL('main.ts', import.meta.url))
const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href

let folder: string
let port: number
let browserUrl: string
let environment: NodeJS.ProcessEnv
const children: ChildProcess[] = []

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'coffer-simulator-'))
  port = await freePorts()
  browserUrl = `http://127.0.0.1:${port + 1}`
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

/** Asks about the card whose issuer answers too late, and returns when the simulator holds the answer back. */
async function holdAnAnswer(): Promise<void> {
  const client = await connectClient({ host: '127.0.0.1', port }, visaLike)
  client.send(question(visaLike, { pan: '4000000000104002', cvv: '737' }))
  await expect.poll(async () => (await log()).length, { timeout: 30_000 }).toBe(1)
}

async function log(): Promise<unknown[]> {
  const response = await fetch(`${browserUrl}/log?stan=000001`)
  return ((await response.json()) as { entries: unknown[] }).entries
}

/** Every thousandth instant has the digits of a given CVV as its milliseconds. */
function withoutTimes(text: string): string {
  return text.replaceAll(/"(?:time|at)":"[^"]*"/g, '')
}

async function exitOf(child: ChildProcess): Promise<{ code: number | null; afterMs: number }> {
  const from = performance.now()
  const [code] = (await once(child, 'exit')) as [number | null]
  return { code, afterMs: performance.now() - from }
}

describe('started by a parent', () => {
  it('says that it is ready, lets the terminal alone and stops when asked, held answers or not', async () => {
    const child = startWithParent()
    let output = ''
    child.stdout!.on('data', chunk => {
      output += chunk
    })
    expect(await once(child, 'message')).toEqual(['ready', undefined])

    // Whoever is told that it is ready finds the certificates and the ports.
    const pki = readPki(join(folder, 'simulator', 'pki'))
    const url = `https://localhost:${port - 1}`
    const { message } = await post(`${url}/ds/VISA`, JSON.stringify(preq()), pki.ca, pki.client('VISA'))
    expect(message).toMatchObject({ messageType: 'PRes' })

    await holdAnAnswer()
    child.kill('SIGINT')
    child.kill('SIGHUP')
    expect((await fetch(`${browserUrl}/livez`)).status).toBe(200)

    child.send('stop')
    const { code } = await exitOf(child)
    expect(code).toBe(0)

    const lines = output.trim().split('\n')
    for (const line of lines) {
      expect(JSON.parse(line)).toEqual({ level: 'info', time: expect.any(String), msg: expect.any(String) })
    }
    expect(output).toContain(`127.0.0.1:${port}`)
    expect(output).toContain(browserUrl)
    expect(output).toContain(url)
    const kept = output + readFileSync(join(folder, 'simulator', 'ledger.jsonl'), 'utf8')
    expect(kept).not.toContain('4000000000104002')
    const words = withoutTimes(kept).split(/[^0-9A-Za-z]+/)
    expect(words).toContain('4002')
    expect(words).not.toContain('737')
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

/** Three ports side by side that are free, as the process wants them. @returns the one in the middle, the issuer's */
async function freePorts(): Promise<number> {
  for (;;) {
    const first = createServer().listen(0, '127.0.0.1')
    await once(first, 'listening')
    const { port: found } = first.address() as { port: number }
    const others = [1, 2].map(further => createServer().listen(found + further, '127.0.0.1'))
    const free = await Promise.all(
      others.map(server =>
        Promise.race([
          once(server, 'listening').then(() => true),
          new Promise<boolean>(resolve => server.on('error', () => resolve(false))),
        ]),
      ),
    )
    for (const server of [first, ...others]) await new Promise(resolve => server.close(resolve))
    if (free.every(Boolean)) return found + 1
  }
}
