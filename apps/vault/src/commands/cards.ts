/**
 * `coffer cards …`: the operator's table of card ranges. These commands open the database alone and no keys: they have to
 * work when the vault does not start because the table is damaged.
 */
import { userInfo } from 'node:os'
import { Command } from 'commander'
import { boundsText, rangeText, SHOWN_DIGITS } from '../cards/card-range.js'
import { CardRanges } from '../cards/card-ranges.js'
import { compareWithActive, importRanges, type RangeOffice, rollbackRanges } from '../cards/import-ranges.js'
import { networkName } from '../cards/networks.js'
import { diffData, diffLines } from '../cards/range-diff.js'
import { rangeColumns } from '../cards/range-row.js'
import { activeVersion, allVersions, CardRangesDamaged } from '../cards/range-store.js'
import type { Piece } from '../cards/range-table.js'
import { faultLines, readRangeFile } from '../cards/read-range-file.js'
import { OperatorMistake } from '../merchants/manage-merchants.js'
import { type Clock, SettableClock, systemClock } from '../platform/clock.js'
import { Database } from '../platform/database.js'
import { migrate, pendingMigrations } from '../platform/migrations.js'
import { joinClock } from '../sandbox/virtual-clock.js'
import type { CommandHost } from './host.js'
import { inspectDatabase } from './inspect-database.js'
import { CannotStart, openDatabase, refuseOtherProfile } from './open.js'

/** Reading or writing ten thousand rows on a slow disk takes longer than any statement of a call. */
const STATEMENT_TIMEOUT_MS = 60_000

type Told = { data: object; text: string }

export function cardsCommand(host: CommandHost): Command {
  const cards = new Command('cards').description('import the table of card ranges, look into it, go back')
  const by = (name: string | undefined) => name ?? operatingSystemUser()

  cards
    .command('import')
    .description('import a table from CSV or JSON and make it the one that counts; a faulty file changes nothing')
    .argument('<file>', 'CSV with the names of the columns in its first line, or a JSON array of objects')
    .option('--dry-run', 'only tell what would be added, removed and changed')
    .option('--note <text>', 'why, for the list of versions')
    .option('--by <name>', "who imports, unless it is the operating system's user")
    .addHelpText('after', () => `\nColumns (docs/operations/card-ranges.md):\n${columnLines().join('\n')}`)
    .action(async (path: string, options: { dryRun?: boolean; note?: string; by?: string }) => {
      const file = await readFileOrTell(path, host)
      await withRanges(host, by(options.by), async office => {
        if (options.dryRun) return dryRun(office, file)
        const note = options.note?.slice(0, 500)
        const result = await importRanges(office, file, { note, onRows: n => host.say(`${n} rows stored`) })
        const { version } = result
        if (result.kind === 'unchanged') {
          return {
            data: { imported: false, version },
            text: `Version ${version}, which counts now, holds the same ${file.ranges.length} rows: nothing to do.`,
          }
        }
        const rows = file.ranges.length
        return {
          data: { imported: true, version, before: result.before ?? null, rows, repeated: file.repeated },
          text: `Imported ${rows} rows as version ${version}, which counts from now on.${repeatedText(file.repeated)}\nBack: coffer cards rollback`,
        }
      })
    })

  cards
    .command('versions')
    .description('list the imports and say which one counts')
    .action(() =>
      withRanges(host, '', async ({ db }) => {
        const active = await activeVersion(db)
        const data = (await allVersions(db)).map(v => ({
          version: v.version,
          active: v.version === active?.version,
          rows: v.rowCount,
          fileName: v.fileName,
          fileSha256: v.fileSha256.toString('hex'),
          importedAt: new Date(v.importedAt).toISOString(),
          importedBy: v.importedBy,
          note: v.note ?? null,
        }))
        const lines = data.map(
          v =>
            `${v.active ? '*' : ' '} ${v.version}  ${v.importedAt}  ${v.rows} rows  ${plain(v.fileName)}  by ${plain(v.importedBy)}` +
            `  sha256 ${v.fileSha256.slice(0, 12)}…${v.note ? `  ${plain(v.note)}` : ''}`,
        )
        const since = active && `since ${new Date(active.activatedAt).toISOString()}, by ${plain(active.activatedBy)}`
        const counts =
          active?.version === undefined
            ? `The built-in ranges alone count${since ? ` ${since}` : ''}.`
            : `Version ${active.version} counts ${since}.`
        return { data: { active: active?.version ?? null, versions: data }, text: [...lines, counts].join('\n') }
      }),
    )

  cards
    .command('rollback')
    .description('make an earlier version count again; nothing is deleted')
    .argument('[version]', 'the one before unless told; 0 for the built-in ranges alone', parseVersion)
    .option('--by <name>', "who does it, unless it is the operating system's user")
    .action((version: number | undefined, options: { by?: string }) =>
      withRanges(host, by(options.by), async office => {
        const now = await rollbackRanges(office, version)
        const was = now.before === undefined ? 'the built-in ranges alone' : `version ${now.before}`
        const text =
          now.version === undefined
            ? `The built-in ranges alone count from now on; before it was ${was}.`
            : `Version ${now.version} counts from now on; before it was ${was}.`
        return { data: { version: now.version ?? null, before: now.before ?? null }, text }
      }),
    )

  cards
    .command('show')
    .description('tell what numbers with a beginning are taken for, and by which range')
    .argument('<prefix>', `the first 6 to ${SHOWN_DIGITS} digits, never a whole number`, parsePrefix)
    .action((prefix: string) =>
      withRanges(host, '', async ({ db, clock }) => {
        const ranges = new CardRanges({ environment: host.config().environment, clock, log: host.log })
        await ranges.load(db)
        return showPieces(prefix, [...ranges.table.piecesOf(prefix)])
      }),
    )
  return cards
}

async function readFileOrTell(path: string, host: CommandHost) {
  const file = await readRangeFile(path, { onRows: n => host.say(`${n} rows read`) }).catch(error => {
    const { code } = error as { code?: string }
    if (typeof code === 'string' && /^E[A-Z]+$/.test(code)) {
      throw new OperatorMistake(`the file ${path} cannot be read (${code})`)
    }
    throw error
  })
  if (file.ok) return file
  throw new OperatorMistake(`${path} was not imported; nothing has changed.\n${faultLines(file).join('\n')}`)
}

async function dryRun(office: RangeOffice, file: Awaited<ReturnType<typeof readFileOrTell>>): Promise<Told> {
  const { against, diff } = await compareWithActive(office.db, file.ranges)
  const what = against === undefined ? 'no import counts now' : `compared with version ${against}, which counts now`
  return {
    data: {
      dryRun: true,
      against: against ?? null,
      rows: file.ranges.length,
      repeated: file.repeated,
      ...diffData(diff),
    },
    text: [
      `${file.ranges.length} rows, ${what}. Nothing has changed.${repeatedText(file.repeated)}`,
      ...diffLines(diff),
    ].join('\n'),
  }
}

const repeatedText = (repeated: number) =>
  repeated ? ` ${repeated} rows that only repeat another one were left out.` : ''

const PIECES_SHOWN = 20

function showPieces(prefix: string, pieces: readonly Piece[]): Told {
  const rows = pieces.map(piece => ({
    numbers: boundsText(piece),
    takenFor: answersIn(piece).map(({ range, lengths }) => ({
      lengths,
      networks: range.facts.networks,
      names: range.facts.networks.map(networkName),
      range: rangeText(range),
      source: range.source,
    })),
  }))
  const lines = rows
    .slice(0, PIECES_SHOWN)
    .flatMap(({ numbers, takenFor }) => [
      `Numbers that begin with ${numbers}:`,
      ...takenFor.map(
        row =>
          `  ${row.lengths.join(', ')} digits: ${row.names.join(' + ')}\n      by ${SOURCE_NAMES[row.source]} range ${row.range}`,
      ),
    ])
  if (rows.length > PIECES_SHOWN) lines.push(`and ${rows.length - PIECES_SHOWN} more parts: give more digits`)
  const none = `No range has numbers that begin with ${prefix}: such a card ends as CARD_NOT_SUPPORTED.`
  return { data: { prefix, parts: rows }, text: lines.join('\n') || none }
}

const SOURCE_NAMES = { import: 'the imported', pres: "a directory server's", builtin: 'the built-in' } as const

/** Which lengths each range of a piece decides about. */
function answersIn({ ranges }: Piece) {
  const known = new Set<number>()
  return ranges.map(range => {
    const lengths = range.panLengths.filter(length => !known.has(length))
    for (const length of lengths) known.add(length)
    return { range, lengths }
  })
}

const columnLines = () =>
  rangeColumns.map(({ name, required, meaning }) => `  ${name.padEnd(11)} ${meaning}${required ? ' (required)' : ''}`)

/** Runs one command on the database and prints its result. */
async function withRanges(host: CommandHost, by: string, work: (office: RangeOffice) => Promise<Told>): Promise<void> {
  const config = host.config()
  const { environment } = config
  const database = await openDatabase(config, true, host.say)
  try {
    refuseOtherProfile(config, await inspectDatabase(database.url))
    if (environment === 'sandbox') await migrate(database.url)
    const pending = await pendingMigrations(database.url)
    if (pending.length) throw new CannotStart(`the database lacks ${pending.join(', ')}: run "coffer migrate" first`)
    const db = new Database({
      url: database.url,
      log: host.log,
      connections: 2,
      statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    })
    try {
      const { data, text } = await work({ db, clock: await clockOf(environment, db), by })
      host.print(host.json() ? JSON.stringify(data, null, 2) : text)
    } catch (error) {
      throw error instanceof CardRangesDamaged ? new OperatorMistake(error.message) : error
    } finally {
      await db.close()
    }
  } finally {
    await database.stop()
  }
}

async function clockOf(environment: 'sandbox' | 'live', db: Database): Promise<Clock> {
  if (environment === 'live') return systemClock
  const clock = new SettableClock()
  await joinClock(db, clock)
  return clock
}

function operatingSystemUser(): string {
  try {
    return userInfo().username
  } catch {
    // A container may run as a number without a name.
    return 'unknown'
  }
}

function parseVersion(text: string): number {
  if (!/^(0|[1-9]\d{0,8})$/.test(text))
    throw new OperatorMistake('a version is a whole number; see: coffer cards versions')
  return Number(text)
}

function parsePrefix(text: string): string {
  const digits = text.replace(/[ -]/g, '')
  if (/^[0-9]+$/.test(digits) && digits.length > SHOWN_DIGITS) {
    throw new OperatorMistake(
      `from ${SHOWN_DIGITS + 1} digits on it could be a whole card number, which has no place in a command and its ` +
        `history: give the first 6 to ${SHOWN_DIGITS}`,
    )
  }
  if (!/^[0-9]{6,}$/.test(digits))
    throw new OperatorMistake(`give the first 6 to ${SHOWN_DIGITS} digits of the numbers`)
  return digits
}

/** What somebody named; a terminal must not obey it. */
const plain = (text: string) => text.replace(/\p{Cc}/gu, '?')
