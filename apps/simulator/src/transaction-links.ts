import { createHmac } from 'node:crypto'
import type { Network } from '@coffer/test-cards'
import type { Random } from './clock.js'
import { keptKey } from './kept-key.js'

/** Which transaction of which card, on which network. */
export interface LinkedTransaction {
  readonly networkTransactionId: string
  readonly network: Network
  readonly pan: string
}

/**
 * Makes the links by which an issuer knows a transaction of a card again without keeping the card: a keyed digest of
 * both and of the network. Two links of the same card have nothing in common. It is written with the letters a to p, so
 * that whoever searches for digits of a card finds none by chance.
 */
export type TransactionLinks = (transaction: LinkedTransaction) => string

const linkBytes = 16

export function createTransactionLinks(key: Buffer): TransactionLinks {
  return ({ networkTransactionId, network, pan }) => {
    const digest = createHmac('sha256', key).update(`${network} ${networkTransactionId} ${pan}`).digest()
    return Array.from(digest.subarray(0, linkBytes), byte => letter(byte >> 4) + letter(byte & 15)).join('')
  }
}

const letter = (nibble: number) => 'abcdefghijklmnop'[nibble]!

/**
 * The key of this simulator's links. With a folder it survives a restart: who paid before may be charged after.
 * @throws StartFailure when the file cannot be used
 */
export function transactionLinkKey(folder: string | undefined, random: Random): Buffer {
  return keptKey(folder, 'transaction-link.key', random)
}
