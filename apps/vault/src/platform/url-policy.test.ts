import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LOOPBACK_ADDRESSES, PUBLIC_ADDRESSES, REFUSED_ADDRESSES } from '../../../../test/support/addresses.js'
import { LIVE, SANDBOX } from '../../../../test/support/strangers.js'
import { isAllowedAddress, judgeUrl } from './url-policy.js'

describe('isAllowedAddress', () => {
  it.each(REFUSED_ADDRESSES)('refuses %s everywhere', address => {
    expect(isAllowedAddress(address, LIVE)).toBe(false)
    expect(isAllowedAddress(address, SANDBOX)).toBe(false)
  })

  it.each(PUBLIC_ADDRESSES)('allows %s everywhere', address => {
    expect(isAllowedAddress(address, LIVE)).toBe(true)
    expect(isAllowedAddress(address, SANDBOX)).toBe(true)
  })

  it.each(LOOPBACK_ADDRESSES)('allows %s in a sandbox only', address => {
    expect(isAllowedAddress(address, LIVE)).toBe(false)
    expect(isAllowedAddress(address, SANDBOX)).toBe(true)
  })

  it.each(['', 'localhost', '0x7f.1', '127.1', '2130706433', '1.1.1.1.', ' 1.1.1.1', '1.1.1.1/8', '01.1.1.1', '[::1]'])(
    'refuses what is not an address: %j',
    address => {
      expect(isAllowedAddress(address, SANDBOX)).toBe(false)
    },
  )

  it.each(['fe80::1%eth0', '2001:4860:4860::8888%eth0', '::1%lo'])('refuses the zone in %s', address => {
    expect(isAllowedAddress(address, SANDBOX)).toBe(false)
  })

  it('never allows an IPv6 address that carries a refused IPv4 address', () => {
    const carriers = ['::', '::ffff:', '::ffff:0:', '64:ff9b::', '64:ff9b:1::', '2002:', '2001:0:']
    fc.assert(
      fc.property(fc.constantFrom(...carriers), fc.nat(0xffff), fc.nat(0xffff), (carrier, high, low) => {
        const hex = `${high.toString(16)}:${low.toString(16)}`
        const address = carrier.startsWith('200') ? `${carrier}${hex}::` : `${carrier}${hex}`
        fc.pre(address !== '::0:1')
        expect(isAllowedAddress(address, SANDBOX)).toBe(false)
      }),
    )
  })
})

describe('judgeUrl', () => {
  const path = 'a'.repeat(2048 - 'https://shop.example/'.length)
  it.each([
    ['https://shop.example', 'https://shop.example/'],
    ['https://shop.example/notify?a=b&c=%20#part', 'https://shop.example/notify?a=b&c=%20#part'],
    ['HTTPS://SHOP.example:0443/', 'https://shop.example/'],
    ['https://shop.example:443/', 'https://shop.example/'],
    ['https://bücher.example/ü', 'https://xn--bcher-kva.example/%C3%BC'],
    ['https://shop.example./', 'https://shop.example./'],
    ['https://shop.example/user@host', 'https://shop.example/user@host'],
    ['https://8.8.8.8/', 'https://8.8.8.8/'],
    ['https://[2606:4700::1111]/', 'https://[2606:4700::1111]/'],
    ['https://notlocalhost/', 'https://notlocalhost/'],
    ['https://localhost.example/', 'https://localhost.example/'],
    [`https://shop.example/${path}`, `https://shop.example/${path}`],
  ])('allows %s everywhere', (text, href) => {
    for (const policy of [LIVE, SANDBOX]) {
      const verdict = judgeUrl(text, policy)
      expect(verdict.ok && verdict.url.href).toBe(href)
    }
  })

  it.each([
    'http://shop.example/',
    ...['https://localhost/', 'https://LOCALHOST:8443/', 'https://localhost./', 'https://shop.localhost/'],
    ...['https://127.0.0.1/', 'https://127.1/', 'https://0x7f.1/', 'https://0x7f000001/', 'https://0177.0.0.1/'],
    ...[
      'https://2130706433/',
      'https://017700000001/',
      'https://127.0.0.1./',
      'https://１２７.０.０.１/',
      'https://①②⑦.0.0.1/',
    ],
    ...[
      'https://%31%32%37.0.0.1/',
      'https://127。0。0。1/',
      'https://ｌｏｃａｌｈｏｓｔ/',
      'https://[::1]/',
      'https://[0:0::1]/',
    ],
  ])('allows %s in a sandbox only', text => {
    expect(judgeUrl(text, LIVE).ok).toBe(false)
    expect(judgeUrl(text, SANDBOX).ok).toBe(true)
  })

  const host = (address: string) => (address.includes(':') ? `[${address}]` : address)
  const refused: [string, string[]][] = [
    ['is longer than 2048 characters', [`https://shop.example/${path}a`]],
    ['holds white space or a control character', [' https://shop.example/', 'https://shop.example/\n', 'https://a b/']],
    ['holds white space or a control character', ['https://sh\top.example/', 'https://a/\u0000', 'https://a/\u007f']],
    [
      'holds white space or a control character',
      ['https://sh\u00adop.example/', 'https://a/\u200b', 'https://a/\u3000'],
    ],
    [
      'holds white space or a control character',
      ['https://shop.example/\ud800', 'https://a/\u202e', 'https://a/\ufeff'],
    ],
    ['holds a backslash', ['https://shop.example\\@127.0.0.1/', 'https:\\\\shop.example/']],
    ['is not an absolute URL', ['', 'shop.example', '/notify', '//a.example/', 'https:a.example', 'https:/a.example']],
    [
      'is not an absolute URL',
      ['https://', 'https:///a.example', 'https://[::1', 'https://a:99999/', 'https://1.2.3.4.5/'],
    ],
    ['must not hold a user name or password', ['https://user@shop.example/', 'https://user:secret@shop.example/']],
    ['must not hold a user name or password', ['https://@shop.example/', 'https://:@shop.example/']],
    ['must not name port 0', ['https://shop.example:0/', 'http://shop.example:00/']],
    [
      'must begin with https:// or http://',
      ['ftp://a.example/', 'file://a.example/', 'ws://a.example/', 'gopher://a/'],
    ],
    ['names an address that is not public', REFUSED_ADDRESSES.map(address => `https://${host(address)}/`)],
    ['names an address that is not public', ['https://[64:ff9b::127.0.0.1]/', 'https://0/', 'https://0xa9fea9fe/']],
    ['names an address that is not public', ['https://2852039166/', 'https://10.1/', 'https://１０.0.0.1/']],
  ]
  it.each(refused.flatMap(([reason, texts]) => texts.map(text => [reason, text] as const)))(
    'says "%s" of %j',
    (reason, text) => {
      expect(judgeUrl(text, SANDBOX)).toEqual({ ok: false, reason })
      expect(judgeUrl(text, LIVE).ok).toBe(false)
    },
  )

  it('asks for https in a live vault', () => {
    const reason = 'must begin with https://'
    expect(judgeUrl('http://shop.example/', LIVE)).toEqual({ ok: false, reason })
    expect(judgeUrl('ftp://shop.example/', LIVE)).toEqual({ ok: false, reason })
  })

  it('allows every port in a sandbox, and 443 alone in a live vault that was not told otherwise', () => {
    for (const text of ['https://shop.example:8443/', 'https://8.8.8.8:80/', 'https://[2606:4700::1111]:1/']) {
      expect(judgeUrl(text, SANDBOX).ok).toBe(true)
      expect(judgeUrl(text, LIVE)).toEqual({ ok: false, reason: 'must use port 443' })
    }
    const wider = { ...LIVE, ports: [443, 8443] }
    expect(judgeUrl('https://shop.example:8443/', wider).ok).toBe(true)
    expect(judgeUrl('https://shop.example/', wider).ok).toBe(true)
    const reason = 'must use one of the ports 443, 8443'
    expect(judgeUrl('https://shop.example:444/', wider)).toEqual({ ok: false, reason })
    // Without a port, the scheme names one.
    expect(judgeUrl('http://shop.example/', { ...wider, allowHttp: true })).toEqual({ ok: false, reason })
  })

  it('never throws and never repeats the URL', () => {
    const text = fc.oneof(
      fc.webUrl(),
      fc.string({ unit: 'binary' }),
      fc.string().map(rest => `https://${rest}`),
    )
    fc.assert(
      fc.property(text, url => {
        const verdict = judgeUrl(url, LIVE)
        if (!verdict.ok && url.length > 8) expect(verdict.reason).not.toContain(url)
      }),
      { numRuns: 500 },
    )
  })
})
