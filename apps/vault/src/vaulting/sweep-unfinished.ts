/**
 * Settles vaultings whose call never came back: the process died, or the issuer did not answer. Nobody knows whether
 * the issuer approved, so the card is not kept, and the issuer is never asked a second time.
 */
import { isOutage } from '../platform/database.js'
import { errorFields } from '../platform/log.js'
import type { System } from '../system.js'
import { concludeVaulting } from './conclude-vaulting.js'
import { nextUnfinishedAt, unfinishedVaultings } from './unfinished-across-merchants.js'
import { failed } from './vaulting.js'
import { findVaulting } from './vaulting-store.js'

const BATCH = 100

/** One turn: concludes what is due, and says how many milliseconds of business time remain until the next is. */
export async function sweepUnfinished(system: System): Promise<number> {
  const { clock, db } = system
  const due = await unfinishedVaultings(db, clock.now(), BATCH)
  for (const { merchantId, vaultingRequestId } of due) {
    try {
      await settle(system, merchantId, vaultingRequestId)
    } catch (error) {
      // One that cannot be read must not keep the others waiting. Without a database none can be, and the loop rests.
      if (isOutage(error)) throw error
      system.log.error('vaulting.not-swept', { merchantId, vaultingRequestId, ...errorFields(error) })
    }
  }
  if (due.length === BATCH) return 0
  const next = await nextUnfinishedAt(db)
  // One that could not be settled stays due; it is tried again, but not all the time.
  return next === undefined ? Number.POSITIVE_INFINITY : Math.max(due.length ? 1_000 : 0, next - clock.now())
}

async function settle(system: System, merchantId: string, vaultingRequestId: string): Promise<void> {
  const found = await findVaulting(system.db, system.cards, merchantId, vaultingRequestId)
  if (found?.vaulting.state !== 'PROCESSING') return
  const outcome = failed('PROCESS_FAIL', 'The issuer gave no answer that could be relied on. Use a new id.')
  await concludeVaulting(system, found.vaulting, outcome, undefined)
  system.log.warn('vaulting.swept', { merchantId, vaultingRequestId })
}
