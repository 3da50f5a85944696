/** The requests of payments and tokens field by field, and what a right one holds. */
import {
  cancelRequest,
  captureRequest,
  deleteTokenRequest,
  fetchNonceRequest,
  inquireTokenRequest,
  inquiryPaymentRequest,
  inquiryRefundRequest,
  payRequest,
  refundRequest,
  updateTokenRequest,
} from '../../packages/antom/src/index.js'
import { type Field, fieldsOf, type RightValues, rightValues, within } from './every-field.js'

const META = 'paymentMethod.paymentMethodMetaData'
const UNKNOWN = '2020010100000000000000000000000000'

/** An operation whose every field is tried. */
export interface TriedOperation {
  operation: string
  fields: readonly Field[]
  values: RightValues
  /** What of all fields is left out of a whole request, because it contradicts another. */
  without: readonly string[]
  /** The merchant's name of the call, new each time; where there is one. */
  id?: string
  /** What a whole request is answered. */
  code: string
  /** Optional fields without which the call cannot be carried out. */
  wanted: readonly string[]
}

/** Right values below a path, as they are known from vaulting. */
function like(path: string, at: string): RightValues {
  const found = Object.entries(rightValues).filter(([name]) => name.startsWith(`${path}.`))
  return within(at, Object.fromEntries(found.map(([name, value]) => [name.slice(path.length + 1), value])))
}

const amount = { currency: { value: 'USD', other: 'EUR' }, value: { value: '1234', other: '999999999999' } }
const ids = { paymentId: { value: UNKNOWN }, merchantAccountId: { value: 'store-1', other: 'store-2' } }

const { enableAuthenticationUpgrade: _text, ...card } = Object.fromEntries(
  Object.entries(like('paymentMethodDetail.card', '')).map(([name, value]) => [name.slice(1), value]),
)
const metaOnly: RightValues = {
  isCardOnFile: { value: false, other: true },
  enableAuthenticationUpgrade: { value: true, other: false },
  // A value of it would make the payment one of the merchant alone.
  recurringType: { value: '' },
  tokenize: { value: false, other: true },
  tokenizeMode: { value: 'a', other: 'b' },
  paymentMethodRegion: { value: 'GLOBAL', other: 'KR' },
}

const payFields = fieldsOf(payRequest<string, string, string>() as object)
const onlyOf = (fields: readonly Field[], values: RightValues): RightValues =>
  Object.fromEntries(Object.entries(values).filter(([path]) => fields.some(field => field.path === path)))

const payValues = onlyOf(payFields, {
  productCode: { value: 'CASHIER_PAYMENT' },
  paymentRequestId: { value: 'p-1' },
  'order.referenceOrderId': { value: 'order-1', other: 'order-2' },
  'order.orderDescription': { value: 'Two books', other: '' },
  ...within('order.orderAmount', amount),
  ...like('env', 'order.env'),
  ...within('paymentAmount', amount),
  'paymentMethod.paymentMethodType': { value: 'CARD' },
  'paymentMethod.paymentMethodId': { value: 'cof_unknown' },
  ...within(META, { ...card, ...metaOnly }),
  'paymentMethod.customerId': { value: 'a', other: 'b' },
  'paymentMethod.requireIssuerAuthentication': { value: false, other: true },
  'paymentMethod.extendInfo': { value: 'a', other: 'b' },
  'paymentFactor.isAuthorization': { value: true, other: false },
  'paymentFactor.captureMode': { value: 'MANUAL', other: '' },
  isAuthorization: { value: false, other: true },
  paymentRedirectUrl: { value: 'https://shop.example/done', other: 'www.test.com' },
  paymentNotifyUrl: { value: 'http://127.0.0.1:9/n?a=1', other: 'http://127.0.0.1:9/n?a=2' },
  paymentExpiryTime: { value: '2099-01-01T00:00:00+08:00' },
  'settlementStrategy.settlementCurrency': { value: 'EUR', other: 'USD' },
  ...like('env', 'env'),
  merchantRegion: { value: 'SG', other: 'US' },
  metadata: { value: '{"order":1}', other: '' },
  merchantAccountId: { value: 'store-1' },
  ...like('customizedInfo', 'customizedInfo'),
})

const none = { without: [], wanted: [] } as const

function tried(
  operation: string,
  schema: object,
  values: RightValues,
  more: Partial<TriedOperation> & { code: string },
): TriedOperation {
  return { operation, fields: fieldsOf(schema), values, ...none, ...more }
}

const token = { token: { value: 'cof_unknown' }, merchantAccountId: { value: 'store-1' } }

export const triedOperations: readonly TriedOperation[] = [
  tried('payments/pay', payRequest<string, string, string>(), payValues, {
    code: 'SUCCESS',
    id: 'paymentRequestId',
    without: ['paymentMethod.paymentMethodId'],
    wanted: [META, `${META}.cardNo`, `${META}.expiryYear`, `${META}.expiryMonth`],
  }),
  tried(
    'payments/inquiryPayment',
    inquiryPaymentRequest,
    { ...ids, paymentRequestId: { value: 'p-1' } },
    {
      code: 'ORDER_NOT_EXIST',
    },
  ),
  tried(
    'payments/capture',
    captureRequest,
    {
      captureRequestId: { value: 'c-1' },
      paymentId: ids.paymentId,
      ...within('captureAmount', amount),
      isLastCapture: { value: true, other: false },
    },
    { code: 'AUTH_NOT_FOUND', id: 'captureRequestId' },
  ),
  tried('payments/cancel', cancelRequest, { ...ids, paymentRequestId: { value: 'p-1' } }, { code: 'ORDER_NOT_EXIST' }),
  tried(
    'payments/refund',
    refundRequest,
    {
      refundRequestId: { value: 'r-1' },
      paymentId: ids.paymentId,
      ...within('refundAmount', amount),
      referenceRefundId: { value: 'a', other: 'b' },
      refundReason: { value: 'a', other: '' },
      refundNotifyUrl: { value: 'http://127.0.0.1:9/n' },
      captureId: { value: UNKNOWN },
      isAsyncRefund: { value: false, other: true },
      metadata: { value: '{"order":1}', other: '' },
      extendInfo: { value: 'a', other: 'b' },
      ...like('customizedInfo', 'customizedInfo'),
    },
    { code: 'ORDER_NOT_EXIST', id: 'refundRequestId', without: ['captureId'] },
  ),
  tried(
    'payments/inquiryRefund',
    inquiryRefundRequest,
    { refundRequestId: { value: 'r-1' }, refundId: ids.paymentId, merchantAccountId: ids.merchantAccountId },
    { code: 'REFUND_NOT_EXIST' },
  ),
  tried('vaults/fetchNonce', fetchNonceRequest<string, string, string>(), like('paymentMethodDetail.card', 'card'), {
    code: 'SUCCESS',
  }),
  tried('vaults/inquireToken', inquireTokenRequest, token, { code: 'TOKEN_NOT_EXIST' }),
  tried(
    'vaults/updateToken',
    updateTokenRequest,
    {
      ...token,
      ...like('paymentMethodDetail.card.cardholderName', 'accountHolderName'),
      email: { value: 'ada@shop.example' },
      tokenExpiryTime: { value: '2034-05-31T00:00:00Z' },
    },
    { code: 'TOKEN_NOT_EXIST' },
  ),
  tried('vaults/deleteToken', deleteTokenRequest, token, { code: 'TOKEN_NOT_EXIST' }),
]
