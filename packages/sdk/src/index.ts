/**
 * A server-side client of the card vaulting API, for Coffer and for the gateway whose API it speaks.
 *
 * Nothing here logs, reads the environment, or keeps state outside the client that you make.
 */
export { type CallOptions, VaultClient } from './client.js'
export {
  type AnswerFault,
  CallAborted,
  ConfigurationError,
  ConnectionFailed,
  InvalidRequest,
  type NotificationFault,
  NotificationNotTrusted,
  ResponseNotTrusted,
  TimeoutExceeded,
  UnexpectedAnswer,
  UnexpectedNotification,
  VaultError,
} from './errors.js'
export { explainSignature, type SignatureExplanation, type SignedMessage } from './explain-signature.js'
export type { ForwardedAnswer, ForwardRequest, ForwardResponse, ForwardResult, Withheld } from './forward.js'
export type { HeadersLike } from './headers.js'
export {
  type Acknowledgement,
  acknowledge,
  type ReceivedNotification,
} from './notification.js'
export type { OperationName } from './operations.js'
export type { FetchedAnswer, FetchLike, VaultClientOptions } from './options.js'
export type {
  CancelResult,
  CaptureResult,
  InquiryPaymentResult,
  InquiryRefundResult,
  PayResult,
  RefundResult,
} from './payment-results.js'
export type * from './payment-types.js'
export type {
  CreateVaultingSessionResult,
  DeleteTokenResult,
  FetchNonceResult,
  InquireTokenResult,
  InquireVaultingResult,
  UpdateTokenResult,
  VaultPaymentMethodResult,
} from './results.js'
export { type MessageToSign, type SignedForTests, signForTests, testKeyPair } from './sign-for-tests.js'
export type {
  AnyNotification,
  CaptureNotification,
  PaymentNotification,
  RefundNotification,
  VaultingNotification,
} from './understand-notification.js'
export type * from './wire-types.js'
export type { World } from './world.js'
