/** The hosts that notification addresses of a merchant may name: exact, or everything below a name. */

import { isIP } from 'node:net'
import { parseUrl } from '@coffer/antom'
import { bareHost } from '../platform/url-policy.js'

/** A host as it is registered: a name, an address, or `*.` and a name. Made by `readNotificationHost`. */
export type NotificationHost = string

/**
 * Reads a host as an operator writes it, in the spelling that URLs have after parsing: lower case, names in ASCII, IPv6
 * addresses without brackets.
 * @param text  e.g. `shop.example`, `*.shop.example`, `203.0.113.7`
 * @returns the host, or nothing when it is none
 */
export function readNotificationHost(text: string): NotificationHost | undefined {
  const isWildcard = text.startsWith('*.')
  const given = isWildcard ? text.slice(2) : text
  const spelled = isIP(given) === 6 ? `[${given}]` : given
  // The parser would drop white space and move what stands behind these to other parts of the URL.
  const url = /^[^\s/?#@\\*]+$/u.test(spelled) ? parseUrl(`https://${spelled}/`) : undefined
  if (url === undefined) return undefined
  const host = bareHost(url.hostname)
  const hasPort = /:\d*$/.test(spelled.replace(/^\[.*\]$/, ''))
  const labels = host.split('.')
  // URLs take more in a name than domains have, e.g. commas.
  if (hasPort || (isIP(host) === 0 && !labels.every(label => /^[a-z0-9_-]+$/.test(label)))) return undefined
  if (!isWildcard) return host
  // Below a single label lies half of the world.
  return isIP(host) === 0 && labels.length > 1 ? `*.${host}` : undefined
}

/** Tells whether a URL names one of the hosts. `*.shop.example` is every name below `shop.example`, not that itself. */
export function namesOneOf(hosts: readonly NotificationHost[], url: URL): boolean {
  const host = bareHost(url.hostname)
  return hosts.some(known => (known.startsWith('*.') ? host.endsWith(known.slice(1)) : host === known))
}
