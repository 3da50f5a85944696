/** The acquirers of this vault, and which of them is asked about a network. */
import type { NetworkId } from '../card-data/index.js'
import type { Clock } from '../platform/clock.js'
import type { Queryable } from '../platform/database.js'
import type { Log } from '../platform/log.js'
import type { Metrics } from '../platform/metrics.js'
import type { Random } from '../platform/random.js'
import type { AcquirerConfig } from './acquirers-file.js'
import type { AcquirerConnector } from './connector.js'
import { iso8583Connector } from './iso8583/iso8583-connector.js'
import { linkMetrics } from './iso8583/link-metrics.js'

/** How a link stands, for the readiness page. */
export interface AcquirerState {
  readonly id: string
  readonly networks: readonly NetworkId[]
  readonly up: boolean
  /** Why it is not; `undefined` while it is, and before it was tried. */
  readonly cause: string | undefined
}

export class Acquirers {
  readonly #connectors: readonly AcquirerConnector[]
  readonly #byNetwork = new Map<NetworkId, AcquirerConnector>()
  /** The networks that somebody serves. */
  readonly networks: ReadonlySet<NetworkId>

  /** @throws when two of them serve one network or have one id: nobody could say which is asked */
  constructor(connectors: readonly AcquirerConnector[]) {
    this.#connectors = connectors
    for (const connector of connectors) {
      if (this.byId(connector.id) !== connector) throw new Error(`two acquirers have the id ${connector.id}`)
      for (const network of connector.networks) {
        if (this.#byNetwork.has(network)) throw new Error(`two acquirers serve ${network}`)
        this.#byNetwork.set(network, connector)
      }
    }
    this.networks = new Set(this.#byNetwork.keys())
  }

  /** Whom to ask about a card of a network; `undefined` when nobody serves it. */
  for(network: NetworkId): AcquirerConnector | undefined {
    return this.#byNetwork.get(network)
  }

  /** The acquirer that a message went to, for what has to be said to it later. */
  byId(id: string): AcquirerConnector | undefined {
    return this.#connectors.find(connector => connector.id === id)
  }

  /** Whether all of them can be asked now. */
  isUp(): boolean {
    return this.#connectors.every(connector => connector.isUp())
  }

  state(): readonly AcquirerState[] {
    return this.#connectors.map(connector => ({
      id: connector.id,
      networks: [...connector.networks],
      up: connector.isUp(),
      cause: connector.whyDown(),
    }))
  }

  start(): void {
    for (const connector of this.#connectors) connector.start()
  }

  async stop(): Promise<void> {
    await Promise.all(this.#connectors.map(connector => connector.stop()))
  }
}

/** Makes the acquirers of a configuration; nothing is connected before `start`. Once per process and metrics registry. */
export function openAcquirers(
  configs: readonly AcquirerConfig[],
  world: { db: Queryable; clock: Clock; random: Random; log: Log; metrics: Pick<Metrics, 'registry'> },
): Acquirers {
  const metrics = linkMetrics(world.metrics.registry)
  return new Acquirers(configs.map(config => iso8583Connector(config, { ...world, metrics })))
}
