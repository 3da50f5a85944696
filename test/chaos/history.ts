/** What is known after a run with faults: what was asked and answered, and what is there in the end. */

/** One call of a merchant, as the merchant saw it. */
export interface Call {
  /** By the client's own clock, in ms; only ever grows. */
  readonly startedAt: number
  readonly endedAt: number
  /** `changed` is a repeat with another card, which must be refused. */
  readonly kind: 'vault' | 'inquire' | 'changed'
  readonly clientId: string
  readonly vaultingRequestId: string
  /** Absent when the connection broke, or was refused, before there was one. */
  readonly answer?: CallAnswer
  /** No answer and no broken connection either, in half a minute. */
  readonly hung?: boolean
}

export interface CallAnswer {
  readonly status: number
  /** Whether the gateway's signature over it is right. */
  readonly verified: boolean
  readonly text: string
}

/** A vaulting as the database has it in the end. */
export interface VaultingRow {
  /** The vault's own id, which is also the id of the question to the issuer. */
  readonly id: string
  readonly clientId: string
  readonly vaultingRequestId: string
  readonly state: string
  readonly cards: number
  readonly notifications: number
  readonly notificationsOpen: number
}

/** A notification as the merchant received it. */
export interface Told {
  readonly clientId: string
  readonly verified: boolean
  readonly body: string
}

/** A question to the issuer and what it said, from the issuer's own ledger. */
export interface Asked {
  readonly requestId: string
  readonly responseCode: string
  readonly networkTransactionId?: string
}

/** Everything that a judgement needs. */
export interface History {
  readonly calls: readonly Call[]
  /** An inquiry for every id, and a repeat for every id that exists, made when everything had settled. */
  readonly finalCalls: readonly Call[]
  readonly vaultings: readonly VaultingRow[]
  readonly told: readonly Told[]
  readonly asked: readonly Asked[]
  /** Programs that ended without having been killed. */
  readonly unexpectedEnds: readonly string[]
}
