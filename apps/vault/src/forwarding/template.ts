/**
 * Bodies with placeholders. Each value is written as the content type demands, so that no value can end the place in which
 * it stands; and the number may stand only where the operator said that the destination expects a number.
 */
import { Buffer } from 'node:buffer'
import type { FieldProblem } from '@coffer/antom'
import type { Cvv, DigitSlot, FrameTemplate, Pan } from '../card-data/index.js'
import { type BodyFormat, holdsMark, type Marked, markOf, placesInBody } from './places.js'

/** What may be filled in. */
export const placeholders = [
  'card.number',
  'card.expiryMonth',
  'card.expiryYear',
  'card.expiryYear4',
  'card.cvv',
  'card.holderName',
] as const
export type Placeholder = (typeof placeholders)[number]

/** Of these the digits come from card-data, and they must stand in texts: a number in JSON would lose zeros. */
const SECRET: readonly Placeholder[] = ['card.number', 'card.cvv']

/** A body that was judged: texts and placeholders in turn, beginning and ending with a text. */
export interface Template {
  readonly format: BodyFormat
  readonly texts: readonly string[]
  readonly slots: readonly Slot[]
}

interface Slot {
  readonly placeholder: Placeholder
  /** Outside of a JSON text, where it is written as a number. */
  readonly bare: boolean
}

export type ReadTemplate = { ok: true; template: Template } | { ok: false; problem: FieldProblem }

const FORMATS: readonly (readonly [RegExp, BodyFormat])[] = [
  [/^application\/([a-z0-9.-]+\+)?json$/, 'json'],
  [/^application\/x-www-form-urlencoded$/, 'form'],
  [/^(application|text)\/([a-z0-9.-]+\+)?xml$/, 'xml'],
]

/**
 * Judges a body, with stand-ins in place of the card's values.
 * @param contentType  as it will be sent; UTF-8 is the only charset
 * @param numberAt  where the number may stand
 */
export function readTemplate(body: string, contentType: string, numberAt: readonly string[]): ReadTemplate {
  const wrong = (rule: string, path = 'body'): ReadTemplate => ({ ok: false, problem: { path, rule } })
  const [type = '', ...parameters] = contentType
    .toLowerCase()
    .split(';')
    .map(part => part.trim())
  const format = FORMATS.find(([form]) => form.test(type))?.[1]
  if (!format || !parameters.every(parameter => /^charset=("utf-8"|utf-8)$/.test(parameter))) {
    return wrong('must have a content-type of JSON, form or XML, in UTF-8', 'destination.headers')
  }
  if (holdsMark(body)) return wrong('holds a character that is kept for our own use: U+E000 or U+E001')

  const cut = cutAtPlaceholders(body)
  if (!cut.ok) return wrong(cut.rule)
  const { texts, names } = cut
  if (names.length > MAX_PLACEHOLDERS) return wrong(`must hold at most ${MAX_PLACEHOLDERS} placeholders`)
  if (names.length === 0) return wrong('must hold at least one placeholder, such as {{card.number}}')

  const slots = names.map((placeholder, nth): Slot => {
    const before = texts.slice(0, nth + 1).join('')
    return { placeholder, bare: format === 'json' && !endsInsideText(before) }
  })
  const lost = slots.find(({ placeholder, bare }) => bare && !isCalendar(placeholder))
  if (lost) return wrong(`must have {{${lost.placeholder}}} within quotes`)
  const glued = slots.find(({ bare }, nth) => bare && !isWholeNumber(texts[nth], texts[nth + 1]))
  if (glued) return wrong(`must have {{${glued.placeholder}}} outside of quotes as the whole value of a field`)

  const dry = texts.map((text, nth) => text + (slots[nth] ? standIn(slots[nth], nth) : '')).join('')
  const found = placesInBody(format, dry)
  if (typeof found === 'string') return wrong(found)
  const misplaced = misplacedNumber(slots, found, numberAt)
  return misplaced ? wrong(misplaced) : { ok: true, template: { format, texts, slots } }
}

/** What is known of the card when its template is filled. */
export interface CardValues {
  pan: Pan
  /** Two digits each. */
  expiry: { year: string; month: string }
  cvv: Cvv | undefined
  holderName: string | undefined
}

/** Writes everything but the digits, for which it leaves room. The values must be there: `usesOf` tells which. */
export function composeBody({ format, texts, slots }: Template, card: CardValues): FrameTemplate {
  const parts: Buffer[] = []
  const digitSlots: DigitSlot[] = []
  let at = 0
  const add = (part: Buffer) => {
    parts.push(part)
    at += part.length
  }
  for (const [nth, text] of texts.entries()) {
    add(Buffer.from(text, 'utf8'))
    const slot = slots[nth]
    if (!slot) continue
    const digits =
      slot.placeholder === 'card.number' ? card.pan : slot.placeholder === 'card.cvv' ? card.cvv : undefined
    if (digits) {
      digitSlots.push({ at, digits, encoding: 'ascii', width: digits.length, pad: '0', padSide: 'left' })
      add(Buffer.alloc(digits.length, '0'))
    } else add(Buffer.from(written(slot, card, format), 'utf8'))
  }
  return { bytes: Buffer.concat(parts), slots: digitSlots }
}

export const usesOf = ({ slots }: Template) => new Set(slots.map(({ placeholder }) => placeholder))

const MAX_PLACEHOLDERS = 50

type Cut = { ok: true; texts: string[]; names: Placeholder[] } | { ok: false; rule: string }

function cutAtPlaceholders(body: string): Cut {
  const texts: string[] = []
  const names: Placeholder[] = []
  let from = 0
  for (;;) {
    const open = body.indexOf('{{', from)
    if (open < 0) break
    const close = body.indexOf('}}', open)
    if (close < 0) return { ok: false, rule: 'has a {{ without its }}' }
    const name = body.slice(open + 2, close).trim()
    const known = placeholders.find(placeholder => placeholder === name)
    if (!known) {
      // What is quoted could be anything; made of letters alone, it is no number.
      const told = /^[A-Za-z][A-Za-z._-]{0,39}$/.test(name)
        ? `an unknown placeholder, ${name}`
        : 'an unknown placeholder'
      return { ok: false, rule: `holds ${told}; known are ${placeholders.join(', ')}` }
    }
    texts.push(body.slice(from, open))
    names.push(known)
    from = close + 2
  }
  return { ok: true, texts: [...texts, body.slice(from)], names }
}

/** Whether a text that comes after this much JSON stands within quotes. */
function endsInsideText(json: string): boolean {
  let inside = false
  for (let at = 0; at < json.length; at++) {
    if (json[at] === '"') inside = !inside
    else if (inside && json[at] === '\\') at++
  }
  return inside
}

const isCalendar = (placeholder: Placeholder) => placeholder.startsWith('card.expiry')

/** Whether nothing but a number's value stands between these parts of JSON: beside another digit, 03 would be no 3. */
const isWholeNumber = (before = '', after = '') => /[:,[]\s*$/.test(before) && /^\s*[,}\]]/.test(after)

/** A number has no mark. It needs none: outside of quotes, nobody's text is read as anything. */
const standIn = ({ bare }: Slot, nth: number) => (bare ? '1' : markOf(nth))

function misplacedNumber(
  slots: readonly Slot[],
  found: readonly Marked[],
  numberAt: readonly string[],
): string | undefined {
  for (const [nth, { placeholder }] of slots.entries()) {
    if (!SECRET.includes(placeholder)) continue
    const [place, ...more] = found.filter(({ text }) => text.includes(markOf(nth)))
    const alone = place?.text === markOf(nth) && more.length === 0
    if (!place || !alone) return `must have {{${placeholder}}} as the whole value of a field`
    if (placeholder === 'card.number' && !numberAt.includes(place.at)) {
      return 'must have {{card.number}} only where the destination allows it: the operator lists the places in numberAt'
    }
  }
  return undefined
}

function written({ placeholder, bare }: Slot, { expiry, holderName = '' }: CardValues, format: BodyFormat): string {
  const number = (digits: string) => (bare ? String(Number(digits)) : digits)
  if (placeholder === 'card.expiryMonth') return number(expiry.month)
  if (placeholder === 'card.expiryYear') return number(expiry.year)
  if (placeholder === 'card.expiryYear4') return number(`20${expiry.year}`)
  return escaped(holderName, format)
}

/** A text that stays a text wherever it stands. Control characters become blanks: XML has none. */
function escaped(text: string, format: BodyFormat): string {
  const plain = text.replace(/[\p{Cc}\p{Cs}\ufffe\uffff]/gu, ' ')
  if (format === 'json') return JSON.stringify(plain).slice(1, -1)
  if (format === 'form') return encodeURIComponent(plain).replace(/[!'()*]/g, c => `%${c.charCodeAt(0).toString(16)}`)
  return plain.replace(/[&<>"']/g, c => `&#${c.charCodeAt(0)};`)
}
