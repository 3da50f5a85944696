/**
 * A body on its way to a receiver who may have the number: the caller leaves room for digits and says where, they are
 * filled in here, and whoever sends the body reads it piece by piece and cannot print, keep or compare it by accident.
 */
import { type FrameTemplate, filled } from './egress.js'

export class OutgoingBody implements AsyncIterable<Uint8Array> {
  #bytes: Buffer
  /** In bytes. */
  readonly length: number

  private constructor(bytes: Buffer) {
    this.#bytes = bytes
    this.length = bytes.length
  }

  /**
   * Fills in the digits.
   * @throws RangeError when a slot does not hold its digits
   */
  static of(template: FrameTemplate): OutgoingBody {
    return new OutgoingBody(filled(template))
  }

  /** For the connection alone. The bytes are those that `erase` overwrites, which is why they are not a copy. */
  async *[Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    if (this.#bytes.length !== this.length) throw new Error('this body was erased')
    if (this.length > 0) yield this.#bytes
  }

  /** Overwrites the bytes, once the answer has come or is no longer waited for. */
  erase(): void {
    this.#bytes.fill(0)
    this.#bytes = Buffer.alloc(0)
  }

  toJSON(): never {
    throw new TypeError('an outgoing body cannot be serialised')
  }

  toString(): string {
    return '[OutgoingBody]'
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[OutgoingBody]'
  }
}
