/** Messages for logs, and profiles for the reference. Neither can show a sensitive value. */
import { type FrameTemplate, Pan } from '../../card-data/index.js'
import type { IncomingMessage, OutgoingMessage } from './dialect.js'
import { MASKED } from './masking.js'
import { type ElementSpec, type PositionSpec, type Profile, specAt } from './profile.js'

/**
 * A message in one line: MTI, then `<path>=<value>`. A value is shown only where the profile says that anybody may see
 * it; a handle gives at most the last four digits. Of a frame no more than its size, as its bytes may hold anything.
 */
export function describeMessage(profile: Profile, message: OutgoingMessage | IncomingMessage | FrameTemplate): string {
  if ('slots' in message) return `${message.bytes.length} bytes with ${message.slots.length} places for digits`
  const { mti, fields } = message
  const shown = Object.entries(fields).map(([path, value]) => {
    if (typeof value !== 'string') return `${path}=${value instanceof Pan ? value.masked : MASKED}`
    const spec = specAt(profile, path)
    const sensitivity = spec ? (spec.sensitivity ?? 'none') : 'unknown'
    if (sensitivity === 'none') return `${path}=${value}`
    return `${path}=${sensitivity === 'pan' && /^\*{12}[0-9]{4}$/.test(value) ? value : MASKED}`
  })
  return [mti, ...shown].join(' ')
}

export interface ProfileRow {
  /** Its number, or its path where it is a part. */
  readonly element: string
  readonly name: string
  /** As ISO 8583 writes it, e.g. `n 12` or `ans ..25, LLVAR`. */
  readonly format: string
  readonly encoding: string
  /** How it is divided; empty where it is not. */
  readonly parts: string
  /** What may be done with the value; empty where anybody may see it. */
  readonly handling: string
}

const encodingNames = { ascii: 'ASCII', ebcdic: 'EBCDIC', bcd: 'BCD', binary: 'binary' } as const

const handlings = {
  none: '',
  pan: 'filled in while it is sent; last four digits on receipt',
  cvv: 'filled in while it is sent; masked on receipt',
  track: 'never sent; masked on receipt',
  pin: 'never sent; masked on receipt',
  expiry: 'masked on receipt',
} as const

/** Every element and part, in order. */
export function describeProfile(profile: Profile): ProfileRow[] {
  return Object.entries(profile.elements).flatMap(([number, spec]) => rowsOf(number, spec))
}

function rowsOf(path: string, spec: ElementSpec): ProfileRow[] {
  const encoding = encodingNames[spec.encoding]
  const length = spec.prefix && `, length ${encodingNames[spec.prefix.encoding]}`
  const own = { ...rowOf(path, spec), encoding: `${encoding}${length ?? ''}`, parts: partsText(spec) }
  if (!spec.parts) return [own]
  if (spec.parts.layout === 'positional') {
    return [own, ...Object.entries(spec.parts.fields).map(([key, part]) => partRow(`${path}.${key}`, part, encoding))]
  }
  const inner = Object.entries(spec.parts.fields).flatMap(([key, part]) => rowsOf(`${path}.${key}`, part))
  const lead = spec.parts.layout === 'tagged' ? spec.parts.lead : undefined
  return [own, ...(lead ? [partRow(`${path}.${lead.key}`, lead, encoding)] : []), ...inner]
}

const partRow = (path: string, spec: PositionSpec, encoding: string): ProfileRow => ({
  ...rowOf(path, spec),
  encoding,
  parts: '',
})

function rowOf(element: string, spec: ElementSpec | PositionSpec) {
  const { name, kind, length, sensitivity = 'none' } = spec
  const least = 'min' in spec ? spec.min : undefined
  const prefix = 'prefix' in spec ? spec.prefix : undefined
  const isOpen = prefix !== undefined || (least !== undefined && least < length)
  const range = isOpen ? `${least === undefined || least === length ? '' : least}..${length}` : `${length}`
  const form = prefix ? `, ${'L'.repeat(prefix.digits)}VAR` : ''
  return { element, name, format: `${kind} ${range}${form}`, handling: handlings[sensitivity] }
}

function partsText({ parts }: ElementSpec): string {
  if (!parts) return ''
  if (parts.layout === 'positional') return 'at fixed places'
  if (parts.layout === 'bitmapped') return `named by a bitmap of ${parts.bitmapBytes} bytes`
  const others = parts.others === 'skip' ? ', others are passed over' : ''
  return `number of ${parts.tagDigits} digits, length of ${parts.lengthDigits} digits${others}`
}
