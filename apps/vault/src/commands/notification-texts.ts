/** How `coffer notifications` shows them to people: in 120 columns, where the words of others leave room. */

import type { Attempt, ListedNotification, Resend } from '../notifications/look-up-across-merchants.js'
import type { NamedAttempt, NotificationDetail, NotificationList } from '../notifications/look-up-notifications.js'
import {
  dueText,
  inWords,
  outcomeText,
  plain,
  putOffText,
  sentByText,
  signedText,
} from '../notifications/look-up-print.js'
import { REPEAT_AFTER_MINUTES } from '../notifications/schedule.js'

const WIDTH = 120

/** Two lines for each: what it is and how it stands, then of what it tells and what was answered last. */
export function listText({ notifications, next }: NotificationList, now: number): string {
  if (notifications.length === 0) return 'There is none. Without --since, those of the last 7 days are looked through.'
  const rows = notifications.map(one => [
    one.id,
    atText(one.createdAt),
    one.merchantId,
    one.state,
    String(one.attempts),
    dueText(one, now) ?? '-',
  ])
  const head = ['ID', 'WHEN (UTC)', 'MERCHANT', 'STATE', 'TRIES', 'NEXT DUE']
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map(row => row[column]!.length)))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd()
  const lines = notifications.flatMap((one, nth) => [line(rows[nth]!), clip(`    ${lastText(one)}`)])
  const more = next === undefined ? [] : [`There are more: go on with --before ${next}`]
  return [line(head), '    KIND SUBJECT: LAST OUTCOME', ...lines, ...more].join('\n')
}

function lastText({ kind, subjectId, last }: ListedNotification): string {
  return `${kind} ${plain(subjectId)}: ${last ? withStatus(last) : 'nothing was sent yet'}`
}

const withStatus = (one: Pick<Attempt, 'acknowledged' | 'failure' | 'httpStatus'>) =>
  one.acknowledged ? `acknowledged (HTTP ${one.httpStatus})` : outcomeText(one)

const clip = (text: string) => (text.length <= WIDTH ? text : `${text.slice(0, WIDTH - 1)}…`)

/** To the second; in UTC. */
const atText = (instant: number) => new Date(instant).toISOString().slice(0, 19).replace('T', ' ')

const exactly = (instant: number) => new Date(instant).toISOString()

/** Everything about one, an attempt in a line or two. */
export function detailText(detail: NotificationDetail, now: number): string {
  const facts: [string, string][] = [
    ['tells of', `${detail.kind} ${plain(detail.subjectId)}`],
    ['merchant', detail.merchantId],
    ['made', exactly(detail.createdAt)],
    ['address', detail.url === undefined ? 'none: neither the request nor the merchant named one' : plain(detail.url)],
    ['state', stateText(detail, now)],
  ]
  const waiting = detail.resends.flatMap(resend => {
    const due = dueText(resend, now)
    const how = due ?? (resend.cancelledAt === undefined ? undefined : 'cancelled')
    return how === undefined ? [] : [`  ${resend.name.padStart(3)}  ${resendText(resend)}: ${how}`]
  })
  const attempts = detail.attempts.flatMap(attemptLines)
  return [
    `Notification ${detail.id}`,
    ...facts.map(([name, value]) => `  ${name.padEnd(9)} ${value}`),
    attempts.length === 0 ? 'There was no attempt yet.' : 'Attempts',
    ...attempts,
    ...waiting,
  ].join('\n')
}

function stateText(detail: NotificationDetail, now: number): string {
  const due = dueText(detail, now)
  const putOff = putOffText(detail)
  switch (detail.state) {
    case 'open':
      return `open: attempt ${detail.attemptsMade + 1} of ${REPEAT_AFTER_MINUTES.length + 1} is due ${exactly(detail.dueAt!)} (${due}${putOff === undefined ? '' : `, ${putOff}`})`
    case 'acknowledged':
      return `acknowledged ${exactly(detail.acknowledgedAt!)}`
    case 'cancelled':
      return `cancelled ${exactly(detail.cancelledAt!)}`
    case 'exhausted':
      return `exhausted: the series has ended without an acknowledgement; "coffer notifications resend" sends it again`
    case 'no address':
      return `no address: nobody was told; "coffer notifications resend --to <url>" sends it`
  }
}

function resendText(resend: Resend): string {
  const sentBy = sentByText(resend)
  return sentBy === undefined ? `resend ${resend.id}` : `${sentBy}: ${resend.id}`
}

function attemptLines(attempt: NamedAttempt): string[] {
  const { name, signed, target, answer, resend } = attempt
  const signing = signedText(signed)
  const besides = [
    ...(resend ? [`${resendText(resend)}${resend.url === undefined ? '' : `, to ${plain(resend.url)}`}`] : []),
    ...(target === undefined ? [] : [`went to ${plain(target)}`]),
    ...(signing === undefined ? [] : [signing]),
    ...(answer === undefined ? [] : [`answered: ${plain(answer)}`]),
  ]
  return [`  ${name.padStart(3)}  ${attemptLine(attempt)}`, ...besides.map(one => `         ${one}`)]
}

/** When, how long, what: one delivery. */
export function attemptLine(attempt: Attempt): string {
  const took = attempt.tookMs === undefined ? '' : `${tookText(attempt.tookMs)}  `
  return `${exactly(attempt.beganAt)}  ${took}${withStatus(attempt)}`
}

const tookText = (ms: number) => (ms < 60_000 ? `${ms} ms` : inWords(ms)).padStart(8)
