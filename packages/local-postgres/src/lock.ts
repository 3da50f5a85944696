import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Context } from './context.js'
import { DataDirectoryInUse, LocalPostgresError } from './errors.js'
import { giveToOwnerOfFolder } from './files.js'
import { isAlive, lives, postmasterFile, processesOf, worksIn } from './processes.js'
import { readRunFile } from './run-file.js'
import { lockedElsewhere, type Spawned, spawnChain } from './server-process.js'

/** A server that lost its owner shuts down by itself; its last checkpoint may take some seconds. */
const shutdownMs = 30_000

/** An owner that has just taken the lock writes its name into the run file at once. */
const nameMs = 3_000

/**
 * Takes the lock of a data directory, clearing away what a crash left behind.
 * @returns the process that holds it and waits to become the server
 * @throws DataDirectoryInUse when a living Coffer has it
 */
export async function takeLock(context: Context): Promise<Spawned> {
  await makeLockFile(context.folder)
  const began = Date.now()
  for (;;) {
    const spawned = spawnChain(context)
    const held = await Promise.race([
      new Promise<'held'>(done => spawned.child.stdout?.once('data', () => done('held'))),
      spawned.exited,
    ])
    if (held === 'held') return spawned
    if (held.code !== lockedElsewhere) {
      throw new LocalPostgresError(`Cannot lock ${context.folder} (exit ${held.code}); see ${context.log.path}.`)
    }
    await clearTheWay(context, Date.now() - began)
    await sleep(50)
  }
}

/** One look at who holds the lock: throws when it is a living owner, helps along what merely did not end yet. */
async function clearTheWay({ folder, cluster, say }: Context, waitedMs: number): Promise<void> {
  const { owner } = await readRunFile(folder)
  const postmaster = (await postmasterFile(cluster))?.pid
  const serves = postmaster !== undefined && (await worksIn(postmaster, cluster))
  // Ourselves: then our server was killed, since one that we run is not started twice.
  if (owner !== undefined && owner.pid !== process.pid && (await lives(owner))) {
    throw new DataDirectoryInUse(folder, serves ? postmaster : undefined)
  }
  if (serves) {
    if (waitedMs > shutdownMs) throw new DataDirectoryInUse(folder, postmaster)
    say('waiting for the last server to shut down')
    return
  }
  const left = await processesOf(cluster)
  if (left.length === 0 && waitedMs > nameMs) throw new DataDirectoryInUse(folder)
  if (left.length > 0) await endLeftOvers(left, say)
}

/**
 * A backend that is busy does not notice for a long time that its postmaster was killed (it wrote on for 10 s and more).
 * Until all are gone, a new server must not touch the files.
 */
async function endLeftOvers(pids: readonly number[], say: (text: string) => void): Promise<void> {
  say('ending what a crash left running')
  const signal = (name: NodeJS.Signals) => {
    for (const pid of pids) if (isAlive(pid)) process.kill(pid, name)
  }
  signal('SIGQUIT')
  for (let tries = 0; tries < 20 && pids.some(isAlive); tries++) await sleep(50)
  signal('SIGKILL')
}

async function makeLockFile(folder: string): Promise<void> {
  const path = join(folder, 'postgres.lock')
  const file = await open(path, 'a', 0o600)
  await file.close()
  await giveToOwnerOfFolder(path)
}
