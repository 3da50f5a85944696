import { answerSections } from './catalogue-answers.js'
import { leverSections } from './catalogue-levers.js'
import { cardSections, firstCards, howToReadANumber, moreNumbers } from './catalogue-numbers.js'
import type { TestCardCatalogue } from './catalogue-table.js'

export type {
  CatalogueColumn,
  CatalogueExample,
  CatalogueRow,
  CatalogueSection,
  CatalogueTable,
  CatalogueValue,
  TestCardCatalogue,
} from './catalogue-table.js'

/** The catalogue of all test cards and of everything else that has a meaning in the sandbox. */
export function testCardCatalogue(): TestCardCatalogue {
  return {
    title: 'Test cards',
    about: [
      'The sandbox takes test cards only: the numbers of this page, and those made as its last chapter says. Any other ' +
        'number is refused, so that no real card gets in. Live refuses all test cards.',
      'Expiry date: any month to come. Security code: any 3 digits, 4 on American Express. Name and address: as you ' +
        'like. A few values of these mean something, see below.',
    ],
    sections: [
      firstCards(),
      howToReadANumber(),
      ...answerSections(),
      ...leverSections(),
      ...cardSections(),
      moreNumbers(),
    ],
  }
}
