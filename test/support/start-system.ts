/**
 * A whole vault in this process: real PostgreSQL (a copy of the template), real sockets, the simulator's issuer, and
 * a clock in the test's hands. Only the world around it is played; nothing of the vault itself is replaced.
 */
import { createPublicKey, randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inject } from 'vitest'
import { type Simulator, startSimulator } from '../../apps/simulator/src/index.js'
import { BuyerWork } from '../../apps/vault/src/buyers/go-on-with-buyers.js'
import { keyFileProvider, makeKeyFile } from '../../apps/vault/src/card-data/index.js'
import { type Config, readConfig } from '../../apps/vault/src/config.js'
import { buyerSteps } from '../../apps/vault/src/hosted-pages/buyer-steps.js'
import { makePagesServer } from '../../apps/vault/src/hosted-pages/pages-server.js'
import { makeApiServer } from '../../apps/vault/src/http-server.js'
import { openAcquirers } from '../../apps/vault/src/issuer/acquirers.js'
import { type AcquirerConfig, sandboxAcquirers } from '../../apps/vault/src/issuer/acquirers-file.js'
import { ISSUER_TIMEOUT_MS } from '../../apps/vault/src/issuer/connector.js'
import { addMerchant } from '../../apps/vault/src/merchants/manage-merchants.js'
import { Deliverer } from '../../apps/vault/src/notifications/deliver.js'
import { nextDueAt } from '../../apps/vault/src/notifications/due-across-merchants.js'
import { makeOperationsServer } from '../../apps/vault/src/operations/operations-server.js'
import { SettableClock } from '../../apps/vault/src/platform/clock.js'
import { Database, Listener } from '../../apps/vault/src/platform/database.js'
import { makeLog } from '../../apps/vault/src/platform/log.js'
import { Loop } from '../../apps/vault/src/platform/loop.js'
import { makeMetrics } from '../../apps/vault/src/platform/metrics.js'
import { makeOutbound } from '../../apps/vault/src/platform/outbound.js'
import { systemRandom } from '../../apps/vault/src/platform/random.js'
import { SandboxPlayground } from '../../apps/vault/src/sandbox/playground.js'
import { officeOf } from '../../apps/vault/src/sandbox/sandbox-file.js'
import { type SimulatorClock, simulatorClock } from '../../apps/vault/src/sandbox/simulator-clock.js'
import { joinClock } from '../../apps/vault/src/sandbox/virtual-clock.js'
import { openSystem, type System } from '../../apps/vault/src/system.js'
import { BUYER_CHANNEL } from '../../apps/vault/src/three-ds/authentications-across-merchants.js'
import { type DirectoryConfig, sandboxDirectories } from '../../apps/vault/src/three-ds/directories-file.js'
import { makeResultsServer } from '../../apps/vault/src/three-ds/results-server.js'
import { simulatedResultsTls } from '../../apps/vault/src/three-ds/simulator-pki.js'
import { allQuestions, reverseUnanswered } from '../../apps/vault/src/vaulting/reverse-unanswered.js'
import { sweepUnfinished } from '../../apps/vault/src/vaulting/sweep-unfinished.js'
import { nextUnansweredAt } from '../../apps/vault/src/vaulting/unanswered-across-merchants.js'
import { cloneDatabase, dropDatabase } from '../../packages/local-postgres/src/index.js'
import { TEMPLATE } from './global-setup.js'
import { type Answer, callApi, type MerchantKeys, merchantKeys, type Sent } from './merchant-client.js'
import { type Receiver, startReceiver } from './receiver.js'

export interface TestSystem {
  system: System
  /** Where the API listens. */
  apiUrl: string
  opsUrl: string
  merchant: MerchantKeys
  /** A second merchant, to try that neither sees the other. */
  otherMerchant: MerchantKeys
  /** Notifications that name `${receiver.url}/…` arrive here. */
  receiver: Receiver
  /** Plays the issuers, unless others were given. */
  simulator: Simulator
  /** What the issuers were asked, without what links say to stay alive. */
  issuerLog: () => ReturnType<Simulator['log']>
  /** Where buyers' pages are. */
  pagesUrl: string
  /** Where directory servers send the results of challenges, without a slash at its end. */
  resultsUrl: string
  logLines: string[]
  vaultPaymentMethod: (request: unknown, sent?: Sent & { as?: MerchantKeys }) => Promise<Answer>
  inquireVaulting: (vaultingRequestId: string, sent?: Sent & { as?: MerchantKeys }) => Promise<Answer>
  call: (operation: string, body: unknown, sent?: Sent & { as?: MerchantKeys }) => Promise<Answer>
  /** Moves the clock on and plays what falls due, instant by instant: sweeps, then deliveries. */
  advance: (ms: number) => Promise<void>
  stop: () => Promise<void>
}

export interface StartOptions {
  environment?: 'sandbox' | 'live'
  /** Settings of the environment, as an operator gives them. */
  env?: Record<string, string>
  /** Replaces single values of the configuration, for what the environment does not allow. */
  config?: Partial<Config>
  /** How long to wait for an answer of the simulator's issuers, in milliseconds of real time. */
  issuerTimeoutMs?: number
  /** Other acquirers than the simulator's. */
  acquirers?: readonly AcquirerConfig[]
  /** Other directory servers than the simulator's; a function is told where those are. */
  directories?: readonly DirectoryConfig[] | ((simulatedUrl: string) => readonly DirectoryConfig[])
  /** Gives another address under which the vault reaches its database, e.g. that of a line that the test can cut. */
  reachDatabase?: (databaseUrl: string) => Promise<string>
}

export async function startSystem(options: StartOptions = {}): Promise<TestSystem> {
  const environment = options.environment ?? 'sandbox'
  const folder = await mkdtemp(join(tmpdir(), 'coffer-system-'))
  const databaseName = `t_${randomUUID().replaceAll('-', '')}`
  const databaseUrl = await cloneDatabase(inject('postgresUrl'), TEMPLATE, databaseName)
  const kekFile = join(folder, 'kek')
  await makeKeyFile(kekFile, systemRandom)
  const pkiFolder = inject('pkiFolder')
  const simulator = await startSimulator({ port: 0, threeDSPort: 0, pkiFolder })
  const logLines: string[] = []
  const clock = new SettableClock()
  const log = makeLog({ now: () => clock.now(), stream: { write: line => logLines.push(line) } })
  // What live insists on; the connections of the test go elsewhere.
  const acquirersFile = join(folder, 'acquirers.json')
  await writeFile(acquirersFile, ACQUIRERS_FILE)
  const liveEnv = {
    COFFER_KEK_FILE: kekFile,
    COFFER_PUBLIC_API_URL: 'https://vault.test',
    COFFER_TLS_TERMINATOR: 'the test',
    COFFER_PUBLIC_PAGES_URL: 'https://pages.test',
    COFFER_ACQUIRERS_FILE: acquirersFile,
    COFFER_ALLOW_UNSUPPORTED_NODE: 'yes',
  }
  const env = {
    COFFER_PROFILE: environment,
    COFFER_DATA_DIR: join(folder, 'data'),
    DATABASE_URL: databaseUrl,
    ...(environment === 'live' ? liveEnv : {}),
    ...options.env,
  }
  const config: Config = { ...readConfig(env, process.versions.node), ...options.config }
  const db = new Database({ url: (await options.reachDatabase?.(databaseUrl)) ?? databaseUrl, log })
  await joinClock(db, clock)
  const kek = await keyFileProvider(kekFile, systemRandom)
  const metrics = makeMetrics()
  const timeoutMs = options.issuerTimeoutMs ?? ISSUER_TIMEOUT_MS
  const asked =
    options.acquirers ?? sandboxAcquirers('127.0.0.1', simulator.port).map(acquirer => ({ ...acquirer, timeoutMs }))
  const acquirers = openAcquirers(asked, { db, clock, random: systemRandom, log, metrics })
  const simulatedUrl = simulator.threeDS!.url
  const given = typeof options.directories === 'function' ? options.directories(simulatedUrl) : options.directories
  const directories = given ?? sandboxDirectories(simulatedUrl, pkiFolder)
  const world = { config, db, clock, random: systemRandom, log, metrics, kek, acquirers, directories }
  const system = await openSystem(world)
  await system.presence.start()
  acquirers.start()
  while (!acquirers.isUp()) await clock.sleep(5)

  const prefix = environment === 'sandbox' ? 'SANDBOX_' : ''
  const merchant = merchantKeys(`${prefix}TEST0000000001`, 0)
  const otherMerchant = merchantKeys(`${prefix}TEST0000000002`, 1)
  for (const { clientId, publicKey } of [merchant, otherMerchant]) {
    const spki = publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
    await addMerchant(officeOf(system), { id: clientId, name: clientId, publicKey: spki })
  }

  const api = makeApiServer(system, undefined)
  const ops = makeOperationsServer(system, true)
  const apiUrl = await api.listen({ port: 0, host: '127.0.0.1' })
  const opsUrl = await ops.listen({ port: 0, host: '127.0.0.1' })
  const receiver = await startReceiver()
  const work = new BuyerWork(system)
  const buyers = new Loop({ name: 'buyers', clock, log, longestRestMs: 1_000, turn: () => work.turn() })
  const listener = new Listener({ url: db.url, log, channels: [BUYER_CHANNEL] }, () => buyers.wake())
  await listener.start()
  buyers.start()
  const pages = makePagesServer({
    steps: buyerSteps(system, () => buyers.wake()),
    cards: system.cards,
    log,
    tls: undefined,
    frameSources: [simulator.browserUrl.replace('127.0.0.1', 'localhost')],
    clientIpHeader: config.clientIpHeader,
  })
  const results = makeResultsServer(system, simulatedResultsTls(pkiFolder)!).app
  // The system builds its addresses from the configuration, and a port is known only now.
  const pagesUrl = await pages.listen({ port: 0, host: '127.0.0.1' })
  const resultsAt = new URL(await results.listen({ port: 0, host: '127.0.0.1' }))
  const resultsUrl = `https://localhost:${resultsAt.port}`
  Object.assign(config, { pagesUrl, threeDS: { ...config.threeDS, resultsUrl } })
  await system.directories.refresh()
  const played = simulatorClock(simulator.browserUrl)
  const outbound = makeOutbound({ policy: config.outboundPolicy })
  const playground = environment === 'sandbox' ? new SandboxPlayground(system) : undefined
  const deliverer = new Deliverer(system, outbound, { playground })
  const gatewayKey = createPublicKey({
    key: Buffer.from(system.gatewayKey.publicKey, 'base64'),
    format: 'der',
    type: 'spki',
  })

  const call: TestSystem['call'] = (operation, body, { as = merchant, ...sent } = {}) =>
    callApi(apiUrl, as, gatewayKey, operation, body, { time: String(clock.now()), ...sent })
  return {
    system,
    apiUrl,
    opsUrl,
    merchant,
    otherMerchant,
    receiver,
    simulator,
    issuerLog: () => simulator.log().filter(({ kind }) => kind === 'verification' || kind === 'duplicate'),
    pagesUrl,
    resultsUrl,
    logLines,
    call,
    vaultPaymentMethod: (request, sent) => call('vaults/vaultPaymentMethod', request, sent),
    inquireVaulting: (vaultingRequestId, sent) => call('vaults/inquireVaulting', { vaultingRequestId }, sent),
    advance: ms => play(system, clock, deliverer, played, work, ms),
    async stop() {
      await Promise.all([api.close(), ops.close(), pages.close(), results.close(), receiver.stop()])
      await deliverer.stop()
      await outbound.close()
      await buyers.stop()
      await work.drain()
      await listener.stop()
      system.directories.close()
      system.parking.eraseAll()
      system.nonceCvvs.eraseAll()
      await system.presence.stop()
      await acquirers.stop()
      await simulator.stop()
      await db.close()
      await dropDatabase(inject('postgresUrl'), databaseName)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** What live insists on, where nobody is asked. */
export const ACQUIRERS_FILE = JSON.stringify({
  acquirers: [
    {
      id: 'unused',
      host: 'acquirer.test',
      port: 5000,
      tls: {},
      profile: 'visa-like',
      networks: ['VISA'],
      settings: {
        acquirerId: '1',
        acquirerCountry: '702',
        terminalId: 'T',
        merchantCategoryCode: '5999',
        cardAcceptorId: 'C',
        merchantCity: 'C',
        merchantCountry: 'SG',
      },
    },
  ],
})

/** Plays time without the worker's loops: holds the clock at each instant at which something is due. */
async function play(
  system: System,
  clock: SettableClock,
  deliverer: Deliverer,
  simulator: SimulatorClock,
  buyers: BuyerWork,
  ms: number,
): Promise<void> {
  const target = clock.now() + ms
  let at: number = clock.now()
  for (;;) {
    hold(clock, at)
    await simulator.follow(clock.reading())
    await buyers.turn()
    await buyers.drain()
    await sweepUnfinished(system)
    await Promise.all(allQuestions(system).map(of => reverseUnanswered(system, of)))
    let begun: number
    do {
      begun = await deliverer.takeDue()
      await deliverer.drain()
    } while (begun > 0)
    const untilSweep = await sweepUnfinished(system)
    const nextReversal = (await nextUnansweredAt(system.db)) ?? Number.POSITIVE_INFINITY
    const nextOfBanks = (await simulator.follow(clock.reading())) ?? Number.POSITIVE_INFINITY
    const nextDelivery = (await nextDueAt(system.db)) ?? Number.POSITIVE_INFINITY
    const next = Math.min(nextDelivery, at + untilSweep, nextReversal, nextOfBanks)
    if (next > target) break
    at = next
  }
  clock.follow({ realMs: clock.real(), virtualMs: target, running: true, heldUntilRealMs: 0 })
  await simulator.follow(clock.reading())
}

function hold(clock: SettableClock, at: number): void {
  clock.follow({ realMs: clock.real(), virtualMs: at, running: false, heldUntilRealMs: clock.real() + 3_600_000 })
}
