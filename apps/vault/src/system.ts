/** Everything that the vault's code works with, built once and passed on. */

import { CardData, type KekProvider } from './card-data/index.js'
import { brandOf } from './cards/brand.js'
import type { Config } from './config.js'
import { type GatewayKey, openGatewayKey } from './gateway/gateway-keys.js'
import type { AcquirerConnector } from './issuer/connector.js'
import { MerchantDirectory } from './merchants/merchant-directory.js'
import type { Clock } from './platform/clock.js'
import type { Database } from './platform/database.js'
import type { Log } from './platform/log.js'
import type { Metrics } from './platform/metrics.js'
import type { Random } from './platform/random.js'
import { makeRates, type Rates } from './platform/rates.js'
import { gatherWrites, type VaultingWrites } from './vaulting/vaulting-writes.js'

export interface System {
  readonly config: Config
  readonly db: Database
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly metrics: Metrics
  readonly cards: CardData
  readonly gatewayKey: GatewayKey
  readonly merchants: MerchantDirectory
  readonly issuer: AcquirerConnector
  readonly rates: Rates
  readonly writes: VaultingWrites
}

/** What comes from outside: the world, and where things are. */
export interface World {
  config: Config
  db: Database
  clock: Clock
  random: Random
  log: Log
  metrics: Metrics
  kek: KekProvider
  issuer: AcquirerConnector
}

/**
 * Opens the vault on a database whose schema is up to date.
 * @throws WrongKek when the key file does not belong to the database
 */
export async function openSystem(world: World): Promise<System> {
  const { config, db, clock, random, log, metrics, kek, issuer } = world
  const cards = await CardData.open({ db, kek, environment: config.environment, clock, random, brandOf })
  const gatewayKey = await openGatewayKey(db, cards, clock)
  const merchants = new MerchantDirectory(db, cards, clock, log)
  const rates = makeRates(config.callsPerSecondOfClient, clock)
  return {
    config,
    db,
    clock,
    random,
    log,
    metrics,
    cards,
    gatewayKey,
    merchants,
    issuer,
    rates,
    writes: gatherWrites(db),
  }
}
