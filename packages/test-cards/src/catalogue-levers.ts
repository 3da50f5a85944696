/** The chapter of the catalogue about values beside the number that mean something. */
import { type CatalogueSection, type CatalogueTable, type CatalogueValue, catalogueTable } from './catalogue-table.js'
import {
  avsLevers,
  avsResultOtherwise,
  callLevers,
  cvvLevers,
  cvvResultOtherwise,
  expiryLevers,
  issuerHabits,
} from './levers.js'
import type { MessageFamily } from './networks.js'

/** Security code, expiry date, address, fields of the call, and what issuers do whatever the card. */
export function leverSections(): CatalogueSection[] {
  return [
    {
      id: 'other-values',
      title: 'Other values: security code, expiry date, address',
      about: [
        'They work with every test card that the issuer would approve; what the number asks for comes first, then the ' +
          'expiry date, then the security code. The verdict on the address is reported and declines nothing.',
      ],
      tables: [cvvTable(), expiryTable(), avsTable(), callTable(), habitTable()],
    },
  ]
}

function cvvTable(): CatalogueTable {
  return catalogueTable(
    {
      cvv: ['Code', 'code'],
      amex: ['On AMEX', 'code'],
      cvvResult: ['CVV result', 'code'],
      responseCode: ['Response code', 'code'],
      says: ['What it means', 'text'],
    },
    [
      ...cvvLevers.map(({ cvv, amex, cvvResult, responseCode, says }) => ({
        cvv,
        amex,
        cvvResult,
        responseCode: responseCode && byNetwork(responseCode),
        says,
      })),
      {
        cvv: 'any other',
        amex: 'any other',
        cvvResult: cvvResultOtherwise,
        responseCode: undefined,
        says: 'The code matches.',
      },
      {
        cvv: 'none',
        amex: 'none',
        cvvResult: undefined,
        responseCode: undefined,
        says: 'The issuer says nothing about the code.',
      },
    ],
    'Security code',
  )
}

function expiryTable(): CatalogueTable {
  return catalogueTable(
    { expiry: ['Month/year', 'code'], responseCode: ['Response code', 'code'], says: ['What it means', 'text'] },
    [
      ...expiryLevers.map(({ expiry, responseCode, says }) => ({
        expiry: `${expiry.slice(2)}/${expiry.slice(0, 2)}`,
        responseCode,
        says,
      })),
      {
        expiry: 'any past month',
        responseCode: undefined,
        says: 'No issuer is asked: CARD_EXPIRED.',
      },
    ],
    'Expiry date',
  )
}

function avsTable(): CatalogueTable {
  return catalogueTable(
    { postcode: ['Postcode', 'code'], avsResult: ['AVS result', 'code'], says: ['What it means', 'text'] },
    [
      ...avsLevers.map(({ postcode, avsResult, says }) => ({ postcode, avsResult, says })),
      { postcode: 'any other', avsResult: avsResultOtherwise, says: 'Street and postcode match.' },
    ],
    'Billing address (AVS)',
  )
}

function callTable(): CatalogueTable {
  return catalogueTable(
    { field: ['Field', 'code'], value: ['Value', 'code'], says: ['What it means', 'text'] },
    callLevers.map(({ field, value, says }) => ({ field, value, says })),
    'Fields of the call, as in the sandbox of Antom',
  )
}

function habitTable(): CatalogueTable {
  return catalogueTable(
    { when: ['When', 'text'], responseCode: ['Response code', 'code'], says: ['What it means', 'text'] },
    issuerHabits.map(({ when, responseCode, says }) => ({
      when: sentence(when),
      responseCode: byNetwork(responseCode),
      says,
    })),
    'What every issuer does',
  )
}

/** VISA stands for all networks that read as it does. */
function byNetwork(codes: Readonly<Record<MessageFamily, string>>): CatalogueValue {
  const { 'visa-like': visa, 'mastercard-like': mastercard } = codes
  return visa === mastercard ? visa : { VISA: visa, MASTERCARD: mastercard }
}

function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`
}
