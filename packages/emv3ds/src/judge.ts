/**
 * A JSON value held against a schema: what is missing, what is malformed, and what is left when elements that the
 * schema does not know are dropped. It reads the keywords that our schemas use, so the published schema and the reader
 * cannot say different things.
 */
import type { Keywords } from './elements.js'
import { type JsonValue, plain } from './json-tree.js'

export interface Judgement {
  /** Names of required elements that are not there; 201. */
  readonly missing: Set<string>
  /** Names of elements of a wrong format; 203. */
  readonly malformed: Set<string>
}

/** @returns the object with what the schema knows, in the order of the schema; of use only where nothing was found */
export function judge(
  schema: Keywords,
  object: ReadonlyMap<string, JsonValue>,
  path: string,
  found: Judgement,
): Record<string, unknown> {
  const then = (schema.allOf ?? []).filter(rule => holds(rule.if!, object)).map(rule => rule.then!)
  const required = new Set([...(schema.required ?? []), ...then.flatMap(rule => rule.required ?? [])])
  const out: Array<readonly [string, unknown]> = []
  for (const [name, element] of Object.entries(schema.properties ?? {})) {
    const at = path ? `${path}.${name}` : name
    const value = object.get(name)
    const empty = value === undefined || value === null || value === ''
    if (empty && required.has(name)) found.missing.add(at)
    else if (empty && value !== undefined) found.malformed.add(at)
    else if (value !== undefined) {
      const judged = judgeValue(element, value, at, found)
      // A group of which no member is known here is as good as none, and could not be written again.
      if (!(element.minProperties && isEmpty(judged))) out.push([name, judged])
      const narrower = then.flatMap(rule => rule.properties?.[name] ?? [])
      if (!narrower.every(allowed => allowed.enum!.includes(value))) found.malformed.add(at)
    }
  }
  return Object.fromEntries(out)
}

const isEmpty = (value: unknown) => typeof value === 'object' && Object.keys(value ?? {}).length === 0

function judgeValue(schema: Keywords, value: JsonValue, at: string, found: Judgement): unknown {
  if (schema.type === 'object') {
    if (!(value instanceof Map) || value.size < (schema.minProperties ?? 0)) found.malformed.add(at)
    else return schema.properties ? judge(schema, value, at, found) : plain(value)
  } else if (schema.type === 'array') {
    if (!Array.isArray(value) || value.length > (schema.maxItems ?? Infinity)) found.malformed.add(at)
    else return value.map(item => judgeValue(schema.items!, item, at, found))
  } else if (!isWellFormed(schema, value)) found.malformed.add(at)
  return value
}

function isWellFormed(schema: Keywords, value: JsonValue): boolean {
  if (typeof value !== schema.type) return false
  if (schema.const !== undefined && value !== schema.const) return false
  if (schema.enum && !schema.enum.includes(value)) return false
  if (typeof value !== 'string') return true
  // Characters, not UTF-16 units; a text that is short either way needs no counting.
  const length = value.length > (schema.maxLength ?? Infinity) ? [...value].length : value.length
  if (length > (schema.maxLength ?? Infinity) || length < (schema.minLength ?? 0)) return false
  return schema.pattern === undefined || compiled(schema.pattern).test(value)
}

const patterns = new Map<string, RegExp>()

function compiled(pattern: string): RegExp {
  const known = patterns.get(pattern)
  if (known) return known
  const made = new RegExp(pattern, 'u')
  patterns.set(pattern, made)
  return made
}

/** Whether a condition is true of an object. */
function holds(condition: Keywords, object: ReadonlyMap<string, JsonValue>): boolean {
  if (condition.not && holds(condition.not, object)) return false
  if (condition.anyOf && !condition.anyOf.some(one => holds(one, object))) return false
  if (condition.required && !condition.required.every(name => object.has(name))) return false
  return Object.entries(condition.properties ?? {}).every(([name, { enum: allowed }]) => {
    const value = object.get(name)
    return value === undefined || allowed!.includes(value)
  })
}
