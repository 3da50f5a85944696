/** One row per API: the server's table of contents. */
import { apiRoot, type EndpointName, endpoints, inactiveEndpoints, ownEndpoints } from '@coffer/antom'
import { forward } from './forwarding/forward.js'
import type { Verb } from './handle.js'
import { cancel } from './payments/cancel.js'
import { capture } from './payments/capture.js'
import { inquiryPayment } from './payments/inquiry-payment.js'
import { inquiryRefund } from './payments/inquiry-refund.js'
import { pay } from './payments/pay.js'
import { refund } from './payments/refund.js'
import { deleteToken } from './tokens/delete-token.js'
import { fetchNonce, fetchNonceOfPayments } from './tokens/fetch-nonce.js'
import { inquireToken } from './tokens/inquire-token.js'
import { updateToken } from './tokens/update-token.js'
import { inquireVaulting } from './vaulting/inquire-vaulting.js'
import { vaultPaymentMethod } from './vaulting/vault-payment-method.js'

export type Environment = keyof typeof apiRoot

/** Where a call goes. An API that exists but is not offered by this version has no verb. */
export interface Route {
  /** Of our own APIs none: their paths are the same in both. */
  environment: Environment | undefined
  verb: Verb | undefined
}

const verbs = [
  vaultPaymentMethod,
  inquireVaulting,
  fetchNonce,
  fetchNonceOfPayments,
  inquireToken,
  updateToken,
  deleteToken,
  pay,
  inquiryPayment,
  capture,
  cancel,
  refund,
  inquiryRefund,
]

const routes = new Map<string, Route>(
  (['live', 'sandbox'] as const).flatMap(environment => [
    ...verbs.map((verb): [string, Route] => [
      apiRoot[environment] + endpoints[verb.name as EndpointName].path,
      { environment, verb },
    ]),
    ...inactiveEndpoints.map((path): [string, Route] => [
      apiRoot[environment] + path,
      { environment, verb: undefined },
    ]),
  ]),
)
routes.set(ownEndpoints.forward.path, { environment: undefined, verb: forward })

/**
 * The route of a request target's path, spelled exactly: another spelling that a proxy might take for the same path is
 * another path here.
 */
export function routeOf(path: string): Route | undefined {
  return routes.get(path)
}
