/** Result codes of pay: what refuses a call, in the order in which it is told, and how a payment ends. */
import type { PayRequest } from '../../packages/antom/src/index.js'
import { namedTestCards, testCardNumber } from '../../packages/test-cards/src/index.js'
import type { Row } from './row.js'
import {
  type BuyersWay,
  buyerRows,
  playedRows,
  responseCodeRows,
  threeDSAtOnceRows,
} from './vault-payment-method.table.js'

type Change<T> = { -readonly [Name in keyof T]?: T[Name] }
type Meta = Change<NonNullable<PayRequest['paymentMethod']['paymentMethodMetaData']>>

/** A request in parts that rows change. It pays with a card that comes with the call, unless a row names a token. */
export interface PayInParts {
  request: Change<PayRequest>
  paymentMethodId: string | undefined
  meta: Meta
  amount: { currency: string; value: string }
}

/** What rows need to know of the system that they are played on. */
export interface PayStage {
  /** The id of a payment of another amount. */
  usedId: string
  token: string
  /** A token that was deleted. */
  deletedToken: string
}

export interface PayRow extends Row<(call: PayInParts, stage: PayStage) => void> {
  /** What the message of a PARAM_ILLEGAL names; tells rows of the same code apart. */
  readonly names?: string
}

const codes = 'Antom › pay › Result codes'
const metaData = 'Antom › pay › paymentMethodMetaData'

/** Calls that are wrong, in the order of the checks: nothing is stored, and the id stays free. */
export const payRefusals: readonly PayRow[] = [
  {
    situation: 'an id that was used for another amount',
    change: ({ request }, { usedId }) => {
      request.paymentRequestId = usedId
    },
    code: 'REPEAT_REQ_INCONSISTENT',
    source: 'Antom › Idempotency',
  },
  {
    situation: 'an address that may not be notified',
    change: ({ request }) => {
      request.paymentNotifyUrl = 'ftp://shop.example/'
    },
    code: 'PARAM_ILLEGAL',
    names: 'paymentNotifyUrl',
    source: 'Antom › pay › paymentNotifyUrl',
  },
  {
    situation: 'a region that is no country',
    change: ({ request }) => {
      request.merchantRegion = 'XX'
    },
    code: 'PARAM_ILLEGAL',
    names: 'merchantRegion is no country',
    source: 'Antom › pay › merchantRegion',
  },
  {
    situation: 'a currency that nobody has',
    change: ({ amount }) => {
      amount.currency = 'ABC'
    },
    code: 'CURRENCY_NOT_SUPPORT',
    source: codes,
  },
  {
    situation: 'a token and a card',
    change: (call, { token }) => {
      call.paymentMethodId = token
      call.meta.cardNo = namedTestCards.plainSuccess.number
    },
    code: 'PARAM_ILLEGAL',
    names: 'paymentMethodMetaData.cardNo must not be given together with paymentMethodId',
    source: metaData,
  },
  {
    situation: 'a token that was deleted',
    change: (call, { deletedToken }) => {
      call.paymentMethodId = deletedToken
      delete call.meta.cardNo
    },
    code: 'INVALID_PAYMENT_METHOD_META_DATA',
    source: codes,
  },
  {
    situation: 'neither a token nor a card',
    change: ({ meta }) => {
      delete meta.cardNo
    },
    code: 'PARAM_ILLEGAL',
    names: 'paymentMethod.paymentMethodId is required, unless a card is given',
    source: 'Antom › pay › paymentMethodId',
  },
  {
    situation: 'a card without its year',
    change: ({ meta }) => {
      delete meta.expiryYear
    },
    code: 'PARAM_ILLEGAL',
    names: 'paymentMethodMetaData.expiryYear is required',
    source: metaData,
  },
  {
    situation: 'a card without its month',
    change: ({ meta }) => {
      delete meta.expiryMonth
    },
    code: 'PARAM_ILLEGAL',
    names: 'paymentMethodMetaData.expiryMonth is required',
    source: metaData,
  },
  {
    situation: 'a brand that is not on a co-badged card',
    change: ({ meta }) => {
      meta.cardNo = namedTestCards.coBadged.number
      meta.selectedCardBrand = 'JCB'
    },
    code: 'SELECTED_CARD_BRAND_NOT_AVAILABLE',
    source: 'Antom › pay › Co-badged cards',
  },
  {
    situation: 'a merchant who pays alone and names no first payment',
    change: ({ meta }) => {
      meta.recurringType = 'SCHEDULED'
    },
    code: 'INVALID_PAYMENT_METHOD_META_DATA',
    names: 'networkTransactionId is required',
    source: 'Antom › Merchant-initiated transactions',
  },
]

/** How payments end without their issuer being asked, in the order of the checks; they come after every refusal. */
export const unaskedPayments: readonly PayRow[] = [
  {
    situation: 'an amount that the risk check refuses',
    change: ({ amount }) => {
      amount.value = '11'
    },
    code: 'RISK_REJECT',
    source: 'test cards of the sandbox',
  },
  {
    situation: 'a deadline that is over',
    change: ({ request }) => {
      request.paymentExpiryTime = '2020-01-01T00:00:00Z'
    },
    code: 'ORDER_IS_CLOSED',
    source: 'Antom › pay › paymentExpiryTime',
  },
  {
    situation: 'an expiry date in the past',
    change: ({ meta }) => {
      meta.expiryYear = '20'
    },
    code: 'CARD_EXPIRED',
    source: metaData,
  },
  {
    situation: 'a card of the EEA and no 3-D Secure to be had',
    change: ({ meta }) => {
      meta.cardNo = namedTestCards.german.number
      meta.enableAuthenticationUpgrade = false
    },
    code: 'AUTHENTICATION_REQUIRED',
    source: 'Antom › pay › enableAuthenticationUpgrade',
  },
]

const schemes = 'ISO 8583 response codes of the card schemes'

interface IssuerChange {
  readonly network: 'VISA' | 'MASTERCARD'
  readonly raw: string
}

/** 13 is about the amount, which a verification has none of. */
const ofPayment = (raw: string, code: string) => (raw === '13' ? 'INVALID_AMOUNT' : code)

/** What an issuer that is asked for money says, by the response codes that test cards can ask for. */
const issuerOutcomes: readonly Row<IssuerChange>[] = responseCodeRows.flatMap(({ raw, visaCode, mastercardCode }) => [
  ofIssuer(raw, 'VISA', visaCode),
  ofIssuer(raw, 'MASTERCARD', mastercardCode),
])

function ofIssuer(raw: string, network: IssuerChange['network'], code: string): Row<IssuerChange> {
  return {
    situation: `the issuer answers ${raw} on ${network}`,
    change: { network, raw },
    code: ofPayment(raw, code),
    source: schemes,
  }
}

const isSoft = ({ code }: { code: string }) => code === 'AUTHENTICATION_REQUIRED'

export const issuerPayments = issuerOutcomes.filter(row => !isSoft(row))
/** Declines that send the buyer to his bank once; what the issuer says then is final. */
export const stepUpPayments = issuerOutcomes.filter(isSoft)

/** The number of a test card that answers so, of the network of a row. */
export const cardFor = ({ network, raw }: IssuerChange, mode: '0' | '1' | '2' = '0'): string =>
  testCardNumber({ brand: network, mode, responseCode: raw as never, fill: '4' })

/** Other ways to make the issuer say something. */
export const leverPayments: readonly Row<Meta>[] = [
  lever('a VISA code that does not match', { cvv: '999' }, 'INVALID_CVV'),
  lever(
    'a Mastercard code that does not match',
    { cardNo: namedTestCards.mastercardSuccess.number, cvv: '999' },
    'INVALID_CVV',
  ),
  lever('another date on file at the issuer', { expiryYear: '49', expiryMonth: '12' }, 'CARD_EXPIRED'),
  lever(
    "a card of Antom's that only payments decline",
    { cardNo: namedTestCards.antomPaymentFailure.number },
    'DO_NOT_HONOR',
  ),
  lever('a brand that an SDK always sends', { selectedCardBrand: 'AMEX' }, 'SUCCESS'),
  lever('a card that is to be stored', { tokenize: true }, 'SUCCESS'),
  lever(
    'a card that is to be stored and is declined',
    { cardNo: namedTestCards.insufficientFunds.number, tokenize: true },
    'USER_BALANCE_NOT_ENOUGH',
  ),
]

function lever(situation: string, change: Meta, code: string): Row<Meta> {
  return { situation, change, code, source: 'test cards of the sandbox' }
}

interface PlayedChange {
  readonly reply: { readonly responseCode?: string; readonly cvvResult?: string }
  readonly cardNo?: string
}

/** Response codes that no test card asks for. 85 approves a verification alone, so that it is no answer to a payment. */
export const playedPayments: readonly Row<PlayedChange>[] = playedRows
  .map(row => ({ ...row, change: row.change as PlayedChange }))
  .filter(({ change }) => change.reply.responseCode !== '85')
  .map(row => ({ ...row, code: ofPayment(row.change.reply.responseCode ?? '', row.code) }))

interface BuyersChange {
  readonly card: object
  readonly env?: object
  readonly way?: BuyersWay
  readonly asked: readonly string[] | boolean
}

/** 3-D Secure is asked for, and the answer to the call is the outcome all the same. */
export const atOncePayments: readonly Row<BuyersChange>[] = threeDSAtOnceRows

/** Payments that a buyer has to do something for. */
export const buyersPayments: readonly Row<BuyersChange & { way: BuyersWay }>[] = buyerRows

/** What is told of a payment that is not decided, and of one that never will be. */
export const laterPayments: readonly Row<string>[] = [
  { situation: 'a buyer who has something to do', change: 'buyer', code: 'PAYMENT_IN_PROCESS', source: codes },
  { situation: 'an issuer that does not answer', change: 'silence', code: 'UNKNOWN_EXCEPTION', source: codes },
  { situation: 'a repeat after the cancellation', change: 'cancelled', code: 'ORDER_IS_CANCELED', source: codes },
]
