/** ARes: what the issuer answers to an AReq, by way of the directory server. */
import { type Static, Type } from 'typebox'
import { always, narrowerIn210, oneOf, prose, sometimes, text, url } from './elements.js'
import {
  acsTransID,
  authenticationType,
  authenticationValue,
  broadInfo,
  dsReferenceNumber,
  dsTransID,
  eci,
  has,
  head,
  type MessageDefinition,
  messageExtension,
  threeDSServerTransID,
  transStatusReason,
  whiteListStatus,
  whiteListStatusSource,
} from './shared-elements.js'

const yesOrNo = [
  ['Y', 'yes'],
  ['N', 'no'],
] as const

export const ares = Type.Object({
  ...head('ARes'),
  threeDSServerTransID: always(threeDSServerTransID),
  dsTransID: always(dsTransID),
  acsTransID: always(acsTransID),
  dsReferenceNumber: always(dsReferenceNumber),
  acsReferenceNumber: always(text('Number that EMVCo gave the ACS', 32)),
  acsOperatorID: sometimes('C', text('Id that the directory server gave the operator of the ACS', 32)),
  transStatus: sometimes(
    ['R', 'C'],
    narrowerIn210(
      oneOf('How it went', [
        ['Y', 'authenticated'],
        ['A', 'an attempt is proven'],
        ['N', 'not authenticated'],
        ['U', 'could not be done'],
        ['R', 'rejected, do not authorise'],
        ['C', 'a challenge follows'],
        ['D', 'a decoupled challenge follows'],
        ['I', 'for information only'],
      ]),
      'Y, A, N, U, R, C',
      { enum: ['Y', 'A', 'N', 'U', 'R', 'C'] },
    ),
  ),
  transStatusReason: sometimes('C', transStatusReason),
  eci: sometimes('C', eci),
  authenticationValue: sometimes('C', authenticationValue),
  acsURL: sometimes('C', url('Where the browser takes the CReq')),
  acsChallengeMandated: sometimes('C', oneOf('Whether a law demands the challenge', yesOrNo)),
  authenticationType: sometimes('C', authenticationType),
  acsDecConInd: sometimes({ '2.2.0': 'C' }, oneOf('Whether the issuer asks apart from the browser', yesOrNo)),
  cardholderInfo: sometimes('O', prose('To be shown to the buyer', 128)),
  whiteListStatus,
  whiteListStatusSource,
  broadInfo,
  messageExtension,
})
/** As on the wire. A non-payment answer may have no `transStatus`: that is U. */
export type ARes = Static<typeof ares>

export const aresDefinition: MessageDefinition = {
  elements: ares.properties,
  variants: 'channel and category',
  rules: [
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
      says: '`transStatus` is C',
      when: has('transStatus', 'C'),
      require: ['acsURL', 'acsChallengeMandated', 'authenticationType'],
    },
    {
      says: '`transStatus` is D',
      versions: ['2.2.0'],
      when: has('transStatus', 'D'),
      require: ['acsDecConInd'],
    },
    {
      says: '`whiteListStatus` is there',
      versions: ['2.2.0'],
      when: { required: ['whiteListStatus'] },
      require: ['whiteListStatusSource'],
    },
  ],
}
