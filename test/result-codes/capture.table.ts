/** What refuses a capture of an authorisation of 12.34 dollars, in the order in which it is told. */
import { captureByCall } from '../support/builders.js'
import { cancelOf, captureOf, type OperationRow } from './operation.js'

const source = 'Antom › capture › Result codes'
const DAY_MS = 86_400_000

/** With COFFER_MOST_CAPTURES=2 and COFFER_AUTHORISATION_DAYS=1. */
export const captureRefusals: readonly OperationRow[] = [
  {
    situation: 'an id that was used for another payment',
    change: {
      call: (call, { usedId }) => {
        call['captureRequestId'] = usedId
      },
    },
    code: 'REPEAT_REQ_INCONSISTENT',
    source: 'Antom › Idempotency',
  },
  {
    situation: 'a payment that nobody knows',
    change: {
      call: call => {
        call['paymentId'] = '2020010100000000000000000000000000'
      },
    },
    code: 'AUTH_NOT_FOUND',
    source,
  },
  {
    situation: 'a payment that was cancelled',
    change: { before: { order: 3, does: ({ coffer }, paid) => cancelOf(coffer, paid) } },
    code: 'AUTH_CANCELLED',
    source,
  },
  {
    situation: 'a payment that is captured by itself',
    change: { made: { paymentFactor: { isAuthorization: false } } },
    code: 'ORDER_STATUS_INVALID',
    source,
  },
  {
    situation: 'an authorisation whose time is over',
    change: { waitMs: DAY_MS },
    code: 'AUTH_EXPIRED',
    source,
  },
  {
    situation: 'an authorisation after its last capture',
    change: {
      before: { order: 1, does: ({ coffer }, paid) => captureOf(coffer, paid, '1', { isLastCapture: true }) },
    },
    code: 'ORDER_STATUS_INVALID',
    source: 'Antom › capture › isLastCapture',
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
    situation: 'more than is authorised',
    change: {
      call: ({ amount }) => {
        amount.value = '1235'
      },
    },
    code: 'CAPTURE_AMOUNT_EXCEED_AUTH_LIMIT',
    source,
  },
  {
    situation: 'as many captures as there may be',
    change: {
      before: {
        order: 2,
        does: async ({ coffer }, paid) => {
          for (const value of ['1', '1']) await captureOf(coffer, paid, value)
        },
      },
    },
    code: 'PAYMENT_COUNT_EXCEED_LIMIT',
    source,
  },
]

/** More ways to the same codes, one at a time. */
export const captureVariants: readonly OperationRow[] = [
  {
    situation: 'a payment that failed',
    change: { made: { paymentExpiryTime: '2020-01-01T00:00:00Z' } },
    code: 'ORDER_STATUS_INVALID',
    source,
  },
  {
    situation: 'a payment that is captured right after its authorisation',
    change: { made: { paymentFactor: { isAuthorization: true, captureMode: 'AUTOMATIC' } } },
    code: 'ORDER_STATUS_INVALID',
    source,
  },
  {
    situation: 'more than what is left of it',
    change: {
      before: { order: 1, does: ({ coffer }, paid) => captureOf(coffer, paid, '1233') },
      call: ({ amount }) => {
        amount.value = '2'
      },
    },
    code: 'CAPTURE_AMOUNT_EXCEED_AUTH_LIMIT',
    source,
  },
]

/** How payments of the table are made, unless a row says otherwise. */
export const captureBase = captureByCall

/** How a capture ends that its issuer refuses. Source: ISO 8583:1987, DE39. */
export const captureOutcomes = [
  { raw: '00', code: 'SUCCESS' },
  { raw: '12', code: 'AUTH_EXPIRED' },
  { raw: '13', code: 'CAPTURE_AMOUNT_EXCEED_AUTH_LIMIT' },
  { raw: '14', code: 'PROCESS_FAIL' },
  { raw: '25', code: 'AUTH_NOT_FOUND' },
] as const

/** What a call hears that is carried out, but not to its end. */
export const captureInProcess = 'CAPTURE_IN_PROCESS'
