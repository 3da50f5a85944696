/** RReq and RRes: how a challenge ended, from the ACS to the 3DS Server by way of the directory server. */
import { type Static, Type } from 'typebox'
import { always, codes, digits, narrowerIn210, oneOf, sometimes } from './elements.js'
import {
  acsTransID,
  authenticationType,
  authenticationValue,
  dsTransID,
  eci,
  has,
  head,
  type MessageDefinition,
  messageCategory,
  messageExtension,
  threeDSServerTransID,
  transStatusReason,
  whiteListStatus,
  whiteListStatusSource,
} from './shared-elements.js'

export const rreq = Type.Object({
  ...head('RReq'),
  messageCategory,
  threeDSServerTransID: always(threeDSServerTransID),
  dsTransID: always(dsTransID),
  acsTransID: always(acsTransID),
  transStatus: always(
    oneOf('How it went', [
      ['Y', 'authenticated'],
      ['A', 'an attempt is proven'],
      ['N', 'not authenticated'],
      ['U', 'could not be done'],
      ['R', 'rejected, do not authorise'],
    ]),
  ),
  transStatusReason: sometimes('C', transStatusReason),
  eci: sometimes('C', eci),
  authenticationValue: sometimes('C', authenticationValue),
  authenticationType: sometimes('C', authenticationType),
  authenticationMethod: sometimes('C', codes('How the cardholder was asked, as the ACS counts the ways', '10')),
  interactionCounter: sometimes({ '2.1.0': 'R', '2.2.0': 'C' }, digits('How often the buyer answered', 2)),
  challengeCancel: sometimes(
    'C',
    narrowerIn210(
      oneOf('Who ended the challenge', [
        ['01', 'the cardholder'],
        ['03', 'time ran out, decoupled'],
        ['04', 'time ran out at the ACS'],
        ['05', 'the CReq never came'],
        ['06', 'an error'],
        ['07', 'unknown'],
        ['08', 'time ran out at the SDK'],
      ]),
      '01, 04, 05, 06, 07',
      { enum: ['01', '04', '05', '06', '07'] },
    ),
  ),
  whiteListStatus,
  whiteListStatusSource,
  messageExtension,
})
/** As on the wire. */
export type RReq = Static<typeof rreq>

export const rres = Type.Object({
  ...head('RRes'),
  threeDSServerTransID: always(threeDSServerTransID),
  dsTransID: always(dsTransID),
  acsTransID: always(acsTransID),
  resultsStatus: always(
    oneOf('What became of the RReq', [
      ['01', 'received'],
      ['02', 'the CReq was not sent to the ACS'],
      ['03', 'the ARes did not reach the merchant'],
    ]),
  ),
  messageExtension,
})
/** As on the wire. */
export type RRes = Static<typeof rres>

const decoupled = [has('authenticationType', '04'), has('challengeCancel', '03')]

export const rreqDefinition: MessageDefinition = {
  elements: rreq.properties,
  variants: 'channel and category',
  rules: [
    {
      says: 'it was not decoupled: `authenticationType` is not 04 and `challengeCancel` is not 03',
      versions: ['2.2.0'],
      when: { not: { anyOf: decoupled } },
      require: ['interactionCounter'],
    },
    {
      says: '`transStatus` is Y or A',
      categories: ['01'],
      when: has('transStatus', 'Y', 'A'),
      require: ['authenticationValue'],
    },
    {
      says: '`transStatus` is N, U or R',
      when: has('transStatus', 'N', 'U', 'R'),
      require: ['transStatusReason'],
    },
    {
      says: '`transStatusReason` is 14; then it is 04 or 05',
      when: has('transStatusReason', '14'),
      require: ['challengeCancel'],
      values: { challengeCancel: ['04', '05'] },
    },
    {
      says: '`whiteListStatus` is there',
      versions: ['2.2.0'],
      when: { required: ['whiteListStatus'] },
      require: ['whiteListStatusSource'],
    },
  ],
}
export const rresDefinition: MessageDefinition = { elements: rres.properties, variants: 'channel', rules: [] }
