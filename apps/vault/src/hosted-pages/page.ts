/** What a buyer sees of his vaulting or payment. Nothing that a browser sends comes back in it. */

import type { BuyerPage } from '../buyers/buyer-page.js'
import { networkName } from '../cards/networks.js'
import { escapeHtml } from '../platform/escape-html.js'
import { framePage, methodPage } from './bank-pages.js'
import { bankMessage, document, goLink, letterhead, type Page, type Parts, type Setting } from './html.js'
import { textsIn } from './language.js'
import { watchAttributes } from './page-state.js'
import { sumText, textsFor } from './payment-texts.js'
import type { Texts } from './texts/texts.js'

/**
 * The page of the present step.
 * @param path  of the page, without a query
 * @param backTo  address of the merchant's page
 */
export function pageFor(page: BuyerPage, path: string, backTo: string, setting: Setting): Page {
  const texts = textsFor(page, textsIn(setting.chosen.language))
  const { step } = page
  switch (step.kind) {
    case 'choose':
      return document(setting, choicePage(page, step.networks, texts))
    case 'browser':
      return document(setting, methodPage(page, step, { path, backTo, ...setting.chosen }, texts))
    case 'wait':
      return document(setting, waitPage(page, texts.wait[step.for], { path, backTo, ...setting.chosen }, texts))
    case 'challenge':
      return document(
        setting,
        step.returned
          ? returnedPage(page, step.cardholderInfo, { path, backTo, ...setting.chosen }, texts)
          : framePage(page, step, { path, backTo, ...setting.chosen }, texts),
      )
    case 'stuck':
      return document(setting, stuckPage(page, backTo, texts))
    case 'end':
      return document(setting, endPage(page, step, backTo, texts))
  }
}

/**
 * Every brand gets the same button, in the order of the card: none is bigger, coloured or chosen before the buyer did.
 * Source: Regulation (EU) 2015/751, Article 8(6).
 */
function choicePage(page: BuyerPage, networks: readonly Parameters<typeof networkName>[0][], texts: Texts): Parts {
  const { title, question, note } = texts.choose
  const buttons = networks
    .map(
      network => `<button name="network" value="${escapeHtml(network)}">${escapeHtml(networkName(network))}</button>`,
    )
    .join('\n')
  return {
    kind: 'form',
    title,
    body: `${letterhead(page, texts)}
<h1>${escapeHtml(title)}</h1>
<form method="post">
<fieldset><legend>${escapeHtml(question(page.merchantName))}</legend>
${buttons}
</fieldset>
</form>
<p class="quiet">${escapeHtml(note)}</p>`,
  }
}

interface Place {
  path: string
  backTo: string
  query: string
}

function waitPage(page: BuyerPage, text: string, place: Place, texts: Texts): Parts {
  const { title, note } = texts.wait
  return waiting(page, title, `<p>${escapeHtml(text)}</p>`, `<p class="quiet">${escapeHtml(note)}</p>`, place, texts)
}

function returnedPage(page: BuyerPage, cardholderInfo: string | undefined, place: Place, texts: Texts): Parts {
  const { title, text } = texts.returned
  return waiting(page, title, `<p>${escapeHtml(text)}</p>`, bankMessage(cardholderInfo, texts), place, texts)
}

/** Goes on by itself: by its script, and by loading itself anew where there is none. */
function waiting(
  page: BuyerPage,
  title: string,
  status: string,
  rest: string,
  { path, backTo, query }: Place,
  texts: Texts,
): Parts {
  const shop = page.merchantName
  return {
    kind: 'watching',
    title,
    head: '<noscript><meta http-equiv="refresh" content="2"></noscript>',
    main: `data-show="wait" ${watchAttributes(page, path, query)}`,
    body: `${letterhead(page, texts)}
<h1>${escapeHtml(title)}</h1>
<div role="status">
<div class="progress"></div>
${status}
<div class="late"><p>${escapeHtml(texts.slow(shop))}</p>
<p>${goLink(backTo, texts.backTo(shop))}</p></div>
</div>
${rest}`,
  }
}

/** Nothing more is tried, so nothing is offered but the way back. */
function stuckPage(page: BuyerPage, backTo: string, texts: Texts): Parts {
  const shop = page.merchantName
  const { title, text } = texts.stuck
  return {
    kind: 'plain',
    title,
    body: `${letterhead(page, texts)}
<h1>${escapeHtml(title)}</h1>
<p role="status">${escapeHtml(text(shop))}</p>
<p>${goLink(backTo, texts.backTo(shop))}</p>`,
  }
}

/**
 * A way back that is a link and not a redirect, since a browser holds a redirect after a form to `form-action`. It is
 * taken without being clicked, unless the bank has something to say: that is read in one's own time.
 */
function endPage(page: BuyerPage, step: BuyerPage['step'] & { kind: 'end' }, backTo: string, texts: Texts): Parts {
  const shop = page.merchantName
  const { title, text, seconds } = ending(page, step, texts)
  const goesBack = step.cardholderInfo === undefined
  return {
    kind: 'plain',
    title,
    ...(goesBack && { head: `<meta http-equiv="refresh" content="${seconds}; url=${escapeHtml(backTo)}">` }),
    body: `${letterhead(page, texts)}
<h1>${escapeHtml(title)}</h1>
<p role="status">${escapeHtml(text)}</p>
${bankMessage(step.cardholderInfo, texts)}
<p>${goLink(backTo, texts.backTo(shop))}</p>
${goesBack ? `<p class="quiet">${escapeHtml(texts.goesBack)}</p>` : ''}`,
  }
}

/** What became of it, and for how long that is shown. Why a bank declined is told to the merchant alone. */
function ending(
  { merchantName: shop, payment }: BuyerPage,
  { state, ended }: BuyerPage['step'] & { kind: 'end' },
  texts: Texts,
) {
  if (state === 'SUCCESS') return { title: texts.succeeded.title, text: texts.succeeded.text(shop), seconds: 2 }
  const { title, noChoice, notAuthenticated, closed, other } = texts.failed
  if (ended === 'cancelled' && payment) {
    const { cancelled } = texts.payment
    return { title: cancelled.title, text: cancelled.text(shop, sumText(payment, texts.tag)), seconds: 5 }
  }
  const text = { 'no choice': noChoice, 'not authenticated': notAuthenticated, closed, cancelled: other, other }[ended]
  return { title, text: text(shop), seconds: 5 }
}

/** For an address that leads nowhere: it says no more to a stranger than to somebody who mistyped it. */
export function unknownPage(setting: Setting, kind: 'plain' | 'framed' = 'plain'): Page {
  return simplePage(setting, kind, textsIn(setting.chosen.language).unknown)
}

/** For what no browser does with the buttons of these pages. Says the same whatever was wrong. */
export function mistakePage(setting: Setting, kind: 'plain' | 'framed' = 'plain'): Page {
  return simplePage(setting, kind, textsIn(setting.chosen.language).mistake)
}

/** While the database is away. */
export function troublePage(setting: Setting, kind: 'plain' | 'framed' = 'plain'): Page {
  const { trouble } = textsIn(setting.chosen.language)
  // What a frame was sent by a form cannot be asked for again.
  return simplePage(setting, kind, trouble, kind === 'plain' ? '<meta http-equiv="refresh" content="3">' : '')
}

function simplePage(
  setting: Setting,
  kind: 'plain' | 'framed',
  { title, text }: { title: string; text: string },
  head = '',
): Page {
  const body = `<h1>${escapeHtml(title)}</h1>\n<p role="status">${escapeHtml(text)}</p>`
  return document(setting, { kind, title, head, body })
}
