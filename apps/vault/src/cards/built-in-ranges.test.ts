import { cardBrands } from '@coffer/antom'
import { antomCards, binRows, readTestCard, wellKnownCards } from '@coffer/test-cards'
import creditCardType from 'credit-card-type'
import { describe, expect, test } from 'vitest'
import type { NetworkId } from '../card-data/index.js'
import { builtInGaps, builtInRanges, builtInRows, sandboxRanges } from './built-in-ranges.js'
import { boundsOf } from './card-range.js'
import { brandFor, eeaCountries, isEea, isNetwork, networkName, networks } from './networks.js'
import { RangeTable } from './range-table.js'

const live = RangeTable.of(builtInRanges, 0)
const sandbox = RangeTable.of([...builtInRanges, ...sandboxRanges], 0)

function look(table: RangeTable, number: string) {
  const padded = number.padEnd(19, '0')
  return table.find(bound => (padded < bound ? -1 : padded > bound ? 1 : 0), number.length)
}
const liveNetworks = (prefix: string, length: number) => look(live, prefix.padEnd(length, '0'))?.networks

describe('built in is', () => {
  test.each<[string, number, NetworkId[]]>([
    ['4', 16, ['VISA']],
    ['4', 13, ['VISA']],
    ['4', 19, ['VISA']],
    ['510000', 16, ['MASTERCARD']],
    ['272099', 16, ['MASTERCARD']],
    ['34', 15, ['AMEX']],
    ['37', 15, ['AMEX']],
    ['352800', 16, ['JCB']],
    ['180000', 15, ['JCB']],
    ['36', 14, ['DINERS']],
    ['309500', 16, ['DINERS']],
    ['6011', 16, ['DISCOVER']],
    ['65', 16, ['DISCOVER']],
    ['62', 19, ['CUP']],
    ['817100', 16, ['CUP']],
    ['622126', 16, ['CUP', 'DISCOVER']],
    ['622925', 16, ['CUP', 'DISCOVER']],
    ['622926', 16, ['CUP']],
    ['67', 12, ['MAESTRO']],
    ['501900', 16, ['DANKORT']],
    ['220000', 16, ['MIR']],
    ['979200', 16, ['TROY']],
    ['65083704', 16, ['TROY']],
    ['401178', 16, ['ELO']],
    ['509000', 16, ['ELO']],
    ['606282', 16, ['HIPERCARD']],
    ['384100', 19, ['HIPERCARD']],
    ['384100', 14, ['DINERS']],
  ])('%s of %i digits: %j', (prefix, length, expected) => {
    expect(liveNetworks(prefix, length)).toEqual(expected)
  })

  test.each<[string, number]>([
    ['4', 15],
    ['4', 12],
    ['34', 16],
    ['51', 19],
    ['65', 15],
    ['222099', 16],
    ['272100', 16],
    ['81720000', 16],
    ['90', 16],
  ])('nothing for %s of %i digits', (prefix, length) => {
    expect(liveNetworks(prefix, length)).toBeUndefined()
  })

  test('nothing for numbers of networks that Antom does not have', () => {
    for (const { prefixes } of builtInGaps) {
      for (const prefix of prefixes) {
        const [from = '', to = from] = prefix.split('-')
        for (const edge of [from, to.padEnd(8, '9')]) expect(liveNetworks(edge, 16), edge).toBeUndefined()
      }
    }
  })

  test('a check digit everywhere but on UnionPay numbers, and a CVV of four digits on Amex alone', () => {
    for (const { facts } of builtInRanges) {
      const [first] = facts.networks
      expect(facts.luhn, first).toBe(first !== 'CUP')
      expect(facts.cvvLength, first).toBe(first === 'AMEX' ? 4 : first === 'MAESTRO' ? 0 : 3)
    }
  })

  test('no range of a network that has no numbers of its own', () => {
    const known = new Set<string>(builtInRows.flatMap(row => row.networks))
    for (const none of ['CARTES_BANCAIRES', 'CARNET', 'MADA', 'EFTPOS_AU', 'BANCONTACT', 'HYUNDAI', 'BC', 'SHINHAN']) {
      expect(known.has(none), none).toBe(false)
    }
  })
})

describe('a sandbox', () => {
  test('knows every test card as what it is', () => {
    const numbers = [
      ...[...antomCards, ...wellKnownCards].map(card => card.number),
      ...binRows.map(row => row.prefix.padEnd(row.length, '0')),
    ]
    for (const number of numbers) {
      const facts = look(sandbox, number)
      const published = [...antomCards, ...wellKnownCards].find(card => card.number === number)
      const card = readTestCard(number) ?? binRows.find(row => number.startsWith(row.prefix))!
      expect(facts?.networks, number).toEqual(card.brands)
      expect(facts?.funding).toBe((published ?? card).funding)
      expect(facts?.issuingCountry).toBe((published ?? card).issuingCountry)
    }
  })

  test('knows the second network of co-badged test cards, which live does not', () => {
    expect(look(sandbox, '4000002500100001')?.networks).toEqual(['VISA', 'CARTES_BANCAIRES'])
    expect(look(live, '4000002500100001')?.networks).toEqual(['VISA'])
    expect(look(sandbox, '9410000100100002')?.networks).toEqual(['BC'])
    expect(look(live, '9410000100100002')).toBeUndefined()
  })

  test('lets Korean and UnionPay test numbers go without a check digit', () => {
    expect(look(sandbox, '9490220000100000')?.luhn).toBe(false)
    expect(look(sandbox, '6200000000100003')?.luhn).toBe(false)
    expect(look(sandbox, '4000041000100004')?.luhn).toBe(true)
  })
})

describe('networks', () => {
  test('are the brands of the wire and four local schemes, which have no name there', () => {
    const local = networks.map(({ id }) => id).filter(id => brandFor(id) === undefined)
    expect(local).toEqual(['DANKORT', 'BANCONTACT', 'MADA', 'EFTPOS_AU'])
    expect(networks).toHaveLength(cardBrands.length + local.length)
    for (const brand of cardBrands) expect(brandFor(brand)).toBe(brand)
  })

  test('have names for people', () => {
    expect(networkName('CARTES_BANCAIRES')).toBe('Cartes Bancaires')
    expect(new Set(networks.map(({ name }) => name)).size).toBe(networks.length)
    expect(isNetwork('visa')).toBe(false)
    expect(isNetwork('toString')).toBe(false)
  })

  test('the EEA has 30 states, and neither Britain nor Switzerland is one', () => {
    expect(new Set(eeaCountries).size).toBe(30)
    expect(['FR', 'IS', 'LI', 'NO'].every(isEea)).toBe(true)
    expect(['GB', 'CH', 'US', undefined].some(isEea)).toBe(false)
  })
})

describe('another table of brands, credit-card-type,', () => {
  const spelling: Record<string, NetworkId> = {
    visa: 'VISA',
    mastercard: 'MASTERCARD',
    'american-express': 'AMEX',
    'diners-club': 'DINERS',
    discover: 'DISCOVER',
    jcb: 'JCB',
    unionpay: 'CUP',
    maestro: 'MAESTRO',
    elo: 'ELO',
    mir: 'MIR',
    troy: 'TROY',
    hipercard: 'HIPERCARD',
  }

  /** Where the two differ, and why ours is as it is. A row that is no difference any more has to go. */
  const differences: { prefixes: string; theirs: NetworkId | undefined; ours: NetworkId | undefined; why: string }[] = [
    ...['59', '600-6010', '6012-605', '6060-606281', '606283-61', '640-643', '66', '68-69'].map(prefixes => ({
      prefixes,
      theirs: 'MAESTRO' as const,
      ours: undefined,
      why: 'theirs takes any 6 that nobody else has, and 59, for Maestro; so has RuPay and others numbers here',
    })),
    ...['62183', '62198-62199', '6271', '6273-6275', '6278-6281', '6290', '6293-6299'].map(prefixes => ({
      prefixes,
      theirs: 'MAESTRO' as const,
      ours: 'CUP' as const,
      why: 'the whole of 62 is registered to UnionPay; theirs fills its gaps with Maestro',
    })),
    ...['502275', '506199-506499', '627535', '636318', '636379', '639388', '639484', '639559'].map(prefixes => ({
      prefixes,
      theirs: 'MAESTRO' as const,
      ours: undefined,
      why: 'Carnet, which theirs does not know; its numbers come by import',
    })),
    ...['506099-506198', '507865-507964'].map(prefixes => ({
      prefixes,
      theirs: 'MAESTRO' as const,
      ours: undefined,
      why: 'registered to Verve as a whole; theirs lists only the parts that were seen',
    })),
    { prefixes: '508500-508999', theirs: 'MAESTRO', ours: undefined, why: 'RuPay, which theirs does not know' },
    { prefixes: '652150-653149', theirs: 'DISCOVER', ours: undefined, why: 'RuPay, which theirs does not know' },
    { prefixes: '650002-650027', theirs: 'DISCOVER', ours: undefined, why: 'Verve numbers beginning with 65' },
    { prefixes: '5019', theirs: 'MAESTRO', ours: 'DANKORT', why: 'Dankort, which theirs does not know' },
    { prefixes: '3095', theirs: undefined, ours: 'DINERS', why: 'theirs lacks it' },
    { prefixes: '493698', theirs: 'MAESTRO', ours: 'VISA', why: 'all of 4 is registered to Visa' },
    { prefixes: '402918', theirs: undefined, ours: 'VISA', why: 'Naranja cards on numbers of Visa run on Visa' },
    { prefixes: '527572', theirs: undefined, ours: 'MASTERCARD', why: 'Naranja cards on numbers of Mastercard' },
  ]

  const ends = (prefixes: string) => {
    const [from = '', to = from] = prefixes.split('-')
    return { from: from.padEnd(8, '0'), to: to.padEnd(8, '9') }
  }
  const theirsFor = (prefix: string) => {
    const types = creditCardType(prefix.padEnd(16, '0')).map(({ type }) => type)
    expect(types.length).toBeLessThanOrEqual(1)
    return types[0] === undefined ? undefined : spelling[types[0]]
  }
  /** The network at the length that most of its cards have. */
  const oursFor = (prefix: string) =>
    [16, 15, 14].map(length => liveNetworks(prefix, length)?.[0]).find(network => network !== undefined)

  /** The first eight digits wherever either table may change its mind: between two of them both stay the same. */
  const edges = () => {
    const bounds = [
      ...builtInRanges,
      ...differences.map(({ prefixes }) => boundsOf(ends(prefixes).from, ends(prefixes).to)),
      ...Object.values(creditCardType.types)
        .flatMap(type => creditCardType.getTypeInfo(type).patterns)
        .map(pattern => (Array.isArray(pattern) ? pattern : [pattern, pattern]))
        .map(([from, to]) => boundsOf(String(from), String(to))),
    ]
    const begins = bounds.flatMap(({ low, high }) => [Number(low.slice(0, 8)), Number(high.slice(0, 8)) + 1])
    return [...new Set([0, ...begins])].filter(begin => begin < 1e8).map(begin => String(begin).padStart(8, '0'))
  }

  test('names the same brand for every prefix, but for the differences in the list', () => {
    const unlisted: string[] = []
    const seen = new Set<string>()
    const brands = new Set<NetworkId>()
    for (const prefix of edges()) {
      const [theirs, ours] = [theirsFor(prefix), oursFor(prefix)]
      if (theirs && theirs === ours) brands.add(theirs)
      if (theirs === ours) continue
      const row = differences.find(
        d => ends(d.prefixes).from <= prefix && prefix <= ends(d.prefixes).to && d.theirs === theirs && d.ours === ours,
      )
      if (row) seen.add(row.prefixes)
      else unlisted.push(`${prefix}: theirs ${theirs}, ours ${ours}`)
    }
    expect(unlisted).toEqual([])
    expect(differences.map(({ prefixes }) => prefixes).filter(prefixes => !seen.has(prefixes))).toEqual([])
    expect([...brands].sort()).toEqual(Object.values(spelling).sort())
  })

  test('agrees about the length of the CVV', () => {
    for (const [type, network] of Object.entries(spelling)) {
      const range = builtInRanges.find(({ facts }) => facts.networks[0] === network)!
      // Their Maestro has three digits; ours may have none.
      if (network !== 'MAESTRO') expect(range.facts.cvvLength).toBe(creditCardType.getTypeInfo(type).code.size)
    }
  })
})
