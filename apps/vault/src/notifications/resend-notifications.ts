/** Sends notifications again, once each and outside of their series: at any time, whatever became of them. */
import { judgeNotificationUrl } from '../merchants/judge-notification-url.js'
import { OperatorMistake } from '../merchants/manage-merchants.js'
import { merchantWithKeys } from '../merchants/merchant-store.js'
import { newId } from '../platform/ids.js'
import type { System } from '../system.js'
import { type Attempt, attemptsOf, type Notification, somebodyListens } from './look-up-across-merchants.js'
import { attemptNamed, detailOf, findNotification } from './look-up-notifications.js'
import { nudgeDeliveries } from './notification-store.js'
import { insertResends, type NewResend } from './resend-store.js'

/** A notification that was queued once more. */
export interface Resent {
  notification: Notification
  resendId: string
  /** Where it goes; `undefined` when to a developer who listens. */
  url: string | undefined
}

/** How it is sent again. */
export interface ResendWish {
  /** Only notifications of this merchant. */
  merchantId?: string | undefined
  /** As this delivery was sent: to the same address, and in a sandbox signed as it was signed then. */
  attempt?: string | undefined
  /** To another address than its own. */
  to?: string | undefined
}

/**
 * Queues one more delivery of each notification, due at once. All of them or, when one cannot be, none.
 * @param named  ids, or what the notifications tell of
 * @throws OperatorMistake with what is wrong
 */
export async function resendNotifications(
  system: System,
  named: readonly string[],
  wish: ResendWish,
): Promise<Resent[]> {
  const { clock, db, log, random } = system
  if (wish.attempt !== undefined && named.length > 1) {
    throw new OperatorMistake('an attempt belongs to one notification: name one at a time')
  }
  const now = clock.now()
  const resent = new Map<string, Resent>()
  const rows: NewResend[] = []
  for (const name of named) {
    const notification = await findNotification(db, name, wish.merchantId)
    if (resent.has(notification.id)) continue
    const attempt =
      wish.attempt === undefined ? undefined : attemptNamed(await detailOf(db, notification), wish.attempt)
    const asThen = attempt?.resend?.url === notification.url ? undefined : attempt?.resend?.url
    const to = wish.to ?? asThen
    const url = await addressOf(system, notification, to)
    // Live signs rightly whatever a row says: a sandbox rule has no business there.
    const signed = system.config.environment === 'sandbox' ? attempt?.signed : undefined
    const resendId = newId(now, random.bytes(16))
    const detail = {
      ...(attempt && { as: attempt.name }),
      ...(signed && signed !== 'rightly' && { signed }),
      ...(to !== undefined && { toAnotherAddress: true }),
    }
    resent.set(notification.id, { notification, resendId, url })
    rows.push({ id: resendId, of: notification.id, to, signed, detail })
  }
  await db.transaction(async tx => {
    const queued = await insertResends(tx, rows, now, false)
    if (queued.length !== rows.length) throw new OperatorMistake('a notification was deleted meanwhile: list them anew')
  })
  await nudgeDeliveries(db)
  for (const { notification } of resent.values()) {
    log.info('notification.resent', {
      merchantId: notification.merchantId,
      vaultingRequestId: notification.subjectId,
    })
  }
  return [...resent.values()]
}

/** Where it goes. An address that is given now is judged as at the call; one that is kept, at each attempt. */
async function addressOf(
  system: System,
  { id, merchantId, url }: Notification,
  to: string | undefined,
): Promise<string | undefined> {
  const { clock, config, db } = system
  const merchant = (await merchantWithKeys(db, merchantId))?.merchant
  if (to !== undefined) {
    const verdict = judgeNotificationUrl(to, config.outboundPolicy, merchant?.notificationHosts)
    if (!verdict.ok) throw new OperatorMistake(`the address ${verdict.reason}`)
    return to
  }
  const known = url ?? merchant?.notificationUrl
  if (known === undefined && !(await somebodyListens(db, merchantId, clock.real()))) {
    throw new OperatorMistake(
      `nobody named an address for ${id}: say where it goes ("--to <url>"), or give ${merchantId} a fixed address with "coffer merchant notify-url"`,
    )
  }
  return known
}

/** Looks for an outcome again after this much, in milliseconds of real time. */
const LOOK_AGAIN_MS = 100

/**
 * Waits for what becomes of resends.
 * @param patienceMs  at most so long, in real time
 * @returns the deliveries that were made until then, by the id of the resend
 */
export async function waitForOutcomes(
  { clock, db }: System,
  resendIds: readonly string[],
  patienceMs: number,
): Promise<ReadonlyMap<string, Attempt>> {
  const until = clock.stopwatch() + patienceMs
  for (;;) {
    const made = new Map((await attemptsOf(db, resendIds)).map(attempt => [attempt.rowId, attempt]))
    if (made.size === resendIds.length || clock.stopwatch() >= until) return made
    await clock.sleep(LOOK_AGAIN_MS)
  }
}
