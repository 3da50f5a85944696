/** What inquiryPayment and inquiryRefund answer: the result of the call, and apart from it what became of the money. */
import type { Row } from './row.js'

const ofPayment = 'Antom › inquiryPayment'
const ofRefund = 'Antom › inquiryRefund'

interface Told {
  readonly paymentStatus: 'SUCCESS' | 'FAIL' | 'PROCESSING' | 'CANCELLED'
  readonly paymentResultCode: string
}

/** What happened to the payment that is looked up. */
export type PaymentStory =
  | 'paid'
  | 'declined'
  | 'in doubt'
  | 'waits for its buyer'
  | 'cancelled'
  | 'given up'
  | 'expired'

export interface PaymentInquiryRow
  extends Row<PaymentStory | 'unknown id' | 'of another merchant' | 'no id'>,
    Partial<Told> {}

export const paymentInquiryRows: readonly PaymentInquiryRow[] = [
  story('paid', { paymentStatus: 'SUCCESS', paymentResultCode: 'SUCCESS' }),
  story('declined', { paymentStatus: 'FAIL', paymentResultCode: 'USER_BALANCE_NOT_ENOUGH' }),
  story('in doubt', { paymentStatus: 'PROCESSING', paymentResultCode: 'PAYMENT_IN_PROCESS' }),
  story('waits for its buyer', { paymentStatus: 'PROCESSING', paymentResultCode: 'PAYMENT_IN_PROCESS' }),
  story('cancelled', { paymentStatus: 'CANCELLED', paymentResultCode: 'ORDER_IS_CANCELED' }),
  story('given up', { paymentStatus: 'CANCELLED', paymentResultCode: 'ORDER_IS_CANCELED' }),
  story('expired', { paymentStatus: 'FAIL', paymentResultCode: 'ORDER_IS_CLOSED' }),
  { situation: 'an id that nobody used', change: 'unknown id', code: 'ORDER_NOT_EXIST', source: ofPayment },
  { situation: 'an id of another merchant', change: 'of another merchant', code: 'ORDER_NOT_EXIST', source: ofPayment },
  { situation: 'no id at all', change: 'no id', code: 'PARAM_ILLEGAL', source: ofPayment },
]

function story(change: PaymentStory, told: Told): PaymentInquiryRow {
  return { situation: `a payment that is ${change}`, change, code: 'SUCCESS', source: ofPayment, ...told }
}

export interface RefundInquiryRow
  extends Row<'taken' | 'refused' | 'under way' | 'unknown id' | 'of another merchant' | 'no id'> {
  readonly refundStatus?: 'SUCCESS' | 'FAIL' | 'PROCESSING'
}

export const refundInquiryRows: readonly RefundInquiryRow[] = [
  { situation: 'a refund', change: 'taken', code: 'SUCCESS', refundStatus: 'SUCCESS', source: ofRefund },
  {
    situation: 'a refund that the issuer refused',
    change: 'refused',
    code: 'SUCCESS',
    refundStatus: 'FAIL',
    source: ofRefund,
  },
  {
    situation: 'a refund that the issuer has not answered',
    change: 'under way',
    code: 'SUCCESS',
    refundStatus: 'PROCESSING',
    source: ofRefund,
  },
  { situation: 'an id that nobody used', change: 'unknown id', code: 'REFUND_NOT_EXIST', source: ofRefund },
  { situation: 'an id of another merchant', change: 'of another merchant', code: 'REFUND_NOT_EXIST', source: ofRefund },
  { situation: 'no id at all', change: 'no id', code: 'PARAM_ILLEGAL', source: ofRefund },
]
