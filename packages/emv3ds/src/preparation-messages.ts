/** PReq and PRes: the 3DS Server asks a directory server which card ranges take part. */
import { type Static, Type } from 'typebox'
import { always, oneOf, shaped, sometimes, text, url } from './elements.js'
import {
  dsTransID,
  endProtocolVersion,
  head,
  type MessageDefinition,
  messageExtension,
  pan,
  startProtocolVersion,
  threeDSServerOperatorID,
  threeDSServerRefNumber,
  threeDSServerTransID,
} from './shared-elements.js'

const serialNum = text('State of the list; a PReq that has one is answered with what changed since', 20)

export const preq = Type.Object({
  ...head('PReq'),
  threeDSServerTransID: always(threeDSServerTransID),
  threeDSServerRefNumber,
  threeDSServerOperatorID,
  serialNum: sometimes('O', serialNum),
  messageExtension,
})
/** As on the wire. Without `serialNum` the whole list is asked for. */
export type PReq = Static<typeof preq>

export const cardRangeData = Type.Object(
  {
    startRange: always(pan('First number of the range')),
    endRange: always(pan('Last number of the range, of the same length')),
    actionInd: sometimes(
      'O',
      oneOf('What is done with it; absent means A', [
        ['A', 'add'],
        ['D', 'delete'],
        ['M', 'modify'],
      ]),
    ),
    acsStartProtocolVersion: always(startProtocolVersion('the ACS')),
    acsEndProtocolVersion: always(endProtocolVersion('the ACS')),
    dsStartProtocolVersion: sometimes('O', startProtocolVersion('the directory server for this range')),
    dsEndProtocolVersion: sometimes('O', endProtocolVersion('the directory server for this range')),
    threeDSMethodURL: sometimes('C', url('Where the 3DS Method is called', 256)),
    acsInfoInd: sometimes(
      { '2.2.0': 'O' },
      Type.Array(
        shaped(
          '01 authenticates, 02 proves attempts, 03 decoupled, 04 keeps trusted merchants',
          '01-04, 80-99',
          '^(0[1-4]|[89][0-9])$',
        ),
        {
          description:
            'What the ACS can do: 01 authenticates, 02 proves attempts, 03 decoupled, 04 keeps trusted merchants; 80-99 as the scheme says',
          emv: { form: 'list of 01-04, 80-99' },
        },
      ),
    ),
  },
  { description: 'A range of card numbers that takes part', emv: { form: 'object' } },
)
/** One card range of a PRes, as on the wire. */
export type CardRangeData = Static<typeof cardRangeData>

export const pres = Type.Object({
  ...head('PRes'),
  threeDSServerTransID: always(threeDSServerTransID),
  dsTransID: always(dsTransID),
  serialNum: sometimes('C', serialNum),
  dsStartProtocolVersion: always(startProtocolVersion('the directory server')),
  dsEndProtocolVersion: always(endProtocolVersion('the directory server')),
  cardRangeData: sometimes(
    'O',
    Type.Array(cardRangeData, { description: 'The ranges, or what changed in them', emv: { form: 'list of objects' } }),
  ),
  messageExtension,
})
/** As on the wire. `PResReader` reads one of any size. */
export type PRes = Static<typeof pres>

export const preqDefinition: MessageDefinition = { elements: preq.properties, variants: 'none', rules: [] }
export const presDefinition: MessageDefinition = { elements: pres.properties, variants: 'none', rules: [] }
