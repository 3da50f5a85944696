/** A payment as an errand: its card is charged. */
import type { PaymentFailureCode } from '@coffer/antom'
import type { Asked, Asking, Chosen, Failure, Secrets } from '../buyers/errand.js'
import type { Queryable, Tx } from '../platform/database.js'
import type { System } from '../system.js'
import { askIssuerForMoney } from './ask-issuer-for-money.js'
import { concludePayment } from './conclude-payment.js'
import { failedPayment, type Payment, type RunningPayment } from './payment.js'
import { awaitPayer, letPaymentGo, takeSoftDeclineOfPayment } from './payment-question-store.js'
import { findPayment } from './payment-store.js'
import type { ChargeErrand, PaymentTerms } from './payment-terms.js'

export class PaymentErrand implements ChargeErrand {
  readonly about = 'PAYMENT'
  readonly id: string
  readonly merchantId: string
  readonly requestId: string
  readonly storesCard: boolean

  constructor(
    private readonly system: System,
    readonly payment: RunningPayment,
    readonly terms: PaymentTerms,
  ) {
    this.id = payment.id
    this.merchantId = payment.merchantId
    this.requestId = payment.paymentRequestId
    this.storesCard = terms.newToken !== undefined
  }

  askIssuer(chosen: Chosen<Payment>, secrets: Secrets, asking: Asking<Payment>): Promise<Asked<Payment>> {
    return askIssuerForMoney(this.system, this, chosen, secrets, asking)
  }

  fail({ code, message }: Failure): Promise<Payment> {
    return this.end(code, message)
  }

  /** Ends it for a reason that vaultings do not have as well; its issuer was not asked. */
  end(code: PaymentFailureCode, message?: string): Promise<Payment> {
    return concludePayment(this.system, this.payment, failedPayment(code, message), { ground: 'UNASKED' })
  }

  awaitBuyer(tx: Tx): Promise<boolean> {
    return awaitPayer(tx, this.id, this.system.presence.processId)
  }

  waiting(): Payment {
    return { ...this.payment, awaitsBuyer: true }
  }

  takeSoftDecline(tx: Tx): Promise<boolean> {
    return takeSoftDeclineOfPayment(tx, this.id)
  }

  letGo(db: Queryable): Promise<void> {
    return letPaymentGo(db, this.id, this.system.presence.processId)
  }

  async present(): Promise<Payment> {
    const { cards, db } = this.system
    const found = await findPayment(db, cards, this.merchantId, { paymentRequestId: this.requestId })
    return found?.payment ?? this.payment
  }
}
