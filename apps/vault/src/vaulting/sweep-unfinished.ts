/**
 * Settles vaultings and payments whose deadline has come: nobody finished them, and the buyer or the merchant has gone. Those whose
 * issuer may have been asked end differently from those whose issuer certainly was not. Also settles at once what only a
 * process could have finished that is gone.
 */
import { leftBy, waitingProcesses } from '../buyers/buyer-steps-across-merchants.js'
import type { About } from '../buyers/errand.js'
import { nextExpiryAt } from '../payments/expired-across-merchants.js'
import { releaseExpired, settlePayment } from '../payments/settle-payment.js'
import { isOutage } from '../platform/database.js'
import { errorFields } from '../platform/log.js'
import type { System } from '../system.js'
import { closeAuthentications } from '../three-ds/authentications-across-merchants.js'
import { eraseDeadNonces, NONCES_AT_ONCE, nextNonceEnd } from '../tokens/nonces-across-merchants.js'
import { concludeVaulting } from './conclude-vaulting.js'
import { NO_ANSWER } from './reverse-unanswered.js'
import { stopWaiting } from './unanswered-across-merchants.js'
import { nextUnfinishedAt, unfinishedVaultings } from './unfinished-across-merchants.js'
import { failed } from './vaulting.js'
import { findVaulting } from './vaulting-store.js'

const BATCH = 100

/** One turn: concludes what is due, and says how many milliseconds of business time remain until the next is. */
export async function sweepUnfinished(system: System): Promise<number> {
  const { clock, db } = system
  const due = await unfinishedVaultings(db, clock.now(), BATCH)
  const lost = await leftBySilentProcesses(system)
  for (const { about, merchantId, requestId, asked } of [...due, ...lost.map(one => ({ ...one, asked: false }))]) {
    try {
      await settlers[about](system, merchantId, requestId, asked)
    } catch (error) {
      // One that cannot be read must not keep the others waiting. Without a database none can be, and the loop rests.
      if (isOutage(error)) throw error
      system.log.error('vaulting.not-swept', { merchantId, subjectId: requestId, ...errorFields(error) })
    }
  }
  const more = (await releaseExpired(system)) || (await eraseDeadNonces(system)) === NONCES_AT_ONCE
  if (more || due.length === BATCH || lost.length === BATCH) return 0
  const all = [
    await nextUnfinishedAt(db),
    await nextExpiryAt(
      db,
      system.acquirers.state().map(({ id }) => id),
    ),
    await nextNonceEnd(db),
  ]
  const known = all.filter(at => at !== undefined)
  const next = known.length ? Math.min(...known) : undefined
  // One that could not be settled stays due; it is tried again, but not all the time.
  return next === undefined ? Number.POSITIVE_INFINITY : Math.max(due.length ? 1_000 : 0, next - clock.now())
}

/** What waits for a buyer although the process that has the CVV is gone: nobody can conclude them well. */
async function leftBySilentProcesses({ db, presence }: System) {
  const gone = (await waitingProcesses(db))
    .filter(({ holder, sign }) => presence.seemsGone(holder, sign))
    .map(({ holder }) => holder)
  return gone.length ? leftBy(db, gone, BATCH) : []
}

type Settle = (system: System, merchantId: string, requestId: string, asked: boolean) => Promise<void>

const settlers: Readonly<Record<About, Settle>> = { VAULTING: settle, PAYMENT: settlePayment }

async function settle(system: System, merchantId: string, vaultingRequestId: string, asked: boolean): Promise<void> {
  const found = await findVaulting(system.db, system.cards, merchantId, vaultingRequestId)
  if (found?.vaulting.state !== 'PROCESSING') return
  if (asked) await stopWaiting(system.db, found.vaulting.id, system.clock.now())
  const outcome = asked ? NO_ANSWER : failed('ORDER_IS_CLOSED')
  await concludeVaulting(system, found.vaulting, outcome, { ground: asked ? 'REVERSING' : 'UNASKED' })
  await closeAuthentications(system.db, found.vaulting.id)
  system.log.warn('vaulting.swept', { merchantId, vaultingRequestId })
}
