import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import {
  cloneDatabase,
  DataDirectoryInUse,
  dropDatabase,
  type LocalPostgres,
  runningLocalPostgres,
  startLocalPostgres,
} from './index.js'
import { inspectMachine } from './machine.js'
import { startOn } from './start.js'
import { isGone, spawnOwner } from './testing/processes.js'

const root = mkdtempSync(join(tmpdir(), 'coffer-pg-'))
const base = join(root, 'base')
const running: LocalPostgres[] = []
let folders = 0
/** For tests that only look. */
let shared: LocalPostgres & { folder: string }

/** A data directory with a cluster in it that was stopped in order: quicker than initdb for each test. */
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

async function query(url: string, sql: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(sql, values)).rows
  } finally {
    await client.end()
  }
}

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8)

beforeAll(async () => {
  const server = await startLocalPostgres({ folder: base })
  await server.stop()
  const folder = join(root, 'shared')
  await cp(base, folder, { recursive: true })
  shared = { ...(await startLocalPostgres({ folder, settings: { max_connections: '20' } })), folder }
})

afterEach(async () => {
  for (const server of running.splice(0)) await server.stop()
})

afterAll(async () => {
  await shared.stop()
  rmSync(root, { recursive: true, force: true })
})

test('a server starts, keeps its data and its port over a stop, and leaves no process', async () => {
  const folder = await prepared()
  const first = await started(startLocalPostgres({ folder }))
  await query(first.url, 'create table kept as select 42 as answer')
  await first.stop()
  expect(await first.exited).toEqual({ code: 0, signal: null })
  expect(await isGone(first.pid)).toBe(true)

  const second = await started(startLocalPostgres({ folder }))
  expect(second.port).toBe(first.port)
  expect(await query(second.url, 'select answer from kept')).toEqual([{ answer: 42 }])
})

test('everything secret is for its owner alone, and the vault works as an ordinary role', async () => {
  const { folder } = shared
  const [role] = await query(
    shared.url,
    `select rolname, rolsuper, rolcreaterole, rolcreatedb, rolreplication from pg_roles where rolname = current_user`,
  )
  expect(role).toEqual({
    rolname: 'coffer',
    rolsuper: false,
    rolcreaterole: false,
    rolcreatedb: false,
    rolreplication: false,
  })
  for (const name of readdirSync(folder).filter(name => name.startsWith('postgres'))) {
    expect(`${name} ${modeOf(join(folder, name))}`).toBe(`${name} 600`)
  }
  expect(modeOf(join(folder, 'pg18'))).toBe('700')
  expect(modeOf(join(folder, 'logs', 'postgres.log'))).toBe('600')
})

test('durability is untouched, also after settings of the caller', async () => {
  const settings = await query(
    shared.url,
    `select name, setting from pg_settings where name in
     ('fsync','full_page_writes','synchronous_commit','wal_level','data_checksums','listen_addresses','max_connections')`,
  )
  expect(Object.fromEntries(settings.map(row => [row['name'], row['setting']]))).toEqual({
    fsync: 'on',
    full_page_writes: 'on',
    synchronous_commit: 'on',
    wal_level: 'replica',
    data_checksums: 'on',
    listen_addresses: '127.0.0.1',
    max_connections: '20',
  })
})

test('a wrong password is refused', async () => {
  const wrong = shared.url.replace(/:[^:@]+@/, ':wrong@')
  await expect(query(wrong, 'select 1')).rejects.toMatchObject({ code: '28P01' })
})

test('a second opener in the same process is told who has the directory', async () => {
  const { folder, pid } = shared
  const refused = startLocalPostgres({ folder })
  await expect(refused).rejects.toBeInstanceOf(DataDirectoryInUse)
  await expect(refused).rejects.toMatchObject({ folder, pid })
  await expect(refused).rejects.toThrow(/already open \(PostgreSQL pid \d+\)\. Stop that Coffer first/)
})

test('a running server is found by its folder, a stopped one is not', async () => {
  const folder = await prepared()
  expect(await runningLocalPostgres(folder)).toBeUndefined()
  expect(await runningLocalPostgres(join(root, 'never-was'))).toBeUndefined()
  const server = await started(startLocalPostgres({ folder }))
  expect(await runningLocalPostgres(folder)).toEqual({ url: server.url, port: server.port, pid: server.pid })
  await server.stop()
  expect(await runningLocalPostgres(folder)).toBeUndefined()
})

test('a port that was taken meanwhile is given up for another', async () => {
  const folder = await prepared()
  const first = await started(startLocalPostgres({ folder }))
  await first.stop()
  const stranger = createServer()
  await new Promise<void>(done => stranger.listen(first.port, '127.0.0.1', done))
  try {
    const second = await started(startLocalPostgres({ folder }))
    expect(second.port).not.toBe(first.port)
    expect(await query(second.url, 'select 1 as one')).toEqual([{ one: 1 }])
  } finally {
    stranger.close()
  }
})

test('the log holds no value of a failing statement', async () => {
  const { folder, url } = shared
  await query(url, 'create table card (pan text unique, n int)')
  await query(url, `insert into card values ('4111-canary', 1)`)
  const failing: [string, unknown[]?][] = [
    [`insert into card values ('4111-canary', 2)`],
    [`insert into card (pan) values ($1)`, ['4111-canary']],
    [`insert into card (n) values ($1)`, ['canary-bad-integer']],
    [`select * from nowhere where pan = 'canary-literal'`],
    [`do $$ begin raise exception 'canary-raised'; end $$`],
  ]
  for (const [sql, values] of failing) await expect(query(url, sql, values)).rejects.toThrow()
  await query(url, `do $$ begin raise warning 'canary-warned'; end $$`)
  const log = readFileSync(join(folder, 'logs', 'postgres.log'), 'utf8')
  expect(log).toContain('ready to accept connections')
  expect(log).not.toMatch(/canary/)
})

test('a log of more than 10 MB is put aside at the start', async () => {
  const folder = await prepared()
  mkdirSync(join(folder, 'logs'), { recursive: true })
  writeFileSync(join(folder, 'logs', 'postgres.log'), Buffer.alloc(10 * 1024 * 1024 + 1, 'x'))
  await started(startLocalPostgres({ folder }))
  expect(statSync(join(folder, 'logs', 'postgres.log.1')).size).toBeGreaterThan(10 * 1024 * 1024)
  expect(statSync(join(folder, 'logs', 'postgres.log')).size).toBeLessThan(10_000)
})

describe('a test server', () => {
  const folder = join(root, 'forgetful')
  let server: LocalPostgres

  beforeAll(async () => {
    server = await startLocalPostgres({ folder, durable: false })
    return () => server.stop()
  })

  test('clones databases and drops them', async () => {
    const { url } = server
    const template = await cloneDatabase(url, 'template0', 'tpl')
    await query(template, 'create table seeded as select 7 as n')
    const clones = await Promise.all([1, 2, 3].map(n => cloneDatabase(url, 'tpl', `w_${process.pid}_${n}`)))
    for (const clone of clones) expect(await query(clone, 'select n from seeded')).toEqual([{ n: 7 }])
    await dropDatabase(url, `w_${process.pid}_1`)
    await dropDatabase(url, `w_${process.pid}_1`)
    await expect(query(clones[0]!, 'select 1')).rejects.toMatchObject({ code: '3D000' })
  })

  test('drops a database although a superuser, or autovacuum, is at work in it', async () => {
    const { url, port } = server
    const ours = new pg.Client({ connectionString: await cloneDatabase(url, 'template0', 'busy') })
    const password = readFileSync(join(folder, 'postgres-postgres.password'), 'utf8')
    const theirs = new pg.Client({ host: '127.0.0.1', port, user: 'postgres', password, database: 'busy' })
    const ended = new Promise(done => ours.on('error', done))
    await Promise.all([ours.connect(), theirs.connect()])

    // Autovacuum comes when it likes. A superuser's connection may as little be ended by us, and leaves as soon.
    const leaving = sleep(300).then(() => theirs.end())
    const [dropped] = await Promise.allSettled([dropDatabase(url, 'busy'), leaving])
    expect(dropped).toMatchObject({ status: 'fulfilled' })
    expect(await ended).toMatchObject({ code: '57P01' })
    expect(await query(url, `select from pg_database where datname = 'busy'`)).toEqual([])
  })
})

test('a role and database that a cut start did not make are made at the next', async () => {
  const folder = await prepared()
  rmSync(join(folder, 'postgres-coffer.password'))
  const server = await started(startLocalPostgres({ folder }))
  expect(await query(server.url, 'select current_user as who')).toEqual([{ who: 'coffer' }])
})

test('data of another major is not passed over in silence', async () => {
  const folder = join(root, 'old')
  mkdirSync(join(folder, 'pg13'), { recursive: true })
  await expect(startLocalPostgres({ folder })).rejects.toThrow(/holds data of PostgreSQL 13, but only 18/)
})

test('without any PostgreSQL the message names the three ways to get one', async () => {
  const machine = { ...(await inspectMachine()), packageRoot: undefined, installed: [] }
  const start = startOn(machine, { folder: join(root, 'none') })
  await expect(start).rejects.toThrow(/npm ci.*install PostgreSQL.*DATABASE_URL/)
})

test('the path may hold blanks and lie under a folder closed to others', async () => {
  const closed = join(root, 'closed to others')
  mkdirSync(join(closed, 'my data'), { recursive: true })
  chmodSync(closed, 0o700)
  const folder = join(closed, 'my data', '.coffer')
  const server = await started(startLocalPostgres({ folder }))
  expect(modeOf(folder)).toBe('700')
  expect(await query(server.url, 'select 1 as one')).toEqual([{ one: 1 }])
})

test('a PostgreSQL installed on the machine serves where npm brought none', async context => {
  const machine = { ...(await inspectMachine()), packageRoot: undefined }
  if (!readdirSync('/usr/lib').includes('postgresql')) return context.skip('no PostgreSQL is installed here')
  const folder = join(root, 'installed')
  const server = await started(startOn(machine, { folder }))
  const [row] = await query(server.url, `select current_setting('server_version_num')::int / 10000 as major`)
  expect(readdirSync(folder)).toContain(`pg${row!['major']}`)
})

test('a second opener in another process is told clearly', async () => {
  const other = spawnOwner({ folder: shared.folder })
  await expect(other.hear('url')).rejects.toThrow(`already open (PostgreSQL pid ${shared.pid})`)
  await other.exited
  expect(await query(shared.url, 'select 1 as one')).toEqual([{ one: 1 }])
})
