/**
 * Finds the card number in what a destination answers, in any spelling that happens by accident.
 *
 * It looks for digits that agree with what everybody may know of the number: its first six or eight, its last four and
 * its length. The hidden digits are not asked. If they were, a caller could put guesses into fields that the destination
 * repeats, and read from an answer that is withheld, or not, which guess was right; and ten such calls would be enough.
 */
import { Buffer } from 'node:buffer'

/** What may be known of a card number. A `Pan` has it. */
export interface KnownDigits {
  readonly bin: string
  readonly lastFour: string
  readonly length: number
}

/** So many digits of a number may be missing at its ends, and it is still an echo. With fewer left, chance would decide. */
const MAY_BE_MISSING = 4

/** Whether a text holds the card number or nearly all of it. */
export function holdsNumber(text: string, card: KnownDigits): boolean {
  return spellingsOf(text).some(spelling => runsOf(spelling).some(run => holdsWindow(run, card)))
}

/**
 * Whether a text shows a security code: three or four digits in a field that is named like one. Three digits anywhere
 * else are there by chance.
 */
export function showsSecurityCode(text: string): boolean {
  return spellingsByEscape(text).some(spelling => SECURITY_CODE.test(spelling))
}

const SECURITY_CODE =
  /(?:cv[vcnd]2?(?:[_-]?(?:code|value|number))?|csc|security[_-]?code|verification[_-]?(?:code|value|number))\\*["']?\]?\s*(?:=>|[:=>])\s*\\*["']?[0-9]{3,4}(?![0-9A-Za-z.])/i

/** A run of digits is long enough to hold a window, and ends where something else than a separator stands. */
function holdsWindow(run: string, card: KnownDigits): boolean {
  const shortest = card.length - MAY_BE_MISSING
  const backwards = [...run].reverse().join('')
  for (const digits of [run, backwards]) {
    for (let from = 0; from + shortest <= digits.length; from++) {
      for (let missing = 0; missing <= MAY_BE_MISSING; missing++) {
        if (agrees(digits, from, missing, shortest, card)) return true
      }
    }
  }
  return false
}

/** Whether `count` digits from `from` on could be those of the number from its digit `missing` on. */
function agrees(digits: string, from: number, missing: number, count: number, card: KnownDigits): boolean {
  const { bin, lastFour, length } = card
  for (let nth = 0; nth < count; nth++) {
    const place = missing + nth
    const known = place < bin.length ? bin[place] : lastFour[place - (length - lastFour.length)]
    if (known !== undefined && known !== digits[from + nth]) return false
  }
  return true
}

/** What may stand between two digits. Letters, asterisks, quotes and brackets end a run, as masks do. */
const BLANK = /^[\s\p{Cf}\p{Cc}]$/u
const SIGN = /^[\p{Pd}._,'/\\|+]$/u

/** The digits of a text, as runs: between two of one run stand three characters at most, one sign among them. */
function runsOf(text: string): string[] {
  const runs: string[] = []
  let run = ''
  let apart = 0
  let signs = 0
  for (const character of text) {
    const digit = digitOf(character)
    if (digit !== undefined) {
      run += digit
      apart = 0
      signs = 0
      continue
    }
    if (run === '') continue
    const isSign = SIGN.test(character)
    apart++
    if (isSign) signs++
    if (apart > 3 || signs > 1 || !(isSign || BLANK.test(character))) {
      runs.push(run)
      run = ''
      apart = 0
      signs = 0
    }
  }
  runs.push(run)
  return runs.filter(({ length }) => length >= 8)
}

/** A decimal digit of any script, as 0 to 9. */
function digitOf(character: string): string | undefined {
  if (character >= '0' && character <= '9') return character
  if (character < '\u0600' || !/^\p{Nd}$/u.test(character)) return undefined
  // The ten digits of a script follow each other, and no two scripts adjoin once letters are made plain (NFKC).
  const code = character.codePointAt(0)!
  let value = 0
  while (value < 9 && /^\p{Nd}$/u.test(String.fromCodePoint(code - value - 1))) value++
  return String(value)
}

function spellingsOf(text: string): string[] {
  const plain = spellingsByEscape(text)
  return [...plain, ...plain.flatMap(spelling => [...base64In(spelling), ...hexIn(spelling)])]
}

/** The text, and what it says with its escapes undone once, twice and three times. */
function spellingsByEscape(text: string): string[] {
  const spellings = [text.normalize('NFKC')]
  for (let round = 0; round < 3; round++) {
    const last = spellings.at(-1)!
    const next = withoutEscapes(last).normalize('NFKC')
    if (next === last) break
    spellings.push(next)
  }
  return spellings
}

const ESCAPE =
  /%([0-9a-f]{2})|[%\\]u([0-9a-f]{4})|\\u\{([0-9a-f]{1,6})\}|\\x([0-9a-f]{2})|&#(?:x([0-9a-f]{1,6})|([0-9]{1,7}));?|&(nbsp|shy|zwj|zwnj|ensp|emsp|thinsp|hyphen|dash|ndash|mdash);/gi

/** Escapes of URLs, of JSON and JavaScript, and of HTML. Digits have one byte each, so what is broken does not matter. */
function withoutEscapes(text: string): string {
  return text.replace(ESCAPE, (all, url, unicode, braced, byte, hex, decimal, entity) => {
    if (entity) return ' '
    const code = decimal ? Number(decimal) : Number.parseInt(url ?? unicode ?? braced ?? byte ?? hex, 16)
    return code > 0 && code <= 0x1ffff && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : all
  })
}

/** What the text says where it could be base64, also over several lines: from each of the four places of a group. */
function base64In(text: string): string[] {
  const found: string[] = []
  for (const one of [text, text.replace(/\s|\\[rn]/g, '')]) {
    for (const [run] of one.matchAll(/[A-Za-z0-9+/_-]{11,}/g)) {
      for (let from = 0; from < 4; from++) found.push(Buffer.from(run.slice(from), 'base64').toString('latin1'))
    }
  }
  return found.filter(holdsDigits)
}

/** What the text says where it could be bytes in hexadecimal. */
function hexIn(text: string): string[] {
  const found: string[] = []
  for (const [run] of text.replace(/0x|\\x|[\s:,-]/gi, '').matchAll(/[0-9a-f]{16,}/gi)) {
    for (const from of [0, 1]) found.push(Buffer.from(run.slice(from), 'hex').toString('latin1'))
  }
  return found.filter(holdsDigits)
}

const holdsDigits = (text: string) => /[0-9](?:[^0-9]{0,3}[0-9]){7}/.test(text)
