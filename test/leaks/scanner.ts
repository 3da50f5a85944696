/** Looks for many byte strings at once in files, as they are: nothing is decoded or unpacked on the way. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { Needle } from './needles.js'

export interface Hit {
  readonly what: string
  /** From the root of the scan. */
  readonly file: string
  readonly offset: number
}

export interface Scan {
  readonly hits: Hit[]
  readonly files: number
  readonly bytes: number
  /** How often each group of three ASCII digits occurs with no digit or letter beside it, by its number. */
  readonly threeDigits: Uint32Array
}

/** Of each needle four bytes are looked up first; those least likely to occur by chance. */
interface Probe {
  readonly needle: Needle
  readonly at: number
}

const FILTER_BITS = 20

export class Scanner {
  readonly #filter = new Uint8Array(1 << FILTER_BITS)
  readonly #probes = new Map<number, Probe[]>()

  constructor(readonly needles: readonly Needle[]) {
    for (const needle of needles) {
      if (needle.bytes.length < 5) throw new RangeError(`${needle.what} is too short to be looked for`)
      const at = rarestWindow(needle.bytes)
      const key = needle.bytes.readUInt32BE(at)
      this.#filter[slot(key)] = 1
      this.#probes.set(key, [...(this.#probes.get(key) ?? []), { needle, at }])
    }
  }

  /** Every file below the folders; at most a few hits of each needle in each file. */
  scan(roots: readonly string[]): Scan {
    const scan: Scan & { files: number; bytes: number } = {
      hits: [],
      files: 0,
      bytes: 0,
      threeDigits: new Uint32Array(1000),
    }
    for (const root of roots) {
      for (const path of filesBelow(root)) {
        const content = readFileSync(path)
        scan.files += 1
        scan.bytes += content.length
        this.#scanOne(content, relative(root, path), scan)
      }
    }
    return scan
  }

  #scanOne(content: Buffer, file: string, { hits, threeDigits }: Scan): void {
    const filter = this.#filter
    const seen = new Set<Needle>()
    let key = 0
    for (let at = 0; at < content.length; at += 1) {
      const byte = content[at]!
      key = ((key << 8) | byte) >>> 0
      if (kinds[byte] === DIGIT && at >= 2 && kinds[content[at + 1] ?? 0] === OTHER) {
        const [hundreds, tens] = [content[at - 2]!, content[at - 1]!]
        const alone = kinds[hundreds] === DIGIT && kinds[tens] === DIGIT && kinds[content[at - 3] ?? 0] === OTHER
        if (alone) threeDigits[(hundreds & 15) * 100 + (tens & 15) * 10 + (byte & 15)]! += 1
      }
      if (filter[slot(key)] === 0 || at < 3) continue
      for (const { needle, at: offset } of this.#probes.get(key) ?? []) {
        const from = at - 3 - offset
        if (from < 0 || from + needle.bytes.length > content.length || seen.has(needle)) continue
        if (content.compare(needle.bytes, 0, needle.bytes.length, from, from + needle.bytes.length) !== 0) continue
        seen.add(needle)
        hits.push({ what: needle.what, file, offset: from })
      }
    }
  }
}

const OTHER = 0
const DIGIT = 1
const LETTER = 2
const kinds = Uint8Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte)
  return /[0-9]/.test(character) ? DIGIT : /[A-Za-z]/.test(character) ? LETTER : OTHER
})

const slot = (key: number) => Math.imul(key, 0x9e3779b1) >>> (32 - FILTER_BITS)

/** Where four bytes stand that differ most from each other and from zero: "0000" and padding are everywhere. */
function rarestWindow(bytes: Buffer): number {
  let best = 0
  let bestScore = -1
  for (let at = 0; at + 4 <= bytes.length; at += 1) {
    const window = [...bytes.subarray(at, at + 4)]
    const score = new Set(window).size * 2 + window.filter(byte => byte !== 0 && byte !== 0x30).length
    if (score > bestScore) {
      best = at
      bestScore = score
    }
  }
  return best
}

function filesBelow(folder: string): string[] {
  if (statSync(folder, { throwIfNoEntry: false }) === undefined) return []
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? filesBelow(path) : entry.isFile() ? [path] : []
  })
}
