/**
 * The fields of a message: written as a profile's mapping says, and read back from an answer. Pure.
 * Source: ISO 8583:1987.
 */
import { type Cvv, Pan } from '../../card-data/index.js'
import { applies } from './conditions.js'
import type { IncomingMessage, OutgoingMessage } from './dialect.js'
import { allowed, isAllowed } from './encodings.js'
import { type FieldGroup, type Profile, specAt } from './profile.js'
import { freeTexts, type Material, type SourceName } from './sources.js'

type Fields = Record<string, string | Pan | Cvv>

/**
 * What the groups of a mapping make of a material.
 * @throws RangeError when a text of the acquirer's settings or of the request goes to a place the profile does not have
 */
export function fieldsOf(profile: Profile, groups: readonly FieldGroup[], material: Material): Fields {
  const fields: Fields = {}
  for (const group of groups) {
    if (!applies(group.when, material)) continue
    for (const path in group.fields) {
      const value = composed(profile, path, group.fields[path]!, material)
      if (value !== undefined) fields[path] = value
    }
  }
  return fields
}

const placeholder = /\{([^}]+)\}/g

/** The value of a field, or `undefined` when something that belongs into it is not there. */
function composed(profile: Profile, path: string, pattern: string, material: Material): string | Pan | Cvv | undefined {
  if (!pattern.includes('{')) return pattern
  if (pattern.indexOf('}') === pattern.length - 1 && pattern.startsWith('{')) {
    const name = pattern.slice(1, -1) as SourceName
    const value = material[name]
    return typeof value === 'string' && freeTexts.has(name) ? fitText(profile, path, value) : value
  }
  let isWhole = true
  const text = pattern.replace(placeholder, (_, name: SourceName) => {
    const value = material[name]
    if (typeof value !== 'string') isWhole = false
    return typeof value === 'string' ? value : ''
  })
  return isWhole ? text : undefined
}

/** Text that people wrote, as a field can have it: without accents, strange characters as blanks, and cut. */
function fitText(profile: Profile, path: string, text: string): string {
  const spec = specAt(profile, path)
  if (!spec) throw new RangeError(`DE${path} is not in the profile`)
  const table = allowed[spec.kind]
  const plain = isAllowed(text, 'ans') ? text : text.normalize('NFKD').replace(/\p{M}/gu, '')
  let fitted = ''
  for (const character of plain) {
    if (fitted.length === spec.length) break
    const code = character.charCodeAt(0)
    fitted += character.length === 1 && code < 256 && table[code] ? character : ' '
  }
  return fitted
}

/** DE39, when it is two characters as they should be. */
export function responseCode({ fields }: IncomingMessage): string | undefined {
  const raw = fields['39']
  return raw !== undefined && /^[0-9A-Z]{2}$/.test(raw) ? raw : undefined
}

/** The text at a path, or `undefined` when it is not there or blank. */
export function textAt({ fields }: IncomingMessage, path: string | undefined): string | undefined {
  return (path !== undefined && fields[path]?.trim()) || undefined
}

/** Whether what an answer repeats of a question is the same. Blanks that fill a field up do not count. */
export function answers(profile: Profile, question: OutgoingMessage, answer: IncomingMessage): boolean {
  return profile.mapping.echoed.every(path => {
    const asked = question.fields[path]
    const said = answer.fields[path]
    if (asked === undefined || said === undefined) return true
    // Of a number the last four digits are all that can be compared.
    const expected = typeof asked === 'string' ? asked : asked instanceof Pan ? asked.masked : said
    return said.trimEnd() === expected.trimEnd()
  })
}

/** The MTI of the answer to a message and its repeats: 0110 to 0100, 0230 to 0221. Source: ISO 8583:1987, message types. */
export const answerMti = ({ mti }: OutgoingMessage) => `${mti.slice(0, 2)}${Number(mti[2]) + 1}0`
