import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import { cloneDatabase, dropDatabase } from '../../../../packages/local-postgres/src/index.js'
import { TEMPLATE } from '../../../../test/support/global-setup.js'
import { CARD_RANGES_LOCK_NUMBER, CATCH_UP_LOCK_NUMBER, CLOCK_LOCK_NUMBER } from '../platform/advisory-locks.js'
import { SettableClock } from '../platform/clock.js'
import { Database, Listener, sql } from '../platform/database.js'
import { makeLog } from '../platform/log.js'
import { CardRanges } from './card-ranges.js'
import { compareWithActive, importRanges, type RangeOffice, rollbackRanges } from './import-ranges.js'
import { diffLines } from './range-diff.js'
import { activeVersion, allActivations, allVersions, CARD_RANGES_CHANNEL, CardRangesDamaged } from './range-store.js'
import { readRangeFile } from './read-range-file.js'

const DAY = 86_400_000
const JUNE_15 = Date.UTC(2026, 5, 15, 12)

let folder: string
let name: string
let db: Database
let office: RangeOffice
let now: number
let clock: SettableClock
let logLines: string[]
const silent = makeLog({ now: () => 0, level: 'silent' })

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coffer-import-'))
})
beforeEach(async () => {
  name = `ranges_${randomUUID().replaceAll('-', '')}`
  db = new Database({ url: await cloneDatabase(inject('postgresUrl'), TEMPLATE, name), log: silent })
  now = JUNE_15
  clock = new SettableClock({ realMs: 0, virtualMs: 0, running: true, heldUntilRealMs: 0 }, () => now)
  office = { db, clock, by: 'an operator' }
  logLines = []
})
afterEach(async () => {
  await db.close()
  await dropDatabase(inject('postgresUrl'), name)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const HEADER = 'low,high,lengths,networks,country,funding,issuer,luhn,cvv_length,category,valid_from,valid_to'
const FRENCH = '497101,,16,VISA|CARTES_BANCAIRES,FR,DEBIT,La Banque,,,consumer,,'
const DANISH = '457100,457199,16,VISA|DANKORT,DK,DEBIT,Danske,,,,,'
const CHINESE = '622848,,19|16,CUP,CN,CREDIT,,no,3,,,'

async function fileOf(...rows: string[]) {
  const path = join(folder, 'ranges.csv')
  await writeFile(path, `${HEADER}\n${rows.join('\n')}\n`)
  const file = await readRangeFile(path)
  if (!file.ok) throw new Error('a test wrote a faulty file')
  return file
}
const importRows = async (...rows: string[]) => importRanges(office, await fileOf(...rows))

function newRanges(environment: 'sandbox' | 'live' = 'live') {
  const log = makeLog({ now: () => 0, stream: { write: line => logLines.push(line) } })
  return new CardRanges({ environment, clock, log })
}
async function loaded() {
  const ranges = newRanges()
  await ranges.load(db)
  return ranges
}
function networksOf(ranges: CardRanges, prefix: string, length = 16) {
  const number = prefix.padEnd(length, '7').padEnd(19, '0')
  return ranges.find(bound => (number < bound ? -1 : number > bound ? 1 : 0), length)?.networks
}
const script = (text: string) => db.query(sql(`test.${randomUUID()}`, text))
const counts = async () => (await activeVersion(db))?.version

describe('before anything is imported', () => {
  test('the built-in ranges count, and those of test cards in a sandbox alone', async () => {
    const live = newRanges()
    expect(live.version).toBeUndefined()
    expect(networksOf(live, '40000025')).toEqual(['VISA'])
    expect(networksOf(newRanges('sandbox'), '40000025')).toEqual(['VISA', 'CARTES_BANCAIRES'])
    await live.load(db)
    expect(live.version).toBeUndefined()
    expect(await live.refresh()).toBe(false)
  })
})

describe('an import', () => {
  test('becomes the version that counts, with everything that its rows say', async () => {
    expect(await importRows(FRENCH, DANISH, CHINESE)).toEqual({ kind: 'imported', version: 1, before: undefined })
    const ranges = await loaded()
    expect(ranges.version).toBe(1)
    const number = '4971010000000000000'
    expect(ranges.find(bound => (number < bound ? -1 : number > bound ? 1 : 0), 16)).toEqual({
      networks: ['VISA', 'CARTES_BANCAIRES'],
      issuingCountry: 'FR',
      funding: 'DEBIT',
      issuerName: 'La Banque',
      luhn: true,
      cvvLength: 3,
    })
    expect(networksOf(ranges, '457150')).toEqual(['VISA', 'DANKORT'])
    expect(networksOf(ranges, '622848', 19)).toEqual(['CUP'])
    expect(networksOf(ranges, '497102')).toEqual(['VISA'])
  })

  test('is on record: when, by whom, from which file', async () => {
    const file = await fileOf(FRENCH)
    await importRanges(office, file, { note: 'June table' })
    expect(await allVersions(db)).toEqual([
      {
        version: 1,
        fileName: 'ranges.csv',
        fileSha256: file.fileSha256,
        rowCount: 1,
        rowsSha256: expect.any(Buffer),
        note: 'June table',
        importedAt: JUNE_15,
        importedBy: 'an operator',
      },
    ])
  })

  test('of what counts already does nothing, whatever the order of its rows', async () => {
    await importRows(FRENCH, DANISH)
    expect(await importRows(DANISH, '', FRENCH)).toEqual({ kind: 'unchanged', version: 1 })
    expect(await allVersions(db)).toHaveLength(1)
  })

  test('of what counted once is a new version', async () => {
    await importRows(FRENCH)
    await importRows(DANISH)
    expect(await importRows(FRENCH)).toEqual({ kind: 'imported', version: 3, before: 2 })
  })

  test('that breaks off leaves everything as it was', async () => {
    await importRows(FRENCH)
    const rows = Array.from({ length: 60_000 }, (_, n) => `${400000000 + n},,16,VISA,,,,,,,,`)
    const stop = new Error('the operator pressed Ctrl-C')
    const broken = importRanges(office, await fileOf(...rows), {
      onRows: () => {
        throw stop
      },
    })
    await expect(broken).rejects.toBe(stop)
    expect(await counts()).toBe(1)
    expect(await script('select distinct version from card_range')).toEqual([{ version: 1 }])
  })

  test('of many rows tells how far it has come, and its rows come back as they were', async () => {
    const rows = Array.from({ length: 60_000 }, (_, n) => `${400000000 + n},,16,VISA|CUP,CN,,Bank ${n % 50},,,,,`)
    const told: number[] = []
    await importRanges(office, await fileOf(...rows), { onRows: n => told.push(n) })
    expect(told).toEqual([50_000])
    const ranges = await loaded()
    expect(networksOf(ranges, '400059999')).toEqual(['VISA', 'CUP'])
    expect(networksOf(ranges, '400060000')).toEqual(['VISA'])
  })

  test('waits for nobody: while another one is at work it is refused', async () => {
    const file = await fileOf(FRENCH)
    await db.transaction(async tx => {
      await tx.query(sql('test.lock', `select pg_advisory_xact_lock(${CARD_RANGES_LOCK_NUMBER})`))
      await expect(importRanges(office, file)).rejects.toThrow('somebody else changes the card ranges')
    })
    expect((await importRanges(office, file)).kind).toBe('imported')
  })

  test.each([
    ['the clock is moved', CLOCK_LOCK_NUMBER],
    ['somebody catches up on notifications', CATCH_UP_LOCK_NUMBER],
  ])('is not refused while %s', async (_, number) => {
    const file = await fileOf(FRENCH)
    await db.transaction(async tx => {
      await tx.query(sql('test.other-lock', 'select pg_advisory_xact_lock($1)'), [number])
      expect((await importRanges(office, file)).kind).toBe('imported')
    })
  })
})

describe('a dry run', () => {
  const renamed = FRENCH.replace('La Banque', 'La Poste').replace('DEBIT', 'CREDIT')

  test('tells what would be added, removed and changed, and changes nothing', async () => {
    await importRows(FRENCH, DANISH)
    const { against, diff } = await compareWithActive(db, (await fileOf(renamed, CHINESE)).ranges)
    expect(against).toBe(1)
    expect(diffLines(diff)).toEqual([
      'Added: 1',
      '  622848: CUP, 16, 19 digits, CN, CREDIT, no check digit',
      'Removed: 1',
      '  4571: VISA + DANKORT, 16 digits, DK, DEBIT, "Danske"',
      'Changed: 1',
      '  497101: funding DEBIT → CREDIT, issuer La Banque → La Poste',
    ])
    expect(await allVersions(db)).toHaveLength(1)
  })

  test('before the first import adds everything', async () => {
    const { against, diff } = await compareWithActive(db, (await fileOf(FRENCH, DANISH)).ranges)
    expect([against, diff.added.length, diff.removed.length, diff.changed.length]).toEqual([undefined, 2, 0, 0])
  })

  test('of what counts finds no difference', async () => {
    await importRows(FRENCH, DANISH, CHINESE)
    const { diff } = await compareWithActive(db, (await fileOf(CHINESE, FRENCH, DANISH)).ranges)
    expect(diff).toEqual({ added: [], removed: [], changed: [] })
  })

  test('tells of each kind the first twenty', async () => {
    const rows = Array.from({ length: 25 }, (_, n) => `${400000 + n},,16,VISA,,,,,,,,`)
    const { diff } = await compareWithActive(db, (await fileOf(...rows)).ranges)
    expect(diffLines(diff)).toHaveLength(1 + 20 + 1 + 2)
    expect(diffLines(diff)[21]).toBe('  and 5 more')
  })

  test('pairs rows with the same bounds one by one', async () => {
    await importRows('400000,,16,VISA,FR,,,,,,,', '400000,,19,VISA,FR,,,,,,,')
    const { ranges } = await fileOf('400000,,16,VISA,FR,,,,,,,', '400000,,19,VISA,DE,,,,,,,', '400000,,13,VISA,,,,,,,,')
    const { diff } = await compareWithActive(db, ranges)
    expect([diff.added.length, diff.removed.length, diff.changed.length]).toEqual([1, 0, 1])
  })
})

describe('going back', () => {
  beforeEach(async () => {
    await importRows(FRENCH)
    await importRows(DANISH)
  })

  test('makes the version before count again and deletes nothing', async () => {
    expect(await rollbackRanges(office)).toEqual({ version: 1, before: 2 })
    const ranges = await loaded()
    expect(networksOf(ranges, '497101')).toEqual(['VISA', 'CARTES_BANCAIRES'])
    expect(networksOf(ranges, '457100')).toEqual(['VISA'])
    expect(await allVersions(db)).toHaveLength(2)
    expect((await allActivations(db)).map(({ version }) => version)).toEqual([1, 2, 1])
  })

  test('goes on to the built-in ranges alone, and no further', async () => {
    await rollbackRanges(office)
    expect(await rollbackRanges(office)).toEqual({ version: undefined, before: 1 })
    expect(networksOf(await loaded(), '497101')).toEqual(['VISA'])
    await expect(rollbackRanges(office)).rejects.toThrow('nothing to go back from')
  })

  test('may name any version, a later one too', async () => {
    expect(await rollbackRanges(office, 0)).toEqual({ version: undefined, before: 2 })
    expect(await rollbackRanges(office, 2)).toEqual({ version: 2, before: undefined })
    await expect(rollbackRanges(office, 2)).rejects.toThrow('version 2 counts already')
    await expect(rollbackRanges(office, 7)).rejects.toThrow('there is no version 7')
    expect(await counts()).toBe(2)
  })
})

describe('a process that runs', () => {
  test('follows imports and rollbacks, and reads the rows only then', async () => {
    const ranges = await loaded()
    await importRows(FRENCH)
    expect(networksOf(ranges, '497101')).toEqual(['VISA'])
    expect(await Promise.all([ranges.refresh(), ranges.refresh()])).toEqual([true, true])
    expect(networksOf(ranges, '497101')).toEqual(['VISA', 'CARTES_BANCAIRES'])
    expect(await ranges.refresh()).toBe(false)
    await rollbackRanges(office)
    expect(await ranges.refresh()).toBe(true)
    expect(ranges.version).toBeUndefined()
    expect(networksOf(ranges, '497101')).toEqual(['VISA'])
  })

  test('hears of a change by a notification', async () => {
    const heard: (string | undefined)[] = []
    const listener = new Listener({ url: db.url, log: silent, channels: [CARD_RANGES_CHANNEL] }, c => heard.push(c))
    await listener.start()
    await importRows(FRENCH)
    await expect.poll(() => heard, { timeout: 30_000 }).toContain(CARD_RANGES_CHANNEL)
    await listener.stop()
  })

  test('takes dated rows into account when their day begins', async () => {
    await importRows('497101,,16,VISA|CARTES_BANCAIRES,FR,,,,,,2026-06-17,2026-06-17')
    const ranges = await loaded()
    const [seen, changed]: [unknown[], boolean[]] = [[], []]
    for (let day = 0; day < 5; day += 1) {
      changed.push(await ranges.refresh())
      seen.push(networksOf(ranges, '497101')?.length)
      now += DAY
    }
    expect(seen).toEqual([1, 1, 2, 1, 1])
    // A table with dates is made anew every day.
    expect(changed).toEqual([false, true, true, true, true])
  })
})

describe('a version whose rows were changed in the database', () => {
  const tamper = () => script(`update card_range set networks = 'VISA' where version = 1`)

  test('is not used: a start fails and says what to do', async () => {
    await importRows(FRENCH)
    await tamper()
    await expect(loaded()).rejects.toThrow(CardRangesDamaged)
    await expect(loaded()).rejects.toThrow('version 1 of the card ranges is damaged')
  })

  test.each([
    ['rows are missing', 'delete from card_range where position = 2'],
    [
      'rows were added',
      `insert into card_range (version, position, low, high, pan_lengths, networks, luhn, cvv_length)
       select version, 3, low, high, pan_lengths, networks, luhn, cvv_length from card_range where position = 2`,
    ],
    ['a network is unknown', `update card_range set networks = 'NOBODY' where position = 1`],
    ['a date was put in', `update card_range set valid_to = '2026-01-01' where position = 1`],
  ])('is also found when %s', async (_what, change) => {
    await importRows(FRENCH, DANISH)
    await script(change)
    await expect(loaded()).rejects.toThrow(CardRangesDamaged)
  })

  test('leaves a running process with its last good table, told once in the log', async () => {
    await importRows(DANISH)
    const ranges = await loaded()
    await importRows(FRENCH)
    await script(`update card_range set networks = 'VISA' where version = 2`)
    expect(await ranges.refresh()).toBe(false)
    expect(await ranges.refresh()).toBe(false)
    expect(ranges.version).toBe(1)
    expect(networksOf(ranges, '457100')).toEqual(['VISA', 'DANKORT'])
    expect(logLines.filter(line => line.includes('card-ranges.damaged'))).toHaveLength(1)
    await rollbackRanges(office)
    expect(await ranges.refresh()).toBe(true)
  })

  test('cannot be gone back to, nor compared with', async () => {
    await importRows(FRENCH)
    await tamper()
    await expect(compareWithActive(db, (await fileOf(DANISH)).ranges)).rejects.toThrow('is damaged')
    await importRows(DANISH)
    await expect(rollbackRanges(office)).rejects.toThrow('version 1 of the card ranges is damaged')
    expect(await counts()).toBe(2)
  })

  test('is mended by importing the same file again', async () => {
    await importRows(FRENCH)
    await tamper()
    expect(await importRows(FRENCH)).toEqual({ kind: 'imported', version: 2, before: 1 })
    expect(networksOf(await loaded(), '497101')).toEqual(['VISA', 'CARTES_BANCAIRES'])
  })
})
