/** What the link and the messages need of a codec, whatever profile it follows. */
import type { Cvv, FrameTemplate, Pan } from '../../card-data/index.js'

/**
 * A message by its fields. A key is the number of a data element (`3`), or its path where it has parts (`48.42`,
 * `126.10`). Values are text; those of binary fields are hex in capitals. Handles stand where digits go.
 */
export interface OutgoingMessage {
  /** Four digits, e.g. `0100`. */
  readonly mti: string
  readonly fields: Readonly<Record<string, string | Pan | Cvv>>
}

/** A message that came. A number of a card in it is masked already: nothing behind the codec ever sees one. */
export interface IncomingMessage {
  readonly mti: string
  readonly fields: Readonly<Record<string, string>>
}

export type Decoded = { ok: true; message: IncomingMessage } | { ok: false; problem: string }

/** Cuts a stream into frames. */
export interface FrameReader {
  /**
   * Keeps nothing of the chunk itself: what is returned, and what waits for its rest, are copies. The link overwrites a
   * chunk as soon as this returns, as it may hold the number of a card.
   * @returns the whole frames that are there now, without their length; or why the stream cannot be read on
   */
  push(chunk: Buffer): { ok: true; frames: Buffer[] } | { ok: false; problem: string }
}

export interface Dialect {
  /** Name of the profile. */
  readonly name: string
  /**
   * The whole frame with its length, places for digits left empty.
   * @throws RangeError when a value does not fit its field: a defect of the caller; it names the field, not the value
   */
  encode(message: OutgoingMessage): FrameTemplate
  /** Reads one frame. Never throws, whatever the bytes are; a problem names fields and rules, never values. */
  decode(frame: Buffer): Decoded
  newReader(): FrameReader
}
