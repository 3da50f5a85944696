import type { Keywords } from './elements.js'
import type { JsonValue } from './json-tree.js'
import { judge } from './judge.js'
import type { MessageDraft } from './messages.js'
import { keywordsOf } from './schemas.js'
import { isMessageType, isMessageVersion, type MessageCategory, messageCategories, newestVersion } from './versions.js'

/** A message of ours that must not be sent. Names elements, never values. */
export class UnwritableMessage extends Error {
  override name = 'UnwritableMessage'
}

/**
 * The JSON text of a message. Members that are `undefined` are left out; the order is that of the schema. Text that
 * needs no escapes stands as it is: `"acctNumber":"0000000000000000"`, at the top level once and nowhere else unless
 * an extension's `data` has such a member too.
 * @param category  of the authentication, for an ARes; AReq and RReq tell their own
 * @throws UnwritableMessage for null, an empty string, and whatever else a reader would refuse; also for an element
 *   that the message does not have in its version, which a reader would overlook
 */
export function writeMessage(message: MessageDraft, category?: MessageCategory): string {
  const tree = toTree(message, [])
  if (!(tree instanceof Map)) throw new UnwritableMessage('not a message')
  const type = tree.get('messageType')
  const version = tree.get('messageVersion')
  if (!isMessageType(type)) throw new UnwritableMessage('messageType')
  if (type !== 'Erro' && !isMessageVersion(version)) throw new UnwritableMessage(`${type}: messageVersion`)
  const told = messageCategories.find(one => one === tree.get('messageCategory'))
  const schema = keywordsOf(type, isMessageVersion(version) ? version : newestVersion, category ?? told ?? '02')
  const found = { missing: new Set<string>(), malformed: new Set<string>() }
  const written = judge(schema, tree, '', found)
  const unknown = unknownNames(schema, tree, '')
  const faults = [
    ...[...found.missing].map(name => `${name} is missing`),
    ...[...found.malformed].map(name => `${name} has a wrong format`),
    // A name of ours, not of a stranger: the objects that are written here are built by name.
    ...unknown.map(
      name => `${/^[A-Za-z.]{1,64}$/.test(name) ? name : 'an element'} is not in ${version} of this message`,
    ),
  ]
  if (faults.length > 0) throw new UnwritableMessage(`${type}: ${faults.join(', ')}`)
  return JSON.stringify(written)
}

/** Elements that the schema does not have, at any depth; what is inside of free-form data is not looked at. */
function unknownNames(schema: Keywords, value: JsonValue, path: string): string[] {
  if (Array.isArray(value)) return value.flatMap(item => unknownNames(schema.items ?? {}, item, path))
  const { properties } = schema
  if (!(value instanceof Map) || !properties) return []
  return [...value].flatMap(([name, member]) => {
    const at = path ? `${path}.${name}` : name
    return Object.hasOwn(properties, name) ? unknownNames(properties[name]!, member, at) : [at]
  })
}

/** A plain object as the reader would see it. */
function toTree(value: unknown, within: readonly unknown[]): JsonValue {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (typeof value !== 'object' || within.includes(value) || within.length > 32) {
    throw new UnwritableMessage('holds something that JSON has no word for')
  }
  const here = [...within, value]
  if (Array.isArray(value)) return value.map(item => toTree(item, here))
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return new Map(members.map(([name, member]) => [name, toTree(member, here)]))
}
