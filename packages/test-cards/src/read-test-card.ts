import { type BinRow, binRows, type Funding, type ThreeDSRange } from './bin-rows.js'
import { type IssuerMode, isIssuerMode, isResponseCode, type ResponseCode } from './issuer-scripts.js'
import { passesLuhn } from './luhn.js'
import { cvvLength, type Network } from './networks.js'
import { type AntomCard, antomCards, type WellKnownCard, wellKnownCards } from './published-cards.js'
import { isThreeDSScript, type ThreeDSScript } from './three-ds-scripts.js'

/** What is known of a test card from its number alone. */
export type TestCard = GeneratedCard | AntomTestCard | WellKnownTestCard

/** A card of one of the ranges, which carries its script in its digits. */
export interface GeneratedCard extends CardFacts {
  readonly kind: 'generated'
  readonly issuingCountry: string
  /** The range that the number belongs to. */
  readonly row: BinRow
}

/** A card that Antom publishes. */
export interface AntomTestCard extends CardFacts {
  readonly kind: 'antom'
  readonly published: AntomCard
}

/** A number of another provider that developers know by heart. */
export interface WellKnownTestCard extends CardFacts {
  readonly kind: 'well-known'
  readonly issuingCountry: string
  readonly published: WellKnownCard
}

interface CardFacts {
  /** The networks on the card, the issuer's default first. */
  readonly brands: readonly [Network, ...Network[]]
  /** ISO 3166 alpha-2; absent for a card of no one country. */
  readonly issuingCountry?: string
  readonly funding: Funding
  readonly cvvLength: 3 | 4
  /** Absent: the card takes no part in 3DS, whatever `tt` says. */
  readonly threeDS?: ThreeDSRange
  /** How 3DS goes, if it is asked for. */
  readonly tt: ThreeDSScript
  /** How the issuer behaves. */
  readonly mode: IssuerMode
  /** What the issuer answers where `mode` leaves it a choice. */
  readonly responseCode: ResponseCode
}

/**
 * Reads a card number as a test card.
 * @param digits  the whole number, digits only
 * @returns `undefined` when it is not a test card. A published number is read as what its publisher says, even if it
 *   also has the pattern of a generated one.
 */
export function readTestCard(digits: string): TestCard | undefined {
  return readAntomCard(digits) ?? readWellKnownCard(digits) ?? readGeneratedCard(digits)
}

function readAntomCard(digits: string): AntomTestCard | undefined {
  const published = antomCards.find(card => card.number === digits)
  if (published === undefined) return undefined
  return {
    kind: 'antom',
    published,
    brands: [published.brand],
    ...(published.issuingCountry === undefined ? {} : { issuingCountry: published.issuingCountry }),
    funding: published.funding,
    cvvLength: cvvLength([published.brand]),
    ...(published.threeDS ? { threeDS: publishedThreeDS } : {}),
    tt: published.threeDS ? '20' : '10',
    ...(published.outcome === 'payment-failure'
      ? { mode: '1', responseCode: '05' }
      : { mode: '0', responseCode: '00' }),
  }
}

function readWellKnownCard(digits: string): WellKnownTestCard | undefined {
  const published = wellKnownCards.find(card => card.number === digits)
  if (published === undefined) return undefined
  return {
    kind: 'well-known',
    published,
    brands: [published.brand],
    issuingCountry: published.issuingCountry,
    funding: published.funding,
    cvvLength: cvvLength([published.brand]),
    threeDS: publishedThreeDS,
    tt: '20',
    mode: '0',
    responseCode: '00',
  }
}

/** A generated number is: prefix, any digits, TT, M, RR, check digit. */
function readGeneratedCard(digits: string): GeneratedCard | undefined {
  if (!passesLuhn(digits)) return undefined
  const row = binRows.find(({ prefix, length }) => digits.length === length && digits.startsWith(prefix))
  if (row === undefined) return undefined

  const tt = digits.slice(-6, -4)
  const mode = digits.slice(-4, -3)
  const responseCode = digits.slice(-3, -1)
  if (!isThreeDSScript(tt) || !isIssuerMode(mode) || !isResponseCode(responseCode)) return undefined

  return {
    kind: 'generated',
    row,
    brands: row.brands,
    issuingCountry: row.issuingCountry,
    funding: row.funding,
    cvvLength: cvvLength(row.brands),
    ...(row.threeDS === undefined ? {} : { threeDS: row.threeDS }),
    tt,
    mode,
    responseCode,
  }
}

// Nobody publishes the 3DS range of these cards, so theirs is the most common one.
const publishedThreeDS: ThreeDSRange = {
  versions: ['2.1.0', '2.2.0'],
  methodUrl: 'calls-back',
  nonPayment: 'supported',
}
