/**
 * The script of a buyer's page. It is served as it stands here, so what a browser runs can be read in the repository.
 *
 * It decides nothing. It carries forms to where the page says, and asks the server every so often whether the page is
 * still the right one; what a frame or another window tells it is no more than a reason to ask at once.
 */

/**
 * What the server says of the page at the moment.
 * @typedef {object} PageState
 * @property {string} step  changes when another page is to be shown
 * @property {boolean} [methodDone]  the issuer's 3DS Method has called back
 * @property {string} [timeLeft]  a sentence
 */

const page = /** @type {HTMLElement} */ (document.querySelector('main[data-state]'))
const { state: stateUrl = '', step = '', show = '' } = page.dataset

/** @type {() => void} */
let askNow = () => {}

addEventListener('message', event => {
  if (event.origin === location.origin && event.data?.coffer === 'ask') askNow()
})

// A page that comes back by the back button, whole and without being asked for again, may be an old one.
addEventListener('pageshow', event => {
  if (event.persisted) location.reload()
})

if (show === 'browser') void browserStep()
if (show === 'challenge') void challengeStep()
if (show === 'wait') void watch(1000, () => {})

/** Lets the issuer's 3DS Method run for as long as it may, then sends what this browser is. */
async function browserStep() {
  const method = /** @type {HTMLFormElement | null} */ (document.querySelector('form[target="method"]'))
  if (method) {
    const until = performance.now() + Number(page.dataset['methodTimeoutMs'])
    method.submit()
    await watch(500, ({ methodDone }) => methodDone === true || performance.now() >= until, until)
  }
  const form = /** @type {HTMLFormElement} */ (document.querySelector('form[action*="/browser"]'))
  for (const [name, value] of Object.entries(browserFacts())) {
    const field = form.elements.namedItem(name)
    if (field instanceof HTMLInputElement && value !== undefined) field.value = String(value)
  }
  form.submit()
}

/** Source: EMV 3-D Secure, the browser data of an AReq. */
function browserFacts() {
  return {
    language: navigator.language,
    javaEnabled: typeof navigator.javaEnabled === 'function' ? navigator.javaEnabled() : undefined,
    colorDepth: screen.colorDepth,
    screenHeight: screen.height,
    screenWidth: screen.width,
    timeZoneOffset: new Date().getTimezoneOffset(),
    windowHeight: innerHeight,
    windowWidth: innerWidth,
  }
}

/** Opens the bank's page in its frame, and goes on as soon as the server has heard of the end. */
async function challengeStep() {
  const left = document.querySelector('[data-time-left]')
  const form = /** @type {HTMLFormElement} */ (document.querySelector('form[target="challenge"]'))
  form.submit()
  await watch(2500, ({ timeLeft }) => {
    if (left && timeLeft !== undefined) left.textContent = timeLeft
  })
}

/**
 * Asks the server until `enough` says so, and loads the page anew when another one is to be shown.
 * @param {number} everyMs
 * @param {(state: PageState) => boolean | void} enough
 * @param {number} [until]  by `performance.now()`: after this it is enough whatever the server says
 */
async function watch(everyMs, enough, until = Number.POSITIVE_INFINITY) {
  for (let failures = 0; ; ) {
    const pause = Math.min(everyMs * 2 ** Math.min(failures, 4), Math.max(until - performance.now(), 0))
    await /** @type {Promise<void>} */ (
      new Promise(done => {
        askNow = done
        setTimeout(done, pause)
      })
    )
    const state = await ask(until)
    failures = state ? 0 : failures + 1
    if (state && state.step !== step) {
      location.reload()
      // The rest is the next page's.
      await new Promise(() => {})
    }
    if (state && enough(state)) return
    if (performance.now() >= until) return
  }
}

/**
 * @param {number} until  by `performance.now()`: nobody waits longer for the answer
 * @returns {Promise<PageState | undefined>} nothing when the server cannot be reached, or is in trouble
 */
async function ask(until) {
  const giveUp = new AbortController()
  const timer = setTimeout(() => giveUp.abort(), Math.max(Math.min(10_000, until - performance.now()), 250))
  try {
    const answer = await fetch(stateUrl, { cache: 'no-store', credentials: 'omit', signal: giveUp.signal })
    // An address that leads nowhere any more has a page of its own.
    if (answer.status === 404) return { step: '' }
    return answer.ok ? await answer.json() : undefined
  } catch {
    return undefined
  } finally {
    clearTimeout(timer)
  }
}
