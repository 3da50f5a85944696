/** One row of an operator's table: texts under column names become a range, or faults that name column and rule. */
import { fundings } from '@coffer/antom'
import type { CardFacts, NetworkId } from '../card-data/index.js'
import { BOUND_DIGITS, boundsOf, type CardRange, PAN_LENGTHS, SHOWN_DIGITS, significantDigits } from './card-range.js'
import { isNetwork, networkOf } from './networks.js'

/** A column of the table, as the docs print it. */
export interface RangeColumn {
  readonly name: string
  readonly required: boolean
  readonly meaning: string
}

/** The columns. A row of JSON has the same names. */
export const rangeColumns = [
  {
    name: 'low',
    required: true,
    meaning: 'first digits of the first number, 6 to 19 of them; filled up with zeros to 19',
  },
  {
    name: 'high',
    required: false,
    meaning: 'first digits of the last number; filled up with nines to 19. Blank: the same as `low`',
  },
  { name: 'lengths', required: true, meaning: 'how many digits a whole number may have, 12 to 19: `16|19`' },
  {
    name: 'networks',
    required: true,
    meaning: "the networks on the card, the issuer's default first: `CARTES_BANCAIRES|VISA`",
  },
  { name: 'country', required: false, meaning: 'where the issuer is: ISO 3166-1 alpha-2, in capitals' },
  { name: 'funding', required: false, meaning: `one of ${fundings.join(', ')}` },
  { name: 'issuer', required: false, meaning: 'name of the issuer, up to 128 characters' },
  {
    name: 'luhn',
    required: false,
    meaning: '`yes` or `no`: numbers have a check digit. Blank: as the first network has it (no: UnionPay and Korea)',
  },
  {
    name: 'cvv_length',
    required: false,
    meaning: '`3`, `4`, or `0` when the card may have no code. Blank: as the first network has it',
  },
  {
    name: 'three_ds',
    required: false,
    meaning: '`required`: buyers with such cards are authenticated by 3-D Secure. Blank: as the policy says',
  },
  { name: 'category', required: false, meaning: 'a name for the product, up to 64 characters; shown, never judged' },
  { name: 'valid_from', required: false, meaning: 'first day that the row counts: `YYYY-MM-DD`, in UTC' },
  { name: 'valid_to', required: false, meaning: 'last day that the row counts' },
] as const satisfies readonly RangeColumn[]

export type ColumnName = (typeof rangeColumns)[number]['name']

/** A row as it was read: blank and absent are the same. */
export type RawRow = Readonly<Partial<Record<ColumnName, string>>>

/** What is wrong in one column. Never holds a value that could be a card number. */
export interface ColumnFault {
  readonly column: ColumnName
  readonly rule: string
}

/** So many digits of a number a range must leave open, or the table would be a list of card numbers. */
const OPEN_DIGITS = 4

/** Reads one row. @returns the range, or everything that is wrong with the row */
export function readRangeRow(raw: RawRow): { ok: true; range: CardRange } | { ok: false; faults: ColumnFault[] } {
  const faults: ColumnFault[] = []
  const wrong = (column: ColumnName, rule: string) => void faults.push({ column, rule })
  const given = (column: ColumnName) => raw[column]?.trim() || undefined

  for (const { name, required } of rangeColumns) if (required && !given(name)) wrong(name, 'is missing')
  const bounds = readBounds(given('low'), given('high'), wrong)
  const panLengths = readLengths(given('lengths') ?? '', wrong)
  const networks = readNetworks(given('networks') ?? '', wrong)
  const facts = readFacts(given, networks, wrong)
  const category = readText(given('category'), 64, rule => wrong('category', rule))
  const validFrom = readDay(given('valid_from'), rule => wrong('valid_from', rule))
  const validTo = readDay(given('valid_to'), rule => wrong('valid_to', rule))
  if (validFrom && validTo && validTo < validFrom) wrong('valid_to', 'lies before valid_from')
  const shortest = panLengths[0]
  if (bounds && shortest !== undefined && significantDigits(bounds) > shortest - OPEN_DIGITS) {
    wrong(
      'low',
      `low and high leave less than ${OPEN_DIGITS} digits of a number open: a table must not list whole numbers`,
    )
  }
  if (faults.length || !bounds || !facts) return { ok: false, faults }
  return {
    ok: true,
    range: {
      ...bounds,
      panLengths,
      facts,
      source: 'import',
      ...(category && { category }),
      ...(validFrom && { validFrom }),
      ...(validTo && { validTo }),
    },
  }
}

const yesOrNo: ReadonlyMap<string, boolean> = new Map([
  ['yes', true],
  ['no', false],
])

type Wrong = (column: ColumnName, rule: string) => void

function readBounds(low: string | undefined, high: string | undefined, wrong: Wrong) {
  const isBound = (text: string) => /^[0-9]+$/.test(text) && text.length >= 6 && text.length <= BOUND_DIGITS
  const rule = `must be 6 to ${BOUND_DIGITS} digits`
  if (low && !isBound(low)) wrong('low', `${told(low)}${rule}`)
  if (high && !isBound(high)) wrong('high', `${told(high)}${rule}`)
  if (!low || !isBound(low) || (high && !isBound(high))) return undefined
  const bounds = boundsOf(low, high)
  if (bounds.low <= bounds.high) return bounds
  wrong('high', 'lies below low')
  return undefined
}

function readLengths(text: string, wrong: Wrong): number[] {
  const lengths = new Set<number>()
  for (const part of partsOf(text)) {
    const length = /^[0-9]{2}$/.test(part) ? Number(part) : 0
    if (length >= PAN_LENGTHS.min && length <= PAN_LENGTHS.max) lengths.add(length)
    else
      wrong('lengths', `${told(part)}must be whole numbers from ${PAN_LENGTHS.min} to ${PAN_LENGTHS.max}, apart by |`)
  }
  return [...lengths].sort((a, b) => a - b)
}

function readNetworks(text: string, wrong: Wrong): NetworkId[] {
  const networks: NetworkId[] = []
  for (const part of partsOf(text)) {
    if (!isNetwork(part)) wrong('networks', `${told(part)}is no network that Coffer knows`)
    else if (networks.includes(part)) wrong('networks', `names ${part} twice`)
    else networks.push(part)
  }
  return networks
}

function readFacts(
  given: (column: ColumnName) => string | undefined,
  [first, ...others]: readonly NetworkId[],
  wrong: Wrong,
): CardFacts | undefined {
  const country = given('country')
  if (country && !/^[A-Z]{2}$/.test(country)) wrong('country', `${told(country)}must be two capital letters, as in FR`)
  const fundingText = given('funding')
  const funding = fundings.find(known => known === fundingText)
  if (fundingText && !funding) wrong('funding', `${told(fundingText)}must be one of ${fundings.join(', ')}`)
  const issuerName = readText(given('issuer'), 128, rule => wrong('issuer', rule))
  const luhnText = given('luhn')?.toLowerCase()
  const luhn = luhnText === undefined ? undefined : yesOrNo.get(luhnText)
  if (luhnText !== undefined && luhn === undefined) wrong('luhn', 'must be yes or no')
  const cvvText = given('cvv_length')
  const cvvLength = ([0, 3, 4] as const).find(length => String(length) === cvvText)
  if (cvvText && cvvLength === undefined) wrong('cvv_length', 'must be 0, 3 or 4')
  const threeDS = given('three_ds')?.toLowerCase()
  if (threeDS !== undefined && threeDS !== 'required') wrong('three_ds', 'must be required, or blank')
  if (first === undefined) return undefined
  return {
    networks: [first, ...others],
    // The issuer's first network gives a number its form: a Visa that also runs on UnionPay has a check digit.
    luhn: luhn ?? networkOf(first).luhn,
    cvvLength: cvvLength ?? networkOf(first).cvvLength,
    ...(country && { issuingCountry: country }),
    ...(funding && { funding }),
    ...(issuerName && { issuerName }),
    ...(threeDS === 'required' && { threeDSRequired: true }),
  }
}

function readText(text: string | undefined, most: number, wrong: (rule: string) => void): string | undefined {
  if (text === undefined) return undefined
  if (text.length > most) wrong(`must have ${most} characters at most`)
  else if (/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/u.test(text)) wrong('must not hold control characters')
  else if (countDigits(text) > SHOWN_DIGITS) wrong('must not hold what could be a card number')
  else return text
  return undefined
}

function readDay(text: string | undefined, wrong: (rule: string) => void): string | undefined {
  if (text === undefined) return undefined
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  // Some readers take the 30th of February for the 1st of March.
  if (!Number.isNaN(time) && new Date(time).toISOString().startsWith(text)) return text
  wrong(`${told(text)}must be a day written YYYY-MM-DD`)
  return undefined
}

/** Lists are written `16|19` or `16 19`. */
const partsOf = (text: string) => text.split(/[|\s]+/).filter(Boolean)

const countDigits = (text: string) => text.normalize('NFKC').replace(/[^0-9]/g, '').length

/** A faulty value for a message, with a blank behind it; nothing where it is long or could be a card number. */
function told(value: string): string {
  return value.length <= 24 && countDigits(value) <= SHOWN_DIGITS && /^[\x20-\x7e]+$/.test(value)
    ? `${JSON.stringify(value)} `
    : ''
}
