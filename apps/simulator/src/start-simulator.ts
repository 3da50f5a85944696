import type { AddressInfo } from 'node:net'
import { type Clock, type Random, systemClock, systemRandom } from './clock.js'
import { type ControlChange, createControls, type Losses } from './controls.js'
import { createDesk } from './desk.js'
import { createHost, type HostTls } from './host.js'
import { createIssuer } from './issuer.js'
import { fileLedger, type LedgerFilter, memoryLedger } from './ledger.js'
import type { LedgerEntry } from './ledger-entry.js'
import type { Log } from './line.js'
import { peopleHttp } from './people-http.js'
import { StartFailure } from './start-failure.js'

/** How to run a simulator. */
export interface SimulatorOptions {
  /** Where the issuer listens for ISO 8583; 0 takes any free port. */
  readonly port: number
  /** Where people look at it over HTTP; any free port if not given. Always on 127.0.0.1. */
  readonly browserPort?: number
  /** The address of the issuer; 127.0.0.1 if not given. */
  readonly host?: string
  /** Where the ledger is kept; it is forgotten with the process if not given. */
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
  /** What the issuer received and said, oldest first. */
  log(filter?: LedgerFilter): readonly LedgerEntry[]
  /** Makes it lose messages from now on, or cuts connections. @returns what will get lost */
  control(change?: ControlChange): Readonly<Losses>
  /** Breaks what is still connected and returns when everything is closed. May be called again. */
  stop(): Promise<void>
}

const browserHost = '127.0.0.1'

/**
 * Starts a simulator.
 * @throws StartFailure when a port, the folder or the certificates cannot be used
 */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { port, browserPort = 0, host = '127.0.0.1', folder, clock = systemClock, random = systemRandom } = options
  const log = options.log ?? (() => {})
  const ledger = folder === undefined ? memoryLedger() : fileLedger(folder)
  const issuer = createIssuer({ declineFailureCards: options.declineFailureCards ?? false, clock, random })
  const controls = createControls()
  const desk = createDesk({ issuer, ledger, clock, controls, log })
  const link = hostOf(options.tls)
  const control = ({ cutConnections, ...losses }: ControlChange = {}) => {
    controls.set(losses)
    if (cutConnections) link.cutConnections()
    return { ...controls.losses }
  }
  const app = peopleHttp({ ledger, counts: () => ({ ...desk.counts, connections: link.connections }), control, log })

  const close = async () => {
    desk.stop()
    await Promise.all([link.stop(), app.close()])
    ledger.close()
  }
  try {
    await orSay(link.listen(port, host), host, port)
    await orSay(app.listen({ port: browserPort, host: browserHost }), browserHost, browserPort)
  } catch (error) {
    await close()
    throw error
  }

  let stopped: Promise<void> | undefined
  return {
    host,
    port: link.port,
    browserUrl: `http://${browserHost}:${(app.server.address() as AddressInfo).port}`,
    log: filter => ledger.entries(filter),
    control,
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
