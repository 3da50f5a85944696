/**
 * From a card whose network is known to the issuer's answer, by way of 3-D Secure where that is needed: at once where
 * nothing is wanted of the buyer, else on his page.
 */
import type { System } from '../system.js'
import { endAuthentication, showOnPage } from '../three-ds/authentications-across-merchants.js'
import { type BrowserFacts, factsFromEnv } from '../three-ds/browser-facts.js'
import { noteOn } from '../timeline/timeline-store.js'
import { askDirectory, noteChallengeOf, noteDecision } from './ask-directory.js'
import { beginAuthentication, type NeededAuthentication, planFor } from './begin-authentication.js'
import type { Asked, Chosen, Secrets } from './errand.js'
import { openPage } from './open-page.js'
import { settleAuthentication, verdictOn, verify } from './settle-authentication.js'

/** Real time that an authentication may take within a call, so that the issuer's answer still fits into it. */
const WITHIN_A_CALL_MS = 1_500

/** A directory server that has not answered by then is left to the page: merchants' clients give up after 15 seconds. */
const MOST_OF_A_CALL_MS = 8_000

/**
 * Goes on with a card whose network is known.
 * @param at  within a call of the API, whose repeat can go on should it break off; or on the buyer's page, while this
 *   process alone has the CVV
 */
export async function goOnWithNetwork<State>(
  system: System,
  chosen: Chosen<State>,
  secrets: Secrets,
  at: 'call' | 'page',
): Promise<Asked<State>> {
  const { errand, buyer } = chosen
  const plan = planFor(system, chosen, secrets.pan)
  if (plan.kind === 'unknown') {
    // Whether the card takes part is not known yet, and is not guessed: a repeat of the call, or the next turn, goes on.
    system.log.warn('three-ds.ranges-missing', { cause: chosen.choice.network })
    if (at === 'call') await errand.letGo(system.db)
    return { kind: 'not asked', now: await errand.present() }
  }
  if (plan.kind === 'none' && plan.because !== 'not asked for') {
    await note(system, chosen, 'threeds.skipped', { because: plan.because })
  }
  if (plan.kind === 'none') return verify(system, chosen, secrets, undefined, at === 'page')
  if (plan.kind === 'impossible') {
    await note(system, chosen, 'threeds.impossible', { reason: plan.reason, because: plan.because })
    if (system.config.threeDS.fallback === 'skip') return verify(system, chosen, secrets, undefined, at === 'page')
    return { kind: 'done', now: await errand.fail({ code: 'AUTHENTICATION_REQUIRED', message: plan.because }) }
  }
  // Without a 3DS Method, and with everything that a browser would tell, nothing is wanted of the buyer yet.
  const facts =
    at === 'call' && plan.enrolment.methodUrl === undefined && buyer.env ? factsFromEnv(buyer.env) : undefined
  if (facts) return authenticateAtOnce(system, chosen, secrets, plan, facts)
  const waiting = await openPage(system, chosen, secrets.cvv2, async tx => {
    await beginAuthentication(system, chosen, plan, { attempt: 1 }, tx)
  })
  return { kind: 'done', now: waiting }
}

/** Within a call, with what the merchant says of the browser. */
async function authenticateAtOnce<State>(
  system: System,
  chosen: Chosen<State>,
  secrets: Secrets,
  plan: NeededAuthentication,
  browser: BrowserFacts,
): Promise<Asked<State>> {
  const { db, clock } = system
  const begun = await beginAuthentication(system, chosen, plan, { attempt: 1, browser })
  const startedAt = clock.stopwatch()
  const answer = await askDirectory(system, chosen, begun, secrets.pan, MOST_OF_A_CALL_MS)
  if (answer.kind === 'decided' && clock.stopwatch() - startedAt < WITHIN_A_CALL_MS) {
    await noteDecision(system, begun, answer)
    return settleAuthentication(system, chosen, begun, verdictOn(system, begun, answer.outcome), secrets, false)
  }
  // What is left to do is done apart from the call, so that it has its answer in time; the page shows what goes on.
  const waiting = await openPage(system, chosen, secrets.cvv2, async tx => {
    if (answer.kind === 'silence') await beginAuthentication(system, chosen, plan, { attempt: 2 }, tx)
    else await showOnPage(tx, begun)
  })
  if (answer.kind === 'silence') await endAuthentication(db, begun.id, 'SILENT')
  else if (answer.kind === 'challenge') await noteChallengeOf(system, begun, answer)
  else await noteDecision(system, begun, answer)
  return { kind: 'done', now: waiting }
}

const note = (system: System, { errand }: Chosen, kind: string, detail: object) =>
  noteOn(system.db, errand, { at: system.clock.now(), kind, detail })
