/** AReq: the 3DS Server asks the issuer, by way of the directory server, whether this is the cardholder. */
import { type Static, Type } from 'typebox'
import { accountInfo, merchantRisk, phone, priorAuthentication, requestorAuthentication } from './areq-groups.js'
import {
  always,
  codes,
  constant,
  date,
  digits,
  narrowerIn210,
  oneOf,
  second,
  shaped,
  sometimes,
  text,
  truth,
  upTo,
  url,
  yymm,
} from './elements.js'
import {
  broadInfo,
  dsReferenceNumber,
  dsTransID,
  has,
  head,
  type MessageDefinition,
  messageCategory,
  messageExtension,
  pan,
  threeDSServerOperatorID,
  threeDSServerRefNumber,
  threeDSServerTransID,
  whiteListStatus,
  whiteListStatusSource,
} from './shared-elements.js'

/** Known where the page's script ran. 2.1.0 has no way to say that it did not. */
const script = { '2.1.0': 'R', '2.2.0': 'C' } as const
/** A payment has it, everything else may. */
const payment = ['R', 'O'] as const
/** A payment has it; without one only recurring payments and instalments that are being set up. */
const amount = ['R', 'C'] as const

export const areq = Type.Object({
  ...head('AReq'),
  messageCategory,
  deviceChannel: always(constant('Where the buyer is: 02 in a browser', '02')),
  threeDSServerTransID: always(threeDSServerTransID),
  threeDSServerRefNumber,
  threeDSServerOperatorID,
  threeDSServerURL: always(url('Where the RReq is sent')),
  threeDSRequestorID: always(text('Id of the merchant at the directory server', 35)),
  threeDSRequestorName: always(text('Name of the merchant at the directory server', 40)),
  threeDSRequestorURL: always(url('Page of the merchant')),
  threeDSRequestorAuthenticationInd: always(
    codes(
      'Why it is asked: 01 payment, 02 recurring, 03 instalments, 04 add a card, 05 maintain a card, 06 cardholder verification for an EMV token',
      '06',
    ),
  ),
  threeDSRequestorAuthenticationInfo: sometimes('O', requestorAuthentication),
  threeDSRequestorChallengeInd: sometimes(
    'O',
    narrowerIn210(
      codes(
        'What the merchant would like: 01 no preference, 02 no challenge, 03 a challenge, 04 a challenge is mandated, 05 no challenge, risk analysis done, 06 data only, 07 no challenge, strong authentication done, 08 no challenge, trusted by the buyer, 09 a challenge that asks for that trust',
        '09',
      ),
      '01-04, 80-99',
      { pattern: `^(${upTo('04')}|[89][0-9])$` },
    ),
  ),
  threeDSRequestorPriorAuthenticationInfo: sometimes('O', priorAuthentication),
  threeDSRequestorDecReqInd: sometimes(
    { '2.2.0': 'O' },
    oneOf('Whether the issuer may ask apart from the browser', [
      ['Y', 'yes'],
      ['N', 'no'],
    ]),
  ),
  threeDSRequestorDecMaxTime: sometimes(
    { '2.2.0': 'O' },
    shaped(
      'Minutes for a decoupled authentication, 00001 to 10080',
      'n5, 00001-10080',
      '^(0000[1-9]|000[1-9][0-9]|00[1-9][0-9]{2}|0[1-9][0-9]{3}|100[0-7][0-9]|10080)$',
    ),
  ),
  threeDSCompInd: always(
    oneOf('Whether the 3DS Method ran', [
      ['Y', 'yes'],
      ['N', 'no'],
      ['U', 'the range has none'],
    ]),
  ),
  acctNumber: always(pan('The card number')),
  acctID: sometimes('O', text('Id of the account at the merchant', 64)),
  acctType: sometimes('C', shaped('01 not applicable, 02 credit, 03 debit', '01-03, 80-99', '^(0[1-3]|[89][0-9])$')),
  acctInfo: sometimes('O', accountInfo),
  cardExpiryDate: sometimes('C', yymm('Expiry of the card')),
  cardholderName: sometimes('C', shaped('Name of the cardholder, ASCII only', 'ASCII, 2-45', '^[ -~]{2,45}$')),
  payTokenInd: sometimes(
    'C',
    Type.Unsafe<true>({
      type: 'boolean',
      const: true,
      description: 'A payment token stands for the card number',
      emv: { form: 'true' },
    }),
  ),
  payTokenSource: sometimes(
    { '2.2.0': 'C' },
    oneOf('Who turned the token back into a number', [
      ['01', '3DS Server'],
      ['02', 'directory server'],
    ]),
  ),
  email: sometimes('C', text('Mail address of the cardholder', 254)),
  homePhone: sometimes('C', phone('Phone at home')),
  mobilePhone: sometimes('C', phone('Mobile phone')),
  workPhone: sometimes('C', phone('Phone at work')),
  addrMatch: sometimes(
    'O',
    oneOf('Whether billing and shipping address are the same', [
      ['Y', 'yes'],
      ['N', 'no'],
    ]),
  ),
  billAddrCity: sometimes('C', text('Billing address: city', 50)),
  billAddrCountry: sometimes('C', digits('Billing address: country, ISO 3166-1 numeric', 3)),
  billAddrLine1: sometimes('C', text('Billing address: first line', 50)),
  billAddrLine2: sometimes('C', text('Billing address: second line', 50)),
  billAddrLine3: sometimes('C', text('Billing address: third line', 50)),
  billAddrPostCode: sometimes('C', text('Billing address: post code', 16)),
  billAddrState: sometimes('C', text('Billing address: state, ISO 3166-2', 3)),
  shipAddrCity: sometimes('C', text('Shipping address: city', 50)),
  shipAddrCountry: sometimes('C', digits('Shipping address: country, ISO 3166-1 numeric', 3)),
  shipAddrLine1: sometimes('C', text('Shipping address: first line', 50)),
  shipAddrLine2: sometimes('C', text('Shipping address: second line', 50)),
  shipAddrLine3: sometimes('C', text('Shipping address: third line', 50)),
  shipAddrPostCode: sometimes('C', text('Shipping address: post code', 16)),
  shipAddrState: sometimes('C', text('Shipping address: state, ISO 3166-2', 3)),
  acquirerBIN: sometimes(payment, text('Number of the acquirer', 11)),
  acquirerMerchantID: sometimes(payment, text('Id of the merchant at the acquirer', 35)),
  mcc: sometimes(payment, digits('Merchant category code', 4)),
  merchantCountryCode: sometimes(payment, digits('Country of the merchant, ISO 3166-1 numeric', 3)),
  merchantName: sometimes(payment, text('Name of the merchant at the acquirer', 40)),
  merchantRiskIndicator: sometimes('O', merchantRisk),
  transType: sometimes(
    'C',
    oneOf('What is bought', [
      ['01', 'goods or services'],
      ['03', 'check acceptance'],
      ['10', 'account funding'],
      ['11', 'quasi-cash'],
      ['28', 'prepaid activation and load'],
    ]),
  ),
  purchaseAmount: sometimes(amount, digits('Amount in minor units', 1, 48)),
  purchaseCurrency: sometimes(amount, digits('Currency, ISO 4217 numeric', 3)),
  purchaseExponent: sometimes(amount, digits('Places after the decimal point', 1)),
  purchaseDate: sometimes(amount, second('When it is bought')),
  purchaseInstalData: sometimes('C', digits('How many instalments', 1, 3)),
  recurringExpiry: sometimes('C', date('No payment after this day')),
  recurringFrequency: sometimes('C', digits('Days between two payments, at least', 1, 4)),
  notificationURL: always(url('Where the browser brings the CRes', 256)),
  browserAcceptHeader: always(text('Accept header of the browser', 2048)),
  browserUserAgent: always(text('User-Agent header of the browser', 2048)),
  browserIP: sometimes(
    'C',
    shaped(
      'Address of the browser, IPv4 or IPv6',
      'IP address, up to 45',
      '^([0-9]{1,3}(\\.[0-9]{1,3}){3}|(?=.*:.*:)[0-9A-Fa-f:.]{2,45})$',
    ),
  ),
  browserJavascriptEnabled: sometimes({ '2.2.0': 'R' }, truth('Whether the script of the page ran')),
  browserJavaEnabled: sometimes(script, truth('Whether the browser runs Java')),
  browserLanguage: sometimes(
    script,
    shaped('Language of the browser, BCP 47', 'language tag, 1-8', '^(?=.{1,8}$)[A-Za-z0-9]+(-[A-Za-z0-9]+)*$'),
  ),
  browserColorDepth: sometimes(
    script,
    oneOf('Bits per pixel', [
      ['1', ''],
      ['4', ''],
      ['8', ''],
      ['15', ''],
      ['16', ''],
      ['24', ''],
      ['32', ''],
      ['48', ''],
    ]),
  ),
  browserScreenHeight: sometimes(script, digits('Height of the screen in pixels', 1, 6)),
  browserScreenWidth: sometimes(script, digits('Width of the screen in pixels', 1, 6)),
  browserTZ: sometimes(script, shaped('UTC minus local time in minutes', 'minutes, 1-5', '^[+-]?[0-9]{1,4}$')),
  whiteListStatus,
  whiteListStatusSource,
  broadInfo,
  dsReferenceNumber: sometimes('C', dsReferenceNumber),
  dsTransID: sometimes('C', dsTransID),
  dsURL: sometimes('C', url('Where the ACS sends the RReq')),
  messageExtension,
})
/** As on the wire. `dsReferenceNumber`, `dsTransID` and `dsURL` are added by the directory server. */
export type AReq = Static<typeof areq>

const settingUp = has('threeDSRequestorAuthenticationInd', '02', '03')

export const areqDefinition: MessageDefinition = {
  elements: areq.properties,
  variants: 'channel and category',
  rules: [
    {
      says: '`browserJavascriptEnabled` is true',
      versions: ['2.2.0'],
      when: has('browserJavascriptEnabled', true),
      require: [
        'browserJavaEnabled',
        'browserLanguage',
        'browserColorDepth',
        'browserScreenHeight',
        'browserScreenWidth',
        'browserTZ',
      ],
    },
    {
      says: '`threeDSRequestorAuthenticationInd` is 02 or 03',
      categories: ['02'],
      when: settingUp,
      require: ['purchaseAmount', 'purchaseCurrency', 'purchaseExponent', 'purchaseDate'],
    },
    {
      says: '`threeDSRequestorAuthenticationInd` is 02 or 03',
      when: settingUp,
      require: ['recurringExpiry', 'recurringFrequency'],
    },
    {
      says: '`threeDSRequestorAuthenticationInd` is 03',
      when: has('threeDSRequestorAuthenticationInd', '03'),
      require: ['purchaseInstalData'],
    },
    {
      says: '`whiteListStatus` is there',
      versions: ['2.2.0'],
      when: { required: ['whiteListStatus'] },
      require: ['whiteListStatusSource'],
    },
    {
      says: '`payTokenInd` is there',
      versions: ['2.2.0'],
      when: { required: ['payTokenInd'] },
      require: ['payTokenSource'],
    },
  ],
}
