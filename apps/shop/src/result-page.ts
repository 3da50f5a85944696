import { adviceFor, nextTryOf } from './advice.js'
import { brandName, shownNumber } from './card-names.js'
import type { Attempt } from './cards.js'
import { type Html, html } from './html.js'
import { isWaiting, type Outcome, outcomeOf, wasRefused } from './outcome.js'
import { cardFace, page } from './pages.js'
import { said, signed, step } from './steps.js'

/**
 * `GET /cards/<id>`: what became of an attempt, from what the server has heard. Nothing of that comes from the browser.
 * It loads itself again while something is still to come.
 * @param cameBack  whether the buyer comes from the page of the vault
 */
export function resultPage(attempt: Attempt, now: number, cameBack: boolean): string {
  const outcome = outcomeOf(attempt)
  const waiting = isWaiting(attempt, now, cameBack)
  return page(
    { title: titles[outcome.kind], reloads: waiting },
    html`
<section class="sheet result ${outcome.kind}">
${headline(outcome, attempt, waiting)}
</section>
<section class="sheet quiet" aria-labelledby="server-side">
<h2 id="server-side">What our server knows</h2>
<p>This page is made from what the vault told our server, never from what a browser says.</p>
<ol class="steps">
${answerStep(attempt)}
${notificationStep(attempt, waiting)}
${inquiryStep(attempt)}
</ol>
<dl>
${outcome.kind === 'added' && html`<dt>Token</dt><dd><code>${shortened(outcome.card.cardToken)}</code> (shortened)</dd>`}
<dt>Vaulting request</dt><dd><code>${attempt.vaultingRequestId}</code></dd>
</dl>
</section>
`,
  )
}

const titles = {
  added: 'Card added',
  deleted: 'Card deleted',
  failed: 'Card not added',
  asked: 'One more step',
  unknown: 'Not known yet',
} as const

/** The vault does not tell which of the two it is. */
const WHAT_IS_ASKED =
  'Your bank wants to be sure that it is you, or your card carries more than one brand and you choose which one is used.'

/**
 * Sends the buyer to a page of the vault. A page of its own, and not a redirect after the form: browsers hold such a
 * redirect to `form-action`, which names this shop alone. It goes on at once, so that "back" leads to the form.
 */
export function goOnPage(buyerUrl: string, why = WHAT_IS_ASKED): string {
  return page(
    { title: titles.asked, goesTo: buyerUrl },
    html`
<section class="sheet">
<h1>One more step</h1>
<p>${why} It is done on a page of our payment provider.</p>
<p class="actions"><a class="button" href="${buyerUrl}">Go on</a></p>
</section>
`,
  )
}

function headline(outcome: Outcome, attempt: Attempt, waiting: boolean): Html {
  switch (outcome.kind) {
    case 'added': {
      const { brand, maskedCardNo } = outcome.card
      return html`<h1>Card added: ${brandName(brand)} <span class="unbroken">${shownNumber(maskedCardNo)}</span></h1>
${cardFace(outcome.card)}
<p>Pay with it whenever you like, without typing it again. Nothing has been charged.</p>
<p class="actions"><a class="button" href="/cards">See your cards</a>
<a href="/buy?card=${attempt.vaultingRequestId}">Buy something</a> <a href="/">Add another card</a></p>`
    }
    case 'deleted': {
      const { brand, maskedCardNo } = outcome.card
      return html`<h1>Card deleted: ${brandName(brand)} <span class="unbroken">${shownNumber(maskedCardNo)}</span></h1>
<p>The vault has erased the card, and we have forgotten its token. Nobody can pay with it any more.</p>
<p class="actions"><a class="button" href="/cards">See your cards</a> <a href="/">Add a card</a></p>`
    }
    case 'failed':
      return html`<h1>The card was not added</h1>
<p>${adviceFor(outcome.code)}</p>
<p>Code: <code>${outcome.code}</code></p>
<p class="actions"><a class="button" href="/">${nextTryOf(outcome.code)}</a></p>
<p class="hint">The next try is a new request with an id of its own; nothing of this card was kept.</p>`
    case 'asked':
      return html`<h1>One more step</h1>
<p>${WHAT_IS_ASKED} It is done on a page of our payment provider; then you come back here.</p>
${waiting && html`<p>If you have done it, this page changes by itself in a moment.</p>`}
<p class="actions"><a class="button" href="${outcome.buyerUrl}">Go on</a> <a href="/">Try with another card</a></p>
<p class="hint">There is a quarter of an hour for it. After that nothing of this card is kept.</p>`
    case 'unknown':
      return html`<h1>We do not know yet whether the card was added</h1>
<p>${
        attempt.inquiry?.vaultingStatus === 'NOT_KNOWN'
          ? 'Our request seems not to have reached the vault. If that does not change, try again.'
          : 'The vault, or the bank behind it, has not answered. There is no need to type the card again.'
      }</p>
<p>${waiting ? 'We keep asking the vault, and this page changes by itself.' : 'We ask the vault whenever you load this page.'}</p>
<p class="actions"><a class="button" href="/cards/${attempt.vaultingRequestId}">Ask again</a>
<a href="/">Try with another card</a></p>`
  }
}

function answerStep({ answer, noAnswer }: Attempt): Html {
  if (answer) return step('done', 'Answer', html`${signed(answer, answer.status)}`)
  if (noAnswer) return step('failed', 'Answer', html`none that could be used (<code>${noAnswer.code}</code>)`)
  return step('waiting', 'Answer', html`waiting…`)
}

function notificationStep(attempt: Attempt, waiting: boolean): Html {
  const { notification, vaultingRequestId } = attempt
  const reload = html`<a href="/cards/${vaultingRequestId}">Load again</a>`
  if (notification) {
    // A vaulting without an answer has no other beginning than the request.
    const since = (attempt.answer?.at ?? attempt.askedAt) / 1000
    const seconds = Math.max(0, notification.at / 1000 - since).toFixed(1)
    const after = html`received and verified ${seconds} s after the ${attempt.answer ? 'answer' : 'request'}`
    return step('done', 'Notification', html`${after}: ${said(notification, notification.status)}`)
  }
  if (wasRefused(attempt)) return step('none', 'Notification', html`none comes, since no vaulting began`)
  if (waiting) return step('waiting', 'Notification', html`waiting… ${reload}`)
  return step('waiting', 'Notification', html`not received. The vault sends it again for a day. ${reload}`)
}

function inquiryStep(attempt: Attempt): Html {
  const { inquiry } = attempt
  if (!inquiry) return step('waiting', 'Inquiry', html`no answer yet`)
  if (inquiry.vaultingStatus === 'NOT_KNOWN') {
    return step(wasRefused(attempt) ? 'none' : 'waiting', 'Inquiry', html`the vault keeps nothing under this id`)
  }
  const final = inquiry.vaultingStatus !== 'PROCESSING'
  return step(final ? 'done' : 'waiting', 'Inquiry', signed(inquiry, inquiry.vaultingStatus))
}

/** Enough to compare, too little to use. */
const shortened = (token: string): string => `${token.slice(0, 10)}…${token.slice(-4)}`
