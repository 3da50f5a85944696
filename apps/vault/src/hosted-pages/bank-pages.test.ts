/** What the pages send to the bank, and what comes back from browsers and from the bank's frames. */
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { aStep, type PlayedBuyer, type PlayedPages, startPlayedPages } from '../../../../test/support/played-pages.js'

let pages: PlayedPages
beforeAll(async () => {
  pages = await startPlayedPages()
})
afterAll(() => pages?.stop())
beforeEach(() => {
  pages.isDown = false
})

const get = async (url: string) => (await fetch(url)).text()
const stateOf = async ({ url }: PlayedBuyer) => JSON.parse(await get(`${url}/state`)) as Record<string, unknown>

interface Answer {
  status: number
  headers: IncomingHttpHeaders
  text: string
}

/** As a browser sends a form: with the headers that `fetch` does not let anybody set. */
function send(url: string, form: Record<string, string>, headers: Record<string, string> = {}): Promise<Answer> {
  const body = new URLSearchParams(form).toString()
  const sent = {
    'content-type': 'application/x-www-form-urlencoded',
    'content-length': String(body.length),
    ...headers,
  }
  return new Promise((resolve, reject) => {
    const call = httpRequest(url, { method: 'POST', headers: sent, agent: false }, response => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, text }))
    })
    call.on('error', reject)
    call.end(body)
  })
}

const OWN = { 'sec-fetch-site': 'same-origin' }
const ACS = { 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'iframe' }

describe('the page that looks at the browser', () => {
  const METHOD = { url: 'https://acs.bank.example/method?x="1"&y=2', data: 'eyJ0aHJlZSI6IjEifQ' }

  test('sends the 3DS Method its data, into a frame that nobody sees', async () => {
    const { url } = pages.buyer(aStep.browser({ method: METHOD, methodTimeoutMs: 7000 }))
    const html = await get(url)
    expect(html).toContain(
      '<form method="post" action="https://acs.bank.example/method?x=%221%22&amp;y=2" target="method" autocomplete="off">\n' +
        `<input type="hidden" name="threeDSMethodData" value="${METHOD.data}">\n</form>`,
    )
    expect(html).toMatch(
      /<iframe name="method" class="unseen" title="3DS Method" aria-hidden="true" tabindex="-1" sandbox="allow-scripts allow-forms allow-same-origin"><\/iframe>/,
    )
    expect(html).toContain('data-method-timeout-ms="7000"')
  })

  test.each([
    ['the issuer has none', { method: undefined }],
    ['it has called back already', { method: METHOD, methodDone: true }],
  ])('has no frame where %s', async (_why, over) => {
    const html = await get(pages.buyer(aStep.browser(over)).url)
    expect(html).not.toMatch(/<iframe|target=/)
  })

  test.each(['javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd', 'no address'])(
    'sends nothing to %s, whoever wrote it into a range',
    async url => {
      const response = await fetch(pages.buyer(aStep.browser({ method: { url, data: 'x' } })).url)
      expect(response.status).toBe(503)
      expect(await response.text()).not.toContain(url)
    },
  )

  test('asks for facts by fields of these names, all empty', async () => {
    const html = await get(pages.buyer(aStep.browser()).url)
    expect(html.match(/<input[^>]*>/g)).toEqual(
      ['language', 'javaEnabled', 'colorDepth', 'screenHeight', 'screenWidth', 'timeZoneOffset', 'windowWidth']
        .concat('windowHeight')
        .map(name => `<input type="hidden" name="${name}" value="">`),
    )
  })

  test('passes on what the browser says, and leads back to itself whatever is in the form', async () => {
    const buyer = pages.buyer(aStep.browser())
    const form = { colorDepth: '24', redirectUrl: 'https://evil.example', location: '//evil.example', network: 'JCB' }
    const headers = {
      ...OWN,
      accept: 'text/html,*/*;q=0.8',
      'user-agent': 'A Browser',
      referer: 'https://evil.example',
    }
    const answer = await send(`${buyer.url}/browser?redirectUrl=https://evil.example`, form, headers)
    expect(answer).toMatchObject({ status: 303, text: '' })
    expect(answer.headers.location).toBe(new URL(buyer.url).pathname)
    expect(buyer.told).toEqual([
      {
        what: 'recordBrowser',
        given: expect.objectContaining({
          ...{ acceptHeader: 'text/html,*/*;q=0.8', userAgent: 'A Browser', colorDepth: 24, ip: '127.0.0.1' },
          ...{ language: undefined, javaScriptEnabled: true },
        }),
      },
    ])
  })

  test.each([
    ['another site', aStep.browser(), { 'sec-fetch-site': 'cross-site' }, 403],
    ['a neighbour', aStep.browser(), { 'sec-fetch-site': 'same-site' }, 403],
    ['a page that is at another step', aStep.wait(), OWN, 303],
    ['a page that has ended', aStep.end(), OWN, 303],
  ])('takes no facts from %s', async (_who, step, headers, status) => {
    const buyer = pages.buyer(step)
    expect((await send(`${buyer.url}/browser`, { colorDepth: '24' }, headers)).status).toBe(status)
    expect(buyer.told).toEqual([])
  })

  test('that is asked for by GET, as by a page that tries again after trouble, is the page', async () => {
    const buyer = pages.buyer(aStep.browser())
    pages.isDown = true
    const trouble = await send(`${buyer.url}/browser`, {}, OWN)
    expect(trouble.status).toBe(503)
    expect(trouble.text).toContain('<meta http-equiv="refresh" content="3">')
    pages.isDown = false
    const again = await fetch(`${buyer.url}/browser?lang=de`, { redirect: 'manual' })
    expect([again.status, again.headers.get('location')]).toEqual([303, `${new URL(buyer.url).pathname}?lang=de`])
    expect((await fetch(`${pages.url}/v/none/browser`)).status).toBe(404)
  })
})

describe('the state', () => {
  test('is another one as soon as another page is to be shown, and the same until then', async () => {
    const seen = new Set<unknown>()
    const steps = [
      aStep.choose(),
      aStep.browser(),
      aStep.browser({ attempt: 2 }),
      aStep.wait('directory'),
      aStep.wait('issuer'),
      aStep.challenge(),
      aStep.challenge({ returned: true }),
      aStep.stuck(),
      aStep.end(),
      aStep.end({ state: 'SUCCESS' }),
    ]
    for (const step of steps) {
      const buyer = pages.buyer(step)
      const { step: first } = await stateOf(buyer)
      expect(seen).not.toContain(first)
      seen.add(first)
      buyer.page = {
        ...buyer.page,
        remainingMs: 1,
        ...('methodDone' in step && { step: { ...step, methodDone: true } }),
      }
      expect((await stateOf(buyer))['step']).toBe(first)
      if (!['choose', 'stuck', 'end'].includes(step.kind)) {
        expect(await get(buyer.url)).toContain(`data-step="${first}"`)
      }
    }
  })

  test('says whether the 3DS Method has called back, and how long a challenge may still take', async () => {
    expect(await stateOf(pages.buyer(aStep.browser()))).toMatchObject({ methodDone: false })
    expect(await stateOf(pages.buyer(aStep.browser({ methodDone: true })))).toMatchObject({ methodDone: true })
    const left = async (remainingMs: number) =>
      (await stateOf(pages.buyer(aStep.challenge(), { remainingMs })))['timeLeft']
    expect(await left(540_000)).toBe('About 9 minutes left')
    expect(await left(60_001)).toBe('About 2 minutes left')
    expect(await left(59_000)).toBe('Less than a minute left')
    expect(await left(0)).toBe('Less than a minute left')
  })

  test('tells nothing that is in the forms, and nothing at all of an address that is none', async () => {
    const buyer = pages.buyer(aStep.challenge())
    const { acsUrl, creq, sessionData } = aStep.challenge()
    const text = await get(`${buyer.url}/state`)
    for (const secret of [acsUrl, creq, sessionData, buyer.page.id]) expect(text).not.toContain(secret)
    expect((await fetch(`${pages.url}/v/none/state`)).status).toBe(404)
    expect((await fetch(`${buyer.url}.x/state`)).status).toBe(404)
    expect((await fetch(`${buyer.url}.x`)).status).toBe(404)
  })
})

describe('the challenge', () => {
  test.each(['01', '02', '03', '04', '05'] as const)(
    'in window %s sends the bank its CReq into the frame',
    async windowSize => {
      const html = await get(
        pages.buyer(aStep.challenge({ windowSize, creq: 'Y3JlcQ', sessionData: 'c2Vzc2lvbg' })).url,
      )
      expect(html).toContain(`<main class="window-${windowSize}" data-show="challenge"`)
      expect(html).toContain(
        '<form method="post" action="https://acs.bank.example:8443/challenge?a=1&amp;b=2" target="challenge" autocomplete="off">\n' +
          '<input type="hidden" name="creq" value="Y3JlcQ">\n<input type="hidden" name="threeDSSessionData" value="c2Vzc2lvbg">',
      )
      expect(html).toContain(
        'sandbox="allow-scripts allow-forms allow-same-origin allow-popups" allow="payment *; publickey-credentials-get *">',
      )
    },
  )

  test('that the browser is back from shows no frame and sends nothing again', async () => {
    const html = await get(pages.buyer(aStep.challenge({ returned: true })).url)
    expect(html).not.toMatch(/<iframe|<form|creq/)
  })

  test.each(['javascript:alert(1)', 'data:text/html,x'])('is not opened at %s', async acsUrl => {
    expect((await fetch(pages.buyer(aStep.challenge({ acsUrl })).url)).status).toBe(503)
  })
})

describe('what comes back from the bank', () => {
  test('is passed on as it is, and what is absent stays absent', async () => {
    const buyer = pages.buyer(aStep.challenge())
    const threeDSSessionData = buyer.page.id
    const post = (form: Record<string, string>) => send(`${pages.url}/3ds/challenge-notify`, form, ACS)
    await post({ cres: 'Y3Jlcw', threeDSSessionData, network: 'VISA' })
    await post({ error: 'ZXJybw', threeDSSessionData, cres: '' })
    await post({ threeDSSessionData })
    expect(buyer.told.map(({ given }) => given)).toEqual([
      { cres: 'Y3Jlcw', threeDSSessionData },
      { error: 'ZXJybw', threeDSSessionData },
      { threeDSSessionData },
    ])
  })

  test('in a frame says that the bank has answered, and offers nothing that a frame may not do', async () => {
    const buyer = pages.buyer(aStep.challenge())
    const form = { cres: 'x', threeDSSessionData: buyer.page.id }
    const { status, text } = await send(`${pages.url}/3ds/challenge-notify`, form, { ...ACS, 'accept-language': 'fr' })
    expect(status).toBe(200)
    expect(text).toContain('<h1>Votre banque a répondu</h1>')
    expect(text).not.toMatch(/<a |<form/)
    expect(text).not.toContain(new URL(buyer.url).pathname)
  })

  test('in a tab of its own leads to the buyer’s page, which follows from the vaulting and from nothing in the form', async () => {
    const buyer = pages.buyer(aStep.challenge())
    const { pathname } = new URL(buyer.url)
    const form = {
      cres: 'x',
      threeDSSessionData: buyer.page.id,
      redirectUrl: 'https://evil.example',
      url: '//evil.example',
    }
    const to = `${pages.url}/3ds/challenge-notify?to=https://evil.example`
    const tab = await send(to, form, { ...ACS, 'sec-fetch-dest': 'document', referer: 'https://evil.example/' })
    expect([tab.status, tab.headers.location]).toEqual([303, pathname])
    // A browser that does not say where it shows this gets a link.
    const old = await send(to, form)
    expect(old.status).toBe(200)
    expect(old.text.match(/href="[^"]*"/g)!.slice(1)).toEqual([`href="${pathname}"`])
    expect(`${tab.text}${old.text}`).not.toContain('evil')
  })

  test('for a challenge that is none of ours leads nowhere', async () => {
    for (const form of [{}, { cres: 'x' }, { cres: 'x', threeDSSessionData: 'unknown' }]) {
      const { status, headers, text } = await send(`${pages.url}/3ds/challenge-notify`, form, ACS)
      expect(status).toBe(404)
      expect(headers['x-frame-options']).toBe('SAMEORIGIN')
      expect(text).not.toContain('/v/')
    }
  })

  test('may be 16 KiB, and no other form more than 4', async () => {
    const buyer = pages.buyer(aStep.challenge())
    const form = (bytes: number) => ({ threeDSSessionData: buyer.page.id, cres: 'x'.repeat(bytes) })
    expect((await send(`${pages.url}/3ds/challenge-notify`, form(16_000), ACS)).status).toBe(200)
    const tooBig = await send(`${pages.url}/3ds/challenge-notify`, form(17_000), ACS)
    expect([tooBig.status, tooBig.headers['x-frame-options']]).toEqual([413, 'SAMEORIGIN'])
    for (const path of [`${pages.url}/3ds/method-notify`, buyer.url, `${buyer.url}/browser`]) {
      expect((await send(path, { threeDSMethodData: 'x'.repeat(4100) }, OWN)).status).toBe(413)
    }
  })

  test('of the 3DS Method is passed on, and answered alike whatever it was', async () => {
    const buyer = pages.buyer(aStep.browser())
    const answers = await Promise.all(
      [{ threeDSMethodData: buyer.page.id }, { threeDSMethodData: 'unknown' }, {}].map(form =>
        send(`${pages.url}/3ds/method-notify`, form as Record<string, string>, ACS),
      ),
    )
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
    expect(buyer.told).toEqual([{ what: 'recordMethodDone', given: buyer.page.id }])
  })

  test('never sets a cookie, and is never answered to a GET', async () => {
    for (const path of ['/3ds/method-notify', '/3ds/challenge-notify']) {
      expect((await fetch(`${pages.url}${path}?cres=x&threeDSMethodData=x`)).status).toBe(404)
      expect((await send(`${pages.url}${path}`, {}, ACS)).headers['set-cookie']).toBeUndefined()
    }
  })
})

test('no line of the log holds what is in an address or a form', () => {
  for (const line of pages.logLines) expect(line).not.toMatch(/\/v\/|evil|alert|018f0000/)
})
