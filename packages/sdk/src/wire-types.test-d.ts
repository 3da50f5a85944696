/**
 * The types that merchants read are those of the contract's schemas. Checked by `package.test.ts` with the compiler;
 * a line with `true` in red is a difference.
 */
import type * as wire from '@coffer/antom'
import type * as sdk from './index.js'

/** Optional is optional, whether or not `undefined` may be written out. */
type Loose<T> = T extends readonly (infer Item)[]
  ? Loose<Item>[]
  : T extends object
    ? { [Key in keyof T]: Loose<Exclude<T[Key], undefined>> }
    : T

type Same<A, B> = (<T>() => T extends Loose<A> ? 1 : 2) extends <T>() => T extends Loose<B> ? 1 : 2 ? true : false

const same = <_T extends true>() => {}

same<Same<sdk.VaultPaymentMethodRequest, wire.VaultPaymentMethodRequest>>()
same<Same<sdk.InquireVaultingRequest, wire.InquireVaultingRequest>>()
same<Same<sdk.VaultPaymentMethodResponse, wire.VaultPaymentMethodResponse>>()
same<Same<sdk.InquireVaultingResponse, wire.InquireVaultingResponse>>()
same<Same<sdk.StoredCard, wire.StoredCard>>()
same<Same<sdk.UserName, wire.UserName>>()
same<Same<sdk.Address, wire.Address>>()
same<Same<sdk.CustomizedInfo, wire.CustomizedInfo>>()
same<Same<sdk.Result, wire.Result>>()

same<Same<sdk.FetchNonceResponse, wire.FetchNonceResponse>>()
same<Same<sdk.TokenRequest, wire.InquireTokenRequest>>()
same<Same<sdk.TokenRequest, wire.DeleteTokenRequest>>()
same<Same<sdk.InquireTokenResponse, wire.InquireTokenResponse>>()
same<Same<sdk.UpdateTokenRequest, wire.UpdateTokenRequest>>()
same<Same<sdk.UpdateTokenResponse, wire.UpdateTokenResponse>>()
same<Same<sdk.DeleteTokenResponse, wire.DeleteTokenResponse>>()

same<Same<sdk.ForwardRequest, wire.ForwardRequest>>()
same<Same<sdk.ForwardedAnswer, wire.ForwardedAnswer>>()

same<Same<sdk.Amount, wire.Amount>>()
same<Same<sdk.PayRequest, wire.PayRequest>>()
same<Same<sdk.PayResponse, wire.PayResponse>>()
same<Same<sdk.PaymentResultInfo, wire.PaymentResultInfo>>()
same<Same<sdk.InquiryPaymentRequest, wire.InquiryPaymentRequest>>()
same<Same<sdk.InquiryPaymentResponse, wire.InquiryPaymentResponse>>()
same<Same<sdk.CaptureRequest, wire.CaptureRequest>>()
same<Same<sdk.CaptureResponse, wire.CaptureResponse>>()
same<Same<sdk.CancelRequest, wire.CancelRequest>>()
same<Same<sdk.CancelResponse, wire.CancelResponse>>()
same<Same<sdk.RefundRequest, wire.RefundRequest>>()
same<Same<sdk.RefundResponse, wire.RefundResponse>>()
same<Same<sdk.InquiryRefundRequest, wire.InquiryRefundRequest>>()
same<Same<sdk.InquiryRefundResponse, wire.InquiryRefundResponse>>()
same<Same<sdk.NotifyPaymentBody, wire.NotifyPaymentBody>>()
// Coffer always sends the type of the notification, of which the documentation gives no value.
same<Same<sdk.NotifyCaptureBody & Required<Pick<sdk.NotifyCaptureBody, 'notifyType'>>, wire.NotifyCaptureBody>>()
same<Same<sdk.NotifyRefundBody & Required<Pick<sdk.NotifyRefundBody, 'notifyType'>>, wire.NotifyRefundBody>>()

// The two fields that Coffer always sends and others may not.
type AlwaysSent = Required<Pick<sdk.NotifyVaultingBody, 'vaultingStatus' | 'vaultingCreateTime'>>
same<Same<sdk.NotifyVaultingBody & AlwaysSent, wire.NotifyVaultingBody>>()

// The comparison itself can fail.
// @ts-expect-error a field is missing
same<Same<{ a: string }, { a: string; b?: string }>>()
// @ts-expect-error optional is not required
same<Same<{ a?: string }, { a: string }>>()
// @ts-expect-error an enum is not any text
same<Same<{ a: 'X' }, { a: string }>>()

/** What merchants write has to compile, and what would be a mistake has not. */
declare const client: sdk.VaultClient
declare const request: sdk.VaultPaymentMethodRequest

async function _merchant() {
  const vaulted = await client.vaultPaymentMethod(request, { timeoutMs: 1, signal: new AbortController().signal })
  if (vaulted.status === 'S') vaulted.card.cardToken.length
  if (vaulted.status === 'F') vaulted.hint?.length
  if (vaulted.status === 'U') vaulted.normalUrl?.length
  if (vaulted.code === 'DO_NOT_HONOR' || vaulted.code === 'SOMETHING_NEW') vaulted.raw.result.resultCode.length
  // @ts-expect-error a failed vaulting has no card
  vaulted.card

  const inquired = await client.inquireVaulting({ vaultingRequestId: 'a' })
  if (inquired.status === 'S' && inquired.vaultingStatus === 'SUCCESS') inquired.card.cardToken.length
  if (inquired.status === 'S' && inquired.vaultingStatus === 'FAIL') inquired.vaultingResultCode.length
  // @ts-expect-error that the inquiry worked does not mean that there is a card
  if (inquired.status === 'S') inquired.card

  const session = await client.createVaultingSession({ paymentMethodType: 'CARD', vaultingRequestId: 'a' })
  if (session.status === 'S') session.vaultingSessionData.length
  const token = await client.inquireToken({ token: 'a' })
  if (token.status === 'S') token.accountHolderName?.firstName.length

  const amount = { currency: 'USD', value: '1999' }
  const paid = await client.pay({
    productCode: 'CASHIER_PAYMENT',
    paymentRequestId: 'p-1',
    order: { referenceOrderId: 'o', orderDescription: 'Book', orderAmount: amount },
    paymentAmount: amount,
    paymentMethod: { paymentMethodType: 'CARD', paymentMethodId: 'token' },
    paymentRedirectUrl: 'https://shop.example/done',
  })
  if (paid.status === 'S') paid.paymentId.length
  if (paid.status === 'U') paid.normalUrl?.length
  // @ts-expect-error a declined payment may have no id at the gateway
  if (paid.status === 'F') paid.paymentId.length
  const payment = await client.inquiryPayment({ paymentRequestId: 'p-1' })
  if (payment.status === 'S' && payment.paymentStatus === 'FAIL') payment.paymentResultCode.length
  // @ts-expect-error that the inquiry worked does not mean that the payment failed
  if (payment.status === 'S' && payment.paymentStatus !== 'FAIL') payment.paymentResultCode.length
  const captured = await client.capture({ captureRequestId: 'c', paymentId: 'p', captureAmount: amount })
  if (captured.status === 'S') captured.captureId.length
  const refunded = await client.refund({ refundRequestId: 'r', paymentId: 'p', refundAmount: amount })
  if (refunded.status === 'S') refunded.refundId.length
  // @ts-expect-error an amount is text, of the smallest unit
  client.capture({ captureRequestId: 'c', paymentId: 'p', captureAmount: { currency: 'USD', value: 19.99 } })

  const told = client.verifyNotification({ url: '/', headers: {}, body: '' })
  if (told.kind === 'vaulting' && told.status === 'S') told.card.cardToken.length
  if (told.kind === 'payment') told.paymentRequestId.length
  if (told.kind === 'capture') told.captureRequestId.length
  if (told.kind === 'refund') told.refundRequestId.length
  // @ts-expect-error what it is about has to be asked first
  told.vaultingRequestId

  // @ts-expect-error the brand is one of the API's
  client.fetchNonce({ card: { cardNo: '', expiryMonth: '', expiryYear: '', brand: 'X' } })
  // @ts-expect-error a parsed body cannot be verified
  client.verifyNotification({ url: '/', headers: {}, body: { result: {} } })
}

declare const options: sdk.VaultClientOptions
/** The global fetch fits, and so does one that a test makes of it. */
const _withFetch: sdk.VaultClientOptions = { ...options, fetch }
const _withAnswer: sdk.VaultClientOptions = { ...options, fetch: async () => new Response('') }
