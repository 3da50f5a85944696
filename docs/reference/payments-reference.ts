/** What the reference says of paying and of looking after tokens. */
import {
  cancelRequest,
  cancelResponse,
  captureRequest,
  captureResponse,
  deleteTokenRequest,
  deleteTokenResponse,
  endpoints,
  fetchNonceRequest,
  fetchNonceResponse,
  inquireTokenRequest,
  inquireTokenResponse,
  inquiryPaymentRequest,
  inquiryPaymentResponse,
  inquiryRefundRequest,
  inquiryRefundResponse,
  notifyCaptureBody,
  notifyPaymentBody,
  notifyRefundBody,
  operationFailures,
  paymentCodes,
  paymentFailures,
  payRequest,
  payResponse,
  refundRequest,
  refundResponse,
  unusedByEndpoint,
  updateTokenRequest,
  updateTokenResponse,
  vaultCodes,
} from '../../packages/antom/src/index.js'
import { endpointPage, fieldTable } from './endpoint-page.js'
import { code, codes, table } from './markdown.js'

/** The endpoints that look after tokens, for the page of the vault endpoints. */
export const tokenEndpointPages = () =>
  endpointPage('fetchNonce', endpoints.fetchNonce.path, fetchNonceRequest(), fetchNonceResponse) +
  `The older path \`${endpoints.fetchNonceOfPayments.path}\` does the same.\n\n` +
  endpointPage('inquireToken', endpoints.inquireToken.path, inquireTokenRequest, inquireTokenResponse) +
  endpointPage('updateToken', endpoints.updateToken.path, updateTokenRequest, updateTokenResponse) +
  endpointPage('deleteToken', endpoints.deleteToken.path, deleteTokenRequest, deleteTokenResponse)

/** The page of the payment endpoints. */
export const paymentEndpointPages = () =>
  '# Endpoints of payments\n\n' +
  '`null` counts as absent, unknown fields are ignored, booleans are read native and quoted. Amounts are whole numbers of ' +
  'the currency’s smallest unit, as text: `{"currency":"USD","value":"1999"}` is 19.99 dollars. What the codes mean: ' +
  '[result codes](result-codes.md#paying-and-tokens).\n\n' +
  endpointPage('pay', endpoints.pay.path, payRequest(), payResponse) +
  '- `env` is read at the top and in `order`; the one at the top counts first.\n' +
  '- `paymentMethodId` is a `cardToken`, or the card itself is in `paymentMethodMetaData`.\n\n' +
  endpointPage('inquiryPayment', endpoints.inquiryPayment.path, inquiryPaymentRequest, inquiryPaymentResponse) +
  'One of the two ids is needed; `paymentId` wins.\n\n' +
  endpointPage('capture', endpoints.capture.path, captureRequest, captureResponse) +
  endpointPage('cancel', endpoints.cancel.path, cancelRequest, cancelResponse) +
  'One of the two ids is needed; `paymentId` wins.\n\n' +
  endpointPage('refund', endpoints.refund.path, refundRequest, refundResponse) +
  endpointPage('inquiryRefund', endpoints.inquiryRefund.path, inquiryRefundRequest, inquiryRefundResponse) +
  'One of the two ids is needed; `refundId` wins.\n\n' +
  '## Notifications\n\n' +
  'They go out as [notifyVaulting](endpoints.md#notifyvaulting) does: signed, with the same repeats and the same ' +
  'acknowledgement. Those of a payment and of its captures go to `paymentNotifyUrl` of pay, those of a refund to its ' +
  '`refundNotifyUrl`.\n\n' +
  `### notifyPayment\n\n${fieldTable(notifyPaymentBody)}` +
  `### notifyCapture\n\n${fieldTable(notifyCaptureBody)}` +
  `### notifyRefund\n\n${fieldTable(notifyRefundBody)}`

const about = [
  ...(['pay', 'inquiryPayment', 'capture', 'cancel', 'refund', 'inquiryRefund'] as const),
  ...(['fetchNonce', 'inquireToken', 'updateToken', 'deleteToken'] as const),
]

/** Ends that are no refusals, by endpoint. */
const inProcess: Partial<Record<(typeof about)[number], string>> = {
  pay: 'PAYMENT_IN_PROCESS',
  capture: 'CAPTURE_IN_PROCESS',
  refund: 'REFUND_IN_PROCESS',
}

/** The codes of paying and of tokens, for the page of result codes. */
export function paymentResultCodes(): string {
  const rows = (all: Record<string, { status: string; message: string }>) =>
    Object.entries(all).map(([name, { status, message }]) => [code(name), status, message])
  const words = { ...vaultCodes, ...paymentCodes }
  return (
    '## Paying and tokens\n\n' +
    'Which endpoint answers what, besides `SUCCESS` and the codes of [any endpoint](#any-endpoint-in-the-order-of-the-checks). ' +
    'A refusal stores nothing: the corrected call may use the same id.\n\n' +
    table(
      ['endpoint', 'under way', 'refusals'],
      about.map(name => [name, inProcess[name] ? code(inProcess[name]) : '', codes(endpoints[name].refusals)]),
    ) +
    table(
      ['code', 'status', 'message', 'from'],
      Object.entries(words)
        .map(([name, { status, message }]) => [code(name), status, message, from(name)])
        .filter(row => row[3] !== ''),
    ) +
    '### How a payment may fail\n\n' +
    '`F` of pay and of notifyPayment, and `paymentResultCode` of inquiryPayment.\n\n' +
    table(['code', 'status', 'message'], rows(paymentFailures)) +
    '### How a capture or a refund may fail\n\n' +
    'After it was taken on: `F` of a repeated call and of the notification, and in `transactions` of inquiryPayment.\n\n' +
    table(['code', 'status', 'message'], rows(operationFailures))
  )
}

/** The endpoints among those of paying that answer a code. */
const from = (name: string) =>
  about
    .filter(
      endpoint => inProcess[endpoint] === name || (endpoints[endpoint].refusals as readonly string[]).includes(name),
    )
    .join(', ')

/** Codes that are published for one endpoint and given by others only. */
export const unusedHere = () =>
  'Published for an endpoint that never gives them, though another one does:\n\n' +
  table(
    ['endpoint', 'code', 'why'],
    Object.entries(unusedByEndpoint).flatMap(([endpoint, all]) =>
      Object.entries(all).map(([name, why]) => [endpoint, code(name), why]),
    ),
  )
