/** What the commands share: the database that belongs to the configuration, and the vault on it. */
import { join } from 'node:path'
import { DataDirectoryInUse, runningLocalPostgres, startLocalPostgres } from '@coffer/local-postgres'
import { keyFileProvider, makeKeyFile } from '../card-data/index.js'
import { type Config, portsOf } from '../config.js'
import { jsonConnector } from '../issuer/json-connector.js'
import { type Clock, SettableClock, systemClock } from '../platform/clock.js'
import { Database, sql } from '../platform/database.js'
import { type Log, makeLog } from '../platform/log.js'
import { makeMetrics } from '../platform/metrics.js'
import { migrate, pendingMigrations } from '../platform/migrations.js'
import { systemRandom } from '../platform/random.js'
import { joinClock } from '../sandbox/virtual-clock.js'
import { openSystem, type System } from '../system.js'

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

const SETUP_LOCK = sql('setup.lock', 'select pg_advisory_xact_lock(7202610)')

/** Opens the vault on a database, with everything real. */
export async function openVault(
  config: Config,
  databaseUrl: string,
  log: Log,
): Promise<{ system: System; close(): Promise<void> }> {
  await bringUpToDate(config, databaseUrl)
  const db = new Database({ url: databaseUrl, log, connections: config.databaseConnections })
  try {
    const clock = await openClock(config, db)
    const kekFile = config.kekFile ?? join(config.dataDir, 'sandbox-kek')
    if (!config.kekFile) await makeKeyFile(kekFile, systemRandom)
    const kek = await keyFileProvider(kekFile, systemRandom)
    const issuer = jsonConnector(
      config.issuerUrl ?? `http://127.0.0.1:${portsOf(config.portOffset).issuer}`,
      config.issuerCa,
    )
    const world = { config, db, clock, random: systemRandom, log, metrics: makeMetrics(), kek, issuer }
    // Of several processes that start on a new database at once, one makes the first keys.
    const system = await db.transaction(async tx => {
      await tx.query(SETUP_LOCK)
      return openSystem(world)
    })
    const close = async () => {
      await issuer.stop()
      await db.close()
    }
    return { system, close }
  } catch (error) {
    await db.close()
    throw error
  }
}

async function openClock(config: Config, db: Database): Promise<Clock> {
  if (config.environment === 'live') return systemClock
  const clock = new SettableClock()
  await joinClock(db, clock)
  return clock
}

/** A sandbox migrates by itself; in live the operator decides when. */
async function bringUpToDate(config: Config, databaseUrl: string): Promise<void> {
  if (config.environment === 'sandbox') {
    await migrate(databaseUrl)
    return
  }
  await refuseWeakDatabase(databaseUrl)
  const pending = await pendingMigrations(databaseUrl)
  if (pending.length) throw new CannotStart(`the database lacks ${pending.join(', ')}: run "coffer migrate" first`)
}

const DURABILITY = sql(
  'start.durability',
  `select name, setting from pg_settings
   where name in ('fsync', 'full_page_writes', 'synchronous_commit') and setting = 'off'`,
)

/** A database that acknowledges before it has written would lose acknowledged cards in a power cut. */
async function refuseWeakDatabase(url: string): Promise<void> {
  const db = new Database({ url, log: makeLog({ now: systemClock.now, level: 'silent' }), connections: 1 })
  const off = await db.query(DURABILITY).finally(() => db.close())
  if (off.length) {
    const names = off.map(row => String(row['name'])).join(', ')
    throw new CannotStart(`the database has ${names} off: an acknowledged card could be lost. Switch it on.`)
  }
}
