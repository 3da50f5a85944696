/**
 * Asks a buyer which brand of a co-badged card to use, and goes on when he has chosen. Regulation (EU) 2015/751, Article
 * 8(6): the choice is the payer's. Until then the CVV waits in this process; only this process can go on.
 */
import type { Cvv, NetworkId, Pan } from '../card-data/index.js'
import { limit } from '../platform/clock.js'
import { mayWorkLater } from '../platform/database.js'
import { errorFields } from '../platform/log.js'
import type { System } from '../system.js'
import { askIssuer } from './ask-issuer.js'
import { choicesMade, endedOf } from './buyer-steps-across-merchants.js'
import { insertBuyerStep } from './buyer-store.js'
import { concludeVaulting } from './conclude-vaulting.js'
import type { Question } from './question.js'
import { failed, type RunningVaulting } from './vaulting.js'
import { findVaulting } from './vaulting-store.js'

/**
 * Makes the buyer's page and parks the CVV.
 * @returns the vaulting as it stands now: it awaits the buyer, unless somebody else took it over
 */
export async function askBuyer(
  system: System,
  vaulting: RunningVaulting,
  secrets: { pan: Pan; cvv2: Cvv | undefined },
  question: Question,
  step: { networks: readonly NetworkId[]; redirectUrl: string; settleAt: number },
) {
  const { cards, clock, db, parking, presence } = system
  const { id, merchantId, vaultingRequestId } = vaulting
  const waiting = { ...vaulting, awaitsBuyer: true }
  // Parked before anybody can choose: a fast buyer must not find the CVV missing.
  parking.park(
    id,
    secrets.cvv2,
    { vaulting: waiting, question, settleAt: step.settleAt, networks: step.networks },
    step.settleAt,
  )
  try {
    const { networks, redirectUrl } = step
    const holder = presence.processId
    const row = { id, merchantId, vaultingRequestId, holder, redirectUrl, networks, at: clock.now() }
    if (await insertBuyerStep(db, row)) return waiting
  } catch (error) {
    parking.erase(id)
    throw error
  }
  parking.erase(id)
  return (await findVaulting(db, cards, merchantId, vaultingRequestId))?.vaulting ?? vaulting
}

/** While an issuer thinks about one card, others must not wait for it: choices are looked for again after this. */
const LOOK_AGAIN_MS = 250

/**
 * Goes on with each vaulting whose CVV waits here and whose buyer has chosen. One turn of a loop: it ends when all that it
 * began has ended. Nothing is begun while the acquirer cannot be reached; the CVV stays where it is.
 */
export async function goOnWithChoices(system: System): Promise<void> {
  const { acquirers, clock, db, parking } = system
  const begun = new Set<string>()
  const running = new Set<Promise<void>>()
  try {
    do {
      parking.eraseOver(clock.now())
      for (const id of parking.ids().length ? await endedOf(db, parking.ids()) : []) parking.erase(id)
      const ids = parking.ids().filter(id => !begun.has(id))
      for (const choice of ids.length ? await choicesMade(db, ids) : []) {
        if (acquirers.for(choice.network)?.isUp() === false) continue
        begun.add(choice.card.id)
        const run = goOn(system, choice).finally(() => running.delete(run))
        running.add(run)
      }
      const again = limit(LOOK_AGAIN_MS)
      if (running.size > 0) await Promise.race([...running, again.passed])
      again.cancel()
    } while (running.size > 0)
  } finally {
    await Promise.all(running)
  }
}

async function goOn(system: System, choice: Awaited<ReturnType<typeof choicesMade>>[number]): Promise<void> {
  const { cards, db, log, parking } = system
  const parked = parking.take(choice.card.id)
  if (!parked) return
  const { cvv, rest } = parked
  const { vaulting, question, settleAt, networks } = rest
  let done = false
  try {
    // What was offered is known here; a row that says otherwise was changed behind our back, and the card stays here.
    if (!networks.includes(choice.network)) throw new Error('a choice is none of those that were offered')
    const opening = { actor: 'serve', reason: 'verification after the buyer chose a brand' }
    const { pan } = await db.transaction(tx => cards.openCard(tx, choice.card, opening))
    try {
      const { network, at } = choice
      const card = { pan, cvv2: cvv }
      const result = await askIssuer(system, vaulting, card, question, { network, by: 'BUYER', at }, true)
      done = result.kind === 'done'
    } finally {
      pan.erase()
    }
  } catch (error) {
    log.error('buyer.choice-not-concluded', { ...whose(vaulting), ...errorFields(error) })
    // The CVV must not be lost to a moment without a database. What fails for another reason would fail again, and the
    // buyer need not wait for the deadline to enter the card once more.
    done = !mayWorkLater(error)
    if (done) {
      const outcome = failed('ORDER_IS_CLOSED')
      await concludeVaulting(system, vaulting, outcome, { ground: 'UNASKED' }).catch(() => {})
    }
  } finally {
    // Nobody was asked yet: the next turn tries again, until the deadline.
    if (!done) parking.park(vaulting.id, cvv, rest, settleAt)
    cvv?.erase()
  }
}

const whose = ({ merchantId, vaultingRequestId }: RunningVaulting) => ({ merchantId, vaultingRequestId })
