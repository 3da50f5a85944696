import { type JsonListener, type JsonScalar, JsonScanner, NotReadable, type ScannerLimits } from './json-scanner.js'

/** A JSON value. Objects are maps: no prototype, and `__proto__` is a name like any other. */
export type JsonValue = JsonScalar | JsonValue[] | Map<string, JsonValue>

/** Where a name stood twice: the names that lead there. */
export type Path = readonly string[]

interface Level {
  readonly container: JsonValue[] | Map<string, JsonValue>
  name: string
}

/** What a name, a value or a bracket costs in memory beyond its own bytes, roughly and at least. */
const OVERHEAD_BYTES = 16

/** Builds a value from tokens. Of two members with one name the first is kept, and the second told. */
export class JsonTree implements JsonListener {
  root: JsonValue | undefined
  /** Names that stood twice, the first hundred of them. */
  readonly duplicates: Path[] = []
  readonly #levels: Level[] = []
  readonly #maxBytes: number
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** How many objects and arrays are open. */
  get depth(): number {
    return this.#levels.length
  }

  /** The name that the next value belongs to, where an object is open. */
  get currentName(): string | undefined {
    return this.#levels.at(-1)?.name
  }

  open(kind: 'object' | 'array'): void {
    const container = kind === 'object' ? new Map<string, JsonValue>() : []
    this.#spend(0)
    this.#place(container)
    this.#levels.push({ container, name: '' })
  }

  close(): void {
    this.#levels.pop()
  }

  name(name: string, bytes: number): void {
    this.#spend(bytes)
    const level = this.#levels.at(-1)!
    level.name = name
    const { container } = level
    if (container instanceof Map && container.has(name) && this.duplicates.length < 100) {
      this.duplicates.push(this.#levels.flatMap(at => (at.container instanceof Map ? [at.name] : [])))
    }
  }

  scalar(value: JsonScalar, bytes: number): void {
    this.#spend(bytes)
    this.#place(value)
  }

  #place(value: JsonValue): void {
    const level = this.#levels.at(-1)
    if (!level) this.root = value
    else if (Array.isArray(level.container)) level.container.push(value)
    else if (!level.container.has(level.name)) level.container.set(level.name, value)
  }

  #spend(bytes: number): void {
    this.#bytes += bytes + OVERHEAD_BYTES
    if (this.#bytes > this.#maxBytes) throw new NotReadable('too large')
  }
}

/**
 * A whole JSON text.
 * @throws NotReadable
 */
export function readJson(
  bytes: Uint8Array | string,
  limits: ScannerLimits,
): { root: JsonValue; duplicates: readonly Path[] } {
  const tree = new JsonTree(limits.totalBytes * 4)
  const scanner = new JsonScanner(tree, limits)
  scanner.push(typeof bytes === 'string' ? Buffer.from(bytes, 'utf8') : bytes)
  scanner.end()
  return { root: tree.root!, duplicates: tree.duplicates }
}

/** A JSON value as plain objects. Every name becomes a property of the object's own, `__proto__` too. */
export function plain(value: JsonValue): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (value instanceof Map) return Object.fromEntries([...value].map(([name, inner]) => [name, plain(inner)]))
  return value
}
