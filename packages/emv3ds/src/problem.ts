import type { Erro, ErrorComponent } from './erro.js'
import { type ErrorCode, errorRow } from './error-catalogue.js'
import type { MessageType, MessageVersion } from './versions.js'

/** Why a message cannot be used. No part of it was taken from a value of the message. */
export interface Problem {
  readonly errorCode: ErrorCode
  /** The name of the code. */
  readonly errorDescription: string
  /** Names of elements, separated by commas, nested ones as `messageExtension.id`; or a phrase of our own. */
  readonly errorDetail: string
  /** The message that cannot be used, where it said what it is. */
  readonly errorMessageType?: MessageType
}

/** The ids of an authentication. */
export interface TransactionIds {
  threeDSServerTransID?: string
  dsTransID?: string
  acsTransID?: string
}

/**
 * A problem that only the caller can see: 301 for an id it does not know, 305 for what does not fit.
 * @param errorDetail  names of elements, or words; never a value of the message
 */
export function problemOf(errorCode: ErrorCode, errorDetail: string, errorMessageType?: MessageType): Problem {
  return {
    errorCode,
    errorDescription: errorRow(errorCode).name,
    errorDetail,
    ...(errorMessageType && { errorMessageType }),
  }
}

/** The ids of an object, and nothing else of it. Spread into `erroFor`. */
export function idsOf(message: TransactionIds): TransactionIds {
  const { threeDSServerTransID, dsTransID, acsTransID } = message
  return {
    ...(threeDSServerTransID !== undefined && { threeDSServerTransID }),
    ...(dsTransID !== undefined && { dsTransID }),
    ...(acsTransID !== undefined && { acsTransID }),
  }
}

/**
 * The Erro that tells a problem.
 * @param of  who tells it, the version of the message that cannot be used, and the ids that are known:
 *   `{ component: 'S', version: '2.2.0', ...read.ids }`
 */
export function erroFor(
  problem: Problem,
  of: { component: ErrorComponent; version: MessageVersion } & TransactionIds,
): Erro {
  return {
    messageType: 'Erro',
    messageVersion: of.version,
    ...idsOf(of),
    errorCode: problem.errorCode,
    errorComponent: of.component,
    errorDescription: problem.errorDescription,
    errorDetail: problem.errorDetail,
    ...(problem.errorMessageType && { errorMessageType: problem.errorMessageType }),
  }
}
