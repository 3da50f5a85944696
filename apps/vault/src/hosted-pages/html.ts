/** What every page of a buyer has in common: its letterhead, its frame of HTML, and that all words in it are escaped. */

import type { BuyerPage } from '../buyers/buyer-page.js'
import { networkName } from '../cards/networks.js'
import { escapeHtml } from '../platform/escape-html.js'
import type { PageKind } from './headers.js'
import { type ChosenLanguage, textsIn } from './language.js'
import type { PageAssets } from './page-assets.js'
import { sumText } from './payment-texts.js'
import type { Texts } from './texts/texts.js'

/** A page, ready to be sent with the headers of its kind. */
export interface Page {
  readonly kind: PageKind
  readonly html: string
}

/** What pages are made with. */
export interface Setting {
  readonly assets: PageAssets
  readonly chosen: ChosenLanguage
}

/** What differs from page to page. All but `title` is HTML. */
export interface Parts {
  readonly kind: PageKind
  readonly title: string
  readonly body: string
  readonly head?: string
  /** Attributes of `main`, for the script and the style sheet. */
  readonly main?: string
}

/** The whole document. */
export function document({ assets, chosen }: Setting, { kind, title, body, head = '', main = '' }: Parts): Page {
  const script = { watching: assets.script, browser: assets.script, challenge: assets.script, framed: assets.notify }
  const { style } = assets
  const lines = [
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="robots" content="noindex">',
    `<title>${escapeHtml(title)}</title>`,
    `<link rel="stylesheet" href="${style.path}" integrity="${style.integrity}">`,
    ...Object.entries(script)
      .filter(([its]) => its === kind)
      .map(([, { path, integrity }]) => `<script type="module" src="${path}" integrity="${integrity}"></script>`),
    ...(head ? [head] : []),
  ]
  const html = `<!doctype html>
<html lang="${textsIn(chosen.language).tag}">
<head>
${lines.join('\n')}
</head>
<body>
<main${main && ` ${main}`}>
${body}
</main>
</body>
</html>
`
  return { kind, html }
}

/** Whose page it is, about which card, and how much is to be paid. */
export function letterhead({ merchantName, lastFour, network, payment }: BuyerPage, texts: Texts): string {
  const brand = network ? `<span>${escapeHtml(networkName(network))}</span> ` : ''
  const digits = lastFour
    ? `<span class="digits" role="img" aria-label="${escapeHtml(texts.cardEnding(lastFour))}">•••• ${escapeHtml(lastFour)}</span>`
    : ''
  const card = brand || digits ? `<span class="card">${brand}${digits}</span>` : ''
  const sum = payment ? `<span class="sum">${escapeHtml(sumText(payment, texts.tag))}</span>` : ''
  return `<header><span class="shop">${escapeHtml(merchantName)}</span>${card}${sum}</header>`
}

/** A link that looks like a button. */
export function goLink(href: string, words: string): string {
  return `<a class="go" href="${escapeHtml(href)}">${escapeHtml(words)}</a>`
}

/** What an issuer wants its cardholder to read. Source: EMV 3-D Secure, cardholderInfo: it must be shown. */
export function bankMessage(cardholderInfo: string | undefined, texts: Texts): string {
  if (cardholderInfo === undefined) return ''
  return `<div class="bank"><p class="quiet">${escapeHtml(texts.bankSays)}</p><p dir="auto">${escapeHtml(cardholderInfo)}</p></div>`
}

/** Fields that the buyer does not see. */
export function hiddenFields(fields: Readonly<Record<string, string>>): string {
  return Object.entries(fields)
    .map(([name, value]) => `<input type="hidden" name="${name}" value="${escapeHtml(value)}">`)
    .join('\n')
}
