import ipaddr from 'ipaddr.js'
import { afterAll, describe, expect, it } from 'vitest'
import { recordingOpen } from '../../../../test/support/recording-open.js'
import { LIVE, SANDBOX, strangers } from '../../../../test/support/strangers.js'
import { judgeUrl } from './url-policy.js'

/** The ranges that nobody is called in, written down a second time: this list is what the other is held against. */
const DENIED = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
  ...['192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24'],
  ...['224.0.0.0/4', '240.0.0.0/4', '::/128', '::1/128', '::/96', '::ffff:0:0/96', '64:ff9b::/96', '64:ff9b:1::/48'],
  ...['100::/64', '2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20', 'fc00::/7', 'fe80::/10', 'ff00::/8'],
  // What is not global unicast (2000::/3) on either side.
  ...['::/3', '4000::/2', '8000::/1'],
]

/** First and last address of a range, and the one before and behind it where there is one. */
function edgesOf(cidr: string) {
  const [address, prefix] = ipaddr.parseCIDR(cidr)
  const bits = address.kind() === 'ipv4' ? 32 : 128
  const first = address.toByteArray().reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
  const size = 1n << BigInt(bits - prefix)
  const spelled = (value: bigint) => {
    const bytes = Array.from({ length: bits / 8 }, (_, nth) => Number((value >> BigInt(bits - 8 - 8 * nth)) & 0xffn))
    return ipaddr.fromByteArray(bytes).toString()
  }
  const exists = (value: bigint) => value >= 0n && value < 1n << BigInt(bits)
  return {
    inside: [...new Set([first, first + size / 2n, first + size - 1n])].map(spelled),
    neighbours: [first - 1n, first + size].filter(exists).map(spelled),
  }
}

const isDenied = (address: string) =>
  DENIED.map(ipaddr.parseCIDR).some(range => {
    const parsed = ipaddr.parse(address)
    return parsed.kind() === range[0].kind() && parsed.match(range)
  })

const { outbound, stop } = strangers()
afterAll(stop)

/** Where a live vault connects to when a name resolves to these. */
async function connectionsTo(...addresses: string[]): Promise<string[]> {
  const { opened, open } = recordingOpen()
  const resolve = async () => addresses.map(address => ({ address, family: address.includes(':') ? 6 : 4 }))
  const answer = await outbound({ policy: LIVE, resolve, open }).post(
    new URL('https://shop.example/'),
    {},
    Buffer.from('{}'),
  )
  expect(answer).toMatchObject({ reason: opened.length === 0 ? 'refused address' : 'connection failed' })
  return opened
}

const inUrl = (address: string) => `https://${address.includes(':') ? `[${address}]` : address}/`

describe.each(DENIED)('of %s', range => {
  const { inside, neighbours } = edgesOf(range)

  it('first, middle and last address are called neither by name nor written out', async () => {
    for (const address of inside) {
      expect(await connectionsTo(address), address).toEqual([])
      expect(judgeUrl(inUrl(address), LIVE), address).toEqual({
        ok: false,
        reason: 'names an address that is not public',
      })
      // One bad address spoils the good ones, wherever it stands.
      expect(await connectionsTo('8.8.8.8', address, '2606:4700::1111')).toEqual([])
    }
  })

  it('the neighbours are called when no other range has them', async () => {
    for (const address of neighbours) {
      const isOpen = !isDenied(address)
      expect(await connectionsTo(address), address).toEqual(isOpen ? [`${address} 443`] : [])
      expect(judgeUrl(inUrl(address), LIVE).ok, address).toBe(isOpen)
    }
  })
})

describe('however it is spelled, in a URL', () => {
  const spellings = [
    ...['127.0.0.1', '127.1', '127.0.1', '0x7f.1', '0x7F.0x0.0x0.0x1', '0x7f000001', '2130706433', '0177.0.0.1'],
    ...['017700000001', '127.0.0.1.', '127.1.', '１２７.０.０.１', '①②⑦.0.0.1', '127。0。0。1', '%31%32%37.0.0.1'],
    ...[
      '[::1]',
      '[0:0:0:0:0:0:0:1]',
      '[0::0001]',
      'localhost',
      'LOCALHOST',
      'localhost.',
      'ｌｏｃａｌｈｏｓｔ',
      'a.localhost',
    ],
  ]
  it.each(spellings)('%s is this machine: a sandbox may, a live vault may not', spelling => {
    expect(judgeUrl(`https://${spelling}/`, LIVE)).toEqual({ ok: false, reason: 'names an address that is not public' })
    expect(judgeUrl(`https://${spelling}/`, SANDBOX).ok).toBe(true)
  })

  it.each([
    ...['[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[::FFFF:127.0.0.1]', '[0:0:0:0:0:ffff:127.0.0.1]', '[::7f00:1]'],
    ...['[::127.0.0.1]', '[64:ff9b::7f00:1]', '[64:ff9b::127.0.0.1]', '[64:ff9b:1::7f00:1]', '[2002:7f00:1::]'],
    ...[
      '[2002:7f00:0001::1]',
      '[2001:0:7f00:1::]',
      '[::ffff:0:127.0.0.1]',
      '169.254.169.254',
      '0xa9fea9fe',
      '2852039166',
    ],
    ...[
      '0251.0376.0251.0376',
      '[::ffff:169.254.169.254]',
      '[64:ff9b::a9fe:a9fe]',
      '[fd00:ec2::254]',
      '10.1',
      '0',
      '0.0.0.0',
    ],
    ...['168.63.129.16', '255.255.255.255', '4294967295', '[::]', '[fe80::1]', '[fc00::1]', '[ff02::1]'],
  ])('%s is refused everywhere', spelling => {
    for (const policy of [LIVE, SANDBOX]) {
      const reason = 'names an address that is not public'
      expect(judgeUrl(`https://${spelling}/`, policy)).toEqual({ ok: false, reason })
    }
  })

  it.each([
    '[fe80::1%25eth0]',
    '[::1%25lo]',
    '[fe80::1%eth0]',
    '256.0.0.1',
    '1.2.3.4.5',
    '0x',
    '[::1',
    '127.0.0.1:99999',
  ])('%s is no host at all', spelling => {
    expect(judgeUrl(`https://${spelling}/`, SANDBOX).ok).toBe(false)
  })
})
