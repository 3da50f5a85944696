import type { Unchecked } from './unchecked.js'

/** What the simulator finds wrong with a message. Source: EMV 3-D Secure › Error codes */
export const errorDescriptions = {
  '101': 'Message received invalid',
  '102': 'Message version number not supported',
  '201': 'Required data element missing',
  '202': 'Critical message extension not recognised',
  '203': 'Format of one or more data elements is invalid',
  '204': 'Duplicate data element',
  '301': 'Transaction ID not recognised',
  '303': 'Access denied, invalid endpoint',
  '305': 'Transaction data not valid',
  '307': 'Serial number not valid',
  '402': 'Transaction timed out',
  '403': 'Transient system failure',
  '405': 'System connection failure',
} as const

export type ErrorCode = keyof typeof errorDescriptions

/** A message breaks the protocol, and its sender gets an Erro. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'

  /**
   * @param detail  names of data elements, comma separated, or what is wrong; never what the message holds
   * @param about  the message, as far as it could be read
   */
  constructor(
    readonly code: ErrorCode,
    readonly detail: string,
    readonly about?: Unchecked,
  ) {
    super(`${code} ${detail}`)
  }
}
