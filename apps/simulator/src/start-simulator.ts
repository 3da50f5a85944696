import type { AddressInfo } from 'node:net'
import { type Clock, type Random, systemClock, systemRandom } from './clock.js'
import { createIssuer } from './issuer.js'
import { issuerHttp, type Log } from './issuer-http.js'
import { fileLedger, type LedgerEntry, memoryLedger } from './ledger.js'
import { StartFailure } from './start-failure.js'

/** How to run a simulator. */
export interface SimulatorOptions {
  /** Where to listen; 0 takes any free port. */
  readonly port: number
  /** 127.0.0.1 if not given. */
  readonly host?: string
  /** Where the ledger is kept; it is forgotten with the process if not given. */
  readonly folder?: string
  /** Whether Antom's cards for a failing payment fail at verification already. */
  readonly declineFailureCards?: boolean
  /** The machine's if not given. */
  readonly clock?: Clock
  /** The machine's if not given. */
  readonly random?: Random
  /** Where failures of the simulator itself are reported; nowhere if not given. */
  readonly log?: Log
}

/** A simulator that runs. */
export interface Simulator {
  /** Without a slash at its end. */
  readonly url: string
  /** What the issuer received and said, oldest first. */
  log(requestId?: string): readonly LedgerEntry[]
  /** Breaks what is still connected and returns when everything is closed. May be called again. */
  stop(): Promise<void>
}

/**
 * Starts a simulator.
 * @throws StartFailure when the port or the folder cannot be used
 */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { port, host = '127.0.0.1', folder, clock = systemClock, random = systemRandom } = options
  const ledger = folder === undefined ? memoryLedger() : fileLedger(folder)
  const issuer = createIssuer({ declineFailureCards: options.declineFailureCards ?? false, clock, random })
  const app = issuerHttp({ issuer, ledger, clock, log: options.log ?? (() => {}) })

  try {
    await app.listen({ port, host })
  } catch (error) {
    await app.close()
    ledger.close()
    throw new StartFailure(portProblem(error as NodeJS.ErrnoException, host, port))
  }

  let stopped: Promise<void> | undefined
  return {
    url: `http://${host}:${(app.server.address() as AddressInfo).port}`,
    log: requestId => ledger.entries(requestId),
    stop() {
      stopped ??= app.close().then(() => ledger.close())
      return stopped
    },
  }
}

function portProblem(error: NodeJS.ErrnoException, host: string, port: number): string {
  if (error.code === 'EADDRINUSE') {
    return `Port ${port} on ${host} is in use: stop what listens there, or set COFFER_PORT_OFFSET to move all ports.`
  }
  return `The simulator cannot listen on ${host}:${port} (${error.code ?? error.name}): set COFFER_PORT_OFFSET to move all ports.`
}
