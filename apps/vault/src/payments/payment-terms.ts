/** What is charged and how, beside what every errand has. */
import type { Errand } from '../buyers/errand.js'
import type { StoredCredential } from '../issuer/connector.js'
import type { Payment, RunningPayment } from './payment.js'

export interface PaymentTerms {
  storedCredential: StoredCredential | undefined
  /** The token that the card gets, should the payment succeed; where it is to be stored. */
  newToken: string | undefined
}

/** A payment on its way to an issuer. */
export interface ChargeErrand extends Errand<Payment> {
  readonly payment: RunningPayment
  readonly terms: PaymentTerms
}
