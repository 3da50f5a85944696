/** Ends the series of notifications before their time: whoever resolved it otherwise need not be told any more. */
import { OperatorMistake } from '../merchants/manage-merchants.js'
import type { System } from '../system.js'
import type { Notification, Resend } from './look-up-across-merchants.js'
import { detailOf, findNotification } from './look-up-notifications.js'
import { cancelOpen } from './resend-store.js'

/** What was cancelled: a series, or one resend that had not gone out yet. */
export interface Cancelled {
  notification: Notification
  resend: Resend | undefined
  /** A delivery had begun already: it is written down when it ends, and may still reach the merchant. */
  underWay: boolean
}

/**
 * Cancels what is open. All of it or, when something is not open, nothing.
 * @param named  ids, or what the notifications tell of; the id of a resend cancels that one alone
 * @throws OperatorMistake with what it is instead
 */
export async function cancelNotifications(
  { clock, db, log }: System,
  named: readonly string[],
  merchantId: string | undefined,
): Promise<Cancelled[]> {
  const found = new Map<string, Omit<Cancelled, 'underWay'>>()
  for (const name of named) {
    const notification = await findNotification(db, name, merchantId)
    const isResend = name.toLowerCase() !== notification.id && name !== notification.subjectId
    const resend = isResend
      ? (await detailOf(db, notification)).resends.find(({ id }) => id === name.toLowerCase())
      : undefined
    found.set(resend?.id ?? notification.id, { notification, resend })
  }
  return db.transaction(async tx => {
    const done = new Map((await cancelOpen(tx, [...found.keys()], clock.now())).map(one => [one.id, one.underWay]))
    return [...found].map(([id, one]) => {
      const underWay = done.get(id)
      if (underWay === undefined) throw new OperatorMistake(whyNot(id, one))
      const { merchantId: whose, subjectId } = one.notification
      log.info('notification.cancelled', { merchantId: whose, subjectId })
      return { ...one, underWay }
    })
  })
}

function whyNot(id: string, { notification, resend }: Omit<Cancelled, 'underWay'>): string {
  const nothing = 'there is nothing to cancel, and nothing was'
  if (resend)
    return `the resend ${id} was ${resend.cancelledAt === undefined ? 'made' : 'cancelled'} already: ${nothing}`
  const at = (instant: number | undefined) => (instant === undefined ? '' : ` since ${new Date(instant).toISOString()}`)
  const is = {
    acknowledged: `acknowledged${at(notification.acknowledgedAt)}`,
    cancelled: `cancelled${at(notification.cancelledAt)}`,
    exhausted: 'exhausted: its series has ended without an acknowledgement',
    'no address': 'without an address: nobody is told of it',
    open: 'not open any more',
  }[notification.state]
  return `${id} is ${is}; ${nothing}`
}
