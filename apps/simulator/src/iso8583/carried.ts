import type { Network } from '@coffer/test-cards'
import type { IssuerAnswer } from '../decide.js'
import type { CarriedAuthentication } from '../judge-authentication.js'
import type { Value, Values } from './codec.js'
import { UnparsableFrame } from './unparsable-frame.js'

/** What a question carries in the places where the dialects differ. */
export interface Carried {
  /** The network that carries the question: on a co-badged card the one that was chosen. */
  readonly network: Network
  /** Whether the card is only to be looked at. */
  readonly verification: boolean
  /** 3 or 4 digits */
  readonly cvv?: string
  readonly avs?: { readonly postcode: string; readonly line1: string }
  /** What the question says of an authentication of the buyer; absent when it says nothing. */
  readonly authentication?: CarriedAuthentication
  /** As it stands on the wire: `C101` and the like, or the one letter of a Visa-like POS environment. */
  readonly storedCredential?: string
  /** Whether the buyer is there, or the merchant charges a stored card alone. Says something of payments only. */
  readonly initiatedBy: 'buyer' | 'merchant'
  /** The transaction with which the buyer agreed to that, as it stands on the wire. */
  readonly originalTransactionId?: string
}

/** What a dialect does with the data elements that it has for itself. */
export interface Habits {
  /** Reads what the question carries. @throws MalformedElement when an element breaks its rule */
  read(question: Values): Carried
  /** The network alone, of any message. @throws MalformedElement when DE63 names none */
  readNetwork(message: Values): Network
  /** The elements of an answer beside those that all dialects have. */
  answer(question: Values, network: Network, answer: IssuerAnswer): ReadonlyMap<number, Value>
}

/** A message could be read, and one of its data elements is missing or breaks a rule: response code 30. */
export class MalformedElement extends Error {
  override readonly name = 'MalformedElement'

  /** @param rule  what the element must be, without what it is */
  constructor(
    readonly element: number,
    rule: string,
  ) {
    super(`DE${element} ${rule}`)
  }
}

/** A text without the blanks around it, or `undefined` when there is nothing else. */
export function filled(text: string | undefined): string | undefined {
  return text?.trim() || undefined
}

/** A text element, or `undefined` when it is not there. */
export function textOf(elements: Values, element: number): string | undefined {
  const value = elements.get(element)
  return typeof value === 'string' ? value : undefined
}

/** Reads what an element is made of; when it cannot be read, the element is malformed. */
export function within<Read>(element: number, read: () => Read): Read {
  try {
    return read()
  } catch (error) {
    throw error instanceof UnparsableFrame ? new MalformedElement(element, error.message) : error
  }
}

/** The address that stands in an element: the postcode in its first characters, then the street. */
export function splitAddress(text: string, postcodeWidth: number): { postcode: string; line1: string } {
  return { postcode: text.slice(0, postcodeWidth).trim(), line1: text.slice(postcodeWidth).trim() }
}
