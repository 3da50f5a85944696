// A process that owns a local PostgreSQL, so that a test can kill it together with everything else.
// Arguments: the folder, and PostgreSQL settings as JSON. Says { type: 'database', url, pid } and then 'ready'.
import { startLocalPostgres } from '@coffer/local-postgres'

const [folder, settings] = process.argv.slice(2)
try {
  const server = await startLocalPostgres({ folder, settings: JSON.parse(settings) })
  process.send({ type: 'database', url: server.url, pid: server.pid })
  process.send('ready')
  const stop = () => void server.stop()
  process.on('message', message => message === 'stop' && stop())
  process.on('disconnect', stop)
  // Killed or stopped: without its server this process has nothing left to do.
  await server.exited
  process.exit(0)
} catch (error) {
  process.send({ type: 'failed', message: error.message })
  process.exit(1)
}
