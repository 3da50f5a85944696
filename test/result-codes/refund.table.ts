/** What refuses a refund of a payment of 12.34 dollars, in the order in which it is told. */
import { namedTestCards } from '../../packages/test-cards/src/index.js'
import { captureByCall } from '../support/builders.js'
import { cancelOf, captureOf, type OperationRow } from './operation.js'
import { rawCard } from './paying.js'

const source = 'Antom › refund › Result codes'
const DAY_MS = 86_400_000

/** With COFFER_REFUND_DAYS=1. */
export const refundRefusals: readonly OperationRow[] = [
  {
    situation: 'an id that was used for another payment',
    change: {
      call: (call, { usedId }) => {
        call['refundRequestId'] = usedId
      },
    },
    code: 'REPEAT_REQ_INCONSISTENT',
    source: 'Antom › Idempotency',
  },
  {
    situation: 'an address that may not be notified',
    change: {
      call: call => {
        call['refundNotifyUrl'] = 'ftp://shop.example/'
      },
    },
    code: 'PARAM_ILLEGAL',
    names: 'refundNotifyUrl',
    source: 'Antom › refund › refundNotifyUrl',
  },
  {
    situation: 'a capture that the payment does not have',
    change: {
      call: call => {
        call['captureId'] = '2020010100000000000000000000000000'
      },
    },
    code: 'PARAM_ILLEGAL',
    names: 'captureId is no capture of this payment',
    source: 'Antom › refund › captureId',
  },
  {
    situation: 'a payment that nobody knows',
    change: {
      call: call => {
        call['paymentId'] = '2020010100000000000000000000000000'
      },
    },
    code: 'ORDER_NOT_EXIST',
    source,
  },
  {
    situation: 'a payment that was cancelled',
    change: { before: { order: 2, does: ({ coffer }, paid) => cancelOf(coffer, paid) } },
    code: 'ORDER_IS_CANCELED',
    state: 'how it ended',
    source,
  },
  {
    situation: 'a payment that was not completed in time',
    change: { made: { paymentExpiryTime: '2020-01-01T00:00:00Z' } },
    code: 'ORDER_IS_CLOSED',
    state: 'how it ended',
    source,
  },
  {
    situation: 'a payment that failed',
    change: {
      made: {
        paymentMethod: {
          paymentMethodType: 'CARD',
          paymentMethodMetaData: rawCard({ cardNo: namedTestCards.declined.number }),
        },
      },
    },
    code: 'ORDER_STATUS_INVALID',
    state: 'how it ended',
    source,
  },
  {
    situation: 'another currency',
    change: {
      call: ({ amount }) => {
        amount.currency = 'EUR'
      },
    },
    code: 'CURRENCY_NOT_SUPPORT',
    source,
  },
  {
    situation: 'an authorisation of which nothing was captured',
    change: { made: captureByCall },
    code: 'ORDER_STATUS_INVALID',
    source,
  },
  {
    situation: 'more than was paid',
    change: {
      call: ({ amount }) => {
        amount.value = '1235'
      },
    },
    code: 'REFUND_AMOUNT_EXCEED',
    source,
  },
  {
    situation: 'a payment of long ago',
    change: { waitMs: DAY_MS },
    code: 'REFUND_WINDOW_EXCEED',
    source,
  },
]

/** More ways to the same codes, one at a time. */
export const refundVariants: readonly OperationRow[] = [
  {
    situation: 'more than was captured',
    change: {
      made: captureByCall,
      before: { order: 1, does: ({ coffer }, paid) => captureOf(coffer, paid, '33') },
    },
    code: 'REFUND_AMOUNT_EXCEED',
    source,
  },
]

/** How a refund ends that its issuer refuses. Source: ISO 8583:1987, DE39. */
export const refundOutcomes = [
  { raw: '00', code: 'SUCCESS' },
  { raw: '12', code: 'PROCESS_FAIL' },
  { raw: '13', code: 'REFUND_AMOUNT_EXCEED' },
  { raw: '14', code: 'PROCESS_FAIL' },
  { raw: '25', code: 'AUTH_NOT_FOUND' },
] as const

/** What a call hears that is carried out, but not to its end. */
export const refundInProcess = 'REFUND_IN_PROCESS'
