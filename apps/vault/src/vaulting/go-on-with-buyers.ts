/**
 * Goes on with the vaultings whose CVV waits in this process: when a buyer has chosen a brand, when his browser has come,
 * when the result of a challenge has come, on whatever node that was. This process alone can conclude them.
 */
import type { Pan } from '../card-data/index.js'
import { limit } from '../platform/clock.js'
import { mayWorkLater } from '../platform/database.js'
import { errorFields } from '../platform/log.js'
import type { System } from '../system.js'
import type { Authentication } from '../three-ds/authentication.js'
import { closeAuthentications, endAuthentication, noteSent } from '../three-ds/authentications-across-merchants.js'
import { openOutcome } from '../three-ds/sealed-parts.js'
import { askDirectory, noteChallengeOf, noteDecision } from './ask-directory.js'
import { goOnWithNetwork } from './authenticate-buyer.js'
import { beginAuthentication, type Chosen, MOST_ATTEMPTS, planFor } from './begin-authentication.js'
import { endedOf, type News, newsOf } from './buyer-steps-across-merchants.js'
import { concludeVaulting } from './conclude-vaulting.js'
import type { WaitingVaulting } from './question.js'
import { settleAuthentication, verdictOn } from './settle-authentication.js'
import { failed, type RunningVaulting } from './vaulting.js'
import type { NetworkChoice } from './vaulting-store.js'

/** While others think about one card, the rest must not wait for it: news is looked for again after this. */
const LOOK_AGAIN_MS = 250

/**
 * One turn of a loop: it ends when all that it began has ended. No issuer is asked while it cannot be reached; the CVV
 * stays where it is.
 */
export async function goOnWithBuyers(system: System): Promise<void> {
  const { clock, db, parking } = system
  const begun = new Set<string>()
  const running = new Map<string, Promise<void>>()
  try {
    do {
      parking.eraseOver(clock.now())
      for (const id of parking.ids().length ? await endedOf(db, parking.ids()) : []) parking.erase(id)
      const ids = parking.ids().filter(id => !running.has(id))
      for (const news of ids.length ? await newsOf(db, ids) : []) {
        // The same news is acted on once in a turn: what could not be done now waits for the next one.
        const { authentication: run } = news
        const name = `${news.card.id} ${run?.id} ${run?.state}`
        if (begun.has(name)) continue
        begun.add(name)
        running.set(
          news.card.id,
          goOn(system, news).finally(() => running.delete(news.card.id)),
        )
      }
      const again = limit(LOOK_AGAIN_MS)
      if (running.size > 0) await Promise.race([...running.values(), again.passed])
      again.cancel()
    } while (running.size > 0)
  } finally {
    await Promise.all(running.values())
  }
}

async function goOn(system: System, news: News): Promise<void> {
  const { log, parking } = system
  const { id } = news.card
  const waiting = parking.look(id)
  if (!waiting) return
  const { vaulting } = waiting
  try {
    const { authentication: run } = news
    const chosen = chosenOf(waiting, news)
    if (run?.state === 'READY') await authenticate(system, chosen, news, run)
    else await conclude(system, chosen, news, run)
  } catch (error) {
    log.error('buyer.not-concluded', { ...whose(vaulting), ...errorFields(error) })
    // The CVV must not be lost to a moment without a database. What fails for another reason would fail again, and the
    // buyer need not wait for the deadline to enter the card once more.
    if (mayWorkLater(error)) return
    parking.erase(id)
    await concludeVaulting(system, vaulting, failed('ORDER_IS_CLOSED'), { ground: 'UNASKED' }).catch(() => {})
    await closeAuthentications(system.db, id).catch(() => {})
  }
}

/** The network: known before, or chosen on the page. */
function chosenOf(waiting: WaitingVaulting, { chosen }: News): Chosen {
  if (waiting.choice) return { ...waiting, choice: waiting.choice }
  // What was offered is known here; a row that says otherwise was changed behind our back, and the card stays here.
  if (!chosen || !waiting.networks.includes(chosen.network)) {
    throw new Error('a choice is none of those that were offered')
  }
  const choice: NetworkChoice = { network: chosen.network, by: 'BUYER', at: chosen.at }
  return { ...waiting, choice }
}

/** The browser has come: the directory server is asked. The CVV stays parked, as it is not wanted for that. */
async function authenticate(system: System, chosen: Chosen, news: News, run: Authentication): Promise<void> {
  const { db } = system
  if (!(await noteSent(db, run.id))) return
  await withPan(system, news, 'authentication of the buyer', async pan => {
    const answer = await askDirectory(system, chosen, run, pan)
    if (answer.kind === 'challenge') return noteChallengeOf(system, run, answer)
    if (answer.kind === 'decided') return noteDecision(system, run, answer)
    const plan = run.attempt < MOST_ATTEMPTS ? planFor(system, chosen, pan) : undefined
    await endAuthentication(db, run.id, 'SILENT')
    // The page begins anew by itself. After the last try it says that it gives up; the deadline ends the vaulting.
    if (plan?.kind === 'needed') await beginAuthentication(system, chosen, plan, { attempt: run.attempt + 1 })
  })
}

/** All that was waited for has come: the issuer is asked, or the vaulting ends. */
async function conclude(system: System, chosen: Chosen, news: News, run: Authentication | undefined): Promise<void> {
  const { acquirers, cards, directories, parking } = system
  const { id } = news.card
  // Opened as of this vaulting: another one's outcome does not open in its place.
  const outcome = run?.outcomeSealed && (await openOutcome(cards, { ...run, vaultingId: id }, run.outcomeSealed))
  const verdict = run && outcome && verdictOn(system, run, outcome)
  // The issuer is not asked while it cannot be reached, nor the buyer while it is not known whether he can be
  // authenticated: looked at here, so that no number is opened for nothing.
  const { network } = chosen.choice
  const asksIssuer = verdict === undefined || verdict.kind === 'go on'
  if (asksIssuer && acquirers.for(network)?.isUp() === false) return
  if (verdict === undefined && directories.stateOf(network) === 'not loaded') return
  const parked = parking.take(id)
  if (!parked) return
  const { cvv, rest } = parked
  let done = false
  try {
    await withPan(system, news, 'verification after the buyer was there', async pan => {
      const secrets = { pan, cvv2: cvv }
      const asked =
        run && verdict
          ? await settleAuthentication(system, chosen, run, verdict, secrets, true)
          : await goOnWithNetwork(system, chosen, secrets, 'page')
      done = asked.kind === 'done'
    })
  } catch (error) {
    done = !mayWorkLater(error)
    throw error
  } finally {
    // Nobody was asked yet: the next turn tries again, until the deadline.
    if (!done) parking.park(id, cvv, rest, rest.settleAt)
    cvv?.erase()
  }
}

async function withPan(system: System, news: News, reason: string, work: (pan: Pan) => Promise<void>): Promise<void> {
  const { cards, db } = system
  const { pan } = await db.transaction(tx => cards.openCard(tx, news.card, { actor: 'serve', reason }))
  try {
    await work(pan)
  } finally {
    pan.erase()
  }
}

const whose = ({ merchantId, vaultingRequestId }: RunningVaulting) => ({ merchantId, vaultingRequestId })
