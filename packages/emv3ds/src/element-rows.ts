/** The messages as rows, for documentation. */
import type { Keywords, Presence } from './elements.js'
import { definitions } from './messages.js'
import { presenceOf } from './schemas.js'
import { type MessageCategory, type MessageType, type MessageVersion, messageVersions } from './versions.js'

/** An element of a message. */
export interface ElementRow {
  /** Nested ones as `messageExtension.id`. */
  readonly name: string
  readonly format: string
  readonly meaning: string
  readonly presence: Readonly<Record<MessageVersion, Readonly<Record<MessageCategory, Presence>>>>
}

/** A message: its elements, and its conditions in words. */
export interface MessageReference {
  readonly elements: readonly ElementRow[]
  readonly conditions: ReadonlyArray<{
    readonly elements: readonly string[]
    readonly when: string
    readonly versions: readonly MessageVersion[]
    readonly categories: readonly MessageCategory[]
  }>
}

/** What there is to say about a message, from its definition. */
export function messageReference(type: MessageType): MessageReference {
  const { elements, rules } = definitions[type]
  return {
    elements: rowsOf(elements as Readonly<Record<string, Keywords>>, ''),
    conditions: rules.map(({ says, require, versions, categories }) => ({
      elements: require ?? [],
      when: says,
      versions: versions ?? messageVersions,
      categories: categories ?? ['01', '02'],
    })),
  }
}

function rowsOf(elements: Readonly<Record<string, Keywords>>, path: string): ElementRow[] {
  return Object.entries(elements).flatMap(([name, element]) => {
    const at = path ? `${path}.${name}` : name
    const row = {
      name: at,
      format: formatOf(element),
      meaning: element.description ?? '',
      presence: {
        '2.1.0': { '01': presenceOf(element.emv, '2.1.0', '01'), '02': presenceOf(element.emv, '2.1.0', '02') },
        '2.2.0': { '01': presenceOf(element.emv, '2.2.0', '01'), '02': presenceOf(element.emv, '2.2.0', '02') },
      },
    }
    return [row, ...rowsOf(element.properties ?? element.items?.properties ?? {}, at)]
  })
}

function formatOf({ emv }: Keywords): string {
  const older = messageVersions.flatMap(version => {
    const narrower = emv?.narrower?.[version]
    return narrower ? [`; in ${version} ${narrower.form}`] : []
  })
  return `${emv?.form ?? ''}${older.join('')}`
}
