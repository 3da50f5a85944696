import { fingerprint, type Settings } from './options.js'

/** What to do about a refusal that is about the integration, not about the card. */
export function hintFor(code: string, settings: Settings): string | undefined {
  const own = fingerprint(settings.merchantPublicKey)
  const paths = settings.sandbox ? 'sandbox' : 'live'
  switch (code) {
    case 'SIGNATURE_INVALID':
      return (
        `The gateway checked this call with the public key registered for the client id as version ${settings.keyVersion}. ` +
        `Yours is ${own}: register client.merchantPublicKey there, or pass the private key that belongs to it. ` +
        'If the keys match, something between you and the gateway changed the path or the body.'
      )
    case 'KEY_NOT_FOUND':
      return (
        `No public key of version ${settings.keyVersion} is registered for this client id. ` +
        'Register client.merchantPublicKey, or set keyVersion to the version that the portal shows.'
      )
    case 'UNKNOWN_CLIENT':
      return (
        'This gateway does not know the client id. Client ids belong to one environment: ' +
        'check that clientId and gatewayUrl come from the same portal.'
      )
    case 'INVALID_CLIENT_STATUS':
      return 'The client is disabled at the gateway.'
    case 'ACCESS_DENIED':
      return (
        `From the gateway this means that the client may not use this API or environment (this one uses the ${paths} paths). ` +
        'As the result of a vaulting or a payment it means that the issuer does not accept this merchant.'
      )
    case 'INVALID_API':
      return 'The gateway knows this operation but does not offer it. A Coffer of this version offers all but createVaultingSession.'
    case 'NO_INTERFACE_DEF':
      return 'There is no API at this path. Is a proxy between you and the gateway rewriting paths?'
    case 'REPEAT_REQ_INCONSISTENT':
      return 'The id of this request was used before with other content. Use a new id for every new attempt of a buyer.'
    case 'INVALID_PAYMENT_METHOD_META_DATA':
      return (
        'The paymentMethodId is no token of this client: it was deleted, belongs to another client or environment, ' +
        'or came from fetchNonce and was used or waited too long. ' +
        'With recurringType: nobody knows the first payment; send its networkTransactionId.'
      )
    case 'TOKEN_NOT_EXIST':
      return 'The token is unknown, was deleted, or belongs to another client or environment.'
    case 'CURRENCY_NOT_SUPPORT':
      return 'Amounts are in a currency of the gateway’s list, and captures and refunds in that of their payment.'
    case 'AUTHENTICATION_REQUIRED':
      return 'The bank wants 3-D Secure. Begin again with a new id, is3DSAuthentication: true, and the buyer present.'
    case 'ORDER_NOT_EXIST':
      return (
        'This client has no payment with this id. If your call of pay had no answer, it did not arrive: ' +
        'call it again with the same id.'
      )
    case 'AUTH_NOT_FOUND':
      return 'This client has no payment with this paymentId, which is the one that pay answered, not your paymentRequestId.'
    case 'ORDER_STATUS_INVALID':
      return (
        'Ask inquiryPayment what was done. A sale and captureMode AUTOMATIC are captured without a call; a refund needs ' +
        'a capture that has succeeded; after isLastCapture nothing more is captured.'
      )
    case 'CAPTURE_AMOUNT_EXCEED_AUTH_LIMIT':
    case 'REFUND_AMOUNT_EXCEED':
      return 'inquiryPayment lists what was captured and refunded; what is under way counts too.'
    case 'CANCEL_WINDOW_EXCEED':
      return 'The money has moved. Use refund.'
    default:
      return undefined
  }
}
