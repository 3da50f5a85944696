import { describe, expect, it } from 'vitest'
import {
  antomCards,
  avsLevers,
  binRows,
  type CatalogueRow,
  type CatalogueSection,
  callLevers,
  challengeLevers,
  cvvLevers,
  expiryLevers,
  issuerHabits,
  issuerModes,
  passesLuhn,
  readTestCard,
  responseCodes,
  testCardCatalogue,
  testCardNumber,
  threeDSScripts,
  vaultingResultCodeFor,
  wellKnownCards,
} from './index.js'

const { sections } = testCardCatalogue()

const section = (id: string): CatalogueSection => sections.find(section => section.id === id)!
const rowsOf = (...ids: string[]) => ids.flatMap(id => section(id).tables.flatMap(({ rows }) => rows))
const column = (rows: readonly CatalogueRow[], key: string) => rows.map(row => row[key]).filter(Boolean)

/** Every card number that is printed, with its row and its column. */
const cards = sections.flatMap(({ id, tables }) =>
  tables.flatMap(({ columns, rows }) =>
    rows.flatMap(row =>
      columns
        .filter(({ key, kind }) => kind === 'card' && row[key] !== undefined)
        .map(({ key }) => ({ id, key, row, number: row[key] as string })),
    ),
  ),
)

describe('the catalogue', () => {
  it('has every row of every table once', () => {
    expect(column(rowsOf('response-codes'), 'rr')).toEqual(responseCodes.map(({ code }) => code))
    expect(column(rowsOf('issuer-modes'), 'm')).toEqual(issuerModes.map(({ mode }) => mode))
    expect(column(rowsOf('3ds'), 'tt').toSorted()).toEqual(threeDSScripts.map(({ tt }) => tt))
    expect(column(rowsOf('brands', 'co-badged'), 'prefix').toSorted()).toEqual(
      binRows.map(({ prefix }) => prefix).toSorted(),
    )
    expect(column(rowsOf('antom'), 'number')).toEqual(antomCards.map(({ number }) => number))
    expect(column(rowsOf('well-known'), 'number')).toEqual(wellKnownCards.map(({ number }) => number))
  })

  it('has every value beside the number that means something once', () => {
    const rows = rowsOf('other-values', '3ds')
    const levers = [cvvLevers, expiryLevers, avsLevers, callLevers, issuerHabits, challengeLevers].flat()
    for (const { says } of levers) expect(column(rows, 'says').filter(said => said === says)).toHaveLength(1)

    expect(column(rows, 'cvv')).toEqual([...cvvLevers.map(({ cvv }) => cvv), 'any other', 'none'])
    expect(column(rows, 'expiry')).toEqual(['12/49', 'any past month'])
    expect(column(rows, 'postcode')).toEqual([...avsLevers.map(({ postcode }) => postcode), 'any other'])
    expect(column(rows, 'otp')).toEqual(challengeLevers.flatMap(({ otp }) => otp ?? []))
  })

  it('keeps one-network and co-badged ranges apart, and groups the latter by who chooses', () => {
    for (const { brand } of rowsOf('brands')) expect(brand).not.toContain('+')
    for (const { brand } of rowsOf('co-badged')) expect(brand).toContain(' + ')
    const groups = section('co-badged').tables.map(({ title, rows }) => [title, column(rows, 'issuingCountry')])
    expect(groups).toEqual([
      ['Co-badged in the EEA: the buyer chooses', ['FR', 'FR', 'FR']],
      [
        'Co-badged in the EEA, but only one of the two has a name in the API: nobody is asked, and that one is taken',
        ['DK', 'BE', 'BE'],
      ],
      [
        'Co-badged outside the EEA: unless chosen otherwise, the first network is taken',
        ['SA', 'AU', 'AU', 'CN', 'CN', 'KR'],
      ],
    ])
  })

  it('has ids, titles and headings that tell things apart', () => {
    const ids = sections.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    for (const { tables } of sections) {
      if (tables.length > 1) expect(new Set(tables.map(({ title }) => title)).size).toBe(tables.length)
      for (const { columns, rows } of tables) {
        expect(new Set(columns.map(({ label }) => label)).size).toBe(columns.length)
        for (const row of rows) expect(row[columns[0]!.key]).toBeTruthy()
      }
    }
  })

  it('says what starts 3DS, and that no number does', () => {
    expect(section('3ds').about[0]).toMatch(/TT never start 3DS.*`is3DSAuthentication: true`.*soft decline/)
  })
})

describe('a number of the catalogue', () => {
  it.each(cards)('$number ($id, $key) is a test card that does what its row says', ({ key, row, number }) => {
    expect(passesLuhn(number)).toBe(true)
    const card = readTestCard(number)!
    const { brands, tt, mode, responseCode, issuingCountry, funding } = card

    const headings: Record<string, string> = { visa: 'VISA', mastercard: 'MASTERCARD', amex: 'AMEX' }
    const said = {
      brand: headings[key] ?? row['brand'],
      tt: { challenge: '20', challengeFirst: '20' }[key] ?? row['tt'],
    }
    if (said.brand !== undefined) expect(brands.join(' + ')).toBe(said.brand)
    if (said.tt !== undefined) expect(tt).toBe(said.tt)
    if (row['m'] !== undefined) expect(mode).toBe(row['m'])
    if (row['rr'] !== undefined) expect(responseCode).toBe(row['rr'])
    if (row['length'] !== undefined) expect(String(number.length)).toBe(row['length'])
    if (row['prefix'] !== undefined) expect(number.startsWith(row['prefix'] as string)).toBe(true)
    if (row['funding'] !== undefined) expect(funding).toBe(row['funding'])
    if (row['issuingCountry'] !== undefined) expect(issuingCountry).toBe(row['issuingCountry'])
    if (key === 'challenge') expect(card.threeDS?.versions.join(', ')).toBe(row['threeDS'])
  })

  it.each(rowsOf('response-codes'))('with RR $rr ends as its row says', ({ rr, vaultingResultCode }) => {
    const ends = (network: 'VISA' | 'MASTERCARD', cvvResult?: string) =>
      vaultingResultCodeFor(rr as (typeof responseCodes)[number]['code'], network, cvvResult)
    const said = typeof vaultingResultCode === 'string' ? {} : vaultingResultCode!
    const always = typeof vaultingResultCode === 'string' ? vaultingResultCode : undefined

    expect(always ?? said['VISA']).toBe(ends('VISA'))
    expect(always ?? said['MASTERCARD']).toBe(ends('MASTERCARD'))
    expect(always ?? said['MASTERCARD, wrong CVV'] ?? said['MASTERCARD']).toBe(ends('MASTERCARD', 'N'))
  })

  it('that takes part in no 3DS has no challenge', () => {
    const without = rowsOf('brands', 'co-badged').filter(({ threeDS }) => threeDS === 'none')
    expect(without).toHaveLength(binRows.filter(({ threeDS }) => threeDS === undefined).length)
    for (const { challenge } of without) expect(challenge).toBeUndefined()
  })

  it('is taken apart without losing a digit', () => {
    const { number, parts } = section('reading').example!
    expect(parts.map(({ digits }) => digits).join('')).toBe(number)
    expect(parts.map(({ name }) => name)).toEqual(['range', 'fill', 'TT', 'M', 'RR', 'check'])
    expect(readTestCard(number)).toMatchObject({ tt: '20', mode: '0', responseCode: '05' })
  })

  it('comes out of the code that is printed for more numbers', () => {
    const { code, tables } = section('more-numbers')
    expect(code).toContain(testCardNumber({ brand: 'VISA', responseCode: '51', fill: '07' }))
    expect(column(tables[0]!.rows, 'cards')).toEqual(['1', '1', '10', '100', '100,000'])
  })
})
