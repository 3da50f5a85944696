import { expect, test } from 'vitest'
import { type BrowserFacts, browserElements, differences, factsFromEnv, windowSizeFor } from './browser-facts.js'

const facts = (change: Partial<BrowserFacts> = {}): BrowserFacts => ({
  acceptHeader: 'text/html',
  userAgent: 'Mozilla/5.0',
  ip: '203.0.113.7',
  language: 'en-GB',
  javaEnabled: false,
  javaScriptEnabled: true,
  colorDepth: 24,
  screenHeight: 1080,
  screenWidth: 1920,
  timeZoneOffset: -60,
  windowWidth: 1280,
  windowHeight: 900,
  ...change,
})

test('a browser is told in the forms of the message: numbers as text, booleans as they are', () => {
  expect(browserElements(facts(), '2.2.0')).toEqual({
    browserAcceptHeader: 'text/html',
    browserUserAgent: 'Mozilla/5.0',
    browserIP: '203.0.113.7',
    browserLanguage: 'en-GB',
    browserJavascriptEnabled: true,
    browserJavaEnabled: false,
    browserColorDepth: '24',
    browserScreenHeight: '1080',
    browserScreenWidth: '1920',
    browserTZ: '-60',
  })
  expect(browserElements(facts(), '2.1.0')).not.toHaveProperty('browserJavascriptEnabled')
})

test.each([
  [30, '24'],
  [48, '48'],
  [1, '1'],
  [15, '15'],
  [64, '48'],
  [0, '1'],
  [2, '1'],
])('a screen of %i bits counts as %s', (colorDepth, told) => {
  expect(browserElements(facts({ colorDepth }), '2.2.0').browserColorDepth).toBe(told)
})

test.each([
  ['zh-Hans-CN', 'zh-Hans'],
  ['en', 'en'],
  ['de-CH-1996', 'de-CH'],
  ['not a language', 'und'],
  ['', 'und'],
])('the language %s is told as %s', (language, told) => {
  expect(browserElements(facts({ language }), '2.2.0').browserLanguage).toBe(told)
})

test.each([
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['fe80::1%eth0', 'fe80::1'],
  ['2001:db8::1', '2001:db8::1'],
])('the address %s is told as %s', (ip, told) => {
  expect(browserElements(facts({ ip }), '2.2.0').browserIP).toBe(told)
})

test('an address that is none gives way to what the merchant says', () => {
  const said = { terminalType: 'WEB', clientIp: '198.51.100.1' } as const
  expect(browserElements(facts({ ip: 'unknown' }), '2.2.0', said).browserIP).toBe('198.51.100.1')
  expect(browserElements(facts({ ip: undefined }), '2.2.0')).not.toHaveProperty('browserIP')
})

test('what a hostile browser says is cut to what a message can have', () => {
  const long = facts({
    userAgent: `é${'x'.repeat(5000)}\n`,
    acceptHeader: '\u0000',
    screenHeight: -5,
    timeZoneOffset: 1e9,
  })
  const told = browserElements(long, '2.2.0')
  expect(told.browserUserAgent).toHaveLength(2048)
  expect(told).toMatchObject({ browserAcceptHeader: '*/*', browserScreenHeight: '0', browserTZ: '840' })
})

const env = {
  terminalType: 'WEB',
  clientIp: '203.0.113.7',
  browserInfo: {
    acceptHeader: 'text/html',
    language: 'en',
    userAgent: 'X',
    javaEnabled: false,
    javaScriptEnabled: true,
  },
  colorDepth: 24,
  screenHeight: 800,
  screenWidth: 1200,
  timeZoneOffset: 0,
} as const

test('a merchant that says all of the browser spares the buyer the page', () => {
  expect(factsFromEnv(env)).toMatchObject({ acceptHeader: 'text/html', screenWidth: 1200 })
})

test.each([
  ...(['clientIp', 'colorDepth', 'screenHeight', 'screenWidth', 'timeZoneOffset'] as const).map(
    name => [name, { ...env, [name]: undefined }] as const,
  ),
  ...(['acceptHeader', 'language', 'userAgent', 'javaEnabled', 'javaScriptEnabled'] as const).map(
    name => [`browserInfo.${name}`, { ...env, browserInfo: { ...env.browserInfo, [name]: undefined } }] as const,
  ),
])('without %s the browser has to come itself', (_name, without) => {
  expect(factsFromEnv(without as never)).toBeUndefined()
})

test('where browser and merchant differ is told by name, not by value', () => {
  expect(differences(facts({ ip: '198.51.100.1', screenWidth: 1200 }), env)).toEqual(
    ['userAgent', 'clientIp', 'language', 'screenHeight', 'timeZoneOffset'].sort(
      (a, b) => ORDER.indexOf(a) - ORDER.indexOf(b),
    ),
  )
})
const ORDER = ['clientIp', 'userAgent', 'language', 'colorDepth', 'screenHeight', 'screenWidth', 'timeZoneOffset']

test.each([
  [390, 844, '05'],
  [1280, 900, '03'],
  [1280, 800, '04'],
  [1280, 600, '04'],
  [620, 600, '02'],
  [undefined, undefined, '03'],
])('in a window of %s × %s the challenge has size %s', (windowWidth, windowHeight, size) => {
  expect(windowSizeFor(facts({ windowWidth, windowHeight }))).toBe(size)
})
