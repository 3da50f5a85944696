/** What the `{name}`s in a profile's mapping stand for. */
import type { Cvv, Pan } from '../../card-data/index.js'
import type {
  AdviseRequest,
  Authentication,
  AuthoriseRequest,
  MessageReference,
  ReverseRequest,
  StoredCredential,
  VerifyRequest,
} from '../connector.js'
import { countryLetters, countryNumber } from './country-codes.js'
import { currencyNumber } from './currency-codes.js'
import type { Profile } from './profile.js'
import { type AcquirerSettings, acceptorFor } from './settings.js'

/** Every name a mapping may use, with what it stands for. */
export const sources = {
  pan: 'the number of the card; alone in its field',
  cvv: 'the code on the card; alone in its field',
  expiry: 'YYMM',
  amount: 'in the currency’s smallest unit, twelve digits; zeros in a verification',
  remaining: 'of a partial void what stays, twelve digits; of a whole one it is missing',
  authCode: 'what the issuer gave with the authorisation; may be missing',
  originalNetworkTransactionId: 'of the payment in which the cardholder agreed to what the merchant now starts',
  currency: 'ISO 4217, three digits',
  stan: 'trace number of this message, six digits',
  transmittedAt: 'MMDDhhmmss, UTC',
  localTime: 'hhmmss',
  localDate: 'MMDD',
  rrn: 'retrieval reference number, twelve characters',
  'original.mti': 'of the message that is taken back, or that an advice is about',
  'original.stan': 'of the message that is taken back, or that an advice is about',
  'original.transmittedAt': 'of the message that is taken back, or that an advice is about',
  'original.rrn': 'of the message that is taken back, or that an advice is about',
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

/** How a card that is stored or to be stored is used. */
export type CredentialUse = 'first' | 'later' | 'recurring' | 'unscheduled'

/** The things a message is made of. What is `undefined` leaves its fields out. */
export interface Material extends Partial<Record<SourceName, string | Pan | Cvv | undefined>> {
  /** For conditions alone. */
  readonly use?: CredentialUse | undefined
  readonly sale?: boolean
}

export function verificationMaterial(
  profile: Profile,
  acquirer: AcquirerSettings,
  request: VerifyRequest,
  reference: MessageReference,
): Material {
  return questionMaterial(profile, acquirer, { ...request, amount: 0n, sale: false }, reference)
}

/** @throws RangeError when no money is asked for, or more than twelve digits can tell */
export function authorisationMaterial(
  profile: Profile,
  acquirer: AcquirerSettings,
  request: AuthoriseRequest,
  reference: MessageReference,
): Material {
  if (request.amount <= 0n) refuse('an authorisation is for an amount')
  return questionMaterial(profile, acquirer, request, reference)
}

function questionMaterial(
  profile: Profile,
  acquirer: AcquirerSettings,
  request: AuthoriseRequest,
  reference: MessageReference,
): Material {
  const { cvv2, avs, authentication, storedCredential } = request
  return {
    ...moneyMaterial(profile, acquirer, { ...request, card: request }),
    ...referenceMaterial(reference),
    rrn: reference['rrn'],
    cvv: cvv2,
    avsPostcode: avs && (avs.postcode ?? ''),
    avsLine1: avs && (avs.line1 ?? ''),
    use: storedCredential && useOf(storedCredential),
    originalNetworkTransactionId:
      storedCredential?.initiator === 'MERCHANT' ? storedCredential.originalNetworkTransactionId : undefined,
    ...(authentication && authenticationMaterial(authentication)),
  }
}

function useOf(credential: StoredCredential): CredentialUse {
  if (credential.initiator === 'CARDHOLDER') return credential.usage === 'FIRST' ? 'first' : 'later'
  return credential.reason === 'RECURRING' ? 'recurring' : 'unscheduled'
}

export function reversalMaterial(profile: Profile, acquirer: AcquirerSettings, request: ReverseRequest): Material {
  return aboutOriginal(profile, acquirer, request)
}

export function adviceMaterial(profile: Profile, acquirer: AcquirerSettings, request: AdviseRequest): Material {
  const { remaining, authCode } = request
  return {
    ...aboutOriginal(profile, acquirer, request),
    authCode,
    remaining: remaining === undefined ? undefined : twelveDigits(remaining),
  }
}

function aboutOriginal(
  profile: Profile,
  acquirer: AcquirerSettings,
  request: ReverseRequest | AdviseRequest,
): Material {
  const { original, reference, sale } = request
  return {
    ...moneyMaterial(profile, acquirer, request),
    ...referenceMaterial(reference),
    rrn: reference['rrn'],
    'original.mti': questionMti(profile, sale),
    'original.stan': original['stan'],
    'original.transmittedAt': original['transmittedAt'],
    'original.rrn': original['rrn'],
  }
}

/** The MTI of a verification, an authorisation or a sale. Source: ISO 8583:1987, message types. */
export const questionMti = ({ mapping }: Profile, sale: boolean) => (sale && mapping.payments?.saleMti) || '0100'

function moneyMaterial(
  profile: Profile,
  acquirer: AcquirerSettings,
  request: Pick<AdviseRequest, 'network' | 'card' | 'currency' | 'merchant' | 'amount' | 'sale'>,
): Material {
  const { network, card, currency, merchant, amount, sale } = request
  const acceptor = acceptorFor(acquirer, merchant.id)
  const { acquirerId, forwardingId, acquirerCountry } = acquirer
  const { terminalId, merchantCategoryCode, cardAcceptorId, merchantCity, merchantCountry } = acceptor
  return {
    pan: card?.pan,
    expiry: card && card.expiry.year.slice(-2) + card.expiry.month,
    amount: twelveDigits(amount),
    sale,
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

/** DE4 and the parts of DE95. Source: ISO 8583:1987. */
function twelveDigits(amount: bigint): string {
  const digits = String(amount).padStart(12, '0')
  return /^[0-9]{12}$/.test(digits) ? digits : refuse('an amount has at most twelve digits')
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
