/**
 * What issuers of some countries want to know of a card. Enforced for merchants in strict mode alone, as nobody outside
 * knows how strict the reference gateway is.
 */
import type { FieldProblem } from '@coffer/antom'

/** Fields of the card that a rule may ask for. */
export const ruledFields = [
  'cvv',
  'cardPasswordDigest',
  'dateOfBirth',
  'businessNo',
  'cpf',
  'payerEmail',
  'cardholderName',
] as const
export type RuledField = (typeof ruledFields)[number]

/** What the issuers of some countries want. Of several fields in one place any will do. */
export interface CountryRule {
  /** ISO 3166-1 alpha-2; none for all the rest of the world. */
  readonly countries: readonly string[]
  readonly wants: readonly (readonly [RuledField, ...RuledField[]])[]
}

/** The rules, the last one for every other country and for cards of unknown issuers. Source: Antom › Card fields. */
export const countryRules: readonly CountryRule[] = [
  // A personal card has a date of birth, a corporate one a business number; which one it is cannot be told from outside.
  { countries: ['KR'], wants: [['cardPasswordDigest'], ['dateOfBirth', 'businessNo']] },
  { countries: ['BR'], wants: [['cvv'], ['cpf'], ['payerEmail'], ['cardholderName']] },
  { countries: ['CL', 'MX', 'PE'], wants: [['cvv'], ['payerEmail'], ['cardholderName']] },
  { countries: [], wants: [['cvv']] },
]

/** The card of a request, as far as rules look at it: they only look whether a field is there. */
export type RuledCard = Readonly<Partial<Record<RuledField, unknown>>>

/**
 * The first field that the issuer's country wants and the request lacks.
 * @param issuingCountry  of the card's range; unknown counts as any other country
 */
export function missingForCountry(issuingCountry: string | undefined, card: RuledCard): FieldProblem | undefined {
  const rule = countryRules.find(({ countries }) => issuingCountry !== undefined && countries.includes(issuingCountry))
  const { countries, wants } = rule ?? countryRules.at(-1)!
  const missing = wants.find(fields => fields.every(field => card[field] === undefined))
  if (!missing) return undefined
  const [field, ...others] = missing
  const or = others.map(other => `or ${other} `).join('')
  const where = countries.length ? ` for cards issued in ${issuingCountry}` : ''
  return { path: `paymentMethodDetail.card.${field}`, rule: `${or}is required${where} (strict mode)` }
}

/** In strict mode a year has the two digits of the documentation; the four that demo programs send are refused. */
export function longExpiryYear(expiryYear: string): FieldProblem | undefined {
  if (expiryYear.length === 2) return undefined
  return { path: 'paymentMethodDetail.card.expiryYear', rule: 'must be the last two digits of a year (strict mode)' }
}

/** Everything that strict mode refuses, in the order of the documentation's fields. */
export function strictProblem(
  issuingCountry: string | undefined,
  card: RuledCard & { readonly expiryYear: string },
): FieldProblem | undefined {
  return longExpiryYear(card.expiryYear) ?? missingForCountry(issuingCountry, card)
}
