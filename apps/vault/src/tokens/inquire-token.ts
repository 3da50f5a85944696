import { type InquireTokenResponse, inquireTokenRequest, printWireTime, resultOf, type StoredCard } from '@coffer/antom'
import { expiresAt } from '../cards/expiry.js'
import { handle } from '../handle.js'
import { isOfAnotherAccount, openHolder } from './holder.js'
import { findStoredCard } from './token-store.js'

/**
 * Tells what is kept of a token: whose card it is, who issued it, and until when it is good. What is unknown, another
 * client's, deleted, or no token but a nonce is answered alike. Source: Antom Java SDK › inquireToken.
 */
export const inquireToken = handle(
  'inquireToken',
  inquireTokenRequest,
  async ({ request, merchant, refuse, system }) => {
    const { cards, clock, db } = system
    const { token } = request

    // 1. Is there such a token, of this merchant and account?
    const card = await findStoredCard(db, merchant.id, cards.tokenLookup(merchant.id, token), clock.now())
    if (!card?.token) return refuse('TOKEN_NOT_EXIST')
    const holder = await openHolder(cards, card)
    if (isOfAnotherAccount(holder, request.merchantAccountId)) return refuse('TOKEN_NOT_EXIST')

    // 2. The card as its vaulting was answered, with what was changed since.
    const stored = (await cards.openJson(merchant.id, 'token', card.id, card.token)) as StoredCard
    const { issuerName, issuingCountry, expiryYear, expiryMonth } = stored
    const answered = expiryYear && expiryMonth ? { year: expiryYear, month: expiryMonth } : undefined
    const expiry = holder.expiry ?? answered
    const { cardholderName, payerEmail } = holder
    const answer: InquireTokenResponse = {
      result: resultOf('SUCCESS'),
      token,
      ...(cardholderName && { accountHolderName: cardholderName }),
      ...(payerEmail && { email: payerEmail }),
      ...(issuerName && { issuerName }),
      ...(issuingCountry && { issuingCountry }),
      // The last second of the month: to the second, as times on the wire are.
      ...(expiry && { tokenExpiryTime: printWireTime(expiresAt(expiry) - 1) }),
    }
    return answer
  },
)
