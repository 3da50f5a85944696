/**
 * The list of notifications as people read it, and the frame that it shares with the page of a single one. No script and
 * no form; text from anywhere is escaped, and kept from turning the text around it.
 */
import { createHash } from 'node:crypto'
import {
  type ListedNotification,
  type NotificationState,
  notificationStates,
} from '../notifications/look-up-across-merchants.js'
import type { ListQuery, NotificationList } from '../notifications/look-up-notifications.js'
import { dueText, outcomeText, plain } from '../notifications/look-up-print.js'
import { escapeHtml } from '../platform/escape-html.js'

const STYLE = `
:root { color-scheme: light dark; --ink: #16202e; --quiet: #566174; --paper: #fff; --rule: #dfe3ea; --key: #0a55c4;
  --good: #14713b; --bad: #b3261e; --wait: #8a5a00; --off: #566174; --shade: #f4f6f9 }
@media (prefers-color-scheme: dark) { :root { --ink: #eef1f6; --quiet: #a9b4c4; --paper: #161d29; --rule: #323d4e;
  --key: #7fb2ff; --good: #6fd39a; --bad: #ff9b92; --wait: #f2c46d; --off: #a9b4c4; --shade: #1e2735 } }
* { box-sizing: border-box }
body { margin: 0; padding: 24px; background: var(--paper); color: var(--ink); font: 15px/1.45 system-ui, sans-serif }
main { max-width: 76rem; margin: 0 auto }
h1 { font-size: 1.2rem; margin: 0 0 .5rem; overflow-wrap: anywhere }
h2 { font-size: 1rem; margin: 1.5rem 0 .5rem }
a { color: var(--key) }
:focus-visible { outline: 3px solid var(--key); outline-offset: 2px; border-radius: 3px }
p, dd, td, li { overflow-wrap: anywhere }
.quiet { color: var(--quiet) }
nav ul { display: flex; flex-wrap: wrap; gap: 8px; margin: 12px 0; padding: 0; list-style: none }
nav a { display: block; padding: 6px 12px; border: 1px solid var(--rule); border-radius: 999px; text-decoration: none }
nav [aria-current] { border-color: var(--key); background: var(--shade); font-weight: 600 }
table { border-collapse: collapse; width: 100% }
th, td { padding: 8px; text-align: left; vertical-align: top; border-bottom: 1px solid var(--rule) }
th { position: sticky; top: 0; background: var(--paper) }
.at { white-space: nowrap; font-variant-numeric: tabular-nums }
.state { display: inline-block; padding: 1px 8px; border: 1px solid currentColor; border-radius: 999px;
  font-size: .85rem; font-weight: 600; white-space: nowrap }
.acknowledged { color: var(--good) } .exhausted, .failed { color: var(--bad) } .open, .due { color: var(--wait) }
.cancelled, .no-address, .later { color: var(--off) }
code { font: .9em/1.4 ui-monospace, monospace; overflow-wrap: anywhere }
pre { margin: 4px 0; padding: 8px 12px; background: var(--shade); border-radius: 6px; white-space: pre-wrap;
  overflow-wrap: anywhere; color: var(--ink);
  font: .85rem/1.5 ui-monospace, monospace }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 16px; margin: 12px 0 }
dt { color: var(--quiet) } dd { margin: 0 }
.both { display: grid; gap: 0 40px }
.ladder { margin: 0; padding: 0; list-style: none }
.ladder li { position: relative; padding: 0 0 18px 34px; min-height: 44px }
.ladder li::before { content: ''; position: absolute; left: 9px; top: 8px; bottom: -8px; border-left: 2px solid var(--rule) }
.ladder li:last-child::before { display: none }
.ladder .dot { position: absolute; left: 2px; top: 4px; width: 16px; height: 16px; border: 2px solid currentColor;
  border-radius: 50%; background: var(--paper) }
.ladder .acknowledged .dot, .ladder .failed .dot { background: currentColor }
.ladder h3 { margin: 0; font-size: .95rem; color: var(--ink) }
.ladder h3 span { font-weight: 400; color: var(--quiet) }
.ladder .what { font-weight: 600 }
.ladder .facts { color: var(--quiet); font-size: .9rem }
td[data-title='Merchant'] { overflow-wrap: break-word }
td[data-title='Next due'] { white-space: nowrap }
@media (min-width: 44.01rem) { td[data-title='Last'] { min-width: 14rem } }
@media (min-width: 60rem) { .both { grid-template-columns: 3fr 2fr } }
@media (max-width: 44rem) {
  body { padding: 16px }
  thead { display: block; position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
  tr { display: block; padding: 10px 0; border-bottom: 1px solid var(--rule) }
  td { display: block; padding: 1px 0; border: 0 }
  td:empty { display: none }
  td[data-title]::before { content: attr(data-title) ': '; color: var(--quiet) }
  dl { grid-template-columns: 1fr; gap: 0 } dd { margin-bottom: 6px }
}
`

/** Sent with these pages. Nothing may be loaded, nothing sent, and nobody may frame them. */
export const NOTIFICATIONS_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
} as const

/** A whole page. @param title  as text; @param content  as HTML */
export function page(title: string, content: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(plain(title))}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${content}
</main>
</body>
</html>
`
}

/** A person's browser asks for a page; programs get JSON, whatever they accept. @param accept  the header */
export const wantsPage = (accept: string | undefined) => accept?.includes('text/html') === true

/** What is told where something cannot be shown. @param problem  for people */
export const problemPage = (problem: string) =>
  page(
    'This cannot be shown',
    `<h1>This cannot be shown</h1>
<p>${told(problem)}</p>
<p><a href="/sandbox/notifications">All notifications</a></p>`,
  )

/** Text of somebody else as HTML: it stays text, and the direction of its letters stays within it. */
export const told = (text: string) => `<bdi>${escapeHtml(plain(text))}</bdi>`

/** An instant, to the second, for people and for programs. */
export const timeTag = (instant: number) =>
  `<time datetime="${new Date(instant).toISOString()}">${new Date(instant).toISOString().slice(0, 19).replace('T', ' ')}</time>`

/** A state in colour and words. */
export const stateTag = (state: NotificationState) => `<span class="state ${nameOf(state)}">${state}</span>`

const nameOf = (state: NotificationState) => state.replace(' ', '-')

/** Where the page of a notification is. */
export const pagePath = (id: string) => `/sandbox/notifications/${encodeURIComponent(id)}`

/** The list, newest first. */
export function notificationsPage({ notifications, next }: NotificationList, query: ListQuery, now: number): string {
  const states = [undefined, ...notificationStates].map(state => {
    const named = state && nameOf(state)
    const current = query.state?.replace(' ', '-') === named ? ' aria-current="page"' : ''
    const href = listPath({ ...query, state: named, before: undefined })
    return `<li><a href="${href}"${current}>${state ?? 'all'}</a></li>`
  })
  const whose = query.merchant === undefined ? '' : ` of ${told(query.merchant)}`
  const more = next === undefined ? '' : `<p><a href="${listPath({ ...query, before: next })}">Older ones</a></p>`
  return page(
    'Notifications',
    `<h1>Notifications${whose}</h1>
<p class="quiet">Newest first${query.since === undefined ? ', of the last seven days' : ''}. Times are UTC, by Coffer's clock, which shows ${timeTag(now)}. The same as JSON for programs.</p>
<nav aria-label="By state"><ul>${states.join('')}</ul></nav>
${notifications.length === 0 ? '<p>There is none.</p>' : table(notifications, now)}
${more}`,
  )
}

function listPath({ merchant, ...rest }: ListQuery): string {
  const given = Object.entries({ clientId: merchant, ...rest }).filter(
    (one): one is [string, string] => one[1] !== undefined,
  )
  const search = new URLSearchParams(given).toString()
  return escapeHtml(`/sandbox/notifications${search && `?${search}`}`)
}

const COLUMNS = ['When', 'Merchant', 'Of', 'State', 'Tries', 'Last outcome', 'Next due']

function table(notifications: readonly ListedNotification[], now: number): string {
  return `<table>
<thead><tr>${COLUMNS.map(title => `<th scope="col">${title}</th>`).join('')}</tr></thead>
<tbody>
${notifications.map(one => row(one, now)).join('\n')}
</tbody>
</table>`
}

function row(one: ListedNotification, now: number): string {
  const { id, merchantId, kind, subjectId, state, last, attempts } = one
  const cells: [title: string, html: string][] = [
    ['', `<span class="at">${timeTag(one.createdAt)}</span>`],
    ['Merchant', told(merchantId)],
    ['', `<a href="${pagePath(id)}">${escapeHtml(kind)} ${told(subjectId)}</a>`],
    ['', stateTag(state)],
    ['Tries', String(attempts)],
    ['Last', last ? told(outcomeText(last)) : ''],
    ['Next due', dueText(one, now) ?? ''],
  ]
  const cell = ([title, html]: [string, string]) =>
    title !== '' && html !== '' ? `<td data-title="${title}">${html}</td>` : `<td>${html}</td>`
  return `<tr>${cells.map(cell).join('')}</tr>`
}
