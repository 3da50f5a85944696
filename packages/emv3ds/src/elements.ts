/**
 * What a data element can look like, as TypeBox schemas. An element carries its meaning as `description`, and under
 * `emv` what JSON Schema has no word for: its form as a person writes it, when it is there, and what is narrower in an
 * older version. `schemaOf` applies the facts under `emv` and takes them out.
 */
import { type TOptional, type TSchema, type TUnsafe, Type } from 'typebox'
import type { MessageVersion } from './versions.js'

/** R required, C conditional, O optional, `-` not an element of the message. */
export type Presence = 'R' | 'C' | 'O' | '-'

/** Presence with payment, presence with non-payment; one letter says both. */
export type PresenceByCategory = Presence | readonly [payment: Presence, nonPayment: Presence]

/** What JSON Schema has no word for. */
export interface ElementFacts {
  /** The format in words: `n13-19`, `UUID`. */
  readonly form: string
  /** A version that is not named does not have the element. */
  readonly presence?: Readonly<Partial<Record<MessageVersion, PresenceByCategory>>>
  /** A version that allows less: in words, and the keywords that take the place of the element's own. */
  readonly narrower?: Readonly<Partial<Record<MessageVersion, { readonly form: string; readonly keywords: Keywords }>>>
}

/** The keywords used here, all of them JSON Schema's but `emv`. */
export interface Keywords {
  type?: string
  const?: unknown
  enum?: readonly unknown[]
  pattern?: string
  minLength?: number
  maxLength?: number
  items?: Keywords
  minItems?: number
  maxItems?: number
  properties?: Readonly<Record<string, Keywords>>
  minProperties?: number
  required?: readonly string[]
  allOf?: readonly Keywords[]
  anyOf?: readonly Keywords[]
  not?: Keywords
  if?: Keywords
  then?: Keywords
  title?: string
  description?: string
  $schema?: string
  $id?: string
  emv?: ElementFacts
}

type Values = ReadonlyArray<readonly [code: string, meaning: string]>

const everywhere = (presence: PresenceByCategory) => ({ '2.1.0': presence, '2.2.0': presence })

/** A copy. TypeBox keeps what kind a schema is in properties that a spread would leave behind. */
function withFacts<S extends TSchema>(schema: S, more: Partial<ElementFacts>): S {
  const copy: S & { emv?: unknown } = Object.create(null, Object.getOwnPropertyDescriptors(schema))
  copy.emv = { ...(schema as Keywords).emv, ...more }
  return copy
}

/** The element is in every message of its type. */
export function always<S extends TSchema>(schema: S): S {
  return withFacts(schema, { presence: everywhere('R') })
}

/** The element may be missing; where it may not, `presence` says so. */
export function sometimes<S extends TSchema>(
  presence: PresenceByCategory | Partial<Record<MessageVersion, PresenceByCategory>>,
  schema: S,
): TOptional<S> {
  const table = typeof presence === 'string' || Array.isArray(presence) ? everywhere(presence as Presence) : presence
  return Type.Optional(withFacts(schema, { presence: table as NonNullable<ElementFacts['presence']> })) as TOptional<S>
}

/** `schema`, but in 2.1.0 with other keywords; `form` says them in words. */
export function narrowerIn210<S extends TSchema>(schema: S, form: string, keywords: Keywords): S {
  return withFacts(schema, { narrower: { '2.1.0': { form, keywords } } })
}

/** One line of text. Lengths count characters, not bytes. */
export const text = (description: string, maxLength: number, minLength = 1) =>
  Type.String({
    description,
    minLength,
    maxLength,
    pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]*$',
    emv: { form: minLength > 1 ? `text, ${minLength}-${maxLength}` : `text, up to ${maxLength}` },
  })

/** Text of several lines, for people. */
export const prose = (description: string, maxLength: number) =>
  Type.String({
    description,
    minLength: 1,
    maxLength,
    pattern: '^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f]*$',
    emv: { form: `text, up to ${maxLength}, line breaks allowed` },
  })

/** Text that has to be of one shape. */
export const shaped = (description: string, form: string, pattern: string) =>
  Type.String({ description, pattern, emv: { form } })

/** Decimal digits. */
export const digits = (description: string, min: number, max = min) =>
  shaped(description, min === max ? `n${min}` : `n${min}-${max}`, `^[0-9]{${min}${min === max ? '' : `,${max}`}}$`)

/** UUID in canonical form, any version. */
export const UUID_PATTERN = '^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$'

/** An id that the parties make. */
export const uuid = (description: string) => shaped(description, 'UUID, 36', UUID_PATTERN)

/** A fully qualified address of the web. */
export const url = (description: string, maxLength = 2048) =>
  Type.String({
    description,
    maxLength,
    pattern: '^[Hh][Tt][Tt][Pp][Ss]?:\\/\\/[!-~]+$',
    emv: { form: `URL, up to ${maxLength}` },
  })

/** A protocol version of any kind, also one that is not spoken here. */
export const protocolVersion = (description: string) =>
  Type.String({ description, maxLength: 8, pattern: '^[0-9]+\\.[0-9]+\\.[0-9]+$', emv: { form: 'version, 5-8' } })

const month = '(0[1-9]|1[0-2])'
const day = '(0[1-9]|[12][0-9]|3[01])'

/** A date, YYYYMMDD. */
export const date = (description: string) => shaped(description, 'YYYYMMDD', `^[0-9]{4}${month}${day}$`)

/** A minute in UTC, YYYYMMDDHHMM. */
export const minute = (description: string) =>
  shaped(description, 'YYYYMMDDHHMM, UTC', `^[0-9]{4}${month}${day}([01][0-9]|2[0-3])[0-5][0-9]$`)

/** A second in UTC, YYYYMMDDHHMMSS. */
export const second = (description: string) =>
  shaped(description, 'YYYYMMDDHHMMSS, UTC', `^[0-9]{4}${month}${day}([01][0-9]|2[0-3])[0-5][0-9][0-5][0-9]$`)

/** A month, YYMM: not the order that is printed on a card. */
export const yymm = (description: string) => shaped(description, 'YYMM', `^[0-9]{2}${month}$`)

/** JSON's true or false, not the words in quotes. */
export const truth = (description: string) => Type.Boolean({ description, emv: { form: 'true or false' } })

/** One of a few values. */
export function oneOf<const V extends Values>(description: string, values: V): TUnsafe<V[number][0]> {
  const listed = values.map(([code, meaning]) => (meaning ? `${code} ${meaning}` : code)).join(', ')
  return Type.Unsafe<V[number][0]>({
    type: 'string',
    enum: values.map(([code]) => code),
    description: `${description}: ${listed}`,
    emv: { form: values.map(([code]) => code).join(', ') },
  })
}

/** Two digits: those that EMVCo has given a meaning, 01 to `last`, and 80 to 99, which belong to the schemes. */
export const codes = (description: string, last: string) =>
  shaped(description, `01-${last}, 80-99`, `^(${upTo(last)}|[89][0-9])$`)

/** Two digits, 01 to `last`, as a pattern. */
export function upTo(last: string): string {
  const [tens, ones] = [Number(last[0]), Number(last[1])]
  const top = ones === 9 ? `${tens}[0-9]` : ones === 0 ? `${tens}0` : `${tens}[0-${ones}]`
  if (tens === 0) return ones === 1 ? '01' : `0[1-${ones}]`
  const between = tens > 1 ? `|${tens === 2 ? '1' : `[1-${tens - 1}]`}[0-9]` : ''
  return `0[1-9]${between}|${top}`
}

/** An element that has one value. */
export const constant = <const V extends string>(description: string, value: V) =>
  Type.Unsafe<V>({ type: 'string', const: value, description, emv: { form: value } })

/** An object none of whose members has to be there, but one of them. */
export const group = <P extends Record<string, TSchema>>(description: string, members: P) =>
  Type.Object(members, { description, minProperties: 1, emv: { form: 'object' } })
