/** What the commands share: the database that belongs to the configuration, and the vault on it. */
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { DataDirectoryInUse, runningLocalPostgres, startLocalPostgres } from '@coffer/local-postgres'
import { keyFileProvider, makeKeyFile, WrongKek } from '../card-data/index.js'
import { type Config, portsOf } from '../config.js'
import { openAcquirers } from '../issuer/acquirers.js'
import { sandboxAcquirers } from '../issuer/acquirers-file.js'
import { SETUP_LOCK_NUMBER } from '../platform/advisory-locks.js'
import { type Clock, SettableClock, systemClock } from '../platform/clock.js'
import { Database, sql } from '../platform/database.js'
import type { Log } from '../platform/log.js'
import { makeMetrics } from '../platform/metrics.js'
import { migrate, pendingMigrations } from '../platform/migrations.js'
import { systemRandom } from '../platform/random.js'
import { joinClock } from '../sandbox/virtual-clock.js'
import { openSystem, type System } from '../system.js'
import { type DirectoryConfig, sandboxDirectories } from '../three-ds/directories-file.js'
import { simulatorPki } from '../three-ds/simulator-pki.js'
import { type DatabaseFacts, inspectDatabase } from './inspect-database.js'

/** A start that cannot succeed, in one line that says what to do. */
export class CannotStart extends Error {
  override readonly name = 'CannotStart'
}

export interface OpenDatabase {
  url: string
  /** Ends a PostgreSQL that was started for this command; nothing to do for any other. */
  stop(): Promise<void>
  /** Settles when a PostgreSQL of our own has ended without being asked to. */
  lost: Promise<never>
}

/**
 * Finds the database: the configured one, else the one in the data directory, which is started unless it runs.
 * @param shared  whether a running one may be used together with another Coffer
 */
export async function openDatabase(
  config: Config,
  shared: boolean,
  say: (text: string) => void,
): Promise<OpenDatabase> {
  const never = new Promise<never>(() => {})
  if (config.databaseUrl) return { url: config.databaseUrl, stop: async () => {}, lost: never }
  if (shared) {
    const running = await runningLocalPostgres(config.dataDir)
    if (running) return { url: running.url, stop: async () => {}, lost: never }
  }
  try {
    const server = await startLocalPostgres({ folder: config.dataDir, onProgress: say })
    let stopping = false
    const lost = server.exited.then(async () => {
      if (stopping) return never
      throw new CannotStart('the local PostgreSQL has ended; its log is in the data directory')
    })
    lost.catch(() => {})
    const stop = async () => {
      stopping = true
      await server.stop()
    }
    return { url: server.url, stop, lost }
  } catch (error) {
    if (error instanceof DataDirectoryInUse && shared) return openDatabase(config, shared, say)
    throw error
  }
}

/**
 * Refuses a folder in which no Coffer has ever run, before a database is made there for a question that it cannot answer.
 * @throws CannotStart when there is neither a database that is named nor one in the data directory
 */
export async function requireCoffer({ databaseUrl, dataDir }: Config): Promise<void> {
  if (databaseUrl) return
  const entries = await readdir(dataDir).catch(() => [])
  if (entries.some(name => /^pg\d+$/.test(name))) return
  throw new CannotStart(
    `there is no Coffer in ${dataDir}: start one with "npm start", or name its folder with COFFER_DATA_DIR (and COFFER_PORT_OFFSET)`,
  )
}

const SETUP_LOCK = sql('setup.lock', `select pg_advisory_xact_lock(${SETUP_LOCK_NUMBER})`)

/** Whoever starts while another one makes the first keys waits for it, longer than a call may wait for anything. */
export const PATIENT_START = sql(
  'setup.patience',
  `select set_config('lock_timeout', '60000', true), set_config('statement_timeout', '60000', true)`,
)

/** Opens the vault on a database, with everything real. */
export async function openVault(
  config: Config,
  databaseUrl: string,
  log: Log,
): Promise<{ system: System; close(): Promise<void> }> {
  const kekFile = config.kekFile ?? join(config.dataDir, 'sandbox-kek')
  await prepareDatabase(config, databaseUrl, kekFile)
  const db = new Database({ url: databaseUrl, log, connections: config.databaseConnections })
  try {
    const clock = await openClock(config, db)
    if (!config.kekFile) await makeKeyFile(kekFile, systemRandom)
    const kek = await keyFileProvider(kekFile, systemRandom)
    const metrics = makeMetrics()
    const asked = config.acquirers ?? sandboxAcquirers('127.0.0.1', portsOf(config.portOffset).issuer)
    const acquirers = openAcquirers(asked, { db, clock, random: systemRandom, log, metrics })
    const directories = config.threeDS.directories ?? directoriesOf(config)
    const world = { config, db, clock, random: systemRandom, log, metrics, kek, acquirers, directories }
    // Of several processes that start on a new database at once, one makes the first keys.
    const system = await db.transaction(async tx => {
      await tx.query(PATIENT_START)
      await tx.query(SETUP_LOCK)
      return openSystem(world)
    })
    const close = async () => {
      await acquirers.stop()
      system.directories.close()
      await db.close()
    }
    return { system, close }
  } catch (error) {
    await db.close()
    if (error instanceof WrongKek) throw new CannotStart(`${error.message} (tried ${kekFile})`)
    throw error
  }
}

/** Without a file: the simulator's in a sandbox, none in live. */
function directoriesOf(config: Config): readonly DirectoryConfig[] {
  if (config.environment === 'live') return []
  const { directoryServers } = portsOf(config.portOffset)
  return sandboxDirectories(`https://localhost:${directoryServers}`, simulatorPki(config.dataDir))
}

async function openClock(config: Config, db: Database): Promise<Clock> {
  if (config.environment === 'live') return systemClock
  const clock = new SettableClock()
  await joinClock(db, clock)
  return clock
}

/**
 * Looks before it writes: a database of the other profile, or one whose key is not here, is left as it is. A sandbox
 * then migrates by itself; in live the operator decides when.
 */
async function prepareDatabase(config: Config, databaseUrl: string, kekFile: string): Promise<void> {
  const facts = await inspectDatabase(databaseUrl)
  refuseOtherProfile(config, facts)
  const { madeFor, notDurable } = facts
  if (config.environment === 'sandbox') {
    if (madeFor && !existsSync(kekFile)) {
      throw new CannotStart(
        `the cards in the database are sealed with ${kekFile}, which is gone: restore it, or begin anew with an empty data directory`,
      )
    }
    await migrate(databaseUrl)
    return
  }
  if (notDurable.length) {
    const names = notDurable.join(', ')
    throw new CannotStart(`the database has ${names} off: an acknowledged card could be lost. Switch it on.`)
  }
  const pending = await pendingMigrations(databaseUrl)
  if (pending.length) throw new CannotStart(`the database lacks ${pending.join(', ')}: run "coffer migrate" first`)
}

/** Leaves a database of the other profile alone: a sandbox must not migrate or use what live made. */
export function refuseOtherProfile(config: Config, { madeFor }: DatabaseFacts): void {
  if (!madeFor || madeFor.environment === config.environment) return
  const { environment } = madeFor
  throw new CannotStart(
    `this database belongs to the ${environment} profile: set COFFER_PROFILE=${environment}, or use another database`,
  )
}
