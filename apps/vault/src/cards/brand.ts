/**
 * Which brand a number belongs to, by its prefix: enough to name the brand, not to know issuer, country or a second
 * network on the card. The longest prefix wins.
 * Source: published prefix tables; Antom › Sandbox test cards for the Korean rows.
 */
import type { CardBrand } from '@coffer/antom'

/** `from` and `to` are inclusive and of the same length. */
interface PrefixRow {
  readonly brand: CardBrand
  readonly from: string
  readonly to?: string
}

export const brandPrefixes: readonly PrefixRow[] = [
  { brand: 'VISA', from: '4' },
  { brand: 'MASTERCARD', from: '51', to: '55' },
  { brand: 'MASTERCARD', from: '222100', to: '272099' },
  { brand: 'AMEX', from: '34' },
  { brand: 'AMEX', from: '37' },
  { brand: 'JCB', from: '3528', to: '3589' },
  { brand: 'DINERS', from: '300', to: '305' },
  { brand: 'DINERS', from: '3095' },
  { brand: 'DINERS', from: '36' },
  { brand: 'DINERS', from: '38', to: '39' },
  { brand: 'DISCOVER', from: '6011' },
  { brand: 'DISCOVER', from: '644', to: '649' },
  { brand: 'DISCOVER', from: '65' },
  { brand: 'CUP', from: '62' },
  { brand: 'CUP', from: '81' },
  { brand: 'MAESTRO', from: '50' },
  { brand: 'MAESTRO', from: '56', to: '58' },
  { brand: 'MAESTRO', from: '63' },
  { brand: 'MAESTRO', from: '67' },
  { brand: 'MIR', from: '2200', to: '2204' },
  { brand: 'TROY', from: '9792' },
  { brand: 'HIPERCARD', from: '606282' },
  { brand: 'ELO', from: '401178', to: '401179' },
  { brand: 'ELO', from: '438935' },
  { brand: 'ELO', from: '451416' },
  { brand: 'ELO', from: '457631', to: '457632' },
  { brand: 'ELO', from: '506699', to: '506778' },
  { brand: 'ELO', from: '509000', to: '509999' },
  { brand: 'ELO', from: '627780' },
  { brand: 'ELO', from: '636297' },
  { brand: 'ELO', from: '636368' },
  { brand: 'ELO', from: '650485', to: '650538' },
  { brand: 'CARNET', from: '506199', to: '506499' },
  { brand: 'CARNET', from: '286900' },
  { brand: 'CARNET', from: '502275' },
  { brand: 'CARNET', from: '627535' },
  { brand: 'HYUNDAI', from: '949022' },
  // The rest of the Korean brands can be told by an issuer table alone; these prefixes exist in the sandbox only.
  { brand: 'BC', from: '94100001' },
  { brand: 'SHINHAN', from: '94100002' },
  { brand: 'KOOKMIN', from: '94100003' },
  { brand: 'LOTTE', from: '94100005' },
  { brand: 'SAMSUNG', from: '94100006' },
  { brand: 'NONGHYUP', from: '94100007' },
  { brand: 'KEBHANA', from: '94100008' },
  { brand: 'WOORI', from: '94100009' },
]

const longestFirst = [...brandPrefixes].sort((a, b) => b.from.length - a.from.length)

/**
 * The brand of a number.
 * @param prefix  its first eight digits
 * @returns `undefined` when no known brand has such numbers
 */
export function brandOf(prefix: string): CardBrand | undefined {
  return longestFirst.find(({ from, to = from }) => {
    const head = prefix.slice(0, from.length)
    return head >= from && head <= to
  })?.brand
}
