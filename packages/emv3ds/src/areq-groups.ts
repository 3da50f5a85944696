/** The objects inside an AReq: what the merchant knows of the buyer and of the order. All of them [K]: see README. */
import { Type } from 'typebox'
import { always, date, digits, group, minute, narrowerIn210, oneOf, shaped, sometimes, text, upTo } from './elements.js'

const o = <S extends Parameters<typeof sometimes>[1]>(schema: S) => sometimes('O', schema)
/** Two digits, 01 to `last`. */
const ind = (description: string, last: string) => shaped(description, `01-${last}`, `^(${upTo(last)})$`)

export const requestorAuthentication = group('How the merchant knows the buyer', {
  threeDSReqAuthMethod: o(
    narrowerIn210(
      shaped(
        'How the buyer logged in: 01 not at all, 02 with the merchant, 03 federated, 04 with the issuer, 05 with a third party, 06 FIDO, 07 FIDO with assurance data, 08 SRC assurance data',
        '01-08, 80-99',
        `^(${upTo('08')}|[89][0-9])$`,
      ),
      '01-06, 80-99',
      { pattern: `^(${upTo('06')}|[89][0-9])$` },
    ),
  ),
  threeDSReqAuthTimestamp: o(minute('When')),
  threeDSReqAuthData: o(narrowerIn210(text('Proof of it', 20000), 'text, up to 2048', { maxLength: 2048 })),
})

export const priorAuthentication = group('An earlier authentication of this buyer', {
  threeDSReqPriorAuthData: o(text('Proof of it', 2048)),
  threeDSReqPriorAuthMethod: o(
    shaped(
      'How: 01 without a challenge, 02 with one, 03 address verified, 04 other',
      '01-04, 80-99',
      `^(${upTo('04')}|[89][0-9])$`,
    ),
  ),
  threeDSReqPriorAuthTimestamp: o(minute('When')),
  threeDSReqPriorRef: o(text('Its id at the ACS', 36)),
})

export const accountInfo = group('The account of the buyer with the merchant', {
  chAccAgeInd: o(ind('Age of the account: 01 none, 02 new, 03 to 05 older', '05')),
  chAccDate: o(date('Opened')),
  chAccChangeInd: o(ind('Since the last change: 01 now, 02 to 04 longer', '04')),
  chAccChange: o(date('Last changed')),
  chAccPwChangeInd: o(ind('Since the last change of the password: 01 never, 02 now, 03 to 05 longer', '05')),
  chAccPwChange: o(date('Password last changed')),
  shipAddressUsageInd: o(ind('Since the shipping address was first used: 01 now, 02 to 04 longer', '04')),
  shipAddressUsage: o(date('Shipping address first used')),
  txnActivityDay: o(digits('Orders in 24 hours', 1, 3)),
  txnActivityYear: o(digits('Orders in a year', 1, 3)),
  provisionAttemptsDay: o(digits('Attempts to add a card in 24 hours', 1, 3)),
  nbPurchaseAccount: o(digits('Purchases in six months', 1, 4)),
  suspiciousAccActivity: o(
    oneOf('Whether something was suspicious', [
      ['01', 'no'],
      ['02', 'yes'],
    ]),
  ),
  shipNameIndicator: o(
    oneOf('Whether the name on the account is that of the address', [
      ['01', 'the same'],
      ['02', 'different'],
    ]),
  ),
  paymentAccInd: o(ind('Age of the card in the account: 01 none, 02 now, 03 to 05 longer', '05')),
  paymentAccAge: o(date('Card added to the account')),
})

export const merchantRisk = group('The order', {
  shipIndicator: o(
    ind(
      'How it is shipped: 01 to the billing address, 02 to another known one, 03 to another, 04 to a store, 05 digital, 06 tickets, 07 other',
      '07',
    ),
  ),
  deliveryTimeframe: o(ind('When: 01 electronically, 02 same day, 03 overnight, 04 later', '04')),
  deliveryEmailAddress: o(text('Where digital goods are sent', 254)),
  reorderItemsInd: o(
    oneOf('Whether it was bought before', [
      ['01', 'no'],
      ['02', 'yes'],
    ]),
  ),
  preOrderPurchaseInd: o(
    oneOf('Whether it can be had', [
      ['01', 'now'],
      ['02', 'later'],
    ]),
  ),
  preOrderDate: o(date('From when on')),
  giftCardAmount: o(digits('Gift cards: sum in major units', 1, 15)),
  giftCardCurr: o(digits('Gift cards: currency, ISO 4217 numeric', 3)),
  giftCardCount: o(digits('Gift cards: how many', 2)),
})

export const phone = (description: string) =>
  Type.Object(
    {
      cc: always(digits('Country code, ITU-T E.164', 1, 3)),
      subscriber: always(digits('The rest of the number', 1, 15)),
    },
    { description, emv: { form: 'object' } },
  )
