/** Of all the ways to write a URL one is taken: the one in which every reader reads the same. */
import { describe, expect, test } from 'vitest'
import { destinationFor, openDestinations } from './destinations.js'
import { readDestinationsFile } from './destinations-file.js'
import { isPlainPath, readPlainUrl } from './plain-url.js'

const read = readDestinationsFile(
  JSON.stringify({
    destinations: [
      {
        name: 'processor',
        merchants: ['SHOP_1'],
        origin: 'https://api.processor.example',
        paths: ['/v1/payments', '/v1/payments/*', '/v2/exact'],
        methods: ['POST', 'PUT'],
        numberAt: ['/number'],
      },
      {
        name: 'with-query',
        merchants: ['*'],
        origin: 'https://api.processor.example:8443',
        paths: ['/pay'],
        query: true,
        numberAt: ['/number'],
      },
    ],
  }),
  {
    environment: 'live',
    readFile: () => {
      throw new Error('there is no file')
    },
  },
)
if (!read.ok) throw new Error(read.problems.join('\n'))
const destinations = openDestinations(read.destinations)

/** The name of the destination that takes it. */
function taken(text: string, merchant = 'SHOP_1', method: 'POST' | 'PUT' | 'PATCH' = 'POST'): string | undefined {
  const url = readPlainUrl(text)
  return typeof url === 'string' ? undefined : destinationFor(destinations, merchant, method, url)?.config.name
}

test.each([
  ['https://api.processor.example/v1/payments', 'processor'],
  ['https://api.processor.example/v1/payments/pay_1/confirm', 'processor'],
  ['https://api.processor.example/v1/payments/pay_1:confirm', 'processor'],
  ['https://api.processor.example/v2/exact', 'processor'],
  ['https://api.processor.example:8443/pay', 'with-query'],
  ['https://api.processor.example:8443/pay?expand[]=card&x=%20y', 'with-query'],
])('%s is taken', (url, name) => {
  expect(taken(url)).toBe(name)
})

test('another merchant or method is not taken', () => {
  expect(taken('https://api.processor.example/v1/payments', 'SHOP_2')).toBeUndefined()
  expect(taken('https://api.processor.example/v1/payments', 'SHOP_1', 'PATCH')).toBeUndefined()
  expect(taken('https://api.processor.example/v1/payments', 'SHOP_1', 'PUT')).toBe('processor')
  expect(taken('https://api.processor.example:8443/pay', 'SHOP_2')).toBe('with-query')
})

describe('what is not taken:', () => {
  test.each([
    ['another scheme', 'http://api.processor.example/v1/payments'],
    ['no scheme', '//api.processor.example/v1/payments'],
    ['a scheme that is none of the web', 'file:///etc/passwd'],
    ['another host', 'https://evil.example/v1/payments'],
    ['a host below the right one', 'https://x.api.processor.example/v1/payments'],
    ['the right host as a part of another', 'https://api.processor.example.evil.example/v1/payments'],
    ['the right host as a user name', 'https://api.processor.example@evil.example/v1/payments'],
    ['a user name', 'https://me@api.processor.example/v1/payments'],
    ['an empty user name', 'https://@api.processor.example/v1/payments'],
    ['a password', 'https://:pw@api.processor.example/v1/payments'],
    ['another port', 'https://api.processor.example:444/v1/payments'],
    ['a port that goes without saying', 'https://api.processor.example:443/v1/payments'],
    ['a port with a zero in front', 'https://api.processor.example:08443/pay'],
    ['a dot behind the host', 'https://api.processor.example./v1/payments'],
    ['capital letters in the host', 'https://API.processor.example/v1/payments'],
    ['full-width letters in the host', 'https://ａpi.processor.example/v1/payments'],
    ['an ideographic dot', 'https://api。processor.example/v1/payments'],
    ['loopback as one number', 'https://2130706433/v1/payments'],
    ['loopback in hexadecimal', 'https://0x7f.1/v1/payments'],
    ['loopback in IPv6', 'https://[::1]/v1/payments'],
    ['an IPv4 address in IPv6', 'https://[::ffff:169.254.169.254]/v1/payments'],
    ['the metadata service', 'https://169.254.169.254/latest/meta-data'],
    ['a path that is not listed', 'https://api.processor.example/v1/customers'],
    ['a path above', 'https://api.processor.example/v1'],
    ['the listed path with more letters', 'https://api.processor.example/v1/payments2'],
    ['nothing below the path', 'https://api.processor.example/v1/payments/'],
    ['a path in capital letters', 'https://api.processor.example/V1/payments'],
    ['a way up', 'https://api.processor.example/v1/payments/../customers'],
    ['an escaped way up', 'https://api.processor.example/v1/payments/%2e%2e/customers'],
    ['a half-escaped way up', 'https://api.processor.example/v1/payments/.%2E/customers'],
    ['an escaped slash', 'https://api.processor.example/v1/payments/..%2fcustomers'],
    ['an escaped letter', 'https://api.processor.example/v1/p%61yments'],
    ['an escaped NUL', 'https://api.processor.example/v1/payments/x%00'],
    ['an escaped line break', 'https://api.processor.example/v1/payments/x%0d%0aHost:evil'],
    ['a backslash', 'https://api.processor.example\\@evil.example/v1/payments'],
    ['a backslash in the path', 'https://api.processor.example/v1/payments/..\\customers'],
    ['two slashes', 'https://api.processor.example/v1/payments//customers'],
    ['a path parameter', 'https://api.processor.example/v1/payments/x;/../../customers'],
    ['a blank', 'https://api.processor.example/v1/payments/ x'],
    ['a tab', 'https://api.processor.example/v1/pay\tments'],
    ['a line break', 'https://api.processor.example/v1/payments\r\nX: y'],
    ['a blank in front', ' https://api.processor.example/v1/payments'],
    ['letters outside of ASCII', 'https://api.processor.example/v1/payments/ä'],
    ['a query where none is allowed', 'https://api.processor.example/v1/payments?a=b'],
    ['an empty query where none is allowed', 'https://api.processor.example/v1/payments?'],
    ['a query in which something is not plain', 'https://api.processor.example:8443/pay?a=|'],
    ['a fragment', 'https://api.processor.example/v1/payments#x'],
    ['an empty fragment', 'https://api.processor.example/v1/payments#'],
    ['a placeholder', 'https://api.processor.example/v1/payments/{{card.number}}'],
    ['a placeholder in a query', 'https://api.processor.example:8443/pay?n={{card.number}}'],
    ['no URL', 'payments'],
  ])('%s', (_what, url) => {
    expect(taken(url)).toBeUndefined()
  })
})

test.each(['/', '/a', '/a/', '/a.b/c', '/...', '/a/..b'])('the path %s is plain', path => {
  expect(isPlainPath(path)).toBe(true)
})
test.each(['', 'a', '//', '/a//b', '/.', '/..', '/a/./b', '/a/..', '/%41', '/a;b', '/a b', '/a?b'])(
  'the path %s is not',
  path => {
    expect(isPlainPath(path)).toBe(false)
  },
)
