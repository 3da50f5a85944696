import { MalformedElement, textOf } from './iso8583/carried.js'
import type { Values } from './iso8583/codec.js'
import type { MessageIdentity } from './ledger-entry.js'
import type { OriginalData } from './originals.js'

/** What names a question. @throws MalformedElement when it has no name */
export function requireIdentity(elements: Values): MessageIdentity {
  return {
    transmittedAt: demand(elements, 7, /^(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])([01]\d|2[0-3])[0-5]\d[0-5]\d$/),
    stan: demand(elements, 11, /^\d{6}$/),
    acquirerId: withoutZeros(demand(elements, 32, /^\d+$/)),
    terminalId: demand(elements, 41, /\S/).trimEnd(),
  }
}

/**
 * The number and the expiry date of the card to look at.
 * @throws MalformedElement when one of them, or anything else that a verification must have, is missing or wrong
 */
export function requireVerification(elements: Values): { pan: string; expiry: string } {
  const pan = demand(elements, 2, /^\d{12,19}$/)
  const expiry = demand(elements, 14, /^\d\d(0[1-9]|1[0-2])$/)
  for (const [element, rule] of alsoRequired) demand(elements, element, rule)
  return { pan, expiry }
}

const alsoRequired: readonly (readonly [number, RegExp])[] = [
  [3, /^\d{6}$/],
  [4, /^\d{12}$/],
  [22, /^\d{3,4}$/],
  [37, /\S/],
  [42, /\S/],
  [49, /^\d{3}$/],
]

/** Which question a reversal is about. @throws MalformedElement when DE90 does not say */
export function readOriginalData(elements: Values): OriginalData {
  const own = requireOwnIdentity(elements)
  const data = /^0100(\d{6})(\d{10})(\d{11})\d{11}$/.exec(demand(elements, 90, /./))
  if (data === null) throw new MalformedElement(90, 'names no 0100')
  const [, stan, transmittedAt, acquirer] = data
  const terminalId = (textOf(elements, 41) ?? '').trimEnd()
  return {
    stan: stan!,
    transmittedAt: transmittedAt!,
    // Some leave the acquirer out here, because DE32 has it.
    acquirerId: /[1-9]/.test(acquirer!) ? withoutZeros(acquirer!) : own.acquirerId,
    ...(terminalId === '' ? {} : { terminalId }),
  }
}

/** A reversal is a message too, and its answer has to find back; it may leave out the terminal. */
function requireOwnIdentity(elements: Values): { acquirerId: string } {
  demand(elements, 7, /^\d{10}$/)
  demand(elements, 11, /^\d{6}$/)
  return { acquirerId: withoutZeros(demand(elements, 32, /^\d+$/)) }
}

function demand(elements: Values, element: number, rule: RegExp): string {
  const value = textOf(elements, element)
  if (value === undefined) throw new MalformedElement(element, 'is missing')
  if (!rule.test(value)) throw new MalformedElement(element, 'is not valid')
  return value
}

function withoutZeros(digits: string): string {
  return digits.replace(/^0+(?=.)/, '')
}
