/** The pages with something of the buyer's bank in a frame, and those that such a frame ends on. */

import type { BuyerPage } from '../buyers/buyer-page.js'
import { escapeHtml } from '../platform/escape-html.js'
import { bankMessage, document, goLink, hiddenFields, letterhead, type Page, type Parts, type Setting } from './html.js'
import { textsIn } from './language.js'
import { timeLeft, watchAttributes } from './page-state.js'
import { factNames } from './read-browser-facts.js'
import type { Texts } from './texts/texts.js'

type Step<K extends BuyerPage['step']['kind']> = BuyerPage['step'] & { kind: K }

/** The issuer's own script runs in a frame that nobody sees, then the browser says what it is. */
export function methodPage(
  page: BuyerPage,
  step: Step<'browser'>,
  { path, backTo, query }: { path: string; backTo: string; query: string },
  texts: Texts,
): Parts {
  const shop = page.merchantName
  const { title, text, again, next, withoutScript, stalled } = texts.browser
  const method = step.methodDone ? undefined : step.method
  return {
    kind: 'browser',
    title,
    main: `data-show="browser" data-method-timeout-ms="${step.methodTimeoutMs}" ${watchAttributes(page, path, query)}`,
    body: `${letterhead(page, texts)}
<h1>${escapeHtml(title)}</h1>
<noscript><p role="status">${escapeHtml(withoutScript(shop))}</p>
<p>${goLink(backTo, texts.backTo(shop))}</p></noscript>
<div role="status" class="scripted">
<div class="progress"></div>
<p>${escapeHtml(step.attempt > 1 ? again : text(shop))}</p>
<p class="late">${escapeHtml(stalled)}</p>
</div>
<p class="quiet scripted">${escapeHtml(next)}</p>
${method ? methodFrame(method) : ''}
<form method="post" action="${path}/browser${query}" autocomplete="off">
${hiddenFields(Object.fromEntries(factNames.map(name => [name, ''])))}
</form>`,
  }
}

function methodFrame({ url, data }: { url: string; data: string }): string {
  return `<iframe name="method" class="unseen" title="3DS Method" aria-hidden="true" tabindex="-1" sandbox="allow-scripts allow-forms allow-same-origin"></iframe>
<form method="post" action="${escapeHtml(webAddress(url).href)}" target="method" autocomplete="off">
${hiddenFields({ threeDSMethodData: data })}
</form>`
}

/** The bank's own page, in a frame of the size that the bank was told. */
export function framePage(
  page: BuyerPage,
  step: Step<'challenge'>,
  { path, backTo, query }: { path: string; backTo: string; query: string },
  texts: Texts,
): Parts {
  const { title, text, source, address, frame, withoutScript, open, goOn } = texts.challenge
  const url = webAddress(step.acsUrl)
  return {
    kind: 'challenge',
    title,
    main: `class="window-${step.windowSize}" data-show="challenge" ${watchAttributes(page, path, query)}`,
    body: `${letterhead(page, texts)}
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(text(page.merchantName))}</p>
${bankMessage(step.cardholderInfo, texts)}
<form method="post" action="${escapeHtml(url.href)}" target="challenge" autocomplete="off">
${hiddenFields({ creq: step.creq, threeDSSessionData: step.sessionData })}
<noscript><p>${escapeHtml(withoutScript)}</p>
<p><button>${escapeHtml(open)}</button></p></noscript>
</form>
<div class="frame"><iframe name="challenge" class="challenge" title="${escapeHtml(frame)}" sandbox="allow-scripts allow-forms allow-same-origin allow-popups" allow="payment *; publickey-credentials-get *"></iframe></div>
<noscript><p>${goLink(`${path}${query}`, goOn)}</p></noscript>
<footer class="quiet">
<p data-time-left>${escapeHtml(timeLeft(page, texts))}</p>
<p>${escapeHtml(source)}</p>
<p>${escapeHtml(address(url.host))}</p>
<p>${escapeHtml(texts.browser.stalled)} <a href="${escapeHtml(backTo)}">${escapeHtml(texts.backTo(page.merchantName))}</a></p>
</footer>`,
  }
}

/**
 * Where a bank's frame ends: it tells the page around it to look what the server says.
 * @param goOn  address of the buyer's page, where a browser may show this page without another one around it
 */
export function notifyPage(setting: Setting, goOn: string | undefined): Page {
  const { returned, challenge } = textsIn(setting.chosen.language)
  const link = goOn === undefined ? '' : `\n<p>${goLink(goOn, challenge.goOn)}</p>`
  return document(setting, {
    kind: 'framed',
    title: returned.title,
    body: `<h1>${escapeHtml(returned.title)}</h1>\n<p role="status">${escapeHtml(returned.text)}</p>${link}`,
  })
}

/** No other address may be sent a form: an issuer's range or answer that names one is refused where it is read. */
function webAddress(text: string): URL {
  const url = new URL(text)
  if (!['https:', 'http:'].includes(url.protocol)) throw new Error('the address of a bank is no address of the web')
  return url
}
