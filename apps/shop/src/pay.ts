import { type PaymentResultInfo, type PayRequest, VaultError } from '@coffer/sdk'
import { buyerUrlOf, type Env } from './add-card.js'
import { outcomeOf } from './outcome.js'
import { bankFactsOf } from './payment-outcome.js'
import type { BankFacts, Payment } from './payments.js'
import type { Shop } from './shop.js'

/** A buyer waits for this: one repeat at most, and both attempts within the patience of a browser. */
const callOptions = { timeoutMs: 12_000, maxRetries: 1 }

/** What goes to the vault with a payment and is kept nowhere. */
export interface AtHand {
  /** The buyer's device; a payment without the buyer has none. */
  readonly env?: Env
  readonly cvv?: string
}

/**
 * Pays with a stored card. The payment must be noted before: after a crash the vault can be asked, or called again with
 * the same id, and charges once.
 */
export async function pay(shop: Shop, payment: Payment, atHand: AtHand = {}): Promise<void> {
  const { client, payments, log } = shop
  const { id } = payment
  const token = tokenOf(shop, payment.cardId)
  // The buyer deleted the card in between: what became of the payment is still told by an inquiry.
  if (token === undefined) return
  try {
    const result = await client.pay(requestFor(shop, payment, token, atHand), callOptions)
    const { status, code, message } = result
    const info = result.status === 'U' ? undefined : result.paymentResultInfo
    const said = { at: shop.now(), status, code, message, ...bankFacts(info) }
    const more = result.status === 'U' ? buyerUrlOf(result) : {}
    const expiry = result.status === 'S' && result.authExpiryTime ? { authExpiryTime: result.authExpiryTime } : {}
    await payments.learn(id, { ...paymentIdOf(result), answer: { ...said, ...more, ...expiry } })
    if (status !== 'S' && result.hint) log('warn', 'the vault refused a payment', { paymentRequestId: id, code })
  } catch (error) {
    if (!(error instanceof VaultError)) throw error
    log('warn', 'a payment had no answer that could be used', { paymentRequestId: id, code: error.code })
    await payments.learn(id, { noAnswer: { at: shop.now(), code: error.code } })
  }
}

/** The token of a card of this shop, as long as it may be charged. */
function tokenOf({ cards }: Shop, cardId: string): string | undefined {
  const attempt = cards.find(cardId)
  const outcome = attempt && outcomeOf(attempt)
  return outcome?.kind === 'added' ? outcome.card.cardToken : undefined
}

function requestFor(shop: Shop, payment: Payment, token: string, { env, cvv }: AtHand): PayRequest {
  const { id, amount, what, how, threeDS, charge } = payment
  const byMerchant = charge !== undefined && charge.period > 0
  return {
    // With the buyer, or by an agreement with him.
    productCode: byMerchant ? 'AGREEMENT_PAYMENT' : 'CASHIER_PAYMENT',
    paymentRequestId: id,
    order: { referenceOrderId: id, orderDescription: what, orderAmount: amount },
    paymentAmount: amount,
    paymentMethod: {
      paymentMethodType: 'CARD',
      paymentMethodId: token,
      paymentMethodMetaData: byMerchant
        ? { recurringType: 'SCHEDULED', ...firstPaymentOf(shop, charge.subscriptionId) }
        : {
            isCardOnFile: true,
            ...(threeDS && { is3DSAuthentication: true }),
            ...(cvv !== undefined && { cvv }),
          },
    },
    ...(how === 'reserve' && { paymentFactor: { isAuthorization: true, captureMode: 'MANUAL' as const } }),
    paymentRedirectUrl: `${shop.url}/payments/${id}`,
    paymentNotifyUrl: `${shop.url}/notify`,
    ...(env && { env }),
  }
}

/** The payment with which the buyer agreed to the later ones: its id with the card's scheme links them to it. */
function firstPaymentOf({ payments }: Shop, subscriptionId: string): { networkTransactionId?: string } {
  const first = payments.ofSubscription(subscriptionId).find(({ charge }) => charge?.period === 0)
  const networkTransactionId = first && bankFactsOf(first).networkTransactionId
  return networkTransactionId === undefined ? {} : { networkTransactionId }
}

/** What the shop keeps of what the bank told. */
export function bankFacts(info: PaymentResultInfo | undefined): BankFacts {
  const { networkTransactionId, refusalCodeRaw, merchantAdviceCode, threeDSResult } = info ?? {}
  return {
    ...(networkTransactionId !== undefined && { networkTransactionId }),
    ...(refusalCodeRaw !== undefined && { refusalCodeRaw }),
    ...(merchantAdviceCode !== undefined && { merchantAdviceCode }),
    ...(threeDSResult?.eci !== undefined && { eci: threeDSResult.eci }),
  }
}

export const paymentIdOf = ({ paymentId }: { readonly paymentId?: string }): { paymentId?: string } =>
  paymentId === undefined ? {} : { paymentId }
