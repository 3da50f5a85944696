/** What the `{name}`s in a profile's mapping stand for. */
import type { Cvv, Pan } from '../../card-data/index.js'
import type { Authentication, MessageReference, ReverseRequest, VerifyRequest } from '../connector.js'
import { countryLetters, countryNumber } from './country-codes.js'
import { currencyNumber } from './currency-codes.js'
import type { FieldGroup, Profile } from './profile.js'
import { type AcquirerSettings, acceptorFor } from './settings.js'

/** Every name a mapping may use, with what it stands for. */
export const sources = {
  pan: 'the number of the card; alone in its field',
  cvv: 'the code on the card; alone in its field',
  expiry: 'YYMM',
  currency: 'ISO 4217, three digits',
  stan: 'trace number of this message, six digits',
  transmittedAt: 'MMDDhhmmss, UTC',
  localTime: 'hhmmss',
  localDate: 'MMDD',
  rrn: 'retrieval reference number, twelve characters',
  'original.mti': 'of the message that is taken back',
  'original.stan': 'of the message that is taken back',
  'original.transmittedAt': 'of the message that is taken back',
  'original.rrn': 'of the message that is taken back',
  network: 'code of the network, from `networks`',
  acquirerId: 'of the acquirer’s settings',
  forwardingId: 'of the acquirer’s settings; may be missing',
  acquirerCountry: 'ISO 3166-1, three digits',
  terminalId: 'of the acquirer’s settings or the merchant’s',
  merchantCategoryCode: 'of the acquirer’s settings or the merchant’s',
  cardAcceptorId: 'of the acquirer’s settings or the merchant’s',
  merchantName: 'cut to the field',
  merchantCity: 'cut to the field',
  merchantCountry: 'ISO 3166-1, two letters',
  merchantCountry3: 'ISO 3166-1, three letters',
  merchantCountryNumber: 'ISO 3166-1, three digits',
  avsPostcode: 'cut to the field',
  avsLine1: 'cut to the field',
  eci: 'electronic commerce indicator, two digits',
  securityLevel: 'of Mastercard’s messages: 212 authenticated, 211 attempted, 210 neither',
  cavvHex: 'authentication value as bytes',
  cavvBase64: 'authentication value as it came',
  programProtocol: 'of Mastercard’s messages: 2, for EMV 3-D Secure',
  dsTransId: 'transaction ID of the directory server',
} as const
export type SourceName = keyof typeof sources

/** Texts that people wrote: reduced to what a field can have, and cut. All others must fit. */
export const freeTexts: ReadonlySet<string> = new Set(['merchantName', 'merchantCity', 'avsPostcode', 'avsLine1'])

/** The things a message is made of. What is `undefined` leaves its fields out. */
export type Material = Partial<Record<SourceName, string | Pan | Cvv | undefined>>

export function verificationMaterial(
  profile: Profile,
  acquirer: AcquirerSettings,
  request: VerifyRequest,
  reference: MessageReference,
): Material {
  const { cvv2, avs, authentication } = request
  return {
    ...cardMaterial(profile, acquirer, request),
    ...referenceMaterial(reference),
    rrn: reference['rrn'],
    cvv: cvv2,
    avsPostcode: avs && (avs.postcode ?? ''),
    avsLine1: avs && (avs.line1 ?? ''),
    ...(authentication && authenticationMaterial(authentication)),
  }
}

export function reversalMaterial(profile: Profile, acquirer: AcquirerSettings, request: ReverseRequest): Material {
  const { original, reference } = request
  return {
    ...cardMaterial(profile, acquirer, request),
    ...referenceMaterial(reference),
    rrn: reference['rrn'],
    'original.mti': '0100',
    'original.stan': original['stan'],
    'original.transmittedAt': original['transmittedAt'],
    'original.rrn': original['rrn'],
  }
}

function cardMaterial(
  profile: Profile,
  acquirer: AcquirerSettings,
  { network, pan, expiry, currency, merchant }: VerifyRequest | ReverseRequest,
): Material {
  const acceptor = acceptorFor(acquirer, merchant.id)
  const { acquirerId, forwardingId, acquirerCountry } = acquirer
  const { terminalId, merchantCategoryCode, cardAcceptorId, merchantCity, merchantCountry } = acceptor
  return {
    pan,
    expiry: expiry.year.slice(-2) + expiry.month,
    currency: currencyNumber(currency) ?? refuse(`the currency ${currency} is not in ISO 4217`),
    network:
      profile.mapping.networks[network] ?? refuse(`the profile ${profile.name} has no code for the network ${network}`),
    acquirerId,
    forwardingId,
    acquirerCountry,
    terminalId,
    merchantCategoryCode,
    cardAcceptorId,
    merchantName: acceptor.merchantName ?? merchant.name,
    merchantCity,
    merchantCountry,
    merchantCountry3: countryLetters(merchantCountry),
    merchantCountryNumber: countryNumber(merchantCountry),
  }
}

function referenceMaterial(reference: MessageReference): Material {
  const { stan, transmittedAt, localTime, localDate } = reference
  return { stan, transmittedAt, localTime, localDate }
}

function authenticationMaterial({ eci, cavv, dsTransId, status }: Authentication): Material {
  return {
    eci,
    cavvHex: cavv && Buffer.from(cavv, 'base64').toString('hex').toUpperCase(),
    cavvBase64: cavv,
    dsTransId,
    programProtocol: dsTransId && '2',
    securityLevel: status === 'Y' ? '212' : status === 'A' ? '211' : '210',
  }
}

function refuse(problem: string): never {
  throw new RangeError(problem)
}

/** Whether a group of fields is in a message of this material. */
export function applies(when: FieldGroup['when'], material: Material): boolean {
  if (when === 'cvv') return material.cvv !== undefined
  if (when === 'no cvv') return material.cvv === undefined
  if (when === 'avs') return material.avsPostcode !== undefined
  if (when === 'authentication') return material.eci !== undefined
  if (when === 'no authentication') return material.eci === undefined
  return true
}
