/**
 * Who may have how many deliveries under way in this process. What a merchant has for one host is a lane. Each lane
 * begins with a few places and earns more while it is answered quickly; one that is slow loses them again. One that let a
 * delivery time out is a suspect: it keeps one place, and all suspects together never take more than half of what there
 * is, of a worker, of a merchant and of a host, so that there is always room for those that answer. Besides, a merchant
 * has so many places in all, and a host too. What is known is forgotten at a restart.
 */

/** A merchant's notifications for one host. */
export interface LaneName {
  merchantId: string
  /** Empty for notifications without an address. */
  host: string
}

/** A lane in which something is due, and since when. */
export interface DueLane extends LaneName {
  dueAt: number
}

/** How many may be claimed of a lane. */
export interface Share extends LaneName {
  most: number
}

/** How a delivery went, for those behind it. `unlimited`: it was allowed to take its time. */
export type Pace = 'quick' | 'slow' | 'timed out' | 'unlimited'

/** What runs, of it how much under suspicion, and how much may run. */
interface Running {
  running: number
  suspects: number
  most: number
}

interface Lane extends Running {
  isSuspect: boolean
}

export interface PlacesOptions {
  /** Deliveries of this process at once. */
  inAll: number
  /** Of one merchant and of one lane to begin with. */
  atFirst: number
  /** The most that one can earn; also of one host, and the sockets to it, so that no delivery waits for another. */
  atMost: number
}

/** Lanes that are kept although nothing runs in them; beyond, the oldest are forgotten. */
const REMEMBERED = 10_000

export class Places {
  readonly #lanes = new Map<string, Lane>()
  readonly #merchants = new Map<string, Running>()
  readonly #hosts = new Map<string, Running>()
  readonly #all: Running

  constructor(private readonly options: PlacesOptions) {
    this.#all = { running: 0, suspects: 0, most: options.inAll }
  }

  /** How many deliveries are under way. */
  get running(): number {
    return this.#all.running
  }

  /** How much a lane has earned, and whether it is a suspect. */
  standing(name: LaneName): { most: number; isSuspect: boolean } {
    const { most, isSuspect } = this.#lanes.get(keyOf(name)) ?? this.#newLane()
    return { most, isSuspect }
  }

  /** How many lanes are known. */
  get remembered(): number {
    return this.#lanes.size
  }

  /**
   * Shares the free places out among lanes in which something is due, one by one in turn: first to those that answer, then
   * to merchants with less under way, then to those that wait longest.
   */
  share(due: readonly DueLane[]): Share[] {
    const free = this.options.inAll - this.#all.running
    // The fewer places are left, the fewer one gets of them, whatever it has earned.
    const scarce = Math.max(1, Math.floor(free / 8))
    const merchants = copied(this.#merchants)
    const hosts = copied(this.#hosts)
    const all = { ...this.#all }
    const queue = due
      .map(lane => {
        const own = { ...(this.#lanes.get(keyOf(lane)) ?? this.#newLane()) }
        const merchant = ensure(merchants, lane.merchantId, () => this.#newMerchant())
        const host = ensure(hosts, lane.host, () => this.#newHost())
        return { lane, own, merchant, host, busy: merchant.running, given: 0 }
      })
      .sort(
        (a, b) => Number(a.own.isSuspect) - Number(b.own.isSuspect) || a.busy - b.busy || a.lane.dueAt - b.lane.dueAt,
      )
    for (let round = 0; round < scarce; round += 1) {
      let given = 0
      for (const one of queue) {
        // Without an address nothing is sent to any host.
        const shared = one.lane.host === '' ? [one.merchant, all] : [one.merchant, one.host, all]
        if (one.own.running >= one.own.most || !shared.every(sum => hasRoom(sum, one.own.isSuspect))) continue
        for (const sum of [one.own, ...shared]) count(sum, one.own.isSuspect, 1)
        one.given += 1
        given += 1
      }
      if (given === 0) break
    }
    return queue.flatMap(({ lane: { merchantId, host }, given }) =>
      given > 0 ? [{ merchantId, host, most: given }] : [],
    )
  }

  /** Takes a place. @returns how to give it back */
  take(name: LaneName): (pace: Pace) => void {
    const lane = ensure(this.#lanes, keyOf(name), () => this.#newLane())
    const merchant = ensure(this.#merchants, name.merchantId, () => this.#newMerchant())
    const host = ensure(this.#hosts, name.host, () => this.#newHost())
    const { isSuspect } = lane
    const sums = [lane, merchant, host, this.#all]
    for (const sum of sums) count(sum, isSuspect, 1)
    return pace => {
      for (const sum of sums) count(sum, isSuspect, -1)
      if (pace !== 'unlimited') {
        lane.isSuspect = pace === 'timed out'
        lane.most = lane.isSuspect ? 1 : this.#next(lane.most, pace)
        merchant.most = this.#next(merchant.most, pace)
      }
      // Nothing is known of a host alone.
      if (host.running === 0) this.#hosts.delete(name.host)
      if (this.#lanes.size > REMEMBERED) forgetOldest(this.#lanes)
      if (this.#merchants.size > REMEMBERED) forgetOldest(this.#merchants)
    }
  }

  /** Never fewer than at first: a receiver that is slow keeps up with as many. */
  #next(most: number, pace: Exclude<Pace, 'unlimited'>): number {
    const { atFirst, atMost } = this.options
    return Math.max(atFirst, pace === 'quick' ? Math.min(atMost, most + 1) : Math.floor(most / 2))
  }

  #newLane(): Lane {
    return { running: 0, suspects: 0, most: this.options.atFirst, isSuspect: false }
  }

  #newMerchant(): Running {
    return { running: 0, suspects: 0, most: this.options.atFirst }
  }

  #newHost(): Running {
    return { running: 0, suspects: 0, most: this.options.atMost }
  }
}

/** No host and no merchant has a blank in its name. */
const keyOf = ({ merchantId, host }: LaneName) => `${merchantId} ${host}`

const hasRoom = ({ running, suspects, most }: Running, isSuspect: boolean) =>
  running < most && (!isSuspect || suspects < Math.max(1, Math.floor(most / 2)))

function count(sum: Running, isSuspect: boolean, by: 1 | -1): void {
  sum.running += by
  if (isSuspect) sum.suspects += by
}

const copied = (sums: ReadonlyMap<string, Running>) => new Map([...sums].map(([name, sum]) => [name, { ...sum }]))

function ensure<Value>(values: Map<string, Value>, name: string, make: () => Value): Value {
  const known = values.get(name)
  if (known !== undefined) return known
  const made = make()
  values.set(name, made)
  return made
}

function forgetOldest(lanes: Map<string, Running>): void {
  for (const [name, { running }] of lanes) {
    if (running > 0) continue
    lanes.delete(name)
    return
  }
}
