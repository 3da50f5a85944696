/** Notifications as values for programs, and in the words that commands and pages share. */
import type { Signing } from './due-across-merchants.js'
import type { Attempt, ListedNotification, Notification, Resend } from './look-up-across-merchants.js'
import type { NotificationDetail, NotificationList } from './look-up-notifications.js'

const iso = (instant: number | undefined) => (instant === undefined ? null : new Date(instant).toISOString())

/** A list as JSON. `before` goes on with it. */
export function listData({ notifications, next }: NotificationList): object {
  return { notifications: notifications.map(listed), before: next ?? null }
}

function listed(one: ListedNotification): object {
  return {
    ...common(one),
    attempts: one.attempts,
    lastAttempt: one.last && {
      at: iso(one.last.beganAt),
      httpStatus: one.last.httpStatus ?? null,
      acknowledged: one.last.acknowledged,
      outcome: outcomeText(one.last),
    },
  }
}

const common = (one: Notification) => ({
  id: one.id,
  createdAt: iso(one.createdAt),
  clientId: one.merchantId,
  kind: one.kind,
  subject: one.subjectId,
  state: one.state,
  nextDueAt: iso(one.dueAt),
})

/** One notification with everything that happened to it, as JSON. */
export function detailData(detail: NotificationDetail): object {
  return {
    ...common(detail),
    url: detail.url ?? null,
    underWay: detail.underWay,
    acknowledgedAt: iso(detail.acknowledgedAt),
    cancelledAt: iso(detail.cancelledAt),
    attempts: detail.attempts.map(attempt => ({
      attempt: attempt.name,
      resendId: attempt.resend?.id ?? null,
      at: iso(attempt.beganAt),
      tookMs: attempt.tookMs ?? null,
      httpStatus: attempt.httpStatus ?? null,
      acknowledged: attempt.acknowledged,
      outcome: outcomeText(attempt),
      answer: attempt.answer ?? null,
      url: (attempt.resend ? attempt.resend.url : detail.url) ?? null,
      sentTo: attempt.target ?? null,
      signed: attempt.signed,
    })),
    resends: detail.resends.map(resend => ({
      attempt: resend.name,
      resendId: resend.id,
      askedAt: iso(resend.createdAt),
      dueAt: iso(resend.dueAt),
      cancelledAt: iso(resend.cancelledAt),
      url: resend.url ?? null,
    })),
  }
}

/** How a delivery went, in words. */
export function outcomeText({ acknowledged, failure }: Pick<Attempt, 'acknowledged' | 'failure'>): string {
  return acknowledged ? 'acknowledged' : (failure ?? 'not acknowledged')
}

/** The two largest units that are not nothing, e.g. `2 h 3 min`. */
export function inWords(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000))
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3_600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ]
  const first = parts.findIndex(([amount]) => amount > 0)
  const shown = first < 0 ? [] : parts.slice(first, first + 2).filter(([amount]) => amount > 0)
  return shown.map(([amount, unit]) => `${amount} ${unit}`).join(' ') || '0 s'
}

/** When something is due, seen from now. */
export function dueText(one: { dueAt: number | undefined; underWay: boolean }, now: number): string | undefined {
  if (one.dueAt === undefined) return undefined
  if (one.underWay) return 'being delivered'
  return one.dueAt <= now ? 'now' : `in ${inWords(one.dueAt - now)}`
}

/** How a rule of a sandbox had a delivery signed, and which one; `undefined` where none did. */
export function signedText(signed: Signing): string | undefined {
  return signed === 'rightly' ? undefined : SIGNED[signed]
}

const SIGNED: Readonly<Record<Exclude<Signing, 'rightly'>, string>> = {
  wrongly: 'signed wrongly, by a rule of the sandbox (wrong-signature)',
  'with another key': 'signed with another key, by a rule of the sandbox (another-key)',
  'not at all': 'without a signature, by a rule of the sandbox (no-signature)',
}

/** Why the first delivery has not come yet, where a rule of a sandbox is why. */
export function putOffText({ dueAt, underWay, attemptsMade, played }: Notification): string | undefined {
  const waits = dueAt !== undefined && !underWay && attemptsMade === 0
  return waits && played !== undefined && played !== 'twice' ? 'put off by a rule of the sandbox' : undefined
}

/** Who had it sent once more, where it was not somebody. */
export const sentByText = ({ played }: Pick<Resend, 'played'>) =>
  played === 'twice' ? 'sent twice by a rule of the sandbox' : undefined

/** What somebody else named: a terminal must not obey it, and no line may be told in another order. */
export const plain = (text: string) => text.replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Cs}]/gu, '?')
