import { apiRoot, forwardPath } from '@coffer/antom'

/** Where each operation lives, and whether a lost answer allows to ask again. */
interface Operation {
  readonly path: string
  /**
   * `id`: the call carries an id that makes a repeat harmless. `read`: it changes nothing. Otherwise it may have taken
   * effect without our knowing, so that the SDK leaves the decision to the caller.
   */
  readonly repeatable: 'id' | 'read' | 'no'
}

export const operations = {
  vaultPaymentMethod: { path: '/v1/vaults/vaultPaymentMethod', repeatable: 'id' },
  inquireVaulting: { path: '/v1/vaults/inquireVaulting', repeatable: 'read' },
  createVaultingSession: { path: '/v1/vaults/createVaultingSession', repeatable: 'id' },
  fetchNonce: { path: '/v1/vaults/fetchNonce', repeatable: 'no' },
  inquireToken: { path: '/v1/vaults/inquireToken', repeatable: 'read' },
  updateToken: { path: '/v1/vaults/updateToken', repeatable: 'no' },
  deleteToken: { path: '/v1/vaults/deleteToken', repeatable: 'no' },
  pay: { path: '/v1/payments/pay', repeatable: 'id' },
  inquiryPayment: { path: '/v1/payments/inquiryPayment', repeatable: 'read' },
  capture: { path: '/v1/payments/capture', repeatable: 'id' },
  // The documentation asks for a repeat with the same parameters: a payment can be cancelled once.
  cancel: { path: '/v1/payments/cancel', repeatable: 'id' },
  refund: { path: '/v1/payments/refund', repeatable: 'id' },
  // A second call with the same id sends nothing, but the first may have arrived: nobody but the destination knows.
  forward: { path: forwardPath, repeatable: 'no' },
  inquiryRefund: { path: '/v1/payments/inquiryRefund', repeatable: 'read' },
} as const satisfies Record<string, Operation>

/** The path that is called and signed. Operations of Coffer's own have one for live and sandbox. */
export const uriOf = (path: string, sandbox: boolean) =>
  path === forwardPath ? path : `${sandbox ? apiRoot.sandbox : apiRoot.live}${path}`

export type OperationName = keyof typeof operations
