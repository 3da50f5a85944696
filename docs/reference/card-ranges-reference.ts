import { type BuiltInRow, builtInGaps, builtInRows } from '../../apps/vault/src/cards/built-in-ranges.js'
import { brandFor, networks } from '../../apps/vault/src/cards/networks.js'
import { code, codes, table } from './markdown.js'

/** What is known of card numbers without an operator's table, and what is not. */
export function cardRangesReference(): string {
  return (
    '# Card ranges\n\n' +
    'Which network a number belongs to, how long it is, and whether it has a check digit, Coffer reads from a table of ' +
    'ranges. This page is what is built in: prefixes that the networks publish. No built-in range tells the issuer, its ' +
    'country, the kind of account (`funding`) or a second network on the card: those are in no public list. They come ' +
    'with a table of yours, which [`coffer cards import`](../operations/card-ranges.md) lays over this one.\n\n' +
    '- The narrowest range that holds a number counts, if it knows numbers of that length; else the next wider one that ' +
    'does. Of two ranges of the same width, the imported one counts.\n' +
    '- A number in no range ends as `CARD_NOT_SUPPORTED`, as does one of a network that no acquirer is configured for. ' +
    'If its check digit is wrong, the call is refused with `PARAM_ILLEGAL` instead.\n' +
    '- A sandbox knows the ranges of the [test cards](test-cards.md) besides, with countries, funding and second ' +
    'networks.\n' +
    '- `coffer cards show <first 6 to 11 digits>` tells what counts for a number, and by which range.\n\n' +
    '## Built in\n\n' +
    table(['brand', 'prefixes', 'digits', 'check digit (Luhn)', 'CVV'], builtInRows.map(rowOf)) +
    'Two brands in a row: the card has both networks, the issuer’s default first. Where the check digit says "no", some ' +
    'numbers lack one and none is checked. How long the CVV is, the range knows; no call is refused for it yet.\n\n' +
    '## Left out on purpose\n\n' +
    'These lie within prefixes above and belong to networks that the API has no name for, or whose list is public in ' +
    'parts only. Without the gap such a card would be taken for another network and sent to the wrong one; so it is ' +
    '`CARD_NOT_SUPPORTED` until a table of yours says what it is.\n\n' +
    table(
      ['network', 'prefixes'],
      builtInGaps.map(({ of, prefixes }) => [of, prefixes.map(range).join(', ')]),
    ) +
    '## Networks\n\n' +
    'What an import may name. A local scheme has no name in the API: it can stand in `supportedBrands`, and never in ' +
    '`brand` or `selectedCardBrand`. The last two columns count unless a range of your table says otherwise.\n\n' +
    table(
      ['network', 'name', 'in the API', 'numbers built in', 'check digit', 'CVV'],
      networks.map(({ id, name, luhn, cvvLength }) => [
        code(id),
        name,
        brandFor(id) ? 'yes' : 'local scheme',
        builtIn.has(id) ? 'yes' : 'by import only',
        luhn ? 'yes' : 'no',
        cvv(cvvLength),
      ]),
    )
  )
}

const builtIn: ReadonlySet<string> = new Set(builtInRows.flatMap(({ networks }) => networks))

const byId = new Map(networks.map(network => [network.id, network]))

function rowOf({ networks: ids, prefixes, lengths }: BuiltInRow): string[] {
  const { luhn, cvvLength } = byId.get(ids[0])!
  return [codes(ids), prefixes.map(range).join(', '), spans(lengths), luhn ? 'yes' : 'no', cvv(cvvLength)]
}

const range = (prefix: string) => prefix.replace('-', '–')

const cvv = (length: number) => (length === 0 ? '3, or none' : String(length))

/** `16, 18–19` */
function spans(lengths: readonly number[]): string {
  const runs: number[][] = []
  for (const length of lengths) {
    const last = runs.at(-1)
    if (last && last.at(-1) === length - 1) last.push(length)
    else runs.push([length])
  }
  return runs.map(run => (run.length > 1 ? `${run[0]}–${run.at(-1)}` : `${run[0]}`)).join(', ')
}
