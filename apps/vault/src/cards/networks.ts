/**
 * The networks that a card can be charged over. Antom's card brands are networks; four local schemes are besides, which
 * the wire does not know: official SDKs throw at a brand that is not on their list.
 */
import { type CardBrand, cardBrands } from '@coffer/antom'
import type { NetworkId } from '../card-data/index.js'

/** What is true of a network's cards unless a range says otherwise. */
export interface Network {
  readonly id: NetworkId
  /** For people. */
  readonly name: string
  /**
   * Its numbers have a check digit. UnionPay has issued numbers without one, and for the Korean issuers nobody promises
   * one.
   */
  readonly luhn: boolean
  /** 0: its cards may have no code. */
  readonly cvvLength: 3 | 4 | 0
}

const usual = (name: string) => ({ name, luhn: true, cvvLength: 3 }) as const
const korean = (name: string) => ({ name, luhn: false, cvvLength: 3 }) as const

const rows: Record<NetworkId, Omit<Network, 'id'>> = {
  AMEX: { name: 'American Express', luhn: true, cvvLength: 4 },
  BC: korean('BC Card'),
  CARNET: usual('Carnet'),
  CARTES_BANCAIRES: usual('Cartes Bancaires'),
  CITI: korean('Citi Korea'),
  CUP: { name: 'UnionPay', luhn: false, cvvLength: 3 },
  DINERS: usual('Diners Club'),
  DISCOVER: usual('Discover'),
  ELO: usual('Elo'),
  GWANGJUBANK: korean('Gwangju Bank'),
  HIPERCARD: usual('Hipercard'),
  HYUNDAI: korean('Hyundai Card'),
  IBK_BC: korean('IBK BC Card'),
  JCB: usual('JCB'),
  JEJUBANK: korean('Jeju Bank'),
  JEONBUKBANK: korean('Jeonbuk Bank'),
  KAKAOBANK: korean('KakaoBank'),
  KBANK: korean('K bank'),
  KDBBANK: korean('KDB Bank'),
  KEBHANA: korean('Hana Card'),
  KOOKMIN: korean('KB Kookmin Card'),
  LOTTE: korean('Lotte Card'),
  MAESTRO: { name: 'Maestro', luhn: true, cvvLength: 0 },
  MASTERCARD: usual('Mastercard'),
  MIR: usual('Mir'),
  NONGHYUP: korean('NongHyup Card'),
  POST: korean('Korea Post'),
  SAEMAUL: korean('Saemaul'),
  SAMSUNG: korean('Samsung Card'),
  SAVINGBANK: korean('Korean savings banks'),
  SHINHAN: korean('Shinhan Card'),
  SHINHYEOP: korean('Shinhyeop'),
  SUHYEOP: korean('Suhyup Bank'),
  TOSSBANK: korean('Toss Bank'),
  TROY: usual('Troy'),
  VISA: usual('Visa'),
  WOORI: korean('Woori Card'),
  DANKORT: usual('Dankort'),
  BANCONTACT: { name: 'Bancontact', luhn: true, cvvLength: 0 },
  MADA: usual('mada'),
  EFTPOS_AU: usual('eftpos'),
}

/** All networks, those of the wire first. */
export const networks: readonly Network[] = Object.entries(rows).map(([id, row]) => ({ id: id as NetworkId, ...row }))

const byId: ReadonlyMap<string, Network> = new Map(networks.map(network => [network.id, network]))
const brands: ReadonlySet<string> = new Set(cardBrands)

/** Whether a text names a network. */
export function isNetwork(text: string): text is NetworkId {
  return byId.has(text)
}

/** What is true of a network's cards unless a range says otherwise. */
export function networkOf(id: NetworkId): Network {
  return byId.get(id)!
}

/** As people call it, e.g. `Cartes Bancaires`. */
export function networkName(id: NetworkId): string {
  return networkOf(id).name
}

/**
 * How the wire calls a network.
 * @returns `undefined` for a local scheme, which may never stand in `brand` or `selectedCardBrand`
 */
export function brandFor(network: NetworkId): CardBrand | undefined {
  return brands.has(network) ? (network as CardBrand) : undefined
}

/**
 * The states of the European Economic Area, by ISO 3166-1 alpha-2: the 27 of the European Union, Iceland, Liechtenstein
 * and Norway. Neither the United Kingdom nor Switzerland: the rule about co-badged cards is EU law that the EEA adopted
 * (Regulation (EU) 2015/751, Article 8(6)).
 */
export const eeaCountries: readonly string[] = [
  ...['AT', 'BE', 'BG', 'CY', 'CZ', 'DE', 'DK', 'EE', 'ES', 'FI', 'FR', 'GR', 'HR', 'HU', 'IE', 'IT', 'LT', 'LU'],
  ...['LV', 'MT', 'NL', 'PL', 'PT', 'RO', 'SE', 'SI', 'SK'],
  ...['IS', 'LI', 'NO'],
]

const eea: ReadonlySet<string> = new Set(eeaCountries)

/** Whether a country is one of {@link eeaCountries}; one that is not known is none. */
export function isEea(country: string | undefined): boolean {
  return country !== undefined && eea.has(country)
}
