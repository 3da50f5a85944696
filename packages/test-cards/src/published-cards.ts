import type { Funding } from './bin-rows.js'
import type { Network } from './networks.js'

/** A sandbox card that Antom publishes. */
export interface AntomCard {
  readonly number: string
  readonly brand: Network
  /** ISO 3166 alpha-2; absent where Antom says "Global". */
  readonly issuingCountry?: string
  readonly funding: Funding
  /**
   * `success` vaults and pays; `payment-failure` vaults and fails on payment (or fails on vaulting, where the sandbox is
   * set up so); `three-ds-exemption` vaults without a challenge even if 3DS is asked for.
   */
  readonly outcome: 'success' | 'payment-failure' | 'three-ds-exemption'
  /** Whether the card goes into 3DS when a merchant asks for it. If not, it is answered at once all the same. */
  readonly threeDS: boolean
  readonly says: string
}

/**
 * Antom's sandbox cards, so that a test script written against Antom runs here unchanged.
 * Antom publishes no funding: all count as credit cards.
 */
export const antomCards: readonly AntomCard[] = [
  success('4054695723100768', 'VISA', undefined),
  success('5162774114974622', 'MASTERCARD', undefined),
  {
    ...success('9490220011669217', 'HYUNDAI', 'KR'),
    threeDS: false,
    says: 'Vaults and pays at once. Korean cards take no part in 3DS.',
  },
  success('4294097400915107', 'VISA', 'BR'),
  success('4006055482525268', 'VISA', 'MX'),
  success('4600729331819383', 'VISA', 'CL'),
  success('4310377720003234', 'VISA', 'PE'),
  success('4112273146798764', 'VISA', undefined),
  paymentFailure('4054692760174822', 'VISA'),
  paymentFailure('5162770472561357', 'MASTERCARD'),
  {
    number: '4035501000000008',
    brand: 'VISA',
    funding: 'CREDIT',
    outcome: 'three-ds-exemption',
    threeDS: false,
    says: 'Vaults and pays at once, also when 3DS is asked for.',
  },
]

/** Those of Antom's cards that vault and pay. */
export const antomSuccessCards: readonly AntomCard[] = antomCards.filter(card => card.outcome === 'success')

/** A test number of another provider that developers know by heart. */
export interface WellKnownCard {
  readonly number: string
  readonly brand: Network
  /** ISO 3166 alpha-2. None of these cards is European, so none asks for 3DS by itself. */
  readonly issuingCountry: string
  readonly funding: Funding
}

/** The success numbers that everybody types first. They vault and pay at once, and get a challenge if 3DS is asked for. */
export const wellKnownCards: readonly WellKnownCard[] = [
  { number: '4111111111111111', brand: 'VISA', issuingCountry: 'US', funding: 'CREDIT' },
  { number: '4242424242424242', brand: 'VISA', issuingCountry: 'US', funding: 'CREDIT' },
  { number: '4012888888881881', brand: 'VISA', issuingCountry: 'US', funding: 'CREDIT' },
  { number: '5555555555554444', brand: 'MASTERCARD', issuingCountry: 'US', funding: 'CREDIT' },
  { number: '5105105105105100', brand: 'MASTERCARD', issuingCountry: 'US', funding: 'CREDIT' },
  { number: '2223003122003222', brand: 'MASTERCARD', issuingCountry: 'US', funding: 'CREDIT' },
  { number: '378282246310005', brand: 'AMEX', issuingCountry: 'US', funding: 'CREDIT' },
  { number: '371449635398431', brand: 'AMEX', issuingCountry: 'US', funding: 'CREDIT' },
  { number: '6011111111111117', brand: 'DISCOVER', issuingCountry: 'US', funding: 'CREDIT' },
  { number: '30569309025904', brand: 'DINERS', issuingCountry: 'US', funding: 'CREDIT' },
  { number: '3566002020360505', brand: 'JCB', issuingCountry: 'JP', funding: 'CREDIT' },
  { number: '6200000000000005', brand: 'CUP', issuingCountry: 'CN', funding: 'CREDIT' },
]

function success(number: string, brand: Network, issuingCountry: string | undefined): AntomCard {
  return {
    number,
    brand,
    ...(issuingCountry === undefined ? {} : { issuingCountry }),
    funding: 'CREDIT',
    outcome: 'success',
    threeDS: true,
    says: 'Vaults and pays at once; gets a challenge when 3DS is asked for.',
  }
}

function paymentFailure(number: string, brand: Network): AntomCard {
  return {
    number,
    brand,
    funding: 'CREDIT',
    outcome: 'payment-failure',
    threeDS: true,
    says: 'Vaults, and every payment with it is declined.',
  }
}
