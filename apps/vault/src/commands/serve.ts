/** `coffer serve`: the API, the hosted pages and the operations port. */
import type { FastifyInstance } from 'fastify'
import { BuyerWork } from '../buyers/go-on-with-buyers.js'
import { CARD_RANGES_CHANNEL } from '../cards/range-store.js'
import { portsOf } from '../config.js'
import { buyerSteps } from '../hosted-pages/buyer-steps.js'
import { makePagesServer } from '../hosted-pages/pages-server.js'
import { makeApiServer } from '../http-server.js'
import { makeOperationsServer } from '../operations/operations-server.js'
import { SANDBOX_LOCK_NUMBER } from '../platform/advisory-locks.js'
import { limit, SettableClock, systemClock } from '../platform/clock.js'
import { Listener, sql } from '../platform/database.js'
import { Loop } from '../platform/loop.js'
import { collectProcessMetrics } from '../platform/metrics.js'
import { systemRandom } from '../platform/random.js'
import { sandboxTls } from '../sandbox/certificates.js'
import { RULES_CHANNEL } from '../sandbox/rule-store.js'
import { writeSandboxFile } from '../sandbox/sandbox-file.js'
import { simulatorClock } from '../sandbox/simulator-clock.js'
import { followClock } from '../sandbox/virtual-clock.js'
import type { System } from '../system.js'
import { BUYER_CHANNEL } from '../three-ds/authentications-across-merchants.js'
import { makeResultsServer } from '../three-ds/results-server.js'
import { simulatedResultsTls, simulatorPki } from '../three-ds/simulator-pki.js'
import { refreshDirectories, refreshRanges } from './background.js'
import { CannotStart, PATIENT_START } from './open.js'

const SANDBOX_LOCK = sql('sandbox.lock', `select pg_advisory_xact_lock(${SANDBOX_LOCK_NUMBER})`)

/** What came from a buyer or a bank is found at the latest after this, should every wake-up be lost. */
const LOOK_FOR_NEWS_MS = 1_000

/** How long a start waits for the first lists of card ranges. */
const FIRST_RANGES_MS = 3_000

/** How long a stop waits for what is under way. */
const STOP_WITHIN_MS = 3_000

/** How often certificates of the results endpoint are looked at. */
const RENEW_RESULTS_TLS_MS = 5_000

/** The simulator is told how the sandbox's clock stands: it may have been started anew. */
const TELL_SIMULATOR_MS = 2_000

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
      await tx.query(PATIENT_START)
      await tx.query(SANDBOX_LOCK)
      const made = await sandboxTls(config.dataDir, systemClock.now(), systemRandom)
      await writeSandboxFile(system, made.caFile)
      return made
    })
    tls ??= own
  }
  const work = new BuyerWork(system)
  const buyers = new Loop({ name: 'buyers', clock, log, longestRestMs: LOOK_FOR_NEWS_MS, turn: () => work.turn() })
  const ranges = refreshRanges(system)
  const directories = refreshDirectories(system)
  const openResults = resultsPort(system, (app, port) => listen(app, config.listenHost, port))
  const results = new Loop({
    name: 'results-port',
    clock,
    log,
    longestRestMs: RENEW_RESULTS_TLS_MS,
    turn: async () => {
      await openResults()
      // The first lists of card ranges, should the directory servers be there: until then nobody knows who takes part.
      const patience = limit(FIRST_RANGES_MS)
      await Promise.race([system.directories.refresh(), patience.passed]).finally(patience.cancel)
      return RENEW_RESULTS_TLS_MS
    },
  })
  const simulator = simulatorClock(`http://127.0.0.1:${ports.simulator}`)
  const told = new Loop({
    name: 'simulator-clock',
    clock,
    log,
    longestRestMs: TELL_SIMULATOR_MS,
    turn: async () => {
      if (clock instanceof SettableClock) await simulator.follow(clock.reading())
      return TELL_SIMULATOR_MS
    },
  })
  const loops = [buyers, ranges, directories, results, ...(clock instanceof SettableClock ? [told] : [])]
  const channels = [BUYER_CHANNEL, CARD_RANGES_CHANNEL]
  const wake = (channel?: string) => {
    for (const loop of [buyers, ranges, told]) loop.wake()
    // A look that fails is made again at the next reconnect: a database that is away comes back with one.
    if (channel === RULES_CHANNEL || channel === undefined) system.beforeAnswer?.refresh().catch(() => {})
  }
  const listener =
    clock instanceof SettableClock
      ? followClock(db, clock, { log, channels: [...channels, RULES_CHANNEL] }, wake)
      : new Listener({ url: db.url, log, channels }, wake)
  await listener.start()
  await system.presence.start()

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
    await Promise.all(loops.map(loop => loop.stop()))
    // What is under way may still end well; a directory server that is silent is not waited for.
    const patience = limit(STOP_WITHIN_MS)
    await Promise.race([work.drain(), patience.passed]).finally(patience.cancel)
    // Buyers who are not done yet enter their cards again: nobody else has their CVVs.
    system.parking.eraseAll()
    system.nonceCvvs.eraseAll()
    await system.presence.stop()
  }
  try {
    if (config.plainHttp) await listen(makeApiServer(system, undefined), '127.0.0.1', ports.api)
    // Not by the name: where only one of its addresses is known, the certificate's other one would lead nowhere.
    const hosts = config.listenHost === 'localhost' ? ['127.0.0.1', '::1'] : [config.listenHost]
    if (tls) for (const host of hosts) await listen(makeApiServer(system, tls), host, ports.apiTls)
    const { cards } = system
    const frameSources = config.environment === 'sandbox' ? [`http://localhost:${ports.simulator}`] : []
    const makePages = (itsTls: typeof tls) =>
      makePagesServer({
        steps: buyerSteps(system, () => buyers.wake()),
        cards,
        log,
        tls: itsTls,
        frameSources,
        clientIpHeader: config.clientIpHeader,
      })
    if (config.plainHttp) await listen(makePages(undefined), '127.0.0.1', ports.pages)
    else await listen(makePages(tls), config.listenHost, ports.pages)
    await listen(makeOperationsServer(system, true), '127.0.0.1', ports.operations)
    await openResults()
    // Not before the ports are ours: a start that fails must not sign on, nor ask for lists.
    for (const loop of loops) loop.start()
    system.acquirers.start()
  } catch (error) {
    await stop()
    throw error
  }
  log.info('serve.ready', { port: config.plainHttp ? ports.api : ports.apiTls })
  return stop
}

/**
 * Gives what opens the results endpoint as soon as its certificate is there, which in a sandbox the simulator makes; and
 * takes up certificates that were exchanged, ours or a scheme's.
 */
function resultsPort(system: System, listen: (app: FastifyInstance, port: number) => Promise<void>) {
  const { config, directories } = system
  let running: ReturnType<typeof makeResultsServer> | undefined
  let used = ''
  return async (): Promise<void> => {
    const tls = config.threeDS.resultsTls ?? simulatedResultsTls(simulatorPki(config.dataDir))
    if (!tls || !directories.isConfigured) return
    const offered = [tls.cert, ...directories.all.map(({ config: { security } }) => security()?.resultsCa)].join()
    if (!running) {
      const server = makeResultsServer(system, tls)
      await listen(server.app, portsOf(config.portOffset).results)
      running = server
    } else if (offered !== used) running.renew(tls)
    used = offered
  }
}
