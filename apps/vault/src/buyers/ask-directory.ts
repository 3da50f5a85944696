/** Asks the directory server about a buyer, and writes down what it said before anybody acts on it. */
import type { Pan } from '../card-data/index.js'
import { currencyDigits, currencyNumber } from '../issuer/iso8583/currency-codes.js'
import type { System } from '../system.js'
import type { AReqMaterial } from '../three-ds/areq.js'
import { authenticateCard, type CardAuthentication } from '../three-ds/authenticate-card.js'
import type { Begun } from '../three-ds/authentication.js'
import { noteAnswer, noteChallenge } from '../three-ds/authentications-across-merchants.js'
import { browserElements, differences, windowSizeFor } from '../three-ds/browser-facts.js'
import { sealChallenge, sealOutcome } from '../three-ds/sealed-parts.js'
import { challengeNotifyUrl, resultsUrl } from '../three-ds/three-ds-urls.js'
import { noteOn } from '../timeline/timeline-store.js'
import type { Chosen, Question } from './errand.js'

/**
 * Sends the AReq of a run that was begun.
 * @param mostMs  waits no longer than this, whatever the settings say
 */
export async function askDirectory(
  system: System,
  chosen: Chosen,
  begun: Begun,
  pan: Pan,
  mostMs = Number.POSITIVE_INFINITY,
): Promise<CardAuthentication> {
  const { clock, config, directories, metrics } = system
  const { id, version, category, browser, methodUrl, methodDone, directory: directoryId, network } = begun
  if (!browser) throw new Error('a buyer is to be authenticated whose browser is not known')
  const directory = directories.byId(directoryId)
  if (!directory) return { kind: 'silence', cause: 'it is not in the settings any more' }
  const compInd = methodUrl === undefined ? 'U' : methodDone ? 'Y' : 'N'
  const { question, buyer } = chosen
  const material: AReqMaterial = {
    transId: id,
    version,
    category,
    directory: directory.config,
    merchant: question.merchant,
    compInd,
    browser: browserElements(browser, version, buyer.env),
    storesCard: chosen.errand.storesCard,
    expiry: question.expiry,
    holder: buyer.holder,
    notificationUrl: challengeNotifyUrl(config),
    resultsUrl: resultsUrl(config, directoryId),
    ...(category === '01' && { purchase: purchaseOf(question, clock.now()) }),
  }
  const differs = differences(browser, buyer.env)
  await note(system, begun, 'threeds.areq', {
    directory: directoryId,
    network,
    messageVersion: version,
    threeDSServerTransID: id,
    messageCategory: category,
    threeDSCompInd: compInd,
    threeDSRequestorAuthenticationInd: category === '01' ? '01' : '04',
    ...(differs.length && { differsFromEnv: differs }),
  })
  const { timers } = config.threeDS
  const limits = { ...timers, answerMs: Math.min(timers.answerMs, mostMs) }
  const answer = await authenticateCard(directory, material, pan, limits, config.environment === 'live')
  metrics.threeDS.inc({ outcome: answer.kind === 'decided' ? (answer.outcome.transStatus ?? 'none') : answer.kind })
  if (answer.kind === 'silence') {
    const { cause } = answer
    system.log.warn('three-ds.no-answer', { cause: `${directoryId}: ${cause}`, ...whose(begun) })
    await note(system, begun, 'threeds.no-answer', { directory: directoryId, threeDSServerTransID: id, cause })
  }
  return answer
}

/** Writes down that it is decided; whoever has the CVV acts on it. */
export async function noteDecision(
  system: System,
  begun: Begun,
  { outcome, acsTransId, told }: Extract<CardAuthentication, { kind: 'decided' }>,
): Promise<void> {
  const sealed = await sealOutcome(system.cards, begun, outcome)
  const event = { at: system.clock.now(), kind: 'threeds.ares', detail: told }
  await noteAnswer(system.db, begun.id, event, { sealed, dsTransId: outcome.dsTransId, acsTransId })
}

/** Writes down where the challenge is; the page shows it from then on. */
export async function noteChallengeOf(
  system: System,
  begun: Begun,
  { acsUrl, acsTransId, dsTransId, cardholderInfo, told }: Extract<CardAuthentication, { kind: 'challenge' }>,
): Promise<void> {
  const windowSize = begun.browser ? windowSizeFor(begun.browser) : '03'
  const challenge = { acsUrl, acsTransId, dsTransId, windowSize, ...(cardholderInfo && { cardholderInfo }) }
  const sealed = await sealChallenge(system.cards, begun, challenge)
  const event = { at: system.clock.now(), kind: 'threeds.ares', detail: told }
  await noteChallenge(system.db, begun.id, event, { dsTransId, acsTransId, sealed })
}

/** What is to be paid; nothing, for issuers that cannot authenticate without a payment. */
function purchaseOf({ currency, amount }: Question, now: number): NonNullable<AReqMaterial['purchase']> {
  const date = new Date(now).toISOString().replace(/[-:T]/g, '').slice(0, 14)
  return {
    amount: String(amount),
    currencyNumber: currencyNumber(currency)!,
    exponent: String(currencyDigits(currency)),
    date,
  }
}

const whose = ({ merchantId, vaultingRequestId }: Begun) => ({ merchantId, subjectId: vaultingRequestId })

const note = (system: System, { about, merchantId, vaultingRequestId }: Begun, kind: string, detail: object) =>
  noteOn(system.db, { about, merchantId, requestId: vaultingRequestId }, { at: system.clock.now(), kind, detail })
