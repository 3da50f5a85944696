/**
 * What a dialect of ISO 8583 looks like, as plain data: an acquirer's own specification replaces a built-in profile as a
 * file, without a line of code. `profile-reader.ts` checks such a file. Source: ISO 8583:1987.
 */
import type { NetworkId } from '../../card-data/index.js'

/**
 * Which characters a value may have: `n` digits, `a` letters and blanks, `an` letters, digits and blanks, `ans` all that
 * can be printed, `b` bytes (as hex in capitals), `z` a track (digits, `=` and `D`).
 */
export type Kind = 'n' | 'a' | 'an' | 'ans' | 'b' | 'z'

/** How characters become bytes. `ebcdic` is code page 1047, `bcd` puts two digits into a byte, `binary` is for `b`. */
export type Encoding = 'ascii' | 'ebcdic' | 'bcd' | 'binary'

/**
 * What may be done with a value. On receipt a number keeps its last four digits and everything else but `none` becomes
 * a fixed marker. `pan` and `cvv` are sent from handles alone; `track` and `pin` are never sent.
 */
export type Sensitivity = 'none' | 'pan' | 'cvv' | 'track' | 'pin' | 'expiry'

export interface LengthPrefix {
  /** 2 for LLVAR, 3 for LLLVAR. `binary` has one byte for 1 and 2 digits, two bytes for 3. */
  readonly digits: 1 | 2 | 3
  readonly encoding: Encoding
  /** `units` are the digits or characters, of `b` the bytes. They differ from `bytes` in BCD alone. */
  readonly counts: 'units' | 'bytes'
}

/** `F` exists in BCD alone. Half a byte that is left over in BCD is filled the same way; unless told, a zero on the left. */
export interface Padding {
  readonly with: '0' | ' ' | 'F'
  readonly side: 'left' | 'right'
}

export interface ElementSpec {
  readonly name: string
  readonly kind: Kind
  readonly encoding: Encoding
  /** In units; the most there may be where the length is variable. Of elements with tags or a bitmap the bytes. */
  readonly length: number
  /** The least units. Without it 1 where there is a prefix, else `length`. Shorter values are padded to it. */
  readonly min?: number
  readonly prefix?: LengthPrefix
  readonly padding?: Padding
  /** `none` unless told. */
  readonly sensitivity?: Sensitivity
  readonly parts?: Parts
}

/** Parts by their number, as text. Their paths in a message are `<element>.<number>`. */
export type Parts = PositionalParts | TaggedParts | BitmappedParts

/** One text cut at fixed places. What is missing before the last part given is filled with zeros (`n`) or blanks. */
export interface PositionalParts {
  readonly layout: 'positional'
  readonly fields: Readonly<Record<string, PositionSpec>>
}

/** A part at a fixed place; written as the element around it is. */
export interface PositionSpec {
  readonly name: string
  readonly kind: Exclude<Kind, 'b'>
  readonly length: number
  readonly padding?: Padding
  readonly sensitivity?: Sensitivity
}

/** Each part behind its number and its length in bytes, in any order. */
export interface TaggedParts {
  readonly layout: 'tagged'
  /** Of the numbers and the lengths. */
  readonly encoding: 'ascii' | 'ebcdic'
  readonly tagDigits: 1 | 2 | 3
  readonly lengthDigits: 2 | 3
  /** A fixed part before the first number, e.g. a category; its path is `<element>.<key>`. */
  readonly lead?: PositionSpec & { readonly key: string }
  /** Their own length lies in front, so they have no prefix; of variable length where `min` is less than `length`. */
  readonly fields: Readonly<Record<string, ElementSpec>>
  /** What a number means that is not listed: that the frame is refused, or that the part is passed over. */
  readonly others: 'refuse' | 'skip'
}

/** A bitmap of its own, then the parts that it names. */
export interface BitmappedParts {
  readonly layout: 'bitmapped'
  readonly bitmapBytes: number
  readonly fields: Readonly<Record<string, ElementSpec>>
}

export interface Framing {
  /**
   * What stands before a frame and tells its length without itself: two bytes, the high one first; two bytes of BCD; four
   * digits; or two bytes and two zero bytes.
   */
  readonly length: 'binary2' | 'bcd2' | 'ascii4' | 'vml4'
  /** Transport header, ten hex digits from `60`. Answers have it as it was sent or with the two addresses exchanged. */
  readonly tpdu?: string
  /** Text before the MTI, e.g. `ISO016000070`. */
  readonly header?: string
  /** Other headers that the other side may put there. */
  readonly acceptedHeaders?: readonly string[]
  /** The longest frame in bytes, 4096 unless told. */
  readonly maxFrame?: number
}

/** When a group of fields is in a message. `conditions.ts` says of each what it means. */
export const conditions = [
  'always',
  'cvv',
  'no cvv',
  'avs',
  'authentication',
  'no authentication',
  'amount',
  'no amount',
  'sale',
  'no sale',
  'card',
  'no card',
  'entered now',
  'on file',
  'first',
  'later',
  'recurring',
  'unscheduled',
  'partial',
  'whole',
] as const
export type Condition = (typeof conditions)[number]

/**
 * Fields by path. In values `{name}` stands for something of the request (`sources` in `sources.ts`); a field of which
 * something is not there is left out. Where two groups of a message give one field, the later group has the say.
 */
export interface FieldGroup {
  readonly when: Condition
  readonly fields: Readonly<Record<string, string>>
}

/** The MTI of a message and that of its repeats. */
export interface RepeatedMti {
  readonly first: string
  readonly repeat: string
}

/** The messages that move money. */
export interface PaymentMapping {
  /** A question for an amount, 0100. Must have `{amount}`. */
  readonly authorisation: readonly FieldGroup[]
  /**
   * MTI of the same question where the money moves with the approval (`0200`). Without it a sale is asked as any
   * authorisation, and its capture follows.
   */
  readonly saleMti?: string
  /** What of an authorisation is to be paid. Must have `{amount}`, and `{original.stan}` or `{original.rrn}`. */
  readonly capture: readonly FieldGroup[]
  /** What of a capture goes back to the cardholder; must have the same. */
  readonly refund: readonly FieldGroup[]
  /** MTI of captures and refunds. */
  readonly adviceMti: RepeatedMti
  /** An authorisation is given up, or what is left of it; must have the same, and `{remaining}`. */
  readonly void: readonly FieldGroup[]
  readonly voidMti: RepeatedMti
}

/** Where our questions and answers live in the messages of this dialect. */
export interface Mapping {
  readonly verification: readonly FieldGroup[]
  /** Takes back a verification, and with `payments` an authorisation or a sale; then it must have `{amount}`. */
  readonly reversal: readonly FieldGroup[]
  readonly reversalMti: RepeatedMti
  /** Without it cards can be verified, and payments are refused. */
  readonly payments?: PaymentMapping
  /** The code of each network that can be asked for. */
  readonly networks: Readonly<Partial<Record<NetworkId, string>>>
  /** Paths in an answer. Of several they are put one behind the other, and all must be there. */
  readonly answer: {
    readonly cvvResult?: string
    readonly avsResult?: string
    readonly networkTransactionId?: readonly string[]
    /** What the issuer says about asking again, as Mastercard codes it. */
    readonly merchantAdvice?: string
  }
  /** Paths that an answer, where it has them, repeats unchanged. */
  readonly echoed: readonly string[]
}

export interface Profile {
  readonly name: string
  /** What it is and what it is not, for whoever reads the reference. */
  readonly about: string
  readonly framing: Framing
  readonly mti: 'ascii' | 'ebcdic' | 'bcd'
  /** `hex` is hex digits in ASCII, in capitals. */
  readonly bitmap: 'binary' | 'hex'
  /** By number, 2 to 128. */
  readonly elements: Readonly<Record<string, ElementSpec>>
  readonly mapping: Mapping
}

export const DEFAULT_MAX_FRAME = 4_096

/** The element or part at a path, when the profile has it. */
export function specAt(profile: Profile, path: string): ElementSpec | PositionSpec | undefined {
  const [element = '', ...rest] = path.split('.')
  let spec: ElementSpec | PositionSpec | undefined = ownValue(profile.elements, element)
  for (const key of rest) {
    const parts: Parts | undefined = spec && 'parts' in spec ? spec.parts : undefined
    if (!parts) return undefined
    if (parts.layout === 'tagged' && parts.lead?.key === key) spec = parts.lead
    else spec = ownValue<ElementSpec | PositionSpec>(parts.fields, key)
  }
  return spec
}

function ownValue<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined
}
