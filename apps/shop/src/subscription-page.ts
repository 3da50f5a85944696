import type { BuyProblem } from './buy-form.js'
import { cardChoice } from './buy-page.js'
import { brandName, shownNumber } from './card-names.js'
import type { KeptCard } from './cards.js'
import { monthlyCoffee } from './catalogue.js'
import { choices, problemSummary, shownDate, threeDSBox } from './fields.js'
import { type Html, html } from './html.js'
import { shownAmount } from './money.js'
import { page } from './pages.js'
import { paymentAdviceFor } from './payment-advice.js'
import { bankFactsOf, paymentOutcomeOf } from './payment-outcome.js'
import type { Payment } from './payments.js'
import { type Ending, isLive, type SubscriptionState } from './subscription-state.js'

export interface SubscriptionView {
  readonly formId: string
  readonly cards: readonly { readonly id: string; readonly card: KeptCard }[]
  /** The date; absent while nobody says what it is. */
  readonly today: number | undefined
  /** Whether time can be made to pass. */
  readonly isSandbox: boolean
  readonly latest?: { readonly state: SubscriptionState; readonly payments: readonly Payment[] }
  readonly problems: readonly BuyProblem[]
  readonly kept: { readonly card?: string; readonly threeDS?: boolean }
}

/** `GET /subscription`: how it stands, what was charged, and what comes next. */
export function subscriptionPage(view: SubscriptionView): string {
  const { latest, problems, today } = view
  const live = latest !== undefined && isLive(latest.state)
  const waits = latest?.state.kind === 'beginning' || latest?.state.kind === 'open'
  const title = problems.length > 0 ? 'Please correct: subscription' : 'Subscription'
  return page(
    { title, here: 'subscription', reloads: waits && problems.length === 0 },
    html`
<section class="product">
<p class="eyebrow">${monthlyCoffee.name}</p>
<h1>Coffee every month, ${shownAmount(monthlyCoffee.price)}</h1>
<p>You pay the first month yourself. From then on the shop charges your card each month, without you: banks call that a
merchant-initiated payment, and know it by the first one.</p>
</section>
${latest && standing(latest, today)}
${!live && beginForm(view)}
${latest && latest.payments.length > 0 && chargeList(latest.payments)}
${live && cancelForm()}
${clockSection(view)}
`,
  )
}

function standing({ state, payments }: NonNullable<SubscriptionView['latest']>, today: number | undefined): Html {
  const card = payments.at(-1)
  const cardText =
    card && html`${brandName(card.brand)} <span class="unbroken">${shownNumber(card.maskedCardNo)}</span>`
  const paid = payments.filter(one => paymentOutcomeOf(one).kind === 'paid').length
  const looks: Readonly<Record<SubscriptionState['kind'], string>> = {
    ...{ active: 'paid', cancelled: 'cancelled', beginning: 'unknown', open: 'unknown', retrying: 'unknown' },
    ...{ ended: 'failed', 'not begun': 'failed' },
  }
  return html`<section class="sheet result ${looks[state.kind]}" aria-labelledby="standing">
<h2 id="standing">${standingTitle(state)}</h2>
${standingText(state, today)}
<p>${paid} ${paid === 1 ? 'month' : 'months'} paid${cardText && html`, with ${cardText}`}.</p>
</section>`
}

function standingTitle(state: SubscriptionState): string {
  switch (state.kind) {
    case 'active':
      return `Your coffee comes every month. Next charge: ${shownDate(state.next.dueAt)}`
    case 'retrying':
      return `The last charge was declined. Next try: ${shownDate(state.next.dueAt)}`
    case 'beginning':
      return 'Your first payment is not finished yet'
    case 'open':
      return 'The last charge is not finished yet'
    case 'not begun':
      return 'Your subscription has not begun'
    case 'cancelled':
      return 'Your subscription is cancelled'
    case 'ended':
      return 'Your subscription has ended. Please choose another card'
  }
}

function standingText(state: SubscriptionState, today: number | undefined): Html | undefined {
  switch (state.kind) {
    case 'active':
      return undefined
    case 'retrying':
      return html`<p>${paymentAdviceFor(state.code)} We try again after three days, three times at most.</p>
<p>Code: <code>${state.code}</code></p>`
    case 'beginning':
    case 'open':
      return html`<p>This page changes by itself. <a href="/payments/${state.paymentId}">See the payment</a></p>`
    case 'not begun':
      return html`<p>${paymentAdviceFor(state.code)}</p>
<p>Code: <code>${state.code}</code></p>`
    case 'cancelled':
      return html`<p>Nothing more is charged${today !== undefined && html` since ${shownDate(state.at)}`}.</p>`
    case 'ended':
      return html`<p>${endings[state.because]}</p>
${state.code !== undefined && html`<p>Code: <code>${state.code}</code></p>`}`
  }
}

const endings: Readonly<Record<Ending, string>> = {
  'never again': 'The bank has said never to charge this card again. A shop must obey that, so we do not even try.',
  'ask the buyer':
    'The bank needs you for this, or another card. It would say the same tomorrow, so we do not try again.',
  'tried too often': 'The bank declined four times, over nine days. We do not try again.',
  'card deleted': 'You deleted the card that it was paid with. Nothing can be charged to it any more.',
}

function beginForm({ formId, cards, problems, kept, latest }: SubscriptionView): Html {
  const problem = problems.find(({ field }) => field === 'card')?.text
  return html`<section class="sheet" aria-labelledby="begin">
<h2 id="begin">${latest ? 'Begin again' : 'Begin'}</h2>
${problems.length > 0 && problemSummary(problems)}
${cards.length === 0 && html`<p>You need a card for it.</p><p><a class="button" href="/">Add a card</a></p>`}
${
  cards.length > 0 &&
  html`<form method="post" action="/subscription">
<input type="hidden" name="form" value="${formId}">
${choices('card', 'Card', cards.map(cardChoice), { chosen: kept.card ?? cards[0]?.id, problem })}
${threeDSBox(kept.threeDS === true)}
<button class="main" type="submit">Begin, and pay ${shownAmount(monthlyCoffee.price)} now</button>
</form>`
}
</section>`
}

const chargeList = (payments: readonly Payment[]): Html => html`<section class="sheet" aria-labelledby="charges">
<h2 id="charges">Charges</h2>
<ol class="rows">
${[...payments].reverse().map(chargeRow)}</ol>
</section>`

function chargeRow(payment: Payment): Html {
  const { id, amount, charge } = payment
  const outcome = paymentOutcomeOf(payment)
  const { networkTransactionId, refusalCodeRaw, merchantAdviceCode } = bankFactsOf(payment)
  const { period = 0, attempt = 1, date = payment.askedAt } = charge ?? {}
  const name = period === 0 ? 'First month, paid by you' : `Month ${period + 1}${attempt > 1 ? `, try ${attempt}` : ''}`
  return html`<li class="operation">
<p><a href="/payments/${id}">${shownDate(date)}: ${name}, ${shownAmount(amount)}</a>
<span class="tag ${outcome.kind}">${chargeStates[outcome.kind]}</span></p>
<ul class="facts">
${outcome.kind === 'failed' && html`<li>Code: <code>${outcome.code}</code></li>`}
${refusalCodeRaw !== undefined && html`<li>The bank's own code: <code>${refusalCodeRaw}</code></li>`}
${merchantAdviceCode !== undefined && html`<li>Advice to merchants: <code>${merchantAdviceCode}</code></li>`}
${networkTransactionId !== undefined && html`<li>Network transaction: <code>${networkTransactionId}</code></li>`}
</ul>
</li>
`
}

const chargeStates = {
  ...{ paid: 'Paid', reserved: 'Reserved', cancelled: 'Cancelled' },
  ...{ failed: 'Declined', asked: 'One more step', unknown: 'Not known yet' },
} as const

const cancelForm = (): Html => html`<section class="sheet" aria-labelledby="stop">
<h2 id="stop">Cancel the subscription</h2>
<p>Nothing more is charged. Months that are paid stay paid.</p>
<form class="actions" method="post" action="/subscription/cancel">
<button class="danger" type="submit">Cancel the subscription</button>
</form>
</section>`

/** Time, which only a sandbox can move. */
function clockSection({ today, isSandbox, latest }: SubscriptionView): Html | undefined {
  if (today === undefined) {
    return html`<section class="sheet quiet" role="alert"><h2>We do not know what day it is</h2>
<p>The clock of the sandbox does not answer, so nothing is charged now. Start Coffer again, and load this page.</p></section>`
  }
  if (!isSandbox) return undefined
  const state = latest?.state
  const next = state?.kind === 'active' || state?.kind === 'retrying' ? state : undefined
  return html`<section class="sheet quiet" aria-labelledby="clock">
<h2 id="clock">Today is ${shownDate(today)}</h2>
<p>This shop lives in a sandbox, whose clock can be moved: it reads the date from the vault's operations port
(<code>/sandbox/clock</code>). A shop with real buyers goes by its own clock, and waits for the month to pass.</p>
${
  next &&
  html`<form class="actions" method="post" action="/subscription/pass">
<button type="submit">${next.kind === 'active' ? 'Let the month pass' : 'Let the three days pass'}</button>
</form>`
}
</section>`
}
