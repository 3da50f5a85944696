/** The text of a buyer's page. No script, no third party, nothing that a browser sends comes back in it. */
import { createHash } from 'node:crypto'
import { networkName } from '../cards/networks.js'
import type { BuyerStep } from '../vaulting/buyer-steps-across-merchants.js'

const STYLE = `
:root { color-scheme: light dark; --line: #8a94a6; --ink: #16202e; --paper: #fff; --back: #eef1f5; --quiet: #566174; --key: #0a55c4 }
@media (prefers-color-scheme: dark) {
  :root { --line: #6b7688; --ink: #eef1f6; --paper: #1b2330; --back: #11161f; --quiet: #a9b4c4; --key: #7fb2ff }
}
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 16px; background: var(--back);
  color: var(--ink); font: 17px/1.5 system-ui, sans-serif }
main { width: 100%; max-width: 27rem; background: var(--paper); border-radius: 14px; padding: 24px;
  box-shadow: 0 1px 3px rgb(0 0 0 / .18) }
h1 { font-size: 1.3rem; line-height: 1.3; margin: 0 0 .5rem }
p { margin: .5rem 0 1rem }
fieldset { border: 0; margin: 0; padding: 0 }
legend { padding: 0; margin-bottom: .5rem }
button { display: block; width: 100%; min-height: 56px; margin: 0 0 12px; padding: 12px 16px; font: inherit;
  font-weight: 600; color: var(--ink); background: var(--paper); border: 2px solid var(--line); border-radius: 10px;
  cursor: pointer; text-align: center }
button:hover { border-color: var(--key) }
button:focus-visible, a:focus-visible { outline: 3px solid var(--key); outline-offset: 2px }
a { color: var(--key) }
.quiet { color: var(--quiet); font-size: .9rem }
.card { font-family: ui-monospace, monospace; white-space: nowrap }
`

const styleHash = createHash('sha256').update(STYLE).digest('base64')

/** Sent with every page. Nothing may be loaded; the one form goes back to this origin. */
export const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${styleHash}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
} as const

/** What a buyer sees of his vaulting. */
export function pageFor(step: BuyerStep, backTo: string): string {
  if (step.state !== 'PROCESSING') return endPage(step, backTo)
  return step.chosen ? waitPage(step) : choicePage(step)
}

/**
 * Every brand gets the same button, in the order of the card: none is bigger, coloured or chosen before the buyer did.
 * Source: Regulation (EU) 2015/751, Article 8(6).
 */
function choicePage(step: BuyerStep): string {
  const buttons = step.networks
    .map(
      network => `<button name="network" value="${escapeHtml(network)}">${escapeHtml(networkName(network))}</button>`,
    )
    .join('\n')
  return html(
    'Choose how to use your card',
    `<h1>Choose how to use your card</h1>
<p><strong>${escapeHtml(step.merchantName)}</strong> wants to save your card ${cardOf(step)} for later payments.
It carries more than one brand. Which one shall be used?</p>
<form method="post">
<fieldset><legend class="quiet">Payments with the saved card use the brand you choose.</legend>
${buttons}
</fieldset>
</form>`,
  )
}

function waitPage(step: BuyerStep): string {
  return html(
    'Checking your card',
    `<h1>Checking your card</h1>
<p role="status">Your bank is being asked about your card ${cardOf(step)}. This takes a few seconds.</p>
<p class="quiet">This page renews itself. You need not do anything.</p>`,
    '<meta http-equiv="refresh" content="1">',
  )
}

/** A way back that is a link and not a redirect, since a browser holds a redirect after a form to `form-action`. */
function endPage(step: BuyerStep, backTo: string): string {
  const good = step.state === 'SUCCESS'
  const shop = escapeHtml(step.merchantName)
  return html(
    good ? 'Your card is saved' : 'Your card could not be saved',
    `<h1>${good ? 'Your card is saved' : 'Your card could not be saved'}</h1>
<p role="status">${good ? `You can pay with it at ${shop} from now on.` : `Nothing was charged. Go back to ${shop} and try again, or use another card.`}</p>
<p><a href="${escapeHtml(backTo)}">Back to ${shop}</a></p>
<p class="quiet">You are taken back by yourself in a moment.</p>`,
    `<meta http-equiv="refresh" content="2; url=${escapeHtml(backTo)}">`,
  )
}

/** For an address that leads nowhere: it says no more to a stranger than to somebody who mistyped it. */
export function unknownPage(): string {
  return html(
    'This page does not exist',
    '<h1>This page does not exist</h1><p>Go back to the shop and start again.</p>',
  )
}

/** While the database is away. */
export function troublePage(): string {
  return html(
    'One moment, please',
    '<h1>One moment, please</h1><p role="status">Something is out of order here. This page tries again by itself.</p>',
    '<meta http-equiv="refresh" content="3">',
  )
}

const cardOf = (step: BuyerStep) => (step.lastFour ? `<span class="card">•••• ${escapeHtml(step.lastFour)}</span>` : '')

function html(title: string, body: string, head = ''): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
${head}
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const escapeHtml = (text: string) => text.replace(/[&<>"']/g, character => ENTITIES[character]!)
