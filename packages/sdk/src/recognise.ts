import type { KeyObject } from 'node:crypto'
import { contentToSign, type SignedParts, verifyContent } from '@coffer/antom'

/** A way in which a message may have been altered, told as a cause, with the message as it would have been. */
export interface Suspicion {
  cause: string
  parts: SignedParts
  key?: KeyObject
}

/**
 * Finds the mistake behind a signature that does not match, by trying the usual ones. It only explains:
 * a message that would match after a change is refused all the same.
 * @returns the cause that makes the signature match, if any does
 */
export function recognise(signature: Buffer, key: KeyObject, suspicions: readonly Suspicion[]): string | undefined {
  return suspicions.find(one => verifyContent(one.key ?? key, contentToSign(one.parts), signature))?.cause
}

/** The ways in which a body is altered when a framework parses it and prints it again. */
export function reprinted(parts: SignedParts, cause: string): Suspicion[] {
  const text = Buffer.from(parts.body).toString('utf8')
  const bodies = [text.trim(), `${text.trim()}\n`]
  try {
    const value: unknown = JSON.parse(text)
    bodies.push(JSON.stringify(value), JSON.stringify(value, null, 2))
  } catch {
    // Not JSON: nothing that a JSON printer could have altered.
  }
  return bodies.map(body => ({ cause, parts: { ...parts, body: Buffer.from(body) } }))
}
