/** Delivers notifications that are due: signs, posts, judges the acknowledgement, sets the next due time. */
import { createHash } from 'node:crypto'
import { Batcher } from '../platform/batcher.js'
import { after, type Instant } from '../platform/clock.js'
import { isOutage } from '../platform/database.js'
import { newId } from '../platform/ids.js'
import { errorFields } from '../platform/log.js'
import type { Outbound, OutboundAnswer } from '../platform/outbound.js'
import type { System } from '../system.js'
import { openLanes, type TakenNotification, takeDueNotifications } from './due-across-merchants.js'
import { type Judgement, judgeAcknowledgement } from './judge-acknowledgement.js'
import { type BodyLoaders, bodyLoaders, loadBodies } from './kinds.js'
import { type Delivered, finishDeliveries, giveBack, renewLease } from './notification-store.js'
import { type Pace, Places } from './places.js'
import { repeatAfterMs } from './schedule.js'
import { type Listener, type NotSent, sendOne } from './send-one.js'

/** How many deliveries of this process run at once. */
const AT_ONCE = 512

/** Of these, how many of one merchant and to one host before they have shown that they answer quickly. */
const AT_FIRST = 5

/** And at most; also the sockets to one receiver, so that no delivery waits for another. */
export const AT_ONCE_OF_ONE = 32

/** A receiver that answers within this much holds up nobody. */
const QUICK_MS = 1_000

/**
 * Under load something falls due all the time. Resting a little between two turns takes many in one statement, for at
 * most this much lateness.
 */
const GATHER_MS = 10

/** Longer than a delivery may take, so that a lease ends only when its worker is gone or stands still. */
const LEASE_MS = 15_000

/** What could not be written down because the database was away is tried again after this, while the lease lasts. */
const RECORD_AGAIN_MS = 250

/** How often the lease of a delivery without a time limit is renewed. */
const RENEW_MS = 5_000

/** What a sandbox does besides: rules that misbehave on purpose, and developers who listen. Live has none. */
export interface Playground {
  /** What of the claimed is to be sent now, perhaps signed otherwise; the rest has been put off. */
  play(taken: readonly TakenNotification[], leaseToken: string): Promise<readonly TakenNotification[]>
  /** Who stands in for a merchant's address, if anybody does. */
  listenerOf(merchantId: string): Listener | undefined
  /** Told after a delivery. */
  delivered(notification: TakenNotification): Promise<void>
}

export interface DelivererOptions {
  playground?: Playground | undefined
  /** Called when a place has become free that was missing: there may be work for it. */
  onRoom?: () => void
  loaders?: BodyLoaders
}

export class Deliverer {
  readonly #running = new Set<Promise<void>>()
  readonly #places = new Places({ inAll: AT_ONCE, atFirst: AT_FIRST, atMost: AT_ONCE_OF_ONE })
  readonly #finished: Batcher<Delivered, boolean>
  readonly #stopping = new AbortController()
  #wantsRoom = false

  constructor(
    private readonly system: System,
    private readonly outbound: Outbound,
    private readonly options: DelivererOptions = {},
  ) {
    this.#finished = new Batcher(round => finishDeliveries(system.db, round), {
      most: AT_ONCE,
      atOnce: 1,
      order: ({ notification }) => notification.id,
    })
  }

  /**
   * One turn of the worker's loop.
   * @returns milliseconds of business time until the next turn is worth its while; 0 when more is due than fitted
   */
  async turn(): Promise<number> {
    const { clock } = this.system
    const free = AT_ONCE - this.#places.running
    if (free <= 0) return this.#untilRoom()
    const { begun, next, tookMs } = await this.#look()
    // With very many lanes looking takes its time: it is not to be all that the database does.
    if (begun > 0) return Math.max(begun < free ? GATHER_MS : 0, 4 * tookMs)
    if (next === undefined) return Number.POSITIVE_INFINITY
    const untilNext = next - clock.now()
    // Due, and nobody may have it now: until one of those ends that are under way, looking again finds the same.
    if (untilNext <= 0 && this.#places.running > 0) return this.#untilRoom()
    return Math.max(GATHER_MS, untilNext)
  }

  /** Claims what is due, as far as there are free places, and begins to deliver it. @returns how many */
  async takeDue(): Promise<number> {
    return (await this.#look()).begun
  }

  #untilRoom(): number {
    this.#wantsRoom = true
    return Number.POSITIVE_INFINITY
  }

  /** @returns how many were begun, when the next is due of those that were there before, and how long looking took */
  async #look(): Promise<{ begun: number; next: number | undefined; tookMs: number }> {
    const { cards, clock, db, log, random } = this.system
    const { playground, loaders = bodyLoaders } = this.options
    const now = clock.now()
    const startedAt = clock.stopwatch()
    const lanes = await openLanes(db)
    const tookMs = clock.stopwatch() - startedAt
    const next =
      lanes.length === 0
        ? undefined
        : lanes.reduce((first, { dueAt }) => Math.min(first, dueAt), Number.POSITIVE_INFINITY)
    const shares = this.#places.share(lanes.filter(({ dueAt }) => dueAt <= now))
    const token = newId(now, random.bytes(16))
    // Before the claim, so that here the lease never seems to last longer than in the database.
    const lease = { token, until: clock.stopwatch() + LEASE_MS }
    const taken = await takeDueNotifications(db, now, shares, { token, ms: LEASE_MS })
    if (taken.length === 0) return { begun: 0, next, tookMs }
    const sent = (await playground?.play(taken, token)) ?? taken
    const bodies = await loadBodies(db, cards, sent, loaders)
    sent.forEach((one, nth) => {
      const body = bodies[nth]!
      if (body instanceof Error) {
        log.error('notification.unreadable', errorFields(body))
        // The database was away for a moment, which is no attempt: it is claimed again when this lease has ended.
        if (isOutage(body)) return
      }
      this.#begin(one, body, lease)
    })
    return { begun: taken.length, next, tookMs }
  }

  /** Waits for the deliveries that are under way. */
  async drain(): Promise<void> {
    await Promise.all(this.#running)
  }

  /** Ends the deliveries that may take as long as they like, and waits for the others. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.drain()
  }

  #begin(one: TakenNotification, body: Buffer | Error, lease: { token: string; until: number }): void {
    const giveUpPlace = this.#places.take(one)
    const delivery = this.#deliver(one, body, lease)
      .then(pace => giveUpPlace(pace))
      // Its lease runs out and it is delivered again.
      .catch(error => {
        giveUpPlace('unlimited')
        this.system.log.error('notification.not-recorded', errorFields(error))
      })
      .finally(() => {
        this.#running.delete(delivery)
        if (!this.#wantsRoom) return
        this.#wantsRoom = false
        this.options.onRoom?.()
      })
    this.#running.add(delivery)
  }

  /** One delivery from end to end. @returns how it went for those that share its places */
  async #deliver(one: TakenNotification, body: Buffer | Error, lease: { token: string; until: number }): Promise<Pace> {
    const { clock, config, db, log, metrics } = this.system
    const { playground } = this.options
    const beganAt = clock.now()
    const startedAt = clock.stopwatch()
    const listener = playground?.listenerOf(one.merchantId)
    const waitMs =
      one.resendOf === undefined ? repeatAfterMs(one.attempt, config.notificationScheduleFactor) : undefined
    const answer =
      body instanceof Error ? UNREADABLE : await this.#send({ ...one, body, listener, beganAt }, lease, waitMs)
    const tookMs = clock.stopwatch() - startedAt
    if (answer.kind === 'failed' && answer.reason === 'cancelled' && !this.#stopping.signal.aborted) {
      log.warn('notification.lease-lost', { merchantId: one.merchantId, attempt: one.attempt })
      await giveBack(db, one.id, lease.token)
      return 'unlimited'
    }
    const judgement = judgeSigned(judgeAcknowledgement(answer), one)
    this.#count(one, answer, judgement, beganAt)
    const ours = await this.#record(lease.until, {
      notification: one,
      leaseToken: lease.token,
      beganAt,
      tookMs,
      judgement,
      target: listener && `coffer listen, for ${listener.forwardTo}`,
      signed: one.signed,
      bodyHash: body instanceof Error ? undefined : createHash('sha256').update(body).digest(),
      nextDueAt: judgement.acknowledged ? undefined : nextAfter(beganAt, waitMs),
    })
    if (!ours) log.warn('notification.lease-lost', { merchantId: one.merchantId, attempt: one.attempt })
    await playground?.delivered(one)
    metrics.deliverySeconds.observe(tookMs / 1000)
    if (listener) return 'unlimited'
    if (answer.kind === 'failed' && answer.reason === 'timeout') return 'timed out'
    return tookMs < QUICK_MS ? 'quick' : 'slow'
  }

  async #send(
    outgoing: TakenNotification & { body: Buffer; listener: Listener | undefined; beganAt: Instant },
    lease: { token: string; until: number },
    repeatsInMs: number | undefined,
  ): Promise<OutboundAnswer | NotSent> {
    const { clock, config, gatewayKey } = this.system
    const means = { key: gatewayKey, outbound: this.outbound, policy: config.outboundPolicy, repeatsInMs }
    // A process that stood still for a while may find that somebody else has delivered meanwhile.
    const beforeSend = () => clock.stopwatch() < lease.until
    if (!outgoing.listener) return sendOne(outgoing, means, { beforeSend })
    const lost = new AbortController()
    const signal = AbortSignal.any([lost.signal, this.#stopping.signal])
    const over = new AbortController()
    const renewing = this.#renew(outgoing.id, lease.token, over.signal, () => lost.abort())
    try {
      return await sendOne(outgoing, means, { beforeSend, signal, totalTimeoutMs: Number.POSITIVE_INFINITY })
    } finally {
      over.abort()
      await renewing
    }
  }

  /** Writes down how it went; a database that is away for a moment must not make the merchant hear it twice. */
  async #record(until: number, delivered: Delivered): Promise<boolean> {
    const { clock } = this.system
    for (;;) {
      try {
        return await this.#finished.add(delivered)
      } catch (error) {
        if (!isOutage(error) || clock.stopwatch() > until) throw error
        await clock.sleep(RECORD_AGAIN_MS)
      }
    }
  }

  /** Keeps the lease of one delivery until `over`. */
  async #renew(id: string, token: string, over: AbortSignal, onLost: () => void): Promise<void> {
    const { clock, db, log } = this.system
    for (;;) {
      await clock.sleep(RENEW_MS, over)
      if (over.aborted) return
      try {
        if (!(await renewLease(db, id, token, LEASE_MS))) return onLost()
      } catch (error) {
        log.warn('notification.lease-not-renewed', errorFields(error))
      }
    }
  }

  #count(one: TakenNotification, answer: OutboundAnswer | NotSent, judgement: Judgement, beganAt: Instant): void {
    const { log, metrics } = this.system
    const { merchantId, attempt, kind, resendOf } = one
    metrics.deliveries.inc({ kind, outcome: outcomeOf(answer, judgement) })
    if (attempt === 1 && resendOf === undefined) {
      metrics.firstDeliverySeconds.observe(Math.max(0, beganAt - one.createdAt) / 1000)
    }
    const cause = judgement.acknowledged ? undefined : judgement.reason
    const { httpStatus } = judgement
    log.info('notification.attempt', { merchantId, subjectId: one.subjectId, attempt, httpStatus, cause })
  }
}

const UNREADABLE: NotSent = { kind: 'failed', reason: 'not sent', detail: 'what it tells of cannot be read' }

/** The wait counts from the instant at which this delivery began. */
const nextAfter = (beganAt: Instant, waitMs: number | undefined) =>
  waitMs === undefined ? undefined : after(beganAt, waitMs)

/** Whoever takes a notification that is not signed by us takes a forger's as well. */
export function judgeSigned(judgement: Judgement, { signed }: Pick<TakenNotification, 'signed'>): Judgement {
  if (!judgement.acknowledged || signed === 'rightly') return judgement
  const reason = `the receiver acknowledged a notification that was signed ${signed}: it does not check the signature`
  return { acknowledged: false, httpStatus: judgement.httpStatus, reason }
}

/** What is counted, from a fixed set. */
function outcomeOf(answer: OutboundAnswer | NotSent, judgement: Judgement): string {
  if (judgement.acknowledged) return 'acknowledged'
  if (answer.kind === 'answered') return 'not acknowledged'
  switch (answer.reason) {
    case 'timeout':
      return 'timeout'
    case 'refused URL':
    case 'refused address':
      return 'refused'
    case 'not sent':
    case 'cancelled':
    case 'closed':
      return 'not sent'
    default:
      return 'unreachable'
  }
}
