import { randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { cloneDatabase, dropDatabase } from '../../../../packages/local-postgres/src/index.js'
import { TEMPLATE } from '../../../../test/support/global-setup.js'
import { ACQUIRERS_FILE } from '../../../../test/support/start-system.js'
import { makeKeyFile } from '../card-data/index.js'
import { type Config, readConfig } from '../config.js'
import { Database, sql } from '../platform/database.js'
import { makeLog } from '../platform/log.js'
import { systemRandom } from '../platform/random.js'
import { openVault, requireCoffer } from './open.js'

const log = makeLog({ now: () => 0, level: 'silent' })
const name = `open_${randomUUID().replaceAll('-', '')}`
let folder: string
let databaseUrl: string
let live: Config

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coffer-open-'))
  databaseUrl = await cloneDatabase(inject('postgresUrl'), TEMPLATE, name)
  const kekFile = join(folder, 'kek')
  await makeKeyFile(kekFile, systemRandom)
  const acquirersFile = join(folder, 'acquirers.json')
  await writeFile(acquirersFile, ACQUIRERS_FILE)
  const env = {
    COFFER_PROFILE: 'live',
    COFFER_KEK_FILE: kekFile,
    COFFER_DATA_DIR: join(folder, 'live'),
    COFFER_PUBLIC_API_URL: 'https://vault.test',
    COFFER_TLS_TERMINATOR: 'the test',
    COFFER_PUBLIC_PAGES_URL: 'https://pages.test',
    COFFER_ACQUIRERS_FILE: acquirersFile,
    COFFER_ALLOW_UNSUPPORTED_NODE: 'yes',
  }
  live = readConfig(env, process.versions.node)
})
afterAll(async () => {
  await dropDatabase(inject('postgresUrl'), name)
  await rm(folder, { recursive: true, force: true })
})

test('live refuses a database that acknowledges before it has written', async () => {
  // The databases of tests run without fsync.
  await expect(openVault(live, databaseUrl, log)).rejects.toThrow(/has fsync, full_page_writes.* off/)
})

test('a sandbox leaves a database of the live profile as it is', async () => {
  const db = new Database({ url: databaseUrl, log })
  await db.query(
    sql(
      'test.made-live',
      `insert into kek (id, provider, environment, check_value, status, created_at)
       values ($1, 'key-file', 'live', '\\x00', 'ACTIVE', $2)`,
    ),
    [randomUUID(), new Date(0)],
  )
  const sandbox = readConfig({ COFFER_DATA_DIR: join(folder, 'sandbox') }, process.versions.node)
  await expect(openVault(sandbox, databaseUrl, log)).rejects.toThrow('belongs to the live profile')
  expect(await db.query(sql('test.clock-rows', 'select * from sandbox_clock'))).toEqual([])
  await db.close()
})

test('a folder without a Coffer is told to be one, and stays as it is', async () => {
  const empty = join(folder, 'empty')
  await mkdir(empty)
  for (const dataDir of [empty, join(folder, 'not-there')]) {
    const config = readConfig({ COFFER_DATA_DIR: dataDir }, process.versions.node)
    await expect(requireCoffer(config)).rejects.toThrow(
      `there is no Coffer in ${dataDir}: start one with "npm start", or name its folder with COFFER_DATA_DIR`,
    )
  }
  expect(await readdir(empty)).toEqual([])
  const named = { COFFER_DATA_DIR: empty, DATABASE_URL: databaseUrl }
  await requireCoffer(readConfig(named, process.versions.node))
  await mkdir(join(empty, 'pg18'))
  await requireCoffer(readConfig({ COFFER_DATA_DIR: empty }, process.versions.node))
})
