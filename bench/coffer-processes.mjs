/** A Coffer of its own for a measurement: PostgreSQL, simulator, serve and work as `npm start` runs them. */
import { fork } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { startLocalPostgres } from '@coffer/local-postgres'

/**
 * @param {{ root: string, dataDir: string, portOffset: number, env?: Record<string, string>,
 *   profileDir?: string, workers?: number }} options  `profileDir`: where each process leaves a CPU profile;
 *   `workers`: how many deliver notifications, 1 unless told
 * @returns how to stop it, how to start more workers, and what processor time each part has used so far, in
 *   milliseconds, all workers together
 */
export async function startCofferProcesses({ root, dataDir, portOffset, env = {}, profileDir, workers = 1 }) {
  const postgres = await startLocalPostgres({ folder: dataDir })
  const children = []
  const pids = [['postgres', postgres.pid]]
  const start = async (file, ...args) => {
    const child = fork(join(root, file), args, {
      execArgv: profileDir ? ['--cpu-prof', `--cpu-prof-dir=${profileDir}`] : [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: {
        ...process.env,
        DATABASE_URL: postgres.url,
        COFFER_DATA_DIR: dataDir,
        COFFER_PORT_OFFSET: String(portOffset),
        UV_THREADPOOL_SIZE: String(availableParallelism()),
        ...env,
      },
    })
    children.push(child)
    pids.push([args[0] ?? 'simulator', child.pid])
    await new Promise((resolve, reject) => {
      child.on('message', message => {
        if (message === 'ready') resolve()
        else reject(new Error(message.message))
      })
      child.once('exit', code => reject(new Error(`${file} ended with ${code}`)))
    })
  }
  const stop = async () => {
    for (const child of children.reverse()) {
      const ended = new Promise(resolve => child.once('exit', resolve))
      if (child.connected) child.send('stop')
      if (child.exitCode === null) await ended
    }
    await postgres.stop()
  }
  const startWorkers = count =>
    Promise.all(Array.from({ length: count }, () => start('apps/vault/dist/main.js', 'work')))
  try {
    await start('apps/simulator/dist/main.js')
    await start('apps/vault/dist/main.js', 'serve')
    await startWorkers(workers)
  } catch (error) {
    await stop()
    throw error
  }
  const processorMs = () => {
    const sums = new Map()
    for (const [name, pid] of pids) sums.set(name, (sums.get(name) ?? 0) + processorMsOf(pid))
    return sums
  }
  return { stop, startWorkers, processorMs, databaseUrl: postgres.url }
}

/** Processor time of a process and its children, from the kernel's table; 0 where there is none (not Linux). */
function processorMsOf(pid) {
  let ticks = 0
  try {
    for (const entry of readdirSync('/proc')) {
      if (!/^\d+$/.test(entry)) continue
      const fields = statOf(entry)
      if (fields && (Number(entry) === pid || fields.parent === pid)) ticks += fields.ticks
    }
  } catch {
    return 0
  }
  return ticks * 10
}

function statOf(pid) {
  try {
    // The name in brackets may hold blanks; what follows it is fixed.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) }
  } catch {
    return undefined // it ended while we were looking
  }
}
