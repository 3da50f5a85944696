/** Delivers notifications that are due: signs, posts, judges the acknowledgement, sets the next due time. */
import { printWireTime } from '@coffer/antom'
import { signatureHeader } from '../gateway/gateway-keys.js'
import { Batcher } from '../platform/batcher.js'
import { after } from '../platform/clock.js'
import { newId } from '../platform/ids.js'
import { errorFields } from '../platform/log.js'
import type { Outbound } from '../platform/outbound.js'
import { judgeUrl } from '../platform/url-policy.js'
import type { System } from '../system.js'
import { notificationFor } from '../vaulting/vaulting.js'
import { nextDueAt, takeDueNotifications } from './due-across-merchants.js'
import { judgeAcknowledgement } from './judge-acknowledgement.js'
import { type Delivered, type DueNotification, finishDeliveries } from './notification-store.js'
import { repeatAfterMs } from './schedule.js'

/** How many deliveries of this process run at once; a receiver that hangs holds one place, not the whole turn. */
const AT_ONCE = 256

/** Of these, how many of one merchant; also the sockets to one receiver, so that none of them waits for another. */
export const AT_ONCE_OF_ONE_MERCHANT = 32

/**
 * Under load something falls due all the time. Resting a little between two turns takes many in one statement, for at
 * most this much lateness.
 */
const GATHER_MS = 10

/** Longer than a delivery may take, so that a lease ends only when its worker is gone. */
const LEASE_MS = 30_000

export class Deliverer {
  readonly #running = new Set<Promise<void>>()
  readonly #underWay = new Map<string, number>()
  readonly #finished: Batcher<Delivered, boolean>

  constructor(
    private readonly system: System,
    private readonly outbound: Outbound,
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
    const { clock, db } = this.system
    if (this.#running.size >= AT_ONCE) await Promise.race(this.#running)
    const free = AT_ONCE - this.#running.size
    const begun = await this.takeDue()
    if (begun > 0) return begun < free ? GATHER_MS : 0
    const next = await nextDueAt(db)
    return next === undefined ? Number.POSITIVE_INFINITY : Math.max(GATHER_MS, next - clock.now())
  }

  /** Claims what is due, as far as there are free places, and begins to deliver it. @returns how many */
  async takeDue(): Promise<number> {
    const { cards, clock, db, random } = this.system
    const now = clock.now()
    const lease = { token: newId(now, random.bytes(16)), until: after(now, LEASE_MS) }
    const room = {
      inAll: Math.max(0, AT_ONCE - this.#running.size),
      ofOneMerchant: AT_ONCE_OF_ONE_MERCHANT,
      underWay: this.#underWay,
    }
    const due = await takeDueNotifications(db, cards, now, room, lease, error =>
      this.system.log.error('notification.unreadable', errorFields(error)),
    )
    for (const item of due) this.#begin(item, lease.token)
    return due.length
  }

  /** Waits for the deliveries that are under way. */
  async drain(): Promise<void> {
    await Promise.all(this.#running)
  }

  #begin(item: DueNotification, leaseToken: string): void {
    this.#count(item.merchantId, 1)
    const delivery = deliverOne(this.system, this.outbound, item, leaseToken)
      .then(delivered => this.#finished.add(delivered))
      .then(ours => {
        if (!ours) this.system.log.warn('notification.lease-lost', { attempt: item.attempt })
      })
      // Its lease runs out and it is delivered again.
      .catch(error => this.system.log.error('notification.not-recorded', errorFields(error)))
      .finally(() => {
        this.#running.delete(delivery)
        this.#count(item.merchantId, -1)
      })
    this.#running.add(delivery)
  }

  #count(merchantId: string, change: 1 | -1): void {
    const count = (this.#underWay.get(merchantId) ?? 0) + change
    if (count > 0) this.#underWay.set(merchantId, count)
    else this.#underWay.delete(merchantId)
  }
}

/** One delivery. The body is the same in every attempt, time and signature are fresh. */
async function deliverOne(
  system: System,
  outbound: Outbound,
  notification: DueNotification,
  leaseToken: string,
): Promise<Delivered> {
  const { clock, config, gatewayKey, log, metrics } = system
  const { merchantId, attempt, vaulting } = notification
  const beganAt = clock.now()
  const verdict = judgeUrl(notification.url, config.outboundPolicy)
  const body = Buffer.from(JSON.stringify(notificationFor(vaulting)))
  const post = async (url: URL) => {
    const uri = url.pathname + url.search
    const time = printWireTime(beganAt)
    const signature = await signatureHeader(gatewayKey, { method: 'POST', uri, clientId: merchantId, time, body })
    const headers = {
      'content-type': 'application/json; charset=UTF-8',
      'client-id': merchantId,
      'request-time': time,
      signature,
    }
    return outbound.post(url, headers, body)
  }
  const answer = verdict.ok ? await post(verdict.url) : ({ kind: 'failed', reason: 'refused URL' } as const)
  const judgement = judgeAcknowledgement(answer)
  metrics.deliveries.inc({ outcome: judgement.acknowledged ? 'acknowledged' : 'failed' })
  const { vaultingRequestId } = vaulting
  const cause = judgement.acknowledged ? undefined : judgement.reason
  log.info('notification.attempt', { merchantId, vaultingRequestId, attempt, httpStatus: judgement.httpStatus, cause })
  const waitMs = judgement.acknowledged ? undefined : repeatAfterMs(attempt, config.notificationScheduleFactor)
  // The wait counts from the instant at which this delivery began.
  const nextDueAt = waitMs === undefined ? undefined : after(beganAt, waitMs)
  return { notification, leaseToken, beganAt, judgement, nextDueAt }
}
