/**
 * Takes questions back that an issuer did not answer: it may have said yes, and nobody heard it. ISO 8583 has no message
 * to ask what became of a question, so a reversal is sent, and repeated until it is acknowledged. The vaulting fails as
 * soon as that is so, at its deadline at the latest; the reversal goes on by itself.
 *
 * What an issuer is only told, captures, refunds and voids, is told again until it has taken note.
 */

import { failPayment } from '../payments/settle-payment.js'
import { tellAgain } from '../payments/tell-again.js'
import { after } from '../platform/clock.js'
import { isOutage } from '../platform/database.js'
import { newId } from '../platform/ids.js'
import { errorFields } from '../platform/log.js'
import type { System } from '../system.js'
import { concludeVaulting } from './conclude-vaulting.js'
import {
  beginReversal,
  endReversal,
  reverseAgain,
  takeUnanswered,
  type Unanswered,
} from './unanswered-across-merchants.js'
import { failed } from './vaulting.js'
import { findVaulting } from './vaulting-store.js'

const BATCH = 20

/** Longer than a turn may take: voids after captures, each with the longest time that an acquirer's entry can have. */
const LEASE_MS = 25_000

const SECONDS = 1_000
const MINUTES = 60 * SECONDS
const HOURS = 60 * MINUTES

/** How long after each reversal without an acknowledgement the next is sent; the last one holds for all that follow. */
export const REVERSE_AGAIN_AFTER_MS = [
  10 * SECONDS,
  1 * MINUTES,
  5 * MINUTES,
  30 * MINUTES,
  2 * HOURS,
  6 * HOURS,
] as const

/** From here on somebody has to call the acquirer. */
const ALARM_AFTER_MS = 24 * HOURS

/** A reversal can overtake its question; what an issuer has not got by then, it will not get any more. */
const NOT_FOUND_FOR_MS = 5 * MINUTES

/** Whose questions a turn takes back: one acquirer's, or those whose acquirer is not configured any more. */
export type QuestionsOf = { acquirer: string } | { noneOf: readonly string[] }

/** All there are. Each has its own loop, as one silent acquirer must not hold up the others. */
export function allQuestions({ acquirers }: System): QuestionsOf[] {
  const ids = acquirers.state().map(({ id }) => id)
  return [...ids.map(acquirer => ({ acquirer })), { noneOf: ids }]
}

/** One turn: takes back what is due. @returns whether there may be more */
export async function reverseUnanswered(system: System, of: QuestionsOf): Promise<boolean> {
  const { clock, db, random } = system
  const now = clock.now()
  const lease = { token: newId(now, random.bytes(16)), ms: LEASE_MS }
  const due = await takeUnanswered(db, now, BATCH, lease, of)
  const work = (question: Unanswered) =>
    (question.what === 'QUESTION' ? takeBack : tellAdvice)(system, question, lease.token).catch(async error => {
      system.log.error('issuer.not-reversed', { ...whose(question), ...errorFields(error) })
      // Without a database nothing can be noted either; the lease runs out by itself.
      if (!isOutage(error)) await again(system, question, lease.token, 'it could not be sent', false)
    })
  // Beside each other, as the acquirer may be slow; but voids after the captures that they undo.
  const isVoid = ({ what }: Unanswered) => what === 'VOID'
  await Promise.all(due.filter(question => !isVoid(question)).map(work))
  await Promise.all(due.filter(isVoid).map(work))
  return due.length === BATCH
}

async function takeBack(system: System, question: Unanswered, leaseToken: string): Promise<void> {
  const { cards, clock, db } = system
  const { id, merchantId, network, currency, original } = question
  const acquirer = system.acquirers.byId(question.acquirer)
  const reference = question.reversal ?? (await acquirer?.prepare()) ?? {}
  if (!question.reversal && !(await beginReversal(db, id, leaseToken, reference))) return
  if (acquirer?.reversesVerifications === false && question.about === 'VAULTING') {
    await fail(system, question)
    return endReversal(db, id, leaseToken, clock.now(), { notReversed: true })
  }
  // The number of a payment's card may be gone for good: its token was deleted. The issuer finds it by its reference.
  if (!acquirer || (!question.card && question.about === 'VAULTING')) {
    const cause = acquirer ? 'the sealed card is not there' : `no acquirer ${question.acquirer} is configured`
    return again(system, question, leaseToken, cause, false)
  }
  const opening = { actor: 'work', reason: 'reversal of a verification without an answer' }
  const { card } = question
  const open = card && (await db.transaction(tx => cards.openCard(tx, card, opening)))
  try {
    const merchant = { id: merchantId, name: question.merchantName }
    const repeat = question.reversalsMade > 0
    const { amount, sale } = question
    const about = { network, card: open, currency, merchant, amount, sale }
    const asked = { ...about, original, reference, repeat }
    const outcome = await acquirer.reverse(asked)
    system.metrics.reversals.inc({ outcome: outcome.kind })
    if (outcome.kind === 'unknown') return await again(system, question, leaseToken, outcome.cause, outcome.sent)
    await fail(system, question)
    if (outcome.kind === 'not found' && clock.now() - question.askedAt < NOT_FOUND_FOR_MS) {
      return await again(system, question, leaseToken, 'the issuer has not got the question yet', true)
    }
    const detail = { responseCode: outcome.raw, attempt: question.reversalsMade + 1 }
    await endReversal(db, id, leaseToken, clock.now(), detail)
  } finally {
    open?.pan.erase()
  }
}

/** What the issuer is only told is told again. */
async function tellAdvice(system: System, question: Unanswered, leaseToken: string): Promise<void> {
  const { what } = question
  if (what === 'QUESTION') throw new Error('a question is not told but taken back')
  await tellAgain(system, { ...question, what }, leaseToken, (cause, sent) =>
    again(system, question, leaseToken, cause, sent),
  )
}

/** The issuer has taken the question back, or has not got it: what it was about fails, where it has not already. */
async function fail(system: System, { about, merchantId, vaultingRequestId }: Unanswered): Promise<void> {
  if (about === 'PAYMENT') return failPayment(system, merchantId, vaultingRequestId)
  const found = await findVaulting(system.db, system.cards, merchantId, vaultingRequestId)
  if (found?.vaulting.state !== 'PROCESSING') return
  await concludeVaulting(system, found.vaulting, NO_ANSWER, { ground: 'REVERSING' })
}

/** What a vaulting ends as whose issuer gave no answer. */
export const NO_ANSWER = failed('PROCESS_FAIL', 'The issuer gave no answer that could be relied on. Use a new id.')

async function again(
  system: System,
  question: Unanswered,
  leaseToken: string,
  cause: string,
  sent: boolean,
): Promise<void> {
  const { clock, db, log } = system
  const at = clock.now()
  const { reversalsMade } = question
  const waitMs = REVERSE_AGAIN_AFTER_MS[Math.min(reversalsMade, REVERSE_AGAIN_AFTER_MS.length - 1)]!
  const detail = { cause, attempt: reversalsMade + 1 }
  await reverseAgain(db, question.id, leaseToken, { dueAt: after(at, waitMs), at, detail, sent })
  const told = { ...whose(question), cause, count: reversalsMade + 1 }
  if (at - question.askedAt > ALARM_AFTER_MS) log.error('issuer.reversal-overdue', told)
  else log.warn('issuer.reversal-unanswered', told)
}

const whose = ({ merchantId, vaultingRequestId }: Unanswered) => ({ merchantId, subjectId: vaultingRequestId })
