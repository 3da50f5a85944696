/**
 * Opens the page on which a buyer has something to do: choose a brand, pass 3-D Secure. Until then the CVV waits in this
 * process; only this process can go on.
 */
import type { Cvv } from '../card-data/index.js'
import type { Tx } from '../platform/database.js'
import type { System } from '../system.js'
import { insertBuyerStep } from './buyer-store.js'
import type { Waiting } from './errand.js'

/** Ends the transaction: this process does not hold the errand any more. */
class NotOurs extends Error {}

/**
 * @param before  what has to be so first, in the same transaction
 * @param also  what belongs to the same transaction; it runs only where this process still holds the errand
 * @returns how it stands now: it awaits the buyer, unless somebody else took it over
 */
export async function openPage<State>(
  system: System,
  waiting: Waiting<State>,
  cvv2: Cvv | undefined,
  also: (tx: Tx) => Promise<void> = async () => {},
  before: (tx: Tx) => Promise<boolean> = async () => true,
): Promise<State> {
  const { clock, db, parking } = system
  const { errand, networks, buyer, settleAt } = waiting
  const { about, id, merchantId, requestId } = errand
  // Parked before anybody can come: a fast buyer must not find the CVV missing.
  parking.park(id, cvv2, waiting, settleAt)
  const asks = waiting.choice ? ('authentication' as const) : ('brand' as const)
  const { redirectUrl } = buyer
  const row = { about, id, merchantId, requestId, redirectUrl, networks, asks, at: clock.now() }
  try {
    await db.transaction(async tx => {
      if (!(await before(tx)) || !(await errand.awaitBuyer(tx))) throw new NotOurs()
      await insertBuyerStep(tx, row)
      await also(tx)
    })
    return errand.waiting()
  } catch (error) {
    parking.erase(id)
    if (!(error instanceof NotOurs)) throw error
  }
  return errand.present()
}
