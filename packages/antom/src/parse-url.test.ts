import { expect, test } from 'vitest'
import { parseUrl } from './parse-url.js'

test('an address with letters beyond ASCII is read the ten thousandth time as it was the first', () => {
  const read = new Set<string | undefined>()
  for (let nth = 0; nth < 10_000; nth += 1) read.add(parseUrl('https://bücher.example/ü')?.href)
  expect([...read]).toEqual(['https://xn--bcher-kva.example/%C3%BC'])
})

test('what is no address is none, and a path is one only with a base', () => {
  for (const text of ['', 'shop', 'https://', 'https://a b', 'http://[::1', '/notify']) {
    expect(parseUrl(text)).toBeUndefined()
  }
  expect(parseUrl('/notify', 'https://shop.example')?.href).toBe('https://shop.example/notify')
})
