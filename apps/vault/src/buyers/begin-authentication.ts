/** Whether and how the buyer is authenticated, and the beginning of a run of 3-D Secure. */
import type { Pan } from '../card-data/index.js'
import type { Queryable } from '../platform/database.js'
import { newRandomId } from '../platform/ids.js'
import type { System } from '../system.js'
import type { Authentication, Begun } from '../three-ds/authentication.js'
import { insertAuthentication } from '../three-ds/authentications-across-merchants.js'
import type { BrowserFacts } from '../three-ds/browser-facts.js'
import { type AuthenticationPlan, planAuthentication } from '../three-ds/plan-authentication.js'
import type { Chosen } from './errand.js'

export type NeededAuthentication = Extract<AuthenticationPlan, { kind: 'needed' }>

/** A buyer can begin so often; directory servers that stay silent are asked so often. */
export const MOST_ATTEMPTS = 3

export function planFor(system: System, chosen: Chosen, pan: Pan): AuthenticationPlan {
  const { config, directories } = system
  const { network } = chosen.choice
  // Nobody is there to be authenticated: the mandate was, when the buyer gave it.
  if (chosen.buyer.absent) return { kind: 'none', because: 'not asked for' }
  const plan = planAuthentication({
    network,
    facts: pan.facts,
    panLength: pan.length,
    asked: chosen.buyer.asked,
    softDeclined: chosen.softDeclined,
    wish: chosen.buyer.wish,
    policy: config.threeDS.policy,
    directories: { any: directories.isConfigured, ofNetwork: directories.stateOf(network) },
  })
  if (plan.kind !== 'needed' || plan.reason === 'REQUEST' || !chosen.buyer.noUpgrade) return plan
  return { kind: 'impossible', reason: plan.reason, because: NO_UPGRADE }
}

const NO_UPGRADE = '3-D Secure is needed here, and enableAuthenticationUpgrade is false.'

/**
 * Writes down that one begins. Each run has a transaction id of its own, so that the 3DS Method and the AReq belong
 * together.
 * @param how  the attempt, and the browser where it is known already; else the page waits for one
 */
export async function beginAuthentication(
  system: System,
  { errand, choice }: Chosen,
  plan: NeededAuthentication,
  how: { attempt: number; category?: Authentication['category']; browser?: BrowserFacts },
  db: Queryable = system.db,
): Promise<Begun> {
  const { about, id: vaultingId, merchantId, requestId: vaultingRequestId } = errand
  const directory = system.directories.for(choice.network)
  if (!directory) throw new Error('an authentication was planned for a network without a directory server')
  const begun: Begun = {
    id: newRandomId(system.random.bytes(16)),
    about,
    vaultingId,
    merchantId,
    vaultingRequestId,
    attempt: how.attempt,
    reason: plan.reason,
    directory: directory.config.id,
    network: choice.network,
    version: plan.version,
    category: about === 'PAYMENT' ? '01' : (how.category ?? '02'),
    methodUrl: plan.enrolment.methodUrl,
    methodDone: false,
    browser: how.browser,
  }
  const state = how.browser ? 'SENT' : 'BROWSER'
  await insertAuthentication(db, { ...begun, state, at: system.clock.now() })
  return begun
}
