/**
 * Who may have how many deliveries under way in this process. Each merchant and each host begins with a few places and
 * earns more while it answers quickly; one that is slow loses them again. A host that let a delivery time out is a
 * suspect: it keeps one place, and all suspects together never take more than half of what there is, so that there is
 * always room for those that answer. What is known of a host is forgotten at a restart.
 */

/** What a claim may take, as its SQL wants it. */
export interface Room {
  inAll: number
  /** Of a merchant or host that is not named below. */
  ofOne: number
  merchants: ReadonlyMap<string, Lane>
  hosts: ReadonlyMap<string, Lane>
  /** For hosts under suspicion, in all. */
  ofSuspects: number
}

/** How a delivery went, for those who share its merchant or host. `unlimited`: it was allowed to take its time. */
export type Pace = 'quick' | 'slow' | 'timed out' | 'unlimited'

interface Lane {
  running: number
  most: number
  isSuspect: boolean
}

export interface PlacesOptions {
  /** Deliveries of this process at once. */
  inAll: number
  /** Of one merchant or host to begin with. */
  atFirst: number
  /** The most that one can earn; also the sockets to one receiver, so that no delivery waits for another. */
  atMost: number
}

/** Lanes that are kept although nothing runs in them; beyond, the oldest are forgotten. */
const REMEMBERED = 10_000

export class Places {
  readonly #merchants = new Map<string, Lane>()
  readonly #hosts = new Map<string, Lane>()
  #running = 0
  #suspectsRunning = 0

  constructor(private readonly options: PlacesOptions) {}

  /** How many deliveries are under way. */
  get running(): number {
    return this.#running
  }

  room(): Room {
    const { inAll, atFirst } = this.options
    const free = Math.max(0, inAll - this.#running)
    return {
      inAll: free,
      // The fewer places are left, the fewer a stranger gets of them.
      ofOne: Math.max(1, Math.min(atFirst, Math.floor(free / 8))),
      merchants: this.#merchants,
      hosts: this.#hosts,
      ofSuspects: Math.max(0, Math.floor(inAll / 2) - this.#suspectsRunning),
    }
  }

  /** Takes a place. @returns how to give it back */
  take(merchantId: string, host: string): (pace: Pace) => void {
    const merchant = this.#lane(this.#merchants, merchantId)
    const toHost = this.#lane(this.#hosts, host)
    const wasSuspect = toHost.isSuspect
    this.#running += 1
    merchant.running += 1
    toHost.running += 1
    if (wasSuspect) this.#suspectsRunning += 1
    return pace => {
      this.#running -= 1
      merchant.running -= 1
      toHost.running -= 1
      if (wasSuspect) this.#suspectsRunning -= 1
      if (pace === 'unlimited') return
      // One bad host among its addresses must not slow down a merchant's others.
      merchant.most = Math.max(this.options.atFirst, this.#next(merchant.most, pace))
      toHost.most = this.#next(toHost.most, pace)
      toHost.isSuspect = pace === 'timed out' || (pace === 'slow' && toHost.isSuspect)
      if (toHost.isSuspect) toHost.most = 1
    }
  }

  #next(most: number, pace: Pace): number {
    const { atFirst, atMost } = this.options
    if (pace === 'quick') return Math.min(atMost, Math.max(atFirst, most + 1))
    return Math.max(1, Math.floor(most / 2))
  }

  #lane(lanes: Map<string, Lane>, name: string): Lane {
    const known = lanes.get(name)
    if (known) return known
    if (lanes.size >= REMEMBERED) forgetOldest(lanes)
    const lane = { running: 0, most: this.options.atFirst, isSuspect: false }
    lanes.set(name, lane)
    return lane
  }
}

function forgetOldest(lanes: Map<string, Lane>): void {
  for (const [name, { running }] of lanes) {
    if (running > 0) continue
    lanes.delete(name)
    return
  }
}
