import { type ErrorCode, errorDescriptions, type ProtocolError } from './protocol-error.js'
import { isTransactionId, spokenVersions } from './rules.js'
import type { Unchecked } from './unchecked.js'

/** The text of a message: what is `undefined` is not there. */
export function writeJson(message: object): string {
  return JSON.stringify(message)
}

/** The ids of a transaction that a message names, as far as they are ids. */
export function idsOf(message: Unchecked): Readonly<Record<string, string>> {
  const names = ['threeDSServerTransID', 'dsTransID', 'acsTransID'] as const
  return Object.fromEntries(
    names.flatMap(name => {
      const id = message[name]
      return isTransactionId(id) ? [[name, id]] : []
    }),
  )
}

const messageTypes = ['AReq', 'ARes', 'CReq', 'CRes', 'PReq', 'PRes', 'RReq', 'RRes', 'Erro']

/**
 * The Erro that answers a message.
 * @param component  who says so: `D` the directory server, `A` the ACS
 */
export function erroFor(component: 'D' | 'A', error: ProtocolError): Unchecked {
  return erro(component, error.code, error.detail, error.about ?? {})
}

/** An Erro with a code, about a message. */
export function erro(component: 'D' | 'A', code: ErrorCode, detail: string, about: Unchecked): Unchecked {
  const version = spokenVersions.find(one => one === about['messageVersion']) ?? spokenVersions.at(-1)!
  const type = messageTypes.find(one => one === about['messageType'])
  return {
    messageType: 'Erro',
    messageVersion: version,
    ...idsOf(about),
    errorCode: code,
    errorComponent: component,
    errorDescription: errorDescriptions[code],
    errorDetail: detail,
    ...(type === undefined ? {} : { errorMessageType: type }),
  }
}
