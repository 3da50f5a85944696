/** One row per API: the server's table of contents. */
import { apiRoot, endpoints, inactiveEndpoints } from '@coffer/antom'
import type { Verb } from './handle.js'
import { inquireVaulting } from './vaulting/inquire-vaulting.js'
import { vaultPaymentMethod } from './vaulting/vault-payment-method.js'

export type Environment = keyof typeof apiRoot

/** Where a call goes. An API that exists but is not offered by this version has no verb. */
export interface Route {
  environment: Environment
  verb: Verb | undefined
}

const verbs = [vaultPaymentMethod, inquireVaulting]

const routes = new Map<string, Route>(
  (['live', 'sandbox'] as const).flatMap(environment => [
    ...verbs.map((verb): [string, Route] => [apiRoot[environment] + endpoints[verb.name].path, { environment, verb }]),
    ...inactiveEndpoints.map((path): [string, Route] => [
      apiRoot[environment] + path,
      { environment, verb: undefined },
    ]),
  ]),
)

/**
 * The route of a request target's path, spelled exactly: another spelling that a proxy might take for the same path is
 * another path here.
 */
export function routeOf(path: string): Route | undefined {
  return routes.get(path)
}
