import { inquireVaultingRequest } from '@coffer/antom'
import { handle } from '../handle.js'
import { noteEvent } from '../timeline/timeline-store.js'
import { inquiryFor } from './vaulting.js'
import { findVaulting } from './vaulting-store.js'

/**
 * Looks a vaulting up. `result` tells of this call alone; `vaultingStatus` of the vaulting.
 * Source: Antom › inquireVaulting.
 */
export const inquireVaulting = handle('inquireVaulting', inquireVaultingRequest, async call => {
  const { request, merchant, refuse, system } = call
  const { vaultingRequestId } = request
  const found = await findVaulting(system.db, system.cards, merchant.id, vaultingRequestId)
  if (!found) return refuse('VAULTING_NOT_EXIST')
  const detail = { vaultingStatus: found.vaulting.state }
  await noteEvent(system.db, merchant.id, vaultingRequestId, { at: system.clock.now(), kind: 'inquiry', detail })
  return inquiryFor(found.vaulting, system.pageOf)
})
