/** The destinations of this Coffer, and the connections to them. */

import { makeOutbound, type Outbound } from '../platform/outbound.js'
import type { ConnectorOptions } from '../platform/outbound-connector.js'
import type { DestinationConfig, ForwardMethod } from './destinations-file.js'
import type { PlainUrl } from './plain-url.js'

/** Calls of one process to one destination at the same time; more wait, each for its own time. */
const AT_ONCE = 64

/** Somebody to whom cards may be forwarded. */
export interface Destination {
  readonly config: DestinationConfig
  readonly outbound: Outbound
}

/** Parts of the way to a destination that tests play. */
type Way = Pick<ConnectorOptions, 'resolve' | 'open'>

/** Makes the destinations; nothing is connected yet, and nothing stays connected between calls. */
export function openDestinations(configs: readonly DestinationConfig[], way: Way = {}): readonly Destination[] {
  return configs.map(config => {
    const { policy, ca, maxResponseBytes } = config
    const options = { policy, maxResponseBytes, maxSockets: AT_ONCE, ...(ca !== undefined && { ca }), ...way }
    return { config, outbound: makeOutbound(options) }
  })
}

/**
 * The first destination in the file's order that lets this merchant send this.
 * @returns `undefined` when there is none; which part was in the way is not told, and is the operator's to know
 */
export function destinationFor(
  destinations: readonly Destination[],
  merchantId: string,
  method: ForwardMethod,
  { origin, path, hasQuery }: PlainUrl,
): Destination | undefined {
  return destinations.find(({ config }) => {
    const isTheirs = config.merchants.includes('*') || config.merchants.includes(merchantId)
    const isThere = origin === config.origin && config.paths.some(pattern => matches(pattern, path))
    return isTheirs && isThere && config.methods.includes(method) && (config.query || !hasQuery)
  })
}

function matches(pattern: string, path: string): boolean {
  if (!pattern.endsWith('/*')) return path === pattern
  const below = pattern.slice(0, -1)
  return path.startsWith(below) && path.length > below.length
}
