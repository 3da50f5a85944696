import type { Keywords } from './elements.js'
import type { Erro } from './erro.js'
import { type JsonListener, type JsonScalar, JsonScanner, NotReadable } from './json-scanner.js'
import { JsonTree } from './json-tree.js'
import { judge } from './judge.js'
import type { CardRangeData, PRes } from './preparation-messages.js'
import { type Problem, problemOf, type TransactionIds } from './problem.js'
import { type Expected, judgeMessage } from './read-message.js'
import { keywordsOf } from './schemas.js'
import { newestVersion } from './versions.js'

/** How much a PRes may hold. */
export interface PResReaderLimits {
  /** One range; 16 KiB unless told otherwise. */
  readonly rangeBytes?: number
  /** The message without its ranges; 256 KiB unless told otherwise. */
  readonly restBytes?: number
  /** The whole message; 512 MiB unless told otherwise. */
  readonly totalBytes?: number
}

/** What a PRes is without its list. */
export type PResWithoutRanges = Omit<PRes, 'cardRangeData'>

/** A PRes without its list, or the Erro that came in its place: `messageType` tells which. Or the problem. */
export type ReadPRes =
  | { ok: true; message: PResWithoutRanges | Erro }
  | { ok: false; problem: Problem; ids: TransactionIds }

const LIST = 'cardRangeData'
const MAX_DEPTH = 32

/**
 * Reads a PRes of any size as it arrives. A range is handed out once it is complete and well-formed; nothing of the
 * list is kept. After the first fault no range is handed out any more, but reading goes on, because the fault that is
 * told is the first in the order of `readMessage`, not of the text.
 *
 * The caller keeps what it is given apart until `end` says `ok`: what went wrong may come last. Whether ranges overlap
 * is the caller's to judge; that one begins after it ends, or that its bounds differ in length, is 203 here.
 */
export class PResReader {
  readonly #expected: Expected<'PRes' | 'Erro'>
  readonly #listener: RangeListener
  readonly #scanner: JsonScanner
  #fault: string | undefined

  constructor(
    onRange: (range: CardRangeData) => void,
    expected: Omit<Expected<'PRes' | 'Erro'>, 'types' | 'maxBytes' | 'category'> = {},
    limits: PResReaderLimits = {},
  ) {
    const { rangeBytes = 16 * 1024, restBytes = 256 * 1024, totalBytes = 512 * 1024 * 1024 } = limits
    this.#expected = { ...expected, types: ['PRes', 'Erro'] }
    this.#listener = new RangeListener(onRange, rangeBytes, restBytes)
    this.#scanner = new JsonScanner(this.#listener, {
      depth: MAX_DEPTH,
      tokenBytes: Math.max(rangeBytes, restBytes),
      totalBytes,
    })
  }

  /** The next bytes, cut anywhere. Never throws but what `onRange` throws. */
  push(chunk: Uint8Array): void {
    this.#attempt(() => this.#scanner.push(chunk))
  }

  /** There are no more bytes. */
  end(): ReadPRes {
    this.#attempt(() => this.#scanner.end())
    if (this.#fault !== undefined) return { ok: false, problem: problemOf('101', this.#fault), ids: {} }
    const { rest, missing, malformed, duplicates } = this.#listener
    const all = [...rest.duplicates, ...duplicates]
    const read = judgeMessage(rest.root!, all, this.#expected, { missing, malformed })
    if (!read.ok) return read
    if (read.message.messageType === 'Erro') return { ok: true, message: read.message }
    const { [LIST]: _, ...message } = read.message
    return { ok: true, message }
  }

  #attempt(step: () => void): void {
    if (this.#fault !== undefined) return
    try {
      step()
    } catch (error) {
      if (!(error instanceof NotReadable)) throw error
      this.#fault = error.message
    }
  }
}

/** Sends the tokens of each range to a tree of its own, and all others to one tree. */
class RangeListener implements JsonListener {
  readonly rest: JsonTree
  readonly missing = new Set<string>()
  readonly malformed = new Set<string>()
  readonly duplicates: string[][] = []
  readonly #onRange: (range: CardRangeData) => void
  readonly #rangeBytes: number
  #inList = false
  #range: JsonTree | undefined

  constructor(onRange: (range: CardRangeData) => void, rangeBytes: number, restBytes: number) {
    this.#onRange = onRange
    this.#rangeBytes = rangeBytes
    this.rest = new JsonTree(restBytes)
  }

  open(kind: 'object' | 'array'): void {
    if (this.#inList) {
      this.#range ??= new JsonTree(this.#rangeBytes)
      this.#range.open(kind)
      return
    }
    this.#inList = kind === 'array' && this.rest.depth === 1 && this.rest.currentName === LIST
    // The list stays in the rest as an empty one, so that a second list of that name is noticed.
    this.rest.open(kind)
  }

  close(): void {
    if (!this.#range) {
      this.#inList = false
      this.rest.close()
      return
    }
    this.#range.close()
    if (this.#range.depth === 0) this.#rangeEnds(this.#range)
  }

  name(name: string, bytes: number): void {
    if (this.#range) this.#range.name(name, bytes)
    else this.rest.name(name, bytes)
  }

  scalar(value: JsonScalar, bytes: number): void {
    if (this.#range) this.#range.scalar(value, bytes)
    else if (this.#inList) this.malformed.add(LIST)
    else this.rest.scalar(value, bytes)
  }

  #rangeEnds({ root, duplicates }: JsonTree): void {
    this.#range = undefined
    if (duplicates.length > 0 && this.duplicates.length < 100) {
      this.duplicates.push(...duplicates.map(path => [LIST, ...path]))
    }
    if (!(root instanceof Map)) {
      this.malformed.add(LIST)
      return
    }
    const range = judge(rangeSchema, root, LIST, this) as CardRangeData
    const faults = this.missing.size + this.malformed.size + this.duplicates.length + this.rest.duplicates.length
    if (faults > 0) return
    if (!isForwards(range)) this.malformed.add(`${LIST}.endRange`)
    else this.#onRange(range)
  }
}

/** Both bounds have one length, so comparing them as text compares the numbers. */
const isForwards = ({ startRange, endRange }: CardRangeData) =>
  startRange.length === endRange.length && startRange <= endRange

/** Of the newest version: the version of the message may stand behind the list. */
const rangeSchema = (keywordsOf('PRes', newestVersion, '02').properties![LIST] as Keywords).items!
