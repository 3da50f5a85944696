/** The only way to SUCCESS or FAIL: final state, card kept or erased, notification and events in one transaction. */

import { nudgeDeliveries } from '../notifications/notification-store.js'
import { after } from '../platform/clock.js'
import { newId } from '../platform/ids.js'
import type { System } from '../system.js'
import type { FinalVaulting, Outcome, Vaulting } from './vaulting.js'
import { SUCCESS_MESSAGE } from './vaulting.js'
import { findVaulting } from './vaulting-store.js'

/** Something that led to the outcome and is told in the timeline. */
export interface Happened {
  at: number
  kind: string
  detail: object
}

/**
 * Concludes a vaulting that is running.
 * @param cardId  the sealed card's id, which the frozen answer of a success is bound to
 * @returns the vaulting in its final state: this outcome, or the one that somebody else was first with
 */
export async function concludeVaulting(
  system: System,
  vaulting: Extract<Vaulting, { state: 'PROCESSING' }>,
  outcome: Outcome,
  cardId: string | undefined,
  happened: readonly Happened[] = [],
): Promise<FinalVaulting> {
  const { cards, clock, config, db, random } = system
  const { merchantId, vaultingRequestId } = vaulting
  const at = clock.now()
  const resultCode = outcome.kind === 'stored' ? 'SUCCESS' : outcome.code
  const concluded = await system.writes.conclude({
    merchantId,
    vaultingRequestId,
    outcome,
    at,
    tokenSealed:
      outcome.kind === 'stored' && cardId ? await cards.sealToken(merchantId, cardId, outcome.card) : undefined,
    notificationId: newId(at, random.bytes(16)),
    firstDeliveryAt: after(at, config.firstNotificationDelayMs),
    events: [...happened, { at, kind: 'vaulting.concluded', detail: { resultCode } }],
  })
  system.metrics.vaultings.inc({ outcome: concluded ? resultCode : 'late' })
  if (concluded) {
    await nudgeDeliveries(db, config.firstNotificationDelayMs)
    return outcome.kind === 'stored'
      ? { ...vaulting, state: 'SUCCESS', message: SUCCESS_MESSAGE, card: outcome.card }
      : { ...vaulting, state: 'FAIL', code: outcome.code, message: outcome.message }
  }
  const found = await findVaulting(db, cards, merchantId, vaultingRequestId)
  if (!found || found.vaulting.state === 'PROCESSING') throw new Error('a vaulting is neither running nor concluded')
  return found.vaulting
}
