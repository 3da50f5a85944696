import { readAscii, readBcd, readEbcdic, writeAscii, writeBcd, writeEbcdic } from './characters.js'
import type { Bitmapped, Dialect, Layout } from './dialects.js'
import { UnparsableFrame } from './unparsable-frame.js'

/** Text and digits as a string, binary data elements as bytes. */
export type Value = string | Buffer

/** Data elements, or parts of one, by number. */
export type Values = ReadonlyMap<number, Value>

/** An ISO 8583 message. */
export interface Message {
  /** 4 digits */
  readonly mti: string
  readonly elements: Values
}

/**
 * Reads a message.
 * @param bytes  the whole of it and nothing else
 * @throws UnparsableFrame when it is not a message of this dialect
 */
export function readMessage(bytes: Buffer, dialect: Dialect): Message {
  const from = new Reader(bytes, dialect)
  const mti = from.value(mtiLayout)
  const elements = from.values(messageLayout(dialect), number => `DE${number}`)
  from.end()
  return { mti, elements } as Message
}

/**
 * Writes a message.
 * @throws RangeError when an element is not of the dialect or does not fit its layout: our own mistake
 */
export function writeMessage(message: Message, dialect: Dialect): Buffer {
  return Buffer.concat([
    writeValue(message.mti, mtiLayout, dialect),
    writeValues(message.elements, messageLayout(dialect), dialect),
  ])
}

/** Reads a data element that has a bitmap of its own. @throws UnparsableFrame when it does not hold what it announces */
export function readBitmapped(bytes: Buffer, layout: Bitmapped, dialect: Dialect): Values {
  const from = new Reader(bytes, dialect)
  const values = from.values(layout, number => `part ${number}`)
  from.end()
  return values
}

/** Writes a data element that has a bitmap of its own. */
export function writeBitmapped(values: Values, layout: Bitmapped, dialect: Dialect): Buffer {
  return writeValues(values, layout, dialect)
}

const mtiLayout: Layout = { name: 'MTI', content: 'n', length: 4, prefix: 'fixed' }

/** A message is what follows its MTI: a bitmap, and what it announces. The second bitmap is announced by bit 1. */
function messageLayout(dialect: Dialect): Bitmapped & { readonly extensible: true } {
  return { bitmapBytes: 8, parts: dialect.elements, extensible: true }
}

class Reader {
  private at = 0

  constructor(
    private readonly bytes: Buffer,
    private readonly dialect: Dialect,
  ) {}

  values(layout: Bitmapped & { readonly extensible?: true }, nameOf: (number: number) => string): Values {
    let numbers = bitsOf(this.take(layout.bitmapBytes))
    if (layout.extensible && numbers[0] === 1) {
      numbers = [...numbers.slice(1), ...bitsOf(this.take(8)).map(bit => bit + 64)]
    }
    return new Map(
      numbers.map(number => {
        try {
          const part = layout.parts[number]
          if (part === undefined) throw new UnparsableFrame('is not known')
          return [number, this.value(part)]
        } catch (error) {
          throw error instanceof UnparsableFrame ? new UnparsableFrame(`${nameOf(number)} ${error.message}`) : error
        }
      }),
    )
  }

  value(layout: Layout): Value {
    const length = layout.prefix === 'fixed' ? layout.length : this.length(layout)
    if (length > layout.length) throw new UnparsableFrame(`is longer than ${layout.length}`)
    if (layout.content === 'binary') return Buffer.from(this.take(length))
    if (layout.content === 'text') {
      return this.dialect.text === 'ascii' ? readAscii(this.take(length)) : readEbcdic(this.take(length))
    }
    if (this.dialect.digits === 'bcd') return readBcd(this.take(Math.ceil(length / 2)), length)
    return asciiDigits(this.take(length))
  }

  end(): void {
    if (this.at < this.bytes.length) throw new UnparsableFrame('has bytes behind its end')
  }

  private length(layout: Layout): number {
    if (this.dialect.lengths === 'one-byte') return this.take(1)[0]!
    return Number(asciiDigits(this.take(layout.prefix === 'LL' ? 2 : 3)))
  }

  private take(count: number): Buffer {
    if (this.at + count > this.bytes.length) throw new UnparsableFrame('ends too early')
    this.at += count
    return this.bytes.subarray(this.at - count, this.at)
  }
}

function asciiDigits(bytes: Buffer): string {
  const digits = bytes.toString('latin1')
  if (!/^\d*$/.test(digits)) throw new UnparsableFrame('is not all digits')
  return digits
}

/** Numbers of the bits that are set; the first bit is 1. */
function bitsOf(bitmap: Buffer): number[] {
  return Array.from({ length: bitmap.length * 8 }, (_, index) => index + 1).filter(
    bit => ((bitmap[(bit - 1) >> 3]! >> (7 - ((bit - 1) & 7))) & 1) === 1,
  )
}

function writeValues(values: Values, layout: Bitmapped & { readonly extensible?: true }, dialect: Dialect): Buffer {
  const inOrder = [...values].sort(([a], [b]) => a - b)
  const extended = layout.extensible && inOrder.some(([number]) => number > 64)
  const bitmap = Buffer.alloc(extended ? 16 : layout.bitmapBytes)
  for (const bit of [...(extended ? [1] : []), ...values.keys()]) bitmap[(bit - 1) >> 3]! |= 0x80 >> ((bit - 1) & 7)

  const written = inOrder.map(([number, value]) => {
    const part = layout.parts[number]
    if (part === undefined) throw new RangeError(`there is no element ${number}`)
    return writeValue(value, part, dialect)
  })
  return Buffer.concat([bitmap, ...written])
}

function writeValue(value: Value, layout: Layout, dialect: Dialect): Buffer {
  const whole = layout.prefix === 'fixed' ? filled(value, layout) : value
  if (whole.length > layout.length) throw new RangeError(`${layout.name} is longer than ${layout.length}`)
  return Buffer.concat([writeLength(whole.length, layout, dialect), writeContent(whole, layout, dialect)])
}

function filled(value: Value, { content, length }: Layout): Value {
  if (typeof value !== 'string') return value
  return content === 'n' ? value.padStart(length, '0') : value.padEnd(length, ' ')
}

function writeLength(length: number, { prefix }: Layout, dialect: Dialect): Buffer {
  if (prefix === 'fixed') return Buffer.alloc(0)
  if (dialect.lengths === 'one-byte') return Buffer.of(length)
  return Buffer.from(String(length).padStart(prefix === 'LL' ? 2 : 3, '0'), 'latin1')
}

function writeContent(value: Value, { content, name }: Layout, dialect: Dialect): Buffer {
  if (typeof value !== 'string') return value
  if (content === 'text') return dialect.text === 'ascii' ? writeAscii(value) : writeEbcdic(value)
  if (content === 'binary' || !/^\d*$/.test(value)) throw new RangeError(`${name} must be ${content}`)
  return dialect.digits === 'bcd' ? writeBcd(value) : Buffer.from(value, 'latin1')
}
