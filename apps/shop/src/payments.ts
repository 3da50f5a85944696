import type { Amount } from '@coffer/sdk'
import { StateFile } from './state-file.js'

/** A statement of the vault about a payment or a part of it; its signature was verified. */
export interface Statement {
  /** When it arrived, in milliseconds since the epoch. */
  readonly at: number
  readonly code: string
  readonly message: string
}

/** What a bank told with its answer, as far as the shop has a use for it. */
export interface BankFacts {
  /** What payments without the buyer refer to. */
  readonly networkTransactionId?: string
  /** The bank's own code of a decline. */
  readonly refusalCodeRaw?: string
  /** What the card's scheme advises about trying again. */
  readonly merchantAdviceCode?: string
  /** Of 3-D Secure: how sure the bank is that it was the buyer. */
  readonly eci?: string
  /** Until when an authorisation can be captured, ISO 8601. */
  readonly authExpiryTime?: string
}

export type OperationKind = 'capture' | 'refund' | 'cancel'

/** Something that the back office asked for, once for its id. */
export interface Operation {
  /** The captureRequestId or refundRequestId. A cancellation has none on the wire. */
  readonly id: string
  readonly kind: OperationKind
  /** Absent for a cancellation, which is about everything. */
  readonly amount?: Amount
  readonly last?: boolean
  readonly askedAt: number
  readonly answer?: Statement & { readonly status: 'S' | 'F' | 'U' }
  readonly noAnswer?: { readonly at: number; readonly code: string }
  readonly notification?: Statement & { readonly status: 'S' | 'F' }
  /** How it stands among the transactions of an inquiry. */
  readonly inquiry?: Statement & { readonly status: 'S' | 'F' | 'U' }
}

/** Which charge of a subscription a payment is. */
export interface Charge {
  readonly subscriptionId: string
  /** 0 for the first month, which the buyer pays when present. */
  readonly period: number
  /** From 1. */
  readonly attempt: number
  /** The date by the calendar of the shop, in milliseconds since the epoch. */
  readonly date: number
}

/** One payment with a stored card, and everything the shop's server has heard of it. */
export interface Payment {
  /** The paymentRequestId. */
  readonly id: string
  /** The vaultingRequestId of the card. */
  readonly cardId: string
  readonly brand: string
  readonly maskedCardNo: string
  readonly what: string
  readonly amount: Amount
  /** `sale`: paid at once. `reserve`: authorised, and captured by a call. */
  readonly how: 'sale' | 'reserve'
  readonly threeDS?: true
  /** Whether the buyer typed the security code, which went to the vault and was kept nowhere. */
  readonly withCode?: true
  readonly charge?: Charge
  readonly askedAt: number
  /** The vault's id of the payment. */
  readonly paymentId?: string
  readonly answer?: Statement & BankFacts & { readonly status: 'S' | 'F' | 'U'; readonly buyerUrl?: string }
  readonly noAnswer?: { readonly at: number; readonly code: string }
  readonly notification?: Statement & BankFacts & { readonly status: 'S' | 'F' }
  readonly inquiry?: Statement &
    BankFacts & {
      readonly paymentStatus: 'SUCCESS' | 'FAIL' | 'PROCESSING' | 'PENDING' | 'CANCELLED' | 'NOT_KNOWN'
      readonly buyerUrl?: string
    }
  readonly operations: readonly Operation[]
}

type News = Partial<Pick<Payment, 'paymentId' | 'answer' | 'noAnswer' | 'notification' | 'inquiry'>>
type OperationNews = Partial<Pick<Operation, 'answer' | 'noAnswer' | 'notification' | 'inquiry'>>

/** How many payments are kept; an example needs no more. */
const paymentsMax = 500

/** The payments that the shop remembers. What is not in the file yet is not asked for. */
export class Payments {
  readonly #file: StateFile<Payment>
  readonly #payments: Map<string, Payment>

  private constructor(file: StateFile<Payment>, payments: readonly Payment[]) {
    this.#file = file
    this.#payments = new Map(payments.map(payment => [payment.id, payment]))
  }

  /** @throws StartFailure when there is a file that is not ours */
  static async open(folder: string): Promise<Payments> {
    return new Payments(...(await StateFile.open<Payment>(folder, 'payments')))
  }

  find(id: string): Payment | undefined {
    return this.#payments.get(id)
  }

  /** Newest first. */
  all(): Payment[] {
    return [...this.#payments.values()].reverse()
  }

  /** Those of a subscription, in the order in which they were asked for. */
  ofSubscription(id: string): Payment[] {
    return [...this.#payments.values()].filter(({ charge }) => charge?.subscriptionId === id)
  }

  /**
   * Notes a new payment, unless there is one of this id. Resolves when it is in the file.
   * @returns whether it is new: then, and only then, it is to be carried out
   */
  async begin(payment: Payment): Promise<boolean> {
    if (this.#payments.has(payment.id)) return false
    this.#payments.set(payment.id, payment)
    const [oldest] = this.#payments.keys()
    if (this.#payments.size > paymentsMax) this.#payments.delete(oldest!)
    await this.#write()
    return true
  }

  /** Adds what was heard of a payment. Resolves when it is in the file. */
  async learn(id: string, news: News): Promise<void> {
    const payment = this.#payments.get(id)
    if (!payment) return
    this.#payments.set(id, { ...payment, ...news })
    await this.#write()
  }

  /** Notes something new to be done with a payment, unless there is something of this id: as {@link begin}. */
  async beginOperation(paymentRequestId: string, operation: Operation): Promise<boolean> {
    const payment = this.#payments.get(paymentRequestId)
    if (!payment || this.findOperation(operation.id)) return false
    this.#payments.set(paymentRequestId, { ...payment, operations: [...payment.operations, operation] })
    await this.#write()
    return true
  }

  findOperation(id: string): { payment: Payment; operation: Operation } | undefined {
    for (const payment of this.#payments.values()) {
      const operation = payment.operations.find(one => one.id === id)
      if (operation) return { payment, operation }
    }
    return undefined
  }

  /** Adds what was heard of an operation. Resolves when it is in the file. */
  async learnOperation(id: string, news: OperationNews): Promise<void> {
    const found = this.findOperation(id)
    if (!found) return
    const { payment } = found
    const operations = payment.operations.map(one => (one.id === id ? { ...one, ...news } : one))
    this.#payments.set(payment.id, { ...payment, operations })
    await this.#write()
  }

  #write(): Promise<void> {
    return this.#file.write(() => this.#payments.values())
  }
}
