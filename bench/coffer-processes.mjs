/** A Coffer of its own for a measurement: PostgreSQL, simulator, serve and work as `npm start` runs them. */
import { fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { startLocalPostgres } from '@coffer/local-postgres'

/**
 * @param {{ root: string, dataDir: string, portOffset: number, env?: Record<string, string>,
 *   profileDir?: string }} options  `profileDir`: where each process leaves a CPU profile
 * @returns how to stop it
 */
export async function startCofferProcesses({ root, dataDir, portOffset, env = {}, profileDir }) {
  const postgres = await startLocalPostgres({ folder: dataDir })
  const children = []
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
  try {
    await start('apps/simulator/dist/main.js')
    await start('apps/vault/dist/main.js', 'serve')
    await start('apps/vault/dist/main.js', 'work')
  } catch (error) {
    await stop()
    throw error
  }
  return { stop }
}
