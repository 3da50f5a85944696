import type { Unchecked } from './unchecked.js'

/** What a port answers, and how it gets there. */
export type Answer =
  | { readonly kind: 'message'; readonly message: Unchecked }
  /** A message whose last member is a list that is written as it is made. */
  | { readonly kind: 'list'; readonly message: Unchecked; readonly name: string; readonly items: Iterable<Unchecked> }
  | { readonly kind: 'text'; readonly status: number; readonly text: string }
  /** The caller waits until it gives up. */
  | { readonly kind: 'silence' }
  /** The connection breaks. */
  | { readonly kind: 'reset' }

/** Who calls, as its certificate says. */
export interface Caller {
  readonly network: string
  readonly role: '3ds-server' | 'ds' | 'acs'
}

/** The text of a message with a list, piece by piece. */
export function* writeList({ message, name, items }: Extract<Answer, { kind: 'list' }>): Iterable<string> {
  yield `${JSON.stringify(message).slice(0, -1)},${JSON.stringify(name)}:[`
  let piece = ''
  let first = true
  for (const item of items) {
    piece += `${first ? '' : ','}${JSON.stringify(item)}`
    first = false
    if (piece.length < 16_384) continue
    yield piece
    piece = ''
  }
  yield `${piece}]}`
}
