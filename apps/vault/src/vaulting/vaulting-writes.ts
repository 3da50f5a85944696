/** The three writes that every vaulting makes, gathered from the calls that make them at the same time. */
import { Batcher } from '../platform/batcher.js'
import type { Queryable } from '../platform/database.js'
import { type Asking, askIssuers } from './issuer-message-store.js'
import { type Claim, type Conclusion, claimVaultings, concludeVaultings } from './vaulting-store.js'

export interface VaultingWrites {
  /** @returns false when the merchant has used the id before */
  claim(claim: Claim): Promise<boolean>
  /** @returns the number's public name, or `undefined` when the issuer must not be asked by this process any more */
  ask(asking: Asking): Promise<string | undefined>
  /** @returns false when the vaulting was concluded before; nothing has changed then */
  conclude(conclusion: Conclusion): Promise<boolean>
}

/** Two rounds beside each other keep both processors of a small machine busy; more only make the rounds smaller. */
const ROUNDS = { most: 64, atOnce: 2 }

export function gatherWrites(db: Queryable): VaultingWrites {
  const claims = new Batcher((round: readonly Claim[]) => claimVaultings(db, round), {
    ...ROUNDS,
    order: ({ draft }) => `${draft.merchantId} ${draft.vaultingRequestId}`,
  })
  const conclusions = new Batcher((round: readonly Conclusion[]) => concludeVaultings(db, round), {
    ...ROUNDS,
    order: ({ merchantId, vaultingRequestId }) => `${merchantId} ${vaultingRequestId}`,
  })
  const questions = new Batcher((round: readonly Asking[]) => askIssuers(db, round), {
    ...ROUNDS,
    order: ({ merchantId, vaultingRequestId }) => `${merchantId} ${vaultingRequestId}`,
  })
  return {
    claim: claim => claims.add(claim),
    ask: asking => questions.add(asking),
    conclude: conclusion => conclusions.add(conclusion),
  }
}
