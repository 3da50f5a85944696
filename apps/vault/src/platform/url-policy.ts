/** Which URLs and addresses may be called when a stranger has named them. */

import { isIP } from 'node:net'
import { parseUrl } from '@coffer/antom'
import ipaddr from 'ipaddr.js'
import { isWithin, type PrivateNetwork } from './private-networks.js'

/** How far a URL given by a merchant may reach. A sandbox allows the first three, a live vault none of them. */
export interface OutboundPolicy {
  /** Plain `http:` besides `https:`. */
  readonly allowHttp: boolean
  /** 127.0.0.0/8, `::1` and the name `localhost`: the merchant's own machine while developing. */
  readonly allowLoopback: boolean
  /** Names are looked up as the machine does it, with its hosts file, and not at the name servers alone. */
  readonly knowsHostsFile: boolean
  /** The ports that a URL may name; `any` in a sandbox. */
  readonly ports: 'any' | readonly number[]
  /** Private networks that the operator has opened. */
  readonly privateNetworks: readonly PrivateNetwork[]
}

/** A URL that may be kept and called, or why not, in words that follow "the URL …" and hold nothing of the URL. */
export type UrlVerdict = { readonly ok: true; readonly url: URL } | { readonly ok: false; readonly reason: string }

const MAX_URL_LENGTH = 2048

/** What is no ASCII takes up to nine characters for one on the wire, and servers read 8 KiB of a request line or less. */
const MAX_LENGTH_ON_THE_WIRE = 8000

/**
 * Judges a URL as text, when a merchant gives it: length, spelling, scheme, port and an address written out. What a
 * name points to is judged at each connection instead.
 *
 * The address is judged after parsing: the parser turns `0x7f.1`, `2130706433` and full-width digits into 127.0.0.1.
 */
export function judgeUrl(text: string, policy: OutboundPolicy): UrlVerdict {
  if (text.length > MAX_URL_LENGTH) return { ok: false, reason: `is longer than ${MAX_URL_LENGTH} characters` }
  // The parser would drop or move these without a word, and another reader would see another URL.
  if (/[\s\p{Cc}\p{Cf}\p{Cs}\p{Z}]/u.test(text))
    return { ok: false, reason: 'holds white space or a control character' }
  if (text.includes('\\')) return { ok: false, reason: 'holds a backslash' }
  const url = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]/i.test(text) ? parseUrl(text) : undefined
  if (url === undefined) return { ok: false, reason: 'is not an absolute URL' }
  // Also the empty user name of `https://@host/`, which parsing loses.
  if (/^[^/]*\/\/[^/?#]*@/.test(text)) return { ok: false, reason: 'must not hold a user name or password' }
  if (url.href.length > MAX_LENGTH_ON_THE_WIRE) {
    return { ok: false, reason: `is longer than ${MAX_LENGTH_ON_THE_WIRE} characters once it is percent-encoded` }
  }
  const reason = objectionTo(url, policy)
  return reason === undefined ? { ok: true, url } : { ok: false, reason }
}

/** What speaks against a URL, in words that follow "the URL …"; `undefined` when nothing does. */
export function objectionTo(url: URL, policy: OutboundPolicy): string | undefined {
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && policy.allowHttp)) {
    return policy.allowHttp ? 'must begin with https:// or http://' : 'must begin with https://'
  }
  if (url.username !== '' || url.password !== '') return 'must not hold a user name or password'
  if (url.port === '0') return 'must not name port 0'
  if (policy.ports !== 'any' && !policy.ports.includes(portOf(url))) {
    const [first, ...more] = policy.ports
    return more.length === 0 ? `must use port ${first}` : `must use one of the ports ${policy.ports.join(', ')}`
  }
  const host = bareHost(url.hostname)
  const isRefused = isIP(host) === 0 ? isLocalhost(host) && !policy.allowLoopback : !isAllowedAddress(host, policy)
  return isRefused ? 'names an address that is not public' : undefined
}

const portOf = (url: URL) => Number(url.port) || (url.protocol === 'https:' ? 443 : 80)

/** Without the brackets of an IPv6 address and without the dot that ends a name. */
export function bareHost(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '')
}

/** The name of this machine, which no resolver is asked for. */
export function isLocalhost(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost')
}

/**
 * Tells whether a connection to this address is allowed.
 * @param address  one IPv4 or IPv6 address in its usual spelling; anything else is not allowed
 */
export function isAllowedAddress(address: string, policy: OutboundPolicy): boolean {
  const family = isIP(address)
  // A zone (`%eth0`) only ever goes with an address of the own network.
  if (family === 0 || address.includes('%')) return false
  const parsed = ipaddr.parse(address)
  const isOneOf = (ranges: Ranges) => ranges[family === 4 ? 4 : 6].some(range => parsed.match(range))
  if (isOneOf(LOOPBACK)) return policy.allowLoopback
  if (isOneOf(METADATA)) return false
  if (isWithin(policy.privateNetworks, parsed)) return true
  if (family === 6 && !parsed.match(GLOBAL_V6)) return false
  return parsed.range() === 'unicast' && !isOneOf(REFUSED)
}

type Ranges = Readonly<Record<4 | 6, ReturnType<typeof ipaddr.parseCIDR>[]>>

/** Ranges that are no public receivers. Named here as well as in ipaddr.js, so that an update cannot open one. */
const REFUSED: Ranges = {
  4: [
    '0.0.0.0/8',
    '10.0.0.0/8',
    '100.64.0.0/10',
    '127.0.0.0/8',
    // Also the metadata service of most clouds, 169.254.169.254.
    '169.254.0.0/16',
    '172.16.0.0/12',
    '192.0.0.0/24',
    '192.0.2.0/24',
    '192.88.99.0/24',
    '192.168.0.0/16',
    '198.18.0.0/15',
    '198.51.100.0/24',
    '203.0.113.0/24',
    '224.0.0.0/4',
    '240.0.0.0/4',
  ].map(ipaddr.parseCIDR),
  // What lies in 2000::/3. Outside of it nothing is allowed, which covers the forms that carry an IPv4 address:
  // ::ffff:0:0/96 (mapped), ::/96 (compatible), 64:ff9b::/96 and 64:ff9b:1::/48 (NAT64).
  6: [
    // Teredo, ORCHID and other special uses.
    '2001::/23',
    '2001:db8::/32',
    // 6to4 carries an IPv4 address.
    '2002::/16',
    '3fff::/20',
  ].map(ipaddr.parseCIDR),
}

const LOOPBACK: Ranges = { 4: [ipaddr.parseCIDR('127.0.0.0/8')], 6: [ipaddr.parseCIDR('::1/128')] }

/**
 * What machines of a cloud hear their secrets from, where it is not link-local: closed also within a private network that
 * was opened. In order: Alibaba, Azure, AWS, Google.
 */
const METADATA: Ranges = {
  4: ['100.100.100.200/32', '168.63.129.16/32'].map(ipaddr.parseCIDR),
  6: ['fd00:ec2::254/128', 'fd20:ce::254/128'].map(ipaddr.parseCIDR),
}

const GLOBAL_V6 = ipaddr.parseCIDR('2000::/3')
