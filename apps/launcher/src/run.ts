import { type CofferOptions, startCoffer } from './launcher.js'
import { terminalScreen } from './screen.js'

/** Through npm, Ctrl-C arrives twice, 1 ms apart: once from the terminal, once passed on. */
const sameCtrlCMs = 1000

const parentCheckMs = 250

/**
 * Runs a Coffer until it is told to stop, as the only thing this process does. Ends the process: 0 after SIGTERM,
 * SIGHUP or Ctrl-C, 1 after a failure. A second Ctrl-C does not wait for the children.
 */
export async function run(options: Omit<CofferOptions, 'screen'>): Promise<never> {
  const screen = terminalScreen()
  const coffer = startCoffer({ ...options, screen })
  let stoppingSince: number | undefined
  const stop = (repeatable: boolean) => {
    if (stoppingSince === undefined) {
      stoppingSince = Date.now()
      screen.say('stopping …')
      coffer.stop()
    } else if (repeatable && Date.now() - stoppingSince > sameCtrlCMs) {
      coffer.force()
    }
  }
  process.on('SIGINT', () => stop(true))
  process.on('SIGTERM', () => stop(true))
  process.on('SIGHUP', () => stop(false))

  // A killed npm passes nothing on; all it leaves is another parent for us.
  const parent = process.ppid
  setInterval(() => process.ppid !== parent && stop(false), parentCheckMs).unref()

  process.exit(await coffer.finished)
}
