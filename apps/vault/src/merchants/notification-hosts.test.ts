import { describe, expect, it } from 'vitest'
import { namesOneOf, readNotificationHost } from './notification-hosts.js'

describe('a host that is registered', () => {
  it.each([
    ['shop.example', 'shop.example'],
    ['SHOP.Example', 'shop.example'],
    ['shop.example.', 'shop.example'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['*.Bücher.example', '*.xn--bcher-kva.example'],
    ['*.shop.example', '*.shop.example'],
    ['localhost', 'localhost'],
    ['8.8.8.8', '8.8.8.8'],
    ['0x08.8.8.8', '8.8.8.8'],
    ['2606:4700::1111', '2606:4700::1111'],
    ['[2606:4700:0::1111]', '2606:4700::1111'],
    ['a_b.example', 'a_b.example'],
  ])('%s is kept as %s', (text, kept) => {
    expect(readNotificationHost(text)).toBe(kept)
  })

  it.each([
    ...['', ' ', '*', '*.', '*.example', '*.com', '*.*.example', 'a.*.example', 'shop*.example', '**.shop.example'],
    ...[
      'https://shop.example',
      'shop.example/',
      'shop.example:443',
      'shop.example:',
      'user@shop.example',
      '.shop.example',
    ],
    ...[
      'shop..example',
      'shop.example,other.example',
      'shop example',
      'shop.example#',
      'shop.example?',
      'shop\\example',
    ],
    ...['*.8.8.8.8', '*.[2606:4700::1111]', '[2606:4700::1111]:443', '256.1.1.1', 'shop\u200b.example/', '\n'],
  ])('%j is none', text => {
    expect(readNotificationHost(text)).toBeUndefined()
  })
})

describe('a URL', () => {
  const names = (host: string, url: string) => namesOneOf([readNotificationHost(host)!], new URL(url))

  it.each([
    ['shop.example', 'https://shop.example/notify'],
    ['shop.example', 'https://SHOP.example.:8443/notify'],
    ['shop.example', 'https://%73hop.example/'],
    ['bücher.example', 'https://xn--bcher-kva.example/'],
    ['*.shop.example', 'https://a.shop.example/'],
    ['*.shop.example', 'https://a.b.shop.example/'],
    ['8.8.8.8', 'https://134744072/'],
    ['[2606:4700::1111]', 'https://[2606:4700:0:0::1111]/'],
  ])('of the host %s is %s', (host, url) => {
    expect(names(host, url)).toBe(true)
  })

  it.each([
    ['shop.example', 'https://a.shop.example/'],
    ['shop.example', 'https://shop.example.evil.example/'],
    ['shop.example', 'https://evil.example/shop.example'],
    ['shop.example', 'https://evil.example/?https://shop.example/'],
    ['shop.example', 'https://evil.example#shop.example'],
    ['*.shop.example', 'https://shop.example/'],
    ['*.shop.example', 'https://evilshop.example/'],
    ['*.shop.example', 'https://a.shop.example.evil.example/'],
    ['8.8.8.8', 'https://8.8.4.4/'],
  ])('of the host %s is not %s', (host, url) => {
    expect(names(host, url)).toBe(false)
  })

  it('of any of several hosts is enough, and of none there is no URL', () => {
    expect(namesOneOf(['a.example', 'b.example'], new URL('https://b.example/'))).toBe(true)
    expect(namesOneOf([], new URL('https://b.example/'))).toBe(false)
  })
})
