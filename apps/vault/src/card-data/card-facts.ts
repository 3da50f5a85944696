/**
 * What the digits of a card say about it, as whoever opens the card data looks it up. The look-up gets no digits: it
 * asks where the number lies relative to the bounds of its ranges, and the comparing is done in this folder.
 */
import type { CardBrand } from '@coffer/antom'

/** A network that a card can be charged over. Wider than the brands of the wire: local schemes are none of those. */
export type NetworkId = CardBrand | 'DANKORT' | 'BANCONTACT' | 'MADA' | 'EFTPOS_AU'

/** What is known of a card from its number. */
export interface CardFacts {
  /** The networks on the card, the issuer's default first; several on a co-badged card. */
  readonly networks: readonly [NetworkId, ...NetworkId[]]
  /** Numbers of this range have a check digit. */
  readonly luhn: boolean
  /** How many digits the code on the card has; 0 where it may have none. */
  readonly cvvLength: 3 | 4 | 0
  /** ISO 3166-1 alpha-2. */
  readonly issuingCountry?: string
  readonly funding?: 'CREDIT' | 'DEBIT' | 'PREPAID' | 'CHARGE' | 'DEFERRED_DEBIT'
  readonly issuerName?: string
  /** Whether the operator demands 3-D Secure for these numbers. */
  readonly threeDSRequired?: boolean
  /** What directory servers told about the number: one entry for each network whose list has it. */
  readonly enrolments?: readonly Enrolment[]
}

/**
 * How one network's directory server lists a number: which versions of 3-D Secure its issuer speaks. Source: EMV 3-D
 * Secure › PRes.
 */
export interface Enrolment {
  readonly network: NetworkId
  /** First and last protocol version of the ACS and, where the list says so, of the directory server. */
  readonly acs: readonly [string, string]
  readonly directory?: readonly [string, string]
  /** Where the 3DS Method begins; absent: the issuer has none. */
  readonly methodUrl?: string
}

/** Finds what is known of a number. */
export interface CardLookup {
  /**
   * @param compareTo  where the number, padded with zeros to 19 digits, lies: below (-1), at (0) or above (1) a bound of
   *   19 digits
   * @param length  how many digits the number has, 12 to 19
   * @returns `undefined` when no known range has such numbers
   */
  find(compareTo: (bound: string) => -1 | 0 | 1, length: number): CardFacts | undefined
}
