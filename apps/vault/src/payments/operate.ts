/** What captures and refunds have in common: the order is written down, the issuer is told, its answer is concluded. */
import { nudgeDeliveries } from '../notifications/notification-store.js'
import { after } from '../platform/clock.js'
import { newId } from '../platform/ids.js'
import type { System } from '../system.js'
import { noteUnanswered } from '../vaulting/issuer-message-store.js'
import { type Operation, type OperationKind, refusalOf } from './operation.js'
import {
  beginOperation,
  concludeOperation,
  findOperation,
  hasUntoldSale,
  operationsOf,
  releaseAuthorisation,
} from './operation-store.js'
import type { Payment } from './payment.js'
import { newOperationId } from './payment-ids.js'
import { findPayment, lockPayment, type StoredPayment } from './payment-store.js'
import { tellIssuer } from './tell-issuer.js'

/** Longer than a connector waits for an answer. From then on a worker tells the issuer again. */
const UNANSWERED_AFTER_MS = 10_000

/** Real time from the call to sending its advice. After a longer pause a worker may be telling it, or have told it. */
const SEND_WITHIN_MS = 5_000

/** What a call asks for. */
export interface Order {
  kind: OperationKind
  requestId: string
  paymentId: string
  amount: bigint
  currency: string
  isLast: boolean
  notificationUrl: string | undefined
  /** What goes back as it came; sealed with the operation's own id. */
  echo: object | undefined
}

/** Why a payment, with what was done with its money so far, does not allow it. */
type Judge<Refused> = (payment: Payment | undefined, done: readonly Operation[]) => Refused | undefined

export type Ordered<Refused> =
  | { kind: 'known'; operation: Operation }
  | { kind: 'refused'; code: Refused }
  /** The same id was used with another amount or for another payment. */
  | { kind: 'inconsistent' }

/**
 * Carries out a capture or a refund, once for its request id.
 * @param judge  asked about the payment while nobody else can change it
 */
export async function operate<Refused>(
  system: System,
  merchantId: string,
  order: Order,
  judge: Judge<Refused>,
): Promise<Ordered<Refused>> {
  const { clock, db } = system
  const { kind, requestId } = order
  const began = clock.stopwatch()
  const before = await findOperation(db, merchantId, kind, { requestId })
  if (before) return repeatOf(before, order)

  // 1. Write it down with what is reserved for it, and what the issuer is to be told: all or nothing.
  const begun = await begin(system, merchantId, order, judge)
  if (begun.kind === 'refused') return begun
  if (begun.kind === 'known before') {
    const now = await findOperation(db, merchantId, kind, { requestId })
    if (!now) throw new Error('an operation that was begun is not there')
    return repeatOf(now, order)
  }

  // 2. Tell the issuer. One that does not answer is told again by a worker, until it does.
  await tellAtOnce(system, begun, order, () => clock.stopwatch() - began > SEND_WITHIN_MS)
  const operation = await findOperation(db, merchantId, kind, { requestId })
  if (!operation) throw new Error('an operation that was begun is not there')
  return { kind: 'known', operation }
}

function repeatOf<Refused>(operation: Operation, order: Order): Ordered<Refused> {
  const { amount, currency, paymentId } = order
  const same = operation.amount === amount && operation.currency === currency && operation.paymentId === paymentId
  return same ? { kind: 'known', operation } : { kind: 'inconsistent' }
}

type Begun<Refused> =
  | { kind: 'begun'; id: string; stored: StoredPayment; reference: Readonly<Record<string, string>> }
  | { kind: 'refused'; code: Refused }
  | { kind: 'known before' }

/** Ends the transaction without having begun. */
class NotBegun<Refused> extends Error {
  constructor(readonly begun: Exclude<Begun<Refused>, { kind: 'begun' }>) {
    super(begun.kind)
  }
}

async function begin<Refused>(
  system: System,
  merchantId: string,
  order: Order,
  judge: Judge<Refused>,
): Promise<Begun<Refused>> {
  const { cards, clock, db, random } = system
  const { kind, requestId, amount, isLast, notificationUrl, echo } = order
  const at = clock.now()
  const id = newId(at, random.bytes(16))
  // What the message needs is got before the payment is locked: one call never holds two connections.
  const seen = await findPayment(db, cards, merchantId, { paymentId: order.paymentId })
  const acquirer = seen?.authorisation && system.acquirers.byId(seen.authorisation.acquirer)
  const reference = await acquirer?.prepare()
  const echoSealed = echo && (await cards.sealJson(merchantId, 'misc', `operation:${id}`, echo))
  try {
    return await db.transaction(async tx => {
      const stored = await lockPayment(tx, cards, merchantId, order.paymentId)
      const done = stored ? await operationsOf(tx, merchantId, stored.payment.id) : []
      // The same call at the same time: it was carried out while this one waited for the payment.
      if (done.some(one => one.kind === kind && one.requestId === requestId)) {
        throw new NotBegun<Refused>({ kind: 'known before' })
      }
      const refused = judge(stored?.payment, done)
      if (refused !== undefined) throw new NotBegun<Refused>({ kind: 'refused', code: refused })
      // It was approved since it was looked at, or its acquirer is not configured any more: the call is repeated.
      if (!stored || !reference) throw new Error('the acquirer of a payment is not there')
      const operation = {
        id,
        merchantId,
        kind,
        requestId,
        operationId: newOperationId(at, random),
        payment: stored.payment.id,
        amount,
        isLast,
        notificationUrl,
        echoSealed,
        reference,
        at,
        dueAt: after(at, UNANSWERED_AFTER_MS),
      }
      if (!(await beginOperation(tx, operation))) throw new NotBegun<Refused>({ kind: 'known before' })
      return { kind: 'begun' as const, id, stored, reference }
    })
  } catch (error) {
    if (error instanceof NotBegun) return (error as NotBegun<Refused>).begun
    throw error
  }
}

async function tellAtOnce(
  system: System,
  { id, stored: { payment, authorisation }, reference }: Extract<Begun<unknown>, { kind: 'begun' }>,
  { kind, amount, currency }: Order,
  isLate: () => boolean,
): Promise<void> {
  if (!authorisation) throw new Error('a payment that was approved has no authorisation')
  const { acquirer, network, reference: original, sale, authCode } = authorisation
  // Nothing can be given back that the issuer has not been told to be captured: a worker tells one after the other.
  if (kind === 'REFUND' && !sale && (await hasUntoldSale(system.db, payment.id))) {
    return noteUnanswered(system.db, id, system.clock.now())
  }
  const told = await tellIssuer(system, {
    what: kind,
    acquirer,
    network,
    merchantId: payment.merchantId,
    currency,
    amount,
    remaining: undefined,
    original,
    sale,
    authCode,
    reference,
    repeat: false,
    by: 'call',
    cardId: payment.cardId,
    isLate,
  })
  if (told.kind === 'unknown') await noteUnanswered(system.db, id, system.clock.now())
  else await endOperation(system, { id, kind, acquirer }, told)
}

/** An issuer has answered: the operation ends, and is notified. */
export async function endOperation(
  system: System,
  { id, kind, acquirer }: { id: string; kind: OperationKind; acquirer: string },
  told: { kind: 'taken' | 'declined'; raw: string },
): Promise<void> {
  const { clock, config, db, random } = system
  const at = clock.now()
  const outcome =
    told.kind === 'taken' ? { state: 'SUCCESS' as const } : { state: 'FAIL' as const, ...refusalOf(kind, told.raw) }
  const notification = {
    id: newId(at, random.bytes(16)),
    firstDeliveryAt: after(at, config.firstNotificationDelayMs),
  }
  // After the last capture the buyer's bank need not hold the rest any longer, nor what a refused capture had held back
  // of a rest that was given up meanwhile. Written down with the capture's end: nothing but this says later that there is
  // a rest.
  const reference = kind === 'CAPTURE' ? await system.acquirers.byId(acquirer)?.prepare() : undefined
  const ended = await db.transaction(async tx => {
    const concluded = await concludeOperation(tx, id, outcome, at, notification)
    if (concluded && reference && (concluded.isLast || outcome.state === 'FAIL')) {
      const advice = { id: newId(at, random.bytes(16)), reference }
      const by = outcome.state === 'FAIL' ? 'REFUSED_CAPTURE' : 'LAST_CAPTURE'
      await releaseAuthorisation(tx, concluded.payment, by, advice, at)
    }
    return concluded
  })
  if (ended) await nudgeDeliveries(db, config.firstNotificationDelayMs)
}
