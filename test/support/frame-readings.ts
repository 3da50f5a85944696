/**
 * One frame as the vault's codec and as the simulator's codec read it, in the form in which judges are compared: each
 * element whole, and its parts by path. Test cards only: nothing is masked here, so that everything can be compared.
 */
import { readBitmapped, readMessage, type Values } from '../../apps/simulator/src/iso8583/codec.js'
import {
  type Bitmapped,
  de44Widths,
  de60Widths,
  de61Widths,
  de62,
  de63,
  de63Widths,
  de126,
  postcodeWidth,
  mastercardLike as simulatedMastercardLike,
  visaLike as simulatedVisaLike,
} from '../../apps/simulator/src/iso8583/dialects.js'
import { readPositions, readTagged } from '../../apps/simulator/src/iso8583/parts.js'
import { readOriginalData } from '../../apps/simulator/src/read-messages.js'
import { makeDialect } from '../../apps/vault/src/issuer/iso8583/codec.js'
import type { Dialect } from '../../apps/vault/src/issuer/iso8583/dialect.js'
import type { ElementSpec, Parts, Profile } from '../../apps/vault/src/issuer/iso8583/profile.js'
import { builtInProfiles } from '../../apps/vault/src/issuer/iso8583/profiles/index.js'

export type DialectName = 'mastercard-like' | 'visa-like'

export interface FrameReading {
  readonly mti: string
  /** By number, whole: text as it stands there, bytes as hex in capitals. */
  readonly elements: Readonly<Record<string, string>>
  /** Those that elements are divided into, by path: `48.22.5`, `126.10.3`. */
  readonly parts: Readonly<Record<string, string>>
}

/** A profile whose values are all shown. */
export function unguarded(profile: Profile): Profile {
  const open = <Spec extends { sensitivity?: unknown; parts?: Parts }>({ sensitivity: _, ...spec }: Spec): Spec =>
    (spec.parts ? { ...spec, parts: { ...spec.parts, fields: each(spec.parts.fields, open) } } : spec) as Spec
  return { ...profile, elements: each(profile.elements, open) }
}

/** The same without parts: each element is one text or one run of bytes. */
function undivided(profile: Profile): Profile {
  const { elements } = unguarded(profile)
  return { ...profile, elements: each(elements, ({ parts: _, ...spec }: ElementSpec) => spec) }
}

const each = <Made>(record: Readonly<Record<string, unknown>>, make: (value: never) => Made) =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, make(value as never)]))

const vaultDialects = Object.fromEntries(
  Object.entries(builtInProfiles).map(([name, profile]) => [
    name,
    { whole: makeDialect(undivided(profile)), divided: makeDialect(unguarded(profile)) },
  ]),
) as Record<DialectName, { whole: Dialect; divided: Dialect }>

/** @throws Error with what is wrong when it is no message */
export function readByVault(dialect: DialectName, frame: Buffer): FrameReading {
  const whole = decoded(vaultDialects[dialect].whole, frame)
  const { fields } = decoded(vaultDialects[dialect].divided, frame)
  const parts = Object.fromEntries(Object.entries(fields).filter(([path]) => path.includes('.')))
  return { mti: whole.mti, elements: whole.fields, parts }
}

function decoded(dialect: Dialect, frame: Buffer) {
  const read = dialect.decode(frame)
  if (!read.ok) throw new Error(read.problem)
  return read.message
}

/** @throws Error with what is wrong when it is no message */
export function readBySimulator(dialect: DialectName, frame: Buffer): FrameReading {
  const { mti, elements } = readMessage(frame, dialect === 'visa-like' ? simulatedVisaLike : simulatedMastercardLike)
  const read = inText(elements)
  const parts = dialect === 'visa-like' ? visaLikeParts(elements, read) : mastercardLikeParts(read)
  return { mti, elements: read, parts: { ...parts, ...originalParts(elements) } }
}

/** Whether the simulator takes a path apart. It has no use for who the merchant is, or for who passed a message on. */
export const isDividedBySimulator = (path: string) => !/^(43\.|90\.5$)/.test(path)

type Texts = Readonly<Record<string, string>>

const inText = (values: Values): Texts =>
  Object.fromEntries(
    [...values].map(([number, value]) => [
      number,
      typeof value === 'string' ? value : value.toString('hex').toUpperCase(),
    ]),
  )

function originalParts(elements: Values): Texts {
  if (!elements.has(90)) return {}
  const { stan, transmittedAt, acquirerId } = readOriginalData(elements)
  // It knows a message without its type, and does not mind zeros in front of an acquirer.
  const mti = String(elements.get(90)).slice(0, 4)
  return { '90.1': mti, '90.2': stan, '90.3': transmittedAt, '90.4': acquirerId.padStart(11, '0') }
}

const addressWidths = [postcodeWidth, 20]

function mastercardLikeParts(read: Texts): Texts {
  const additional = read['48']
  return {
    ...positions('61', read['61'], de61Widths),
    ...positions('63', read['63'], de63Widths),
    ...positions('120', read['120'], addressWidths),
    ...(additional !== undefined && { '48.TCC': additional.slice(0, 1), ...tagged('48', additional.slice(1)) }),
  }
}

/** Which subelements of DE48 hold subfields. */
const nested = ['48.22', '48.42', '48.66']

function tagged(path: string, text: string): Texts {
  return Object.fromEntries(
    [...readTagged(text)].flatMap(([id, value]) => {
      const key = `${path}.${Number(id)}`
      return nested.includes(key) ? Object.entries(tagged(key, value)) : [[key, value] as const]
    }),
  )
}

function visaLikeParts(elements: Values, read: Texts): Texts {
  const bitmapped = (number: number, layout: Bitmapped): Texts => {
    const bytes = elements.get(number)
    if (!Buffer.isBuffer(bytes)) return {}
    const values = Object.entries(inText(readBitmapped(bytes, layout, simulatedVisaLike)))
    return Object.fromEntries(values.map(([part, value]) => [`${number}.${part}`, value]))
  }
  const { '126.10': cvv, ...privateUse } = bitmapped(126, de126)
  return {
    ...positions('44', read['44'], de44Widths),
    ...positions('60', read['60'], de60Widths),
    ...positions('123', read['123'], addressWidths),
    ...bitmapped(62, de62),
    ...bitmapped(63, de63),
    ...privateUse,
    ...positions('126.10', cvv, [1, 1, 4]),
  }
}

function positions(path: string, text: string | undefined, widths: readonly number[]): Texts {
  if (text === undefined) return {}
  return Object.fromEntries([...readPositions(text, widths)].map(([part, value]) => [`${path}.${part}`, value]))
}
