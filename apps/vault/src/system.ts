/** Everything that the vault's code works with, built once and passed on. */

import type { Waiting } from './buyers/errand.js'
import { CardData, type CardLookup, type KekProvider, Parking } from './card-data/index.js'
import { CardRanges } from './cards/card-ranges.js'
import type { Config } from './config.js'
import { type Destination, openDestinations } from './forwarding/destinations.js'
import { type GatewayKey, openGatewayKey } from './gateway/gateway-keys.js'
import { pageUrl } from './hosted-pages/page-address.js'
import type { Acquirers } from './issuer/acquirers.js'
import { MerchantDirectory } from './merchants/merchant-directory.js'
import type { Clock } from './platform/clock.js'
import type { Database } from './platform/database.js'
import { newId } from './platform/ids.js'
import type { Log } from './platform/log.js'
import type { Metrics } from './platform/metrics.js'
import type { Random } from './platform/random.js'
import { makeRates, type Rates } from './platform/rates.js'
import { Presence } from './presence/presence.js'
import { NotifyBeforeAnswer } from './sandbox/notify-before-answer.js'
import { Directories } from './three-ds/directories.js'
import type { DirectoryConfig } from './three-ds/directories-file.js'
import type { PageOf } from './vaulting/vaulting.js'
import { gatherWrites, type VaultingWrites } from './vaulting/vaulting-writes.js'

export interface System {
  readonly config: Config
  readonly db: Database
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly metrics: Metrics
  readonly cards: CardData
  readonly ranges: CardRanges
  readonly gatewayKey: GatewayKey
  readonly merchants: MerchantDirectory
  readonly acquirers: Acquirers
  /** The directory servers of 3-D Secure. */
  readonly directories: Directories
  /** To whom stored cards may be forwarded. */
  readonly forwardTo: readonly Destination[]
  readonly rates: Rates
  readonly writes: VaultingWrites
  /** This process, as long as it lives. */
  readonly presence: Presence
  /** Where CVVs wait for their buyers. */
  readonly parking: Parking<Waiting>
  /** Where CVVs wait for the payment with their nonce. */
  readonly nonceCvvs: Parking<undefined>
  readonly pageOf: PageOf
  /** Holds answers back by rules of the sandbox; there is none in live. */
  readonly beforeAnswer: NotifyBeforeAnswer | undefined
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
  acquirers: Acquirers
  directories: readonly DirectoryConfig[]
}

/**
 * Opens the vault on a database whose schema is up to date.
 * @throws WrongKek when the key file does not belong to the database
 */
export async function openSystem(world: World): Promise<System> {
  const { config, db, clock, random, log, metrics, kek, acquirers } = world
  const { timers } = config.threeDS
  const { environment } = config
  const ranges = new CardRanges({ environment, clock, log })
  await ranges.load(db)
  const directories = new Directories(world.directories, { clock, random, log, timers })
  const lookup = lookUpBoth(ranges, directories)
  const cards = await CardData.open({ db, kek, environment, clock, random, lookup })
  const gatewayKey = await openGatewayKey(db, cards, clock)
  const beforeAnswer = environment === 'sandbox' ? new NotifyBeforeAnswer(db, clock) : undefined
  await beforeAnswer?.refresh()
  return {
    config,
    db,
    clock,
    random,
    log,
    metrics,
    cards,
    ranges,
    gatewayKey,
    merchants: new MerchantDirectory(db, cards, clock, log),
    acquirers,
    directories,
    forwardTo: openDestinations(config.forwardDestinations),
    rates: makeRates(config.callsPerSecondOfClient, clock),
    writes: gatherWrites(db),
    presence: new Presence(newId(clock.real(), random.bytes(16)), db, clock, log),
    parking: new Parking(),
    nonceCvvs: new Parking(),
    pageOf: ({ id }) => pageUrl(cards, config.pagesUrl, id),
    beforeAnswer,
  }
}

/** What the table of ranges knows of a number, with what directory servers list of it. */
function lookUpBoth(ranges: CardRanges, directories: Directories): CardLookup {
  return {
    find(compareTo, length) {
      const facts = ranges.find(compareTo, length)
      const enrolments = facts && directories.enrolmentsOf(compareTo, length)
      return enrolments?.length ? { ...facts!, enrolments } : facts
    },
  }
}
