import type { Network } from '@coffer/test-cards'
import { isObject, readJson } from './json.js'
import { ProtocolError } from './protocol-error.js'
import type { ElementRule, SpokenVersion } from './rules.js'
import { spokenVersions } from './rules.js'
import type { Unchecked } from './unchecked.js'

/** A message that has been checked. Its elements are what their rules say, or are not there. */
export interface Checked {
  readonly version: SpokenVersion
  readonly all: Unchecked
  /** A required element, or one that is known to be there. */
  text(name: string): string
  /** An element that may be missing. */
  maybe(name: string): string | undefined
}

/**
 * Finds out what a message is, before anything else of it is looked at.
 * @throws ProtocolError 101 or 204
 */
export function readTyped<Type extends string>(
  bytes: Buffer,
  types: readonly Type[],
): { type: Type; message: Unchecked } {
  const message = readJson(bytes)
  const type = types.find(one => one === message['messageType'])
  if (type === undefined) throw new ProtocolError('101', 'messageType', message)
  return { type, message }
}

/**
 * Checks a message against its rules, in the order in which a fault excludes that the next one can be judged.
 * @throws ProtocolError 102 another version; 202 an extension that must be understood; 201 missing elements; 203
 *   elements of another format. The last two name all of them.
 */
export function checkMessage(message: Unchecked, rules: readonly ElementRule[], network: Network): Checked {
  const given = message['messageVersion']
  const version = isMissing(given) ? spokenVersions.at(-1)! : spokenVersions.find(one => one === given)
  if (version === undefined) throw new ProtocolError('102', 'messageVersion', message)
  checkExtensions(message)
  return checkElements(message, [versionRule, ...rules], { version, network })
}

/** That there is one; which one was looked at before. */
const versionRule: ElementRule = { name: 'messageVersion', holds: () => true, required: () => true }

/** Checks the elements alone. @throws ProtocolError 201 or 203 */
export function checkElements(
  message: Unchecked,
  rules: readonly ElementRule[],
  { version, network }: { version: SpokenVersion; network: Network },
): Checked {
  const of = { message, version, network }
  const missing = rules.filter(({ name, required }) => required(of) && isMissing(message[name]))
  if (missing.length > 0) throw new ProtocolError('201', namesOf(missing), message)
  // An optional element that is empty is no element: absent means absent.
  const wrong = rules.filter(
    ({ name, holds }) => name in message && message[name] !== undefined && !holds(message[name]),
  )
  if (wrong.length > 0) throw new ProtocolError('203', namesOf(wrong), message)

  const maybe = (name: string) => (typeof message[name] === 'string' ? message[name] : undefined)
  return { version, all: message, maybe, text: name => maybe(name)! }
}

/** No extension is known here, so a critical one is one that is not understood. */
function checkExtensions(message: Unchecked): void {
  const given = message['messageExtension']
  if (!Array.isArray(given)) return
  const malformed = given.some(
    one =>
      !isObject(one) ||
      !isText(one['name'], 64) ||
      !isText(one['id'], 64) ||
      typeof one['criticalityIndicator'] !== 'boolean' ||
      !isObject(one['data']),
  )
  if (malformed) throw new ProtocolError('203', 'messageExtension', message)
  const critical = given.filter(one => isObject(one) && one['criticalityIndicator'] === true) as Unchecked[]
  const ids = critical
    .map(one => String(one['id']))
    .map(id => (/^[\w.-]{1,64}$/.test(id) && !/\d{12}/.test(id) ? id : 'an extension'))
  if (critical.length > 0) throw new ProtocolError('202', ids.join(','), message)
}

const isText = (value: unknown, length: number) =>
  typeof value === 'string' && value.length > 0 && value.length <= length
const isMissing = (value: unknown) => value === undefined || value === null || value === ''
const namesOf = (rules: readonly ElementRule[]) => rules.map(({ name }) => name).join(',')
