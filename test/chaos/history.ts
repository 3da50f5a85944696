/** What is known after a run with faults: what was asked and answered, and what is there in the end. */
import type { LedgerEntry } from '../../apps/simulator/src/index.js'

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
  readonly clientId: string
  readonly vaultingRequestId: string
  readonly state: string
  /** `SUCCESS`, or why it failed. */
  readonly resultCode: string | null
  readonly cards: number
  readonly notifications: number
  readonly notificationsOpen: number
  /** What was written down before a question left, from its timeline; more than one where it turned out not to leave. */
  readonly questions: readonly QuestionName[]
  /** Questions that still wait for an answer or for being taken back. */
  readonly questionsOpen: number
}

/** What names a question on the wire. */
export interface QuestionName {
  readonly rrn: string
  readonly stan: string
  readonly transmittedAt: string
}

/** A payment as the database has it in the end. Amounts are digits in the currency's smallest unit. */
export interface PaymentRow {
  readonly clientId: string
  readonly paymentRequestId: string
  readonly paymentId: string
  readonly mode: string
  readonly state: string
  /** `SUCCESS`, or why it failed; of one that was cancelled how it had ended before. */
  readonly resultCode: string | null
  readonly amount: string
  readonly captured: string
  readonly refunded: string
  /** Whether what is left of the authorisation was given up. */
  readonly released: boolean
  /** What was written down before a question left, from its timeline. */
  readonly questions: readonly QuestionName[]
  /** Questions and advices that the issuer has not answered. */
  readonly messagesOpen: number
  /** A card that was kept for this payment alone. */
  readonly ownCards: number
  readonly operations: readonly OperationRow[]
  readonly notifications: number
  readonly notificationsOpen: number
}

export interface OperationRow {
  readonly kind: 'CAPTURE' | 'REFUND'
  readonly requestId: string
  readonly operationId: string
  readonly amount: string
  readonly state: string
  readonly resultCode: string | null
  readonly byItself: boolean
  readonly notifications: number
}

/** A notification as the merchant received it. */
export interface Told {
  readonly clientId: string
  readonly verified: boolean
  readonly body: string
}

/** One line of the issuer's own ledger, as far as it is judged. */
export type LedgerLine = Pick<LedgerEntry, 'kind' | 'mti' | 'dialect' | 'rrn' | 'stan' | 'transmittedAt'> &
  Partial<
    Pick<
      LedgerEntry,
      'responseCode' | 'delivery' | 'networkTransactionId' | 'reason' | 'original' | 'effect' | 'reversed'
    >
  >

/** Everything that a judgement needs. */
export interface History {
  readonly calls: readonly Call[]
  /** An inquiry for every id, and a repeat for every id that exists, made when everything had settled. */
  readonly finalCalls: readonly Call[]
  readonly vaultings: readonly VaultingRow[]
  readonly told: readonly Told[]
  readonly ledger: readonly LedgerLine[]
  /** Where there were payments beside the vaultings: their questions are in the same ledger. */
  readonly payments?: readonly PaymentRow[]
  /** Programs that ended without having been killed. */
  readonly unexpectedEnds: readonly string[]
}
