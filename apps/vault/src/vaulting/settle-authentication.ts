/** Acts on what an authentication said: asks the issuer with its proof, ends the vaulting, or lets the buyer begin anew. */
import type { System } from '../system.js'
import { endAuthentication } from '../three-ds/authentications-across-merchants.js'
import { type AuthenticationOutcome, type IssuerProof, judgeAuthentication } from '../three-ds/judge-authentication.js'
import { type Asked, askIssuer } from './ask-issuer.js'
import {
  type Begun,
  beginAuthentication,
  type Chosen,
  MOST_ATTEMPTS,
  planFor,
  type Secrets,
} from './begin-authentication.js'
import { concludeVaulting } from './conclude-vaulting.js'
import { takeSoftDecline } from './issuer-message-store.js'
import { openPage } from './open-page.js'
import { failed, type Vaulting } from './vaulting.js'

/**
 * @param take  gives the secrets, where the issuer is to be asked; they are wanted for nothing else
 * @param keep  whether this process alone can go on
 */
export async function settleAuthentication(
  system: System,
  chosen: Chosen,
  begun: Begun,
  outcome: AuthenticationOutcome,
  secrets: Secrets,
  keep: boolean,
): Promise<Asked> {
  const { config, db } = system
  const { vaulting } = chosen
  const mayBeginAnew = begun.attempt < MOST_ATTEMPTS
  const verdict = judgeAuthentication(outcome, begun, mayBeginAnew, config.threeDS.fallback)
  if (verdict.kind === 'go on') {
    const asked = await verify(system, chosen, secrets, verdict.proof, keep)
    if (asked.kind === 'done') await endAuthentication(db, begun.id, verdict.proof ? 'USED' : 'UNAVAILABLE')
    return asked
  }
  if (verdict.kind === 'fail') {
    const isRefused = outcome.transStatus === 'N' || outcome.transStatus === 'R'
    await endAuthentication(db, begun.id, isRefused ? 'REFUSED' : 'UNAVAILABLE')
    const ended = failed(verdict.code, verdict.message)
    return { kind: 'done', vaulting: await concludeVaulting(system, vaulting, ended, { ground: 'UNASKED' }) }
  }
  const plan = planFor(system, chosen, secrets.pan)
  await endAuthentication(db, begun.id, 'REPEATED')
  if (plan.kind !== 'needed') {
    // The issuer's range went away meanwhile. What was learned from it still counts.
    const ended = failed('AUTHENTICATION_REQUIRED')
    return { kind: 'done', vaulting: await concludeVaulting(system, vaulting, ended, { ground: 'UNASKED' }) }
  }
  const how = {
    attempt: begun.attempt + 1,
    category: verdict.kind === 'as a payment' ? ('01' as const) : begun.category,
  }
  // A new run has its own transaction, and so its own turn of the browser.
  const waiting = await openPage(system, chosen, secrets.cvv2, async tx => {
    await beginAuthentication(system, chosen, plan, how, tx)
  })
  return { kind: 'done', vaulting: waiting }
}

/** Asks the issuer whether the card is good. One that wants the buyer to be authenticated is heard once. */
export async function verify(
  system: System,
  chosen: Chosen,
  secrets: Secrets,
  proof: IssuerProof | undefined,
  keep: boolean,
): Promise<Asked> {
  const { vaulting, question, choice } = chosen
  const stepUp = proof || chosen.softDeclined ? undefined : () => stepUpOnce(system, chosen, secrets)
  return askIssuer(system, vaulting, secrets, question, choice, { keep, proof, stepUp })
}

/** @returns the vaulting that waits for its buyer now; nothing where he cannot be authenticated */
async function stepUpOnce(system: System, chosen: Chosen, secrets: Secrets): Promise<Vaulting | undefined> {
  const again: Chosen = { ...chosen, softDeclined: true }
  const plan = planFor(system, again, secrets.pan)
  if (plan.kind !== 'needed') return undefined
  const { id } = chosen.vaulting
  return openPage(
    system,
    again,
    secrets.cvv2,
    async tx => {
      await beginAuthentication(system, again, plan, { attempt: 1 }, tx)
    },
    // The answer is taken and the vaulting is open again, all in one transaction or not at all.
    tx => takeSoftDecline(tx, id),
  )
}
