/**
 * What is known of card numbers without an operator's table: which network, how long, whether with a check digit. Issuer,
 * country, funding and a second network are in no public list; they come by import.
 *
 * Nothing is built in for Cartes Bancaires, mada, eftpos and Bancontact, which ride on numbers of Visa, Mastercard and
 * Maestro, for Carnet, of whose list only parts are public, and for the Korean issuers, who cannot be told apart without
 * their own tables.
 * Source: ISO/IEC 7812-1 and the prefixes that the networks publish.
 */
import { antomCards, type BinRow, binRows, wellKnownCards } from '@coffer/test-cards'
import type { CardFacts, NetworkId } from '../card-data/index.js'
import { boundsOf, type CardRange } from './card-range.js'
import { networkOf } from './networks.js'

/** Prefixes with the same networks and lengths: `34` alone, or from the first to the last, `51-55`. */
export interface BuiltInRow {
  readonly networks: readonly [NetworkId, ...NetworkId[]]
  readonly prefixes: readonly string[]
  readonly lengths: readonly number[]
}

const list = (text: string) => text.split(/\s+/).filter(Boolean)

/** The built-in table, as the reference prints it. A prefix within a shorter one takes its numbers out of that. */
export const builtInRows: readonly BuiltInRow[] = [
  { networks: ['VISA'], lengths: [13, 16, 18, 19], prefixes: ['4'] },
  { networks: ['MASTERCARD'], lengths: [16], prefixes: ['51-55', '222100-272099'] },
  { networks: ['AMEX'], lengths: [15], prefixes: ['34', '37'] },
  { networks: ['JCB'], lengths: [16, 17, 18, 19], prefixes: ['3528-3589'] },
  { networks: ['JCB'], lengths: [15, 16], prefixes: ['1800', '2131'] },
  { networks: ['DINERS'], lengths: [14, 15, 16, 17, 18, 19], prefixes: ['300-305', '3095', '36', '38-39'] },
  { networks: ['DISCOVER'], lengths: [16, 17, 18, 19], prefixes: ['6011', '644-649', '65'] },
  { networks: ['CUP'], lengths: [16, 17, 18, 19], prefixes: ['62', '8100-8171'] },
  // UnionPay numbers that Discover takes as its own.
  { networks: ['CUP', 'DISCOVER'], lengths: [16, 17, 18, 19], prefixes: ['622126-622925'] },
  {
    networks: ['MAESTRO'],
    lengths: [12, 13, 14, 15, 16, 17, 18, 19],
    prefixes: ['500000-508999', '56-58', '63', '67'],
  },
  { networks: ['MIR'], lengths: [16, 17, 18, 19], prefixes: ['2200-2204'] },
  // Those without Visa on the card.
  { networks: ['DANKORT'], lengths: [16], prefixes: ['5019'] },
  { networks: ['HIPERCARD'], lengths: [13, 16, 19], prefixes: ['606282'] },
  { networks: ['HIPERCARD'], lengths: [19], prefixes: ['384100', '384140', '384160'] },
  {
    networks: ['ELO'],
    lengths: [16],
    prefixes: list(
      `401178-401179 431274 438935 451416 457393 457631-457632 504175 506699-506778 509000-509999 627780 636297 636368
       650031-650033 650035-650051 650405-650439 650485-650538 650541-650598 650700-650718 650720-650727 650901-650978
       651652-651679 655000-655019 655021-655058`,
    ),
  },
  {
    networks: ['TROY'],
    lengths: [16],
    prefixes: list(
      `9792 650052 650082-650083 650092 650161 650170 650173 650175 650268 650271 650273-650274 650456-650457 650836
       650846-650850 650923 650987 650990 654997 657366 657998 658758 658767-658768 65083700-65083704 65085800-65085804
       65085900-65085901 65086000 65086100-65086105 65086200-65086203 65875000-65875003 65875009 65875101-65875104
       65875200 65875501 65875601 65875900 65876000-65876002 65876100-65876103 65876110 65876115-65876116
       65876200-65876201 65876500 65876504-65876505 65876600-65876602 65877100-65877101 65877600-65877602 65877700
       65877801-65877802 65878200-65878202 65878300-65878311 65878400-65878405 65878500-65878505 65878600-65878601
       65879800 65880800 65880900`,
    ),
  },
]

/**
 * Numbers within the prefixes above that belong to networks which are none of Antom's, and parts of Carnet's. Without
 * these gaps they would be taken for Maestro, Discover or UnionPay and sent to the wrong one; so they are not known.
 */
export const builtInGaps: readonly { readonly of: string; readonly prefixes: readonly string[] }[] = [
  { of: 'Verve', prefixes: ['506099-506198', '507865-507964', '650002-650027'] },
  { of: 'RuPay', prefixes: ['508500-508999', '652150-653149'] },
  { of: 'Naranja', prefixes: ['589562'] },
  { of: 'Hiper', prefixes: list('637095 63737423 63743358 637568 637599 637609 637612') },
  { of: 'Carnet', prefixes: list('502275 506199-506499 627535 636318 636379 639388 639484 639559') },
]

/** Gaps are cut to the eight digits that an issuer's number has. */
const GAP_DIGITS = 8

/** The ranges that count everywhere. */
export const builtInRanges: readonly CardRange[] = builtInRows.flatMap(({ networks, prefixes, lengths }) =>
  prefixes.flatMap(withoutGaps).map(({ from, to }) => builtIn(from, to, lengths, networks)),
)

/**
 * The ranges of test cards, for a sandbox alone: in live the same digits belong to real issuers.
 */
export const sandboxRanges: readonly CardRange[] = [
  ...binRows.map(row => builtIn(row.prefix, row.prefix, [row.length], row.brands, known(row))),
  ...[...antomCards, ...wellKnownCards].map(card =>
    builtIn(card.number, card.number, [card.number.length], [card.brand], known(card)),
  ),
]

function known({ issuingCountry, funding }: { issuingCountry?: string; funding: BinRow['funding'] }) {
  return { funding, ...(issuingCountry !== undefined && { issuingCountry }) }
}

function builtIn(
  from: string,
  to: string,
  panLengths: readonly number[],
  networks: readonly [NetworkId, ...NetworkId[]],
  more: Pick<CardFacts, 'issuingCountry' | 'funding'> = {},
): CardRange {
  const { luhn, cvvLength } = networkOf(networks[0])
  return { ...boundsOf(from, to), panLengths, facts: { networks, luhn, cvvLength, ...more }, source: 'builtin' }
}

/** What a prefix leaves when the gaps in it are cut out. */
function withoutGaps(prefix: string): { from: string; to: string }[] {
  const whole = ends(prefix)
  const inside = builtInGaps
    .flatMap(gap => gap.prefixes.map(ends))
    .filter(gap => whole.from <= gap.from && gap.to <= whole.to)
    .sort((a, b) => (a.from < b.from ? -1 : 1))
  const left: { from: string; to: string }[] = []
  let begin = whole.from
  for (const gap of inside) {
    if (begin < gap.from) left.push({ from: begin, to: beside(gap.from, -1) })
    begin = beside(gap.to, 1)
  }
  return begin <= whole.to ? [...left, { from: begin, to: whole.to }] : left
}

function ends(prefix: string): { from: string; to: string } {
  const [from = '', to = from] = prefix.split('-')
  return { from: from.padEnd(GAP_DIGITS, '0'), to: to.padEnd(GAP_DIGITS, '9') }
}

function beside(digits: string, step: 1 | -1): string {
  return String(Number(digits) + step).padStart(digits.length, '0')
}
