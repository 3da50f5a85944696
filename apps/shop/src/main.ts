import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { VaultClient } from '@coffer/sdk'
import type { FastifyInstance } from 'fastify'
import { CalendarSilent, sandboxCalendar } from './calendar.js'
import { Cards } from './cards.js'
import { Payments } from './payments.js'
import { renewDue } from './renew.js'
import { sandboxKeys } from './sandbox-keys.js'
import { makeServer } from './server.js'
import type { Log, Shop } from './shop.js'
import { StartFailure } from './start-failure.js'
import { Subscriptions } from './subscriptions.js'

// On older releases this signal opens a debugger port, through which the memory could be read.
process.on('SIGUSR1', () => {})

// The process: reads the environment, starts the shop, tells whoever started it, and stops when told.

const firstPort = 8083
const stopWithinMs = 2_000
const renewEveryMs = 5_000
const startedByParent = process.send !== undefined

// With nobody left to read them, log lines go nowhere: no reason to die before everything is closed.
process.stdout.on('error', () => {})

const stopAsked = listenForStop()
let serving = false
const { app, url } = await start()
log('info', `listening on ${url}`)
await tellParent('ready')

log('info', `stopping: ${await stopAsked}`)
setTimeout(() => process.exit(0), stopWithinMs).unref()
await app.close()
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

async function start(): Promise<{ app: FastifyInstance; url: string }> {
  // Told to stop before it serves, it has nothing to close.
  void stopAsked.then(() => serving || process.exit(0))
  try {
    const served = await serve()
    serving = true
    return served
  } catch (error) {
    const message = error instanceof StartFailure ? error.message : `The shop did not start: ${firstLine(error)}`
    log('error', message)
    await tellParent({ type: 'failed', message })
    process.exit(1)
  }
}

async function serve(): Promise<{ app: FastifyInstance; url: string }> {
  const { dataDir, port } = readEnvironment()
  const url = `http://127.0.0.1:${port}`
  const { opsUrl, ...keys } = await sandboxKeys(dataDir, { now: Date.now, sleep })
  const folder = join(dataDir, 'shop')
  const shop: Shop = {
    client: new VaultClient(keys),
    cards: await Cards.open(folder),
    payments: await Payments.open(folder),
    subscriptions: await Subscriptions.open(folder),
    url,
    now: Date.now,
    calendar: opsUrl === undefined ? { now: async () => Date.now() } : sandboxCalendar(opsUrl),
    newId: randomUUID,
    log,
  }
  const app = makeServer(shop)
  try {
    await app.listen({ port, host: '127.0.0.1' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    throw new StartFailure(`Port ${port} is in use. Stop what listens there, or set COFFER_PORT_OFFSET.`)
  }
  void renewFromTimeToTime(shop)
  return { app, url }
}

/** As long as the process lives. What went wrong is tried again at the next turn, with the same ids. */
async function renewFromTimeToTime(shop: Shop): Promise<never> {
  for (;;) {
    await sleep(renewEveryMs, undefined, { ref: false })
    await renewDue(shop).catch(error => {
      if (!(error instanceof CalendarSilent)) log('error', `renewals: ${firstLine(error)}`)
    })
  }
}

function readEnvironment(): { dataDir: string; port: number } {
  const { COFFER_DATA_DIR, COFFER_PORT_OFFSET } = process.env
  const offset = COFFER_PORT_OFFSET || '0'
  const port = firstPort + Number(offset)
  if (!/^\d+$/.test(offset) || port > 65_535) {
    throw new StartFailure(`COFFER_PORT_OFFSET must be a whole number from 0 to ${65_535 - firstPort}: set it so.`)
  }
  return { dataDir: COFFER_DATA_DIR || '.coffer', port }
}

function tellParent(message: unknown): Promise<void> {
  // Told or not: a parent that is gone is noticed by its own event.
  return new Promise(resolve => (process.send ? process.send(message, () => resolve()) : resolve()))
}

function log(...[level, msg, fields]: Parameters<Log>): void {
  process.stdout.write(`${JSON.stringify({ level, time: new Date().toISOString(), msg, ...fields })}\n`)
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!
}
