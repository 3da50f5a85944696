/** Every page in every language, as it is sent. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  aPayment,
  aStep,
  type PlayedBuyer,
  type PlayedPages,
  startPlayedPages,
} from '../../../../test/support/played-pages.js'
import type { BuyerPage } from '../buyers/buyer-page.js'
import { type Language, languages, textsIn } from './language.js'
import { sumText, textsFor } from './payment-texts.js'
import type { Texts } from './texts/texts.js'

const HOSTILE = `"><script>alert('1')</script> & Söhne`
const ESCAPED = '&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; Söhne'

let pages: PlayedPages
beforeAll(async () => {
  pages = await startPlayedPages()
})
afterAll(() => pages?.stop())

const escaped = (text: string) =>
  text.replace(/[&<>"']/g, c => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[c]!)
const get = async (url: string, headers: Record<string, string> = {}) => (await fetch(url, { headers })).text()
const shown = (buyer: PlayedBuyer, language: Language) => get(`${buyer.url}?lang=${language}`)

/** Each step, its title, and what it must say besides. */
const steps: [string, BuyerPage['step'], (texts: Texts) => string, (texts: Texts, shop: string) => string[]][] = [
  ['choose', aStep.choose(), t => t.choose.title, (t, shop) => [t.choose.question(shop), t.choose.note]],
  [
    'browser',
    aStep.browser(),
    t => t.browser.title,
    (t, shop) => [t.browser.text(shop), t.browser.next, t.browser.withoutScript(shop), t.backTo(shop)],
  ],
  ['browser, again', aStep.browser({ attempt: 2 }), t => t.browser.title, t => [t.browser.again]],
  ['wait for directory', aStep.wait('directory'), t => t.wait.title, t => [t.wait.directory, t.wait.note]],
  [
    'wait for issuer',
    aStep.wait('issuer'),
    t => t.wait.title,
    (t, shop) => [t.wait.issuer, t.slow(shop), t.backTo(shop)],
  ],
  [
    'challenge',
    aStep.challenge({ cardholderInfo: HOSTILE }),
    t => t.challenge.title,
    (t, shop) => [
      ...[t.challenge.text(shop), t.challenge.source, t.challenge.address('acs.bank.example:8443')],
      ...[t.challenge.frame, t.challenge.timeLeft(9), t.challenge.open, t.challenge.goOn, t.bankSays, HOSTILE],
    ],
  ],
  [
    'challenge, returned',
    aStep.challenge({ returned: true, cardholderInfo: 'Call us' }),
    t => t.returned.title,
    (t, shop) => [t.returned.text, t.slow(shop), t.backTo(shop), 'Call us'],
  ],
  ['stuck', aStep.stuck(), t => t.stuck.title, (t, shop) => [t.stuck.text(shop), t.backTo(shop)]],
  [
    'succeeded',
    aStep.end({ state: 'SUCCESS' }),
    t => t.succeeded.title,
    (t, shop) => [t.succeeded.text(shop), t.goesBack],
  ],
  ...(
    [
      ['no choice', 'noChoice'],
      ['not authenticated', 'notAuthenticated'],
      ['closed', 'closed'],
      ['other', 'other'],
    ] as const
  ).map(([ended, name]): (typeof steps)[number] => [
    `end: ${ended}`,
    aStep.end({ ended, cardholderInfo: ended === 'not authenticated' ? HOSTILE : undefined }),
    t => t.failed.title,
    (t, shop) => [
      ...[t.failed[name](shop), t.backTo(shop)],
      ...(ended === 'not authenticated' ? [t.bankSays, HOSTILE] : [t.goesBack]),
    ],
  ]),
]

describe.each(languages)('in %s', language => {
  const texts = textsIn(language)

  test.each(steps)(
    '"%s" says what it has to, and nothing in it is taken for HTML',
    async (_name, step, title, says) => {
      const html = await shown(pages.buyer(step, { merchantName: HOSTILE }), language)
      expect(html).toContain(`<html lang="${texts.tag}">`)
      expect(html).toContain(`<title>${escaped(title(texts))}</title>`)
      expect(html.match(/<h1>[^<]*<\/h1>/g)).toEqual([`<h1>${escaped(title(texts))}</h1>`])
      for (const text of says(texts, HOSTILE)) expect(html).toContain(escaped(text))
      expect(html).toContain(`<span class="shop">${ESCAPED}</span>`)
      expect(html).toContain(`aria-label="${escaped(texts.cardEnding('0001'))}">•••• 0001</span>`)
      expect(html).not.toMatch(/<script>|undefined|\[object/)
    },
  )

  test.each(steps)('"%s" of a payment speaks of paying, and of how much', async (name, step, title, says) => {
    const payment = aPayment(123_456n, 'JPY')
    const html = await shown(pages.buyer(step, { merchantName: HOSTILE, ...payment }), language)
    const paying = textsFor(payment, texts)
    expect(html.match(/<h1>[^<]*<\/h1>/g)).toEqual([`<h1>${escaped(title(paying))}</h1>`])
    for (const text of says(paying, HOSTILE)) expect(html).toContain(escaped(text))
    expect(html).toContain(`<span class="sum">${escaped(sumText(payment.payment!, texts.tag))}</span></header>`)
    // Nothing is left of the words for saving a card.
    const saving = says(texts, HOSTILE).filter(text => !says(paying, HOSTILE).includes(text))
    for (const text of saving) expect(html).not.toContain(escaped(text))
    if (!/again|directory|returned|^end/.test(name)) expect(saving).not.toEqual([])
    expect(html).not.toMatch(/<script>|undefined|\[object/)
  })

  test('a payment that its merchant has cancelled says so', async () => {
    const html = await shown(pages.buyer(aStep.end({ ended: 'cancelled' }), aPayment()), language)
    const { title, text } = texts.payment.cancelled
    expect(html).toContain(`<h1>${escaped(title)}</h1>`)
    expect(html).toContain(escaped(text('Fernhill Coffee', sumText({ amount: 1234n, currency: 'EUR' }, texts.tag))))
  })

  test('what leads nowhere and what did not work says so', async () => {
    expect(await get(`${pages.url}/v/none?lang=${language}`)).toContain(`<h1>${escaped(texts.unknown.title)}</h1>`)
    const response = await fetch(pages.buyer(aStep.choose()).url, {
      method: 'POST',
      body: new URLSearchParams({ network: 'VISA' }),
      headers: { 'sec-fetch-site': 'cross-site', 'accept-language': language },
    })
    expect(response.status).toBe(403)
    expect(await response.text()).toContain(`<h1>${escaped(texts.mistake.title)}</h1>`)
  })
})

describe('the language', () => {
  test('is the browser’s where the address asks for none', async () => {
    const { url } = pages.buyer(aStep.choose())
    expect(await get(url, { 'accept-language': 'ko-KR,ko;q=0.9,en;q=0.5' })).toContain('<html lang="ko">')
    expect(await get(`${url}?lang=fr`, { 'accept-language': 'ko' })).toContain('<html lang="fr">')
    expect(await get(`${url}?lang=xx`, { 'accept-language': 'ko' })).toContain('<html lang="ko">')
    expect(await get(`${pages.url}/nothing`, { 'accept-language': 'de' })).toContain('<html lang="de">')
    expect(await get(`${pages.url}/%zz`, { 'accept-language': 'de' })).toContain('<html lang="de">')
  })

  test('that was asked for is kept by forms, states and redirects', async () => {
    const browser = pages.buyer(aStep.browser())
    const { pathname } = new URL(browser.url)
    const html = await shown(browser, 'es')
    expect(html).toContain(`action="${pathname}/browser?lang=es"`)
    expect(html).toContain(`data-state="${pathname}/state?lang=es"`)
    const own = { 'sec-fetch-site': 'same-origin' }
    const send = (url: string) =>
      fetch(url, { method: 'POST', body: new URLSearchParams(), headers: own, redirect: 'manual' })
    expect((await send(`${browser.url}/browser?lang=es`)).headers.get('location')).toBe(`${pathname}?lang=es`)
    expect((await send(`${browser.url}?lang=es`)).headers.get('location')).toBe(`${pathname}?lang=es`)
    expect((await send(`${browser.url}?lang=%0d%0ax:y&next=https://evil.example`)).headers.get('location')).toBe(
      pathname,
    )
    const state = await get(`${pages.buyer(aStep.challenge()).url}/state?lang=es`)
    expect(JSON.parse(state)).toMatchObject({ timeLeft: textsIn('es').challenge.timeLeft(9) })
  })
})

describe('the way back', () => {
  const leads = (html: string) => /http-equiv="refresh" content="(\d+); url=([^"]*)"/.exec(html)?.slice(1)

  test('is taken by itself at the end, sooner when all is well', async () => {
    const to = 'https://shop.example/done?a=1&amp;vaultingRequestId='
    const [saved, failed] = [pages.buyer(aStep.end({ state: 'SUCCESS' })), pages.buyer(aStep.end())]
    expect(leads(await get(saved.url))).toEqual(['2', `${to}${saved.page.requestId}`])
    expect(leads(await get(failed.url))).toEqual(['5', `${to}${failed.page.requestId}`])
  })

  test('of a payment carries its id', async () => {
    const { page, url } = pages.buyer(aStep.end({ state: 'SUCCESS' }), aPayment())
    expect(leads(await get(url))).toEqual(['2', `https://shop.example/done?a=1&amp;paymentRequestId=${page.requestId}`])
  })

  test('waits for the buyer where the bank has something to say to him', async () => {
    const html = await get(pages.buyer(aStep.end({ cardholderInfo: 'Call us' })).url)
    expect(leads(html)).toBeUndefined()
    expect(html).toContain('<a class="go" href="https://shop.example/done?a=1&amp;vaultingRequestId=')
    expect(html).not.toContain(textsIn('en').goesBack)
  })

  test('is the only thing offered where nothing more is tried', async () => {
    const html = await get(pages.buyer(aStep.stuck()).url)
    expect(html.match(/<a |<button|<form|<script|http-equiv/g)).toEqual(['<a '])
  })
})

describe('the card in the letterhead', () => {
  test('is left out as far as it is not known', async () => {
    const none = await get(pages.buyer(aStep.end(), { lastFour: undefined, network: undefined }).url)
    expect(none).not.toContain('class="card"')
    const some = await get(pages.buyer(aStep.end(), { lastFour: undefined, network: 'CARTES_BANCAIRES' }).url)
    expect(some).toContain('<span class="card"><span>Cartes Bancaires</span> </span>')
  })
})
