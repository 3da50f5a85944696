/** What refuses the cancellation of a payment, in the order in which it is told. */
import { namedTestCards } from '../../packages/test-cards/src/index.js'
import { captureByCall } from '../support/builders.js'
import { type OperationRow, refundOf } from './operation.js'
import { rawCard } from './paying.js'

const source = 'Antom › cancel › Result codes'
const HOUR_MS = 3_600_000

/** With COFFER_CANCEL_HOURS=1 and COFFER_AUTHORISATION_DAYS=1. */
export const cancelRefusals: readonly OperationRow[] = [
  {
    situation: 'no id at all',
    change: {
      call: call => {
        delete call['paymentId']
        delete call['paymentRequestId']
      },
    },
    code: 'PARAM_ILLEGAL',
    names: 'paymentId is required, unless paymentRequestId is given',
    source,
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
    source,
  },
  {
    situation: 'a payment of which something was given back',
    change: {
      made: { paymentFactor: { isAuthorization: false } },
      before: { order: 1, does: ({ coffer }, paid) => refundOf(coffer, paid, '1') },
    },
    code: 'PROCESS_FAIL',
    names: 'Refund the rest',
    source,
  },
  {
    situation: 'an authorisation whose time is over',
    change: { made: captureByCall, waitMs: 24 * HOUR_MS },
    code: 'ORDER_STATUS_INVALID',
    source,
  },
  {
    situation: 'a payment of long ago',
    change: { waitMs: HOUR_MS },
    code: 'CANCEL_WINDOW_EXCEED',
    source,
  },
]
