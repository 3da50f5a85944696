import { createHash } from 'node:crypto'
import { type ThreeDSScript, testCardNumber } from '@coffer/test-cards'
import { describe, expect, it } from 'vitest'
import { encoded, type Fields, type Page, payment, startThreeDS } from '../testing/three-ds-server.js'

const visa = (tt: ThreeDSScript) => testCardNumber({ prefix: '40000000', tt })
const id = '8a880dc0-d2d2-4067-bcb1-b08d1690b26e'

/** The directives of a page's policy, by name. */
function policyOf({ headers }: Page): Record<string, string> {
  const directives = headers.get('content-security-policy')!.split('; ')
  return Object.fromEntries(directives.map(directive => /^(\S+) (.*)$/.exec(directive)!.slice(1) as [string, string]))
}

const hashesOf = ({ html }: Page, element: 'script' | 'style') =>
  [...html.matchAll(new RegExp(`<${element}>([^]*?)</${element}>`, 'g'))].map(
    ([, text]) => `'sha256-${createHash('sha256').update(text!).digest('base64')}'`,
  )

describe('every page', () => {
  it('may be framed by everybody, runs nothing but its one script, and posts to itself and the shop alone', async () => {
    const { authenticate, browser } = await startThreeDS()
    const ares = await authenticate(visa('20'))
    const data = { threeDSServerTransID: id, threeDSMethodNotificationURL: 'http://127.0.0.1:8081/3ds/method-notify' }
    const page = await browser.begin(ares)
    const pages = [
      page,
      await browser.press(page, { code: '1', action: 'code' }),
      await browser.press(page, { action: 'cancel' }),
      await browser.begin(ares),
      await browser.submit('/acs/method', { threeDSMethodData: encoded(data) }),
    ]
    for (const each of pages) {
      const policy = policyOf(each)
      expect(policy).toMatchObject({ 'default-src': "'none'", 'base-uri': "'none'", 'frame-ancestors': '*' })
      for (const hash of hashesOf(each, 'style')) expect(policy['style-src']).toBe(hash)
      for (const hash of hashesOf(each, 'script')) expect(policy['script-src']).toBe(hash)
      expect(each.html).not.toMatch(/ style=| on[a-z]+=|https?:\/\/(?!127\.0\.0\.1:8081)/)
      expect(each.headers.get('cache-control')).toBe('no-store')
    }
    expect(policyOf(page)['form-action']).toBe("'self' http://127.0.0.1:8081")
    expect(policyOf(pages[3]!)['form-action']).toBe("'self'")
    expect(pages.map(each => hashesOf(each, 'script').length)).toEqual([0, 0, 1, 0, 1])
  })

  it('shows what came from elsewhere as text', async () => {
    const { authenticate, browser } = await startThreeDS()
    const evil = '"><script>alert(1)</script>'
    const page = await browser.begin(await authenticate(visa('20'), { merchantName: evil }))
    expect(page.html).not.toContain('<script')
    expect(page.html).toContain('Add a card to &#34;&#62;&#60;script&#62;alert(1)&#60;/script&#62;')

    const url = `http://127.0.0.1:8081/?a="><script>alert(1)</script>`
    const back = await browser.type(await authenticate(visa('20'), { notificationURL: url }), '123456')
    expect(back.action).toBe(url)
    expect([...back.html.matchAll(/<script>/g)]).toHaveLength(1)
  })
})

describe('the challenge page', () => {
  it('says who asks, what for and with which card, and shows no more than its last four digits', async () => {
    const { authenticate, browser } = await startThreeDS()
    const shown = async (change: Fields, number = visa('20')) =>
      (await browser.begin(await authenticate(number, change))).html
    expect(await shown({})).toContain('Add a card to Tea &#38; &#60;Sugar&#62;')
    expect(await shown({ threeDSRequestorAuthenticationInd: '05' })).toContain('Update a card at Tea')
    expect(await shown({ merchantName: undefined, threeDSRequestorName: 'A requestor' })).toContain('to A requestor')
    const paid = await shown(payment)
    expect(paid).toContain('<div><dt>Pay to</dt><dd>Tea &#38; &#60;Sugar&#62;</dd></div>')
    expect(paid).toContain('<div><dt>Amount</dt><dd>EUR 10.50</dd></div>')
    for (const [purchaseAmount, purchaseCurrency, purchaseExponent, amount] of [
      ['5', '392', '0', 'JPY 5'],
      ['5', '978', '2', 'EUR 0.05'],
      ['1234567', '048', '3', 'BHD 1,234.567'],
      ['123456789', '840', '2', 'USD 1,234,567.89'],
      ['100', '999', '2', '999 1.00'],
    ] as const) {
      const html = await shown({ ...payment, purchaseAmount, purchaseCurrency, purchaseExponent })
      expect(html).toContain(`<dd>${amount}</dd>`)
    }
    // So is a card added where the bank knows no other way.
    expect(await shown({ ...payment, purchaseAmount: '0' })).toContain('Add a card to Tea')
    const html = await shown({})
    expect(html).toContain('0008</dd>')
    expect(html).not.toContain(visa('20').slice(0, 6))
    expect(html).not.toContain(visa('20').slice(-5))
  })

  it('has a label for its field, names its problem, and needs no script', async () => {
    const { authenticate, browser } = await startThreeDS()
    const page = await browser.begin(await authenticate(visa('20')))
    expect(page.html).toContain('<html lang="en">')
    expect(page.html).toContain('<label for="code">')
    expect(page.html).toMatch(/<input id="code" [^>]*autocomplete="one-time-code"/)
    expect(page.html).not.toContain('<script')
    const again = await browser.press(page, { code: '1', action: 'code' })
    expect(again.html).toMatch(/role="alert" id="problem"/)
    expect(again.html).toMatch(/aria-invalid="true" aria-describedby="problem sent"/)
  })

  it.each(['20', '21', '22', '23', '24', '25'] as const)('tells whoever tests with TT %s what to do', async tt => {
    const { authenticate, browser } = await startThreeDS()
    const { html } = await browser.begin(await authenticate(visa(tt)))
    if (tt === '21') expect(html).toContain('This is a simulator and there is no app')
    else for (const code of ['123456', '111111', '222222', '333333']) expect(html).toContain(`<code>${code}</code>`)
    if (tt > '21') expect(html).toContain('This card: ')
  })
})

describe('the 3DS Method', () => {
  it('calls back with the id of the transaction, or stays silent', async () => {
    const { browser } = await startThreeDS()
    const data = { threeDSServerTransID: id, threeDSMethodNotificationURL: 'http://127.0.0.1:8081/3ds/method-notify' }
    const page = await browser.submit('/acs/method', { threeDSMethodData: encoded(data) })
    expect(page.action).toBe(data.threeDSMethodNotificationURL)
    expect(page.message('threeDSMethodData')).toEqual({ threeDSServerTransID: id })

    const silent = await browser.submit('/acs/method/silent', { threeDSMethodData: encoded(data) })
    expect([silent.status, silent.action]).toEqual([200, ''])
  })

  it.each([
    ['nothing', {}],
    ['no base64url', { threeDSMethodData: 'a+b=' }],
    ['no JSON', { threeDSMethodData: 'YWJj' }],
    ['no id', { threeDSMethodData: encoded({ threeDSMethodNotificationURL: 'https://shop.example' }) }],
    [
      'an address that is none of the web',
      { threeDSMethodData: encoded({ threeDSServerTransID: id, threeDSMethodNotificationURL: 'javascript:alert(1)' }) },
    ],
  ] as const)('goes nowhere with %s', async (_what, form) => {
    const { browser } = await startThreeDS()
    const page = await browser.submit('/acs/method', form as Record<string, string>)
    expect([page.status, page.action]).toEqual([400, ''])
  })
})

it('the controls still take no forms', async () => {
  const { simulator } = await startThreeDS()
  for (const path of ['/control', '/clock']) {
    const response = await fetch(`${simulator.browserUrl}${path}`, {
      method: 'POST',
      body: new URLSearchParams({ dropRReqs: '1' }),
    })
    expect(response.status).toBe(415)
  }
})
