import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { cp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type LocalPostgres, startLocalPostgres } from './index.js'
import { inspectMachine, type Machine } from './machine.js'
import { startOn } from './start.js'
import { isGone, type Owner, spawnOwner } from './testing/processes.js'

const nobody = 65534
const root = mkdtempSync(join(tmpdir(), 'coffer-pg-users-'))
chmodSync(root, 0o755)
const running: LocalPostgres[] = []
const owners: Owner[] = []

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

/** The npm package as `npm ci --ignore-scripts` leaves it: without its links. */
async function packageWithoutLinks(machine: Machine, into: string): Promise<string> {
  const packageRoot = machine.packageRoot!
  const links = JSON.parse(await readFile(join(packageRoot, 'native', 'pg-symlinks.json'), 'utf8'))
  const targets = new Set(links.map(({ target }: { target: string }) => join(packageRoot, target)))
  await cp(packageRoot, into, { recursive: true, verbatimSymlinks: true, filter: source => !targets.has(source) })
  return into
}

async function ask(url: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query('select 1 as one')).rows
  } finally {
    await client.end()
  }
}

afterEach(async () => {
  for (const { child, exited } of owners.splice(0)) {
    child.kill('SIGTERM')
    await exited
  }
  for (const server of running.splice(0)) await server.stop()
})

/** One copy for all: it has 60 MB. */
let packageRoot: string

beforeAll(async () => {
  packageRoot = await packageWithoutLinks(await inspectMachine(), join(root, 'package tree'))
})

afterAll(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }))

describe.skipIf(process.getuid?.() !== 0)('started by nobody', () => {
  test('an ordinary user starts it, also from programs that lack their links and cannot be written', async () => {
    const home = join(root, 'home of nobody')
    mkdirSync(home)
    chownSync(home, nobody, nobody)
    const folder = join(home, '.coffer')
    const first = owner({ folder, machine: { packageRoot, installed: [] } }, nobody)
    const { url, pid } = (await first.hear('url')) as { url: string; pid: number }
    expect(await ask(url)).toEqual([{ one: 1 }])
    expect(statSync(`/proc/${pid}`).uid).toBe(nobody)
    first.child.kill('SIGKILL')
    expect(await isGone(pid)).toBe(true)
  })
})

test('missing links to libraries are made at the start', async () => {
  const machine = await inspectMachine()
  expect(readdirSync(join(packageRoot, 'native', 'lib'))).not.toContain('libicuuc.so.60')
  const server = await started(startOn({ ...machine, packageRoot, installed: [] }, { folder: join(root, 'links') }))
  expect(await ask(server.url)).toEqual([{ one: 1 }])
})

describe.skipIf(process.getuid?.() !== 0)('started by root', () => {
  test('without user namespaces the server runs as another user, from a copy of programs he cannot reach', async () => {
    const closed = join(root, 'only root')
    mkdirSync(closed, { mode: 0o700 })
    const real = await inspectMachine()
    const unreachable = join(closed, 'package')
    renameSync(packageRoot, unreachable)
    const machine = { ...real, namespaceUid: undefined, packageRoot: unreachable, installed: [] }
    const folder = join(closed, 'da ta')
    const first = await started(startOn(machine, { folder }))
    expect(await ask(first.url)).toEqual([{ one: 1 }])
    expect(statSync(join(folder, 'pg18')).uid).not.toBe(0)
    expect(statSync(`/proc/${first.pid}`).uid).toBe(statSync(join(folder, 'pg18')).uid)
    await first.stop()

    // Namespaces allowed again: whoever owns the cluster goes on with it.
    const second = await started(startOn({ ...machine, namespaceUid: real.namespaceUid }, { folder }))
    expect(await ask(second.url)).toEqual([{ one: 1 }])
    expect(second.port).toBe(first.port)
    await second.stop()

    const killed = owner({ folder, machine: { ...machine, namespaceUid: null } })
    const { pid } = (await killed.hear('url')) as { pid: number }
    killed.child.kill('SIGKILL')
    expect(await isGone(pid)).toBe(true)
  })

  test('a directory of an ordinary user is opened by root as that user, and remains his', async () => {
    const folder = join(root, 'his')
    mkdirSync(folder)
    chownSync(folder, nobody, nobody)
    const server = await started(startLocalPostgres({ folder }))
    expect(statSync(`/proc/${server.pid}`).uid).toBe(nobody)
    await server.stop()
    for (const name of readdirSync(folder))
      expect(`${name} ${statSync(join(folder, name)).uid}`).toBe(`${name} ${nobody}`)

    const his = owner({ folder }, nobody)
    expect(await ask(((await his.hear('url')) as { url: string }).url)).toEqual([{ one: 1 }])
  })

  test("an ordinary user is told that a directory is root's", async () => {
    const folder = join(root, 'of root')
    mkdirSync(folder, { mode: 0o700 })
    await expect(owner({ folder }, nobody).hear('url')).rejects.toThrow(/belongs to root\. Start as that user/)
    await expect(owner({ folder: join(folder, 'deeper') }, nobody).hear('url')).rejects.toThrow(/Cannot make|closed to/)
    expect(existsSync(join(folder, 'logs'))).toBe(false)
  })
})
