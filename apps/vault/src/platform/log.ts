import { parseUrl } from '@coffer/antom'
import { type DestinationStream, pino } from 'pino'

/**
 * Everything a log line may say besides its event. A list of what is allowed, not of what is hidden: a card number, a
 * holder name or a token has no field to be in, however deep the object it came from.
 */
export interface LogFields {
  readonly requestId?: string | undefined
  readonly merchantId?: string | undefined
  readonly vaultingRequestId?: string | undefined
  readonly paymentRequestId?: string | undefined
  /** The id that a merchant gave what a line is about, where that may be a vaulting, a payment, a capture or a refund. */
  readonly subjectId?: string | undefined
  readonly route?: string | undefined
  readonly status?: string | number | undefined
  readonly resultCode?: string | undefined
  /** How long it took. */
  readonly ms?: number | undefined
  readonly keyVersion?: string | number | undefined
  readonly errorClass?: string | undefined
  readonly errorCode?: string | undefined
  readonly constraint?: string | undefined
  readonly table?: string | undefined
  readonly port?: number | undefined
  /** Logged as scheme, host and path only: user name, query and fragment may hold secrets. */
  readonly url?: string | undefined
  readonly attempt?: number | undefined
  readonly httpStatus?: number | undefined
  readonly count?: number | undefined
  /** A short reason from our own words, never the message of an error. */
  readonly cause?: string | undefined
}

/** `F`, if it has no field besides those of {@link LogFields}; a variable with one more does not compile either. */
export type OnlyLogFields<F> = F & { readonly [Name in Exclude<keyof F, keyof LogFields>]: never }

/** Writes one JSON line per call. */
export interface Log {
  /** @param event  what happened, in words that are the same each time; values go into the fields */
  info<F extends LogFields>(event: string, fields?: OnlyLogFields<F>): void
  warn<F extends LogFields>(event: string, fields?: OnlyLogFields<F>): void
  error<F extends LogFields>(event: string, fields?: OnlyLogFields<F>): void
  /** Gives a log whose lines all carry `fields`, unless a line says otherwise. */
  child<F extends LogFields>(fields: OnlyLogFields<F>): Log
  /**
   * How many card-like numbers were masked since the start, children included. More than none means that some caller
   * logs what it must not.
   */
  maskedCount(): number
}

/** What a log needs from outside. */
export interface LogOptions {
  /** The time, in milliseconds since 1970. */
  readonly now: () => number
  /** Takes whole lines, each with its line feed. Standard output unless told. */
  readonly stream?: { write(line: string): unknown }
  /** The lowest level that is written, `info` unless told. */
  readonly level?: 'info' | 'warn' | 'error' | 'silent'
}

/**
 * Makes a log: JSON lines with `level`, `ts` (UTC, milliseconds), `event` and the allowed fields.
 *
 * Values are cut at 200 characters, control characters are written out, and numbers that could be a card's are masked,
 * first in each value and once more in the finished line.
 */
export function makeLog(options: LogOptions): Log {
  const stream = options.stream ?? process.stdout
  let masked = 0
  const mask = (text: string) =>
    maskCardLike(text, () => {
      masked += 1
    })
  const lastNet: DestinationStream = { write: line => void stream.write(mask(line)) }
  const lines = pino(
    {
      level: options.level ?? 'info',
      base: null,
      timestamp: () => `,"ts":"${new Date(options.now()).toISOString()}"`,
      formatters: { level: label => ({ level: label }) },
    },
    lastNet,
  )
  const makeWith = (bound: Line): Log => {
    const line = (event: string, fields: object = {}) => ({
      event: tidy(event, mask),
      ...bound,
      ...allowed(fields, mask),
    })
    return {
      info: (event, fields) => lines.info(line(event, fields)),
      warn: (event, fields) => lines.warn(line(event, fields)),
      error: (event, fields) => lines.error(line(event, fields)),
      // Not pino's own child, which would write a field twice when a line says it again.
      child: fields => makeWith({ ...bound, ...allowed(fields, mask) }),
      maskedCount: () => masked,
    }
  }
  return makeWith({})
}

/**
 * What may be logged about anything that was thrown: its class, its code and, from PostgreSQL, the constraint and the
 * table. Never message, detail or stack, since those of a database error quote the row.
 */
export function errorFields(
  error: unknown,
): Pick<LogFields, 'errorClass' | 'errorCode' | 'constraint' | 'table'> & { readonly errorClass: string } {
  if (typeof error !== 'object' || error === null) return { errorClass: error === null ? 'null' : typeof error }
  const told = error as { code?: unknown; constraint?: unknown; table?: unknown }
  return {
    // The class, not `name`: that is an ordinary field, which anyone may have set to anything.
    errorClass: identifier(error.constructor?.name) ?? 'object',
    errorCode: identifier(told.code),
    constraint: identifier(told.constraint),
    table: identifier(told.table),
  }
}

type Line = Readonly<Record<string, string | number>>
type Mask = (text: string) => string

/** How each field is written. `satisfies` makes the compiler ask for an entry when a field is added above. */
const WRITERS = {
  requestId: tidy,
  merchantId: tidy,
  vaultingRequestId: tidy,
  paymentRequestId: tidy,
  subjectId: tidy,
  route: tidy,
  status: tidy,
  resultCode: tidy,
  ms: tidy,
  keyVersion: tidy,
  errorClass: tidy,
  errorCode: tidy,
  constraint: tidy,
  table: tidy,
  port: tidy,
  url: (text, mask) => tidy(bareUrl(text), mask),
  attempt: tidy,
  httpStatus: tidy,
  count: tidy,
  cause: tidy,
} satisfies Record<keyof LogFields, (text: string, mask: Mask) => string>

const MAX_LENGTH = 200

/** Copies the allowed fields that hold a string or a number. The types promise nothing about what arrives at run time. */
function allowed(fields: object, mask: Mask): Line {
  const line: Record<string, string | number> = {}
  for (const [name, write] of Object.entries(WRITERS)) {
    const value: unknown = Object.hasOwn(fields, name) ? fields[name as keyof typeof fields] : undefined
    if (typeof value === 'string') line[name] = write(value, mask)
    // A number as long as a card's is treated like text; masking it in the finished line would break the JSON.
    if (typeof value === 'number') line[name] = Math.abs(value) < 1e11 ? value : write(String(value), mask)
  }
  return line
}

function tidy(text: string, mask: Mask): string {
  // Masked before it is cut, or the cut could leave most of a card number that no longer looks like one. The margin is
  // longer than a number can be (19 digits with 18 blanks), and keeps the work small for a huge value.
  const written = writeOutControls(mask(text.slice(0, MAX_LENGTH + 64)))
  return written.length <= MAX_LENGTH ? written : `${written.slice(0, MAX_LENGTH - 1).replace(LONE_SURROGATE, '')}…`
}

const LONE_SURROGATE = /\p{Cs}/gu

/** Control characters, line and paragraph separators, marks that change the direction of text, lone surrogates. */
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Cs}]/gu

/**
 * Writes them as `\u{1b}`. JSON would escape some of them too, but whoever prints the value of a field would have the
 * terminal sequence or the forged line again.
 */
function writeOutControls(text: string): string {
  return text.replace(UNSAFE, character => `\\u{${character.codePointAt(0)!.toString(16)}}`)
}

function bareUrl(text: string): string {
  const url = parseUrl(text)
  return url === undefined ? 'not a URL' : `${url.protocol}//${url.host}${url.pathname}`
}

/** Codes and names of tables are words; anything else under these keys is a value that has no business here. */
function identifier(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && /^[\w.$-]{1,63}$/.test(value) ? value : undefined
}

/** Digits, alone or in groups with a single blank or dash between them. Either part can match in one way only. */
const DIGIT_GROUPS = /\d+(?:[ -]\d+)*/g

/** Masks what could be a card number: 12 to 19 digits that begin like a brand and pass Luhn. */
function maskCardLike(text: string, onHit: () => void): string {
  return text.replace(DIGIT_GROUPS, run => {
    if (run.length < 12) return run
    const parts = run.split(/([ -])/)
    for (let from = 0; from < parts.length; from += 2) {
      const to = endOfCardLike(parts, from)
      if (to === undefined) continue
      onHit()
      parts.splice(from, to - from + 1, '[card-like number masked]')
    }
    return parts.join('')
  })
}

/**
 * Where a card-like number that begins with group `from` ends. Not only whole runs count, else `12 4111…` or
 * `4111… 737` would hide a number behind its neighbour.
 */
function endOfCardLike(parts: readonly string[], from: number): number | undefined {
  if (!/^[234569]/.test(parts[from]!)) return undefined
  let digits = ''
  let end: number | undefined
  for (let to = from; to < parts.length; to += 2) {
    digits += parts[to]
    if (digits.length > 19) break
    if (digits.length >= 12 && passesLuhn(digits)) end = to
  }
  return end
}

function passesLuhn(digits: string): boolean {
  let sum = 0
  for (let place = 0; place < digits.length; place += 1) {
    const digit = Number(digits[digits.length - 1 - place])
    sum += place % 2 === 0 ? digit : digit > 4 ? digit * 2 - 9 : digit * 2
  }
  return sum % 10 === 0
}
