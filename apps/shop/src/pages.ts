import type { FieldName, FieldProblem, Kept } from './card-form.js'
import { brandName, shownNumber } from './card-names.js'
import type { Attempt, KeptCard } from './cards.js'
import { problemSummary } from './fields.js'
import { type Html, html } from './html.js'
import { outcomeOf, usableCards } from './outcome.js'
import { grouped, type TestCard, testCards } from './test-cards.js'

/** What a page is framed with. */
interface Frame {
  readonly title: string
  /** Loads the page again after two seconds. */
  readonly reloads?: boolean
  /** Goes to another page at once. */
  readonly goesTo?: string
  readonly here?: 'buy' | 'list' | 'subscription' | 'form'
}

const places = [
  ['buy', '/buy', 'Buy'],
  ['list', '/cards', 'Your cards'],
  ['subscription', '/subscription', 'Subscription'],
  ['form', '/', 'Add a card'],
] as const

/** The frame of every page. */
export function page({ title, reloads, goesTo, here }: Frame, content: Html): string {
  const { text } = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${reloads && html`<meta http-equiv="refresh" content="2">`}${goesTo && html`<meta http-equiv="refresh" content="0; url=${goesTo}">`}
<title>${title} · Fernhill Coffee</title>
<link rel="stylesheet" href="/styles.css">
<link rel="icon" href="/icon.svg" type="image/svg+xml">
</head>
<body>
<header class="top">
<a class="brand" href="/"><img src="/icon.svg" alt="" width="32" height="32">Fernhill Coffee</a>
<nav aria-label="Shop">
${places.map(
  ([place, path, name]) => html`<a href="${path}"${here === place && html` aria-current="page"`}>${name}</a>
`,
)}</nav>
</header>
<main>
${content}
</main>
<footer>
<p>Fernhill Coffee is an example shop that comes with Coffer. It sells nothing; it shows how a merchant vaults cards and
pays with them.</p>
</footer>
</body>
</html>
`
  return text
}

/** What the form shows. */
export interface FormState {
  /** Tells one loaded form from another, so that a double click adds one card. */
  readonly formId: string
  readonly problems: readonly FieldProblem[]
  readonly kept: Kept
  /** A published test card to fill in, with an expiry date. */
  readonly filled?: { readonly card: TestCard; readonly expiry: string }
}

/** `GET /`: the card form. */
export function formPage(form: FormState): string {
  const { problems, kept, filled } = form
  const title = problems.length > 0 ? 'Please correct: add a card' : 'Add a card'
  return page(
    { title, here: 'form' },
    html`
<section class="product">
<div>
<p class="eyebrow">Once, and never again</p>
<h1>Add a card</h1>
<p>Type it once; then <a href="/buy">buy</a> with a click, or have <a href="/subscription">coffee every month</a>.
Nothing is charged now.</p>
</div>
</section>
<div class="columns">
<section class="sheet" aria-labelledby="card-details">
${problems.length > 0 && problemSummary(problems, cleared)}
<h2 id="card-details">Card details</h2>
<form method="post" action="/cards" autocomplete="on">
<input type="hidden" name="form" value="${form.formId}">
${field(form, {
  name: 'number',
  label: 'Card number',
  value: filled ? grouped(filled.card.number) : '',
  attributes: html`autocomplete="cc-number" inputmode="numeric" maxlength="23" pattern="[0-9 \\-]{12,23}"
 title="12 to 19 digits" spellcheck="false" required`,
})}
<div class="pair">
${field(form, {
  name: 'expiry',
  label: 'Expiry date',
  hint: 'Like 03/33',
  value: filled?.expiry ?? kept.expiry ?? '',
  attributes: html`autocomplete="cc-exp" inputmode="numeric" maxlength="9"
 pattern="[0-9]{1,2} ?[\\/.\\-]? ?[0-9]{2,4}" title="Month and year, like 03/33" required`,
})}
${field(form, {
  name: 'cvv',
  label: 'Security code',
  hint: '3 or 4 digits',
  value: filled ? '123' : '',
  attributes: html`autocomplete="cc-csc" inputmode="numeric" maxlength="4" pattern="[0-9]{3,4}"
 title="3 digits, 4 on American Express" spellcheck="false" required`,
})}
</div>
${field(form, {
  name: 'name',
  label: 'Name on the card',
  optional: true,
  value: kept.name ?? '',
  attributes: html`autocomplete="cc-name" maxlength="65" spellcheck="false"`,
})}
<div class="check">
<input type="checkbox" id="threeDS" name="threeDS" value="yes" aria-describedby="threeDS-hint"${
      (filled?.card.threeDS ?? kept.threeDS) && html` checked`
    }>
<label for="threeDS">Ask for 3-D Secure</label>
<p class="hint" id="threeDS-hint">Your bank makes sure that it is you, on a page of our payment provider. For cards of the
European Economic Area and the United Kingdom it does so anyway.</p>
</div>
<button class="main" type="submit"${filled && html` autofocus`}>Add card</button>
</form>
<p class="note">This example shop's server sees the card, as a PCI-compliant merchant's would. It passes the card on
to the vault and neither keeps nor logs it; what it keeps is the vault's token and the last four digits.</p>
</section>
<aside class="sheet quiet" aria-labelledby="test-cards">
<h2 id="test-cards">Test cards</h2>
<p>This is a sandbox: it takes test cards only. Never type a real card here.</p>
<ul class="test-cards">
${testCards.map(testCard)}
</ul>
</aside>
</div>
`,
  )
}

const cleared = html`<p>For your safety we have cleared the card number and the security code: please type them again.</p>`

interface Field {
  readonly name: FieldName
  readonly label: string
  readonly hint?: string
  readonly optional?: boolean
  readonly value: string
  readonly attributes: Html
}

function field({ problems }: FormState, { name, label, hint, optional, value, attributes }: Field): Html {
  const problem = problems.find(problem => problem.field === name)
  const described = [hint && `${name}-hint`, problem && `${name}-error`].filter(Boolean).join(' ')
  return html`<div class="field${problem && ' wrong'}">
<label for="${name}">${label}${optional && html` <span class="optional">(optional)</span>`}</label>
${hint && html`<p class="hint" id="${name}-hint">${hint}</p>`}
${problem && html`<p class="error" id="${name}-error">${problem.text}</p>`}
<input id="${name}" name="${name}" type="text" value="${value}" ${attributes}${described && html` aria-describedby="${described}"`}${problem && html` aria-invalid="true"`}>
</div>`
}

function testCard({ key, number, label, says }: TestCard): Html {
  return html`<li>
<div><strong>${label}:</strong> ${says}<br><span class="digits">${grouped(number)}</span></div>
<form method="get" action="/"><button type="submit" name="card" value="${key}"
 aria-label="Use this card: ${label}">Use this card</button></form>
</li>\n`
}

/** `GET /cards`: the cards that this shop can pay with, and what to do with each. */
export function listPage(attempts: readonly Attempt[]): string {
  const rows = usableCards(attempts)
  const open = attempts.filter(attempt => ['unknown', 'asked'].includes(outcomeOf(attempt).kind))
  return page(
    { title: 'Your cards', here: 'list' },
    html`
<section class="sheet">
<h1>Your cards</h1>
${rows.length === 0 && html`<p>You have not added a card yet.</p>`}
${
  rows.length > 0 &&
  html`<ul class="cards">
${rows.map(cardRow)}</ul>`
}
${
  open.length > 0 &&
  html`<h2>Not known yet</h2>
<ul>
${open.map(openAttempt)}
</ul>`
}
<p><a class="button" href="/">Add a card</a></p>
<p class="note">A real shop shows a buyer their own cards only. This example has no accounts.</p>
</section>
`,
  )
}

function cardRow({ id, card }: { id: string; card: KeptCard }): Html {
  const name = `${brandName(card.brand)} ${shownNumber(card.maskedCardNo)}`
  return html`<li><a class="card-link" href="/cards/${id}">${cardFace(card)}</a>
<p class="actions"><a class="button" href="/buy?card=${id}" aria-label="Pay with this card: ${name}">Pay with this card</a>
<a href="/cards/${id}/delete" aria-label="Delete: ${name}">Delete</a></p></li>\n`
}

function openAttempt({ vaultingRequestId, askedAt }: Attempt): Html {
  const time = new Date(askedAt).toISOString().slice(11, 16)
  return html`<li><a href="/cards/${vaultingRequestId}">The card of ${time} UTC: see what became of it</a></li>\n`
}

/** A card as people know it: brand, last digits, expiry. */
export function cardFace({ brand, maskedCardNo, expiryMonth, expiryYear }: KeptCard): Html {
  return html`<span class="face"><span class="face-brand">${brandName(brand)}</span>
<span class="digits">${shownNumber(maskedCardNo)}</span>
${expiryMonth && expiryYear && html`<span class="face-expiry">Expires ${expiryMonth}/${expiryYear}</span>`}</span>`
}

/** For what is not there, may not be, or went wrong. */
export function messagePage(title: string, text: string): string {
  return page(
    { title },
    html`
<section class="sheet">
<h1>${title}</h1>
<p>${text}</p>
<p><a class="button" href="/">Back to the shop</a></p>
</section>
`,
  )
}
