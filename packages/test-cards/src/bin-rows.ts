import type { Network } from './networks.js'

/** What kind of account a card draws on, in Antom's spelling. */
export type Funding = 'CREDIT' | 'DEBIT' | 'PREPAID'

/** What a directory server tells about the 3DS of a card range. */
export interface ThreeDSRange {
  /** Protocol versions that the issuer's ACS speaks, oldest first. */
  readonly versions: readonly ('2.1.0' | '2.2.0' | '2.3.1')[]
  /**
   * The 3DS Method of the range: its page calls back, its page stays silent, or there is none. Only without one can an
   * authentication end in the merchant's own call.
   */
  readonly methodUrl: 'calls-back' | 'silent' | 'none'
  /**
   * What the ACS makes of an authentication without a payment, which is what adding a card is: does it; answers U with
   * reason 20, because it cannot; does it, but with ECI N2 and without an authentication value.
   */
  readonly nonPayment: 'supported' | 'unsupported' | 'without-value'
}

/** One range of test cards: the leading digits and what is true of every card that begins with them. */
export interface BinRow {
  /** The leading digits; 8 of them, in one short range 6. */
  readonly prefix: string
  /** How many digits a whole number has. */
  readonly length: number
  /** The networks on the card, the issuer's default first. Two of them make it a co-badged card. */
  readonly brands: readonly [Network, ...Network[]]
  readonly funding: Funding
  /** ISO 3166 alpha-2 */
  readonly issuingCountry: string
  /** Absent: the range takes no part in 3DS. */
  readonly threeDS?: ThreeDSRange
  /** What the range is there for, where it is not just "a card of this brand". */
  readonly facts?: string
}

const usual: ThreeDSRange = { versions: ['2.1.0', '2.2.0'], methodUrl: 'calls-back', nonPayment: 'supported' }

const noMethod: ThreeDSRange = { ...usual, methodUrl: 'none' }
const silentMethod: ThreeDSRange = { ...usual, methodUrl: 'silent' }
const oldAcs: ThreeDSRange = { ...usual, versions: ['2.1.0'] }
const newAcs: ThreeDSRange = { ...usual, versions: ['2.2.0', '2.3.1'] }
const paymentsOnly: ThreeDSRange = { ...usual, nonPayment: 'unsupported' }
const withoutValue: ThreeDSRange = { ...usual, nonPayment: 'without-value' }

const buyerChooses = 'Co-badged in the EEA: the buyer chooses.'
const oneCanBeNamed =
  'Co-badged in the EEA, but only one of the two has a name in the API: nobody is asked, and that one is taken.'
const firstIsTaken = 'Co-badged outside the EEA: unless chosen otherwise, the first network is taken.'

/**
 * All ranges of generated test cards. No prefix is the beginning of another one with the same length, so a number
 * belongs to one range at most. Some of the prefixes may be given to real issuers: what makes a number a test card is
 * its whole pattern, never its prefix alone.
 */
export const binRows: readonly BinRow[] = [
  card('40000000', 16, ['VISA'], 'CREDIT', 'US', usual),
  card('40000001', 16, ['VISA'], 'DEBIT', 'GB', noMethod, 'No 3DS Method.'),
  card('40000002', 16, ['VISA'], 'CREDIT', 'US', silentMethod, 'The 3DS Method page never calls back.'),
  card('40000003', 16, ['VISA'], 'CREDIT', 'DE', oldAcs, 'An old ACS: 3DS 2.1.0 alone.'),
  card('40000004', 16, ['VISA'], 'CREDIT', 'DE', newAcs, 'A new ACS: 3DS 2.2.0 and 2.3.1.'),
  card('40000005', 16, ['VISA'], 'PREPAID', 'US', usual, 'A prepaid card.'),
  card('40000006', 19, ['VISA'], 'CREDIT', 'US', usual, '19 digits.'),
  card('40000007', 16, ['VISA'], 'CREDIT', 'DE', paymentsOnly, 'The ACS cannot authenticate without a payment.'),
  card('40000009', 16, ['VISA'], 'CREDIT', 'US', undefined, 'No directory server knows the range: no 3DS.'),
  card('52000000', 16, ['MASTERCARD'], 'CREDIT', 'US', usual),
  card('52000001', 16, ['MASTERCARD'], 'DEBIT', 'GB', withoutValue, 'Without a payment: ECI N2 and no value.'),
  card('22210000', 16, ['MASTERCARD'], 'CREDIT', 'DE', usual, 'A Mastercard that begins with 2.'),
  card('34000000', 15, ['AMEX'], 'CREDIT', 'US', usual, '15 digits, and a security code of 4.'),
  card('35660000', 16, ['JCB'], 'CREDIT', 'JP', usual),
  card('36000000', 14, ['DINERS'], 'CREDIT', 'US', usual, '14 digits.'),
  card('60110000', 16, ['DISCOVER'], 'CREDIT', 'US', usual),
  card('62000000', 16, ['CUP'], 'CREDIT', 'CN', usual),
  card('62055000', 19, ['CUP'], 'DEBIT', 'CN', usual, '19 digits.'),
  card('67999900', 16, ['MAESTRO'], 'DEBIT', 'IT', usual),
  card('676770', 12, ['MAESTRO'], 'DEBIT', 'GB', undefined, '12 digits, one too few for 3DS: no 3DS.'),
  card('65050500', 16, ['ELO'], 'CREDIT', 'BR', usual),
  card('60628200', 16, ['HIPERCARD'], 'CREDIT', 'BR', usual),
  card('97920300', 16, ['TROY'], 'DEBIT', 'TR', usual),
  card('22000000', 16, ['MIR'], 'DEBIT', 'RU', usual),
  card('50620100', 16, ['CARNET'], 'DEBIT', 'MX', undefined, 'No 3DS.'),
  card('94902200', 16, ['HYUNDAI'], 'CREDIT', 'KR', undefined, "The range of Antom's Korean test card. No 3DS."),
  korean('94100001', 'BC'),
  korean('94100002', 'SHINHAN'),
  korean('94100003', 'KOOKMIN'),
  korean('94100005', 'LOTTE'),
  korean('94100006', 'SAMSUNG'),
  korean('94100007', 'NONGHYUP'),
  korean('94100008', 'KEBHANA'),
  korean('94100009', 'WOORI'),
  card('40000025', 16, ['VISA', 'CARTES_BANCAIRES'], 'CREDIT', 'FR', usual, buyerChooses),
  card('40000026', 16, ['VISA', 'CARTES_BANCAIRES'], 'DEBIT', 'FR', usual, buyerChooses),
  card('52000025', 16, ['MASTERCARD', 'CARTES_BANCAIRES'], 'CREDIT', 'FR', usual, buyerChooses),
  card('40000208', 16, ['VISA', 'DANKORT'], 'DEBIT', 'DK', usual, oneCanBeNamed),
  card('67034444', 16, ['MAESTRO', 'BANCONTACT'], 'DEBIT', 'BE', usual, oneCanBeNamed),
  card('48710499', 16, ['VISA', 'BANCONTACT'], 'DEBIT', 'BE', usual, oneCanBeNamed),
  card('44640400', 16, ['VISA', 'MADA'], 'DEBIT', 'SA', usual, firstIsTaken),
  card('40000036', 16, ['VISA', 'EFTPOS_AU'], 'DEBIT', 'AU', usual, firstIsTaken),
  card('52000036', 16, ['MASTERCARD', 'EFTPOS_AU'], 'DEBIT', 'AU', usual, firstIsTaken),
  card('40000156', 16, ['VISA', 'CUP'], 'CREDIT', 'CN', usual, firstIsTaken),
  card('62220000', 16, ['CUP', 'DISCOVER'], 'CREDIT', 'CN', usual, firstIsTaken),
  card('40000410', 16, ['VISA', 'SHINHAN'], 'CREDIT', 'KR', usual, firstIsTaken),
]

/** The Korean issuers have no published test range: 941000 and two digits exist in this sandbox alone. */
function korean(prefix: string, brand: Network): BinRow {
  return card(prefix, 16, [brand], 'CREDIT', 'KR', undefined, 'A range made up for this sandbox. No 3DS.')
}

function card(
  prefix: string,
  length: number,
  brands: readonly [Network, ...Network[]],
  funding: Funding,
  issuingCountry: string,
  threeDS?: ThreeDSRange,
  facts?: string,
): BinRow {
  return {
    prefix,
    length,
    brands,
    funding,
    issuingCountry,
    ...(threeDS === undefined ? {} : { threeDS }),
    ...(facts === undefined ? {} : { facts }),
  }
}
