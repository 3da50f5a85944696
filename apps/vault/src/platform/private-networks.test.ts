import { describe, expect, it } from 'vitest'
import { REFUSED_ADDRESSES } from '../../../../test/support/addresses.js'
import { recordingOpen } from '../../../../test/support/recording-open.js'
import { LIVE, SANDBOX, strangers } from '../../../../test/support/strangers.js'
import { type PrivateNetwork, readPrivateNetwork } from './private-networks.js'
import { isAllowedAddress, judgeUrl } from './url-policy.js'

function opened(...ranges: string[]): PrivateNetwork[] {
  return ranges.map(range => {
    const read = readPrivateNetwork(range)
    if (typeof read === 'string') throw new Error(read)
    return read
  })
}

const everythingThatCanBe = opened('10.0.0.0/8', '100.64.0.0/10', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7')

describe('a private network', () => {
  it.each([
    ['172.17.0.0/16', ['172.17.0.0', '172.17.0.1', '172.17.255.255'], ['172.16.255.255', '172.18.0.0']],
    ['10.1.2.3/32', ['10.1.2.3'], ['10.1.2.2', '10.1.2.4']],
    ['192.168.65.254/31', ['192.168.65.254', '192.168.65.255'], ['192.168.65.253', '192.168.66.0']],
    ['100.64.0.0/10', ['100.64.0.0', '100.127.255.255'], ['100.100.100.200']],
    ['fd00::/8', ['fd00::', 'fd12:3456::1', 'fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'], ['fc00::1', 'fe00::']],
    ['FC00::/7', ['fc00::1', 'fdff::1'], ['fbff::1', 'fe80::1']],
    ['fd00:1:2::/48', ['fd00:1:2::1'], ['fd00:1:3::1', 'fd00:1:1:ffff::1']],
  ])('of %s opens its own addresses and no other', (range, inside, outside) => {
    for (const profile of [LIVE, SANDBOX]) {
      const policy = { ...profile, privateNetworks: opened(range) }
      for (const address of inside) {
        expect(isAllowedAddress(address, profile), address).toBe(false)
        expect(isAllowedAddress(address, policy), address).toBe(true)
      }
      for (const address of outside) expect(isAllowedAddress(address, policy), address).toBe(false)
    }
  })

  it.each([
    ...['127.0.0.0/8', '127.0.0.1/32', '169.254.0.0/16', '169.254.169.254/32', '0.0.0.0/0', '0.0.0.0/1', '128.0.0.0/1'],
    ...['0.0.0.0/8', '10.0.0.0/7', '172.16.0.0/11', '192.168.0.0/15', '100.64.0.0/9', '192.0.2.0/24', '224.0.0.0/4'],
    ...[
      '8.8.8.0/24',
      '::/0',
      '::1/128',
      '::/96',
      '::ffff:0:0/96',
      '::ffff:172.17.0.0/112',
      '64:ff9b::/96',
      '2002::/16',
    ],
    ...['fe80::/10', 'fe80::/64', 'fec0::/10', 'fc00::/6', 'ff00::/8', '2001:db8::/32', '2000::/3', '::172.17.0.0/112'],
  ])('is not %s: nothing but private ranges can be opened', range => {
    expect(readPrivateNetwork(range)).toBe(
      `${range} does not lie within 10.0.0.0/8, 100.64.0.0/10, 172.16.0.0/12, 192.168.0.0/16 or fc00::/7; loopback, link-local and metadata addresses cannot be opened`,
    )
  })

  it.each([
    ['172.17.0.1/16', '172.17.0.1/16 has bits behind its prefix: the range is 172.17.0.0/16'],
    ['fd00::1/64', 'fd00::1/64 has bits behind its prefix: the range is fd00::/64'],
    ['172.17.0.5', '172.17.0.5 is no range in CIDR notation: a single address is 172.17.0.5/32'],
    ['fd00::5', 'fd00::5 is no range in CIDR notation: a single address is fd00::5/128'],
  ])('written as %s is refused with what was meant', (range, reason) => {
    expect(readPrivateNetwork(range)).toBe(reason)
  })

  it.each([
    ...['', '/', '/8', '10.0.0.0/', '10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/08', '10.0.0.0/8/8', '10/8', '10.0.0/8'],
    ...['0x0a.0.0.0/8', '012.0.0.0/8', '10.0.0.0 /8', '10.0.0.0/8x', 'fd00::/129', 'fd00::%eth0/64', '[fd00::]/8'],
    ...['localhost', 'shop.example/8', '10.0.0.0-10.0.0.9', '*'],
  ])('written as %j is none', range => {
    expect(readPrivateNetwork(range)).toBe(`${range} is no range in CIDR notation`)
  })
})

describe('with every private network open', () => {
  const policy = { ...LIVE, privateNetworks: everythingThatCanBe }
  const isPrivate = /^(10\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|172\.(1[6-9]|2\d|3[01])\.|192\.168\.|f[cd])/

  it.each(REFUSED_ADDRESSES.filter(address => !isPrivate.test(address)))('%s stays closed', address => {
    expect(isAllowedAddress(address, policy)).toBe(false)
    expect(isAllowedAddress(address, { ...SANDBOX, privateNetworks: everythingThatCanBe })).toBe(false)
  })

  it.each(['::ffff:', '::ffff:0:', '::', '64:ff9b::', '64:ff9b:1::', '2002:', '2001:0:'])(
    'a private address is not reached through an IPv6 address that begins with %s',
    prefix => {
      for (const hex of ['ac11:1', 'a00:1', 'c0a8:1', '6440:1', '7f00:1', 'a9fe:a9fe']) {
        const address = prefix.startsWith('200') ? `${prefix}${hex}::` : `${prefix}${hex}`
        expect(isAllowedAddress(address, policy), address).toBe(false)
        expect(judgeUrl(`https://[${address}]/`, policy).ok, address).toBe(false)
      }
    },
  )

  it.each(['127.0.0.1', '::1', '169.254.169.254', 'fe80::1', 'fd00:ec2::254', 'fd20:ce::254', '100.100.100.200'])(
    'loopback and metadata of clouds stay closed: %s',
    address => {
      expect(isAllowedAddress(address, policy)).toBe(false)
    },
  )

  it('https and the port are still asked for', () => {
    expect(judgeUrl('http://172.17.0.2/', policy)).toEqual({ ok: false, reason: 'must begin with https://' })
    expect(judgeUrl('https://172.17.0.2:8443/', policy)).toEqual({ ok: false, reason: 'must use port 443' })
    expect(judgeUrl('https://172.17.0.2/', policy).ok).toBe(true)
    expect(judgeUrl('https://[fd00::2]/', policy).ok).toBe(true)
  })

  it('a zone id is refused all the same', () => {
    for (const address of ['fd00::1%eth0', 'fe80::1%1']) expect(isAllowedAddress(address, policy)).toBe(false)
  })

  it('a name leads there, and not when one of its addresses stayed closed', async () => {
    const { outbound, stop } = strangers()
    for (const [addresses, expected] of [
      [
        ['172.17.0.2', 'fd00::2'],
        ['172.17.0.2 443', 'fd00::2 443'],
      ],
      [['172.17.0.2', '127.0.0.1'], []],
      [['172.17.0.2', '::ffff:172.17.0.2'], []],
    ] as const) {
      const { opened: connected, open } = recordingOpen()
      const resolve = async () => addresses.map(address => ({ address, family: address.includes(':') ? 6 : 4 }))
      await outbound({ policy, resolve, open }).post(new URL('https://shop.internal.example/'), {}, Buffer.from('{}'))
      expect(connected).toEqual(expected)
    }
    await stop()
  })
})
