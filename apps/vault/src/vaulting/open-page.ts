/**
 * Opens the page on which a buyer has something to do: choose a brand, pass 3-D Secure. Until then the CVV waits in this
 * process; only this process can go on.
 */
import type { Cvv } from '../card-data/index.js'
import type { Tx } from '../platform/database.js'
import type { System } from '../system.js'
import { insertBuyerStep } from './buyer-store.js'
import type { WaitingVaulting } from './question.js'
import type { RunningVaulting, Vaulting } from './vaulting.js'
import { findVaulting } from './vaulting-store.js'

/** Ends the transaction: this process does not hold the vaulting any more. */
class NotOurs extends Error {}

/**
 * @param before  what has to be so first, in the same transaction
 * @param also  what belongs to the same transaction; it runs only where this process still holds the vaulting
 * @returns the vaulting as it stands now: it awaits the buyer, unless somebody else took it over
 */
export async function openPage(
  system: System,
  waiting: WaitingVaulting,
  cvv2: Cvv | undefined,
  also: (tx: Tx) => Promise<void> = async () => {},
  before: (tx: Tx) => Promise<boolean> = async () => true,
): Promise<Vaulting> {
  const { cards, clock, db, parking, presence } = system
  const { networks, buyer, settleAt } = waiting
  const vaulting: RunningVaulting = { ...waiting.vaulting, awaitsBuyer: true }
  const { id, merchantId, vaultingRequestId } = vaulting
  // Parked before anybody can come: a fast buyer must not find the CVV missing.
  parking.park(id, cvv2, { ...waiting, vaulting }, settleAt)
  const holder = presence.processId
  const asks = waiting.choice ? ('authentication' as const) : ('brand' as const)
  const { redirectUrl } = buyer
  const row = { id, merchantId, vaultingRequestId, holder, redirectUrl, networks, asks, at: clock.now() }
  try {
    await db.transaction(async tx => {
      if (!(await before(tx)) || !(await insertBuyerStep(tx, row))) throw new NotOurs()
      await also(tx)
    })
    return vaulting
  } catch (error) {
    parking.erase(id)
    if (!(error instanceof NotOurs)) throw error
  }
  return (await findVaulting(db, cards, merchantId, vaultingRequestId))?.vaulting ?? waiting.vaulting
}
