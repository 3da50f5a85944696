/**
 * The networks that issue test cards, in the spelling of Antom's `CardBrand` where that list knows them.
 * The last four are local schemes that it does not know, see {@link localNetworks}.
 */
export const networks = [
  'VISA',
  'MASTERCARD',
  'AMEX',
  'JCB',
  'DINERS',
  'DISCOVER',
  'CUP',
  'MAESTRO',
  'ELO',
  'HIPERCARD',
  'TROY',
  'MIR',
  'CARNET',
  'CARTES_BANCAIRES',
  'HYUNDAI',
  'BC',
  'SHINHAN',
  'KOOKMIN',
  'LOTTE',
  'SAMSUNG',
  'NONGHYUP',
  'KEBHANA',
  'WOORI',
  'DANKORT',
  'BANCONTACT',
  'MADA',
  'EFTPOS_AU',
] as const

/** A network that issues test cards. */
export type Network = (typeof networks)[number]

/**
 * Networks that Antom's `CardBrand` does not list. Antom's Java client throws on a brand it does not know, so these may
 * stand where the wire carries plain strings (`supportedBrands`), never in `brand` or `selectedCardBrand`.
 */
export const localNetworks: readonly Network[] = ['DANKORT', 'BANCONTACT', 'MADA', 'EFTPOS_AU']

/**
 * The two families of issuer messages. They give some response codes different meanings and shape their network
 * transaction ids differently.
 */
export type MessageFamily = 'visa-like' | 'mastercard-like'

/** The family whose messages a network speaks. Maestro travels on Mastercard's network; all others follow Visa's habits. */
export function messageFamily(network: Network): MessageFamily {
  return network === 'MASTERCARD' || network === 'MAESTRO' ? 'mastercard-like' : 'visa-like'
}

/** How many digits the code on the card has: 4 on American Express, 3 on all others. */
export function cvvLength(brands: readonly Network[]): 3 | 4 {
  return brands.includes('AMEX') ? 4 : 3
}
