/**
 * Between what the vault asks and the messages of an acquirer; pure. Where a dialect has its own places for things, the
 * profile's mapping says so. Source: ISO 8583:1987, card scheme practice.
 */
import { type Cvv, Pan } from '../../card-data/index.js'
import type { IssuerOutcome, MessageReference, ReverseOutcome, ReverseRequest, VerifyRequest } from '../connector.js'
import { isApproval } from '../response-codes.js'
import type { IncomingMessage, OutgoingMessage } from './dialect.js'
import { allowed, isAllowed } from './encodings.js'
import { type FieldGroup, type Profile, specAt } from './profile.js'
import type { AcquirerSettings } from './settings.js'
import {
  applies,
  freeTexts,
  type Material,
  reversalMaterial,
  type SourceName,
  verificationMaterial,
} from './sources.js'

type Message = OutgoingMessage | IncomingMessage
type Fields = Record<string, string | Pan | Cvv>

/**
 * What names a message: trace number, times in UTC and reference number.
 * @param stan  six digits
 * @param instant  when it is sent, in milliseconds since 1970
 * @throws RangeError when the trace number is not six digits other than 000000
 */
export function makeReference(stan: string, instant: number): MessageReference {
  if (!/^[0-9]{6}$/.test(stan) || stan === '000000') throw new RangeError('a trace number is 000001 to 999999')
  const at = new Date(instant)
  const two = (value: number) => String(value).padStart(2, '0')
  const localDate = two(at.getUTCMonth() + 1) + two(at.getUTCDate())
  const localTime = two(at.getUTCHours()) + two(at.getUTCMinutes()) + two(at.getUTCSeconds())
  const day = Math.floor((instant - Date.UTC(at.getUTCFullYear(), 0, 1)) / 86_400_000) + 1
  const rrn = `${at.getUTCFullYear() % 10}${String(day).padStart(3, '0')}${two(at.getUTCHours())}${stan}`
  return { stan, transmittedAt: localDate + localTime, localTime, localDate, rrn, at: String(instant) }
}

/**
 * A zero-amount check of a card, 0100.
 * @throws RangeError when the acquirer's settings or the request have something the profile has no place for
 */
export function verificationRequest(
  profile: Profile,
  acquirer: AcquirerSettings,
  request: VerifyRequest,
  reference: MessageReference,
): OutgoingMessage {
  const material = verificationMaterial(profile, acquirer, request, reference)
  return { mti: '0100', fields: fieldsOf(profile, profile.mapping.verification, material) }
}

/** Takes a message back, 0400 or 0401; the same but for the MTI however often it is repeated. */
export function reversal(profile: Profile, acquirer: AcquirerSettings, request: ReverseRequest): OutgoingMessage {
  const { first, repeat } = profile.mapping.reversalMti
  return {
    mti: request.repeat ? repeat : first,
    fields: fieldsOf(profile, profile.mapping.reversal, reversalMaterial(profile, acquirer, request)),
  }
}

function fieldsOf(profile: Profile, groups: readonly FieldGroup[], material: Material): Fields {
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

const garbled: IssuerOutcome = { kind: 'unknown', cause: 'garbled', sent: true }

/**
 * What the issuer said about a card, 0110.
 * @param question  the message that was asked; what its answer repeats must be the same
 */
export function readVerification(profile: Profile, answer: IncomingMessage, question?: OutgoingMessage): IssuerOutcome {
  const raw = responseCode(answer)
  if (answer.mti !== '0110' || raw === undefined) return garbled
  if (question && !answers(profile, question, answer)) return garbled
  const { answer: places } = profile.mapping
  const cvvResult = textAt(answer, places.cvvResult)
  const avsResult = textAt(answer, places.avsResult)
  if (!isApproval(raw)) return { kind: 'declined', raw, cvvResult, avsResult }
  const idParts = (places.networkTransactionId ?? []).map(path => textAt(answer, path))
  const networkTransactionId = idParts.includes(undefined) ? '' : idParts.join('')
  return {
    kind: 'approved',
    raw,
    authCode: textAt(answer, '38'),
    networkTransactionId: networkTransactionId || undefined,
    cvvResult,
    avsResult,
  }
}

/** Taken back (00), or nothing to do (21): the question has no effect any more. Source: ISO 8583:1987, DE39. */
const takenBack: ReadonlySet<string> = new Set(['00', '21'])

/** The message to take back is not there. It may still arrive: a reversal can overtake it on another connection. */
const NOT_FOUND = '25'

/**
 * What came of a reversal, 0410 or 0430. Any other code leaves open whether the question has an effect, also one that
 * will never be another (12, 14, 30, 94): the reversal is repeated until somebody is alarmed.
 */
export function readReversal(profile: Profile, answer: IncomingMessage, question?: OutgoingMessage): ReverseOutcome {
  const garbledReversal = { kind: 'unknown', cause: 'garbled', sent: true } as const
  const raw = responseCode(answer)
  if ((answer.mti !== '0410' && answer.mti !== '0430') || raw === undefined) return garbledReversal
  if (question && !answers(profile, question, answer)) return garbledReversal
  if (raw === NOT_FOUND) return { kind: 'not found', raw }
  return takenBack.has(raw) ? { kind: 'acknowledged', raw } : { kind: 'unknown', cause: `answered ${raw}`, sent: true }
}

/** DE39, when it is two characters as they should be. */
function responseCode({ fields }: IncomingMessage): string | undefined {
  const raw = fields['39']
  return raw !== undefined && /^[0-9A-Z]{2}$/.test(raw) ? raw : undefined
}

/** The text at a path, or `undefined` when it is not there or blank. */
function textAt({ fields }: IncomingMessage, path: string | undefined): string | undefined {
  return (path !== undefined && fields[path]?.trim()) || undefined
}

/** Whether what an answer repeats of a question is the same. Blanks that fill a field up do not count. */
function answers(profile: Profile, question: OutgoingMessage, answer: IncomingMessage): boolean {
  return profile.mapping.echoed.every(path => {
    const asked = question.fields[path]
    const said = answer.fields[path]
    if (asked === undefined || said === undefined) return true
    // Of a number the last four digits are all that can be compared.
    const expected = typeof asked === 'string' ? asked : asked instanceof Pan ? asked.masked : said
    return said.trimEnd() === expected.trimEnd()
  })
}

/** DE70. Source: ISO 8583:1987, network management information codes. */
const networkManagementCodes = { 'sign-on': '001', 'sign-off': '002', echo: '301' } as const

/** A message about the link itself, 0800. */
export function networkManagement(
  kind: keyof typeof networkManagementCodes,
  reference: MessageReference,
): OutgoingMessage {
  const { transmittedAt = '', stan = '' } = reference
  return { mti: '0800', fields: { 7: transmittedAt, 11: stan, 70: networkManagementCodes[kind] } }
}

/** Whether a 0810 says yes. */
export function readNetworkManagement(
  answer: IncomingMessage,
): { kind: 'accepted' } | { kind: 'refused'; raw: string } | { kind: 'garbled' } {
  const raw = responseCode(answer)
  if (answer.mti !== '0810' || raw === undefined) return { kind: 'garbled' }
  return raw === '00' ? { kind: 'accepted' } : { kind: 'refused', raw }
}

/** The 0810 to an 0800 of the other side; `undefined` for anything else it may ask. */
export function networkManagementAnswer({ mti, fields }: IncomingMessage): OutgoingMessage | undefined {
  if (mti !== '0800') return undefined
  const repeated = Object.fromEntries(
    ['7', '11', '70'].flatMap(path => (fields[path] === undefined ? [] : [[path, fields[path]]])),
  )
  return { mti: '0810', fields: { ...repeated, 39: '00' } }
}

/**
 * The same for a question, its repeats and their answers, and different for all others of a link and day: class of the
 * message, trace number (DE11) and time of transmission (DE7). What an answer repeats of the acquirer and the terminal
 * is compared when it is read, as not every host repeats it.
 */
export function matchKey({ mti, fields }: Message): string {
  const asked = Number(mti[2])
  return `${mti.slice(0, 2)}${asked - (asked % 2)}/${text(fields['11'])}/${text(fields['7'])}`
}

const text = (value: unknown) => (typeof value === 'string' ? value : '')
