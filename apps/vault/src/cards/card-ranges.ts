/** The card ranges that count now: what is built in, and over it what the operator imported. */
import type { CardFacts, CardLookup } from '../card-data/index.js'
import type { Clock } from '../platform/clock.js'
import type { Queryable } from '../platform/database.js'
import type { Log } from '../platform/log.js'
import { builtInRanges, sandboxRanges } from './built-in-ranges.js'
import { type CardRange, dayOf } from './card-range.js'
import { type Activation, activeVersion, CardRangesDamaged, rangesOfVersion, versionByNumber } from './range-store.js'
import { RangeTable } from './range-table.js'

/**
 * Looks numbers up in the table of the moment, which is exchanged as a whole. What a running or finished vaulting has
 * learned of its card stays as it was.
 */
export class CardRanges implements CardLookup {
  #table: RangeTable
  #active: Activation | undefined
  #db: Queryable | undefined
  /** A change that was found damaged: looked at once, not every few seconds. */
  #refused: { seq: number; day: string } | undefined
  #refreshing: Promise<boolean> | undefined
  readonly #builtIn: readonly CardRange[]

  /** Knows the built-in ranges from the start; in a sandbox those of the test cards too. */
  constructor(private readonly options: { environment: 'sandbox' | 'live'; clock: Clock; log: Log }) {
    this.#builtIn = options.environment === 'sandbox' ? [...builtInRanges, ...sandboxRanges] : builtInRanges
    this.#table = RangeTable.of(this.#builtIn, options.clock.now())
  }

  /** The import that counts; `undefined` while it is the built-in ranges alone. */
  get version(): number | undefined {
    return this.#active?.version
  }

  /** For those who want to know where an answer comes from. */
  get table(): RangeTable {
    return this.#table
  }

  find(compareTo: (bound: string) => -1 | 0 | 1, length: number): CardFacts | undefined {
    return this.#table.find(compareTo, length)
  }

  /**
   * Reads the version that counts, for a start.
   * @throws CardRangesDamaged when its rows are not those that were imported: a start without the operator's ranges would
   *   send cards to the wrong network, and nobody would notice
   */
  async load(db: Queryable): Promise<void> {
    this.#db = db
    await this.#take(db, await activeVersion(db))
  }

  /**
   * Follows what counts: reads the table anew when another version was made active, or when a day began on which other
   * rows count. Cheap when nothing changed. A damaged version is told once in the log as `card-ranges.damaged`, and the
   * last good table stays.
   * @returns whether there is another table now
   */
  refresh(): Promise<boolean> {
    this.#refreshing ??= this.#follow().finally(() => {
      this.#refreshing = undefined
    })
    return this.#refreshing
  }

  async #follow(): Promise<boolean> {
    const { clock, log } = this.options
    if (!this.#db) throw new Error('card ranges are refreshed before they were loaded')
    const active = await activeVersion(this.#db)
    const day = dayOf(clock.now())
    const sameVersion = active?.seq === this.#active?.seq
    if (sameVersion && !(this.#table.isDated && this.#table.day !== day)) return false
    if (active && this.#refused?.seq === active.seq && this.#refused.day === day) return false
    try {
      await this.#take(this.#db, active)
      log.info('card-ranges.changed', { status: nameOf(active) })
      return true
    } catch (error) {
      if (!(error instanceof CardRangesDamaged) || !active) throw error
      this.#refused = { seq: active.seq, day }
      log.error('card-ranges.damaged', { status: nameOf(active), cause: 'rows differ from those that were imported' })
      return false
    }
  }

  async #take(db: Queryable, active: Activation | undefined): Promise<void> {
    const imported = active?.version === undefined ? [] : await rangesOf(db, active.version)
    const { clock } = this.options
    this.#table = await RangeTable.ofWithPauses([...imported, ...this.#builtIn], clock.now(), () => clock.sleep(0))
    this.#active = active
  }
}

async function rangesOf(db: Queryable, version: number): Promise<readonly CardRange[]> {
  const row = await versionByNumber(db, version)
  if (!row) throw new CardRangesDamaged(version)
  return rangesOfVersion(db, row)
}

const nameOf = (active: Activation | undefined) =>
  active?.version === undefined ? 'built-in ranges alone' : `version ${active.version}`
