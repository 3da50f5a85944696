import { type Keywords, UUID_PATTERN } from './elements.js'
import { NotReadable } from './json-scanner.js'
import { type JsonValue, type Path, readJson } from './json-tree.js'
import { judge } from './judge.js'
import { definitions, type MessageOf } from './messages.js'
import { type Problem, problemOf, type TransactionIds } from './problem.js'
import { keywordsOf } from './schemas.js'
import {
  isMessageType,
  isMessageVersion,
  type MessageCategory,
  type MessageType,
  type MessageVersion,
  messageCategories,
  messageVersions,
} from './versions.js'

/** What the reader of a message knows about it beforehand. */
export interface Expected<T extends MessageType> {
  /** The messages that are taken here; any other is 101. `Erro` has to be named too. */
  readonly types: readonly T[]
  /** Version of the message that this one answers; another one is 203. Not held against an Erro. */
  readonly version?: MessageVersion
  /** Category of the authentication. AReq and RReq tell their own, and another one is 203; an ARes does not tell. */
  readonly category?: MessageCategory
  /** Ids of critical message extensions that the caller understands. */
  readonly extensions?: readonly string[]
  /** Largest message in bytes; 256 KiB unless told otherwise. */
  readonly maxBytes?: number
}

export type ReadMessage<T extends MessageType> =
  | { ok: true; message: MessageOf<T> }
  | { ok: false; problem: Problem; ids: TransactionIds }

const MAX_BYTES = 256 * 1024
const MAX_DEPTH = 32

/**
 * Reads a message. Elements that its schema does not know are left out; `data` of extensions is given as it is.
 *
 * Of several faults one code is told, the first in this order, with all names it applies to:
 * 101 not JSON, or not an object; 204 a name twice in one object; 101 `messageType` missing, unknown or not expected;
 * 102 version; 202 critical extension; 201 missing; 203 format.
 *
 * Source: EMV 3DS, message validation. The order between the codes was not checked against the EMVCo text.
 * @returns the message; or the problem, and those ids of the message that are readable
 */
export function readMessage<T extends MessageType>(bytes: Uint8Array | string, expected: Expected<T>): ReadMessage<T> {
  const maxBytes = expected.maxBytes ?? MAX_BYTES
  try {
    const { root, duplicates } = readJson(bytes, { depth: MAX_DEPTH, tokenBytes: maxBytes, totalBytes: maxBytes })
    return judgeMessage(root, duplicates, expected)
  } catch (error) {
    if (error instanceof NotReadable) return { ok: false, problem: problemOf('101', error.message), ids: {} }
    throw error
  }
}

/** What was found in parts of a message that are not in the tree any more: the ranges of a PRes. */
export interface FoundElsewhere {
  readonly missing: ReadonlySet<string>
  readonly malformed: ReadonlySet<string>
}

/** `readMessage` from the point where the text has become a value. */
export function judgeMessage<T extends MessageType>(
  root: JsonValue,
  duplicates: readonly Path[],
  expected: Expected<T>,
  elsewhere?: FoundElsewhere,
): ReadMessage<T> {
  if (!(root instanceof Map)) return { ok: false, problem: problemOf('101', 'not a JSON object'), ids: {} }
  const type = root.get('messageType')
  const known = isMessageType(type) ? type : undefined
  const refuse = (...[code, detail]: [Problem['errorCode'], string]) =>
    ({ ok: false, problem: problemOf(code, detail, known), ids: readableIds(root) }) as const

  if (duplicates.length > 0) return refuse('204', listed(duplicates.map(nameable)))
  if (known === undefined || !expected.types.some(taken => taken === known)) return refuse('101', 'messageType')
  const version = root.get('messageVersion')
  const foreign = typeof version === 'string' && version !== '' && !isMessageVersion(version)
  if (foreign && known !== 'Erro') return refuse('102', 'messageVersion')
  if (hasUnknownCriticalExtension(root, expected.extensions ?? [])) return refuse('202', 'messageExtension.id')

  const category = expected.category ?? categoryOf(root)
  const judgements = versionsFor(version, expected.version).map(one => {
    const found = { missing: new Set(elsewhere?.missing), malformed: new Set(elsewhere?.malformed) }
    return { found, message: judge(keywordsOf(known, one, category), root, '', found) }
  })
  const { found, message } = judgements.at(-1)!
  for (const names of ['missing', 'malformed'] as const) {
    for (const name of found[names]) {
      if (!judgements.every(one => one.found[names].has(name))) found[names].delete(name)
    }
  }
  if (known !== 'Erro' && expected.version && isMessageVersion(version) && version !== expected.version) {
    found.malformed.add('messageVersion')
  }
  if (found.missing.size > 0) return refuse('201', listed(found.missing))
  if (found.malformed.size > 0) return refuse('203', listed(found.malformed))
  return { ok: true, message: message as MessageOf<T> }
}

/** The versions that a message is held against: its own, or where it does not tell one, what all have in common. */
function versionsFor(told: JsonValue | undefined, expected: MessageVersion | undefined): readonly MessageVersion[] {
  if (isMessageVersion(told)) return [told]
  return expected ? [expected] : messageVersions
}

/** Where a message does not tell: non-payment, whose rules are those that both have in common. */
const categoryOf = (root: ReadonlyMap<string, JsonValue>): MessageCategory =>
  messageCategories.find(one => one === root.get('messageCategory')) ?? '02'

function hasUnknownCriticalExtension(root: ReadonlyMap<string, JsonValue>, understood: readonly string[]): boolean {
  const extensions = root.get('messageExtension')
  return (
    Array.isArray(extensions) &&
    extensions.some(
      extension =>
        extension instanceof Map &&
        extension.get('criticalityIndicator') === true &&
        !understood.some(id => id === extension.get('id')),
    )
  )
}

/** Ids are passed on only where they are ids: anything can stand there, a card number too. */
function readableIds(root: ReadonlyMap<string, JsonValue>): TransactionIds {
  const ids: TransactionIds = {}
  for (const name of ['threeDSServerTransID', 'dsTransID', 'acsTransID'] as const) {
    const id = root.get(name)
    if (typeof id === 'string' && isUuid.test(id)) ids[name] = id
  }
  return ids
}

const isUuid = new RegExp(UUID_PATTERN)

/** `errorDetail` has room for 2048 characters; of more names than that the first are told. */
function listed(names: Iterable<string>): string {
  let all = ''
  for (const name of new Set(names)) {
    if (all.length + name.length > 2000) return `${all}, and more`
    all += all ? `, ${name}` : name
  }
  return all
}

/** A path as far as its names are known here; what stands behind may be anything, a card number too. */
function nameable(path: Path): string {
  const known = path.findIndex(name => !knownNames.has(name))
  return (known < 0 ? path : path.slice(0, known)).join('.') || 'an element that is not known here'
}

const knownNames = new Set<string>()
for (const { elements } of Object.values(definitions))
  collectNames({ properties: elements as Keywords['properties'] & {} })

function collectNames(schema: Keywords): void {
  for (const [name, element] of Object.entries(schema.properties ?? {})) {
    knownNames.add(name)
    collectNames(element)
  }
  if (schema.items) collectNames(schema.items)
}
