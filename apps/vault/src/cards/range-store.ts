/** The SQL of imported card ranges and their versions. */
import { createHash, type Hash } from 'node:crypto'
import type { CardFacts } from '../card-data/index.js'
import { CARD_RANGES_LOCK_NUMBER } from '../platform/advisory-locks.js'
import { type Queryable, type Row, readTimestamp, sql, type Tx, timestamp } from '../platform/database.js'
import { type CardRange, canonicalRow } from './card-range.js'
import { isNetwork } from './networks.js'
import { SharedParts } from './shared-parts.js'

/** Processes that listen here hear of another version at once. */
export const CARD_RANGES_CHANNEL = 'coffer_card_ranges'

/** One import. */
export interface RangeVersion {
  version: number
  fileName: string
  fileSha256: Buffer
  rowCount: number
  rowsSha256: Buffer
  note: string | undefined
  importedAt: number
  importedBy: string
}

/** What counts now, and since which change. */
export interface Activation {
  seq: number
  /** `undefined`: the built-in ranges alone. */
  version: number | undefined
  activatedAt: number
  activatedBy: string
}

/** The rows of a version are not those that were imported: somebody changed them, or the database lost some. */
export class CardRangesDamaged extends Error {
  override readonly name = 'CardRangesDamaged'

  constructor(readonly version: number) {
    super(
      `version ${version} of the card ranges is damaged: its rows are not those that were imported. ` +
        'Go back with "coffer cards rollback", or import the file again',
    )
  }
}

const ACTIVE = sql(
  'card-range.active',
  `select seq, version, activated_at, activated_by
   from card_range_activation
   order by seq desc
   limit 1`,
)

/** @returns `undefined` when nothing was ever imported */
export async function activeVersion(db: Queryable): Promise<Activation | undefined> {
  const [row] = await db.query(ACTIVE)
  return row && readActivation(row)
}

const ACTIVATIONS = sql(
  'card-range.activations',
  `select seq, version, activated_at, activated_by
   from card_range_activation
   order by seq`,
)

export async function allActivations(db: Queryable): Promise<Activation[]> {
  return (await db.query(ACTIVATIONS)).map(readActivation)
}

const VERSIONS = sql(
  'card-range.versions',
  `select version, file_name, file_sha256, row_count, rows_sha256, note, imported_at, imported_by
   from card_range_version
   order by version`,
)

export async function allVersions(db: Queryable): Promise<RangeVersion[]> {
  return (await db.query(VERSIONS)).map(readVersion)
}

const VERSION = sql(
  'card-range.version',
  `select version, file_name, file_sha256, row_count, rows_sha256, note, imported_at, imported_by
   from card_range_version
   where version = $1`,
)

export async function versionByNumber(db: Queryable, version: number): Promise<RangeVersion | undefined> {
  const [row] = await db.query(VERSION, [version])
  return row && readVersion(row)
}

const ROWS = sql(
  'card-range.rows',
  `select position, low, high, pan_lengths, networks, issuing_country, funding, issuer_name, luhn, cvv_length, category,
          valid_from::text, valid_to::text, three_ds_required
   from card_range
   where version = $1 and position > $2
   order by position
   limit 10000`,
)

/**
 * Reads the rows of a version.
 * @throws CardRangesDamaged when they are not those that were imported
 */
export async function rangesOfVersion(db: Queryable, { version, rowsSha256 }: RangeVersion): Promise<CardRange[]> {
  const ranges: CardRange[] = []
  const hash = createHash('sha256')
  const parts = new SharedParts()
  for (let last = 0; ; ) {
    const rows = await db.query(ROWS, [version, last])
    for (const row of rows) {
      const range = readRange(row)
      if (!range) throw new CardRangesDamaged(version)
      addRow(hash, range)
      ranges.push(parts.share(range))
    }
    if (rows.length === 0) break
    last = Number(rows.at(-1)!['position'])
  }
  if (!hash.digest().equals(rowsSha256)) throw new CardRangesDamaged(version)
  return ranges
}

/** The digest of a version, over its rows in their order. */
export function digestOf(ranges: readonly CardRange[]): Buffer {
  const hash = createHash('sha256')
  for (const range of ranges) addRow(hash, range)
  return hash.digest()
}

const addRow = (hash: Hash, range: CardRange) => void hash.update(`${canonicalRow(range)}\n`)

const TRY_LOCK = sql('card-range.try-lock', `select pg_try_advisory_xact_lock(${CARD_RANGES_LOCK_NUMBER}) as got`)

/** Changes of what counts come one after the other. @returns false when another one is at work */
export async function lockRanges(tx: Tx): Promise<boolean> {
  return (await tx.query(TRY_LOCK))[0]?.['got'] === true
}

const INSERT_VERSION = sql(
  'card-range.insert-version',
  `insert into card_range_version
     (version, file_name, file_sha256, row_count, rows_sha256, note, imported_at, imported_by)
   select coalesce(max(version), 0) + 1, $1, $2, $3, $4, $5, $6, $7 from card_range_version
   returning version`,
)

/** Under the lock. @returns the number of the new version */
export async function insertVersion(tx: Tx, version: Omit<RangeVersion, 'version'>): Promise<number> {
  const { fileName, fileSha256, rowCount, rowsSha256, note, importedAt, importedBy } = version
  const params = [fileName, fileSha256, rowCount, rowsSha256, note, timestamp(importedAt), importedBy]
  return Number((await tx.query(INSERT_VERSION, params))[0]!['version'])
}

const INSERT_ROWS = sql(
  'card-range.insert-rows',
  `insert into card_range
     (version, position, low, high, pan_lengths, networks, issuing_country, funding, issuer_name, luhn, cvv_length,
      category, valid_from, valid_to, three_ds_required)
   select $1, $2 + nth, low, high, pan_lengths, networks, issuing_country, funding, issuer_name, luhn, cvv_length,
          category, valid_from, valid_to, three_ds_required
   from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::boolean[],
               $11::smallint[], $12::text[], $13::date[], $14::date[], $15::boolean[])
     with ordinality as given (low, high, pan_lengths, networks, issuing_country, funding, issuer_name, luhn, cvv_length,
                               category, valid_from, valid_to, three_ds_required, nth)`,
)

/** @param behind  how many rows of the version are there already */
export async function insertRanges(
  tx: Tx,
  version: number,
  behind: number,
  ranges: readonly CardRange[],
): Promise<void> {
  const column = (value: (range: CardRange) => unknown) => ranges.map(range => value(range) ?? null)
  await tx.query(INSERT_ROWS, [
    version,
    behind,
    column(range => range.low),
    column(range => range.high),
    column(range => range.panLengths.join('|')),
    column(range => range.facts.networks.join('|')),
    column(range => range.facts.issuingCountry),
    column(range => range.facts.funding),
    column(range => range.facts.issuerName),
    column(range => range.facts.luhn),
    column(range => range.facts.cvvLength),
    column(range => range.category),
    column(range => range.validFrom),
    column(range => range.validTo),
    column(range => range.facts.threeDSRequired ?? false),
  ])
}

const ACTIVATE = sql(
  'card-range.activate',
  `with added as (
     insert into card_range_activation (seq, version, activated_at, activated_by)
     select coalesce(max(seq), 0) + 1, $1::integer, $2, $3 from card_range_activation
   )
   select pg_notify('${CARD_RANGES_CHANNEL}', '')`,
)

/** Under the lock. From its commit on the version counts; listeners hear of it then. */
export async function activate(tx: Tx, version: number | undefined, at: number, by: string): Promise<void> {
  await tx.query(ACTIVATE, [version ?? null, timestamp(at), by])
}

/** @returns `undefined` for a row that no import can have written; the digest of the version vouches for the rest */
function readRange(row: Row): CardRange | undefined {
  const [first, ...others] = String(row['networks']).split('|').filter(isNetwork)
  if (first === undefined) return undefined
  const [issuingCountry, funding, issuerName] = [
    text(row['issuing_country']),
    text(row['funding']),
    text(row['issuer_name']),
  ]
  const [category, validFrom, validTo] = [text(row['category']), text(row['valid_from']), text(row['valid_to'])]
  return {
    low: String(row['low']),
    high: String(row['high']),
    panLengths: String(row['pan_lengths']).split('|').map(Number),
    facts: {
      networks: [first, ...others],
      luhn: row['luhn'] === true,
      cvvLength: Number(row['cvv_length']) as CardFacts['cvvLength'],
      ...(issuingCountry !== undefined && { issuingCountry }),
      ...(funding !== undefined && { funding: funding as NonNullable<CardFacts['funding']> }),
      ...(issuerName !== undefined && { issuerName }),
      ...(row['three_ds_required'] === true && { threeDSRequired: true }),
    },
    source: 'import',
    ...(category !== undefined && { category }),
    ...(validFrom !== undefined && { validFrom }),
    ...(validTo !== undefined && { validTo }),
  }
}

const text = (value: unknown) => (typeof value === 'string' ? value : undefined)

function readActivation(row: Row): Activation {
  return {
    seq: Number(row['seq']),
    version: row['version'] === null ? undefined : Number(row['version']),
    activatedAt: readTimestamp(row['activated_at']),
    activatedBy: String(row['activated_by']),
  }
}

function readVersion(row: Row): RangeVersion {
  return {
    version: Number(row['version']),
    fileName: String(row['file_name']),
    fileSha256: row['file_sha256'] as Buffer,
    rowCount: Number(row['row_count']),
    rowsSha256: row['rows_sha256'] as Buffer,
    note: text(row['note']),
    importedAt: readTimestamp(row['imported_at']),
    importedBy: String(row['imported_by']),
  }
}
