/**
 * Reads a profile that an operator wrote. All problems are told at once, each with the path of its key, the rule and, for
 * a choice, what there is to choose from.
 */
import { Entry } from './json-entry.js'
import { checkMapping } from './mapping-reader.js'
import type { Encoding, Profile } from './profile.js'

export type ReadProfile = { ok: true; profile: Profile } | { ok: false; problems: string[] }

/** @param json  what came out of `JSON.parse` */
export function readProfile(json: unknown): ReadProfile {
  const problems: string[] = []
  const profile = new Entry(json, 'profile', problems)
  if (!profile.hasOnly('name', 'about', 'framing', 'mti', 'bitmap', 'elements', 'mapping'))
    return { ok: false, problems }
  profile.text('name', /^[a-z0-9][a-z0-9-]{0,39}$/, 'be lower case letters, digits and hyphens, at most 40')
  profile.text('about', /^[\s\S]{1,500}$/, 'be a text of at most 500 characters')
  profile.choice('mti', ['ascii', 'ebcdic', 'bcd'])
  profile.choice('bitmap', ['binary', 'hex'])
  checkFraming(profile.entry('framing'))
  checkElements(profile.entry('elements'))
  // Places in the mapping make sense only where the elements do.
  if (problems.length === 0) checkMapping(profile.entry('mapping'), json as Profile)
  return problems.length === 0 ? { ok: true, profile: json as Profile } : { ok: false, problems }
}

/** The most that the four digits and two bytes of a length can tell, and what one draft of a frame may take. */
const LONGEST_FRAME = 9_999
const LONGEST_ELEMENT = 999

function checkFraming(framing: Entry) {
  if (!framing.hasOnly('length', 'tpdu', 'header', 'acceptedHeaders', 'maxFrame')) return
  framing.choice('length', ['binary2', 'bcd2', 'ascii4', 'vml4'])
  if (framing.has('tpdu')) framing.text('tpdu', /^60[0-9A-F]{8}$/, 'be ten hex digits in capitals that begin with 60')
  const header = /^[ -~]{1,40}$/
  if (framing.has('header')) framing.text('header', header, 'be 1 to 40 printable characters')
  if (framing.has('maxFrame')) framing.number('maxFrame', 64, LONGEST_FRAME)
  if (!framing.has('acceptedHeaders')) return
  const others = framing.at('acceptedHeaders')
  if (!framing.has('header') || !Array.isArray(others) || !others.every(text => header.test(String(text)))) {
    framing.problem('.acceptedHeaders must be a list of texts, beside a header')
  }
}

/** Elements whose values are secret in every dialect. Source: ISO 8583:1987, PCI DSS 3.3. */
const guarded: Readonly<Record<string, string>> = {
  2: 'pan',
  14: 'expiry',
  35: 'track',
  36: 'track',
  45: 'track',
  52: 'pin',
  55: 'track',
}

function checkElements(elements: Entry) {
  if (!elements.hasOnly(...elements.keys())) return
  for (const number of elements.keys()) {
    const element = elements.entry(number)
    if (!/^([2-9]|[1-9][0-9]|1[01][0-9]|12[0-8])$/.test(number) || number === '65') {
      element.problem('is no data element: they are 2 to 64 and 66 to 128')
    }
    const wanted = guarded[number]
    if (wanted && element.at('sensitivity') !== wanted) element.problem(`must have the sensitivity ${wanted}`)
    checkElement(element, 'message')
  }
  for (const number of ['2', '7', '11', '39']) {
    if (!elements.has(number)) elements.problem(`must have element ${number}`)
  }
}

/** @param within  a part between tags has no length of its own */
function checkElement(element: Entry, within: 'message' | 'tagged' | 'bitmapped') {
  const keys = ['name', 'kind', 'encoding', 'length', 'min', 'padding', 'sensitivity', 'parts']
  if (!element.hasOnly(...keys, ...(within === 'tagged' ? [] : ['prefix']))) return
  checkCommon(element, ['n', 'a', 'an', 'ans', 'b', 'z'])
  const isBinary = element.at('kind') === 'b'
  element.choice(
    'encoding',
    isBinary ? ['binary'] : isDigits(element) ? ['ascii', 'ebcdic', 'bcd'] : ['ascii', 'ebcdic'],
  )
  const length = element.number('length', 1, LONGEST_ELEMENT)
  const min = element.has('min') ? element.number('min', 1, length ?? LONGEST_ELEMENT) : undefined
  if (element.has('prefix')) checkPrefix(element.entry('prefix'), length, element.at('encoding') === 'bcd')
  const isOpen = element.has('prefix') || (min !== undefined && min < (length ?? 0))
  if (within !== 'tagged' && !element.has('prefix') && min !== undefined && min !== length) {
    element.problem('.min is for elements with a prefix: without one the length is fixed')
  }
  const needsPairs = within === 'tagged' && element.at('encoding') === 'bcd' && isOpen
  if (needsPairs) element.problem('cannot be BCD of variable length: a length in bytes does not tell its digits')
  if (element.at('sensitivity') === 'pan' && isBinary) element.problem('cannot be bytes: a number is digits')
  if (element.has('parts')) checkParts(element.entry('parts'), element)
}

const isDigits = (entry: Entry) => entry.at('kind') === 'n' || entry.at('kind') === 'z'

function checkCommon(entry: Entry, kinds: readonly string[]) {
  entry.text('name', /^[\s\S]{1,80}$/, 'be a text of at most 80 characters')
  entry.choice('kind', kinds)
  if (entry.has('sensitivity')) entry.choice('sensitivity', ['none', 'pan', 'cvv', 'track', 'pin', 'expiry'])
  if (!entry.has('padding')) return
  const padding = entry.entry('padding')
  if (!padding.hasOnly('with', 'side')) return
  const isBcd = entry.at('encoding') === 'bcd'
  padding.choice('with', isBcd ? ['0', 'F'] : ['0', ' '])
  padding.choice('side', ['left', 'right'])
  if (padding.at('with') === ' ' && isDigits(entry))
    padding.problem('.with is a blank, which kind n has not: use kind ans')
  if (padding.at('with') === '0' && entry.at('kind') === 'a') padding.problem('.with is a digit, which kind a has not')
}

function checkPrefix(prefix: Entry, length: number | undefined, isBcd: boolean) {
  if (!prefix.hasOnly('digits', 'encoding', 'counts')) return
  const encodings: Encoding[] = ['ascii', 'ebcdic', 'bcd', 'binary']
  prefix.choice('digits', [1, 2, 3])
  prefix.choice('encoding', encodings)
  prefix.choice('counts', ['units', 'bytes'])
  const digits = Number(prefix.at('digits'))
  const most = prefix.at('encoding') === 'binary' ? (digits === 3 ? LONGEST_ELEMENT : 255) : 10 ** digits - 1
  const counted = isBcd && prefix.at('counts') === 'bytes' ? Math.ceil((length ?? 0) / 2) : (length ?? 0)
  if (counted > most) prefix.problem(`tells at most ${most}, and the element may have ${counted}`)
}

function checkParts(parts: Entry, element: Entry) {
  const layout = parts.at('layout')
  if (element.has('sensitivity') && element.at('sensitivity') !== 'none') {
    element.problem('has parts: give each part its sensitivity, and the element none')
  }
  if (layout === 'positional') checkPositional(parts, element)
  else if (layout === 'tagged') checkTagged(parts)
  else if (layout === 'bitmapped') checkBitmapped(parts)
  else parts.choice('layout', ['positional', 'tagged', 'bitmapped'])
  const counts = element.entry('prefix').at('counts')
  if (layout !== 'positional' && element.at('encoding') === 'bcd' && counts === 'units') {
    element.problem('has parts of their own length: its prefix must count bytes')
  }
}

function numbered(fields: Entry, most: number): boolean {
  if (!fields.hasOnly(...fields.keys())) return false
  if (fields.keys().length === 0) fields.problem('must have at least one part')
  for (const key of fields.keys()) {
    if (!/^(0|[1-9][0-9]{0,2})$/.test(key) || Number(key) > most) fields.problem(`.${key} is no number up to ${most}`)
  }
  return true
}

function checkPositional(parts: Entry, element: Entry) {
  if (!parts.hasOnly('layout', 'fields')) return
  const fields = parts.entry('fields')
  if (!numbered(fields, 99)) return
  const isBcd = element.at('encoding') === 'bcd'
  let sum = 0
  for (const key of fields.keys()) {
    const part = fields.entry(key)
    checkPosition(part)
    const isFilled = part.at('sensitivity') === 'pan' || part.at('sensitivity') === 'cvv'
    const length = Number(part.at('length')) || 0
    if (isBcd && isFilled && (sum % 2 || length % 2))
      part.problem('must lie on whole bytes: digits are filled in there')
    if (isBcd && !isDigits(part)) part.problem('must be of kind n or z, as the element is BCD')
    sum += length
  }
  if (sum !== element.at('length')) element.problem(`.length must be that of its parts together, ${sum}`)
  if (element.at('kind') === 'b') element.problem('cannot be bytes and have parts at fixed places')
}

function checkPosition(part: Entry, ...more: string[]) {
  if (!part.hasOnly('name', 'kind', 'length', 'padding', 'sensitivity', ...more)) return
  checkCommon(part, ['n', 'a', 'an', 'ans', 'z'])
  part.number('length', 1, LONGEST_ELEMENT)
}

function checkTagged(parts: Entry) {
  if (!parts.hasOnly('layout', 'encoding', 'tagDigits', 'lengthDigits', 'lead', 'fields', 'others')) return
  parts.choice('encoding', ['ascii', 'ebcdic'])
  parts.choice('tagDigits', [1, 2, 3])
  parts.choice('lengthDigits', [2, 3])
  parts.choice('others', ['refuse', 'skip'])
  if (parts.has('lead')) {
    const lead = parts.entry('lead')
    lead.text('key', /^[A-Z]{1,8}$/, 'be 1 to 8 capital letters')
    checkPosition(lead, 'key')
  }
  const fields = parts.entry('fields')
  if (!numbered(fields, 10 ** (Number(parts.at('tagDigits')) || 1) - 1)) return
  for (const key of fields.keys()) checkElement(fields.entry(key), 'tagged')
}

function checkBitmapped(parts: Entry) {
  if (!parts.hasOnly('layout', 'bitmapBytes', 'fields')) return
  const bytes = parts.number('bitmapBytes', 1, 16) ?? 16
  const fields = parts.entry('fields')
  if (!numbered(fields, bytes * 8)) return
  if (fields.has('0')) fields.problem('.0 is no bit: they are counted from 1')
  for (const key of fields.keys()) checkElement(fields.entry(key), 'bitmapped')
}
