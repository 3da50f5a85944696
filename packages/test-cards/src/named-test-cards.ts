/** A test card and what it is good for. */
export interface NamedTestCard {
  readonly number: string
  readonly says: string
}

/** The test cards that tests and docs name by what they do. Every one is a VISA card unless the name says otherwise. */
export const namedTestCards = {
  plainSuccess: { number: '4000000000100000', says: 'Vaults and pays; 3DS goes through without a challenge.' },
  mastercardSuccess: { number: '5200000000100005', says: 'Vaults and pays, on Mastercard.' },
  amexSuccess: {
    number: '340000000100007',
    says: 'Vaults and pays, on American Express, with a security code of 4 digits.',
  },
  challengeThenApprove: { number: '4000000000200008', says: 'Vaults; 3DS asks the buyer for a code, 123456.' },
  challengeThenDecline: {
    number: '4000000000200057',
    says: '3DS asks the buyer for a code, then the issuer declines.',
  },
  notAuthenticated: { number: '4000000000120008', says: '3DS says no without a challenge.' },

  declined: { number: '4000000000100059', says: 'The issuer declines and gives no reason: DO_NOT_HONOR.' },
  mastercardDeclined: { number: '5200000000100054', says: 'The same on Mastercard.' },
  insufficientFunds: { number: '4000000000100513', says: 'Not enough money: USER_BALANCE_NOT_ENOUGH.' },
  expired: { number: '4000000000100547', says: 'The issuer says that the card has expired: CARD_EXPIRED.' },
  lost: { number: '4000000000100414', says: 'Reported lost: LOST_CARD.' },
  stolen: { number: '4000000000100430', says: 'Reported stolen: STOLEN_CARD.' },
  accountClosed: { number: '4000000000100463', says: 'The account is closed: ACCOUNT_CLOSED.' },
  suspectedFraud: { number: '4000000000100596', says: 'The issuer suspects fraud: FRAUD_REJECT.' },
  wrongCvv: { number: '4000000000100828', says: 'The security code is wrong whatever it is: INVALID_CVV.' },
  issuerDown: { number: '4000000000100919', says: 'The issuer cannot be reached: PROCESS_FAIL.' },

  paymentDeclined: { number: '4000000000101511', says: 'Vaults, and every payment is declined.' },
  merchantPaymentDeclined: {
    number: '4000000000102519',
    says: 'Vaults and pays when the buyer is there; payments by the merchant alone are declined.',
  },
  issuerSilent: { number: '4000000000103004', says: 'The issuer never answers.' },
  issuerLate: { number: '4000000000104002', says: 'The issuer answers after everybody gave up waiting.' },
  issuerHangsUp: { number: '4000000000105009', says: 'The issuer breaks the connection in the middle of its answer.' },
  issuerRecovers: { number: '4000000000106007', says: 'Not reachable the first time, approved the second time.' },

  without3DS: { number: '4000000900100001', says: 'No directory server knows the card.' },
  german: { number: '4000000400100006', says: 'A card of the EEA.' },
  coBadged: { number: '4000002500100001', says: 'VISA and Cartes Bancaires, French: the buyer has to choose.' },
  nineteenDigits: { number: '4000000600000100001', says: 'A number of 19 digits.' },
  maestroTwelveDigits: { number: '676770100003', says: 'A Maestro number of 12 digits.' },
  antomSuccess: { number: '4054695723100768', says: "Antom's own success card." },
  antomPaymentFailure: { number: '4054692760174822', says: "Antom's own card that vaults and fails on payment." },
} as const satisfies Record<string, NamedTestCard>
