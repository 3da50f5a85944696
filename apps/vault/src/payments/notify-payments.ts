/** What notifications of payments say. Each is made from what was decided and comes out the same every time. */
import type { CardData } from '../card-data/index.js'
import type { Queryable, Row } from '../platform/database.js'
import type { Echo } from './money.js'
import { captureNotification, type Operation, type OperationKind, refundNotification } from './operation.js'
import { findOperationRows, readOperation } from './operation-store.js'
import { paymentNotification } from './payment.js'
import { findPayment, findPaymentRows, readPayment } from './payment-store.js'

interface Subject {
  merchantId: string
  subjectId: string
}

/** The bodies of notifyPayment, for paymentRequestIds. Source: Antom › notifyPayment. */
export function paymentBodies(
  db: Queryable,
  cards: CardData,
  subjects: readonly Subject[],
): Promise<PromiseSettledResult<object>[]> {
  return bodies(
    subjects,
    findPaymentRows,
    async row => paymentNotification((await readPayment(cards, row)).payment),
    db,
  )
}

/** The bodies of notifyCapture, for captureRequestIds. Source: Antom › notifyCapture. */
export function captureBodies(
  db: Queryable,
  cards: CardData,
  subjects: readonly Subject[],
): Promise<PromiseSettledResult<object>[]> {
  return bodies(
    subjects,
    rowsOf('CAPTURE'),
    async row => {
      const operation = readOperation(row)
      return captureNotification(operation, await infoOf(db, cards, operation))
    },
    db,
  )
}

/** The bodies of notifyRefund, for refundRequestIds. Source: Antom › notifyRefund. */
export function refundBodies(
  db: Queryable,
  cards: CardData,
  subjects: readonly Subject[],
): Promise<PromiseSettledResult<object>[]> {
  return bodies(
    subjects,
    rowsOf('REFUND'),
    async row => {
      const operation = readOperation(row)
      const sealed = row['echo_sealed'] as Buffer | null
      const { id, merchantId } = operation
      const echo = sealed ? await cards.openJson(merchantId, 'misc', `operation:${id}`, sealed) : {}
      return refundNotification(operation, echo as Echo)
    },
    db,
  )
}

type FindRows = (db: Queryable, merchantIds: readonly string[], requestIds: readonly string[]) => Promise<Row[]>

const rowsOf =
  (kind: OperationKind): FindRows =>
  (db, merchantIds, requestIds) =>
    findOperationRows(db, kind, merchantIds, requestIds)

async function bodies(
  subjects: readonly Subject[],
  find: FindRows,
  bodyOf: (row: Row) => Promise<object>,
  db: Queryable,
): Promise<PromiseSettledResult<object>[]> {
  const rows = await find(
    db,
    subjects.map(({ merchantId }) => merchantId),
    subjects.map(({ subjectId }) => subjectId),
  )
  const byPlace = new Map(rows.map(row => [Number(row['nth']), row]))
  return Promise.allSettled(
    subjects.map(async (_subject, nth) => {
      const row = byPlace.get(nth + 1)
      if (!row) throw new Error('a notification tells of something that is not there')
      return bodyOf(row)
    }),
  )
}

async function infoOf(db: Queryable, cards: CardData, { merchantId, paymentId }: Operation) {
  const found = await findPayment(db, cards, merchantId, { paymentId })
  if (!found) throw new Error('a capture without its payment')
  return found.payment.info
}
