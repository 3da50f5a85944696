/**
 * Goes on with the errands whose CVV waits in this process: when a buyer has chosen a brand, when his browser has come,
 * when the result of a challenge has come, on whatever node that was. This process alone can conclude them.
 */
import type { Pan } from '../card-data/index.js'
import { mayWorkLater } from '../platform/database.js'
import { errorFields } from '../platform/log.js'
import type { System } from '../system.js'
import type { Authentication } from '../three-ds/authentication.js'
import { closeAuthentications, endAuthentication, noteSent } from '../three-ds/authentications-across-merchants.js'
import { openOutcome } from '../three-ds/sealed-parts.js'
import { askDirectory, noteChallengeOf, noteDecision } from './ask-directory.js'
import { goOnWithNetwork } from './authenticate-buyer.js'
import { beginAuthentication, MOST_ATTEMPTS, planFor } from './begin-authentication.js'
import { endedOf, type News, newsOf } from './buyer-steps-across-merchants.js'
import type { Chosen, Errand, NetworkChoice, Waiting } from './errand.js'
import { settleAuthentication, verdictOn } from './settle-authentication.js'

/** While something is under way, news is looked for again after this; else only a wake-up, or a longer rest, brings a look. */
const LOOK_AGAIN_MS = 250
const REST_MS = 1_000

/** News that could not be acted on, as an acquirer was down or the database away, is tried again after this. */
const TRY_AGAIN_MS = 500

/** An AReq that has left, and that nobody here waits for any more: its answer was not written down. Real time. */
const LOST_AFTER_MS = 3_000

/** Goes on with the buyers of this process. One object for each process, since it knows what is under way. */
export class BuyerWork {
  readonly #running = new Map<string, Promise<void>>()
  /** When news was acted on last, and since when an AReq is out that nobody waits for; by the stopwatch. */
  readonly #tried = new Map<string, { id: string; at: number }>()

  constructor(private readonly system: System) {}

  /** Begins what there is to do, and does not wait for it. @returns how long to rest, in milliseconds of real time */
  async turn(): Promise<number> {
    const { clock, db, nonceCvvs, parking } = this.system
    parking.eraseOver(clock.now())
    nonceCvvs.eraseOver(clock.now())
    for (const id of parking.ids().length ? await endedOf(db, parking.ids()) : []) parking.erase(id)
    const parked = new Set(parking.ids())
    for (const [name, { id }] of this.#tried) {
      if (!parked.has(id) && !this.#running.has(id)) this.#tried.delete(name)
    }
    const ids = [...parked].filter(id => !this.#running.has(id))
    for (const news of ids.length ? await newsOf(db, ids) : []) this.#begin(news, clock.stopwatch())
    return this.#running.size ? LOOK_AGAIN_MS : REST_MS
  }

  /** Waits for what is under way. */
  async drain(): Promise<void> {
    while (this.#running.size) await Promise.all(this.#running.values())
  }

  #begin(news: News, now: number): void {
    const { id, authentication: run } = news
    const name = `${id} ${run?.id} ${run?.state}`
    const before = this.#tried.get(name)?.at
    const isOut = run?.state === 'SENT'
    if (before === undefined) this.#tried.set(name, { id, at: now })
    // What has just left is waited for by whoever sent it: a call that opens the page at this moment.
    if (isOut ? now - (before ?? now) < LOST_AFTER_MS : before !== undefined && now - before < TRY_AGAIN_MS) return
    this.#tried.set(name, { id, at: now })
    this.#running.set(
      id,
      goOn(this.system, news).finally(() => this.#running.delete(id)),
    )
  }
}

/** Does once what there is to do, and waits for it: for whoever has no loop of his own. */
export async function goOnWithBuyers(system: System): Promise<void> {
  const work = new BuyerWork(system)
  await work.turn()
  await work.drain()
}

async function goOn(system: System, news: News): Promise<void> {
  const { log, parking } = system
  const { id } = news
  const waiting = parking.look(id)
  if (!waiting) return
  const { errand } = waiting
  try {
    const { authentication: run, card } = news
    if (!card) return await endWithoutCard(system, errand)
    const chosen = chosenOf(waiting, news)
    if (run?.state === 'READY') await authenticate(system, chosen, news, run)
    else if (run?.state === 'SENT') await beginAgain(system, chosen, news, run)
    else await conclude(system, chosen, news, run)
  } catch (error) {
    log.error('buyer.not-concluded', { ...whose(errand), ...errorFields(error) })
    // The CVV must not be lost to a moment without a database. What fails for another reason would fail again, and the
    // buyer need not wait for the deadline to enter the card once more.
    if (mayWorkLater(error)) return
    parking.erase(id)
    await errand.fail({ code: 'ORDER_IS_CLOSED' }).catch(() => {})
    await closeAuthentications(system.db, id).catch(() => {})
  }
}

const CARD_DELETED = 'The stored card was deleted while its buyer was being authenticated. Nothing is charged.'

/** The token was deleted meanwhile: the merchant and the buyer hear so now, and not when the time is over. */
async function endWithoutCard({ db, parking }: System, errand: Errand): Promise<void> {
  await errand.fail({ code: 'ORDER_IS_CLOSED', message: CARD_DELETED })
  parking.erase(errand.id)
  await closeAuthentications(db, errand.id)
}

/** The network: known before, or chosen on the page. */
function chosenOf(waiting: Waiting, { chosen }: News): Chosen {
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
    await endInSilence(system, chosen, run, pan)
  })
}

/** The answer of a directory server was not written down, as the database was away: it is asked anew. */
async function beginAgain(system: System, chosen: Chosen, news: News, run: Authentication): Promise<void> {
  system.log.warn('three-ds.answer-lost', whose(chosen.errand))
  await withPan(system, news, 'authentication of the buyer, again', pan => endInSilence(system, chosen, run, pan))
}

/**
 * Nobody answered. The page begins anew by itself; after the last try it says that it gives up, and the deadline ends
 * all.
 */
async function endInSilence(system: System, chosen: Chosen, run: Authentication, pan: Pan): Promise<void> {
  const plan = run.attempt < MOST_ATTEMPTS ? planFor(system, chosen, pan) : undefined
  await system.db.transaction(async tx => {
    await endAuthentication(tx, run.id, 'SILENT')
    if (plan?.kind !== 'needed') return
    await beginAuthentication(system, chosen, plan, { attempt: run.attempt + 1, category: run.category }, tx)
  })
}

/** All that was waited for has come: the issuer is asked, or the errand ends. */
async function conclude(system: System, chosen: Chosen, news: News, run: Authentication | undefined): Promise<void> {
  const { acquirers, cards, directories, parking } = system
  const { id } = news
  // Opened as of this errand: another one's outcome does not open in its place.
  const outcome = run?.outcomeSealed && (await openOutcome(cards, { ...run, vaultingId: id }, run.outcomeSealed))
  const verdict = run && outcome && verdictOn(system, run, outcome)
  if (run && run.network !== chosen.choice.network) throw new Error('a buyer was authenticated over another network')
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
  const { card } = news
  if (!card) throw new Error('a number is wanted that is not stored any more')
  const { pan } = await db.transaction(tx => cards.openCard(tx, card, { actor: 'serve', reason }))
  try {
    await work(pan)
  } finally {
    pan.erase()
  }
}

const whose = ({ merchantId, requestId }: Errand) => ({ merchantId, subjectId: requestId })
