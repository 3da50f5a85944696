/**
 * Card digits as opaque handles. The digits lie in a map that only this folder can reach; a handle in other hands can
 * be passed on, sealed or sent to the issuer, but not read, printed, serialised, logged or returned.
 */

import { passesLuhn, readTestCard } from '@coffer/test-cards'
import type { CardFacts, CardLookup } from './card-facts.js'

const digits = new WeakMap<object, Buffer>()

abstract class Secret {
  /** Fails loudly: whoever serialises a handle meant to write digits somewhere. */
  toJSON(): never {
    throw new TypeError(`${this.constructor.name} cannot be serialised`)
  }

  toString(): string {
    return `[${this.constructor.name}]`
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `[${this.constructor.name}]`
  }

  /** Overwrites the digits. Any later use throws. */
  erase(): void {
    digits.get(this)?.fill(0)
    digits.delete(this)
  }
}

const WRONG_CHECK_DIGIT = 'must be a card number: its check digit is wrong'

/** A card number: 12 to 19 digits. Whether its check digit is right, where its range has one, `problem` says. */
export class Pan extends Secret {
  declare private readonly opaque: 'pan'

  private constructor(
    /** First eight digits of a 16-digit number, else the first six: what may be shown beside the last four. */
    readonly bin: string,
    readonly lastFour: string,
    /** How many digits the number has. */
    readonly length: number,
    /** What is known of the card, when a known range has such numbers. */
    readonly facts: CardFacts | undefined,
    /** Whether this is a published test number, which only a sandbox takes. */
    readonly isTestCard: boolean,
    /**
     * The rule that the number breaks by the table of card ranges as it is now. Not refused at once: a number that was
     * stored stays what it is, whatever is imported later.
     */
    readonly problem: string | undefined,
  ) {
    super()
  }

  /**
   * The only way in.
   * @returns the handle, or the rule that the text breaks
   */
  static parse(text: string, lookup: CardLookup): { ok: true; value: Pan } | { ok: false; rule: string } {
    if (!/^[0-9]{12,19}$/.test(text)) return { ok: false, rule: 'must be 12 to 19 digits' }
    const padded = text.padEnd(19, '0')
    const facts = lookup.find(bound => (padded < bound ? -1 : padded > bound ? 1 : 0), text.length)
    const bin = text.slice(0, text.length === 16 ? 8 : 6)
    // A number of no known range is held to the rule that most brands have.
    const problem = (!facts || facts.luhn) && !passesLuhn(text) ? WRONG_CHECK_DIGIT : undefined
    const pan = new Pan(bin, text.slice(-4), text.length, facts, readTestCard(text) !== undefined, problem)
    digits.set(pan, Buffer.from(text, 'latin1'))
    return { ok: true, value: pan }
  }

  /** Whether a text holds the number, with anything between its digits. */
  standsIn(text: string): boolean {
    return text.replace(/[^0-9]/g, '').includes(digitsOf(this).toString('latin1'))
  }

  /** As people may see it: always twelve asterisks and the last four. Source: Antom › Common objects › Card. */
  get masked(): string {
    return `${'*'.repeat(12)}${this.lastFour}`
  }
}

/** A card verification value. It can be sent to an issuer and to nowhere else: nothing seals, stores or digests it. */
export class Cvv extends Secret {
  declare private readonly opaque: 'cvv'

  private constructor(readonly length: number) {
    super()
  }

  static of(text: string): Cvv {
    const cvv = new Cvv(text.length)
    digits.set(cvv, Buffer.from(text, 'latin1'))
    return cvv
  }

  /** Another handle on the same digits, for whoever needs them longer than the call that brought them. */
  copy(): Cvv {
    const cvv = new Cvv(this.length)
    digits.set(cvv, Buffer.from(digitsOf(this)))
    return cvv
  }
}

/** The first two digits of a Korean card's password; treated like a CVV. */
export class CardPassword extends Secret {
  declare private readonly opaque: 'password'

  private constructor() {
    super()
  }

  static of(text: string): CardPassword {
    const password = new CardPassword()
    digits.set(password, Buffer.from(text, 'latin1'))
    return password
  }
}

/**
 * The digits behind a handle, in ASCII. For this folder alone: index.ts does not export it.
 * @throws when the handle was erased
 */
export function digitsOf(secret: Pan | Cvv | CardPassword): Buffer {
  const found = digits.get(secret)
  if (!found) throw new Error('these digits were erased')
  return found
}
