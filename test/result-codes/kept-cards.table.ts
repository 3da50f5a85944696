/** Result codes of fetchNonce, inquireToken, updateToken and deleteToken. */
import { namedTestCards } from '../../packages/test-cards/src/index.js'
import type { Row } from './row.js'

export interface NonceRow extends Row<object> {
  /** What its message says. */
  readonly says: RegExp
  /** Only where cards are real. */
  readonly live?: true
}

/** Cards that can make no payment get no nonce, in the order in which that is told. */
export const nonceRows: readonly NonceRow[] = [
  {
    situation: 'a number that no brand has',
    change: { cardNo: '9000000000000001' },
    code: 'PROCESS_FAIL',
    says: /No supported brand/,
    live: true,
    source: 'Antom › fetchNonce › Result codes',
  },
  {
    situation: 'a brand that is not on a co-badged card',
    change: { cardNo: namedTestCards.coBadged.number, selectedCardBrand: 'JCB' },
    code: 'PROCESS_FAIL',
    says: /does not carry the selected brand/,
    source: 'Antom › fetchNonce › Result codes',
  },
  {
    situation: 'an expiry date in the past',
    change: { expiryYear: '20' },
    code: 'PROCESS_FAIL',
    says: /expired/,
    source: 'Antom › fetchNonce › Result codes',
  },
]

const sdk = 'Antom Java SDK › inquireToken, updateToken, deleteToken'

/** Tokens that are not there for who asks. `deleteToken` is a success again for one that was deleted. */
export const tokenRows: readonly (Row<string> & { readonly notFor?: 'deleteToken' })[] = [
  { situation: 'a token that was never given', change: 'unknown', code: 'TOKEN_NOT_EXIST', source: sdk },
  { situation: 'a token of another merchant', change: 'foreign', code: 'TOKEN_NOT_EXIST', source: sdk },
  { situation: 'a token of another account', change: 'other account', code: 'TOKEN_NOT_EXIST', source: sdk },
  {
    situation: 'a token that was deleted',
    change: 'deleted',
    code: 'TOKEN_NOT_EXIST',
    notFor: 'deleteToken',
    source: sdk,
  },
  { situation: 'a nonce', change: 'nonce', code: 'TOKEN_NOT_EXIST', notFor: 'deleteToken', source: sdk },
]
