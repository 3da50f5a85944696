/**
 * Settles vaultings whose call never came back: the process died, or the issuer did not answer. Nobody knows whether
 * the issuer approved, so the card is not kept, and the issuer is never asked a second time.
 */
import type { System } from '../system.js'
import { concludeVaulting } from './conclude-vaulting.js'
import { nextUnfinishedAt, unfinishedVaultings } from './unfinished-across-merchants.js'
import { failed } from './vaulting.js'
import { findVaulting } from './vaulting-store.js'

const BATCH = 100

/** One turn: concludes what is due, and says how many milliseconds of business time remain until the next is. */
export async function sweepUnfinished(system: System): Promise<number> {
  const { cards, clock, db } = system
  const due = await unfinishedVaultings(db, clock.now(), BATCH)
  for (const { merchantId, vaultingRequestId } of due) {
    const found = await findVaulting(db, cards, merchantId, vaultingRequestId)
    if (found?.vaulting.state !== 'PROCESSING') continue
    const outcome = failed('PROCESS_FAIL', 'The issuer gave no answer that could be relied on. Use a new id.')
    await concludeVaulting(system, found.vaulting, outcome, undefined)
    system.log.warn('vaulting.swept', { merchantId, vaultingRequestId })
  }
  if (due.length === BATCH) return 0
  const next = await nextUnfinishedAt(db)
  return next === undefined ? Number.POSITIVE_INFINITY : Math.max(0, next - clock.now())
}
