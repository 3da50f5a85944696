import { Buffer } from 'node:buffer'
import type { MessageDraft } from './messages.js'
import { isMessageType } from './versions.js'
import { writeMessage } from './write-message.js'

/** Longest form field that is decoded, in characters: more than the largest message needs in base64. */
const MAX_CHARACTERS = 384 * 1024

/**
 * A message, or another small object, for a form field that a browser carries: `creq`, `cres`, `threeDSMethodData`.
 * @returns base64url without padding of the JSON text in UTF-8
 * @throws UnwritableMessage as `writeMessage` does, for an object with a `messageType`
 * Source: EMV 3DS, CReq and 3DS Method; RFC 4648 section 5
 */
export function encodeForm(object: object): string {
  const isMessage = 'messageType' in object && isMessageType(object.messageType)
  return Buffer.from(isMessage ? writeMessage(object as MessageDraft) : JSON.stringify(object), 'utf8').toString(
    'base64url',
  )
}

/**
 * The bytes of a form field. Padding and the letters of plain base64 are accepted: senders differ.
 * @param maxCharacters  a longer text is refused
 * @returns undefined for an empty or too long text, other characters, or a length that base64 does not have
 */
export function decodeForm(text: string, maxCharacters: number = MAX_CHARACTERS): Uint8Array | undefined {
  if (text.length > maxCharacters) return undefined
  const unpadded = text.endsWith('==') ? text.slice(0, -2) : text.endsWith('=') ? text.slice(0, -1) : text
  if (!/^[A-Za-z0-9+/_-]+$/.test(unpadded) || unpadded.length % 4 === 1) return undefined
  return new Uint8Array(Buffer.from(unpadded, 'base64url'))
}
