/** Tells issuers again what they have not taken note of: captures, refunds and voids of payments. */
import type { System } from '../system.js'
import { endReversal, type Unanswered } from '../vaulting/unanswered-across-merchants.js'
import { endOperation } from './operate.js'
import { hasUntoldCapture, hasUntoldSale } from './operation-store.js'
import { tellIssuer } from './tell-issuer.js'

/** What a turn of the worker has claimed. */
type Claimed = Unanswered & { what: 'CAPTURE' | 'REFUND' | 'VOID' }

/** An advice that overtakes its authorisation is not found yet; what an issuer has not got by then, it will not get. */
const NOT_FOUND_FOR_MS = 5 * 60_000

const NOT_FOUND = '25'

/**
 * Tells it once more.
 * @param again  has it told again later
 */
export async function tellAgain(
  system: System,
  advice: Claimed,
  leaseToken: string,
  again: (cause: string, sent: boolean) => Promise<void>,
): Promise<void> {
  const { clock, db, log } = system
  const { id, what, merchantId, vaultingRequestId: paymentRequestId, advised, toldByCall } = advice
  if (!advised) throw new Error('an advice says nothing of its authorisation')
  // Both may be due in the same turn, and the issuer gives nothing back that was not captured.
  if (what === 'REFUND' && advice.subject !== undefined && (await hasUntoldSale(db, advice.subject))) {
    return again('the issuer has not taken note of the capture yet', false)
  }
  // An issuer could book a capture that reaches it after the void of its authorisation.
  if (what === 'VOID' && advice.subject !== undefined && (await hasUntoldCapture(db, advice.subject))) {
    return again('the issuer has not taken note of all captures yet', false)
  }
  const told = await tellIssuer(system, {
    ...advised,
    what,
    acquirer: advice.acquirer,
    network: advice.network,
    merchantId,
    currency: advice.currency,
    amount: advice.amount,
    sale: advice.sale,
    reference: advice.original,
    repeat: advice.reversalsMade > 0 || toldByCall,
    by: toldByCall ? 'call' : 'coffer',
    cardId: advice.cardId,
  })
  if (told.kind === 'unknown') return again(told.cause, told.sent)
  const isEarly = clock.now() - advice.askedAt < NOT_FOUND_FOR_MS
  if (told.kind === 'declined' && told.raw === NOT_FOUND && isEarly) {
    return again('the issuer has not got the authorisation yet', true)
  }
  // One by call has failed then, and its merchant hears so. Nobody waits for the others, and money stands otherwise there
  // than here: somebody has to look.
  if (told.kind === 'declined' && !toldByCall) {
    log.error('issuer.advice-refused', { merchantId, paymentRequestId, cause: `${what} answered ${told.raw}` })
  }
  if (what !== 'VOID') return endOperation(system, { id, kind: what, acquirer: advice.acquirer }, told)
  await endReversal(db, id, leaseToken, clock.now(), {
    what,
    responseCode: told.raw,
    attempt: advice.reversalsMade + 1,
  })
}
