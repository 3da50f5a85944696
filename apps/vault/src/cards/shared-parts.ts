/** Parts of ranges that are equal made one and the same: a table has a million rows, and some thousand issuers. */
import type { CardFacts } from '../card-data/index.js'
import type { CardRange } from './card-range.js'

export class SharedParts {
  readonly #facts = new Map<string, CardFacts>()
  readonly #lengths = new Map<string, readonly number[]>()

  /** The same range, its facts and lengths shared with those that were given before. */
  share(range: CardRange): CardRange {
    const { networks, issuingCountry, funding, issuerName, luhn, cvvLength, threeDSRequired } = range.facts
    const told = [issuingCountry ?? '', funding ?? '', issuerName ?? '', luhn, cvvLength, threeDSRequired ?? '']
    const said = [networks.join('|'), ...told].join('\n')
    const facts = first(this.#facts, said, range.facts)
    return { ...range, facts, panLengths: first(this.#lengths, range.panLengths.join('|'), range.panLengths) }
  }
}

function first<T>(known: Map<string, T>, key: string, value: T): T {
  const found = known.get(key)
  if (found === undefined) known.set(key, value)
  return found ?? value
}
