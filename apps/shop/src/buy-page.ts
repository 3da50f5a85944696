import type { BuyKept, BuyProblem } from './buy-form.js'
import { brandName, shownNumber } from './card-names.js'
import type { KeptCard } from './cards.js'
import { products } from './catalogue.js'
import { type Choice, choices, problemSummary, threeDSBox } from './fields.js'
import { type Html, html } from './html.js'
import { shownAmount } from './money.js'
import { page } from './pages.js'
import { paymentOutcomeOf } from './payment-outcome.js'
import type { Payment } from './payments.js'

export interface BuyState {
  /** Becomes the id of the payment: the same form pays once, however often it is sent. */
  readonly formId: string
  readonly cards: readonly { readonly id: string; readonly card: KeptCard }[]
  readonly payments: readonly Payment[]
  readonly problems: readonly BuyProblem[]
  readonly kept: BuyKept
}

/** `GET /buy`: a few products, and the cards to pay with. */
export function buyPage(state: BuyState): string {
  const { cards, problems, payments } = state
  const title = problems.length > 0 ? 'Please correct: buy' : 'Buy'
  return page(
    { title, here: 'buy' },
    html`
<section class="product">
<p class="eyebrow">One click away</p>
<h1>Buy with a stored card</h1>
<p>No number to type: we pay with the vault's token for your card. What we have of the card is its last four digits.</p>
</section>
<div class="columns">
<section class="sheet" aria-labelledby="order">
${problems.length > 0 && problemSummary(problems)}
<h2 id="order">Your order</h2>
${cards.length === 0 ? noCards() : orderForm(state)}
</section>
<aside class="sheet quiet" aria-labelledby="payments">
<h2 id="payments">Your payments</h2>
${payments.length === 0 && html`<p>Nothing yet.</p>`}
${
  payments.length > 0 &&
  html`<ul class="rows">
${payments.slice(0, 12).map(paymentRow)}</ul>`
}
<p class="note">A real shop shows a buyer their own payments only. This example has no accounts.</p>
</aside>
</div>
`,
  )
}

const noCards = (): Html => html`<p>You have not added a card yet, or you have deleted it.</p>
<p><a class="button" href="/">Add a card</a></p>`

function orderForm({ formId, cards, problems, kept }: BuyState): Html {
  const problemOf = (field: string) => problems.find(problem => problem.field === field)?.text
  const code = problemOf('code')
  return html`<form method="post" action="/payments" autocomplete="on">
<input type="hidden" name="form" value="${formId}">
${choices('product', 'Product', products.map(productChoice), {
  chosen: kept.product ?? products[0]?.key,
  problem: problemOf('product'),
})}
${choices('card', 'Card', cards.map(cardChoice), {
  chosen: kept.card ?? cards[0]?.id,
  problem: problemOf('card'),
})}
${choices('how', 'When to pay', hows, { chosen: kept.how ?? 'sale', problem: problemOf('how') })}
<div class="field narrow${code !== undefined && ' wrong'}">
<label for="code">Security code <span class="optional">(optional)</span></label>
<p class="hint" id="code-hint">The bank trusts a payment more with it. It was not kept with your card: nobody may.</p>
${code !== undefined && html`<p class="error" id="code-error">${code}</p>`}
<input id="code" name="code" type="text" value="" autocomplete="cc-csc" inputmode="numeric" maxlength="4"
 pattern="[0-9]{3,4}" title="3 digits, 4 on American Express" spellcheck="false" aria-describedby="code-hint${
   code !== undefined && ' code-error'
 }"${code !== undefined && html` aria-invalid="true"`}>
</div>
${threeDSBox(kept.threeDS === true)}
<button class="main" type="submit">Order and pay</button>
</form>`
}

const productChoice = ({ key, name, says, price }: (typeof products)[number]): Choice => ({
  value: key,
  label: html`${name} <span class="price">${shownAmount(price)}</span>`,
  hint: html`${says}`,
})

/** A card to choose. */
export const cardChoice = ({ id, card }: { id: string; card: KeptCard }): Choice => ({
  value: id,
  label: html`<span>${brandName(card.brand)} <span class="unbroken">${shownNumber(card.maskedCardNo)}</span></span>`,
  ...(card.expiryMonth && card.expiryYear && { hint: html`Expires ${card.expiryMonth}/${card.expiryYear}` }),
})

const hows: readonly Choice[] = [
  { value: 'sale', label: html`Pay now`, hint: html`The money moves at once.` },
  {
    value: 'reserve',
    label: html`Reserve, and pay when it is sent`,
    hint: html`The bank holds the money for us. It moves when our back office says so.`,
  },
]

function paymentRow(payment: Payment): Html {
  const { id, what, amount } = payment
  return html`<li><a href="/payments/${id}">${what}, ${shownAmount(amount)}</a>
<span class="tag ${paymentOutcomeOf(payment).kind}">${shortOutcome(payment)}</span></li>\n`
}

/** In a word or two. */
export function shortOutcome(payment: Payment): string {
  const { kind } = paymentOutcomeOf(payment)
  return {
    paid: 'Paid',
    reserved: 'Reserved',
    cancelled: 'Cancelled',
    failed: 'Not paid',
    asked: 'One more step',
    unknown: 'Not known yet',
  }[kind]
}
