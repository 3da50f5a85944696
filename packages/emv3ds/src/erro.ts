/** Erro: a message could not be used. It travels with HTTP status 200, as the answer to the message or on its own. */
import { type Static, Type } from 'typebox'
import { always, constant, oneOf, prose, protocolVersion, shaped, sometimes } from './elements.js'
import { acsTransID, dsTransID, type MessageDefinition, threeDSServerTransID } from './shared-elements.js'

export const erro = Type.Object({
  messageType: always(constant('Which message this is', 'Erro')),
  messageVersion: always(protocolVersion('Version of the message that could not be used, or one of the sender')),
  threeDSServerTransID: sometimes('C', threeDSServerTransID),
  dsTransID: sometimes('C', dsTransID),
  acsTransID: sometimes('C', acsTransID),
  errorCode: always(shaped('What is wrong', 'n3', '^[0-9]{3}$')),
  errorComponent: always(
    oneOf('Who found it', [
      ['C', '3DS SDK'],
      ['S', '3DS Server'],
      ['D', 'directory server'],
      ['A', 'ACS'],
    ]),
  ),
  errorDescription: always(prose('What is wrong, for people', 2048)),
  errorDetail: always(prose('Where; names of elements, separated by commas', 2048)),
  errorMessageType: sometimes('C', shaped('The message that could not be used', 'message type, 4', '^[A-Za-z]{4}$')),
})
/**
 * As on the wire. `messageVersion` can be one that is not spoken here: a directory server says 102 in its own words.
 * The texts come from outside when it is read; they may hold anything.
 */
export type Erro = Static<typeof erro>

/** The component that found an error: C 3DS SDK, S 3DS Server, D directory server, A ACS. */
export type ErrorComponent = Erro['errorComponent']

export const erroDefinition: MessageDefinition = { elements: erro.properties, variants: 'none', rules: [] }
