/** The chapters of the catalogue about numbers: which there are, how one is read, and how more are made. */
import { type BinRow, binRows } from './bin-rows.js'
import { endOfVaulting } from './catalogue-answers.js'
import {
  type CatalogueExample,
  type CatalogueSection,
  type CatalogueTable,
  type CatalogueValue,
  catalogueTable,
} from './catalogue-table.js'
import { issuerModes, responseCodes } from './issuer-scripts.js'
import { type NamedTestCard, namedTestCards } from './named-test-cards.js'
import { localNetworks, type Network } from './networks.js'
import { antomCards, wellKnownCards } from './published-cards.js'
import { type GeneratedCard, readTestCard } from './read-test-card.js'
import { testCardNumber } from './test-card-number.js'
import { threeDSScript } from './three-ds-scripts.js'

/** The few cards to begin with. */
export function firstCards(): CatalogueSection {
  const { plainSuccess, mastercardSuccess, amexSuccess, declined, insufficientFunds, lost } = namedTestCards
  const { wrongCvv, issuerSilent, antomSuccess } = namedTestCards
  const cards: NamedTestCard[] = [
    plainSuccess,
    mastercardSuccess,
    amexSuccess,
    antomSuccess,
    declined,
    insufficientFunds,
    lost,
    wrongCvv,
    issuerSilent,
  ]
  return {
    id: 'first-cards',
    title: 'To begin with',
    about: [],
    tables: [
      catalogueTable(
        {
          number: ['Number', 'card'],
          brand: ['Brand', 'code'],
          says: ['What it does', 'text'],
          vaultingResultCode: ['Ends as', 'code'],
        },
        cards.map(({ number, says }) => ({
          number,
          brand: readTestCard(number)!.brands[0],
          says,
          vaultingResultCode: endOfVaulting(number),
        })),
      ),
    ],
  }
}

/** What the digits mean, shown on one number. */
export function howToReadANumber(): CatalogueSection {
  return {
    id: 'reading',
    title: 'Reading a number',
    about: [
      'A number says by itself what it does: the range at its front says what card it is, and the six digits at its ' +
        'end say how it goes. So every range goes with every outcome.',
    ],
    example: anatomy(namedTestCards.challengeThenDecline.number),
    tables: [],
  }
}

/** Takes a generated number apart. */
function anatomy(number: string): CatalogueExample {
  const card = readTestCard(number) as GeneratedCard
  const { row, tt, mode, responseCode } = card
  const fill = number.slice(row.prefix.length, -6)
  const { meaning } = responseCodes.find(({ code }) => code === responseCode)!
  const range = [row.brands.join(' and '), row.funding.toLowerCase(), row.issuingCountry, `${row.length} digits`]
  const parts = [
    { digits: row.prefix, name: 'range', says: `What card it is: ${range.join(', ')}.` },
    { digits: fill, name: 'fill', says: 'Anything you like, to have many cards that behave alike.' },
    { digits: tt, name: 'TT', says: `How 3DS goes, if it is asked for. ${tt}: ${threeDSScript(tt).says}` },
    {
      digits: mode,
      name: 'M',
      says: `How the issuer behaves. ${mode}: ${issuerModes.find(row => row.mode === mode)!.says}`,
    },
    { digits: responseCode, name: 'RR', says: `The response code of the issuer. ${responseCode}: ${meaning}.` },
    {
      digits: number.slice(-1),
      name: 'check',
      says: 'The check digit by the Luhn formula, over all digits before it.',
    },
  ]
  return { number, parts: parts.filter(({ digits }) => digits !== '') }
}

/** Ranges of one network, of two, and the cards that others publish. */
export function cardSections(): CatalogueSection[] {
  return [rangeSection(), coBadgedSection(), antomSection(), wellKnownSection()]
}

function rangeSection(): CatalogueSection {
  const single = binRows.filter(({ brands }) => brands.length === 1)
  const international = single.filter(({ issuingCountry }) => issuingCountry !== 'KR')
  const korean = single.filter(({ issuingCountry }) => issuingCountry === 'KR')
  return {
    id: 'brands',
    title: 'Brands',
    about: [
      'Each range with a number that 3DS lets pass and one that it challenges. Without 3DS both vault at once. A range ' +
        'that takes no part in 3DS has no second one.',
    ],
    tables: [
      catalogueTable(
        { ...rangeColumns, threeDS: ['3DS', 'code'], ...numberColumns, facts: ['What is special', 'text'] },
        international.map(row => ({ ...rangeRow(row), facts: row.facts })),
        'Cards of one network',
      ),
      catalogueTable(
        { ...rangeColumns, frictionless: numberColumns.frictionless, facts: ['What is special', 'text'] },
        korean.map(row => ({ ...rangeRow(row), facts: row.facts })),
        'Korean issuers',
      ),
    ],
  }
}

/** One table for each thing that holds for a co-badged card. */
function coBadgedSection(): CatalogueSection {
  const rows = binRows.filter(({ brands }) => brands.length > 1)
  const rules = [...new Set(rows.map(({ facts }) => facts))]
  const local = localNetworks.map(network => `\`${network}\``).join(', ')
  return {
    id: 'co-badged',
    title: 'Co-badged: two networks on one card',
    about: [
      "The issuer's default stands first. The network that the buyer chose goes into `selectedCardBrand`. Antom's list " +
        `of card brands does not know ${local}: they can be told among a card's networks, never chosen there.`,
    ],
    tables: rules.map(rule =>
      catalogueTable(
        { ...rangeColumns, threeDS: ['3DS', 'code'], ...numberColumns },
        rows.filter(({ facts }) => facts === rule).map(rangeRow),
        rule?.replace(/\.$/, ''),
      ),
    ),
  }
}

const rangeColumns = {
  brand: ['Brand', 'code'],
  prefix: ['Range', 'code'],
  length: ['Digits', 'text'],
  funding: ['Funding', 'code'],
  issuingCountry: ['Country', 'code'],
} as const

const numberColumns = {
  frictionless: ['No challenge', 'card'],
  challenge: ['Challenge', 'card'],
} as const

function rangeRow(row: BinRow) {
  const { prefix, brands, funding, issuingCountry, threeDS } = row
  return {
    brand: brands.join(' + '),
    prefix,
    length: String(row.length),
    funding,
    issuingCountry,
    threeDS: threeDS === undefined ? 'none' : threeDS.versions.join(', '),
    frictionless: testCardNumber({ prefix, tt: '10' }),
    challenge: threeDS && testCardNumber({ prefix, tt: '20' }),
  }
}

function antomSection(): CatalogueSection {
  return {
    id: 'antom',
    title: "Antom's test cards",
    about: [
      "The numbers that Antom publishes for its sandbox, so that a test script written for it runs here unchanged. Antom's " +
        'failure cards vault and fail on payment, or already at vaulting where the sandbox is set up so.',
    ],
    tables: [
      catalogueTable(
        {
          number: ['Number', 'card'],
          brand: ['Brand', 'code'],
          issuingCountry: ['Country', 'code'],
          says: ['What it does', 'text'],
          vaultingResultCode: ['Ends as', 'code'],
        },
        antomCards.map(({ number, brand, issuingCountry, says }) => ({
          number,
          brand,
          issuingCountry,
          says,
          vaultingResultCode: endOfVaulting(number),
        })),
      ),
    ],
  }
}

function wellKnownSection(): CatalogueSection {
  return {
    id: 'well-known',
    title: 'Well-known numbers',
    about: ['Numbers that everybody types first. They vault at once; where 3DS is asked for, they get a challenge.'],
    tables: [
      catalogueTable(
        {
          number: ['Number', 'card'],
          brand: ['Brand', 'code'],
          issuingCountry: ['Country', 'code'],
          funding: ['Funding', 'code'],
          vaultingResultCode: ['Ends as', 'code'],
        },
        wellKnownCards.map(({ number, brand, issuingCountry, funding }) => ({
          number,
          brand,
          issuingCountry,
          funding,
          vaultingResultCode: endOfVaulting(number),
        })),
      ),
    ],
  }
}

/** How to have more numbers than are printed. */
export function moreNumbers(): CatalogueSection {
  const wish = { brand: 'VISA', responseCode: '51', fill: '07' } as const
  return {
    id: 'more-numbers',
    title: 'More numbers',
    about: [
      'Take a range, put any digits as fill, then TT, M and RR, and end with the Luhn check digit. The result is a test ' +
        'card if the range, TT, M and RR are listed here. How much fill there is depends on how long the numbers are.',
      'Not to compute anything by hand, build them in a test with `@coffer/test-cards`, a package of this repository:',
    ],
    code:
      "import { testCardNumber } from '@coffer/test-cards'\n\n" +
      `testCardNumber({ brand: '${wish.brand}', responseCode: '${wish.responseCode}', fill: '${wish.fill}' })\n` +
      `// ${testCardNumber(wish)}`,
    tables: [fillTable()],
  }
}

/** One row for each length, with the most different number that it allows. */
function fillTable(): CatalogueTable {
  const lengths = [...new Set(binRows.map(({ length }) => length))].sort((a, b) => a - b)
  return catalogueTable(
    {
      length: ['Digits', 'text'],
      brands: ['Brands', 'text'],
      fill: ['Fill digits', 'text'],
      cards: ['Cards that behave alike', 'text'],
      example: ['The last of them', 'card'],
    },
    lengths.map(length => {
      const rows = binRows.filter(row => row.length === length)
      const { prefix } = rows[0]!
      const room = length - prefix.length - 6
      return {
        length: String(length),
        brands: brandsOf(rows),
        fill: String(room),
        cards: (10 ** room).toLocaleString('en'),
        example: testCardNumber({ prefix, fill: '9'.repeat(room) }),
      }
    }),
    'How many there are',
  )
}

function brandsOf(rows: readonly BinRow[]): CatalogueValue {
  const brands = [...new Set(rows.map((row): Network => row.brands[0]))]
  return brands.length > 4 ? 'all others' : brands.join(', ')
}
