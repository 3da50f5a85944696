/**
 * What comes back with the browser from a challenge and says whose it is: the authentication, under a key of the vault.
 * No cookie is needed, which a browser would not send along from another site's form. Source: EMV 3-D Secure ›
 * threeDSSessionData.
 */
import { timingSafeEqual } from 'node:crypto'
import type { CardData } from '../card-data/index.js'
import { uuidOf } from '../platform/ids.js'

const ID_BYTES = 16

/** In base64url, as the form must have it; at most 1024 characters, these are 64. */
export function sessionData(cards: CardData, authenticationId: string): string {
  return Buffer.concat([bytesOf(authenticationId), macOf(cards, authenticationId)]).toString('base64url')
}

/** The authentication that session data names; `undefined` when it is not ours. */
export function authenticationIdOf(cards: CardData, data: string): string | undefined {
  if (data.length > 1024) return undefined
  const bytes = Buffer.from(data, 'base64url')
  if (bytes.length <= ID_BYTES) return undefined
  const id = uuidOf(bytes.subarray(0, ID_BYTES))
  const [right, given] = [macOf(cards, id), bytes.subarray(ID_BYTES)]
  return right.length === given.length && timingSafeEqual(right, given) ? id : undefined
}

const bytesOf = (id: string) => Buffer.from(id.replaceAll('-', ''), 'hex')

const macOf = (cards: CardData, authenticationId: string) => cards.rowMac('three-ds-session', authenticationId)
