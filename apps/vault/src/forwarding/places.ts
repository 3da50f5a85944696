/** Where marked values stand in a body, and whether the body is well-formed as far as that can be told with certainty. */
import { Buffer } from 'node:buffer'
import { type Json, readJsonObject } from '../platform/json.js'

/** What a content type makes of a body. */
export type BodyFormat = 'json' | 'form' | 'xml'

/** A value with a mark in it. */
export interface Marked {
  /**
   * In JSON a pointer (RFC 6901), in a form the field's name, in XML the names of the elements from the root, with `@`
   * and a name for an attribute. Empty where the value has no place of its own.
   */
  readonly at: string
  readonly text: string
}

/**
 * What stands for the nth value while a body is judged. These are characters that may stand in texts and nowhere else:
 * they are no part of a name, an escape, a reference or a number. So a body that can be read with marks is one in which
 * every value is a text, whoever chose it.
 */
export const markOf = (nth: number) => `\ue000${nth}\ue001`

/** Whether a text holds a mark, or what could be taken for one. */
export const holdsMark = (text: string) => /[\ue000\ue001]/.test(text)

/**
 * @returns the values with marks, or what is wrong with the body, in words that follow "the body …". A mark anywhere
 *   else than in a value is wrong
 */
export function placesInBody(format: BodyFormat, body: string): readonly Marked[] | string {
  const found = format === 'json' ? ofJson(body) : format === 'form' ? ofForm(body) : ofXml(body)
  return typeof found === 'string' ? found : found.filter(({ text }) => holdsMark(text))
}

const IN_A_NAME = 'holds a placeholder in the name of a field, where only values may have one'

function ofJson(body: string): Marked[] | string {
  // The reader of the API: a field given twice would be one thing to us and another to the destination.
  const reading = readJsonObject(Buffer.from(body, 'utf8'), { maxFields: 2_000 })
  if (!reading.ok) return reading.problem
  const found: Marked[] = []
  const names: string[] = []
  const walk = (value: Json, at: string) => {
    if (typeof value === 'string') found.push({ at, text: value })
    else if (Array.isArray(value)) for (const [nth, item] of value.entries()) walk(item, `${at}/${nth}`)
    else if (value instanceof Map) {
      for (const [name, inner] of value) {
        names.push(name)
        walk(inner, `${at}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`)
      }
    }
  }
  walk(reading.value, '')
  return names.some(holdsMark) ? IN_A_NAME : found
}

/**
 * What may stand in a form as it is. Encoders write no more than this; a `;` separates fields for some readers, letters
 * outside of ASCII depend on the reader's charset, and with quotes or angle brackets a form can be JSON or XML as well.
 */
const NOT_ENCODED = /[^A-Za-z0-9._~!$'()*+,:@/?%[\]&=\ue000\ue001-]/

/** As deep as JSON may be. */
const MAX_BRACKETS = 16

/** A form that all readers read alike; `URLSearchParams` takes anything, and others take it differently. */
function ofForm(body: string): Marked[] | string {
  if (NOT_ENCODED.test(body)) return 'is not a form: it holds a character that is not percent-encoded'
  if (body.startsWith('?')) return 'is not a form: some readers drop the ? in front of it, and others do not'
  const found: Marked[] = []
  const names = new Set<string>()
  for (const field of body.split('&')) {
    const [name, value, ...more] = field.split('=').map(decoded)
    // Some decode a + in names, and some do not.
    if (!name || value === undefined || more.length > 0 || /^[^=]*\+/.test(field)) {
      return 'is not a form: each field must be a name without +, one = and a value, percent-encoded in UTF-8'
    }
    if (holdsMark(name)) return IN_A_NAME
    if (names.has(name) && !name.endsWith('[]')) return 'holds a field twice'
    names.add(name)
    // With a slash in front the operator means JSON or XML, whatever a field is called.
    found.push({ at: name.startsWith('/') ? '' : name, text: value })
  }
  for (const name of names) {
    const brackets = [...name.matchAll(/\[/g)]
    if (brackets.length > MAX_BRACKETS) return 'is nested too deeply'
    // `card=x&card[number]=…`: the last one for some, a list of both for others.
    if (brackets.some(({ index }) => names.has(name.slice(0, index))))
      return 'holds a field as a value and as an object'
  }
  return found
}

/** @returns nothing where the encoding is broken, or is not of UTF-8 */
function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}

/** Blanks of XML. JavaScript knows more, which to XML are letters. */
const BLANK = '[ \\t\\r\\n]'
const NAME = '[A-Za-z_][A-Za-z0-9_.:-]*'
const TAG = new RegExp(
  `^<(/?)(${NAME})((?:${BLANK}+${NAME}${BLANK}*=${BLANK}*(?:"[^"<>]*"|'[^'<>]*'))*)${BLANK}*(/?)>$`,
)
const ATTRIBUTE = new RegExp(`(${NAME})${BLANK}*=${BLANK}*(?:"([^"]*)"|'([^']*)')`, 'g')
const BLANKS = new RegExp(`^${BLANK}*$`)

const UTF_8 = '[Uu][Tt][Ff]-8'
/** Of encodings UTF-8 alone: in others, such as UTF-7, the same bytes have other elements. */
const PROLOG = new RegExp(
  `^<\\?xml${BLANK}+version${BLANK}*=${BLANK}*("1\\.[01]"|'1\\.[01]')` +
    `(${BLANK}+encoding${BLANK}*=${BLANK}*("${UTF_8}"|'${UTF_8}'))?` +
    `(${BLANK}+standalone${BLANK}*=${BLANK}*("(yes|no)"|'(yes|no)'))?${BLANK}*\\?>`,
)

/** What no text of XML holds: most control characters, the end of a CDATA, and an & that begins no known reference. */
const NOT_IN_XML =
  /(?![\t\r\n])[\p{Cc}\p{Cs}\ufffe\uffff]|\]\]>|&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});)/u

const NO_TAG =
  'is not XML in the form that is taken here: no DOCTYPE, comment, CDATA or instruction, and no placeholder in a name'
const UNBALANCED = 'is not XML: its elements do not end as they begin'

/** An element whose end has not come yet, with the text that stands in it so far. */
interface OpenElement {
  readonly name: string
  readonly at: string
  text: string
  hasChildren: boolean
}

/** XML without what moves or hides text: no DOCTYPE, comment, CDATA and no processing instruction but the first. */
function ofXml(body: string): Marked[] | string {
  const xml = body.replace(PROLOG, '')
  if (NOT_IN_XML.test(xml)) return 'is not XML: it holds a control character, a ]]> or an & that is not written &amp;'
  const found: Marked[] = []
  const open: OpenElement[] = []
  let roots = 0
  for (const [piece] of xml.matchAll(/<[^<>]*>?|[^<]+/g)) {
    const parent = open.at(-1)
    if (!piece.startsWith('<')) {
      if (parent) parent.text += piece
      else if (!BLANKS.test(piece)) return 'is not XML: it has text outside of its root'
      continue
    }
    const [, closing, name, written = '', empty] = TAG.exec(piece) ?? []
    if (name === undefined) return NO_TAG
    if (closing) {
      if (parent?.name !== name || written || empty) return UNBALANCED
      open.pop()
      // Beside a child element, a text is not the element's whole value.
      found.push({ at: parent.hasChildren ? '' : parent.at, text: withoutBlanks(parent.text) })
      continue
    }
    if (parent) parent.hasChildren = true
    else if (++roots > 1) return 'is not XML: it has two roots'
    const at = `${parent?.at ?? ''}/${name}`
    const attributes = [...written.matchAll(ATTRIBUTE)]
    if (new Set(attributes.map(([, attribute]) => attribute)).size < attributes.length) {
      return 'is not XML: it holds an attribute twice'
    }
    for (const [, attribute, one, other] of attributes) {
      found.push({ at: `${at}/@${attribute}`, text: one ?? other ?? '' })
    }
    if (!empty) open.push({ name, at, text: '', hasChildren: false })
  }
  return open.length > 0 || roots === 0 ? UNBALANCED : found
}

/** Without what stands around it. Not by a pattern: one for the end takes the square of a long run of blanks. */
function withoutBlanks(text: string): string {
  let from = 0
  let to = text.length
  while (from < to && BLANKS.test(text.charAt(from))) from++
  while (to > from && BLANKS.test(text.charAt(to - 1))) to--
  return text.slice(from, to)
}
