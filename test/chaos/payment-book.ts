/**
 * A payment and its issuer as two small books, kept by the pure rules of the vault and by those of the simulator's
 * issuer. Messages between the two can be lost, on their way or on the way back, and come again; the books must agree in
 * the end whatever happened.
 */
import type { Account } from '../../apps/simulator/src/accounts.js'
import { type AdviceJudgement, judgeMoney, judgePartialReversal } from '../../apps/simulator/src/judge-advice.js'
import type { Operation } from '../../apps/vault/src/payments/operation.js'
import type { Payment, PaymentMode } from '../../apps/vault/src/payments/payment.js'
import { type Asked, judgeCancel, judgeCapture, judgeRefund, type Limits } from '../../apps/vault/src/payments/rules.js'

export const HOUR_MS = 3_600_000
export const DAY_MS = 24 * HOUR_MS

export const limits: Limits = { mostCaptures: 4, refundDays: 20, cancelHours: 24 }
export const AUTHORISATION_DAYS = 7

/** What becomes of a message: the issuer's answer comes, the message is lost, or it is done and the answer is lost. */
export type Fate = 'answered' | 'lost' | 'answer lost'

/** A capture or a refund in the book. */
export type Entry = Pick<Operation, 'kind' | 'state' | 'amount' | 'isLast' | 'byItself'> & { id: number }

interface Advice {
  id: number
  what: 'CAPTURE' | 'REFUND' | 'VOID'
  amount: bigint
  /** Of a partial void: what stays. */
  remaining: bigint | undefined
}

/** What the rules and the book cannot disagree about. */
export type Verdict = { kind: 'begun'; id: number } | { kind: 'refused'; code: string }

export class PaymentBook {
  payment: Payment
  readonly entries: Entry[] = []
  /** What the issuer has not taken note of. */
  readonly advices: Advice[] = []
  /** Of the issuer; absent before it has approved. */
  account: Account | undefined
  now = 0
  /** Refusals of the issuer that nobody could foresee: there must be none. */
  readonly surprises: string[] = []
  readonly #answered = new Map<number, AdviceJudgement>()
  readonly #sale: boolean
  #next = 0

  /** @param saleMessage  whether the acquirer has a message that moves the money with the approval */
  constructor(mode: PaymentMode, amount: bigint, saleMessage: boolean) {
    this.#sale = mode === 'SALE' && saleMessage
    this.payment = { ...common, mode, amount, state: 'PROCESSING', awaitsBuyer: false }
  }

  /** The issuer approves, and money that moves by itself does. */
  approve(): void {
    if (this.payment.state !== 'PROCESSING') return
    const { mode, amount } = this.payment
    const expiresAt = mode === 'MANUAL' ? this.now + AUTHORISATION_DAYS * DAY_MS : undefined
    this.payment = { ...this.payment, state: 'AUTHORISED', concludedAt: this.now, expiresAt, released: undefined }
    const captured = this.#sale ? Number(amount) : 0
    this.account = { ...openAccount, authorised: Number(amount), captured, at: new Date(this.now).toISOString() }
    if (mode === 'MANUAL') return
    const id = this.#next++
    this.#set({ captured: amount })
    const state = mode === 'SALE' ? 'SUCCESS' : 'PROCESSING'
    this.entries.push({ id, kind: 'CAPTURE', state, amount, isLast: false, byItself: true })
    if (!this.#sale) this.advices.push({ id, what: 'CAPTURE', amount, remaining: undefined })
  }

  decline(): void {
    if (this.payment.state !== 'PROCESSING') return
    this.payment = { ...this.payment, state: 'FAIL', code: 'DO_NOT_HONOR', message: '', concludedAt: this.now }
  }

  judge(kind: Entry['kind'], asked: Asked): string | undefined {
    const judge = kind === 'CAPTURE' ? judgeCapture : judgeRefund
    return judge(this.payment, this.entries, asked, this.now, limits)
  }

  operate(kind: Entry['kind'], asked: Asked, isLast: boolean, fate: Fate): Verdict {
    const code = this.judge(kind, asked)
    if (code !== undefined) return { kind: 'refused', code }
    const { amount } = asked
    const id = this.#next++
    this.entries.push({ id, kind, state: 'PROCESSING', amount, isLast, byItself: false })
    if (kind === 'CAPTURE') this.#set({ captured: this.payment.captured + amount })
    else this.#set({ refunded: this.payment.refunded + amount })
    if (isLast) this.#release('LAST_CAPTURE')
    const advice: Advice = { id, what: kind, amount, remaining: undefined }
    this.advices.push(advice)
    this.tell(advice, fate)
    return { kind: 'begun', id }
  }

  cancel(): string | undefined {
    if (this.payment.state === 'CANCELLED') return undefined
    const code = judgeCancel(this.payment, this.entries, this.now, limits)
    if (code !== undefined) return code
    const before = this.payment.state === 'AUTHORISED' ? 'AUTHORISED' : 'PROCESSING'
    const concludedAt = this.payment.state === 'AUTHORISED' ? this.payment.concludedAt : this.now
    const expiresAt = this.payment.state === 'AUTHORISED' ? this.payment.expiresAt : undefined
    this.payment = { ...this.payment, state: 'CANCELLED', cancelledAt: this.now, concludedAt, before, expiresAt }
    if (before === 'AUTHORISED') this.#void(undefined)
    return undefined
  }

  /** Time passes; an authorisation whose time is over is given up. */
  wait(ms: number): void {
    this.now += ms
    const { payment } = this
    if (payment.state !== 'AUTHORISED' || payment.expiresAt === undefined || payment.released) return
    if (this.now < payment.expiresAt) return
    this.#release('EXPIRY')
    if (payment.captured < payment.amount) this.#void(payment.captured)
  }

  /** Tells the issuer once. */
  tell(advice: Advice, fate: Fate): void {
    const { id, what } = advice
    const hasUntoldSale = this.advices.some(one => one.what === 'CAPTURE' && this.#entry(one.id)?.byItself)
    if (what === 'REFUND' && hasUntoldSale) return
    if (fate === 'lost') return
    const judgement = this.#answered.get(id) ?? this.#judgedByIssuer(advice)
    this.#answered.set(id, judgement)
    if (fate === 'answer lost') return
    const taken = judgement.responseCode === '00'
    if (!taken && this.payment.state !== 'CANCELLED') this.surprises.push(`${what} answered ${judgement.responseCode}`)
    this.advices.splice(this.advices.indexOf(advice), 1)
    const entry = this.#entry(id)
    if (entry?.state === 'PROCESSING') this.#end(entry, taken)
  }

  #end(entry: Entry, taken: boolean): void {
    entry.state = taken ? 'SUCCESS' : 'FAIL'
    const { captured, refunded } = this.payment
    if (taken) {
      const { state } = this.payment
      if (entry.isLast && state === 'AUTHORISED' && captured < this.payment.amount) this.#void(captured)
    } else if (entry.kind === 'CAPTURE') this.#set({ captured: captured - entry.amount })
    else this.#set({ refunded: refunded - entry.amount })
  }

  #judgedByIssuer({ what, amount, remaining }: Advice): AdviceJudgement {
    const { account } = this
    const change = (more: Partial<Account>) => {
      if (account) this.account = { ...account, ...more }
    }
    if (what === 'VOID' && !remaining) {
      if (account) change({ voided: account.authorised, captured: 0, refunded: 0, reversed: true })
      return { responseCode: '00', effect: 'reversed' }
    }
    if (what === 'VOID') {
      const judgement = judgePartialReversal(account, Number(remaining))
      if (judgement.effect === 'voided' && account) change({ voided: account.authorised - Number(remaining) })
      return judgement
    }
    const moves = what === 'CAPTURE' ? ('capture' as const) : ('refund' as const)
    const told = { moves, amount: Number(amount), currency: CURRENCY }
    const judgement = judgeMoney(account, told, new Date(this.now))
    if (judgement.effect === 'captured' && account) change({ captured: account.captured + told.amount })
    if (judgement.effect === 'refunded' && account) change({ refunded: account.refunded + told.amount })
    return judgement
  }

  #entry(id: number): Entry | undefined {
    return this.entries.find(one => one.id === id)
  }

  #set(sums: Partial<Pick<Payment, 'captured' | 'refunded'>>): void {
    this.payment = { ...this.payment, ...sums }
  }

  #release(by: 'EXPIRY' | 'LAST_CAPTURE'): void {
    if (this.payment.state === 'AUTHORISED') this.payment = { ...this.payment, released: { at: this.now, by } }
  }

  #void(remaining: bigint | undefined): void {
    this.advices.push({
      id: this.#next++,
      what: 'VOID',
      amount: this.payment.amount,
      remaining: remaining || undefined,
    })
  }
}

/** What the currency of every payment is called by merchants, and on the wire to issuers. */
export const MONEY = 'USD'
const CURRENCY = '840'

const common = {
  id: 'p',
  merchantId: 'm',
  paymentRequestId: 'r',
  paymentId: '1',
  cardId: 'c',
  currency: MONEY,
  receivedAt: 0,
  settleAt: 0,
  echo: {},
  info: {},
  captured: 0n,
  refunded: 0n,
}

const openAccount: Account = {
  stan: '000001',
  transmittedAt: '0101000000',
  acquirerId: '1',
  terminalId: 'T',
  rrn: '1',
  merchantId: 'm',
  network: 'VISA',
  currency: CURRENCY,
  kind: 'authorisation',
  authorised: 0,
  captured: 0,
  refunded: 0,
  voided: 0,
  reversed: false,
  at: '',
  approval: {} as Account['approval'],
}
