/** `coffer serve`: the API, the hosted pages and the operations port. */
import type { FastifyInstance } from 'fastify'
import { CARD_RANGES_CHANNEL } from '../cards/range-store.js'
import { portsOf } from '../config.js'
import { makePagesServer } from '../hosted-pages/pages-server.js'
import { makeApiServer } from '../http-server.js'
import { makeOperationsServer } from '../operations/operations-server.js'
import { SettableClock, systemClock } from '../platform/clock.js'
import { Listener, sql } from '../platform/database.js'
import { Loop } from '../platform/loop.js'
import { collectProcessMetrics } from '../platform/metrics.js'
import { systemRandom } from '../platform/random.js'
import { sandboxTls } from '../sandbox/certificates.js'
import { writeSandboxFile } from '../sandbox/sandbox-file.js'
import { followClock } from '../sandbox/virtual-clock.js'
import type { System } from '../system.js'
import { goOnWithChoices } from '../vaulting/ask-buyer.js'
import { CHOICE_CHANNEL } from '../vaulting/buyer-store.js'
import { refreshRanges } from './background.js'
import { CannotStart } from './open.js'

const SANDBOX_LOCK = sql('sandbox.lock', 'select pg_advisory_xact_lock(7202612)')

/** A choice is found at the latest after this, should every wake-up be lost. */
const LOOK_FOR_CHOICES_MS = 1_000

/**
 * Begins to serve.
 * @returns how to stop: no new connections, running calls answered
 */
export async function serve(system: System): Promise<() => Promise<void>> {
  const { config, clock, db, log } = system
  const ports = portsOf(config.portOffset)
  collectProcessMetrics(system.metrics)
  let tls = config.tls
  if (config.environment === 'sandbox') {
    // Of several servers that start at once, one makes certificates and merchants, and the others find them.
    const own = await db.transaction(async tx => {
      await tx.query(SANDBOX_LOCK)
      const made = await sandboxTls(config.dataDir, systemClock.now(), systemRandom)
      await writeSandboxFile(system, made.caFile)
      return made
    })
    tls ??= own
  }
  const choices = new Loop({
    name: 'choices',
    clock,
    log,
    longestRestMs: LOOK_FOR_CHOICES_MS,
    turn: async () => {
      await goOnWithChoices(system)
      return LOOK_FOR_CHOICES_MS
    },
  })
  const ranges = refreshRanges(system)
  const channels = [CHOICE_CHANNEL, CARD_RANGES_CHANNEL]
  const wake = () => {
    choices.wake()
    ranges.wake()
  }
  const listener =
    clock instanceof SettableClock
      ? followClock(db, clock, { log, channels }, wake)
      : new Listener({ url: db.url, log, channels }, wake)
  await listener.start()
  await system.presence.start()
  choices.start()
  ranges.start()

  const servers: FastifyInstance[] = []
  const listen = async (server: FastifyInstance, host: string, port: number) => {
    servers.push(server)
    await server.listen({ host, port }).catch((error: NodeJS.ErrnoException) => {
      // A machine without IPv6 does without.
      if (host === '::1' && error.code !== 'EADDRINUSE') return
      const reason =
        error.code === 'EADDRINUSE'
          ? `is in use: stop what uses it, or set another COFFER_PORT_OFFSET, e.g. ${config.portOffset + 1000}`
          : `cannot be used (${error.code})`
      throw new CannotStart(`port ${port} ${reason}`)
    })
  }
  const stop = async () => {
    await Promise.all(servers.map(server => server.close()))
    await listener.stop()
    await Promise.all([choices.stop(), ranges.stop()])
    // Buyers who have not chosen yet enter their cards again: nobody else has their CVVs.
    system.parking.eraseAll()
    await system.presence.stop()
  }
  try {
    if (config.plainHttp) await listen(makeApiServer(system, undefined), '127.0.0.1', ports.api)
    // Not by the name: where only one of its addresses is known, the certificate's other one would lead nowhere.
    const hosts = config.listenHost === 'localhost' ? ['127.0.0.1', '::1'] : [config.listenHost]
    if (tls) for (const host of hosts) await listen(makeApiServer(system, tls), host, ports.apiTls)
    const makePages = (itsTls: typeof tls) => makePagesServer(system, itsTls, () => choices.wake())
    if (config.plainHttp) await listen(makePages(undefined), '127.0.0.1', ports.pages)
    else await listen(makePages(tls), config.listenHost, ports.pages)
    await listen(makeOperationsServer(system, true), '127.0.0.1', ports.operations)
    // Not before the ports are ours: a start that fails must not sign on.
    system.acquirers.start()
  } catch (error) {
    await stop()
    throw error
  }
  log.info('serve.ready', { port: config.plainHttp ? ports.api : ports.apiTls })
  return stop
}
