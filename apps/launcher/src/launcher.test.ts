import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest'
import { events, type Launched, launch, pidsOf, standIn } from './testing/launched.js'

const root = mkdtempSync(join(tmpdir(), 'coffer-launcher-'))
// Below 32768, where the kernel hands out ports by itself, and beside those of the tests of whole processes.
const offset = 23_300 + (process.pid % 6) * 100
const launched: Launched[] = []
let folder: string
let dataDir: string
let tests = 0

beforeEach(() => {
  folder = join(root, `t${++tests}`)
  dataDir = join(folder, 'da ta')
  mkdirSync(folder)
})

afterEach(async () => {
  for (const each of launched.splice(0)) {
    each.child.kill('SIGTERM')
    await each.exited
  }
})

afterAll(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }))

function start(...args: Parameters<typeof launch>): Launched {
  const each = launch(...args)
  launched.push(each)
  return each
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

async function goesAway(pid: number, withinMs = 8000): Promise<boolean> {
  for (const began = Date.now(); Date.now() - began < withinMs; await sleep(10)) if (!isAlive(pid)) return true
  return false
}

const postgresPid = () => (JSON.parse(readFileSync(join(dataDir, 'postgres.json'), 'utf8')) as { pid: number }).pid

/** Children that need no database start in a fraction of the time. */
const elsewhere = { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' }

const fourChildren = () => [
  standIn(folder, 'simulator', [1, 3], 'setTimeout(ready, 100)'),
  standIn(folder, 'serve', [2, 2], 'setTimeout(ready, 100); onStop(() => new Promise(done => setTimeout(done, 100)))'),
  standIn(folder, 'work', [3, 2]),
  standIn(folder, 'shop', [3, 1], 'ready(); onStop(() => new Promise(done => setTimeout(done, 100)))'),
]

test('everything starts in order, stops in the opposite order on SIGTERM, and nothing is left', async () => {
  const coffer = start(dataDir, offset, { children: fourChildren() })
  await coffer.prints('Ctrl-C stops everything')
  const pids = ['simulator', 'serve', 'work', 'shop'].flatMap(name => pidsOf(folder, name))
  pids.push(postgresPid())
  expect(pids.filter(isAlive)).toHaveLength(5)

  coffer.child.kill('SIGTERM')
  expect(await coffer.exited).toEqual({ code: 0, signal: null })
  expect(pids.filter(isAlive)).toEqual([])
  const order = events(folder).map(event => event.replace(/ \d+$/, ''))
  const at = (event: string) => order.indexOf(event)
  expect(at('simulator ready')).toBeLessThan(at('serve start'))
  expect(at('serve ready')).toBeLessThan(Math.min(at('work start'), at('shop start')))
  expect(at('shop stop')).toBeLessThan(Math.min(at('serve stop'), at('work stop')))
  expect(at('simulator stop')).toBeGreaterThan(Math.max(at('serve stop'), at('work stop')))
  expect(statSync(dataDir).mode & 0o777).toBe(0o700)
})

test('a child that uses the database is told where it is, the others are not; all get the absolute data directory', async () => {
  const tell = `note('url ' + process.env.DATABASE_URL); note('dir ' + process.env.COFFER_DATA_DIR);
    note('pool ' + process.env.UV_THREADPOOL_SIZE); ready()`
  const serve = { ...standIn(folder, 'serve', [2, 2], tell), usesDatabase: true }
  const shop = standIn(folder, 'shop', [2, 2], "note('shop url ' + process.env.DATABASE_URL); ready()")
  const coffer = start(dataDir, offset, { children: [serve, shop] })
  await coffer.prints('Coffer is running')
  const said = events(folder).join('\n')
  expect(said).toContain('shop url undefined')
  expect(said).toMatch(/url postgres:\/\/coffer:[\w-]+@127\.0\.0\.1:\d+\/coffer/)
  expect(said).toContain(`dir ${dataDir}`)
  expect(said).toMatch(/pool [1-9]/)
})

test('the closing list names what runs, where the credentials lie and what to try', async () => {
  const coffer = start(dataDir, offset, { children: [standIn(folder, 'shop', [1, 1])] }, elsewhere)
  await coffer.prints('Ctrl-C stops everything')
  expect(coffer.output()).toContain('Coffer is running (sandbox: nothing here is for real cards)')
  expect(coffer.output()).toContain(`http://127.0.0.1:${8080 + offset}`)
  expect(coffer.output()).toContain(`https://localhost:${8443 + offset}`)
  expect(coffer.output()).toContain(`http://127.0.0.1:${8083 + offset}`)
  expect(coffer.output()).toContain(join(dataDir, 'sandbox.json'))
  expect(coffer.output()).toContain('npm run demo')
  // No colours where nobody sees them.
  expect(coffer.output()).not.toContain('\u001b')
})

test('kill -9 of the launcher leaves nothing running', async () => {
  const coffer = start(dataDir, offset, { children: fourChildren() })
  await coffer.prints('Ctrl-C stops everything')
  const pids = ['simulator', 'serve', 'work', 'shop'].flatMap(name => pidsOf(folder, name))
  pids.push(postgresPid())
  coffer.child.kill('SIGKILL')
  await coffer.exited
  for (const pid of pids) expect(await goesAway(pid)).toBe(true)

  // And the next start is not in its way.
  const again = start(dataDir, offset, { children: fourChildren() })
  await again.prints('Ctrl-C stops everything')
})

test('a child that dies is named and started again', async () => {
  const dies = standIn(
    folder,
    'work',
    [1, 1],
    `ready(); if (!process.env.CALM) process.on('SIGUSR2', () => process.exit(3))`,
  )
  const coffer = start(dataDir, offset, { children: [dies], pauses: [10] }, elsewhere)
  await coffer.prints('Ctrl-C stops everything')
  process.kill(pidsOf(folder, 'work')[0]!, 'SIGUSR2')
  await coffer.prints('work runs again')
  expect(coffer.output()).toContain('work ended unexpectedly (exit 3); starting it again in 0.01 s')
  expect(pidsOf(folder, 'work')).toHaveLength(2)
})

test('a child that keeps dying ends everything with exit 1', async () => {
  const children = [
    standIn(folder, 'serve', [1, 2]),
    standIn(folder, 'work', [2, 1], `ready(); setTimeout(() => process.exit(3), 50)`),
  ]
  const coffer = start(dataDir, offset, { children, pauses: [10] }, elsewhere)
  expect(await coffer.exited).toEqual({ code: 1, signal: null })
  expect(coffer.output()).toMatch(/work keeps dying \(exit 3\)\. Its log is .*work\.log/)
  expect(pidsOf(folder, 'work')).toHaveLength(5)
  expect([...pidsOf(folder, 'serve'), ...pidsOf(folder, 'work')].filter(isAlive)).toEqual([])
})

test('PostgreSQL is started again on the same address when it dies', async () => {
  const coffer = start(dataDir, offset, { children: [standIn(folder, 'serve', [1, 1])], pauses: [10] })
  await coffer.prints('Ctrl-C stops everything')
  const before = JSON.parse(readFileSync(join(dataDir, 'postgres.json'), 'utf8')) as { pid: number; port: number }
  process.kill(before.pid, 'SIGKILL')
  await coffer.prints('postgres ended unexpectedly (SIGKILL)')
  await expect.poll(postgresPid, { timeout: 10_000 }).not.toBe(before.pid)
  await expect.poll(() => isAlive(postgresPid() ?? 0), { timeout: 10_000 }).toBe(true)
  const after = JSON.parse(readFileSync(join(dataDir, 'postgres.json'), 'utf8')) as { pid: number; port: number }
  expect(after.port).toBe(before.port)
  expect(pidsOf(folder, 'serve')).toHaveLength(1)
  coffer.child.kill('SIGTERM')
  expect(await coffer.exited).toEqual({ code: 0, signal: null })
  expect(await goesAway(after.pid)).toBe(true)
})

test('a child that cannot start says why in one line, and nothing is left', async () => {
  const children = [
    standIn(folder, 'simulator', [1, 3]),
    standIn(
      folder,
      'serve',
      [2, 2],
      `say({ type: 'failed', message: 'serve: the key file is missing' }); process.exit(1)`,
    ),
  ]
  const coffer = start(dataDir, offset, { children }, elsewhere)
  expect(await coffer.exited).toEqual({ code: 1, signal: null })
  expect(coffer.output()).toBe('serve: the key file is missing\n')
  expect(pidsOf(folder, 'simulator').filter(isAlive)).toEqual([])
})

test('a port in use is named together with the remedy, and nothing is started', async () => {
  const stranger = createServer()
  await new Promise<void>(done => stranger.listen(8085 + offset, '127.0.0.1', done))
  try {
    const coffer = start(dataDir, offset, { children: fourChildren() })
    expect(await coffer.exited).toEqual({ code: 1, signal: null })
    expect(coffer.output()).toBe(
      `Port ${8085 + offset} is in use. Stop what listens there, or start with COFFER_PORT_OFFSET=${offset + 1000}.\n`,
    )
    expect(existsSync(join(folder, 'events'))).toBe(false)
  } finally {
    stranger.close()
  }
})

test('a second Coffer on the same data directory is told so, with other ports too', async () => {
  const first = start(dataDir, offset, { children: [standIn(folder, 'serve', [1, 1])] }, elsewhere)
  await first.prints('Ctrl-C stops everything')
  const second = start(dataDir, offset + 50, { children: [standIn(folder, 'work', [1, 1])] }, elsewhere)
  expect(await second.exited).toEqual({ code: 1, signal: null })
  expect(second.output()).toMatch(/^.* is already used by a Coffer \(pid \d+\)\. Stop that Coffer first, .*\n$/)
  expect(pidsOf(folder, 'work')).toEqual([])
})

test('the live profile and a wrong offset are refused with one line', async () => {
  const live = start(dataDir, offset, { children: [] }, { ...elsewhere, COFFER_PROFILE: 'live' })
  const wrong = start(dataDir, offset, { children: [] }, { ...elsewhere, COFFER_PORT_OFFSET: 'many' })
  expect(await live.exited).toEqual({ code: 1, signal: null })
  expect(await wrong.exited).toEqual({ code: 1, signal: null })
  expect(live.output()).toMatch(/^npm start is for the sandbox\..*npx coffer serve.*npx coffer work.*\n$/)
  expect(wrong.output()).toMatch(/^COFFER_PORT_OFFSET must be .*\n$/)
})

test('the screen shows warnings and plain lines, the log file has everything and is for its owner alone', async () => {
  const talks = `console.log(JSON.stringify({ level: 30, msg: 'quiet' })); console.log(JSON.stringify({ level: 40, msg: 'loud' }))
console.error('plain'); ready()`
  mkdirSync(join(dataDir, 'logs'), { recursive: true })
  writeFileSync(join(dataDir, 'logs', 'serve.log'), Buffer.alloc(10 * 1024 * 1024 + 1, 'x'))
  const coffer = start(dataDir, offset, { children: [standIn(folder, 'serve', [1, 1], talks)] }, elsewhere)
  await coffer.prints('Ctrl-C stops everything')
  await coffer.prints('serve: loud')
  await coffer.prints(/^plain$/m)
  expect(coffer.output()).not.toContain('quiet')
  coffer.child.kill('SIGTERM')
  await coffer.exited
  const log = join(dataDir, 'logs', 'serve.log')
  expect(readFileSync(log, 'utf8')).toMatch(/quiet[\s\S]*loud/)
  expect(statSync(log).mode & 0o777).toBe(0o600)
  expect(statSync(`${log}.1`).size).toBeGreaterThan(10 * 1024 * 1024)
})

test('a stop in the middle of the start ends with 0 and leaves nothing', async () => {
  const children = [standIn(folder, 'serve', [1, 1], 'setTimeout(ready, 60_000)')]
  const coffer = start(dataDir, offset, { children }, elsewhere)
  await expect.poll(() => existsSync(join(folder, 'events')), { timeout: 10_000 }).toBe(true)
  coffer.child.kill('SIGTERM')
  expect(await coffer.exited).toEqual({ code: 0, signal: null })
  expect(pidsOf(folder, 'serve').filter(isAlive)).toEqual([])
})

test('a repeated Ctrl-C counts only after a second, and then does not wait', async () => {
  const stubborn = standIn(folder, 'serve', [1, 1], 'ready(); onStop(() => new Promise(() => {}))')
  const coffer = start(dataDir, offset, { children: [stubborn] }, elsewhere)
  await coffer.prints('Ctrl-C stops everything')
  coffer.child.kill('SIGINT')
  await sleep(5)
  coffer.child.kill('SIGINT')
  await sleep(1200)
  expect(pidsOf(folder, 'serve').filter(isAlive)).toHaveLength(1)
  coffer.child.kill('SIGINT')
  expect(await coffer.exited).toEqual({ code: 0, signal: null })
  expect(pidsOf(folder, 'serve').filter(isAlive)).toEqual([])
})
