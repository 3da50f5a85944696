/** JSON Schemas of the messages, made from their definitions. */
import type { TSchema } from 'typebox'
import type { ElementFacts, Keywords, Presence } from './elements.js'
import { definitions } from './messages.js'
import type { Rule } from './shared-elements.js'
import {
  type DeviceChannel,
  type MessageCategory,
  type MessageType,
  type MessageVersion,
  messageCategories,
  messageTypes,
  messageVersions,
} from './versions.js'

const categoryName = { '01': 'payment', '02': 'non-payment' } as const
const made = new Map<string, Keywords>()

/**
 * JSON Schema 2020-12 of a message. Elements that it does not name are allowed, as a reader ignores them.
 * @param _channel  02, browser: the only one that is spoken here
 * @param category  makes a difference to AReq, ARes and RReq; the others have one schema for both
 * @returns the same object each time; do not change it
 */
export function schemaOf(
  type: MessageType,
  version: MessageVersion,
  _channel: DeviceChannel = '02',
  category: MessageCategory = '02',
): TSchema {
  return keywordsOf(type, version, category) as TSchema
}

/** Every schema there is, by the name of its file: `AReq-2.2.0-browser-non-payment`. */
export function allSchemas(): Map<string, TSchema> {
  const all = messageTypes.flatMap(type =>
    messageVersions.flatMap(version =>
      messageCategories.map(
        category => [nameOf(type, version, category), schemaOf(type, version, '02', category)] as const,
      ),
    ),
  )
  return new Map(all)
}

/** `schemaOf`, as what our own reader works with. */
export function keywordsOf(type: MessageType, version: MessageVersion, category: MessageCategory): Keywords {
  const name = nameOf(type, version, category)
  const known = made.get(name)
  if (known) return known
  const schema = make(type, version, category, name)
  made.set(name, schema)
  return schema
}

function nameOf(type: MessageType, version: MessageVersion, category: MessageCategory): string {
  const { variants } = definitions[type]
  if (variants === 'none') return `${type}-${version}`
  return variants === 'channel' ? `${type}-${version}-browser` : `${type}-${version}-browser-${categoryName[category]}`
}

function make(type: MessageType, version: MessageVersion, category: MessageCategory, name: string): Keywords {
  const { elements, rules, variants } = definitions[type]
  const byCategory = variants === 'channel and category'
  const said = [type, `EMV 3DS ${version}`, variants !== 'none' && 'browser', byCategory && categoryName[category]]
  const shape = published({ type: 'object', properties: elements as Record<string, Keywords> }, version, category)
  const properties: Record<string, Keywords> = {
    ...shape.properties,
    ...(type !== 'Erro' && { messageVersion: constant(shape.properties!['messageVersion']!, version) }),
    ...(byCategory &&
      shape.properties!['messageCategory'] && {
        messageCategory: constant(shape.properties!['messageCategory']!, category),
      }),
  }
  const conditions = rules.filter(rule => applies(rule, version, category)).map(condition)
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `urn:coffer:emv3ds:${name}`,
    title: said.filter(Boolean).join(', '),
    ...shape,
    properties,
    ...(conditions.length > 0 && { allOf: conditions }),
  }
}

/** An element as it is in one version and category: without our own facts, and without members that it has elsewhere. */
function published(schema: Keywords, version: MessageVersion, category: MessageCategory): Keywords {
  const { emv, ...rest } = { ...schema, ...schema.emv?.narrower?.[version]?.keywords }
  const out: Keywords = { ...rest }
  if (schema.items) out.items = published(schema.items, version, category)
  if (schema.properties) {
    const there = Object.entries(schema.properties).filter(
      ([, member]) => presenceOf(member.emv, version, category) !== '-',
    )
    out.properties = Object.fromEntries(there.map(([name, member]) => [name, published(member, version, category)]))
    out.required = there.filter(([, member]) => presenceOf(member.emv, version, category) === 'R').map(([name]) => name)
    if (out.required.length === 0) delete out.required
  }
  return out
}

/** Whether an element is in a message, of the version and category. */
export function presenceOf(
  facts: ElementFacts | undefined,
  version: MessageVersion,
  category: MessageCategory,
): Presence {
  const presence = facts?.presence?.[version] ?? '-'
  return typeof presence === 'string' ? presence : presence[category === '01' ? 0 : 1]
}

function constant(schema: Keywords, value: string): Keywords {
  const { enum: _, ...rest } = schema
  return { ...rest, const: value }
}

const applies = (rule: Rule, version: MessageVersion, category: MessageCategory) =>
  (rule.versions?.includes(version) ?? true) && (rule.categories?.includes(category) ?? true)

function condition({ when, require, values }: Rule): Keywords {
  const held = Object.entries(values ?? {}).map(([name, allowed]) => [name, { enum: allowed }] as const)
  return {
    if: when as Keywords,
    // biome-ignore lint/suspicious/noThenProperty: it is the keyword's name, and no schema is ever awaited
    then: {
      ...(held.length > 0 && { properties: Object.fromEntries(held) }),
      ...(require && { required: require }),
    },
  }
}
