/** Catches up after an outage: everything that merchants have missed in a stretch of time goes out once more. */
import { OperatorMistake } from '../merchants/manage-merchants.js'
import { newId } from '../platform/ids.js'
import type { System } from '../system.js'
import { checkMerchant } from './look-up-notifications.js'
import { firstIdAt, readInstant } from './look-up-window.js'
import { missedBetween, pageEnd } from './missed-across-merchants.js'
import { nudgeDeliveries } from './notification-store.js'
import { insertResends, lockCatchUp, type NewResend } from './resend-store.js'

/** So many are queued in one transaction. */
const BATCH = 500

/** Longer than a series lasts, 24 h 22 min: what was made before may have failed in the stretch as well. */
const SERIES_MS = 25 * 3_600_000

/** What is caught up on, as text from a command line or a request. */
export interface CatchUpWish {
  /** Deliveries that began from then on, */
  from: string
  /** and before then. */
  until: string
  merchantId?: string | undefined
  dryRun?: boolean | undefined
}

/** What came of it. */
export interface CaughtUp {
  /** How many were queued, or would be, of each merchant. */
  byMerchant: ReadonlyMap<string, number>
  /** Missed as well, and nobody has named an address up to now. */
  withoutAddress: number
  failedFrom: number
  failedUntil: number
}

/**
 * Queues one resend of each notification that had a failed delivery in a stretch of time, or was made in it and had no
 * address, and is not acknowledged up to now. Running it again does not double what is still waiting.
 * @param onBatch  told after each batch how many there are so far
 * @throws OperatorMistake when the stretch is none
 */
export async function resendFailed(
  system: System,
  wish: CatchUpWish,
  onBatch: (queued: number) => void = () => {},
): Promise<CaughtUp> {
  const { clock, config, db, log, random } = system
  const now = clock.now()
  const failedFrom = readInstant(wish.from, now, 'the beginning')
  // Nothing has failed yet of what is to come, and what is queued here must not be found again.
  const failedUntil = Math.min(readInstant(wish.until, now, 'the end'), now)
  if (failedFrom >= failedUntil) throw new OperatorMistake('the beginning has to lie before the end, and before now')
  if (wish.merchantId !== undefined) await checkMerchant(db, wish.merchantId)
  const missed = {
    failedFrom,
    failedUntil,
    fromId: firstIdAt(failedFrom - SERIES_MS * Math.max(1, config.notificationScheduleFactor)),
    madeFromId: firstIdAt(failedFrom),
    merchantId: wish.merchantId,
    realNow: clock.real(),
  }
  const lastId = firstIdAt(failedUntil)
  const byMerchant = new Map<string, number>()
  const count = (merchantId: string) => byMerchant.set(merchantId, (byMerchant.get(merchantId) ?? 0) + 1)
  let withoutAddress = 0
  for (let from: string | undefined = missed.fromId; from !== undefined; ) {
    const end = await pageEnd(db, from, lastId)
    const found = await missedBetween(db, from, end ?? lastId, missed)
    const sendable = found.filter(({ hasAddress }) => hasAddress)
    withoutAddress += found.length - sendable.length
    for (let at = 0; at < sendable.length; at += BATCH) {
      const batch = sendable.slice(at, at + BATCH)
      if (wish.dryRun) {
        for (const { merchantId } of batch) count(merchantId)
      } else {
        const queuedAt = clock.now()
        const rows = batch.map(({ id }) => asResend(id, newId(queuedAt, random.bytes(16))))
        const queued = await db.transaction(async tx => {
          await lockCatchUp(tx)
          return insertResends(tx, rows, queuedAt, true)
        })
        await nudgeDeliveries(db)
        log.info('notification.caught-up', { count: queued.length })
        queued.forEach(count)
      }
      onBatch([...byMerchant.values()].reduce((sum, one) => sum + one, 0))
    }
    from = end
  }
  return { byMerchant, withoutAddress, failedFrom, failedUntil }
}

const asResend = (of: string, id: string): NewResend => ({ id, of, detail: { catchUp: true } })
