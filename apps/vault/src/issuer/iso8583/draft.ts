/** What is written while a frame is built, and what is read while one is taken apart. */
import type { Cvv, DigitSlot, Pan } from '../../card-data/index.js'

/** A value of an outgoing message: a text, a handle, or the parts of an element by their keys. */
export type Value = string | Pan | Cvv | Map<string, Value>

/** Bytes of a frame in the making. One is used over and over; digits of a card never come into it. */
export class Draft {
  readonly bytes: Buffer
  slots: DigitSlot[] = []
  at = 0

  constructor(readonly limit: number) {
    this.bytes = Buffer.alloc(limit)
  }

  restart() {
    this.at = 0
    this.slots = []
  }

  /**
   * Makes room.
   * @returns where it begins
   * @throws RangeError when the frame gets too long
   */
  reserve(length: number): number {
    const start = this.at
    if (start + length > this.limit) throw new RangeError(`the frame would be longer than ${this.limit} bytes`)
    this.at += length
    return start
  }
}

/** A frame that is being read. The first problem ends it. */
export class Cursor {
  readonly fields: Record<string, string> = {}
  problem: string | undefined

  constructor(
    readonly bytes: Buffer,
    public at: number,
  ) {}

  /** Notes what is wrong; names a field and a rule, never a value. */
  fail(path: string, rule: string): false {
    this.problem ??= `DE${path} ${rule}`
    return false
  }
}
