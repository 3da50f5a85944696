import { binRows, type Network, networks } from '@coffer/test-cards'

/** Korean issuers are networks of their own, and have no directory server: their cards take no part in 3DS. */
const korean = new Set<Network>(
  binRows
    .filter(({ issuingCountry, brands }) => issuingCountry === 'KR' && brands.length === 1)
    .map(row => row.brands[0]),
)

/** The networks that have a directory server. */
export const directoryNetworks: readonly Network[] = networks.filter(
  network =>
    !korean.has(network) && binRows.some(({ threeDS, brands }) => threeDS !== undefined && brands.includes(network)),
)

/** The network of a directory server by its name in a URL, if there is one. */
export function directoryNetwork(name: string): Network | undefined {
  return directoryNetworks.find(network => network === name)
}
