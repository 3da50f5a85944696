import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ensureCluster, superuser } from './cluster.js'
import type { Context } from './context.js'
import { DataDirectoryInUse, LocalPostgresError } from './errors.js'
import { takeLock } from './lock.js'
import { logTail } from './log.js'
import { isAlive, markOf, postmasterFile, worksIn } from './processes.js'
import { ensureOwner } from './roles.js'
import { choosePort, databaseUrl, ownerRole, passwordOf, readRunFile, writeRunFile } from './run-file.js'
import { type Exit, release, type Spawned, spawnGuarded } from './server-process.js'

/** A server that runs. */
export interface Server {
  readonly url: string
  readonly port: number
  readonly pid: number
  readonly exited: Promise<Exit>
  stop(): Promise<void>
}

/** A recovery took 6 s at most with the settings we start with; a slow disk gets ten times that. */
const readyMs = 60_000

/** For the last checkpoint of an orderly end. */
const stopMs = 20_000

/** Opens the cluster of a context: lock, cluster, server, role, in this order. */
export async function openCluster(context: Context): Promise<Server> {
  for (let tries = 1; ; tries++) {
    try {
      return await openOnce(context)
    } catch (error) {
      // Between our look at the port and the server's, somebody else took it.
      if (!(error instanceof PortTaken) || tries === 3) throw error
    }
  }
}

class PortTaken extends LocalPostgresError {}

async function openOnce(context: Context): Promise<Server> {
  const { folder, cluster, major, machine } = context
  const waiting = machine.chain ? await takeLock(context) : undefined
  let spawned = waiting
  try {
    // Not before the lock: a last server that is still shutting down has its port, and clients know no other one.
    const port = await choosePort((await readRunFile(folder)).port)
    const owner = await markOf(process.pid)
    await writeRunFile(folder, { port, major, owner })
    const crashed = await clearStalePid(context)
    const superuserPassword = await passwordOf(folder, superuser)
    const password = await passwordOf(folder, ownerRole)
    const fresh = await ensureCluster(context, superuserPassword)
    const stale = (await postmasterFile(cluster))?.text

    if (waiting) release(waiting, port)
    else spawned = spawnGuarded(context, port)
    const pid = await untilReady(context, spawned!, stale, crashed)
    await ensureOwner({ port, password, superuserPassword, fresh, mayCreateDatabases: !context.durable })
    await writeRunFile(folder, { port, major, pid, owner })

    const { exited } = spawned!
    let stopping: Promise<void> | undefined
    const stop = async () => {
      // Before the lock is free: afterwards the file belongs to whoever takes it next.
      await writeRunFile(folder, { port, major, owner })
      await end(pid, exited)
    }
    return { url: databaseUrl(port, password), port, pid, exited, stop: () => (stopping ??= stop()) }
  } catch (error) {
    if (spawned) await abandon(spawned)
    throw error
  }
}

/**
 * Removes the pid file of a server that is gone. PostgreSQL itself believes it for ever when a stranger with the same
 * user id has that pid by now, as happens after a power cut.
 * @returns whether the last server ended without an orderly shutdown
 */
async function clearStalePid({ machine, folder, cluster }: Context): Promise<boolean> {
  const found = await postmasterFile(cluster)
  if (!found) return false
  if (machine.chain || process.platform === 'linux') {
    // We hold the lock, so this could only be a server started by hand.
    if (await worksIn(found.pid, cluster)) throw new DataDirectoryInUse(folder, found.pid)
    await rm(join(cluster, 'postmaster.pid'), { force: true })
  }
  return true
}

/** Waits for the line in postmaster.pid that says ready: asking by connecting would fill the log while it recovers. */
async function untilReady(
  context: Context,
  { child, exited }: Spawned,
  stale: string | undefined,
  crashed: boolean,
): Promise<number> {
  let ended: Exit | undefined
  void exited.then(exit => {
    ended = exit
  })
  const began = Date.now()
  let said = false
  while (ended === undefined) {
    const found = await postmasterFile(context.cluster)
    const ours = context.machine.chain ? found?.pid === child.pid : found?.text !== stale
    if (found?.ready && ours) return found.pid
    const waited = Date.now() - began
    if (!said && waited > 1000) {
      said = true
      context.say(crashed ? 'recovering after a crash …' : 'waiting for PostgreSQL …')
    }
    if (waited > readyMs) {
      throw new LocalPostgresError(`PostgreSQL was not ready after ${readyMs / 1000} s; see ${context.log.path}.`)
    }
    await sleep(20)
  }
  throw await whyItEnded(context, ended)
}

async function whyItEnded(context: Context, { code, signal }: Exit): Promise<LocalPostgresError> {
  const tail = await logTail(context.log)
  if (/could not create any TCP\/IP sockets|could not bind/.test(tail)) {
    return new PortTaken('PostgreSQL found no free port on 127.0.0.1. Start again.')
  }
  if (/lock file "postmaster.pid" already exists/.test(tail)) {
    return new DataDirectoryInUse(context.folder, (await postmasterFile(context.cluster))?.pid)
  }
  const reason = /(?:FATAL|PANIC):\s+(.*)/.exec(tail)?.[1] ?? signal ?? `exit ${code}`
  return new LocalPostgresError(`PostgreSQL did not start: ${reason} (see ${context.log.path}).`)
}

async function end(pid: number, exited: Promise<Exit>): Promise<void> {
  let over = false
  void exited.then(() => {
    over = true
  })
  await sleep(0)
  // INT is the "fast" shutdown. TERM would wait for every client, QUIT would cost a recovery at the next start.
  for (const [signal, ms] of [
    ['SIGINT', stopMs],
    ['SIGQUIT', 3000],
    ['SIGKILL', 3000],
  ] as const) {
    // Once it is over the id may be somebody else's.
    if (over || !isAlive(pid)) break
    process.kill(pid, signal)
    const timer = new AbortController()
    const timeout = sleep(ms, 'timeout', { signal: timer.signal }).catch(() => undefined)
    const first = await Promise.race([exited, timeout])
    timer.abort()
    if (first !== 'timeout') break
  }
  await exited
}

/** A start that failed leaves nothing running. The guard shell passes TERM on; the chain waiting at its gate just ends. */
async function abandon({ child, exited }: Spawned): Promise<void> {
  child.stdin?.destroy()
  child.kill('SIGINT')
  const kill = setTimeout(() => child.kill('SIGKILL'), stopMs)
  await exited
  clearTimeout(kill)
}
