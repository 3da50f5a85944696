/** Every address of a name. What may be done with them is judged by whoever asked. */
import { lookup, Resolver } from 'node:dns/promises'

/** One address that a name resolved to. */
export interface ResolvedAddress {
  readonly address: string
  readonly family: number
}

/**
 * Asks the name servers directly. `dns.lookup` would use the thread pool, half of whose threads a few names with silent
 * servers can hold, and then nobody's names resolve any more.
 */
export async function askNameServers(host: string): Promise<readonly ResolvedAddress[]> {
  const resolver = new Resolver({ timeout: 1_500, tries: 1 })
  const asked = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)])
  const found = asked.flatMap((answer, nth) =>
    answer.status === 'fulfilled' ? answer.value.map(address => ({ address, family: nth === 0 ? 4 : 6 })) : [],
  )
  const failed = asked.find(answer => answer.status === 'rejected')
  if (found.length === 0 && failed) throw failed.reason
  return found
}

/**
 * Asks as every other program of the machine does, the hosts file included: a developer's shop may have its name from
 * there alone, as `host.docker.internal` has. The threads that silent name servers can hold are the developer's own.
 */
export function lookUpLikeTheMachine(host: string): Promise<readonly ResolvedAddress[]> {
  return lookup(host, { all: true, order: 'verbatim' })
}
