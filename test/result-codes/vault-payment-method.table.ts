/** Outcomes of vaultPaymentMethod: what the issuer's answer, or the request itself, makes of a vaulting. */
import { namedTestCards, testCardNumber } from '../../packages/test-cards/src/index.js'
import type { Row } from './row.js'

const schemes = 'ISO 8583 response codes of the card schemes'

interface ResponseCodeRow {
  /** Data element 39, which the number asks the simulated issuer for. */
  readonly raw: string
  readonly visa: string
  readonly visaCode: string
  readonly mastercard: string
  readonly mastercardCode: string
}

const same = (raw: string, code: string, visa: string, mastercard: string): ResponseCodeRow => ({
  raw,
  visa,
  visaCode: code,
  mastercard,
  mastercardCode: code,
})

/** Every response code that a test card can ask for. The numbers are spelled out: they are published in the docs. */
export const responseCodeRows: readonly ResponseCodeRow[] = [
  same('00', 'SUCCESS', '4000000000100000', '5200000000100005'),
  same('01', 'DO_NOT_HONOR', '4000000000100018', '5200000000100013'),
  same('04', 'PICKUP_CARD', '4000000000100042', '5200000000100047'),
  same('05', 'DO_NOT_HONOR', '4000000000100059', '5200000000100054'),
  same('13', 'PROCESS_FAIL', '4000000000100133', '5200000000100138'),
  same('14', 'INVALID_CARD_NUMBER', '4000000000100141', '5200000000100146'),
  same('39', 'NO_SELECTED_ACCOUNT', '4000000000100398', '5200000000100393'),
  same('41', 'LOST_CARD', '4000000000100414', '5200000000100419'),
  same('43', 'STOLEN_CARD', '4000000000100430', '5200000000100435'),
  same('46', 'ACCOUNT_CLOSED', '4000000000100463', '5200000000100468'),
  same('51', 'USER_BALANCE_NOT_ENOUGH', '4000000000100513', '5200000000100518'),
  same('54', 'CARD_EXPIRED', '4000000000100547', '5200000000100542'),
  same('57', 'CARD_NOT_SUPPORTED', '4000000000100570', '5200000000100575'),
  same('59', 'FRAUD_REJECT', '4000000000100596', '5200000000100591'),
  same('61', 'PAYMENT_AMOUNT_EXCEED_LIMIT', '4000000000100612', '5200000000100617'),
  same('62', 'RESTRICTED_CARD', '4000000000100620', '5200000000100625'),
  same('63', 'FRAUD_REJECT', '4000000000100638', '5200000000100633'),
  {
    ...same('65', 'PAYMENT_COUNT_EXCEED_LIMIT', '4000000000100653', '5200000000100658'),
    mastercardCode: 'AUTHENTICATION_REQUIRED',
  },
  same('75', 'VERIFY_TIMES_EXCEED_LIMIT', '4000000000100752', '5200000000100757'),
  same('78', 'BLOCKED_FIRST_USED', '4000000000100786', '5200000000100781'),
  { ...same('82', 'INVALID_CVV', '4000000000100828', '5200000000100823'), mastercardCode: 'POLICY' },
  same('91', 'PROCESS_FAIL', '4000000000100919', '5200000000100914'),
  same('96', 'PROCESS_FAIL', '4000000000100968', '5200000000100963'),
]

/** What is changed about the card of a good request. */
export type CardChange = Readonly<Record<string, unknown>>

const responseCodeOutcomes = responseCodeRows.flatMap(({ raw, visa, visaCode, mastercard, mastercardCode }) => [
  { situation: `the issuer answers ${raw} on VISA`, change: { cardNo: visa }, code: visaCode, source: schemes },
  {
    situation: `the issuer answers ${raw} on MASTERCARD`,
    change: { cardNo: mastercard },
    code: mastercardCode,
    source: schemes,
  },
])

/** Declines that only ask for authentication: the buyer is sent there once, and what the issuer says then is final. */
const isSoft = ({ code }: { code: string }) => code === 'AUTHENTICATION_REQUIRED'

/** Outcomes that the simulated issuer, or a look at the request, leads to. */
export const outcomeRows: readonly Row<CardChange>[] = [
  ...responseCodeOutcomes.filter(row => !isSoft(row)),
  lever('a VISA code that does not match (N7)', { cvv: '999' }, 'INVALID_CVV'),
  lever('a Mastercard code that does not match (63)', { cardNo: '5200000000100005', cvv: '999' }, 'INVALID_CVV'),
  lever('63 and a code that does not match, on MASTERCARD', { cardNo: '5200000000100633', cvv: '999' }, 'INVALID_CVV'),
  lever('63 and a code that does not match, on VISA', { cardNo: '4000000000100638', cvv: '999' }, 'FRAUD_REJECT'),
  lever('an Amex code of four digits that does not match', amex('9999'), 'INVALID_CVV'),
  lever('an Amex code of four digits that matches', amex('1234'), 'SUCCESS'),
  lever('a code that the issuer cannot check', { cvv: '998' }, 'SUCCESS'),
  lever('a code that the issuer did not check', { cvv: '997' }, 'SUCCESS'),
  lever('no code at all', { cvv: undefined }, 'SUCCESS'),
  lever('another date on file at the issuer', { expiryYear: '49', expiryMonth: '12' }, 'CARD_EXPIRED'),
  lever('an address that does not match', { billingAddress: { region: 'US', zipCode: '00001' } }, 'SUCCESS'),
  lever('a card that only payments decline', { cardNo: '4000000000101511' }, 'SUCCESS'),
  lever('a card that only payments by the merchant decline', { cardNo: '4000000000102519' }, 'SUCCESS'),
  lever('an issuer that is down the first time', { cardNo: namedTestCards.issuerRecovers.number }, 'PROCESS_FAIL'),
  lever('and up the second time', { cardNo: namedTestCards.issuerRecovers.number }, 'SUCCESS'),
  lever('a number of 19 digits', { cardNo: namedTestCards.nineteenDigits.number }, 'SUCCESS'),
  lever('a number of 12 digits', { cardNo: namedTestCards.maestroTwelveDigits.number }, 'SUCCESS'),
]

function lever(situation: string, change: CardChange, code: string): Row<CardChange> {
  return { situation, change, code, source: 'test cards of the sandbox' }
}

function amex(cvv: string): CardChange {
  return { cardNo: namedTestCards.amexSuccess.number, cvv }
}

/** Outcomes that are given without asking the issuer. */
export const unaskedRows: readonly Row<CardChange>[] = [
  {
    situation: 'an expiry date in the past',
    change: { expiryYear: '20', expiryMonth: '01' },
    code: 'CARD_EXPIRED',
    source: 'Antom › Common objects › Card › expiryMonth',
  },
]

/** All that a merchant can say of the buyer's browser: with it nothing is wanted of the buyer, where there is no 3DS Method. */
export const wholeEnv = {
  terminalType: 'WEB',
  clientIp: '203.0.113.7',
  userAgent: 'Mozilla/5.0 (X11; Linux x86_64) Shop/1.0',
  colorDepth: 24,
  screenHeight: 1080,
  screenWidth: 1920,
  timeZoneOffset: -60,
  browserInfo: { acceptHeader: 'text/html', javaEnabled: false, javaScriptEnabled: true, language: 'en-GB' },
} as const

/** What is changed about a good request where 3-D Secure plays a part: its card, and what it says of the browser. */
export interface ThreeDSChange {
  readonly card: CardChange
  readonly env?: object
}

const asked3DS = { is3DSAuthentication: true }
const withoutMethod = (tt: '10' | '12' | '14' | '15') => testCardNumber({ prefix: '40000001', tt })

/** 3-D Secure is asked for, and the answer to the call is the outcome all the same. `asked`: whether the issuer was. */
export const threeDSAtOnceRows: readonly Row<ThreeDSChange & { asked: boolean }>[] = [
  atOnce('a card that is exempt', { card: { cardNo: '4035501000000008' } }, 'SUCCESS'),
  atOnce('a Korean card', { card: { cardNo: '9490220011669217' } }, 'SUCCESS'),
  atOnce('a card that takes no part', { card: { cardNo: namedTestCards.without3DS.number } }, 'SUCCESS'),
  atOnce('authenticated', { card: { cardNo: withoutMethod('10') }, env: wholeEnv }, 'SUCCESS'),
  atOnce(
    'not authenticated',
    { card: { cardNo: withoutMethod('12') }, env: wholeEnv },
    'USER_PAYMENT_VERIFICATION_FAILED',
    false,
  ),
  atOnce('rejected', { card: { cardNo: withoutMethod('14') }, env: wholeEnv }, 'FRAUD_REJECT', false),
  atOnce('not available', { card: { cardNo: withoutMethod('15') }, env: wholeEnv }, 'AUTHENTICATION_REQUIRED', false),
]

function atOnce(situation: string, { card, env }: ThreeDSChange, code: string, asked = true) {
  const change = { card: { ...card, ...asked3DS }, ...(env && { env }), asked }
  const source = 'Antom › vaultPaymentMethod › is3DSAuthentication'
  return { situation: `3-D Secure is asked for: ${situation}`, change, code, source }
}

/** What a buyer does at his page. `stays away`: he never comes to it. */
export interface BuyersWay {
  readonly network?: string
  readonly otp?: string
  readonly 'stays away'?: true
}

/**
 * Outcomes that need a buyer at his page. `asked`: the networks over which the issuer is asked once he has been there,
 * one for each question.
 */
export const buyerRows: readonly Row<ThreeDSChange & { way: BuyersWay; asked: readonly string[] }>[] = [
  coBadged('the buyer chooses the first brand', '4000002500100001', { network: 'VISA' }, 'SUCCESS'),
  coBadged('the buyer chooses the second brand', '4000002500100001', { network: 'CARTES_BANCAIRES' }, 'SUCCESS'),
  coBadged('the buyer chooses, the issuer declines', '4000002500100050', { network: 'VISA' }, 'DO_NOT_HONOR'),
  coBadged('the buyer never chooses', '4000002500100001', { 'stays away': true }, 'ORDER_IS_CLOSED'),
  threeDS('the buyer is authenticated', '4000000000100000', {}, 'SUCCESS'),
  threeDS('on Mastercard', '5200000000100005', {}, 'SUCCESS', 'MASTERCARD'),
  threeDS('and the issuer declines', '4000000000100059', {}, 'DO_NOT_HONOR'),
  threeDS('the buyer passes the challenge', '4000000000200008', {}, 'SUCCESS'),
  threeDS('the bank refuses his code', '4000000000200008', { otp: '111111' }, 'USER_PAYMENT_VERIFICATION_FAILED', ''),
  threeDS('three wrong codes', '4000000000200008', { otp: '987654' }, 'VERIFY_TIMES_EXCEED_LIMIT', ''),
  threeDS('the bank says no', '4000000000120008', {}, 'USER_PAYMENT_VERIFICATION_FAILED', ''),
  threeDS('the bank suspects fraud', '4000000000140006', {}, 'FRAUD_REJECT', ''),
  threeDS('the bank cannot', '4000000000150005', {}, 'AUTHENTICATION_REQUIRED', ''),
  threeDS('the buyer never comes', '4000000000100000', { 'stays away': true }, 'ORDER_IS_CLOSED', ''),
  {
    ...threeDS('without a 3DS Method, but without the browser too', withoutMethod('10'), {}, 'SUCCESS'),
    source: 'EMV 3-D Secure › AReq, browser data elements',
  },
  eea('of the EEA', namedTestCards.german.number, 'SUCCESS'),
  eea('of the United Kingdom', testCardNumber({ prefix: '40000001' }), 'SUCCESS'),
  eea(
    'of the EEA, which the issuer declines',
    testCardNumber({ prefix: '40000004', responseCode: '05' }),
    'DO_NOT_HONOR',
  ),
]

type BuyerRow = (typeof buyerRows)[number]

function coBadged(situation: string, cardNo: string, way: BuyersWay, code: string): BuyerRow {
  const change = { card: { cardNo }, way, asked: way.network ? [way.network] : [] }
  return { situation, change, code, source: 'Antom › vaultPaymentMethod › Co-badged cards' }
}

function threeDS(situation: string, cardNo: string, way: BuyersWay, code: string, network = 'VISA'): BuyerRow {
  const change = { card: { cardNo, ...asked3DS }, way, asked: network && !way['stays away'] ? [network] : [] }
  const source = 'Antom › vaultPaymentMethod › is3DSAuthentication'
  return { situation: `3-D Secure is asked for: ${situation}`, change, code, source }
}

function eea(which: string, cardNo: string, code: string): BuyerRow {
  const change = { card: { cardNo }, way: {}, asked: ['VISA'] }
  return {
    situation: `nobody asks, and the card is ${which}`,
    change,
    code,
    source: 'Directive (EU) 2015/2366, Article 97',
  }
}

/** Declines that the buyer is sent to his page for, by the simulated issuer; it says the same again afterwards. */
export const stepUpRows: readonly Row<CardChange>[] = responseCodeOutcomes.filter(isSoft)

/** Response codes that no test card asks for: a played issuer gives them. */
export const playedRows: readonly Row<PlayedChange>[] = playedOutcomes().filter(row => !isSoft(row))

/** Of those, the declines that the buyer is sent to his page for. */
export const playedStepUpRows: readonly Row<PlayedChange>[] = playedOutcomes().filter(isSoft)

interface PlayedChange {
  readonly reply: object
  readonly cardNo?: string
}

function playedOutcomes(): Row<PlayedChange>[] {
  return [
    ...codes('SUCCESS', ['00', '08', '10', '11', '16', '85']),
    ...codes('DO_NOT_HONOR', ['01', '02', '05']),
    ...codes('PICKUP_CARD', ['04', '07', '35', '37']),
    ...codes('INVALID_CARD_NUMBER', ['14', '15', '56']),
    ...codes('CARD_EXPIRED', ['33', '54']),
    ...codes('INVALID_EXPIRATION_DATE', ['80']),
    ...codes('NO_SELECTED_ACCOUNT', ['39', '52', '53']),
    ...codes('ACCOUNT_CLOSED', ['46']),
    ...codes('USER_PAYMENT_VERIFICATION_FAILED', ['55', '6P', 'Q1']),
    ...codes('POLICY', ['R0', 'R1', 'R3', '93']),
    ...codes('CARD_NOT_SUPPORTED', ['57', '5C']),
    ...codes('ACCESS_DENIED', ['58', '03']),
    ...codes('FRAUD_REJECT', ['59', '34', '63']),
    ...codes('RESTRICTED_CARD', ['62', '36', '9G']),
    ...codes('VERIFY_TIMES_EXCEED_LIMIT', ['75', '38']),
    ...codes('INVALID_CVV', ['N7', '82']),
    ...codes('PAYMENT_COUNT_EXCEED_LIMIT', ['65']),
    ...codes('AUTHENTICATION_REQUIRED', ['1A']),
    ...codes('PROCESS_FAIL', [
      '06',
      '09',
      '12',
      '13',
      '19',
      '21',
      '25',
      '28',
      '30',
      '68',
      '81',
      '90',
      '91',
      '92',
      '94',
    ]),
    ...codes('PROCESS_FAIL', ['70', '79', '83', 'ZZ']),
    ...onMastercard('AUTHENTICATION_REQUIRED', ['1A', '65', '70']),
    ...onMastercard('ACCOUNT_CLOSED', ['79']),
    ...onMastercard('POLICY', ['82']),
    ...onMastercard('FRAUD_REJECT', ['83', '63']),
    {
      situation: 'an approval that says that the code does not match',
      change: { reply: { responseCode: '00', cvvResult: 'N' } },
      code: 'INVALID_CVV',
      source: schemes,
    },
  ]
}

function codes(code: string, raws: readonly string[], cardNo?: string): Row<PlayedChange>[] {
  return raws.map(raw => ({
    situation: `${raw} on ${cardNo ? 'MASTERCARD' : 'VISA'}`,
    change: { reply: { responseCode: raw }, ...(cardNo && { cardNo }) },
    code,
    source: schemes,
  }))
}

function onMastercard(code: string, raws: readonly string[]) {
  return codes(code, raws, namedTestCards.mastercardSuccess.number)
}

/** Sandbox cards that Antom publishes, with the brand under which they are stored. */
export const antomSandboxCards: readonly { number: string; brand: string; outcome: string }[] = [
  { number: '9490220011669217', brand: 'HYUNDAI', outcome: 'success' },
  { number: '4294097400915107', brand: 'VISA', outcome: 'success' },
  { number: '4006055482525268', brand: 'VISA', outcome: 'success' },
  { number: '4600729331819383', brand: 'VISA', outcome: 'success' },
  { number: '4310377720003234', brand: 'VISA', outcome: 'success' },
  { number: '4054695723100768', brand: 'VISA', outcome: 'success' },
  { number: '5162774114974622', brand: 'MASTERCARD', outcome: 'success' },
  { number: '4054692760174822', brand: 'VISA', outcome: 'payment failure, vaults' },
  { number: '5162770472561357', brand: 'MASTERCARD', outcome: 'payment failure, vaults' },
  { number: '4035501000000008', brand: 'VISA', outcome: '3DS exemption' },
  { number: '4112273146798764', brand: 'VISA', outcome: 'success, of the published sample' },
]
