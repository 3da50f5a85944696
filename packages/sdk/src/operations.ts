/** The vaults family: where each operation lives, and whether a lost answer allows to ask again. */
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
} as const satisfies Record<string, Operation>

export type OperationName = keyof typeof operations
