/**
 * The timeline of one vaulting or payment as people read it: who said what to whom, in order, with the messages of 3-D Secure among
 * the rest. Drawn from the same events as the JSON, and as redacted. No script; text from anywhere is escaped.
 */
import { createHash } from 'node:crypto'
import type { About } from '../buyers/errand.js'
import { escapeHtml } from '../platform/escape-html.js'

/** An event as the timeline gives it: `at`, `kind`, and what belongs to it. */
export interface TimelineEvent {
  readonly at: string
  readonly kind: string
}

const lanes = ['Merchant', 'Browser', 'Coffer', 'Directory server', 'Issuer'] as const
type Lane = (typeof lanes)[number]

interface Drawn {
  from: Lane
  to: Lane
  says: string
}

type Detail = Readonly<Record<string, unknown>>

const text = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '')

/** What each kind of event is, as a message between two of them; one that stays with Coffer is a note. */
const drawings: Readonly<Record<string, (detail: Detail) => Drawn>> = {
  'request.received': ({ repeat }) =>
    say('Merchant', 'Coffer', repeat ? 'vaultPaymentMethod, again' : 'vaultPaymentMethod'),
  inquiry: ({ vaultingStatus }) => say('Merchant', 'Coffer', `inquireVaulting: ${text(vaultingStatus)}`),
  'buyer.asked': detail =>
    say('Coffer', 'Browser', detail['for'] === 'brand' ? 'page: which brand?' : 'page: 3-D Secure'),
  'buyer.chose': ({ network }) => say('Browser', 'Coffer', `chose ${text(network)}`),
  'threeds.started': ({ reason, attempt }) => note(`3-D Secure begins (${text(reason)}, run ${text(attempt)})`),
  'threeds.skipped': ({ because }) => note(`3-D Secure was asked for and skipped: ${text(because)}`),
  'threeds.impossible': () => note('3-D Secure is needed and cannot be had'),
  'threeds.method': () => say('Browser', 'Coffer', '3DS Method completed'),
  'threeds.browser': () => say('Browser', 'Coffer', 'what the browser is'),
  'threeds.areq': ({ messageVersion }) => say('Coffer', 'Directory server', `AReq ${text(messageVersion)}`),
  'threeds.ares': detail => say('Directory server', 'Coffer', aresText(detail)),
  'threeds.no-answer': ({ cause }) => say('Directory server', 'Coffer', `no answer (${text(cause)})`),
  'threeds.cres': ({ transStatus, errorCode }) =>
    say(
      'Browser',
      'Coffer',
      transStatus ? `CRes ${text(transStatus)}: decides nothing` : `back, error ${text(errorCode)}`,
    ),
  'threeds.rreq': detail =>
    say('Directory server', 'Coffer', `RReq ${statusText(detail)}${detail['repeated'] ? ', again' : ''}`),
  'threeds.refused': ({ errorCode }) => say('Directory server', 'Coffer', `refused with Erro ${text(errorCode)}`),
  'issuer.asked': ({ network }) => say('Coffer', 'Issuer', `0100 over ${text(network)}`),
  'issuer.answered': ({ responseCode, soft }) =>
    say('Issuer', 'Coffer', `0110 ${text(responseCode)}${soft ? ': authenticate first' : ''}`),
  'issuer.no-answer': () => say('Issuer', 'Coffer', 'no answer'),
  'issuer.reversal-unanswered': () => say('Coffer', 'Issuer', 'reversal, not acknowledged'),
  'issuer.approval-not-used': () => note('an approval that came too late is taken back'),
  'issuer.reversed': () => say('Issuer', 'Coffer', 'taken back'),
  'vaulting.concluded': ({ resultCode }) => note(text(resultCode)),
  'notification.attempt': ({ attempt, resend, acknowledged }) =>
    say(
      'Coffer',
      'Merchant',
      `notifyVaulting ${resend ? 'sent again' : text(attempt)}: ${acknowledged ? 'acknowledged' : 'not acknowledged'}`,
    ),
  'notification.resent': () => note('sending again was asked for'),
  'notification.cancelled': () => note('the series was cancelled'),
  'notification.string-shown': () => note('the string that was signed was shown'),
  'sandbox.rule': detail => note(`a rule of the sandbox: ${text(detail['do'])}`),
}

/** What is another message where a card is charged, or is there at all. */
const drawingsOfPayments: typeof drawings = {
  'request.received': ({ repeat }) => say('Merchant', 'Coffer', repeat ? 'pay, again' : 'pay'),
  inquiry: ({ state }) => say('Merchant', 'Coffer', `inquiryPayment: ${text(state)}`),
  'issuer.asked': ({ network, sale }) => say('Coffer', 'Issuer', `${sale ? '0200' : '0100'} over ${text(network)}`),
  'issuer.answered': ({ responseCode, soft }) =>
    say('Issuer', 'Coffer', `answer ${text(responseCode)}${soft ? ': authenticate first' : ''}`),
  'issuer.told': ({ what, responseCode }) => say('Issuer', 'Coffer', `${named(what)} noted: ${text(responseCode)}`),
  'issuer.advice-unanswered': ({ what }) => say('Coffer', 'Issuer', `${named(what)}, not acknowledged`),
  'payment.concluded': ({ resultCode }) => note(text(resultCode)),
  'payment.cancelled': ({ before }) =>
    say('Merchant', 'Coffer', before === 'PROCESSING' ? 'cancel, before it was decided' : 'cancel'),
  'capture.asked': ({ amount }) => say('Merchant', 'Coffer', `capture ${text(amount)}`),
  'capture.concluded': ({ resultCode }) => note(`capture: ${text(resultCode)}`),
  'capture.disputed': ({ resultCode }) => note(`the issuer does not take note of the capture: ${text(resultCode)}`),
  'refund.asked': ({ amount }) => say('Merchant', 'Coffer', `refund ${text(amount)}`),
  'refund.concluded': ({ resultCode }) => note(`refund: ${text(resultCode)}`),
  'authorisation.released': ({ by }) => note(`the authorisation is given up: ${text(by)}`),
  'notification.attempt': ({ notification, attempt, resend, acknowledged }) =>
    say(
      'Coffer',
      'Merchant',
      `${text(notification) || 'notification'} ${resend ? 'sent again' : text(attempt)}: ${acknowledged ? 'acknowledged' : 'not acknowledged'}`,
    ),
}

const named = (what: unknown): string => text(what).toLowerCase() || 'advice'

/** How a vaulting, a payment or an operation ended. */
const ends = new Set([
  'vaulting.concluded',
  'payment.concluded',
  'payment.cancelled',
  'capture.concluded',
  'capture.disputed',
  'refund.concluded',
])

const say = (from: Lane, to: Lane, says: string): Drawn => ({ from, to, says })
const note = (says: string): Drawn => say('Coffer', 'Coffer', says)

const statusText = ({ transStatus, transStatusReason }: Detail) =>
  `${text(transStatus) || 'without a status'}${transStatusReason ? ` (reason ${text(transStatusReason)})` : ''}`

function aresText(detail: Detail): string {
  if (detail['refused']) return `ARes refused with Erro ${text(detail['errorCode'])}`
  if (detail['errorCode']) return `Erro ${text(detail['errorCode'])}`
  return `ARes ${statusText(detail)}`
}

const STYLE = `
:root { color-scheme: light dark; --ink: #16202e; --quiet: #566174; --paper: #fff; --rule: #dfe3ea; --key: #0a55c4;
  --three: #6d2aa8 }
@media (prefers-color-scheme: dark) { :root { --ink: #eef1f6; --quiet: #a9b4c4; --paper: #161d29; --rule: #323d4e;
  --key: #7fb2ff; --three: #cf9dff } }
body { margin: 0; padding: 24px; background: var(--paper); color: var(--ink); font: 15px/1.45 system-ui, sans-serif }
h1 { font-size: 1.2rem; overflow-wrap: anywhere }
table { border-collapse: collapse; width: 100% }
th, td { padding: 6px 8px; text-align: left; vertical-align: top; border-bottom: 1px solid var(--rule) }
th { position: sticky; top: 0; background: var(--paper) }
.at { white-space: nowrap; color: var(--quiet); font-variant-numeric: tabular-nums }
.way { white-space: nowrap; color: var(--quiet) }
.says { font-weight: 600 }
.three-ds .says { color: var(--three) }
.end .says { color: var(--key) }
.facts { color: var(--quiet); font-size: .85rem; overflow-wrap: anywhere }
.facts b { font-weight: 500; color: var(--ink) }
p { color: var(--quiet) }
@media (max-width: 44rem) {
  body { padding: 16px }
  thead { position: absolute; clip-path: inset(50%) }
  tr { display: block; padding: 8px 0; border-bottom: 1px solid var(--rule) }
  td { display: block; padding: 1px 0; border: 0; white-space: normal }
}
`

/** Sent with the page. Nothing may be loaded, and nobody may frame it. */
export const TIMELINE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
} as const

/**
 * The page.
 * @param requestId  vaultingRequestId or paymentRequestId
 */
export function timelinePage(requestId: string, events: readonly TimelineEvent[], about: About = 'VAULTING'): string {
  const title = `Timeline of ${about === 'PAYMENT' ? 'payment ' : ''}${escapeHtml(requestId)}`
  const [first] = events
  const begin = first ? Date.parse(first.at) : 0
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${title}</h1>
${first ? table(events, begin, about) : `<p>Nothing is known of it: is the client id right, and the ${about === 'PAYMENT' ? 'paymentRequestId' : 'vaultingRequestId or paymentRequestId'}?</p>`}
</body>
</html>
`
}

function table(events: readonly TimelineEvent[], begin: number, about: About): string {
  return `<p>Began ${escapeHtml(new Date(begin).toISOString())}. Coloured are 3-D Secure and how things ended. Programs get the same as JSON.</p>
<table>
<thead><tr><th scope="col">After</th><th scope="col">Between</th><th scope="col">What</th><th scope="col">Facts</th></tr></thead>
<tbody>
${events.map(event => row({ ...event }, begin, about)).join('\n')}
</tbody>
</table>`
}

function row({ at, kind, ...detail }: TimelineEvent & Detail, begin: number, about: About): string {
  const draw = (about === 'PAYMENT' ? drawingsOfPayments[kind] : undefined) ?? drawings[kind]
  const drawn = draw?.(detail) ?? note(kind)
  const isNote = drawn.from === drawn.to
  const named = kind.startsWith('threeds.') ? 'three-ds' : ends.has(kind) ? 'end' : ''
  const way = isNote ? drawn.from : `${drawn.from} → ${drawn.to}`
  const facts = Object.entries(detail).map(([name, value]) => `<b>${escapeHtml(name)}</b> ${escapeHtml(shown(value))}`)
  return `<tr class="${named}"><td class="at">${afterText(Date.parse(at) - begin)}</td><td class="way">${way}</td><td class="says">${escapeHtml(drawn.says)}</td><td class="facts">${facts.join(' · ')}</td></tr>`
}

const shown = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''))

function afterText(ms: number): string {
  if (ms < 60_000) return `${(ms / 1000).toFixed(3)} s`
  const minutes = Math.floor(ms / 60_000)
  return minutes < 60 ? `${minutes} min ${Math.round((ms % 60_000) / 1000)} s` : `${(ms / 3_600_000).toFixed(2)} h`
}
