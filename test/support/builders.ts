/** Requests with full valid defaults; a test names only what matters to it. */
import type { PayRequest, VaultPaymentMethodRequest } from '../../packages/antom/src/index.js'
import { namedTestCards } from '../../packages/test-cards/src/index.js'

type Card = VaultPaymentMethodRequest['paymentMethodDetail']['card']

let next = 0

/** An id that no other call of this process has used. */
export const aRequestId = (label = 'v') => `${label}-${process.pid}-${++next}`

/** A card that the issuer approves at once. */
export function aCard(card: Partial<Card> = {}): Card {
  return { cardNo: namedTestCards.plainSuccess.number, expiryYear: '33', expiryMonth: '03', cvv: '123', ...card }
}

/** A vaulting request; fields of the card may be given directly. */
export function aVaultingRequest(
  request: Partial<VaultPaymentMethodRequest> & { card?: Partial<Card> } = {},
): VaultPaymentMethodRequest {
  const { card, ...rest } = request
  return {
    vaultingRequestId: aRequestId(),
    redirectUrl: 'https://shop.example/cards/done',
    paymentMethodDetail: { paymentMethodType: 'CARD', card: aCard(card) },
    env: { terminalType: 'WEB', clientIp: '203.0.113.7' },
    ...rest,
  }
}

type Meta = NonNullable<PayRequest['paymentMethod']['paymentMethodMetaData']>

/** A request to pay 12.34 dollars with a token. */
export function aPayRequest(
  token: string | undefined,
  {
    amount = '1234',
    currency = 'USD',
    meta,
    ...rest
  }: Partial<PayRequest> & { amount?: string; currency?: string; meta?: Meta } = {},
): PayRequest {
  const money = { currency, value: amount }
  return {
    productCode: 'CASHIER_PAYMENT',
    paymentRequestId: aRequestId('p'),
    order: { referenceOrderId: 'order-1', orderDescription: 'Two books', orderAmount: money },
    paymentAmount: money,
    paymentMethod: {
      paymentMethodType: 'CARD',
      ...(token !== undefined && { paymentMethodId: token }),
      ...(meta && { paymentMethodMetaData: meta }),
    },
    paymentRedirectUrl: 'https://shop.example/orders/1',
    env: { terminalType: 'WEB', clientIp: '203.0.113.7' },
    ...rest,
  }
}

/** How money moves only when a call captures it. */
export const captureByCall = { paymentFactor: { isAuthorization: true, captureMode: 'MANUAL' } } as const
