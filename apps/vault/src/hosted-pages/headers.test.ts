/** What each page may load and where its forms may lead, word for word. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aStep, type PlayedPages, startPlayedPages } from '../../../../test/support/played-pages.js'
import type { BuyerPage } from '../buyers/buyer-page.js'

const SIMULATOR = 'http://localhost:8092'

let live: PlayedPages
let sandbox: PlayedPages
beforeAll(async () => {
  live = await startPlayedPages()
  sandbox = await startPlayedPages({ frameSources: [SIMULATOR] })
})
afterAll(() => Promise.all([live?.stop(), sandbox?.stop()]))

const policy = (...own: string[]) =>
  [
    "default-src 'none'",
    "style-src 'self'",
    ...own,
    "base-uri 'none'",
    "object-src 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ')

/** The `integrity` of the page's script; its policy must name the same. */
const scriptOf = (html: string) => /<script type="module" src="[^"]+" integrity="(sha384-[^"]+)">/.exec(html)?.[1]

const withScript = (script: string | undefined) => [`script-src '${script}'`, "connect-src 'self'"]
const DEVICE = 'camera=(), microphone=(), geolocation=(), usb=()'

describe('the policy', () => {
  const plain = () => policy("form-action 'none'", "frame-ancestors 'none'")
  const watching = (script?: string) => policy(...withScript(script), "form-action 'none'", "frame-ancestors 'none'")
  const bank = (more: string) => (script?: string) =>
    policy(
      ...withScript(script),
      ...[`frame-src 'self' https:${more}`, `form-action 'self' https:${more}`, "frame-ancestors 'none'"],
    )

  test.each<[string, BuyerPage['step'], (script?: string) => string, ((script?: string) => string)?]>([
    ['choose', aStep.choose(), () => policy("form-action 'self'", "frame-ancestors 'none'")],
    ['browser', aStep.browser(), bank(''), bank(` ${SIMULATOR}`)],
    ['wait', aStep.wait(), watching],
    ['challenge', aStep.challenge(), bank(''), bank(` ${SIMULATOR}`)],
    ['challenge, returned', aStep.challenge({ returned: true }), watching],
    ['stuck', aStep.stuck(), plain],
    ['end', aStep.end(), plain],
  ])('of "%s"', async (_name, step, inLive, inSandbox = inLive) => {
    for (const [pages, expected] of [
      [live, inLive],
      [sandbox, inSandbox],
    ] as const) {
      const response = await fetch(pages.buyer(step).url)
      const script = scriptOf(await response.text())
      expect(response.headers.get('content-security-policy')).toBe(expected(script))
      expect(response.headers.get('permissions-policy')).toBe(
        step.kind === 'challenge' && !step.returned
          ? `${DEVICE}, payment=*, publickey-credentials-get=*`
          : `${DEVICE}, payment=()`,
      )
      expect(response.headers.get('x-frame-options')).toBe('DENY')
    }
  })

  test.each(['method', 'challenge'])('of what the frame of the %s ends on lets our own pages frame it', async which => {
    const buyer = live.buyer(which === 'method' ? aStep.browser() : aStep.challenge())
    const name = which === 'method' ? 'threeDSMethodData' : 'threeDSSessionData'
    const body = new URLSearchParams({ [name]: buyer.page.id })
    const response = await fetch(`${live.url}/3ds/${which}-notify`, { method: 'POST', body })
    expect(response.status).toBe(200)
    const script = scriptOf(await response.text())
    expect(response.headers.get('content-security-policy')).toBe(
      policy(`script-src '${script}'`, "form-action 'none'", "frame-ancestors 'self'"),
    )
    expect(response.headers.get('x-frame-options')).toBe('SAMEORIGIN')
  })

  test('of a state lets nothing at all happen with it', async () => {
    const { headers } = await fetch(`${live.buyer(aStep.wait()).url}/state`)
    expect(headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'; sandbox")
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(headers.get('cache-control')).toBe('no-store')
  })

  test.each(['*', "'unsafe-inline'", "http://a; script-src 'unsafe-eval'", 'data:', 'http://a/b'])(
    'is not made with %s, which is no origin',
    async source => {
      await expect(startPlayedPages({ frameSources: [source] })).rejects.toThrow('is not an origin')
    },
  )
})

describe('the files that pages load', () => {
  test('are named by what is in them, and may be kept for ever', async () => {
    const html = await (await fetch(live.buyer(aStep.wait()).url)).text()
    const paths = [...html.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, path]) => path!)
    expect(paths.map(path => path.replace(/[0-9a-f]{16}/, '#'))).toEqual([
      '/assets/style.#.css',
      '/assets/buyer-page.#.js',
    ])
    for (const path of paths) {
      const { status, headers } = await fetch(`${live.url}${path}`)
      expect(status).toBe(200)
      expect(headers.get('content-type')).toMatch(/^text\/(css|javascript); charset=utf-8$/)
      expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
      expect(headers.get('x-content-type-options')).toBe('nosniff')
    }
  })

  test.each(['style.css', 'style.0000000000000000.css', 'buyer-page.js', '..%2fpackage.json', '%2e%2e/x', '__proto__'])(
    'are these and no others: %s',
    async name => {
      expect((await fetch(`${live.url}/assets/${name}`)).status).toBe(404)
    },
  )

  test('are served as they stand in the repository, and import nothing', async () => {
    const html = await (await fetch(live.buyer(aStep.wait()).url)).text()
    const script = await (await fetch(`${live.url}${/src="([^"]+)"/.exec(html)![1]}`)).text()
    expect(script).not.toMatch(
      /\bimport\b[^.]*from|innerHTML|document\.write|eval\(|localStorage|sessionStorage|cookie/,
    )
  })
})
