/**
 * A buyer whose browser is played over HTTP: it opens the page, sends the forms that are in it, and follows the bank. It
 * runs no script, so it does what the page's script would do; whether the script does it, tests with a browser show.
 */
import { setTimeout as sleep } from 'node:timers/promises'

/** A form of a page, as a browser would send it. */
export interface Form {
  action: string
  target: string | undefined
  fields: Record<string, string>
}

/** A page that was loaded. */
export interface Loaded {
  url: string
  status: number
  html: string
  /** What the page shows: `choose`, `browser`, `wait`, `challenge`, `stuck`, `end`. */
  shows: string | undefined
  forms: Form[]
}

/** What a browser sends with a navigation. */
const HEADERS = {
  accept: 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8',
  'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) PlayedBuyer/1.0',
  'accept-language': 'en',
}

const FACTS = {
  language: 'en-GB',
  javaEnabled: 'false',
  colorDepth: '30',
  screenHeight: '1080',
  screenWidth: '1920',
  timeZoneOffset: '-60',
  windowWidth: '1280',
  windowHeight: '900',
}

export async function load(url: string): Promise<Loaded> {
  return read(url, await fetch(url, { headers: HEADERS, redirect: 'manual' }))
}

/** Sends a form; a redirect within the pages is followed, as a browser would. */
export async function send(form: Form, more: Record<string, string> = {}): Promise<Loaded> {
  const response = await fetch(form.action, {
    method: 'POST',
    redirect: 'manual',
    headers: { ...HEADERS, 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ ...form.fields, ...more }),
  })
  const location = response.headers.get('location')
  return location ? load(new URL(location, form.action).href) : read(form.action, response)
}

async function read(url: string, response: Response): Promise<Loaded> {
  const html = await response.text()
  return {
    url,
    status: response.status,
    html,
    shows: /data-show="([a-z]+)"/.exec(html)?.[1] ?? (html.includes('name="network"') ? 'choose' : 'end'),
    forms: formsOf(url, html),
  }
}

function formsOf(url: string, html: string): Form[] {
  return [...html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/g)].map(([, head = '', body = '']) => ({
    action: new URL(attribute(head, 'action') ?? '', url).href,
    target: attribute(head, 'target'),
    fields: Object.fromEntries(
      [...body.matchAll(/<input\b([^>]*)>/g)].flatMap(([, input = '']) => {
        const name = attribute(input, 'name')
        const isSent = name !== undefined && !/type="(submit|button)"/.test(input)
        return isSent ? [[name, attribute(input, 'value') ?? '']] : []
      }),
    ),
  }))
}

function attribute(tag: string, name: string): string | undefined {
  const found = new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(tag)?.[1]
  return found
    ?.replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
}

/** Waits until the page shows something else than waiting. */
export async function settled(url: string, wanted?: string): Promise<Loaded> {
  for (let tries = 0; ; tries++) {
    const page = await load(url)
    const isThere = wanted ? page.shows === wanted : page.shows !== 'wait'
    if (isThere) return page
    if (tries > 400) throw new Error(`the page still shows ${page.shows}`)
    await sleep(50)
  }
}

/** Lets the 3DS Method run in its frame, where there is one, and tells what the browser is. */
export async function passBrowser(page: Loaded, how: { method?: boolean; facts?: Record<string, string> } = {}) {
  const form = page.forms.find(({ action }) => action.endsWith('/browser'))
  if (!form) throw new Error(`no browser is asked for: the page shows ${page.shows}`)
  const method = page.forms.find(({ target }) => target === 'method')
  if (method && how.method !== false) {
    const called = await send(method)
    const back = called.forms.find(({ fields }) => 'threeDSMethodData' in fields)
    if (back) await send(back)
  }
  return send(form, { ...FACTS, ...how.facts })
}

/** Opens the bank's page in the challenge's frame. */
export async function openChallenge(page: Loaded): Promise<Loaded> {
  const form = page.forms.find(({ fields }) => 'creq' in fields)
  if (!form) throw new Error(`there is no challenge: the page shows ${page.shows}`)
  return send(form)
}

/** What typing a code sends. */
export const code = (otp = '123456') => ({ action: 'code', code: otp })

/** Answers the bank, again if it asks again, and brings what it says back to our page where it is done. @returns the bank's page */
export async function answerBank(bank: Loaded, fields: Record<string, string>, comesBack = true): Promise<Loaded> {
  const form = bank.forms.find(({ action }) => action.includes('/acs/'))
  if (!form) throw new Error(`the bank asks for nothing: ${bank.html.replace(/<style>[\s\S]*?<\/style>/, '')}`)
  const answered = await send(form, fields)
  if (answered.forms.some(({ action }) => action.includes('/acs/'))) return answerBank(answered, fields, comesBack)
  const back = answered.forms.find(one => 'cres' in one.fields || 'error' in one.fields)
  if (back && comesBack) await send(back)
  return answered
}

/** What a buyer does on his way. */
export interface Way {
  /** The brand that he chooses, where he is asked. */
  network?: string
  /** The code that he types in a challenge; the right one unless told. */
  otp?: string | undefined
  /** Whether the 3DS Method may run. */
  method?: boolean
  facts?: Record<string, string>
}

/** Goes the whole way, from the address in a merchant's answer to the end. @returns the last page */
export async function goThrough(normalUrl: string, way: Way = {}): Promise<Loaded> {
  let page = await settled(normalUrl)
  for (let steps = 0; steps < 12; steps++) {
    if (page.shows === 'choose') {
      const form = page.forms.find(({ action }) => action.startsWith(normalUrl.split('?')[0]!)) ?? page.forms[0]!
      if (way.network === undefined) throw new Error('the buyer is asked for a brand and knows none')
      await send(form, { network: way.network })
    } else if (page.shows === 'browser') {
      await passBrowser(page, way)
    } else if (page.shows === 'challenge') {
      await answerBank(await openChallenge(page), code(way.otp))
    } else {
      return page
    }
    const before = page.html
    page = await settled(normalUrl)
    if (page.html === before) await sleep(50)
  }
  return page
}
