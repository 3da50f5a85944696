import { readWireTime, resultOf, type UpdateTokenResponse, updateTokenRequest } from '@coffer/antom'
import type { Expiry, SealedCard } from '../card-data/index.js'
import { expiryIn, isExpired } from '../cards/expiry.js'
import { handle } from '../handle.js'
import type { System } from '../system.js'
import { type Holder, isOfAnotherAccount, openHolder } from './holder.js'
import { findStoredCard, type KeptCard, renewCard } from './token-store.js'

/** Of calls that change one token at once each gets its turn; more than so many others in between is nobody's wish. */
const TRIES = 8

/**
 * Changes what is kept of a token: holder, mail, expiry. What is left out stays, and the token keeps its value. What its
 * vaulting was answered does not change, as a vaulting has one answer for ever.
 * Source: Antom Java SDK › updateToken.
 */
export const updateToken = handle('updateToken', updateTokenRequest, async ({ request, merchant, refuse, system }) => {
  const { cards, clock, db } = system
  const { token, accountHolderName, email, tokenExpiryTime, merchantAccountId } = request

  // 1. What is to change?
  if (accountHolderName === undefined && email === undefined && tokenExpiryTime === undefined) {
    return refuse('PARAM_ILLEGAL', { path: 'accountHolderName', rule: 'or email or tokenExpiryTime is required' })
  }
  const expiry = tokenExpiryTime === undefined ? undefined : readExpiry(tokenExpiryTime, clock.now())
  if (typeof expiry === 'string') return refuse('PARAM_ILLEGAL', { path: 'tokenExpiryTime', rule: expiry })
  const changes: Holder = {
    ...(accountHolderName && { cardholderName: accountHolderName }),
    ...(email !== undefined && { payerEmail: email }),
    ...(expiry && { expiry }),
  }

  // 2. Make the new values of what is there, and replace that, unless somebody else did or deleted it: then again.
  for (let tries = 0; tries < TRIES; tries += 1) {
    const card = await findStoredCard(db, merchant.id, cards.tokenLookup(merchant.id, token), clock.now())
    if (card?.use !== 'TOKEN') return refuse('TOKEN_NOT_EXIST')
    const holder = await openHolder(cards, card)
    if (isOfAnotherAccount(holder, merchantAccountId)) return refuse('TOKEN_NOT_EXIST')
    const next = {
      holder: await cards.sealHolder(merchant.id, card.id, { ...holder, ...changes }),
      card: expiry && (await sealAnew(system, card, token, expiry)),
    }
    if (await renewCard(db, merchant.id, card, next)) {
      const answer: UpdateTokenResponse = { result: resultOf('SUCCESS'), token }
      return answer
    }
  }
  throw new Error('a token was changed by others again and again')
})

/** The expiry that a time means, by its month in UTC; or the rule that it breaks. */
function readExpiry(time: string, now: number): Expiry | string {
  const instant = readWireTime(time)
  const expiry = instant === undefined ? undefined : expiryIn(instant)
  if (!expiry) return 'must be in a year from 2000 to 2099'
  return isExpired(expiry, now) ? 'must not be in a month that is over' : expiry
}

/** The same number under the same token, with another expiry. Opening it leaves its row in the audit trail. */
async function sealAnew({ cards, db }: System, card: KeptCard, token: string, expiry: Expiry): Promise<SealedCard> {
  const opening = { actor: 'serve', reason: 'a new expiry' }
  const { pan } = await db.transaction(tx => cards.openCard(tx, card, opening))
  try {
    const { id, merchantId } = card
    return await cards.sealCard({ id, merchantId, token, pan, expiry }, undefined)
  } finally {
    pan.erase()
  }
}
