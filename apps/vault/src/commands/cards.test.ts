import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest'
import { cloneDatabase, dropDatabase } from '../../../../packages/local-postgres/src/index.js'
import { TEMPLATE } from '../../../../test/support/global-setup.js'
import { readConfig } from '../config.js'
import { OperatorMistake } from '../merchants/manage-merchants.js'
import { Database, sql } from '../platform/database.js'
import { makeLog } from '../platform/log.js'
import { cardsCommand } from './cards.js'
import { makeHost } from './host.js'

const log = makeLog({ now: () => 0, level: 'silent' })
let folder: string
let name: string
let databaseUrl: string
let said: string[]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coffer-cards-'))
})
beforeEach(async () => {
  name = `cards_${randomUUID().replaceAll('-', '')}`
  databaseUrl = await cloneDatabase(inject('postgresUrl'), TEMPLATE, name)
  said = []
  return () => dropDatabase(inject('postgresUrl'), name)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Runs `coffer cards …` and gives what it printed. */
async function cards(words: readonly string[], json = false): Promise<string> {
  const printed: string[] = []
  const env = { COFFER_DATA_DIR: join(folder, 'sandbox'), DATABASE_URL: databaseUrl }
  const host = makeHost({
    config: () => readConfig(env, process.versions.node),
    log,
    print: text => printed.push(text),
    say: text => said.push(text),
    json: () => json,
  })
  await cardsCommand(host).exitOverride().parseAsync(words, { from: 'user' })
  return printed.join('\n')
}

async function file(text: string): Promise<string> {
  const path = join(folder, 'table.csv')
  await writeFile(path, text)
  return path
}
const FRENCH = 'low,lengths,networks,country\n497101,16,VISA|CARTES_BANCAIRES,FR\n'
const DANISH = 'low,lengths,networks,country\n457100,16,VISA|DANKORT,DK\n'

test('a table is tried, imported, listed, looked into and taken back', async () => {
  const french = await file(FRENCH)
  expect(await cards(['import', french, '--dry-run'])).toContain(
    'Added: 1\n  497101: VISA + CARTES_BANCAIRES, 16 digits, FR',
  )
  expect(await cards(['versions'])).toBe('The built-in ranges alone count.')

  expect(await cards(['import', french, '--note', 'first try', '--by', 'ada'])).toContain(
    'Imported 1 rows as version 1',
  )
  expect(await cards(['import', french])).toContain('the same 1 rows: nothing to do')
  await cards(['import', await file(DANISH), '--by', 'ada'])
  const versions = await cards(['versions'])
  expect(versions).toMatch(/^ {2}1 .*1 rows {2}table\.csv {2}by ada .*first try$/m)
  expect(versions).toMatch(/^\* 2 /m)
  expect(versions).toMatch(/Version 2 counts since .*, by ada\.$/)

  expect(await cards(['rollback'])).toContain('Version 1 counts from now on; before it was version 2.')
  const shown = await cards(['show', '497101'])
  expect(shown).toContain('Numbers that begin with 497101:\n  16 digits: Visa + Cartes Bancaires\n')
  expect(shown).toContain('by the imported range 497101: VISA + CARTES_BANCAIRES, 16 digits, FR')
  expect(shown).toContain('  13, 18, 19 digits: Visa\n      by the built-in range 4: VISA')
  expect(await cards(['rollback', '0'])).toContain('The built-in ranges alone count from now on')
})

test('the results can be had as JSON', async () => {
  const path = await file(FRENCH)
  const json = async (...words: string[]) => JSON.parse(await cards(words, true))
  expect(await json('import', path, '--dry-run')).toMatchObject({ dryRun: true, rows: 1, added: { count: 1 } })
  expect(await json('import', path)).toEqual({ imported: true, version: 1, before: null, rows: 1, repeated: 0 })
  expect(await json('versions')).toMatchObject({ active: 1, versions: [{ version: 1, active: true, rows: 1 }] })
  expect(await json('show', '497101')).toMatchObject({
    prefix: '497101',
    parts: [{ numbers: '497101', takenFor: [{ lengths: [16], networks: ['VISA', 'CARTES_BANCAIRES'] }, {}] }],
  })
  expect(await json('rollback')).toEqual({ version: null, before: 1 })
})

test('a faulty file is told line by line and changes nothing', async () => {
  const path = await file('low,lengths,networks\n4000,16,VISA\n400000,16,NOBODY\n')
  await expect(cards(['import', path])).rejects.toThrow(
    'was not imported; nothing has changed.\nLine 2: low: "4000" must be 6 to 19 digits\nLine 3: networks: "NOBODY" is no',
  )
  await expect(cards(['import', join(folder, 'nowhere.csv')])).rejects.toThrow('cannot be read (ENOENT)')
  expect(await cards(['versions'])).toBe('The built-in ranges alone count.')
})

test('a prefix may be shown, a number that could be a whole card may not', async () => {
  await expect(cards(['show', '676770100003'])).rejects.toThrow('could be a whole card number')
  await expect(cards(['show', '4000 0000 0010 0000'])).rejects.toThrow('give the first 6 to 11')
  await expect(cards(['show', '40000'])).rejects.toThrow('give the first 6 to 11 digits')
  await expect(cards(['show', 'visa00'])).rejects.toBeInstanceOf(OperatorMistake)
  expect(await cards(['show', '999999'])).toContain('such a card ends as CARD_NOT_SUPPORTED')
  // In a sandbox this prefix falls apart into ranges of test cards.
  expect(await cards(['show', '400000'])).toContain('Numbers that begin with 40000025:\n  16 digits: Visa + Cartes')
})

test('a damaged version is told, and can be left by a rollback', async () => {
  await cards(['import', await file(FRENCH)])
  await cards(['import', await file(DANISH)])
  const db = new Database({ url: databaseUrl, log })
  await db.query(sql('test.tamper', `update card_range set networks = 'VISA' where version = 2`))
  await db.close()
  await expect(cards(['show', '457100'])).rejects.toThrow('Go back with "coffer cards rollback"')
  await cards(['rollback'])
  expect(await cards(['show', '497101'])).toContain('Cartes Bancaires')
})

test('a long import tells how far it has come', async () => {
  const rows = Array.from({ length: 51_000 }, (_, n) => `${400000000 + n},16,VISA`)
  await cards(['import', await file(`low,lengths,networks\n${rows.join('\n')}\n`)])
  expect(said).toEqual(['50000 rows read', '50000 rows stored'])
})

test('the help names the columns', () => {
  const host = makeHost({
    config: () => readConfig({}, '24.0.0'),
    log,
    print: () => {},
    say: () => {},
    json: () => false,
  })
  const command = cardsCommand(host).commands.find(one => one.name() === 'import')!
  let help = ''
  command.configureOutput({ writeOut: text => (help += text) }).outputHelp()
  expect(help).toContain('networks')
  expect(help).toContain('ISO 3166-1 alpha-2')
})
