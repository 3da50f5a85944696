import type { MessageName } from './by-name.js'
import { MalformedElement, textOf } from './iso8583/carried.js'
import type { Values } from './iso8583/codec.js'
import type { MoneyAdvice } from './judge-advice.js'
import { amountHoldsCard, type MessageIdentity } from './ledger-entry.js'

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
 * The number and the expiry date of the card that is asked about.
 * @throws MalformedElement when one of them, or anything else that a question must have, is missing or wrong
 */
export function requireCard(elements: Values): { pan: string; expiry: string } {
  const pan = demand(elements, 2, /^\d{12,19}$/)
  const expiry = demand(elements, 14, /^\d\d(0[1-9]|1[0-2])$/)
  requireAmount(elements, 4, 12)
  for (const [element, rule] of alsoRequired) demand(elements, element, rule)
  return { pan, expiry }
}

const alsoRequired: readonly (readonly [number, RegExp])[] = [
  [3, /^\d{6}$/],
  [22, /^\d{3,4}$/],
  [37, /\S/],
  [42, /\S/],
  [49, /^\d{3}$/],
]

/**
 * What a capture or a refund is to move. The card may be gone by then, so nothing of it is required.
 * @returns `undefined` when the processing code means neither
 * @throws MalformedElement when the amount or the currency is missing or wrong
 */
export function requireAdvice(elements: Values): MoneyAdvice | undefined {
  const moves = movesOf[demand(elements, 3, /^\d{6}$/).slice(0, 2)]
  const amount = Number(requireAmount(elements, 4, 12))
  const currency = demand(elements, 49, /^\d{3}$/)
  const authCode = (textOf(elements, 38) ?? '').trimEnd()
  return moves && { moves, amount, currency, ...(authCode === '' ? {} : { authCode }) }
}

/** The first two digits of the processing code. Source: ISO 8583:1987 */
const movesOf: Readonly<Record<string, MoneyAdvice['moves'] | undefined>> = { '00': 'capture', '20': 'refund' }

/**
 * How much of the amount a reversal leaves standing, 12 digits; absent when it does not say: nothing.
 * @throws MalformedElement when it is no amount
 */
export function readActualAmount(elements: Values): string | undefined {
  if (!elements.has(95)) return undefined
  // The other amounts that it has room for, of fees and of another currency, are not used.
  return asAmount(elements, 95, demand(elements, 95, /^\d{12}0{30}$/).slice(0, 12))
}

/** Which question a message is about. @throws MalformedElement when DE90 does not say */
export function readOriginalData(elements: Values): MessageName {
  const own = requireOwnIdentity(elements)
  const data = /^0[12]00(\d{6})(\d{10})(\d{11})\d{11}$/.exec(demand(elements, 90, /./))
  if (data === null) throw new MalformedElement(90, 'names no 0100 and no 0200')
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

/** Amounts are kept and shown, and must not be the digits of the card. */
function requireAmount(elements: Values, element: number, digits: number): string {
  return asAmount(elements, element, demand(elements, element, new RegExp(`^\\d{${digits}}$`)))
}

function asAmount(elements: Values, element: number, amount: string): string {
  if (amountHoldsCard(amount, textOf(elements, 2))) throw new MalformedElement(element, 'is no amount')
  return amount
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
