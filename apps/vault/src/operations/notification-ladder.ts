/** One notification as people read it: the ladder of its eight deliveries, what happened at each, and what comes. */
import type { NamedAttempt, NotificationDetail } from '../notifications/look-up-notifications.js'
import { dueText, inWords, outcomeText, putOffText, sentByText, signedText } from '../notifications/look-up-print.js'
import { MAX_ATTEMPTS, repeatAfterMs } from '../notifications/schedule.js'
import { escapeHtml } from '../platform/escape-html.js'
import { page, pagePath, stateTag, timeTag, told } from './notifications-page.js'

/** When deliveries are made. */
export interface Waits {
  /** Between the outcome and the first one. */
  firstMs: number
  factor: number
}

/**
 * The page of one notification.
 * @param now  by the vault's clock
 * @param waits  `factor` stretches or shortens those of the series in this sandbox
 */
export function notificationPage(detail: NotificationDetail, now: number, waits: Waits): string {
  const { id, merchantId, kind, subjectId, url } = detail
  const timeline = `/sandbox/timeline/${encodeURIComponent(merchantId)}/${encodeURIComponent(subjectId)}`
  const ofVaulting = kind === 'notifyVaulting' ? ` · <a href="${timeline}">timeline of the vaulting</a>` : ''
  const ofPayment = kind === 'notifyPayment' ? ` · <a href="${timeline}?about=payment">timeline of the payment</a>` : ''
  return page(
    `${kind} of ${subjectId}`,
    `<h1>${escapeHtml(kind)} of ${told(subjectId)}</h1>
<p><a href="/sandbox/notifications">All notifications</a>${ofVaulting}${ofPayment}</p>
<dl>
<dt>State</dt><dd>${stateTag(detail.state)} ${sinceText(detail, now)}</dd>
<dt>Merchant</dt><dd>${told(merchantId)}</dd>
<dt>Address</dt><dd>${url === undefined ? 'none: neither the request nor the merchant named one' : told(url)}</dd>
<dt>Made</dt><dd>${timeTag(detail.createdAt)} UTC</dd>
<dt>Id</dt><dd><code>${id}</code></dd>
</dl>
<div class="both">
<section aria-labelledby="series">
<h2 id="series">The series</h2>
<ol class="ladder">
${rungs(detail, now, waits).join('\n')}
</ol>
</section>
<section aria-labelledby="resends">
<h2 id="resends">Resends</h2>
${resends(detail, now)}
<h2>From a terminal</h2>
<pre>npx coffer notifications show ${id}</pre>
<pre>npx coffer notifications resend ${id}</pre>
${detail.state === 'open' ? `<pre>npx coffer notifications cancel ${id}</pre>` : ''}
</section>
</div>`,
  )
}

function sinceText(detail: NotificationDetail, now: number): string {
  const at = detail.acknowledgedAt ?? detail.cancelledAt
  if (at !== undefined) return `${timeTag(at)} UTC`
  const due = dueText(detail, now)
  if (due === undefined) return ''
  const putOff = putOffText(detail)
  return `next due: ${due}${putOff === undefined ? '' : `, ${putOff}`}`
}

/** One rung for each place of the schedule, whether it was reached or not. */
function rungs(detail: NotificationDetail, now: number, { firstMs, factor }: Waits): string[] {
  const made = new Map(detail.attempts.filter(({ resend }) => !resend).map(attempt => [attempt.attempt, attempt]))
  const html: string[] = []
  let offsetMs = 0
  // What is to come is counted from the next one that is due.
  let expectedAt = detail.dueAt
  for (let place = 1; place <= Math.max(MAX_ATTEMPTS, detail.attemptsMade); place++) {
    const attempt = made.get(place)
    const when = place === 1 ? `${inWords(firstMs)} after the outcome` : `after ${sinceFirst(offsetMs)}`
    const title = `<h3>${place} <span>· ${when}</span></h3>`
    const waitMs = repeatAfterMs(place, factor)
    if (attempt) html.push(rung(attempt.acknowledged ? 'acknowledged' : 'failed', title, attemptHtml(detail, attempt)))
    else if (detail.state === 'open' && expectedAt !== undefined) {
      const isNext = place === detail.attemptsMade + 1
      const due = isNext
        ? `<div class="what">${detail.underWay ? 'being delivered' : `due ${timeTag(expectedAt)}`}</div>${isDue(detail, now)}`
        : `<div class="facts">unless acknowledged: ${timeTag(expectedAt)}</div>`
      html.push(rung(isNext ? 'due' : 'later', title, due))
      if (waitMs !== undefined) expectedAt += waitMs
    } else html.push(rung('later', title, `<div class="facts">${WHY_NOT[detail.state]}</div>`))
    // With repeats switched off, or behind the last place, there is no next one.
    if (waitMs === undefined) break
    offsetMs += waitMs
  }
  return html
}

const WHY_NOT: Record<NotificationDetail['state'], string> = {
  acknowledged: 'not needed',
  cancelled: 'cancelled',
  exhausted: 'not made',
  'no address': 'nowhere to go',
  open: 'not made',
}

function isDue(detail: NotificationDetail, now: number): string {
  const due = dueText(detail, now)
  if (due === undefined) return ''
  const putOff = putOffText(detail)
  return `<div class="facts">${due === 'now' ? 'waits for the worker' : due}${putOff === undefined ? '' : ` · ${putOff}`}</div>`
}

/** In hours and minutes, as the schedule is published: `24 h 22 min`. */
function sinceFirst(ms: number): string {
  const [hours, minutes] = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60]
  return hours === 0 ? inWords(ms) : `${hours} h${minutes === 0 ? '' : ` ${minutes} min`}`
}

const rung = (looks: string, title: string, html: string) =>
  `<li class="${looks}"><span class="dot" aria-hidden="true"></span>${title}${html}</li>`

function attemptHtml(detail: NotificationDetail, attempt: NamedAttempt): string {
  const { name, beganAt, tookMs, httpStatus, target, signed, answer } = attempt
  const signing = signedText(signed)
  const facts = [
    `${timeTag(beganAt)} UTC`,
    ...(tookMs === undefined ? [] : [tookMs < 60_000 ? `${tookMs} ms` : inWords(tookMs)]),
    ...(httpStatus === undefined ? [] : [`HTTP ${httpStatus}`]),
    ...(target === undefined ? [] : [`went to ${told(target)}`]),
    ...(signing === undefined ? [] : [signing]),
  ]
  const link = `<a href="${pagePath(detail.id)}/attempts/${name}/string-to-sign" aria-label="string that was signed for attempt ${name}">string that was signed</a>`
  return `<div class="what">${told(outcomeText(attempt))}</div>
<div class="facts">${facts.join(' · ')} · ${link}</div>${answer === undefined ? '' : `<pre>${told(answer)}</pre>`}`
}

function resends(detail: NotificationDetail, now: number): string {
  if (detail.resends.length === 0) return '<p class="quiet">Nobody has sent it again.</p>'
  const html = detail.resends.map(resend => {
    const attempt = detail.attempts.find(({ rowId }) => rowId === resend.id)
    const elsewhere =
      resend.url === detail.url || resend.url === undefined ? '' : ` <span>· to ${told(resend.url)}</span>`
    const sentBy = sentByText(resend)
    const title = `<h3>${resend.name}${elsewhere}${sentBy === undefined ? '' : ` <span>· ${sentBy}</span>`}</h3>`
    if (attempt) return rung(attempt.acknowledged ? 'acknowledged' : 'failed', title, attemptHtml(detail, attempt))
    const waits = dueText(resend, now)
    const asked = `<div class="facts">${sentBy === undefined ? 'asked for' : 'made'} ${timeTag(resend.createdAt)} UTC</div>`
    if (waits === undefined) return rung('later', title, `<div class="what">cancelled</div>${asked}`)
    return rung('due', title, `<div class="what">${waits === 'now' ? 'waits for the worker' : waits}</div>${asked}`)
  })
  return `<ol class="ladder">\n${html.join('\n')}\n</ol>`
}
