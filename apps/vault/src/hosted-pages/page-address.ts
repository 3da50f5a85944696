/**
 * Where a buyer's page is. The address is the only key to it: 256 bits that follow from the vaulting's id under a key of
 * the vault, so that it need not be stored, and a copy of the database opens no page.
 */
import { timingSafeEqual } from 'node:crypto'
import type { CardData } from '../card-data/index.js'

/** @param pagesUrl  origin of the hosted pages */
export function pageUrl(cards: Pick<CardData, 'pageSecret'>, pagesUrl: string, vaultingId: string): string {
  const name = Buffer.from(vaultingId.replaceAll('-', ''), 'hex').toString('base64url')
  return `${pagesUrl}/v/${name}.${cards.pageSecret(vaultingId)}`
}

/** The vaulting that the last part of an address names; `undefined` when its secret is not right. */
export function vaultingIdOf(cards: Pick<CardData, 'pageSecret'>, ref: string): string | undefined {
  const [name, secret, more] = ref.split('.')
  if (!name || !secret || more !== undefined || !/^[A-Za-z0-9_-]{22}$/.test(name)) return undefined
  const hex = Buffer.from(name, 'base64url').toString('hex')
  const id = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
  const right = Buffer.from(cards.pageSecret(id))
  const given = Buffer.from(secret)
  return right.length === given.length && timingSafeEqual(right, given) ? id : undefined
}
