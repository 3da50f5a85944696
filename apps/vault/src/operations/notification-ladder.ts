/** One notification as people read it: the ladder of its eight deliveries, what happened at each, and what comes. */
import type { NamedAttempt, NotificationDetail } from '../notifications/look-up-notifications.js'
import { dueText, inWords, outcomeText } from '../notifications/look-up-print.js'
import { MAX_ATTEMPTS, repeatAfterMs } from '../notifications/schedule.js'
import { escapeHtml } from '../platform/escape-html.js'
import { page, pagePath, stateTag, timeTag, told } from './notifications-page.js'

/**
 * The page of one notification.
 * @param now  by the vault's clock
 * @param factor  what stretches or shortens the waits in this sandbox
 */
export function notificationPage(detail: NotificationDetail, now: number, factor: number): string {
  const { id, merchantId, kind, subjectId, url } = detail
  const timeline = `/sandbox/timeline/${encodeURIComponent(merchantId)}/${encodeURIComponent(subjectId)}`
  const ofVaulting = kind === 'notifyVaulting' ? ` · <a href="${timeline}">timeline of the vaulting</a>` : ''
  return page(
    `${kind} of ${subjectId}`,
    `<h1>${escapeHtml(kind)} of ${told(subjectId)}</h1>
<p><a href="/sandbox/notifications">All notifications</a>${ofVaulting}</p>
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
${rungs(detail, now, factor).join('\n')}
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
  return due === undefined ? '' : `next due: ${due}`
}

/** One rung for each place of the schedule, whether it was reached or not. */
function rungs(detail: NotificationDetail, now: number, factor: number): string[] {
  const made = new Map(detail.attempts.filter(({ resend }) => !resend).map(attempt => [attempt.attempt, attempt]))
  const html: string[] = []
  let offsetMs = 0
  // What is to come is counted from the next one that is due.
  let expectedAt = detail.dueAt
  for (let place = 1; place <= Math.max(MAX_ATTEMPTS, detail.attemptsMade); place++) {
    const attempt = made.get(place)
    const title = `<h3>${place} <span>· ${place === 1 ? 'at once' : `after ${sinceFirst(offsetMs)}`}</span></h3>`
    const waitMs = repeatAfterMs(place, factor)
    if (attempt) html.push(rung(attempt.acknowledged ? 'acknowledged' : 'failed', title, attemptHtml(detail, attempt)))
    else if (detail.state === 'open' && expectedAt !== undefined) {
      const isNext = place === detail.attemptsMade + 1
      const when = isNext
        ? `<div class="what">${detail.underWay ? 'being delivered' : `due ${timeTag(expectedAt)}`}</div>${isDue(detail, now)}`
        : `<div class="facts">unless acknowledged: ${timeTag(expectedAt)}</div>`
      html.push(rung(isNext ? 'due' : 'later', title, when))
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
  return due === undefined ? '' : `<div class="facts">${due === 'now' ? 'waits for the worker' : due}</div>`
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
  const facts = [
    `${timeTag(beganAt)} UTC`,
    ...(tookMs === undefined ? [] : [tookMs < 60_000 ? `${tookMs} ms` : inWords(tookMs)]),
    ...(httpStatus === undefined ? [] : [`HTTP ${httpStatus}`]),
    ...(target === undefined ? [] : [`went to ${told(target)}`]),
    ...(signed === 'rightly' ? [] : [`signed ${signed} by a rule`]),
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
    const title = `<h3>${resend.name}${elsewhere}</h3>`
    if (attempt) return rung(attempt.acknowledged ? 'acknowledged' : 'failed', title, attemptHtml(detail, attempt))
    const waits = dueText(resend, now)
    const asked = `<div class="facts">asked for ${timeTag(resend.createdAt)} UTC</div>`
    if (waits === undefined) return rung('later', title, `<div class="what">cancelled</div>${asked}`)
    return rung('due', title, `<div class="what">${waits === 'now' ? 'waits for the worker' : waits}</div>${asked}`)
  })
  return `<ol class="ladder">\n${html.join('\n')}\n</ol>`
}
