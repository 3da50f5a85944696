/** Where marked values stand in a body, and whether the body is well-formed as far as that can be told with certainty. */
import { Buffer } from 'node:buffer'
import { type Json, readJsonObject } from '../platform/json.js'

/** What a content type makes of a body. */
export type BodyFormat = 'json' | 'form' | 'xml'

/** A value, or a name, with a mark in it. */
export interface Marked {
  /**
   * In JSON a pointer (RFC 6901), in a form the field's name, in XML the names of the elements from the root, with `@` and
   * a name for an attribute. Of a marked name in place of a value: no place at all.
   */
  readonly at: string
  readonly text: string
}

/**
 * @param mark  the character that marks what is looked for
 * @returns what is marked, or what is wrong with the body, in words that follow "the body …"
 */
export function placesInBody(format: BodyFormat, body: string, mark: string): readonly Marked[] | string {
  const found = format === 'json' ? ofJson(body) : format === 'form' ? ofForm(body) : ofXml(body)
  return typeof found === 'string' ? found : found.filter(({ text }) => text.includes(mark))
}

function ofJson(body: string): Marked[] | string {
  // The reader of the API: a field given twice would be one thing to us and another to the destination.
  const reading = readJsonObject(Buffer.from(body, 'utf8'), { maxFields: 2_000 })
  if (!reading.ok) return reading.problem
  const found: Marked[] = []
  const walk = (value: Json, at: string) => {
    if (typeof value === 'string') found.push({ at, text: value })
    else if (Array.isArray(value)) for (const [nth, item] of value.entries()) walk(item, `${at}/${nth}`)
    else if (value instanceof Map) {
      for (const [name, inner] of value) {
        found.push({ at: '', text: name })
        walk(inner, `${at}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`)
      }
    }
  }
  walk(reading.value, '')
  return found
}

function ofForm(body: string): Marked[] | string {
  if (/[\p{Cc} ]/u.test(body)) return 'is not a form: it holds blanks or control characters that are not encoded'
  const pairs = [...new URLSearchParams(body)]
  return pairs.flatMap(([name, value]) => [
    { at: '', text: name },
    { at: name, text: value },
  ])
}

const NAME = '[A-Za-z_][A-Za-z0-9_.:-]*'
const TAG = new RegExp(`^<(/?)(${NAME})((?:\\s+${NAME}\\s*=\\s*(?:"[^"<>]*"|'[^'<>]*'))*)\\s*(/?)>$`)
const ATTRIBUTE = new RegExp(`(${NAME})\\s*=\\s*(?:"([^"]*)"|'([^']*)')`, 'g')

/** Of encodings UTF-8 alone: in others, such as UTF-7, the same bytes have other elements. */
const PROLOG =
  /^\s{0,9}<\?xml\s+version\s*=\s*["']1\.[01]["'](\s+encoding\s*=\s*["']utf-8["'])?(\s+standalone\s*=\s*["'](yes|no)["'])?\s*\?>/i

/** XML without what moves or hides text: no DOCTYPE, no comment, no CDATA and no processing instruction but the first. */
function ofXml(body: string): Marked[] | string {
  const text = body.replace(PROLOG, '')
  const found: Marked[] = []
  const open: string[] = []
  let roots = 0
  let wasEmptied = false
  for (const [piece] of text.matchAll(/<[^<>]*>?|[^<]+/g)) {
    if (!piece.startsWith('<')) {
      if (open.length === 0 && piece.trim() !== '') return 'is not XML: it has text outside of its root'
      // Beside a child element, a text is not the element's whole value.
      if (piece.trim() !== '') found.push({ at: wasEmptied ? '' : `/${open.join('/')}`, text: piece.trim() })
      continue
    }
    const [, closing, name, attributes = '', empty] = TAG.exec(piece) ?? []
    if (name === undefined)
      return 'is not XML in the form that is taken here: no DOCTYPE, comment, CDATA or instruction'
    if (closing) {
      if (open.pop() !== name || attributes.trim() !== '') return 'is not XML: its elements do not end as they begin'
      wasEmptied = true
      continue
    }
    if (open.length === 0 && ++roots > 1) return 'is not XML: it has two roots'
    const at = `/${[...open, name].join('/')}`
    for (const [, attribute, one, other] of attributes.matchAll(ATTRIBUTE)) {
      found.push({ at: `${at}/@${attribute}`, text: one ?? other ?? '' })
    }
    if (!empty) open.push(name)
    wasEmptied = Boolean(empty)
  }
  return open.length > 0 || roots === 0 ? 'is not XML: its elements do not end as they begin' : found
}
