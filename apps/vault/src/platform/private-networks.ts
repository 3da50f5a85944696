/** Private networks that an operator opens for calls to URLs of strangers: a shop in a container, a server next door. */
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

/** A range within private address space, made by `readPrivateNetwork` alone. */
export interface PrivateNetwork {
  readonly range: readonly [ipaddr.IPv4 | ipaddr.IPv6, number]
}

/**
 * What can be opened (RFC 1918, 6598 and 4193). Everything else is public already or must stay closed: loopback,
 * link-local addresses and the forms of IPv6 that carry an IPv4 address.
 */
const OPENABLE = ['10.0.0.0/8', '100.64.0.0/10', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7']

/**
 * Reads one range in CIDR notation.
 * @returns the range, or why it is none that can be opened, in words that begin with what was given
 */
export function readPrivateNetwork(text: string): PrivateNetwork | string {
  const [, address = '', digits = ''] = /^([0-9a-f.:]+)\/(0|[1-9]\d{0,2})$/i.exec(text) ?? []
  const bits = Number(digits)
  if (isIP(address) === 0 || bits > (isIP(address) === 4 ? 32 : 128)) {
    const single = isIP(text) === 0 ? '' : `: a single address is ${text}/${isIP(text) === 4 ? 32 : 128}`
    return `${text} is no range in CIDR notation${single}`
  }
  const range = ipaddr.parseCIDR(text)
  const isOpenable = OPENABLE.map(ipaddr.parseCIDR).some(
    outer => outer[0].kind() === range[0].kind() && bits >= outer[1] && range[0].match(outer),
  )
  if (!isOpenable) {
    return `${text} does not lie within ${OPENABLE.slice(0, -1).join(', ')} or ${OPENABLE.at(-1)}; loopback, link-local and metadata addresses cannot be opened`
  }
  const first = (isIP(address) === 4 ? ipaddr.IPv4 : ipaddr.IPv6).networkAddressFromCIDR(text)
  if (first.toNormalizedString() !== range[0].toNormalizedString()) {
    return `${text} has bits behind its prefix: the range is ${first}/${bits}`
  }
  return { range }
}

/** Tells whether an address is of one of the networks. An IPv4 address inside of an IPv6 address is of none. */
export function isWithin(networks: readonly PrivateNetwork[], address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  return networks.some(
    ({ range: [first, bits] }) => first.kind() === address.kind() && address.match([first, bits] as never),
  )
}
