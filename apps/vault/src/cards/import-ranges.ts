/** What an operator does with the table of card ranges: import a file, look what it would change, go back. */
import { OperatorMistake } from '../merchants/manage-merchants.js'
import type { Clock } from '../platform/clock.js'
import type { Database, Queryable, Tx } from '../platform/database.js'
import type { CardRange } from './card-range.js'
import { diffRanges, type RangeDiff } from './range-diff.js'
import {
  activate,
  activeVersion,
  CardRangesDamaged,
  digestOf,
  insertRanges,
  insertVersion,
  lockRanges,
  type RangeVersion,
  rangesOfVersion,
  versionByNumber,
} from './range-store.js'
import type { OnRows, RangeFile } from './read-range-file.js'

export interface RangeOffice {
  db: Database
  clock: Clock
  /** Who does it, for the record. */
  by: string
}

export type ImportResult =
  | { readonly kind: 'imported'; readonly version: number; readonly before: number | undefined }
  /** The version that counts has the same rows. */
  | { readonly kind: 'unchanged'; readonly version: number }

const ROWS_AT_ONCE = 10_000
const BATCHES_BETWEEN_TOLD = 5

/** Adds a version and makes it the one that counts, both or neither. */
export async function importRanges(
  office: RangeOffice,
  file: Extract<RangeFile, { ok: true }>,
  options: { note?: string | undefined; onRows?: OnRows } = {},
): Promise<ImportResult> {
  const { clock, by } = office
  const { ranges, fileName, fileSha256 } = file
  const rowsSha256 = digestOf(ranges)
  return changeRanges(office, async tx => {
    const active = await activeRow(tx)
    if (active?.rowsSha256.equals(rowsSha256) && (await isGood(tx, active))) {
      return { kind: 'unchanged', version: active.version }
    }
    const importedAt = clock.now()
    const rowCount = ranges.length
    const row = { fileName, fileSha256, rowCount, rowsSha256, note: options.note, importedAt, importedBy: by }
    const version = await insertVersion(tx, row)
    for (let done = 0; done < rowCount; done += ROWS_AT_ONCE) {
      await insertRanges(tx, version, done, ranges.slice(done, done + ROWS_AT_ONCE))
      const batches = done / ROWS_AT_ONCE + 1
      if (batches % BATCHES_BETWEEN_TOLD === 0) options.onRows?.(Math.min(batches * ROWS_AT_ONCE, rowCount))
    }
    await activate(tx, version, importedAt, by)
    return { kind: 'imported', version, before: active?.version }
  })
}

/**
 * What an import would change in what counts now. Changes nothing itself.
 * @throws OperatorMistake when the version that counts is damaged
 */
export async function compareWithActive(
  db: Queryable,
  ranges: readonly CardRange[],
): Promise<{ against: number | undefined; diff: RangeDiff }> {
  const active = await activeRow(db)
  const before = active ? await goodRows(db, active) : []
  return { against: active?.version, diff: diffRanges(before, ranges) }
}

/**
 * Makes an earlier version count again; nothing is deleted, and one can go forward in the same way.
 * @param to  the version, 0 for the built-in ranges alone; the one before unless told
 */
export async function rollbackRanges(
  office: RangeOffice,
  to?: number,
): Promise<{ version: number | undefined; before: number | undefined }> {
  return changeRanges(office, async tx => {
    const before = (await activeVersion(tx))?.version
    if (to === undefined && before === undefined) {
      throw new OperatorMistake('no import counts now, so there is nothing to go back from; see: coffer cards versions')
    }
    const target = to ?? before! - 1
    if (target === (before ?? 0)) throw new OperatorMistake(`${nameOf(target)} counts already`)
    const version = target === 0 ? undefined : await versionByNumber(tx, target)
    if (target !== 0 && !version) throw new OperatorMistake(`there is no version ${target}; see: coffer cards versions`)
    if (version) await goodRows(tx, version)
    await activate(tx, version?.version, office.clock.now(), office.by)
    return { version: version?.version, before }
  })
}

const nameOf = (version: number) => (version === 0 ? 'the built-in table alone' : `version ${version}`)

/** Imports and rollbacks come one after the other. */
async function changeRanges<T>(office: RangeOffice, work: (tx: Tx) => Promise<T>): Promise<T> {
  return office.db.transaction(async tx => {
    if (await lockRanges(tx)) return work(tx)
    throw new OperatorMistake('somebody else changes the card ranges at this moment: try again when that has ended')
  })
}

async function activeRow(db: Queryable): Promise<RangeVersion | undefined> {
  const active = await activeVersion(db)
  return active?.version === undefined ? undefined : versionByNumber(db, active.version)
}

async function goodRows(db: Queryable, version: RangeVersion): Promise<CardRange[]> {
  try {
    return await rangesOfVersion(db, version)
  } catch (error) {
    if (error instanceof CardRangesDamaged) throw new OperatorMistake(error.message)
    throw error
  }
}

/** Whether a version can still be used. If not, importing the same file again is the remedy, not a repeat. */
async function isGood(db: Queryable, version: RangeVersion): Promise<boolean> {
  try {
    await rangesOfVersion(db, version)
    return true
  } catch (error) {
    if (error instanceof CardRangesDamaged) return false
    throw error
  }
}
