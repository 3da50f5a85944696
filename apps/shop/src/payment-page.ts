import { backOffice, type OperationProblem } from './back-office.js'
import { brandName, shownNumber } from './card-names.js'
import { shownDate } from './fields.js'
import { type Html, html } from './html.js'
import { shownAmount } from './money.js'
import { page } from './pages.js'
import { nextPaymentOf, paymentAdviceFor } from './payment-advice.js'
import {
  bankFactsOf,
  type PaymentOutcome,
  paymentIsWaiting,
  paymentOutcomeOf,
  paymentWasRefused,
  sumsOf,
} from './payment-outcome.js'
import type { Payment } from './payments.js'
import { said, signed, step } from './steps.js'

export interface PaymentView {
  readonly payment: Payment
  readonly now: number
  /** Whether the buyer comes from the page of the vault. */
  readonly cameBack: boolean
  readonly newId: () => string
  readonly problem?: OperationProblem
}

/**
 * `GET /payments/<id>`: what became of a payment, from what the server has heard; and what the merchant's own people do
 * with it. Nothing of that comes from the browser. It loads itself again while something is still to come.
 */
export function paymentPage({ payment, now, cameBack, newId, problem }: PaymentView): string {
  const outcome = paymentOutcomeOf(payment)
  const waiting = paymentIsWaiting(payment, now, cameBack)
  return page(
    // A page that loads itself again would take away what somebody is being told, or is typing.
    {
      title: problem ? 'Please correct' : titles[outcome.kind],
      reloads: waiting && !problem,
      here: payment.charge ? 'subscription' : 'buy',
    },
    html`
<section class="sheet result ${outcome.kind}">
${headline(outcome, payment, waiting)}
</section>
${backOffice(payment, { newId, problem })}
<section class="sheet quiet" aria-labelledby="server-side">
<h2 id="server-side">What our server knows</h2>
<p>This page is made from what the vault told our server, never from what a browser says.</p>
<ol class="steps">
${answerStep(payment)}
${notificationStep(payment, waiting)}
${inquiryStep(payment)}
</ol>
<dl>
${details(payment)}
</dl>
</section>
`,
  )
}

const titles = {
  paid: 'Paid',
  reserved: 'Reserved',
  cancelled: 'Cancelled',
  failed: 'Not paid',
  asked: 'One more step',
  unknown: 'Not known yet',
} as const

/** Why a buyer is led to a page of the vault. */
export const BANK_ASKS = 'Your bank wants to be sure that it is you.'

function headline(outcome: PaymentOutcome, payment: Payment, waiting: boolean): Html {
  const { id, what, amount, cardId, charge } = payment
  const bought = html`<p>${what}, with ${cardName(payment)}.</p>`
  const onwards = charge
    ? html`<a class="button" href="/subscription">See your subscription</a>`
    : html`<a class="button" href="/buy">Buy something else</a>`
  switch (outcome.kind) {
    case 'paid':
      return html`<h1>Paid: ${shownAmount(sumsOf(payment).captured)}</h1>
${bought}
<p class="actions">${onwards} <a href="/cards">Your cards</a></p>`
    case 'reserved': {
      const { authExpiryTime } = bankFactsOf(payment)
      return html`<h1>Reserved: ${shownAmount(amount)}</h1>
${bought}
<p>Your bank holds the money for us${
        authExpiryTime !== undefined && html` until ${shownDate(Date.parse(authExpiryTime))}`
      }. It moves when your order is sent.</p>
<p class="actions">${onwards} <a href="/cards">Your cards</a></p>`
    }
    case 'cancelled':
      return html`<h1>Cancelled: ${shownAmount(amount)}</h1>
${bought}
<p>Nothing is to be paid: what your bank held is free again, and what was captured goes back.</p>
<p class="actions">${onwards}</p>`
    case 'failed': {
      const next = nextPaymentOf(outcome.code)
      const sameCard = next === 'Use another card' ? '' : `?card=${cardId}`
      return html`<h1>Not paid</h1>
${bought}
<p>${paymentAdviceFor(outcome.code)}</p>
<p>Code: <code>${outcome.code}</code></p>
<p class="actions"><a class="button" href="${charge ? '/subscription' : `/buy${sameCard}`}">${next}</a></p>
<p class="hint">The next try is a new payment with an id of its own; nothing was charged with this one.</p>`
    }
    case 'asked':
      return html`<h1>One more step</h1>
${bought}
<p>${BANK_ASKS} It is done on a page of our payment provider; then you come back here.</p>
${waiting && html`<p>If you have done it, this page changes by itself in a moment.</p>`}
<p class="actions"><a class="button" href="${outcome.buyerUrl}">Go on</a> <a href="/buy">Back to the shop</a></p>
<p class="hint">There is a quarter of an hour for it. After that nothing is charged.</p>`
    case 'unknown':
      return html`<h1>We do not know yet whether it is paid</h1>
${bought}
<p>${
        payment.inquiry?.paymentStatus === 'NOT_KNOWN'
          ? 'Our request seems not to have reached the vault. Sending it again with the same id charges once, even if it had.'
          : 'The vault, or the bank behind it, has not answered. Do not pay again: you could pay twice.'
      }</p>
<p>${waiting ? 'We keep asking the vault, and this page changes by itself.' : 'We ask the vault whenever you load this page.'}</p>
<form class="actions" method="post" action="/payments/${id}/repeat">
<button type="submit">Send it again, with the same id</button> <a href="/payments/${id}">Only ask</a>
</form>`
  }
}

const cardName = ({ brand, maskedCardNo }: Payment): Html =>
  html`${brandName(brand)} <span class="unbroken">${shownNumber(maskedCardNo)}</span>`

function answerStep({ answer, noAnswer }: Payment): Html {
  if (answer) return step('done', 'Answer', signed(answer, answer.status))
  if (noAnswer) return step('failed', 'Answer', html`none that could be used (<code>${noAnswer.code}</code>)`)
  return step('waiting', 'Answer', html`waiting…`)
}

function notificationStep(payment: Payment, waiting: boolean): Html {
  const { notification, id } = payment
  const reload = html`<a href="/payments/${id}">Load again</a>`
  if (notification) {
    // A payment without an answer has no other beginning than the request.
    const since = (payment.answer?.at ?? payment.askedAt) / 1000
    const seconds = Math.max(0, notification.at / 1000 - since).toFixed(1)
    const after = html`received and verified ${seconds} s after the ${payment.answer ? 'answer' : 'request'}`
    return step('done', 'Notification', html`${after}: ${said(notification, notification.status)}`)
  }
  if (paymentWasRefused(payment)) return step('none', 'Notification', html`none comes, since no payment began`)
  if (waiting) return step('waiting', 'Notification', html`waiting… ${reload}`)
  return step('waiting', 'Notification', html`not received yet. The vault sends it again for a day. ${reload}`)
}

function inquiryStep(payment: Payment): Html {
  const { inquiry } = payment
  if (!inquiry) return step('waiting', 'Inquiry', html`no answer yet`)
  const { paymentStatus } = inquiry
  if (paymentStatus === 'NOT_KNOWN') {
    return step(paymentWasRefused(payment) ? 'none' : 'waiting', 'Inquiry', html`the vault keeps nothing under this id`)
  }
  const isFinal = paymentStatus !== 'PROCESSING' && paymentStatus !== 'PENDING'
  return step(isFinal ? 'done' : 'waiting', 'Inquiry', signed(inquiry, paymentStatus))
}

function details(payment: Payment): Html {
  const { id, paymentId, how, threeDS, withCode, charge } = payment
  const { networkTransactionId, refusalCodeRaw, merchantAdviceCode, eci } = bankFactsOf(payment)
  const asked = [
    charge && charge.period > 0 ? 'a renewal, without the buyer' : 'with a stored card, the buyer present',
    how === 'sale' ? 'sale' : 'authorisation, captured by a call',
    ...(withCode ? ['with the security code'] : []),
    ...(threeDS ? ['with 3-D Secure'] : []),
  ]
  return html`<dt>Asked for</dt><dd>${asked.join('; ')}</dd>
<dt>Payment request</dt><dd><code>${id}</code></dd>
${paymentId !== undefined && html`<dt>Payment</dt><dd><code>${paymentId}</code></dd>`}
${networkTransactionId !== undefined && html`<dt>Network transaction</dt><dd><code>${networkTransactionId}</code></dd>`}
${eci !== undefined && html`<dt>3-D Secure</dt><dd>ECI <code>${eci}</code></dd>`}
${refusalCodeRaw !== undefined && html`<dt>The bank's own code</dt><dd><code>${refusalCodeRaw}</code></dd>`}
${merchantAdviceCode !== undefined && html`<dt>Advice to merchants</dt><dd><code>${merchantAdviceCode}</code></dd>`}`
}
