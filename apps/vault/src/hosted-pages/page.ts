/** The text of a buyer's page. No script, no third party, nothing that a browser sends comes back in it. */
import { createHash } from 'node:crypto'
import { networkName } from '../cards/networks.js'
import type { BuyerStep } from '../vaulting/buyer-steps-across-merchants.js'

/** Every pair of colours has a contrast of at least 4.5, what tells a button from its ground and a focus from none of 3. */
const STYLE = `
:root { color-scheme: light dark; --line: #7d8798; --rule: #dfe3ea; --ink: #16202e; --paper: #fff; --back: #eef1f5;
  --quiet: #566174; --key: #0a55c4 }
@media (prefers-color-scheme: dark) {
  :root { --line: #7c8798; --rule: #323d4e; --ink: #eef1f6; --paper: #1b2330; --back: #11161f; --quiet: #a9b4c4;
    --key: #7fb2ff }
}
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 16px; background: var(--back);
  color: var(--ink); font: 17px/1.5 system-ui, sans-serif; overflow-wrap: anywhere }
main { width: 100%; max-width: 27rem; background: var(--paper); border: 1px solid var(--rule); border-radius: 14px;
  padding: 20px 24px 24px; box-shadow: 0 2px 12px rgb(16 24 40 / .07) }
header { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 4px 16px; padding-bottom: 14px;
  margin-bottom: 20px; border-bottom: 1px solid var(--rule); font-weight: 600 }
h1 { font-size: 1.35rem; line-height: 1.3; margin: 0 0 .5rem }
p { margin: 0 0 1rem }
p:last-child { margin: 0 }
fieldset { border: 0; margin: 0 0 20px; padding: 0; min-width: 0 }
legend { padding: 0; margin-bottom: 20px }
button, .go { display: block; width: 100%; min-height: 60px; margin: 0 0 12px; padding: 15px 16px; font: inherit;
  font-weight: 600; color: var(--ink); background: var(--paper); border: 2px solid var(--line); border-radius: 10px;
  cursor: pointer; text-align: center; text-decoration: none }
button:last-child { margin: 0 }
button:hover, .go:hover { border-color: var(--key) }
button:focus-visible, a:focus-visible { outline: 3px solid var(--key); outline-offset: 2px }
.quiet { color: var(--quiet); font-size: .9rem }
.card { font-family: ui-monospace, monospace; font-weight: 400; color: var(--quiet); white-space: nowrap }
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
  'cross-origin-resource-policy': 'same-origin',
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
  const shop = escapeHtml(step.merchantName)
  const buttons = step.networks
    .map(
      network => `<button name="network" value="${escapeHtml(network)}">${escapeHtml(networkName(network))}</button>`,
    )
    .join('\n')
  return html(
    'Choose a brand for your card',
    `${letterhead(step)}
<h1>Choose a brand for your card</h1>
<form method="post">
<fieldset><legend>Your card carries more than one brand. ${shop} will use the one that you choose for payments with the saved
card.</legend>
${buttons}
</fieldset>
</form>
<p class="quiet">The choice is yours. Nothing is charged now.</p>`,
  )
}

function waitPage(step: BuyerStep): string {
  return html(
    'Checking your card',
    `${letterhead(step)}
<h1>Checking your card</h1>
<p role="status">Your bank is being asked about your card. This takes a few seconds.</p>
<p class="quiet">This page goes on by itself. You need not do anything.</p>`,
    '<meta http-equiv="refresh" content="1">',
  )
}

/** A way back that is a link and not a redirect, since a browser holds a redirect after a form to `form-action`. */
function endPage(step: BuyerStep, backTo: string): string {
  const shop = escapeHtml(step.merchantName)
  const { title, text, seconds } = ending(step)
  return html(
    title,
    `${letterhead(step)}
<h1>${title}</h1>
<p role="status">${text}</p>
<p><a class="go" href="${escapeHtml(backTo)}">Back to ${shop}</a></p>
<p class="quiet">You are taken back automatically in a moment.</p>`,
    `<meta http-equiv="refresh" content="${seconds}; url=${escapeHtml(backTo)}">`,
  )
}

/** What became of it, and for how long that is shown. Why a bank declined is told to the merchant alone. */
function ending({ state, chosen, merchantName }: BuyerStep): { title: string; text: string; seconds: number } {
  const shop = escapeHtml(merchantName)
  if (state === 'SUCCESS') {
    return { title: 'Your card is saved', text: `You can pay with it at ${shop} from now on.`, seconds: 2 }
  }
  const title = 'Your card was not saved'
  if (chosen === undefined) {
    return { title, text: `No brand was chosen in time. Go back to ${shop} to enter your card again.`, seconds: 5 }
  }
  const text = `Nothing was charged. Go back to ${shop} and try again, or use another card.`
  return { title, text, seconds: 5 }
}

/** For an address that leads nowhere: it says no more to a stranger than to somebody who mistyped it. */
export function unknownPage(): string {
  return html(
    'This page does not exist',
    '<h1>This page does not exist</h1><p>Go back to the shop and start again.</p>',
  )
}

/** For what no browser does with the buttons of these pages. Says the same whatever was wrong. */
export function mistakePage(): string {
  return html(
    'That did not work',
    '<h1>That did not work</h1><p>Nothing was changed. Go back, load the page again and choose with its buttons.</p>',
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

/** Whose page it is, and about which card. */
function letterhead({ merchantName, lastFour }: BuyerStep): string {
  const card = lastFour === undefined ? '' : `<span class="card">•••• ${escapeHtml(lastFour)}</span>`
  return `<header><span>${escapeHtml(merchantName)}</span>${card}</header>`
}

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
