/** The elements of a message by its published schema: which ones it needs, and what none of them takes. */
import {
  type MessageCategory,
  type MessageType,
  type MessageVersion,
  schemaOf,
} from '../../packages/emv3ds/src/index.js'
import type { Loose } from './played-directory.js'

/** Names of the elements that every message of this kind has. */
export const required = (type: MessageType, version: MessageVersion, category: MessageCategory): string[] =>
  (schemaOf(type, version, '02', category) as unknown as { required: string[] }).required

/** Two values that an element does not take: one of a wrong type, and one of a wrong form. */
export function wrongValues(element: Loose): unknown[] {
  if (element['type'] === 'array') return ['text', [0]]
  if (element['type'] === 'object') return ['text', []]
  const tooLong = element['maxLength'] === undefined ? '\u0007' : 'x'.repeat(element['maxLength'] + 1)
  return [17, tooLong]
}
