/** Acts on what an authentication said: asks the issuer with its proof, ends the vaulting, or lets the buyer begin anew. */
import type { System } from '../system.js'
import type { Begun } from '../three-ds/authentication.js'
import { endAuthentication } from '../three-ds/authentications-across-merchants.js'
import {
  type AuthenticationOutcome,
  type IssuerProof,
  judgeAuthentication,
  type Verdict,
} from '../three-ds/judge-authentication.js'
import { type Asked, askIssuer } from './ask-issuer.js'
import { beginAuthentication, type Chosen, MOST_ATTEMPTS, planFor, type Secrets } from './begin-authentication.js'
import { concludeVaulting } from './conclude-vaulting.js'
import { takeSoftDecline } from './issuer-message-store.js'
import { openPage } from './open-page.js'
import { failed, type Vaulting } from './vaulting.js'

/** What an authentication means for the vaulting, by the rules of this vault. */
export function verdictOn({ config }: System, begun: Begun, outcome: AuthenticationOutcome): Verdict {
  return judgeAuthentication(outcome, begun, begun.attempt < MOST_ATTEMPTS, config.threeDS.fallback)
}

/** @param keep  whether this process alone can go on */
export async function settleAuthentication(
  system: System,
  chosen: Chosen,
  begun: Begun,
  verdict: Verdict,
  secrets: Secrets,
  keep: boolean,
): Promise<Asked> {
  const { db } = system
  const { vaulting } = chosen
  if (verdict.kind === 'go on') {
    const asked = await verify(system, chosen, secrets, verdict.proof, keep)
    if (asked.kind === 'done') await endAuthentication(db, begun.id, verdict.proof ? 'USED' : 'UNAVAILABLE')
    return asked
  }
  if (verdict.kind === 'fail') {
    const outcome = failed(verdict.code, verdict.message)
    const ended = await concludeVaulting(system, vaulting, outcome, { ground: 'UNASKED' })
    await endAuthentication(db, begun.id, verdict.isRefusal ? 'REFUSED' : 'UNAVAILABLE')
    return { kind: 'done', vaulting: ended }
  }
  const plan = planFor(system, chosen, secrets.pan)
  if (plan.kind !== 'needed') {
    // The issuer's range went away meanwhile: the buyer has to be authenticated, and cannot be any more.
    const outcome = failed('AUTHENTICATION_REQUIRED')
    return { kind: 'done', vaulting: await concludeVaulting(system, vaulting, outcome, { ground: 'UNASKED' }) }
  }
  const how = {
    attempt: begun.attempt + 1,
    category: verdict.kind === 'as a payment' ? ('01' as const) : begun.category,
  }
  // A new run has its own transaction, and so its own turn of the browser.
  const waiting = await openPage(system, chosen, secrets.cvv2, async tx => {
    await endAuthentication(tx, begun.id, 'REPEATED')
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
  // Where nobody else can go on, the CVV is not risked on a line that is down.
  if (keep && system.acquirers.for(choice.network)?.isUp() === false) return { kind: 'not asked', vaulting }
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
