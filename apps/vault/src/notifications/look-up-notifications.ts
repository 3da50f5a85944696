/** Finds notifications as people ask for them: in a list, or one with everything that happened to it. */
import { OperatorMistake } from '../merchants/manage-merchants.js'
import { merchantWithKeys } from '../merchants/merchant-store.js'
import type { Queryable } from '../platform/database.js'
import { isNotificationKind, notificationKinds } from './kinds.js'
import {
  type Attempt,
  attemptsOf,
  type ListedNotification,
  type ListFilter,
  listBetween,
  type Notification,
  type NotificationState,
  notificationById,
  notificationStates,
  notificationsOf,
  pageBegin,
  type Resend,
  resendsOf,
} from './look-up-across-merchants.js'
import { firstIdAt, isId, LAST_ID, readInstant } from './look-up-window.js'

/** Nothing is known under what somebody named. */
export class UnknownNotification extends OperatorMistake {}

/** Looked back so far unless told. */
const USUAL_WINDOW_MS = 7 * 86_400_000

/** Rows of a list unless told, and at most. */
const USUAL_LIMIT = 50
const MOST = 1_000

/** What a list is asked for, as text from a command line or a query string. */
export interface ListQuery {
  merchant?: string | undefined
  state?: string | undefined
  kind?: string | undefined
  since?: string | undefined
  until?: string | undefined
  /** Goes on behind the last id of the list before. */
  before?: string | undefined
  limit?: string | undefined
}

/** One page of a list, newest first. */
export interface NotificationList {
  notifications: ListedNotification[]
  /** Give it as `before` to go on; `undefined` at the end. */
  next: string | undefined
}

/**
 * Lists notifications of the last seven days, or of the stretch that is asked for.
 * @param now  by the vault's clock
 * @throws OperatorMistake when the question is not one
 */
export async function listNotifications(db: Queryable, query: ListQuery, now: number): Promise<NotificationList> {
  const filter = await readFilter(db, query)
  const limit = readLimit(query.limit)
  const since = query.since === undefined ? now - USUAL_WINDOW_MS : readInstant(query.since, now, 'since')
  const until = query.until === undefined ? undefined : readInstant(query.until, now, 'until')
  if (until !== undefined && until <= since) throw new OperatorMistake('since has to lie before until')
  if (query.before !== undefined && !isId(query.before)) {
    throw new OperatorMistake('before is the id of a notification, the last one of the list before')
  }
  const from = firstIdAt(since)
  let before = until === undefined ? LAST_ID : firstIdAt(until)
  if (query.before !== undefined && query.before.toLowerCase() < before) before = query.before.toLowerCase()
  const found: ListedNotification[] = []
  // One more than is shown, to know whether there is more.
  while (found.length <= limit) {
    const begin = await pageBegin(db, from, before)
    found.push(...(await listBetween(db, begin ?? from, before, filter, limit + 1 - found.length)))
    if (begin === undefined) break
    before = begin
  }
  const notifications = found.slice(0, limit)
  return { notifications, next: found.length > limit ? notifications.at(-1)!.id : undefined }
}

async function readFilter(db: Queryable, query: ListQuery): Promise<ListFilter> {
  const { merchant, kind } = query
  if (kind !== undefined && !isNotificationKind(kind)) {
    throw new OperatorMistake(`a kind is one of ${notificationKinds.join(', ')}`)
  }
  const state = query.state?.replace('-', ' ') as NotificationState | undefined
  if (state !== undefined && !notificationStates.includes(state)) {
    throw new OperatorMistake(`a state is one of ${notificationStates.join(', ').replace('no address', 'no-address')}`)
  }
  if (merchant !== undefined) await checkMerchant(db, merchant)
  return { merchantId: merchant, kind, state }
}

/** @throws OperatorMistake when there is no such merchant */
export async function checkMerchant(db: Queryable, merchantId: string): Promise<void> {
  if (await merchantWithKeys(db, merchantId)) return
  throw new UnknownNotification('there is no such merchant; "coffer merchant list" shows those there are')
}

function readLimit(text: string | undefined): number {
  if (text === undefined) return USUAL_LIMIT
  if (/^[1-9]\d{0,3}$/.test(text) && Number(text) <= MOST) return Number(text)
  throw new OperatorMistake(`a limit is a whole number from 1 to ${MOST}`)
}

/** A delivery with the name by which people ask for it: `3` of the series, `r1` for the first resend. */
export interface NamedAttempt extends Attempt {
  name: string
  /** The resend whose delivery it was. */
  resend: Resend | undefined
}

/** A notification with everything that happened to it. */
export interface NotificationDetail extends Notification {
  resends: readonly (Resend & { name: string })[]
  /** Of the series and of resends, oldest first. */
  attempts: readonly NamedAttempt[]
}

/**
 * Finds the one notification that somebody names.
 * @param named  its id, that of a resend of it, or what it tells of: a vaultingRequestId
 * @param merchantId  whose it has to be; any merchant's unless told
 * @throws UnknownNotification when there is none
 * @throws OperatorMistake when there are several
 */
export async function findNotification(
  db: Queryable,
  named: string,
  merchantId: string | undefined,
): Promise<Notification> {
  const byId = isId(named) ? await notificationById(db, named, merchantId) : undefined
  if (byId) return byId
  const found = await notificationsOf(db, named, merchantId)
  const [first, second] = found
  if (first && !second) return first
  if (!first) {
    const whose = merchantId === undefined ? '' : ' of this merchant'
    throw new UnknownNotification(
      `no notification${whose} has this id or tells of this vaultingRequestId; "coffer notifications list" shows those there are`,
    )
  }
  const merchants = [...new Set(found.map(one => one.merchantId))]
  throw new OperatorMistake(
    merchants.length > 1
      ? `several merchants used this vaultingRequestId: name the merchant too, one of ${merchants.join(', ')}`
      : `several notifications tell of it: name one by its id, ${found.map(({ id, kind }) => `${id} (${kind})`).join(', ')}`,
  )
}

/** Everything that happened to a notification. */
export async function detailOf(db: Queryable, notification: Notification): Promise<NotificationDetail> {
  const resends = (await resendsOf(db, notification.id)).map((resend, nth) => ({ ...resend, name: `r${nth + 1}` }))
  const attempts = await attemptsOf(db, [notification.id, ...resends.map(({ id }) => id)])
  const byId = new Map(resends.map(resend => [resend.id, resend]))
  const named = attempts.map(attempt => {
    const resend = byId.get(attempt.rowId)
    return { ...attempt, name: resend?.name ?? String(attempt.attempt), resend }
  })
  return { ...notification, resends, attempts: named }
}

/** @throws OperatorMistake when there is no delivery of that name */
export function attemptNamed(detail: NotificationDetail, name: string): NamedAttempt {
  const found = detail.attempts.find(attempt => attempt.name === name)
  if (found) return found
  const names = detail.attempts.map(attempt => attempt.name).join(', ')
  throw new UnknownNotification(
    names === '' ? 'there was no attempt yet' : `there was no such attempt; there were ${names}`,
  )
}
