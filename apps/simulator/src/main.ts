import { join } from 'node:path'
import { systemClock, systemRandom } from './clock.js'
import type { Log } from './line.js'
import { StartFailure } from './start-failure.js'
import { type Simulator, type SimulatorOptions, startSimulator } from './start-simulator.js'

// On older releases this signal opens a debugger port, through which the memory could be read.
process.on('SIGUSR1', () => {})

// The process: reads the environment, starts the simulator, tells whoever started it, and stops when told.

const threeDSPort = 8090
const issuerPort = 8091
const browserPort = 8092
const stopWithinMs = 2_000
const startedByParent = process.send !== undefined

// With nobody left to read them, log lines go nowhere: no reason to die before everything is closed.
process.stdout.on('error', () => {})

const stopAsked = listenForStop()
const simulator = await start()
log(
  'info',
  `directory servers and ACS listen on ${simulator.threeDS!.url}, certificates are in ${simulator.threeDS!.pkiFolder}`,
)
log('info', `the issuer listens on ${simulator.host}:${simulator.port}, its log is at ${simulator.browserUrl}/log`)
await tellParent('ready')

log('info', `stopping: ${await stopAsked}`)
setTimeout(() => process.exit(0), stopWithinMs).unref()
await simulator.stop()
process.exit(0)

function listenForStop(): Promise<string> {
  return new Promise(resolve => {
    process.on('SIGTERM', () => resolve('SIGTERM'))
    for (const signal of ['SIGINT', 'SIGHUP'] as const) {
      // A terminal sends these to the whole process group. A parent wants to stop its children in its own order.
      process.on(signal, () => startedByParent || resolve(signal))
    }
    if (!startedByParent) return
    process.on('message', message => message === 'stop' && resolve('asked by the parent'))
    process.on('disconnect', () => resolve('the parent is gone'))
    if (!process.connected) resolve('the parent is gone')
  })
}

async function start(): Promise<Simulator> {
  try {
    return await startSimulator(readEnvironment())
  } catch (error) {
    const message = error instanceof StartFailure ? error.message : `The simulator did not start: ${firstLine(error)}`
    log('error', message)
    await tellParent({ type: 'failed', message })
    process.exit(1)
  }
}

function readEnvironment(): SimulatorOptions {
  const { COFFER_PORT_OFFSET, COFFER_DATA_DIR, COFFER_SIMULATOR_DECLINE_FAILURE_CARDS } = process.env

  const offset = COFFER_PORT_OFFSET || '0'
  const most = 65_535 - browserPort
  if (!/^\d+$/.test(offset) || Number(offset) > most) {
    throw new StartFailure(`COFFER_PORT_OFFSET must be a whole number from 0 to ${most}: set it so.`)
  }
  const decline = COFFER_SIMULATOR_DECLINE_FAILURE_CARDS || 'false'
  if (decline !== 'true' && decline !== 'false') {
    throw new StartFailure('COFFER_SIMULATOR_DECLINE_FAILURE_CARDS must be true or false: set it so.')
  }
  return {
    port: issuerPort + Number(offset),
    browserPort: browserPort + Number(offset),
    threeDSPort: threeDSPort + Number(offset),
    folder: join(COFFER_DATA_DIR || '.coffer', 'simulator'),
    declineFailureCards: decline === 'true',
    clock: systemClock,
    random: systemRandom,
    log,
  }
}

function tellParent(message: unknown): Promise<void> {
  // Told or not: a parent that is gone is noticed by its own event.
  return new Promise(resolve => (process.send ? process.send(message, () => resolve()) : resolve()))
}

function log(...[level, msg]: Parameters<Log>): void {
  process.stdout.write(`${JSON.stringify({ level, time: systemClock.now().toISOString(), msg })}\n`)
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!
}
