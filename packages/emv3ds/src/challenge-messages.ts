/** CReq and CRes: the browser takes one to the ACS and brings the other back. Neither decides anything; RReq does. */
import { type Static, Type } from 'typebox'
import { always, oneOf } from './elements.js'
import { acsTransID, head, type MessageDefinition, messageExtension, threeDSServerTransID } from './shared-elements.js'

export const creq = Type.Object({
  ...head('CReq'),
  threeDSServerTransID: always(threeDSServerTransID),
  acsTransID: always(acsTransID),
  challengeWindowSize: always(
    oneOf('Size of the frame', [
      ['01', '250 x 400'],
      ['02', '390 x 400'],
      ['03', '500 x 600'],
      ['04', '600 x 400'],
      ['05', 'the whole window'],
    ]),
  ),
  messageExtension,
})
/** As on the wire, before it is coded for the form field `creq`. */
export type CReq = Static<typeof creq>

export const cres = Type.Object({
  ...head('CRes'),
  threeDSServerTransID: always(threeDSServerTransID),
  acsTransID: always(acsTransID),
  transStatus: always(
    oneOf('What the ACS told the browser; crosses it unsigned and is not to be relied on', [
      ['Y', 'authenticated'],
      ['N', 'not authenticated'],
    ]),
  ),
  messageExtension,
})
/** The final CRes, as on the wire. */
export type CRes = Static<typeof cres>

export const creqDefinition: MessageDefinition = { elements: creq.properties, variants: 'channel', rules: [] }
export const cresDefinition: MessageDefinition = { elements: cres.properties, variants: 'channel', rules: [] }
