import { setTimeout as sleep } from 'node:timers/promises'
import { attribute, open, send, textOf } from './forms.mjs'

/** How long a page may show the same; longer than three directory servers that stay silent. */
const patienceMs = 45_000

/** What the page's script would tell of this browser. */
const facts = {
  language: 'en',
  javaEnabled: 'false',
  colorDepth: '24',
  screenHeight: '1080',
  screenWidth: '1920',
  timeZoneOffset: '0',
  windowWidth: '1280',
  windowHeight: '900',
}

/**
 * Plays the buyer's browser over HTTP. It runs no script, so it does by hand what the page's own script would do: send the
 * forms that are in the page, and look again until another page is to be shown.
 * @param {(what: string, more?: string) => void} tell  told of each thing that the buyer does
 * @returns {Promise<{ ended: boolean, backTo?: string }>} whether the page came to its end
 */
export async function playBuyer(normalUrl, { code, tell, signal }) {
  const done = new Set()
  let since = Date.now()
  for (let before = ''; ; ) {
    const page = await open(normalUrl, signal)
    const shows = whatItShows(page)
    if (shows === 'end') {
      tell(`the page says: ${page.title}`)
      const backTo = attribute(/<a class="go"[^>]*>/.exec(page.html)?.[0] ?? '', 'href')
      return { ended: true, backTo }
    }
    if (shows === 'stuck') {
      tell(`the page says: ${page.title}`, 'nobody answered; the vaulting ends at its deadline')
      return { ended: false }
    }
    if (shows !== before) since = Date.now()
    before = shows
    if (Date.now() - since > patienceMs) {
      tell(`the page still says: ${page.title}`, 'this buyer waits no longer')
      return { ended: false }
    }
    // Each form once: the page shows it until the vault has taken note of it.
    const step = steps[shows]
    const form = step && `${shows} ${JSON.stringify(page.forms)}`
    if (step && !done.has(form)) {
      done.add(form)
      await step(page, { code, tell, signal })
    }
    await sleep(200, undefined, { signal })
  }
}

const whatItShows = ({ html }) => {
  if (html.includes('name="network"')) return 'choose'
  const shows = /data-show="([a-z]+)"/.exec(html)?.[1]
  if (shows) return shows
  return /http-equiv="refresh"|class="bank"/.test(html) ? 'end' : 'stuck'
}

const steps = {
  async choose(page, { tell, signal }) {
    const [form] = page.forms
    const [network] = form.buttons
    tell(`opened it: ${page.title}`, `took ${network}, of ${form.buttons.join(' and ')}`)
    await send(form, { network }, signal)
  },

  async browser(page, { tell, signal }) {
    const method = page.forms.find(({ target }) => target === 'method')
    const about = page.forms.find(({ action }) => new URL(action).pathname.endsWith('/browser'))
    tell('opened it, and told what browser this is', method ? undefined : 'the issuer has no 3DS Method')
    if (method) {
      const bank = await send(method, {}, signal)
      const back = bank.forms.find(({ fields }) => 'threeDSMethodData' in fields)
      tell(`ran the bank's 3DS Method at ${hostOf(method.action)}`, back ? 'it called back' : 'it did not call back')
      if (back) await send(back, {}, signal)
    }
    await send(about, facts, signal)
  },

  async challenge(page, { code, tell, signal }) {
    const form = page.forms.find(({ fields }) => 'creq' in fields)
    // The browser is back already, and the result has not come yet.
    if (!form) return
    let bank = await send(form, {}, signal)
    const purpose = textOf(bank.html, /<dd>([\s\S]*?)<\/dd>/)
    tell(`opened the bank's page at ${hostOf(form.action)}`, `“${purpose}”`)
    for (let times = 0; times < 4; times++) {
      const question = bank.forms.find(({ action }) => action.includes('/acs/challenge'))
      if (!question) break
      const inApp = question.buttons.includes('approved-in-app')
      tell(inApp ? 'approved in the bank’s app' : `typed the code ${code}`)
      bank = await send(question, inApp ? { action: 'approved-in-app' } : { action: 'code', code }, signal)
      const notice = textOf(bank.html, /class="notice"[^>]*>([\s\S]*?)<\/p>/)
      if (notice) tell(`the bank says: ${notice}`)
    }
    const back = bank.forms.find(({ fields }) => 'cres' in fields || 'error' in fields)
    if (!back) return
    await send(back, {}, signal)
    tell('came back from the bank', 'what a browser brings back decides nothing')
  },
}

const hostOf = url => new URL(url).host
