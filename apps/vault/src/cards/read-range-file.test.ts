import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FAULTS_TOLD, faultLines, type RangeFile, readRangeFile, type TableLimits } from './read-range-file.js'

let folder: string
let nth = 0
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coffer-ranges-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function read(content: string | Buffer, options: { limits?: TableLimits } = {}) {
  nth += 1
  const path = join(folder, `ranges-${nth}`)
  await writeFile(path, content)
  return readRangeFile(path, options.limits ? { limits: options.limits } : {})
}
async function good(content: string | Buffer) {
  const file = await read(content)
  if (!file.ok) throw new Error(faultLines(file).join('\n'))
  return file
}
async function faults(content: string | Buffer, limits?: TableLimits): Promise<string[]> {
  const file = await read(content, limits ? { limits } : {})
  expect(file.ok).toBe(false)
  return faultLines(file as Extract<RangeFile, { ok: false }>)
}

const HEADER = 'low,high,lengths,networks,country,funding,issuer,luhn,cvv_length,category,valid_from,valid_to'

describe('a table in CSV', () => {
  test('becomes ranges, with blanks filled in as the first network has it', async () => {
    const { ranges } = await good(
      `${HEADER}\n` +
        '49710100,49710199,16,CARTES_BANCAIRES|VISA,FR,DEBIT,"Banque, dite ""La"" Poste",yes,3,consumer,2026-01-01,2026-12-31\n' +
        '\n' +
        '622848,,16 19,CUP,CN,,,,,,,\n',
    )
    expect(ranges).toEqual([
      {
        low: '4971010000000000000',
        high: '4971019999999999999',
        panLengths: [16],
        facts: {
          networks: ['CARTES_BANCAIRES', 'VISA'],
          issuingCountry: 'FR',
          funding: 'DEBIT',
          issuerName: 'Banque, dite "La" Poste',
          luhn: true,
          cvvLength: 3,
        },
        source: 'import',
        category: 'consumer',
        validFrom: '2026-01-01',
        validTo: '2026-12-31',
      },
      {
        low: '6228480000000000000',
        high: '6228489999999999999',
        panLengths: [16, 19],
        facts: { networks: ['CUP'], issuingCountry: 'CN', luhn: false, cvvLength: 3 },
        source: 'import',
      },
    ])
  })

  test('may have its columns in any order, leave out those it does not use, begin with a mark and end its lines with CRLF', async () => {
    const { ranges } = await good('\uFEFFNetworks,LOW,lengths\r\nAMEX,340000,15\r\n')
    expect(ranges[0]).toMatchObject({ low: '3400000000000000000', facts: { networks: ['AMEX'], cvvLength: 4 } })
  })

  test('comes out in the order of the numbers, without rows that only repeat another', async () => {
    const file = await good(
      'low,lengths,networks\n520000,16,MASTERCARD\n400000,16,VISA\n520000,16,MASTERCARD\n400000,19,VISA\n',
    )
    expect(file.ranges.map(({ low, panLengths }) => [low.slice(0, 6), panLengths])).toEqual([
      ['400000', [16]],
      ['400000', [19]],
      ['520000', [16]],
    ])
    expect(file.repeated).toBe(1)
  })

  test('keeps characters whole that lie across two pieces of a file', async () => {
    const rows = Array.from({ length: 30_000 }, (_, n) => `${400000000 + n},16,VISA,Société Générale ${'é'.repeat(40)}`)
    const { ranges } = await good(`low,lengths,networks,issuer\n${rows.join('\n')}\n`)
    expect(new Set(ranges.map(({ facts }) => facts.issuerName)).size).toBe(1)
  })
})

describe('a table in JSON', () => {
  test('says the same in an array of objects, with lists, numbers and booleans where they fit', async () => {
    const { ranges } = await good(
      JSON.stringify(
        [
          { low: '49710100', high: 49710199, lengths: [16, 19], networks: ['CARTES_BANCAIRES', 'VISA'], luhn: true },
          { low: '622848', lengths: 16, networks: 'CUP', country: null, issuer: 'a } in "quotes" \\', cvv_length: 3 },
        ],
        undefined,
        2,
      ),
    )
    const csv = await good(
      'low,high,lengths,networks,luhn,issuer\n49710100,49710199,16|19,CARTES_BANCAIRES|VISA,yes,\n622848,,16,CUP,,"a } in ""quotes"" \\"\n',
    )
    expect(ranges).toEqual(csv.ranges)
  })

  test.each<[string, string, string]>([
    ['ends early', '[{"low":"400000"', 'Line 1: the JSON ends too early'],
    ['is one object', '{"low":"400000"}', 'Line 1: the JSON must be one array of objects'],
    ['has other things beside objects', '[\n1]', 'Line 2: the JSON must be one array of objects'],
    ['goes on behind its end', '[{"low":"400000","lengths":16,"networks":"VISA"}] x', 'Line 1: the JSON must be one'],
    ['lacks a comma', '[{"low":"400000","lengths":16,"networks":"VISA"}\n{}]', 'Line 2: the JSON must be one'],
    ['has a broken object', '[\n{"low":"4000001234567890123",}\n]', 'Line 2: is not JSON'],
    ['has a field too many', '[\n{"pan":"4000000000100000"}\n]', 'Line 2: has a field with no name of these: low,'],
    ['has an object in a field', '[{"low":{}}]', 'Line 1: low: must be text, a number, yes or no, or a list'],
    ['has a rounded number', '[{"low":4000001234567890123}]', 'Line 1: low: must be text'],
    ['is empty', '[]', 'The file holds no ranges'],
    ['never closes an object', `[{"issuer":"${'x'.repeat(200_000)}`, 'Line 1: an object does not end'],
  ])('is refused when it %s', async (_what, content, told) => {
    expect((await faults(content))[0]).toContain(told)
  })
})

describe('a faulty row is told with line, column and rule:', () => {
  const row = (low: string, rest: Partial<Record<string, string>> = {}) => {
    const values: Record<string, string> = { low, lengths: '16', networks: 'VISA', ...rest } as Record<string, string>
    return `${HEADER}\n${HEADER.split(',')
      .map(name => values[name] ?? '')
      .join(',')}\n`
  }
  const rows: [string, string][] = [
    [row(''), 'Line 2: low: is missing'],
    [row('400000', { lengths: '' }), 'Line 2: lengths: is missing'],
    [row('400000', { networks: ' ' }), 'Line 2: networks: is missing'],
    [row('40000'), 'Line 2: low: "40000" must be 6 to 19 digits'],
    [row('4000O0'), 'Line 2: low: "4000O0" must be 6 to 19 digits'],
    [row('400000', { high: '39' }), 'Line 2: high: "39" must be 6 to 19 digits'],
    [row('400000', { high: '399999' }), 'Line 2: high: lies below low'],
    [row('40000012345678901234'), 'Line 2: low: must be 6 to 19 digits'],
    [row('4000001234567'), 'Line 2: low: low and high leave less than 4 digits of a number open'],
    [row('676770123', { lengths: '12', networks: 'MAESTRO' }), 'leave less than 4 digits'],
    [row('400000', { lengths: '11' }), 'Line 2: lengths: "11" must be whole numbers from 12 to 19'],
    [row('400000', { lengths: '16|20' }), 'Line 2: lengths: "20" must be whole numbers from 12 to 19'],
    [row('400000', { lengths: '16.5' }), 'Line 2: lengths: "16.5" must be'],
    [row('400000', { networks: 'Visa' }), 'Line 2: networks: "Visa" is no network that Coffer knows'],
    [row('400000', { networks: 'VISA|VISA' }), 'Line 2: networks: names VISA twice'],
    [row('400000', { country: 'FRA' }), 'Line 2: country: "FRA" must be two capital letters'],
    [row('400000', { country: 'fr' }), 'Line 2: country: "fr" must be two capital letters'],
    [row('400000', { funding: 'credit' }), 'Line 2: funding: "credit" must be one of CREDIT'],
    [row('400000', { luhn: 'maybe' }), 'Line 2: luhn: must be yes or no'],
    [row('400000', { luhn: 'constructor' }), 'Line 2: luhn: must be yes or no'],
    [row('400000', { cvv_length: '5' }), 'Line 2: cvv_length: must be 0, 3 or 4'],
    [row('400000', { issuer: 'x'.repeat(129) }), 'Line 2: issuer: must have 128 characters at most'],
    [row('400000', { issuer: 'a\u0007b' }), 'Line 2: issuer: must not hold control characters'],
    [
      row('400000', { issuer: 'Card 4000 0000 0010 0000' }),
      'Line 2: issuer: must not hold what could be a card number',
    ],
    [row('400000', { category: 'x'.repeat(65) }), 'Line 2: category: must have 64 characters at most'],
    [row('400000', { valid_from: '2026-02-30' }), 'Line 2: valid_from: "2026-02-30" must be a day written YYYY-MM-DD'],
    [row('400000', { valid_from: '01.02.2026' }), 'Line 2: valid_from: "01.02.2026" must be a day'],
    [row('400000', { valid_from: '2026-02-02', valid_to: '2026-02-01' }), 'Line 2: valid_to: lies before valid_from'],
  ]
  test.each(rows.map(([content, told]) => [told, content]))('%s', async (told, content) => {
    const lines = await faults(content)
    expect(lines[0]).toContain(told)
    expect(lines).toHaveLength(1)
  })

  test('all of them, and of many the first fifty', async () => {
    const file = await faults(`low,lengths,networks\n${'1,1,X\n'.repeat(100)}`)
    expect(file).toHaveLength(FAULTS_TOLD + 1)
    expect(file.at(-1)).toBe('and 250 more')
    expect(file[3]).toMatch(/^Line 3: /)
  })

  test('a number that could be a card is never repeated', async () => {
    const number = '4000000000100000'
    const shapes = [
      `low,lengths,networks\n${number}x,16,VISA\n`,
      `low,lengths,networks\n400000,${number},VISA\n`,
      `low,lengths,networks\n400000,16,${number}\n`,
      `low,lengths,networks,country\n400000,16,VISA,${number}\n`,
      `low,lengths,networks,funding,valid_to\n400000,16,VISA,4000 0000 0010 0000,${number}\n`,
      `${number},lengths,networks\n`,
      `low,lengths,networks\n${number},16,VISA\n`,
      `low,lengths,networks\n"${number}" 4,16,VISA\n`,
      `[{"${number}":1}]`,
      `[{"low":"400000","networks":["${number}"],"lengths":16}]`,
      `[{"low":"${number}",]`,
    ]
    for (const shape of shapes) {
      const told = (await faults(shape)).join('\n')
      expect(told.replace(/[^0-9]/g, ''), shape).not.toContain(number)
    }
  })
})

describe('a file is refused', () => {
  test.each<[string, string | Buffer, string]>([
    ['that is empty', '', 'The file holds no ranges'],
    ['that has a header alone', `${HEADER}\n`, 'The file holds no ranges'],
    ['without a header', '400000,16,VISA\n', 'column 1 has no name of these: low, high,'],
    [
      'with a column of its own',
      'low,lengths,networks,bank\n',
      'Line 1: the first line must name the columns, and column 4',
    ],
    ['with a column twice', 'low,low,lengths,networks\n', 'Line 1: the first line names low twice'],
    ['without a required column', 'low,networks\n400000,VISA\n', 'Line 1: the first line lacks lengths'],
    ['with semicolons', 'low;lengths;networks\n400000;16;VISA\n', 'Line 1: the columns must be separated by commas'],
    ['with a row that is too short', 'low,lengths,networks\n400000,16\n', 'Line 2: has 2 columns, the header has 3'],
    ['with a row that is too long', 'low,lengths,networks\n\n400000,16,VISA,FR\n', 'Line 3: has 4 columns'],
    ['with an open quote', 'low,lengths,networks\n"400000,16,VISA\n', 'a double quote is never closed'],
    ['with a quote within a value', 'low,lengths,networks\n"400"000,16,VISA\n', 'double quotes must stand around'],
    [
      'with an open quote before a long rest',
      `low,lengths,networks\n"${'4\n'.repeat(20_000)}`,
      'more than 10000 characters',
    ],
    ['in Latin-1', Buffer.from('low,lengths,networks,issuer\n400000,16,VISA,Générale\n', 'latin1'), 'is not UTF-8'],
    ['in UTF-16', Buffer.from(`\uFEFF${HEADER}\n`, 'utf16le'), 'is not UTF-8'],
    [
      'that breaks off within a character',
      Buffer.from('low,lengths,networks\n400000,16,é').subarray(0, -1),
      'not UTF-8',
    ],
    ['of zero bytes', Buffer.alloc(1000), 'column 1 has no name of these'],
  ])('%s', async (_what, content, told) => {
    expect((await faults(content)).join('\n')).toContain(told)
  })

  test('that is larger than the limit', async () => {
    const content = `low,lengths,networks\n${'400000,16,VISA\n'.repeat(100_000)}`
    expect(await faults(content, { bytes: 1024 * 1024, rows: 1_000_000 })).toEqual(['The file has more than 1 MB'])
  })

  test('that has more rows than the limit', async () => {
    const content = 'low,lengths,networks\n400000,16,VISA\n400001,16,VISA\n400002,16,VISA\n'
    expect(await faults(content, { bytes: 1_000, rows: 2 })).toEqual(['Line 4: the file has more than 2 rows'])
  })

  test('whose rows contradict each other, naming both lines', async () => {
    expect(
      await faults('low,high,lengths,networks\n400004,400008,16,VISA\n400000,400005,16,VISA\n520000,,16,MASTERCARD\n'),
    ).toEqual(['Line 2: and line 3: partly overlap: let them lie apart, or one within the other'])
    expect(await faults('low,lengths,networks\n400000,16,VISA\n400000,16|19,ELO\n')).toEqual([
      'Line 2: and line 3: the same range with 16 digits, but other facts: leave out one of the two',
    ])
  })

  test('that is not there, with an error of the operating system', async () => {
    await expect(readRangeFile(join(folder, 'nowhere.csv'))).rejects.toThrow('ENOENT')
    await expect(readRangeFile(folder)).rejects.toThrow('EISDIR')
  })
})

test('reading tells how far it has come', async () => {
  const path = join(folder, 'long.csv')
  const rows = Array.from({ length: 120_000 }, (_, n) => `${400000000 + n},16,VISA`)
  await writeFile(path, `low,lengths,networks\n${rows.join('\n')}\n`)
  const told: number[] = []
  expect((await readRangeFile(path, { onRows: n => told.push(n) })).ok).toBe(true)
  expect(told).toEqual([50_000, 100_000])
})
