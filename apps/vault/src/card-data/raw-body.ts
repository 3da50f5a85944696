/** The bytes of a request. They are card data until they have been read, hence as opaque as a card number. */
import type { KeyObject } from 'node:crypto'
import { contentToSign, verifyContent } from '@coffer/antom'

/** What was signed, without the body. */
export interface SignedHead {
  method: string
  uri: string
  clientId: string
  time: string
}

export class RawBody {
  #bytes: Buffer

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  /** Whether the key's owner signed exactly these bytes. */
  isSignedBy(key: KeyObject, head: SignedHead, signature: Buffer): boolean {
    const content = contentToSign({ ...head, body: this.#bytes })
    try {
      return verifyContent(key, content, signature)
    } finally {
      content.fill(0)
    }
  }

  /** Gives the bytes to a reader of this folder. */
  static bytesOf(body: RawBody): Buffer {
    return body.#bytes
  }

  /** Overwrites the bytes; they are read once. */
  erase(): void {
    this.#bytes.fill(0)
    this.#bytes = Buffer.alloc(0)
  }

  toJSON(): never {
    throw new TypeError('a request body cannot be serialised')
  }
}
