/** How a long-running command lives: says when it is ready, stops in order when told, and leaves nothing behind. */
import { errorFields, type Log } from './log.js'

/** Longest time that a stop may take before the process ends all the same. */
const STOP_MS = 7_000

/**
 * Runs until told to stop: by the parent over IPC or its death, else by SIGTERM or Ctrl-C.
 * @param lost  rejects when something that the process cannot do without has gone
 */
export async function untilStopped(log: Log, lost: Promise<never>, stop: () => Promise<void>): Promise<number> {
  const hasParent = process.send !== undefined
  const told = new Promise<number>(resolve => {
    const end = () => resolve(0)
    if (hasParent) {
      process.on('message', message => message === 'stop' && end())
      process.on('disconnect', end)
    }
    process.on('SIGTERM', end)
    // Ctrl-C reaches the whole group; with a parent it is the parent that stops us in its order.
    for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, hasParent ? () => {} : end)
    lost.catch(error => {
      log.error('process.lost', errorFields(error))
      resolve(1)
    })
  })
  if (hasParent) process.send?.('ready')
  const code = await told
  // A receiver that hangs must not keep us; its notification is delivered again.
  setTimeout(() => process.exit(code || 1), STOP_MS).unref()
  await stop()
  return code
}
