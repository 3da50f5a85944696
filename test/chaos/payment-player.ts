/** One payment and its merchant, who knows the rules and says what must be answered before he asks. */
import type { Operation } from '../../apps/vault/src/payments/operation.js'
import type { Payment, PaymentMode } from '../../apps/vault/src/payments/payment.js'
import { judgeCancel, judgeCapture, judgeRefund, type Limits } from '../../apps/vault/src/payments/rules.js'
import { aPayRequest, captureByCall } from '../support/builders.js'
import type { Answer } from '../support/merchant-client.js'
import type { TestSystem } from '../support/start-system.js'

/** What a payment is made with. */
export interface PayPlan {
  mode: PaymentMode
  card: 'visa' | 'mastercard' | 'declining' | 'given'
  amount: number
  /** The same call twice at the same time. */
  twice: boolean
}

export type PlayerDeed =
  | { do: 'capture' | 'refund'; tenths: number; last: boolean; twice: boolean }
  /** Two different ones at the same time. */
  | { do: 'rivals'; kind: 'CAPTURE' | 'REFUND'; tenths: number }
  | { do: 'cancel' }
  | { do: 'repeat' | 'change'; nth: number }
  | { do: 'inquire' }

type Kind = Operation['kind']

interface Made {
  kind: Kind
  requestId: string
  amount: bigint
  isLast: boolean
  byItself: boolean
  state: Operation['state']
  /** The answer that ended it. */
  answer?: object
}

export interface Table {
  coffer: TestSystem
  limits: Limits & { authorisationDays: number }
  tokens: Record<'visa' | 'mastercard' | 'declining', string>
  given: object
}

const CURRENCY = 'USD'
const DAY_MS = 86_400_000

export class Player {
  readonly complaints: string[] = []
  readonly #table: Table
  readonly #plan: PayPlan
  readonly #name: string
  readonly #request: ReturnType<typeof aPayRequest>
  #payment: Payment | undefined
  #first: Answer | undefined
  readonly #made: Made[] = []
  #next = 0

  constructor(table: Table, name: string, plan: PayPlan) {
    this.#table = table
    this.#plan = plan
    this.#name = name
    const { coffer, tokens, given } = table
    const { mode, card, amount } = plan
    this.#request = aPayRequest(card === 'given' ? undefined : tokens[card], {
      amount: String(amount),
      paymentRequestId: name,
      paymentNotifyUrl: `${coffer.receiver.url}/told`,
      ...(card === 'given' && { meta: given }),
      ...(mode === 'MANUAL' && captureByCall),
      ...(mode === 'AUTOMATIC' && { paymentFactor: { isAuthorization: true } }),
    })
  }

  async pay(): Promise<void> {
    const call = () => this.#call('pay', this.#request)
    const answers = this.#plan.twice ? await Promise.all([call(), call()]) : [await call()]
    for (const answer of answers) this.#takePayAnswer(answer)
  }

  async act(deed: PlayerDeed): Promise<void> {
    switch (deed.do) {
      case 'capture':
      case 'refund':
        await this.#move(deed.do === 'capture' ? 'CAPTURE' : 'REFUND', deed)
        break
      case 'rivals':
        await this.#rivals(deed.kind, this.#part(deed.tenths))
        break
      case 'cancel':
        await this.#cancel()
        break
      case 'repeat':
        await this.#repeat(deed.nth)
        break
      case 'change':
        await this.#change(deed.nth)
        break
      case 'inquire':
        await this.look()
        break
    }
  }

  /** Inquires, and takes over what may have ended meanwhile. */
  async look(): Promise<void> {
    const { json } = await this.#call('inquiryPayment', { paymentRequestId: this.#name })
    if (!this.#payment) return
    const { paymentStatus, transactions = [] } = json
    const { state } = this.#payment
    const now = paymentStatus === 'SUCCESS' ? 'AUTHORISED' : paymentStatus
    if (state !== now) {
      if (state !== 'PROCESSING') this.#complain(`was ${state}, and an inquiry says ${now}`)
      else if (now === 'FAIL') this.#fail(json.paymentResultCode, 'PROCESS_FAIL', 'ORDER_IS_CLOSED')
      else if (now === 'AUTHORISED') this.#approve()
      else this.#complain(`became ${now} by itself`)
    }
    const shown = transactions as { transactionType: Kind; transactionRequestId: string; transactionStatus: string }[]
    for (const made of this.#made) {
      if (made.byItself && this.#plan.mode === 'SALE') continue
      const told = shown.find(one => one.transactionType === made.kind && one.transactionRequestId === made.requestId)
      if (!told) this.#complain(`${made.kind} ${made.requestId} is not in the inquiry`)
      else if (told.transactionStatus !== made.state) this.#end(made, told.transactionStatus as Operation['state'])
    }
    const expected = this.#made.filter(one => !one.byItself || this.#plan.mode === 'AUTOMATIC').length
    if (shown.length !== expected) this.#complain(`an inquiry shows ${shown.length} of ${expected} operations`)
  }

  /** An authorisation whose time is over is given up by the vault. */
  timePassed(): void {
    const payment = this.#payment
    if (payment?.state !== 'AUTHORISED' || payment.expiresAt === undefined || payment.released) return
    if (this.#now() < payment.expiresAt) return
    this.#payment = { ...payment, released: { at: payment.expiresAt, by: 'EXPIRY' } }
  }

  /** What its row must say in the end. */
  expected() {
    const { state, captured, refunded } = this.#payment!
    return { state, captured: String(captured), refunded: String(refunded) }
  }

  async #move(kind: Kind, { tenths, last, twice }: { tenths: number; last: boolean; twice: boolean }): Promise<void> {
    const order = this.#order(kind, this.#part(tenths), kind === 'CAPTURE' && last)
    const expected = this.#judge(order)
    const answers = await Promise.all((twice ? [0, 1] : [0]).map(() => this.#send(order)))
    const ids = new Set(answers.map(({ json }) => json.captureId ?? json.refundId))
    if (ids.size > 1) this.#complain(`${kind} twice at once has ${ids.size} ids`)
    for (const answer of answers) this.#check(order, answer, expected)
    const begun = answers.filter(({ json }) => isBegun(json))
    if (begun.length) this.#begin(order, begun.find(({ json }) => json.result.resultStatus === 'S') ?? begun[0]!)
  }

  /** Whoever is first: what came out must be what one order of the two gives. */
  async #rivals(kind: Kind, amount: bigint): Promise<void> {
    const orders = [this.#order(kind, amount, false), this.#order(kind, amount, false)] as const
    const first = this.#judge(orders[0])
    const answers = await Promise.all(orders.map(order => this.#send(order)))
    const begun = orders.filter((_order, nth) => isBegun(answers[nth]!.json))
    for (const order of begun) this.#begin(order, answers[orders.indexOf(order)]!)
    const refused = answers.filter(({ json }) => !isBegun(json))
    if (begun.length === 0) for (const answer of refused) this.#check(orders[0], answer, first)
    // The second is judged as if the first had been there before it.
    else if (refused.length === 1) this.#check(orders[0], refused[0]!, this.#judge(orders[0]))
    else if (first !== undefined) this.#complain(`two ${kind} were begun, and should be ${first}`)
  }

  async #cancel(): Promise<void> {
    const payment = this.#payment!
    const now = this.#now()
    const expected =
      payment.state === 'CANCELLED' ? undefined : judgeCancel(payment, this.#made, now, this.#table.limits)
    const { json } = await this.#call('cancel', { paymentRequestId: this.#name })
    const code = json.result.resultCode
    if (code !== (expected ?? 'SUCCESS')) this.#complain(`cancel was answered ${code}, not ${expected}`)
    if (code !== 'SUCCESS' || payment.state === 'CANCELLED') return
    const before = payment.state === 'AUTHORISED' ? 'AUTHORISED' : 'PROCESSING'
    const expiresAt = payment.state === 'AUTHORISED' ? payment.expiresAt : undefined
    this.#payment = { ...payment, state: 'CANCELLED', cancelledAt: now, concludedAt: now, before, expiresAt }
  }

  async #repeat(nth: number): Promise<void> {
    const made = this.#made.filter(({ byItself }) => !byItself)
    const one = made[nth % (made.length + 1)]
    if (!one) return this.#takePayAnswer(await this.#call('pay', this.#request))
    const { json } = await this.#send(one)
    if (one.answer && JSON.stringify(json) !== JSON.stringify(one.answer)) {
      this.#complain(`${one.kind} again was answered otherwise: ${json.result.resultCode}`)
    } else if (!one.answer && !isBegun(json) && this.#payment!.state !== 'CANCELLED') {
      this.#complain(`${one.kind} again was refused: ${json.result.resultCode}`)
    } else if (json.result.resultStatus === 'S') this.#end(one, 'SUCCESS', json)
  }

  async #change(nth: number): Promise<void> {
    const made = this.#made.filter(({ byItself }) => !byItself)
    const one = made[nth % (made.length + 1)]
    const other = aPayRequest(undefined, { amount: String(this.#plan.amount + 1) }).paymentAmount
    const { json } = one
      ? await this.#send({ ...one, amount: one.amount + 1n })
      : await this.#call('pay', { ...this.#request, paymentAmount: other })
    const code = json.result.resultCode
    if (code !== 'REPEAT_REQ_INCONSISTENT') this.#complain(`another amount under the same id was answered ${code}`)
  }

  #takePayAnswer(answer: Answer): void {
    const { result, paymentId } = answer.json
    const { resultCode, resultStatus } = result
    const before = this.#payment
    if (!answer.verified) this.#complain('an answer was not signed')
    if (before && paymentId !== before.paymentId) this.#complain('has two paymentIds')
    this.#payment ??= this.#begun(paymentId)
    const { state } = this.#payment
    if (resultStatus === 'U') {
      if (state !== 'PROCESSING') this.#complain(`is ${state}, and pay again was answered ${resultCode}`)
    } else if (state === 'CANCELLED') {
      if (resultCode !== 'ORDER_IS_CANCELED') this.#complain(`is cancelled, and pay again was answered ${resultCode}`)
    } else if (resultStatus === 'S') {
      if (state === 'PROCESSING') this.#approve()
      if (state === 'FAIL') this.#complain('failed, and pay again succeeded')
      if (this.#first && this.#first.text !== answer.text) this.#complain('pay again was answered otherwise')
      this.#first ??= answer
    } else if (state === 'PROCESSING') {
      this.#fail(
        resultCode,
        ...(this.#plan.card === 'declining' ? ['DO_NOT_HONOR'] : ['PROCESS_FAIL', 'ORDER_IS_CLOSED']),
      )
    } else if (state === 'AUTHORISED') this.#complain(`succeeded, and pay again was answered ${resultCode}`)
  }

  #begun(paymentId: string): Payment {
    const { amount, mode } = this.#plan
    const now = this.#now()
    const ids = { id: '', merchantId: '', paymentRequestId: this.#name, paymentId, cardId: '' }
    const sums = { amount: BigInt(amount), captured: 0n, refunded: 0n }
    const rest = { currency: CURRENCY, mode, receivedAt: now, settleAt: now, echo: {}, info: {} }
    return { ...ids, ...sums, ...rest, state: 'PROCESSING', awaitsBuyer: false }
  }

  #approve(): void {
    const payment = this.#payment!
    const { mode, amount, paymentId } = payment
    const concludedAt = this.#now()
    const expiresAt = mode === 'MANUAL' ? concludedAt + this.#table.limits.authorisationDays * DAY_MS : undefined
    this.#payment = { ...payment, state: 'AUTHORISED', concludedAt, expiresAt, released: undefined }
    if (this.#plan.card === 'declining') this.#complain('succeeded with a card that is declined')
    if (mode === 'MANUAL') return
    const state = mode === 'SALE' ? 'SUCCESS' : 'PROCESSING'
    this.#made.push({ kind: 'CAPTURE', requestId: paymentId, amount, isLast: false, byItself: true, state })
    this.#payment = { ...this.#payment, captured: amount }
  }

  #fail(code: string, ...expected: string[]): void {
    if (![...expected, 'DO_NOT_HONOR'].includes(code)) this.#complain(`failed with ${code}`)
    const failed = { state: 'FAIL', code: code as never, message: '', concludedAt: this.#now() } as const
    this.#payment = { ...this.#payment!, ...failed }
  }

  #order(kind: Kind, amount: bigint, isLast: boolean): Made {
    const requestId = `${this.#name}-${kind[0]}${this.#next++}`
    return { kind, requestId, amount, isLast, byItself: false, state: 'PROCESSING' }
  }

  #judge({ kind, amount }: Made): string | undefined {
    const judge = kind === 'CAPTURE' ? judgeCapture : judgeRefund
    return judge(this.#payment, this.#made, { amount, currency: CURRENCY }, this.#now(), this.#table.limits)
  }

  #send({ kind, requestId, amount, isLast }: Made): Promise<Answer> {
    const { paymentId } = this.#payment!
    const money = { currency: CURRENCY, value: String(amount) }
    return kind === 'CAPTURE'
      ? this.#call('capture', {
          captureRequestId: requestId,
          paymentId,
          captureAmount: money,
          ...(isLast && { isLastCapture: true }),
        })
      : this.#call('refund', { refundRequestId: requestId, paymentId, refundAmount: money })
  }

  #check({ kind }: Made, { json }: Answer, expected: string | undefined): void {
    const { resultCode } = json.result
    if (expected === undefined ? isBegun(json) : resultCode === expected) return
    this.#complain(`${kind} was answered ${resultCode}, not ${expected ?? 'success'}`)
  }

  #begin(made: Made, { json }: Answer): void {
    this.#made.push(made)
    const payment = this.#payment!
    const { captured, refunded } = payment
    const sums = made.kind === 'CAPTURE' ? { captured: captured + made.amount } : { refunded: refunded + made.amount }
    this.#payment = { ...payment, ...sums }
    if (made.isLast && this.#payment.state === 'AUTHORISED') {
      this.#payment = { ...this.#payment, released: { at: this.#now(), by: 'LAST_CAPTURE' } }
    }
    if (json.result.resultStatus === 'S') this.#end(made, 'SUCCESS', json)
  }

  #end(made: Made, state: Operation['state'], answer?: object): void {
    if (made.state !== 'PROCESSING' && made.state !== state) {
      this.#complain(`${made.kind} was ${made.state} and is ${state}`)
    }
    if (state === 'FAIL' && made.state === 'PROCESSING') {
      const payment = this.#payment!
      if (payment.state !== 'CANCELLED') this.#complain(`${made.kind} was refused by the issuer`)
      const { captured, refunded } = payment
      const sums = made.kind === 'CAPTURE' ? { captured: captured - made.amount } : { refunded: refunded - made.amount }
      this.#payment = { ...payment, ...sums }
    }
    made.state = state
    if (answer) made.answer ??= answer
  }

  #part(tenths: number): bigint {
    return BigInt(Math.max(1, Math.floor((this.#plan.amount * tenths) / 10)))
  }

  #call(verb: string, body: object): Promise<Answer> {
    return this.#table.coffer.call(`payments/${verb}`, body)
  }

  #now(): number {
    return this.#table.coffer.system.clock.now()
  }

  #complain(what: string): void {
    this.complaints.push(`${this.#name} (${this.#plan.mode}, ${this.#plan.card}): ${what}`)
  }
}

/** Whether an operation is there now, ended or not. */
const isBegun = (json: { result: { resultCode: string } }) =>
  ['SUCCESS', 'CAPTURE_IN_PROCESS', 'REFUND_IN_PROCESS'].includes(json.result.resultCode)
