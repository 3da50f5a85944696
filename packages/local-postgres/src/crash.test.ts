import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type LocalPostgres, runningLocalPostgres, startLocalPostgres } from './index.js'
import { inspectMachine } from './machine.js'
import { startOn } from './start.js'
import { isGone, type Owner, spawnOwner } from './testing/processes.js'

const root = mkdtempSync(join(tmpdir(), 'coffer-pg-crash-'))
const base = join(root, 'base')
const running: LocalPostgres[] = []
const owners: Owner[] = []
let folders = 0

async function prepared(): Promise<string> {
  const folder = join(root, `d${++folders}`)
  await cp(base, folder, { recursive: true })
  return folder
}

async function started(promise: Promise<LocalPostgres>): Promise<LocalPostgres> {
  const server = await promise
  running.push(server)
  return server
}

function owner(...args: Parameters<typeof spawnOwner>): Owner {
  const spawned = spawnOwner(...args)
  owners.push(spawned)
  return spawned
}

async function count(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<{ n: number }>('select count(*)::int as n from kept')).rows[0]!.n
  } finally {
    await client.end()
  }
}

beforeAll(async () => {
  const server = await startLocalPostgres({ folder: base })
  await server.stop()
})

afterEach(async () => {
  for (const { child } of owners.splice(0)) child.kill('SIGKILL')
  for (const server of running.splice(0)) await server.stop()
})

afterAll(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }))

test('kill -9 of the owner ends the server and keeps every acknowledged row', async () => {
  const folder = await prepared()
  const first = owner({ folder, insert: true })
  const { pid } = (await first.hear('url')) as { pid: number }
  await first.hear('acknowledged')
  await sleep(300)
  first.child.kill('SIGKILL')
  await first.exited
  expect(await isGone(pid)).toBe(true)
  expect(await runningLocalPostgres(folder)).toBeUndefined()

  const acknowledged = first.said.filter(message => 'acknowledged' in message).length
  const again = await started(startLocalPostgres({ folder }))
  expect(acknowledged).toBeGreaterThan(10)
  expect(await count(again.url)).toBeGreaterThanOrEqual(acknowledged)
})

test('kill -9 of owner and server at once, with a backend still busy, is healed by the next start', async () => {
  const folder = await prepared()
  const rows = owner({ folder, insert: true })
  await rows.hear('acknowledged')
  rows.child.kill('SIGTERM')
  await rows.exited

  const busy = owner({ folder, busy: true })
  const { pid } = (await busy.hear('url')) as { pid: number }
  const { backend } = (await busy.hear('backend')) as { backend: number }
  process.kill(pid, 'SIGKILL')
  busy.child.kill('SIGKILL')
  await busy.exited
  expect(await isGone(backend, 200)).toBe(false)

  const again = await started(startLocalPostgres({ folder }))
  expect(await isGone(backend)).toBe(true)
  expect(await count(again.url)).toBeGreaterThan(0)
})

test('a server that was killed under its owner can be started again by him, on the same port', async () => {
  const folder = await prepared()
  const first = await started(startLocalPostgres({ folder }))
  process.kill(first.pid, 'SIGKILL')
  expect(await first.exited).toEqual({ code: null, signal: 'SIGKILL' })
  const second = await started(startLocalPostgres({ folder }))
  expect(second.port).toBe(first.port)
})

test('a start waits for the last server to end and takes over its port, since clients know no other', async () => {
  const folder = await prepared()
  const first = owner({ folder })
  const { pid, url } = (await first.hear('url')) as { pid: number; url: string }
  // Holds the shutdown that the death of its owner begins.
  process.kill(pid, 'SIGSTOP')
  first.child.kill('SIGKILL')
  await first.exited
  const next = startLocalPostgres({ folder })
  await sleep(300)
  process.kill(pid, 'SIGCONT')
  expect((await started(next)).url).toBe(url)
})

test('a pid file that names a stranger does not stop the start', async () => {
  const folder = await prepared()
  const stranger = `${process.pid}\n${join(folder, 'pg18')}\n1700000000\n5432\n\n127.0.0.1\n  12345 67890\nready   \n`
  writeFileSync(join(folder, 'pg18', 'postmaster.pid'), stranger, { mode: 0o600 })
  const server = await started(startLocalPostgres({ folder }))
  expect(readFileSync(join(folder, 'pg18', 'postmaster.pid'), 'utf8')).toMatch(new RegExp(`^${server.pid}\n`))
})

test('an initdb that was killed half-way does not block the next start', async () => {
  const folder = join(root, 'half')
  const first = owner({ folder })
  await first.hear('progress')
  await sleep(150)
  first.child.kill('SIGKILL')
  await first.exited
  expect(readdirSync(folder)).not.toContain('pg18')
  // What a power cut leaves, where nobody could clean up.
  mkdirSync(join(folder, 'pg18.new-0badc0de', 'base'), { recursive: true })
  writeFileSync(join(folder, 'pg18.new-0badc0de', 'PG_VERSION'), '18\n')

  await started(startLocalPostgres({ folder }))
  expect(readdirSync(folder).filter(name => name.startsWith('pg18'))).toEqual(['pg18'])
})

test('two starts at the same moment on an empty folder give one server and one clear refusal', async () => {
  const folder = join(root, 'race')
  const both = [owner({ folder }), owner({ folder })]
  const results = await Promise.allSettled(both.map(each => each.hear('url')))
  expect(results.map(result => result.status).sort()).toEqual(['fulfilled', 'rejected'])
  const refusal = results.find(result => result.status === 'rejected')
  expect(String(refusal?.reason)).toMatch(/already open/)
})

test('without util-linux a guard shell still ends the server with its owner', async () => {
  // Its own folder: without namespaces a cluster of root's could not be opened.
  const folder = join(root, 'guarded')
  const machine = { chain: false, namespaceUid: null }
  const first = owner({ folder, machine, insert: true })
  const { pid } = (await first.hear('url')) as { pid: number }
  await first.hear('acknowledged')
  first.child.kill('SIGKILL')
  await first.exited
  expect(await isGone(pid)).toBe(true)

  const poor = { ...(await inspectMachine()), chain: false, namespaceUid: undefined }
  const again = await started(startOn(poor, { folder }))
  expect(await count(again.url)).toBeGreaterThan(0)
  await expect(owner({ folder, machine }).hear('url')).rejects.toThrow(/already open/)
  await again.stop()
  expect(await isGone(again.pid)).toBe(true)
  expect(await again.exited).toEqual({ code: 0, signal: null })
})

test('the guard shell works inside a user namespace too', async () => {
  const folder = await prepared()
  const server = await started(startOn({ ...(await inspectMachine()), chain: false }, { folder }))
  await server.stop()
  expect(await server.exited).toEqual({ code: 0, signal: null })
})
