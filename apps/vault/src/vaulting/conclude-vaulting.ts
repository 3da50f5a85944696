/** The only way to SUCCESS or FAIL: final state, card kept or erased, notification and events in one transaction. */

import type { NetworkChoice } from '../buyers/errand.js'
import { nudgeDeliveries } from '../notifications/notification-store.js'
import { after } from '../platform/clock.js'
import { newId } from '../platform/ids.js'
import type { System } from '../system.js'
import type { Outcome, RunningVaulting, Vaulting } from './vaulting.js'
import { SUCCESS_MESSAGE } from './vaulting.js'
import { findVaulting, type Ground } from './vaulting-store.js'

/** Something that led to the outcome and is told in the timeline. */
export interface Happened {
  at: number
  kind: string
  detail: object
}

/** What belongs to an outcome. */
export interface Grounds {
  ground: Ground
  /** The network that a stored card is used on. */
  choice?: NetworkChoice
  happened?: readonly Happened[]
}

/**
 * Concludes a vaulting that is running.
 * @returns the vaulting in its final state: this outcome, or the one that somebody else was first with. It still runs
 *   when the ground does not hold any more: an answer that came when its question was being taken back already.
 */
export async function concludeVaulting(
  system: System,
  vaulting: RunningVaulting,
  outcome: Outcome,
  grounds: Grounds,
): Promise<Vaulting> {
  const { cards, clock, config, db, random } = system
  const { id, merchantId, vaultingRequestId } = vaulting
  const { ground, choice, happened = [] } = grounds
  const at = clock.now()
  const resultCode = outcome.kind === 'stored' ? 'SUCCESS' : outcome.code
  const concluded = await system.writes.conclude({
    id,
    merchantId,
    vaultingRequestId,
    outcome,
    ground,
    choice,
    at,
    tokenSealed: outcome.kind === 'stored' ? await cards.sealToken(merchantId, id, outcome.card) : undefined,
    notificationId: newId(at, random.bytes(16)),
    firstDeliveryAt: after(at, config.firstNotificationDelayMs),
    events: [...happened, { at, kind: 'vaulting.concluded', detail: { resultCode } }],
  })
  system.metrics.vaultings.inc({ outcome: concluded ? resultCode : 'late' })
  if (concluded) {
    await nudgeDeliveries(db, config.firstNotificationDelayMs)
    const { awaitsBuyer: _nobodyWaits, ...common } = vaulting
    return outcome.kind === 'stored'
      ? { ...common, state: 'SUCCESS', message: SUCCESS_MESSAGE, card: outcome.card }
      : { ...common, state: 'FAIL', code: outcome.code, message: outcome.message }
  }
  const found = await findVaulting(db, cards, merchantId, vaultingRequestId)
  if (!found) throw new Error('a vaulting that is to be concluded is not there')
  return found.vaulting
}
