import { asksToRetry, backOffMs } from './back-off.js'
import { CallAborted, ConnectionFailed, safeCause, TimeoutExceeded, UnexpectedAnswer } from './errors.js'
import { exchange, type TrustedAnswer } from './exchange.js'
import { type ForwardRequest, type ForwardResult, readForward } from './forward.js'
import { hintFor } from './hints.js'
import { type ReceivedNotification, verifyNotification as verify } from './notification.js'
import { type OperationName, operations } from './operations.js'
import { checkCallOptions, fingerprint, readOptions, type Settings, type VaultClientOptions } from './options.js'
import {
  type CancelResult,
  type CaptureResult,
  type InquiryPaymentResult,
  type InquiryRefundResult,
  type PayResult,
  type RefundResult,
  readCancel,
  readCapture,
  readInquiryPayment,
  readInquiryRefund,
  readPay,
  readRefund,
} from './payment-results.js'
import type {
  CancelRequest,
  CaptureRequest,
  InquiryPaymentRequest,
  InquiryRefundRequest,
  PayRequest,
  RefundRequest,
} from './payment-types.js'
import { eitherOf, printed, requestIdOf } from './request.js'
import {
  type CreateVaultingSessionResult,
  type DeleteTokenResult,
  type FetchNonceResult,
  type InquireTokenResult,
  type InquireVaultingResult,
  readInquireVaulting,
  readOutcome,
  readVaultPaymentMethod,
  type UpdateTokenResult,
  type VaultPaymentMethodResult,
} from './results.js'
import type { AnyNotification } from './understand-notification.js'
import type {
  CreateVaultingSessionRequest,
  FetchNonceRequest,
  InquireVaultingRequest,
  TokenRequest,
  UpdateTokenRequest,
  VaultPaymentMethodRequest,
} from './wire-types.js'

/** For one call. */
export interface CallOptions {
  /** For each attempt; default: that of the client. */
  timeoutMs?: number | undefined
  /** How often this call is repeated; default: that of the client. */
  maxRetries?: number | undefined
  /** Ends the call and its waiting. */
  signal?: AbortSignal | undefined
}

/**
 * A client of the card vaulting API, for Coffer and for the gateway whose API it speaks.
 * It holds no state but its options and may be shared by everything in your program.
 */
export class VaultClient {
  readonly gatewayUrl: string
  readonly clientId: string
  readonly keyVersion: number
  // Private in the language, so that neither console.log nor JSON.stringify can come to the keys.
  readonly #settings: Settings

  /** @throws ConfigurationError with a line for each mistake in the options */
  constructor(options: VaultClientOptions) {
    this.#settings = readOptions(options)
    this.gatewayUrl = this.#settings.origin
    this.clientId = this.#settings.clientId
    this.keyVersion = this.#settings.keyVersion
  }

  /** The public half of your key, base64 on one line: what has to be registered at the gateway. */
  get merchantPublicKey(): string {
    return this.#settings.merchantPublicKey.export({ format: 'der', type: 'spki' }).toString('base64')
  }

  /** Names of the two public keys, to compare with what the gateway knows. */
  get fingerprints(): { merchant: string; gateway: string } {
    return { merchant: fingerprint(this.#settings.merchantPublicKey), gateway: fingerprint(this.#settings.gatewayKey) }
  }

  toString(): string {
    return `VaultClient(${this.clientId} at ${this.gatewayUrl})`
  }

  /**
   * Vaults a card. A card that is not accepted is a result with `status: 'F'`, not an error.
   * Repeated on lost connections, time-outs and `U` answers that ask for it, always with the same id.
   */
  async vaultPaymentMethod(
    request: VaultPaymentMethodRequest,
    options?: CallOptions,
  ): Promise<VaultPaymentMethodResult> {
    const id = requestIdOf(request, 'vaultingRequestId', request?.paymentMethodDetail?.card?.cardNo)
    const answer = await this.#call('vaultPaymentMethod', request, options, id)
    return readVaultPaymentMethod(answer, id, this.#hint)
  }

  /** Asks what became of a vaulting. `status` is that of the inquiry, `vaultingStatus` that of the vaulting. */
  async inquireVaulting(request: InquireVaultingRequest, options?: CallOptions): Promise<InquireVaultingResult> {
    const id = requestIdOf(request, 'vaultingRequestId')
    const answer = await this.#call('inquireVaulting', request, options, id)
    return readInquireVaulting(answer, id, this.#hint)
  }

  /** Starts a session in which the buyer types the card into a page that is not yours. */
  async createVaultingSession(
    request: CreateVaultingSessionRequest,
    options?: CallOptions,
  ): Promise<CreateVaultingSessionResult> {
    const id = requestIdOf(request, 'vaultingRequestId')
    const answer = await this.#call('createVaultingSession', request, options, id)
    const optional = ['vaultingSessionExpiryTime', 'normalUrl']
    return readOutcome(answer, ['vaultingSessionData', 'vaultingSessionId'], optional, this.#hint, id)
  }

  /** Turns a card into a token for one payment. Never repeated by the SDK: each call makes another token. */
  async fetchNonce(request: FetchNonceRequest, options?: CallOptions): Promise<FetchNonceResult> {
    return readOutcome(await this.#call('fetchNonce', request, options), ['cardToken'], [], this.#hint)
  }

  /** Looks a token up. */
  async inquireToken(request: TokenRequest, options?: CallOptions): Promise<InquireTokenResult> {
    const answer = await this.#call('inquireToken', request, options)
    const optional = ['email', 'issuerName', 'issuingCountry', 'tokenExpiryTime']
    return readOutcome(answer, ['token'], optional, this.#hint)
  }

  /** Changes holder, mail or expiry of a token. The answer may hold a new token: store it. Not repeated. */
  async updateToken(request: UpdateTokenRequest, options?: CallOptions): Promise<UpdateTokenResult> {
    return readOutcome(await this.#call('updateToken', request, options), ['token'], [], this.#hint)
  }

  /** Deletes a token for good. Not repeated by the SDK. */
  async deleteToken(request: TokenRequest, options?: CallOptions): Promise<DeleteTokenResult> {
    return readOutcome(await this.#call('deleteToken', request, options), [], [], this.#hint)
  }

  /**
   * Pays with a card token. A payment that is declined is a result with `status: 'F'`, not an error.
   * Repeated as a vaulting is, always with the same id, so that the buyer is charged once.
   */
  async pay(request: PayRequest, options?: CallOptions): Promise<PayResult> {
    const id = requestIdOf(request, 'paymentRequestId', request?.paymentMethod?.paymentMethodMetaData?.cardNo)
    return readPay(await this.#call('pay', request, options, id), id, this.#hint)
  }

  /** Asks what became of a payment. `status` is that of the inquiry, `paymentStatus` that of the payment. */
  async inquiryPayment(request: InquiryPaymentRequest, options?: CallOptions): Promise<InquiryPaymentResult> {
    const asked = eitherOf(request, ['paymentId', 'paymentRequestId'])
    return readInquiryPayment(await this.#call('inquiryPayment', request, options, asked.id), asked, this.#hint)
  }

  /** Moves the money of an authorised payment, all of it or a part. */
  async capture(request: CaptureRequest, options?: CallOptions): Promise<CaptureResult> {
    const id = requestIdOf(request, 'captureRequestId')
    return readCapture(await this.#call('capture', request, options, id), id, this.#hint)
  }

  /** Cancels a payment. What was captured too long ago is refunded instead. */
  async cancel(request: CancelRequest, options?: CallOptions): Promise<CancelResult> {
    const asked = eitherOf(request, ['paymentId', 'paymentRequestId'])
    return readCancel(await this.#call('cancel', request, options, asked.id), asked, this.#hint)
  }

  /** Gives money back, all of it or a part. */
  async refund(request: RefundRequest, options?: CallOptions): Promise<RefundResult> {
    const id = requestIdOf(request, 'refundRequestId')
    return readRefund(await this.#call('refund', request, options, id), id, this.#hint)
  }

  /** Asks what became of a refund. `status` is that of the inquiry, `refundStatus` that of the refund. */
  async inquiryRefund(request: InquiryRefundRequest, options?: CallOptions): Promise<InquiryRefundResult> {
    const asked = eitherOf(request, ['refundId', 'refundRequestId'])
    return readInquiryRefund(await this.#call('inquiryRefund', request, options, asked.id), asked, this.#hint)
  }

  /**
   * Sends a request with a stored card to a processor that the operator of your Coffer listed. Whatever that answers is
   * `S`; look at `response.status`. Never repeated by the SDK. Other gateways do not have this operation.
   */
  async forward(request: ForwardRequest, options?: CallOptions): Promise<ForwardResult> {
    const id = requestIdOf(request, 'forwardRequestId')
    return readForward(await this.#call('forward', request, options, id), id, this.#hint)
  }

  /**
   * Verifies a notification and tells what it says. Call it with the raw body, before anything parses it.
   * @param options  `maxAgeMs`: refuse deliveries that were signed longer ago; each repeat is signed afresh
   * @throws NotificationNotTrusted when it is not proven to come from the gateway
   * @returns what it says; `kind` tells whether it is about a vaulting, a payment, a capture or a refund
   * @throws UnexpectedNotification when it is genuine but not understood
   */
  verifyNotification(received: ReceivedNotification, options: { maxAgeMs?: number | undefined } = {}): AnyNotification {
    return verify(received, this.#settings, options.maxAgeMs)
  }

  readonly #hint = (code: string) => hintFor(code, this.#settings)

  async #call(name: OperationName, request: object, options: CallOptions = {}, id?: string): Promise<TrustedAnswer> {
    const { path, repeatable } = operations[name]
    const { world } = this.#settings
    const { signal, timeoutMs = this.#settings.timeoutMs, maxRetries = this.#settings.maxRetries } = options
    checkCallOptions(timeoutMs, maxRetries)
    const attemptsMax = repeatable === 'no' ? 1 : 1 + maxRetries
    // Printed once: every attempt sends the same bytes, under a fresh time and signature.
    const body = printed(request)
    for (let number = 1; ; number++) {
      if (signal?.aborted) throw new CallAborted({ requestId: id, cause: safeCause(signal.reason) })
      try {
        const answer = await exchange(this.#settings, { path, body, requestId: id, timeoutMs, signal, number })
        if (number >= attemptsMax || !asksToRetry(answer.result)) return answer
      } catch (error) {
        if (number >= attemptsMax || !isTransient(error)) throw error
      }
      await world.sleep(backOffMs(number, world.random()), signal).catch((error: unknown) => {
        if (!signal?.aborted) throw error
      })
    }
  }
}

/** Failures that may pass: no answer at all, or that of a proxy which got none itself. */
const isTransient = (error: unknown) =>
  error instanceof ConnectionFailed ||
  error instanceof TimeoutExceeded ||
  (error instanceof UnexpectedAnswer && [502, 503, 504].includes(error.httpStatus ?? 0))
