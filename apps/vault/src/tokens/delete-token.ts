import { type DeleteTokenResponse, deleteTokenRequest, resultOf } from '@coffer/antom'
import { handle } from '../handle.js'
import { isOfAnotherAccount, openHolder } from './holder.js'
import { eraseCard, findStoredCard, lockToDelete } from './token-store.js'

/**
 * Deletes a token or a nonce: number, expiry, holder and fingerprint are erased at once and for ever. What stays is the
 * keyed lookup, so that deleting again is a success, and what the vaulting was answered.
 * Source: Antom Java SDK › deleteToken.
 */
export const deleteToken = handle('deleteToken', deleteTokenRequest, async ({ request, merchant, refuse, system }) => {
  const { cards, clock, db } = system
  const lookup = cards.tokenLookup(merchant.id, request.token)
  const now = clock.now()

  // 1. A token that was stored for one account of the merchant belongs to that alone. It never changes its account.
  const card = await findStoredCard(db, merchant.id, lookup, now)
  const holder = card ? await openHolder(cards, card) : {}
  if (isOfAnotherAccount(holder, request.merchantAccountId)) return refuse('TOKEN_NOT_EXIST')

  // 2. Erase, with the row of the audit trail that says so. Of two calls at once the second finds it done.
  const deleted = await db.transaction(async tx => {
    const found = await lockToDelete(tx, merchant.id, lookup, now)
    if (!found || found.deleted) return found
    const erasure = { actor: 'serve', reason: 'deleteToken' }
    await cards.noteErasure(tx, { id: found.id, merchantId: merchant.id }, erasure)
    await eraseCard(tx, merchant.id, found, now)
    return found
  })
  if (!deleted) return refuse('TOKEN_NOT_EXIST')

  // 3. Of a nonce the CVV waits here, unless another process made it: there it waits for nothing until it is over.
  system.nonceCvvs.erase(deleted.id)
  const answer: DeleteTokenResponse = { result: resultOf('SUCCESS') }
  return answer
})
