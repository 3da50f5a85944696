import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { Random } from '../clock.js'
import { keptKey } from '../kept-key.js'

/** What an authentication value proves: authenticated, an attempt, or that the issuer was informed. */
export type ProvenStatus = 'Y' | 'A' | 'I'

/** Makes authentication values and knows its own again. */
export interface AuthenticationValues {
  /** 20 bytes in base64. */
  make(of: { status: ProvenStatus; pan: string; dsTransId: string }): string
  /**
   * What a value proves of a card.
   * @param value  the 20 bytes, in whatever way they travelled
   * @param dsTransId  the transaction it is said to be of, where the message names one
   * @returns `undefined` when it is not ours, of another card or another transaction, or a bit of it is not as it was
   */
  read(of: { value: Buffer; pan: string; dsTransId?: string }): ProvenStatus | undefined
}

const layout = 1
const statuses: readonly ProvenStatus[] = ['Y', 'A', 'I']
const headBytes = 2
const transactionBytes = 6
const valueBytes = 20

/**
 * An authentication value is: layout 1, status 1, transaction 6, and 12 bytes of an HMAC-SHA256 over these and the PAN.
 * It is checked without anything being remembered of it. The transaction is a digest of dsTransID, which some messages
 * to an issuer carry and others do not: it binds the value where it can, and is a nonce where it cannot.
 */
export function createAuthenticationValues(key: Buffer): AuthenticationValues {
  const write = (status: number, transaction: Buffer, pan: string) => {
    const head = Buffer.concat([Buffer.from([layout, status]), transaction])
    const proof = createHmac('sha256', key).update(head).update(pan).digest()
    return Buffer.concat([head, proof]).subarray(0, valueBytes)
  }
  return {
    make: ({ status, pan, dsTransId }) =>
      write(statuses.indexOf(status), transactionOf(dsTransId), pan).toString('base64'),
    read({ value, pan, dsTransId }) {
      if (value.length !== valueBytes) return undefined
      const transaction = value.subarray(headBytes, headBytes + transactionBytes)
      if (!timingSafeEqual(write(value[1]!, transaction, pan), value)) return undefined
      if (dsTransId !== undefined && !transactionOf(dsTransId).equals(transaction)) return undefined
      return statuses[value[1]!]
    },
  }
}

function transactionOf(dsTransId: string): Buffer {
  return createHash('sha256').update(dsTransId.toLowerCase()).digest().subarray(0, transactionBytes)
}

/**
 * The key of this simulator's authentication values. With a folder it survives a restart: whoever authenticated before
 * may be verified after.
 * @throws StartFailure when the file cannot be used
 */
export function authenticationValueKey(folder: string | undefined, random: Random): Buffer {
  return keptKey(folder, 'authentication-value.key', random)
}
