/** From the raw bytes of an authenticated call to a typed request whose card fields are opaque. */
import { type FieldProblem, readFields, type WireValue } from '@coffer/antom'
import type { Static, TSchema } from 'typebox'
import { JsonNumber, readJsonObject } from '../platform/json.js'
import type { CardLookup } from './card-facts.js'
import { CardPassword, Cvv, digitsOf, Pan } from './pan.js'
import { RawBody } from './raw-body.js'

export interface IngressRules {
  lookup: CardLookup
  /** A sandbox takes published test numbers only: a real card must not lie in it. Live takes anything but those. */
  cards: 'test cards only' | 'no test cards'
}

export type ReadRequest<T> =
  /** `erase` overwrites the digits behind the request's handles; it is called when the call has been answered. */
  { ok: true; request: T; erase(): void } | { ok: false; problem: FieldProblem; ids: RequestIds }

/** By what names a merchant may know what a call is about; each goes back with whatever is answered. */
export const requestIdNames = [
  'vaultingRequestId',
  'paymentRequestId',
  'captureRequestId',
  'refundRequestId',
  'forwardRequestId',
] as const
export type RequestIds = Partial<Record<(typeof requestIdNames)[number], string>>

/**
 * Reads a request by its schema and erases the bytes.
 * @returns the request, or the first field that is wrong; with the ids of the call where that much was readable
 */
export function readRequest<S extends TSchema>(schema: S, body: RawBody, rules: IngressRules): ReadRequest<Static<S>> {
  const reading = readJsonObject(RawBody.bytesOf(body))
  body.erase()
  if (!reading.ok) {
    return { ok: false, problem: { path: 'the body', rule: reading.problem }, ids: {} }
  }
  const pans: Pan[] = []
  const secrets: { erase(): void }[] = []
  const keep = <T extends { erase(): void }>(secret: T) => {
    secrets.push(secret)
    return secret
  }
  const fields = readFields(schema, reading.value as WireValue, {
    secret: (kind, text) => {
      if (kind === 'cvv') return { ok: true, value: keep(Cvv.of(text)) }
      if (kind === 'password') return { ok: true, value: keep(CardPassword.of(text)) }
      const pan = Pan.parse(text, rules.lookup)
      if (!pan.ok) return pan
      pans.push(keep(pan.value))
      return accepted(pan.value, rules)
    },
  })
  const problem = fields.ok ? digitsElsewhere(fields.value, pans) : fields.problem
  const erase = () => {
    for (const secret of secrets) secret.erase()
  }
  if (problem || !fields.ok) {
    const ids = idsIn(reading.value, pans)
    erase()
    return { ok: false, problem: problem!, ids }
  }
  return { ok: true, request: fields.value, erase }
}

function accepted(pan: Pan, rules: IngressRules) {
  if (rules.cards === 'test cards only' && !pan.isTestCard) {
    return { ok: false as const, rule: pan.problem ?? 'must be one of the published test cards: this is a sandbox' }
  }
  if (rules.cards === 'no test cards' && pan.isTestCard) {
    return { ok: false as const, rule: 'is a published test card, which only a sandbox takes' }
  }
  return { ok: true as const, value: pan }
}

/**
 * A card number that is repeated in a free field would be stored there in clear. Only the card's own number can be
 * told from an order number: one digit run in ten passes the Luhn check by chance.
 */
function digitsElsewhere(request: unknown, pans: readonly Pan[]): FieldProblem | undefined {
  const numbers = pans.map(pan => digitsOf(pan).toString('latin1'))
  const search = (value: unknown, path: string): FieldProblem | undefined => {
    if (typeof value === 'string') {
      return numbers.some(number => holds(value, number)) ? { path, rule: 'must not hold the card number' } : undefined
    }
    if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype)
      return undefined
    for (const [name, inner] of Object.entries(value)) {
      const found = search(inner, path ? `${path}.${name}` : name)
      if (found) return found
    }
    return undefined
  }
  return numbers.length ? search(request, '') : undefined
}

/** An id goes back with a refusal once it was readable, unless it is what was refused. */
function idsIn(body: ReadonlyMap<string, unknown>, pans: readonly Pan[]): RequestIds {
  const cards = cardNumberTexts(body)
  const own = [...pans.map(pan => digitsOf(pan).toString('latin1')), ...cards]
  const ids: RequestIds = {}
  for (const name of requestIdNames) {
    const id = body.get(name)
    if (typeof id !== 'string' || id.length === 0 || id.length > 64 || /\p{Cc}/u.test(id)) continue
    if (!own.some(number => holds(id, number))) ids[name] = id
  }
  return ids
}

/** Where requests have the number of a card. */
const NUMBER_PLACES = [
  ['paymentMethodDetail', 'card', 'cardNo'],
  ['paymentMethod', 'paymentMethodMetaData', 'cardNo'],
  ['card', 'cardNo'],
]

/** The digits that stand in the place of the number, spaced, with hyphens or as a JSON number, although refused so. */
function cardNumberTexts(body: ReadonlyMap<string, unknown>): string[] {
  return NUMBER_PLACES.flatMap(path => {
    const given = path.reduce<unknown>((at, name) => (at instanceof Map ? at.get(name) : undefined), body)
    const number = given instanceof JsonNumber ? given.text : given
    const digits = typeof number === 'string' ? digitsIn(number) : ''
    return digits.length >= 12 ? [digits] : []
  })
}

/** Whether a text holds a number in any spelling: with anything between the digits, full-width, or percent-encoded. */
function holds(text: string, number: string): boolean {
  return digitsIn(text).includes(number) || digitsIn(percentDecoded(text)).includes(number)
}

const digitsIn = (text: string) => text.normalize('NFKC').replace(/[^0-9]/g, '')

/** Escapes of single bytes decoded; digits have one byte each, so what is broken around them does not matter. */
const percentDecoded = (text: string) =>
  text.replace(/%([0-9A-Fa-f]{2})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
