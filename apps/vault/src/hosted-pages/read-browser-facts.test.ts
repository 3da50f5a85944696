import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readBrowserFacts } from './read-browser-facts.js'

const read = (form: Record<string, string>, headers: Record<string, string> = {}, header?: string) =>
  readBrowserFacts(new URLSearchParams(form), { headers, remoteAddress: '127.0.0.1' }, header)

const NOTHING = {
  acceptHeader: '',
  userAgent: '',
  ip: '127.0.0.1',
  language: undefined,
  javaEnabled: undefined,
  javaScriptEnabled: true,
  colorDepth: undefined,
  screenHeight: undefined,
  screenWidth: undefined,
  timeZoneOffset: undefined,
  windowWidth: undefined,
  windowHeight: undefined,
}

describe('what a browser says of itself', () => {
  test('is read whole', () => {
    const form = {
      ...{ language: 'de-DE', javaEnabled: 'false', colorDepth: '24', screenHeight: '1080', screenWidth: '1920' },
      ...{ timeZoneOffset: '-60', windowWidth: '1280', windowHeight: '720' },
    }
    expect(read(form, { accept: 'text/html', 'user-agent': 'Some Browser/1.0' })).toEqual({
      ...NOTHING,
      ...{ acceptHeader: 'text/html', userAgent: 'Some Browser/1.0', language: 'de-DE', javaEnabled: false },
      ...{ colorDepth: 24, screenHeight: 1080, screenWidth: 1920, timeZoneOffset: -60 },
      ...{ windowWidth: 1280, windowHeight: 720 },
    })
  })

  test('is absent where it is missing', () => {
    expect(read({})).toEqual(NOTHING)
  })

  test.each([
    { colorDepth: '0' },
    { colorDepth: '24.5' },
    { colorDepth: '1e1' },
    { colorDepth: '0x18' },
    { screenHeight: '-1' },
    { screenWidth: '1000000' },
    { screenWidth: ' 12' },
    { windowWidth: 'Infinity' },
    { timeZoneOffset: '721' },
    { timeZoneOffset: '-841' },
    { timeZoneOffset: '+60' },
    { javaEnabled: 'yes' },
    { javaEnabled: 'toString' },
    { language: '' },
    { language: 'de_DE' },
    { language: '<script>' },
    { language: 'de\n' },
    { language: 'x'.repeat(9) },
    { javaScriptEnabled: 'false', ip: '1.2.3.4', userAgent: 'x' },
  ])('is absent where it is odd: %j', form => {
    expect(read(form)).toEqual(NOTHING)
  })

  test('is cut off where it is too long', () => {
    const { userAgent, acceptHeader } = read({}, { accept: 'a'.repeat(9000), 'user-agent': 'u'.repeat(9000) })
    expect([userAgent.length, acceptHeader.length]).toEqual([2048, 2048])
  })

  test('breaks nothing, whatever it is', () => {
    const any = fc.dictionary(
      fc.constantFrom('language', 'javaEnabled', 'colorDepth', 'timeZoneOffset', 'windowWidth', 'hasOwnProperty'),
      fc.oneof(fc.string(), fc.integer().map(String), fc.constantFrom('__proto__', 'NaN', '9'.repeat(400))),
    )
    fc.assert(
      fc.property(any, form => {
        const facts = read(form)
        expect(Object.keys(facts)).toEqual(Object.keys(NOTHING))
        for (const value of Object.values(facts))
          if (typeof value === 'number') expect(Number.isInteger(value)).toBe(true)
      }),
    )
  })
})

describe('the address of a browser', () => {
  const ip = (header: string) => read({}, { 'x-real-ip': header }, 'X-Real-IP').ip

  test('is the socket’s unless a proxy is trusted to say it', () => {
    expect(read({}, { 'x-real-ip': '203.0.113.7', 'x-forwarded-for': '203.0.113.7' }).ip).toBe('127.0.0.1')
    expect(ip('203.0.113.7')).toBe('203.0.113.7')
  })

  test.each([
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['2001:db8::1', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    // Whoever is nearest wrote the last one.
    ['198.51.100.1, 203.0.113.7', '203.0.113.7'],
    ['', undefined],
    ['unknown', undefined],
    ['203.0.113.7:8080', undefined],
    ['1.2.3', undefined],
  ])('"%s" is %s', (header, address) => {
    expect(ip(header)).toBe(address)
  })

  test('is unknown where the proxy says nothing', () => {
    expect(read({}, {}, 'x-real-ip').ip).toBeUndefined()
  })
})
