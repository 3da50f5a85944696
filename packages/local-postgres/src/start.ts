import { realpath } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { isMainThread } from 'node:worker_threads'
import { chooseBinaries } from './binaries.js'
import { DataDirectoryInUse, LocalPostgresError } from './errors.js'
import { codeOf, makePrivateFolder } from './files.js'
import { checkFolder, chooseIdentity, reachableBin } from './identity.js'
import { openLog } from './log.js'
import { inspectMachine, type Machine } from './machine.js'
import { openCluster } from './open.js'
import { readRunFile } from './run-file.js'
import type { Exit } from './server-process.js'

/** A PostgreSQL server that runs as long as this process, or until `stop`. */
export interface LocalPostgres {
  /** `postgres://coffer:<password>@127.0.0.1:<port>/coffer`; the role owns the database and is no superuser. */
  readonly url: string
  readonly port: number
  readonly pid: number
  /** Ends the server: open transactions are rolled back, everything committed is on disk. Safe to call again. */
  stop(): Promise<void>
  /** How the server ended, whoever ended it. Never rejects. */
  readonly exited: Promise<Exit>
}

/** How to start a server. */
export interface StartOptions {
  /** The data directory: the cluster goes to `<folder>/pg<major>`, passwords, lock, run file and log beside it. */
  readonly folder: string
  /** Default true. False turns fsync off and lets the role create databases: for tests only. */
  readonly durable?: boolean
  /** What takes time, for people: 'preparing the database', 'recovering after a crash …'. */
  readonly onProgress?: (text: string) => void
  /** PostgreSQL settings that win over ours. */
  readonly settings?: Readonly<Record<string, string>>
}

const openHere = new Set<string>()

/**
 * Starts PostgreSQL for a data directory and makes what is missing in it. The server never outlives this process,
 * not even when it is killed; a crash of both costs no committed row.
 * @throws DataDirectoryInUse when another Coffer has the directory open
 * @throws LocalPostgresError with one line for people: no PostgreSQL, wrong owner, …
 */
export async function startLocalPostgres(options: StartOptions): Promise<LocalPostgres> {
  return await startOn(await inspectMachine(), options)
}

/** The same on a given machine; tests take tools away from it. */
export async function startOn(machine: Machine, options: StartOptions): Promise<LocalPostgres> {
  if (machine.platform === 'win32') {
    throw new LocalPostgresError('The local PostgreSQL does not run on Windows. Use WSL, or set DATABASE_URL.')
  }
  // The kernel ties the server's life to the thread that started it, and a worker thread may end at any time.
  if (!isMainThread) throw new LocalPostgresError('startLocalPostgres must be called on the main thread.')

  const folder = await prepareFolder(options.folder)
  if (openHere.has(folder)) throw new DataDirectoryInUse(folder, (await readRunFile(folder)).pid)
  openHere.add(folder)
  try {
    const server = await openFolder(machine, folder, options)
    void server.exited.then(() => openHere.delete(folder))
    return server
  } catch (error) {
    openHere.delete(folder)
    throw error
  }
}

async function openFolder(machine: Machine, folder: string, options: StartOptions): Promise<LocalPostgres> {
  await checkFolder(folder)
  const binaries = await chooseBinaries(machine, folder)
  const cluster = join(folder, `pg${binaries.major}`)
  const identity = await chooseIdentity(machine, folder, cluster)
  const bin = await reachableBin(machine, binaries, identity)
  const log = await openLog(folder)
  try {
    return await openCluster({
      machine,
      folder,
      cluster,
      major: binaries.major,
      bin,
      identity,
      durable: options.durable ?? true,
      settings: options.settings ?? {},
      say: options.onProgress ?? (() => undefined),
      log,
    })
  } finally {
    // The server has its own descriptor by now.
    await log.close()
  }
}

async function prepareFolder(path: string): Promise<string> {
  const wanted = resolve(path)
  try {
    await makePrivateFolder(wanted)
    return await realpath(wanted)
  } catch (error) {
    if (!['EACCES', 'EPERM', 'EROFS'].includes(codeOf(error) ?? '')) throw error
    throw new LocalPostgresError(`Cannot make ${wanted}. Name another data directory with COFFER_DATA_DIR.`)
  }
}
