import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { AccountFilter, ShownAccount } from './accounts.js'
import { createBusy } from './busy.js'
import { type Clock, type Random, systemClock, systemRandom } from './clock.js'
import { type ControlChange, type Controls, createControls } from './controls.js'
import { createDesk } from './desk.js'
import { type ClockReading, followedClock } from './followed-clock.js'
import { createHost, type HostTls } from './host.js'
import { createIssuer } from './issuer.js'
import { fileLedger, type LedgerFilter, memoryLedger } from './ledger.js'
import type { LedgerEntry } from './ledger-entry.js'
import type { Log } from './line.js'
import { peopleHttp } from './people-http.js'
import { type Pki, preparePki } from './pki.js'
import { StartFailure } from './start-failure.js'
import { authenticationValueKey, createAuthenticationValues } from './three-ds/cavv.js'
import { createThreeDS, type ThreeDS } from './three-ds/index.js'
import { createMessageLog, type ThreeDSLogEntry, type ThreeDSLogFilter } from './three-ds/message-log.js'
import { directoryNetworks } from './three-ds/networks.js'
import { createTransactionLinks, transactionLinkKey } from './transaction-links.js'

/** How to run a simulator. */
export interface SimulatorOptions {
  /** Where the issuer listens for ISO 8583; 0 takes any free port. */
  readonly port: number
  /** Where people look at it over HTTP; any free port if not given. Always on 127.0.0.1. */
  readonly browserPort?: number
  /** The address of the issuer; 127.0.0.1 if not given. */
  readonly host?: string
  /**
   * Where directory servers and ACS listen, over TLS with client certificates and always on 127.0.0.1; 0 takes any free
   * port. Without it there is no 3-D Secure.
   */
  readonly threeDSPort?: number
  /** Where the certificates of 3-D Secure are, or are made; `pki` in `folder` if not given. */
  readonly pkiFolder?: string
  /** Where ledger, certificates and keys are kept; they are forgotten with the process if not given. */
  readonly folder?: string
  /** Whether Antom's cards for a failing payment fail at verification already. */
  readonly declineFailureCards?: boolean
  /** Certificates, to be reached over TLS; plain TCP if not given. */
  readonly tls?: HostTls
  /** The machine's if not given. */
  readonly clock?: Clock
  /** The machine's if not given. */
  readonly random?: Random
  /** Where failures of the simulator itself are reported; nowhere if not given. */
  readonly log?: Log
}

/** A simulator that runs. */
export interface Simulator {
  /** Where the issuer listens. */
  readonly host: string
  readonly port: number
  /** Where people look at it, without a slash at its end. */
  readonly browserUrl: string
  /** Where its directory servers and ACS listen, and where their certificates are; absent without 3-D Secure. */
  readonly threeDS?: { readonly url: string; readonly pkiFolder: string }
  /** What the issuer received and said, oldest first. */
  log(filter?: LedgerFilter): readonly LedgerEntry[]
  /** What approved payments have come to, oldest first. */
  accounts(filter?: AccountFilter): readonly ShownAccount[]
  /** What directory servers and ACS received and sent, newest last. */
  threeDSLog(filter?: ThreeDSLogFilter): readonly ThreeDSLogEntry[]
  /** Makes messages get lost from now on, changes card ranges, or cuts connections. @returns what is set now */
  control(change?: ControlChange): Controls['state']
  /** Follows a clock. @returns when the next thing falls due, in milliseconds of that clock */
  followClock(reading: ClockReading): Promise<number | null>
  /** Breaks what is still connected and returns when everything is closed. May be called again. */
  stop(): Promise<void>
}

const loopback = '127.0.0.1'

/**
 * Starts a simulator.
 * @throws StartFailure when a port, the folder or the certificates cannot be used
 */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { port, browserPort = 0, host = '127.0.0.1', folder, threeDSPort, random = systemRandom } = options
  const log = options.log ?? (() => {})
  const pki = await pkiOf(options)
  const values = createAuthenticationValues(authenticationValueKey(folder, random))
  const links = createTransactionLinks(transactionLinkKey(folder, random))
  const ledger = folder === undefined ? memoryLedger() : fileLedger(folder)
  const busy = createBusy()
  const clock = followedClock(options.clock ?? systemClock, busy)
  const messages = createMessageLog(clock)
  const issuer = createIssuer({
    declineFailureCards: options.declineFailureCards ?? false,
    values,
    links,
    isLinked: ledger.isLinked,
    clock,
    random,
  })
  const controls = createControls()
  const desk = createDesk({ issuer, ledger, clock, controls, log })
  const link = hostOf(options.tls)
  const browserPortNow = () => (app.server.address() as AddressInfo).port
  const pages = () => `http://localhost:${browserPortNow()}`
  const threeDS: ThreeDS | undefined =
    pki && createThreeDS({ pki: pki.made, clock, random, busy, controls, messages, values, log, pages })
  const control = (change: ControlChange = {}) => {
    controls.set(change)
    threeDS?.control(change)
    if (change.cutConnections) link.cutConnections()
    return { ...controls.state }
  }
  const app = peopleHttp({
    ledger,
    messages,
    counts: () => ({ ...desk.counts, connections: link.connections }),
    control,
    clock,
    log,
  })
  threeDS?.registerPages(app)

  const close = async () => {
    desk.stop()
    await Promise.all([link.stop(), app.close(), threeDS?.stop()])
    ledger.close()
  }
  try {
    await orSay(link.listen(port, host), host, port)
    await orSay(app.listen({ port: browserPort, host: loopback }), loopback, browserPort)
    // The last one: an AReq needs the pages.
    if (threeDS) await orSay(threeDS.listener.listen(threeDSPort!, loopback), loopback, threeDSPort!)
  } catch (error) {
    await close()
    throw error
  }

  let stopped: Promise<void> | undefined
  return {
    host,
    port: link.port,
    browserUrl: `http://${loopback}:${browserPortNow()}`,
    ...(threeDS && pki
      ? { threeDS: { url: `https://localhost:${threeDS.listener.port}`, pkiFolder: pki.folder } }
      : {}),
    log: filter => ledger.entries(filter),
    accounts: filter => ledger.accounts.shown(filter),
    threeDSLog: filter => messages.entries(filter),
    control,
    followClock: clock.follow,
    stop() {
      stopped ??= close()
      return stopped
    },
  }

  function hostOf(tls: HostTls | undefined) {
    const onUnparsable = (why: string) => {
      desk.counts.unparsable += 1
      log('info', `a frame was ignored: ${why}`)
    }
    try {
      return createHost({ onMessage: desk.receive, onUnparsable, log }, tls)
    } catch (error) {
      ledger.close()
      throw error
    }
  }
}

/** The certificates, where 3-D Secure is wanted. Their validity is a matter of the machine's time. */
async function pkiOf(options: SimulatorOptions): Promise<{ folder: string; made: Pki } | undefined> {
  const { threeDSPort, folder, random = systemRandom } = options
  if (threeDSPort === undefined) return undefined
  const pkiFolder = options.pkiFolder ?? (folder === undefined ? undefined : join(folder, 'pki'))
  if (pkiFolder === undefined) throw new StartFailure('3-D Secure needs a folder for its certificates: set pkiFolder.')
  return {
    folder: pkiFolder,
    made: await preparePki(pkiFolder, directoryNetworks, systemClock.now(), random),
  }
}

async function orSay(listening: Promise<unknown>, host: string, port: number): Promise<void> {
  try {
    await listening
  } catch (error) {
    throw new StartFailure(portProblem(error as NodeJS.ErrnoException, host, port))
  }
}

function portProblem(error: NodeJS.ErrnoException, host: string, port: number): string {
  if (error.code === 'EADDRINUSE') {
    return `Port ${port} on ${host} is in use: stop what listens there, or set COFFER_PORT_OFFSET to move all ports.`
  }
  return `The simulator cannot listen on ${host}:${port} (${error.code ?? error.name}): set COFFER_PORT_OFFSET to move all ports.`
}
