/** What a listener tells: as lines for people, and as an object per line for scripts. */
import { plain } from '../notifications/look-up-print.js'
import type { SignatureVerdict } from './check-signature.js'

/** What is known of a notification when it comes. */
export interface Arrival {
  event: 'received'
  /** Counts the notifications of this run. */
  n: number
  /** ISO 8601, by the machine's clock. */
  at: string
  notificationId: string
  attempt: number
  /** Sent once more, outside of its series. */
  resend: boolean
  kind: string
  subjectId: string
  resultCode: string
  signature: SignatureVerdict
  /** E.g. `held`, `delayed 5 s`. */
  treatment: string[]
  body?: string
}

/** What became of it. */
export interface Outcome {
  event: 'answered'
  n: number
  at: string
  /** Which of two, where it was duplicated. */
  copy?: 1 | 2
  /** HTTP status of the developer's server; absent when it gave no answer. */
  httpStatus?: number
  tookMs?: number
  /** Why there was no answer, and what may help. */
  failure?: string
  remedy?: string
  /** What is worth knowing of the answer. */
  notes?: string[]
  acknowledged: boolean
  /** Why the gateway does not take it for acknowledged. */
  reason?: string
  /** After this one began; absent when nothing follows. */
  repeatsInMs?: number
  resend: boolean
}

export type Told =
  /** `signedFor`: path and query, unless they are those of each notification's own address. */
  | {
      event: 'attached'
      at: string
      merchant: string
      port: number
      forwardTo: string
      signedFor?: string
      again: boolean
    }
  | { event: 'away' | 'back'; at: string }
  | Arrival
  | { event: 'hung up'; at: string; n: number }
  | Outcome
  | { event: 'wish'; at: string; text: string }
  | { event: 'detached'; at: string; cut: number }

/** Lines for people. Whatever came from outside is in them: the terminal obeys none of it. */
export const linesFor = (told: Told): string[] => lines(told).map(plain)

/** An object for scripts, equal to what is told; a terminal on which it is shown obeys none of it either. */
export function jsonLine(told: Told): string {
  const asEscape = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  return JSON.stringify(told).replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, asEscape)
}

function lines(told: Told): string[] {
  const time = told.at.slice(11, 19)
  switch (told.event) {
    case 'attached': {
      const { merchant, forwardTo, signedFor, again } = told
      if (again) return [`${time} Attached again: notifications of ${merchant} go to ${forwardTo}.`]
      return [
        `Notifications of ${merchant} go to ${forwardTo} now, and nowhere else, until this ends.`,
        signedFor === undefined
          ? 'They keep path and query of their own address, and are signed for those: --forward-to names none.'
          : `They are signed for ${signedFor}. Your server has all the time it wants.`,
      ]
    }
    case 'away':
      return [`${time} Coffer is away, waiting for it.`]
    case 'back':
      return [`${time} Coffer is back.`]
    case 'received':
      return arrivalLines(time, told)
    case 'hung up':
      return [`${time} #${told.n} Coffer does not wait for this answer any more.`]
    case 'answered':
      return outcomeLines(time, told)
    case 'wish':
      return [`${time} ${told.text}`]
    case 'detached': {
      const cut = told.cut > 0 ? ` ${told.cut} without an answer: Coffer takes that for a failed delivery.` : ''
      return [`${time} Detached: notifications go to the merchant's own address again.${cut}`]
    }
  }
}

function arrivalLines(time: string, told: Arrival): string[] {
  const { n, attempt, resend, kind, subjectId, resultCode, signature, treatment, body } = told
  const nth = resend ? 'sent once more' : `attempt ${attempt}`
  const line = [`${kind} ${subjectId} ${resultCode}`, nth, `signature ${signature.text}`, ...treatment].join(', ')
  return [`${time} #${n} ${line}`, ...(body === undefined ? [] : body.split('\n'))]
}

function outcomeLines(time: string, told: Outcome): string[] {
  const { n, copy, httpStatus, tookMs, failure, remedy, notes = [] } = told
  const which = `#${n}${copy ? ` (${copy}/2)` : ''}`
  const came = httpStatus === undefined ? failure && (remedy ? `${failure}: ${remedy}` : failure) : `HTTP ${httpStatus}`
  const took = httpStatus === undefined || tookMs === undefined ? '' : ` in ${inWords(tookMs)}`
  return [
    `${time} ${which} ${came}${took}${notes.map(note => `, ${note}`).join('')}`,
    `         ${copy === 2 ? ofTheSecond(told) : followsIn(told)}`,
  ]
}

/** What the gateway thinks of it, and does next. */
function followsIn({ acknowledged, reason, repeatsInMs, tookMs, resend }: Outcome): string {
  if (acknowledged) return 'acknowledged: no more deliveries'
  const next = () => {
    if (resend) return 'it was sent outside of its series, nothing follows from it'
    if (repeatsInMs === undefined) return 'this was the last delivery'
    const wait = inWords(repeatsInMs)
    return (tookMs ?? 0) < 1_000
      ? `the next delivery is due in ${wait}`
      : `the next delivery is due ${wait} after this one began`
  }
  return `not acknowledged: ${reason}; ${next()}`
}

/** The gateway has its answer with the first: what it would have thought. */
function ofTheSecond({ acknowledged, reason }: Outcome): string {
  return acknowledged ? 'acknowledged, like the first' : `this one would not be acknowledged: ${reason}`
}

/** A duration in its largest one or two units, e.g. `12 ms`, `2 min`, `1 h 30 min`. */
export function inWords(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${Number((ms / 1_000).toFixed(1))} s`
  const minutes = Math.round(ms / 60_000)
  const parts = [
    [Math.floor(minutes / 60), 'h'],
    [minutes % 60, 'min'],
  ] as const
  return parts
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount} ${unit}`)
    .join(' ')
}
