/** The merchant's side of a payment: what came of it, and what can still be done with it. */
import type { Amount } from '@coffer/sdk'
import { problemSummary } from './fields.js'
import { type Html, html } from './html.js'
import { isNothing, plainAmount, shownAmount } from './money.js'
import { backOfficeAdviceFor } from './payment-advice.js'
import { operationOutcomeOf, paymentOutcomeOf, type Sums, sumsOf } from './payment-outcome.js'
import type { Operation, OperationKind, Payment } from './payments.js'
import { said } from './steps.js'

/** What was wrong with a form of the back office. */
export interface OperationProblem {
  readonly kind: 'capture' | 'refund'
  readonly text: string
  /** As it was typed. */
  readonly typed: string
}

interface Options {
  /** Each form has an id, which becomes that of what it asks for. */
  readonly newId: () => string
  readonly problem?: OperationProblem | undefined
}

/** The section of the payment's page; nothing where no money was ever approved. */
export function backOffice(payment: Payment, options: Options): Html | undefined {
  const { kind } = paymentOutcomeOf(payment)
  const { operations } = payment
  if (kind !== 'paid' && kind !== 'reserved' && operations.length === 0) return undefined
  const sums = sumsOf(payment)
  const { problem } = options
  return html`<section class="sheet" aria-labelledby="back-office">
<h2 id="back-office">In the back office</h2>
<p class="hint">Buyers do not see this part: it is for the people of the shop. Each form has an id of its own, so a double
click does nothing twice.</p>
${problem && problemSummary([{ field: `${problem.kind}-amount`, text: problem.text }])}
${(kind === 'paid' || kind === 'reserved') && table(sums)}
<div class="tools">
${kind === 'reserved' && !isNothing(sums.toCapture) && captureForms(payment, sums.toCapture, options)}
${!isNothing(sums.toRefund) && refundForms(payment, sums.toRefund, options)}
${(kind === 'paid' || kind === 'reserved') && isNothing(sums.refunded) && cancelForm(payment, sums, options)}
</div>
${
  operations.length > 0 &&
  html`<h3>What was done</h3>
<ol class="rows">
${operations.map(one => row(payment, one))}</ol>`
}
</section>`
}

const table = ({ authorised, captured, refunded }: Sums): Html => html`<dl class="sums">
<div><dt>Authorised</dt><dd>${shownAmount(authorised)}</dd></div>
<div><dt>Captured</dt><dd>${shownAmount(captured)}</dd></div>
<div><dt>Refunded</dt><dd>${shownAmount(refunded)}</dd></div>
</dl>`

const captureForms = (payment: Payment, left: Amount, options: Options): Html => html`<div class="tool">
<h3>Capture</h3>
${wholeForm(payment, 'capture', left, options, `Capture all: ${shownAmount(left)}`)}
${partForm(
  payment,
  'capture',
  options,
  'Capture a part',
  html`<div class="check">
<input type="checkbox" id="last" name="last" value="yes" aria-describedby="last-hint">
<label for="last">It is the last capture</label>
<p class="hint" id="last-hint">The bank need not hold the rest any longer.</p>
</div>`,
)}
</div>`

const refundForms = (payment: Payment, left: Amount, options: Options): Html => html`<div class="tool">
<h3>Refund</h3>
${wholeForm(payment, 'refund', left, options, `Refund all: ${shownAmount(left)}`)}
${partForm(payment, 'refund', options, 'Refund a part')}
</div>`

const cancelForm = (payment: Payment, { captured }: Sums, { newId }: Options): Html => html`<div class="tool">
<h3>Cancel</h3>
<p class="hint">${
  isNothing(captured)
    ? 'Nothing is to be paid after all: the bank frees the money.'
    : 'Within a day the whole payment can be undone: all of the money goes back.'
}</p>
${form(payment, 'cancel', newId(), html`<button class="danger" type="submit">Cancel the payment</button>`)}
</div>`

function wholeForm(payment: Payment, kind: OperationKind, left: Amount, { newId }: Options, label: string): Html {
  const amount = html`<input type="hidden" name="amount" value="${plainAmount(left)}">`
  return form(payment, kind, newId(), html`${amount}<button type="submit">${label}</button>`)
}

function partForm(
  payment: Payment,
  kind: 'capture' | 'refund',
  { newId, problem }: Options,
  label: string,
  more?: Html,
): Html {
  const field = `${kind}-amount`
  const wrong = problem?.kind === kind ? problem : undefined
  return form(
    payment,
    kind,
    newId(),
    html`<div class="field${wrong && ' wrong'}">
<label for="${field}">Amount in ${payment.amount.currency}</label>
${wrong && html`<p class="error" id="${field}-error">${wrong.text}</p>`}
<input id="${field}" name="amount" type="text" inputmode="decimal" autocomplete="off" maxlength="14" required
 value="${wrong?.typed ?? ''}"${wrong && html` aria-invalid="true" aria-describedby="${field}-error"`}>
</div>
${more}
<button type="submit">${label}</button>`,
  )
}

const form = ({ id }: Payment, kind: OperationKind, formId: string, content: Html): Html =>
  html`<form method="post" action="/payments/${id}/operations">
<input type="hidden" name="form" value="${formId}"><input type="hidden" name="kind" value="${kind}">
${content}
</form>`

const names: Readonly<Record<OperationKind, string>> = {
  capture: 'Capture',
  refund: 'Refund',
  cancel: 'Cancellation',
}

function row(payment: Payment, operation: Operation): Html {
  const { id, kind, amount, last, answer, noAnswer, notification, inquiry } = operation
  const outcome = operationOutcomeOf(operation)
  const refusal = [notification, inquiry, answer].find(one => one?.status === 'F')
  return html`<li class="operation">
<p><strong>${names[kind]}${amount && ` of ${shownAmount(amount)}`}${last && ', the last one'}</strong>
<span class="tag ${tags[outcome]}">${tagNames[outcome]}</span></p>
${refusal && html`<p class="error">${backOfficeAdviceFor(kind, refusal.code)}</p>`}
<ul class="facts">
<li>Answer: ${
    answer
      ? html`${said(answer, answer.status)}, signature verified`
      : noAnswer
        ? html`none that could be used (<code>${noAnswer.code}</code>)`
        : 'waiting…'
  }</li>
${
  kind !== 'cancel' &&
  refusal === undefined &&
  html`<li>Notification: ${
    notification
      ? html`${said(notification, notification.status)}, signature verified`
      : html`not received yet. <a href="/payments/${payment.id}">Load again</a>`
  }</li>`
}
${inquiry && html`<li>Inquiry: ${said(inquiry, inquiry.status)}, signature verified</li>`}
<li>Request: <code>${id}</code></li>
</ul>
${outcome === 'open' && again(payment, operation)}
</li>
`
}

const tags = { done: 'paid', refused: 'failed', open: 'unknown' } as const
const tagNames = { done: 'Done', refused: 'Refused', open: 'Not known yet' } as const

/** After a time-out: the same id again, so that it happens once, whether the first call arrived or not. */
const again = (payment: Payment, { id, kind, amount }: Operation): Html =>
  form(
    payment,
    kind,
    id,
    html`<input type="hidden" name="amount" value="${amount ? plainAmount(amount) : ''}">
<button type="submit">Send it again, with the same id</button>`,
  )
