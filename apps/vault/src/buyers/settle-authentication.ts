/** Acts on what an authentication said: asks the issuer with its proof, ends the errand, or lets the buyer begin anew. */
import type { System } from '../system.js'
import type { Begun } from '../three-ds/authentication.js'
import { endAuthentication } from '../three-ds/authentications-across-merchants.js'
import {
  type AuthenticationOutcome,
  type IssuerProof,
  judgeAuthentication,
  type Verdict,
} from '../three-ds/judge-authentication.js'
import { beginAuthentication, MOST_ATTEMPTS, planFor } from './begin-authentication.js'
import type { Asked, Chosen, Secrets } from './errand.js'
import { openPage } from './open-page.js'

/** What an authentication means for the errand, by the rules of this vault. */
export function verdictOn({ config }: System, begun: Begun, outcome: AuthenticationOutcome): Verdict {
  return judgeAuthentication(outcome, begun, begun.attempt < MOST_ATTEMPTS, config.threeDS.fallback)
}

/** @param keep  whether this process alone can go on */
export async function settleAuthentication<State>(
  system: System,
  chosen: Chosen<State>,
  begun: Begun,
  verdict: Verdict,
  secrets: Secrets,
  keep: boolean,
): Promise<Asked<State>> {
  const { db } = system
  const { errand } = chosen
  if (verdict.kind === 'go on') {
    const asked = await verify(system, chosen, secrets, verdict.proof, keep)
    if (asked.kind === 'done') await endAuthentication(db, begun.id, verdict.proof ? 'USED' : 'UNAVAILABLE')
    return asked
  }
  if (verdict.kind === 'fail') {
    const { code, message } = verdict
    const ended = await errand.fail({ code, ...(message !== undefined && { message }) })
    await endAuthentication(db, begun.id, verdict.isRefusal ? 'REFUSED' : 'UNAVAILABLE')
    return { kind: 'done', now: ended }
  }
  const plan = planFor(system, chosen, secrets.pan)
  if (plan.kind !== 'needed') {
    // The issuer's range went away meanwhile: the buyer has to be authenticated, and cannot be any more.
    return { kind: 'done', now: await errand.fail({ code: 'AUTHENTICATION_REQUIRED' }) }
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
  return { kind: 'done', now: waiting }
}

/** Asks the issuer. One that wants the buyer to be authenticated is heard once. */
export async function verify<State>(
  system: System,
  chosen: Chosen<State>,
  secrets: Secrets,
  proof: IssuerProof | undefined,
  keep: boolean,
): Promise<Asked<State>> {
  const { buyer, choice, errand } = chosen
  // Where nobody else can go on, the CVV is not risked on a line that is down.
  if (keep && system.acquirers.for(choice.network)?.isUp() === false) {
    return { kind: 'not asked', now: await errand.present() }
  }
  const final = proof !== undefined || chosen.softDeclined || buyer.absent
  const stepUp = final ? undefined : () => stepUpOnce(system, chosen, secrets)
  return errand.askIssuer(chosen, secrets, { keep, proof, stepUp })
}

/** @returns how it stands now that it waits for its buyer; nothing where he cannot be authenticated */
async function stepUpOnce<State>(system: System, chosen: Chosen<State>, secrets: Secrets): Promise<State | undefined> {
  const again: Chosen<State> = { ...chosen, softDeclined: true }
  const plan = planFor(system, again, secrets.pan)
  if (plan.kind !== 'needed') return undefined
  return openPage(
    system,
    again,
    secrets.cvv2,
    async tx => {
      await beginAuthentication(system, again, plan, { attempt: 1 }, tx)
    },
    // The answer is taken and the errand is open again, all in one transaction or not at all.
    tx => chosen.errand.takeSoftDecline(tx),
  )
}
