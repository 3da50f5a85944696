/** Published test numbers, for buttons on the page. They work in a sandbox only; there is no account behind them. */
export interface TestCard {
  readonly key: string
  readonly number: string
  readonly label: string
  readonly says: string
  /** Its button ticks the box for 3-D Secure as well. */
  readonly threeDS?: true
}

export const testCards: readonly TestCard[] = [
  { key: 'visa', number: '4054695723100768', label: 'Visa', says: 'is accepted at once' },
  { key: 'mastercard', number: '5162774114974622', label: 'Mastercard', says: 'is accepted at once' },
  {
    key: 'challenge',
    number: '4000000000200008',
    label: 'Visa, with 3-D Secure',
    says: 'the bank asks for a code: 123456',
    threeDS: true,
  },
  {
    key: 'frictionless',
    number: '4000000000100000',
    label: 'Visa, with 3-D Secure, no code',
    says: 'the bank asks you nothing',
    threeDS: true,
  },
  {
    key: 'refused',
    number: '4000000000120008',
    label: 'Visa, with 3-D Secure, refused',
    says: 'the bank says that it is not you',
    threeDS: true,
  },
  {
    key: 'cobadged',
    number: '4000002500100001',
    label: 'Visa and Cartes Bancaires',
    says: 'has two brands: you choose one. A French card, so the bank is asked as well',
  },
  { key: 'declined', number: '4000000000100059', label: 'Visa, declined', says: 'the bank says no' },
  {
    key: 'payments-declined',
    number: '4000000000101511',
    label: 'Visa, payments declined',
    says: 'can be added, and has no money for any payment',
  },
  {
    key: 'renewals-declined',
    number: '4000000000102519',
    label: 'Visa, renewals declined',
    says: 'pays when you are there, and has no money for the months of a subscription',
  },
  {
    key: 'never-again',
    number: '4000000000102410',
    label: 'Visa, lost later',
    says: 'the same, but the bank says that a subscription must never try again',
  },
  {
    key: 'silent',
    number: '4000000000103004',
    label: 'Visa, no answer',
    says: 'the bank never answers: the card is refused after about ten seconds',
  },
]

/** A number in groups of four, as it stands on the card. */
export const grouped = (number: string): string => number.replace(/(\d{4})(?=\d)/g, '$1 ')

/** An expiry date that will do for a while. */
export const futureExpiry = (now: number): string => `12/${String(new Date(now).getUTCFullYear() + 3).slice(-2)}`
