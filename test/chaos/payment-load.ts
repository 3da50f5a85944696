/** Merchants who take payments while things break: they pay, capture, refund, cancel, and ask again whatever is unknown. */
import { setTimeout as sleep } from 'node:timers/promises'
import { testCardNumber } from '../../packages/test-cards/src/index.js'
import { aCard, aPayRequest, aVaultingRequest, captureByCall } from '../support/builders.js'
import type { SandboxKeys, Stack } from '../support/processes.js'
import type { Dice } from './dice.js'
import type { CallAnswer } from './history.js'

/** Longer than an answer may ever take: with a dead database it is there after the pool's patience. */
const HUNG_MS = 30_000

/** How many calls may be on their way at once. */
const AT_ONCE = 80

export type Verb = 'pay' | 'capture' | 'refund' | 'cancel'

/** What a merchant asked for; the same body whenever it is asked again. */
export interface Order {
  readonly verb: Verb
  /** Of the call: paymentRequestId, captureRequestId or refundRequestId; of a cancellation the paymentRequestId. */
  readonly id: string
  readonly body: string
  readonly amount: bigint
}

/** One call, as the merchant saw it. */
export interface PaymentCall {
  readonly order: Order
  readonly clientId: string
  /** Made when everything had settled. */
  readonly final: boolean
  readonly answer?: CallAnswer
  readonly hung?: boolean
}

/** A payment that a merchant has asked for. */
interface Paying {
  readonly merchant: SandboxKeys
  readonly orders: Order[]
  readonly manual: boolean
  readonly amount: number
  /** Known from the first answer. */
  paymentId?: string
  succeeded: boolean
}

type Tokens = Record<'visa' | 'mastercard' | 'declining', string>

export class PaymentLoad {
  readonly calls: PaymentCall[] = []
  readonly #payments: Paying[] = []
  /** Those that were answered with success, as that came. */
  readonly #paid: Paying[] = []
  /** Orders without a final answer. */
  readonly #unknown = new Map<Order, Paying>()
  readonly #running = new Set<Promise<unknown>>()
  readonly #tokens = new Map<SandboxKeys, Tokens>()
  readonly #merchants: readonly SandboxKeys[]
  #cards = 0
  #stopped = false
  #resting = false
  #pacing: Promise<void> | undefined

  constructor(
    private readonly options: {
      stack: Stack
      dice: Dice
      callsPerSecond: number
      notificationUrl: string
      /** Put in front of every id. */
      label: string
    },
  ) {
    this.#merchants = options.stack.merchants
  }

  /** Stores a few cards, and begins. */
  async start(): Promise<void> {
    for (const merchant of this.#merchants) {
      this.#tokens.set(merchant, {
        visa: await this.#token(merchant, { brand: 'VISA' }),
        mastercard: await this.#token(merchant, { brand: 'MASTERCARD' }),
        declining: await this.#token(merchant, { brand: 'MASTERCARD', mode: '1', responseCode: '05' }),
      })
    }
    this.#pacing = this.#pace()
    // Something to capture, refund and cancel has to be there before anything breaks.
    while (this.#paid.length < 20) await sleep(20)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#pacing
    await Promise.all(this.#running)
  }

  /** Sends nothing new from here on, or goes on. What is on its way stays so. */
  rest(resting: boolean): void {
    this.#resting = resting
  }

  /** Asks again for everything that was ever asked for and exists, and hears the last word of it. */
  async askEverything(existing: ReadonlySet<string>): Promise<void> {
    const left = this.#payments.flatMap(paying => paying.orders.map(order => ({ paying, order })))
    const worker = async () => {
      for (let next = left.pop(); next; next = left.pop()) {
        // To repeat an id that is not there would begin something new.
        if (existing.has(`${next.order.verb} ${next.order.id}`)) await this.#call(next.paying, next.order, true)
      }
    }
    await Promise.all(Array.from({ length: 8 }, worker))
  }

  async #token(merchant: SandboxKeys, wish: Parameters<typeof testCardNumber>[0]): Promise<string> {
    const { label } = this.options
    const request = aVaultingRequest({
      vaultingRequestId: `${label}-card-${this.#cards++}`,
      vaultingNotificationUrl: this.options.notificationUrl,
      card: { cardNo: testCardNumber(wish) },
    })
    const { json } = await this.options.stack.call(merchant, 'vaults/vaultPaymentMethod', request)
    return json.paymentMethodDetail.card.cardToken
  }

  async #pace(): Promise<void> {
    const { callsPerSecond, dice } = this.options
    while (!this.#stopped) {
      if (!this.#resting && this.#running.size < AT_ONCE) this.#next()
      await sleep((1000 / callsPerSecond) * (0.5 + dice.below(1000) / 1000))
    }
  }

  #next(): void {
    const { dice } = this.options
    const what = dice.below(100)
    const recent = this.#paid.slice(-40)
    const paying = recent.length ? dice.pick(recent) : undefined
    if (!paying || what < 35) this.#pay(dice.chance(10))
    else if (what < 50) this.#askAgain()
    else if (what < 72 && paying.manual) this.#operate(paying, 'capture')
    else if (what < 88) this.#operate(paying, 'refund')
    else if (what < 94) this.#cancel(paying)
    else this.#send(paying, dice.pick(paying.orders))
  }

  #pay(twice: boolean): void {
    const { dice, label, notificationUrl } = this.options
    const merchant = dice.pick(this.#merchants)
    const tokens = this.#tokens.get(merchant)!
    const id = `${label}-${this.#payments.length}`
    const roll = dice.below(100)
    const amount = 100 + dice.below(100_000)
    const mode = dice.below(100)
    const { cardNo, expiryYear, expiryMonth, cvv } = aCard({ cardNo: testCardNumber({ brand: 'VISA' }) })
    const token = roll < 40 ? tokens.visa : roll < 85 ? tokens.mastercard : roll < 92 ? tokens.declining : undefined
    const request = aPayRequest(token, {
      paymentRequestId: id,
      amount: String(amount),
      paymentNotifyUrl: notificationUrl,
      ...(token === undefined && { meta: { cardNo, expiryYear, expiryMonth, ...(cvv !== undefined && { cvv }) } }),
      ...(mode >= 40 && mode < 85 && captureByCall),
      ...(mode >= 85 && { paymentFactor: { isAuthorization: true } }),
    })
    const order: Order = { verb: 'pay', id, body: JSON.stringify(request), amount: BigInt(amount) }
    const paying = { merchant, orders: [], manual: mode >= 40 && mode < 85, amount, succeeded: false }
    this.#payments.push(paying)
    this.#begin(paying, order)
    if (twice) this.#send(paying, order)
  }

  #operate(paying: Paying, verb: 'capture' | 'refund'): void {
    const { dice } = this.options
    const { orders, amount, paymentId } = paying
    const id = `${orders[0]!.id}-${verb[0]}${orders.length}`
    const value = Math.max(1, Math.floor((amount * (1 + dice.below(6))) / 10))
    const money = { currency: 'USD', value: String(value) }
    const body =
      verb === 'capture'
        ? { captureRequestId: id, paymentId, captureAmount: money, ...(dice.chance(20) && { isLastCapture: true }) }
        : { refundRequestId: id, paymentId, refundAmount: money }
    const order: Order = { verb, id, body: JSON.stringify(body), amount: BigInt(value) }
    this.#begin(paying, order)
    if (dice.chance(15)) this.#send(paying, order)
  }

  #cancel(paying: Paying): void {
    const { id, amount } = paying.orders[0]!
    const order: Order = { verb: 'cancel', id, body: JSON.stringify({ paymentRequestId: id }), amount }
    this.#begin(paying, order)
  }

  #begin(paying: Paying, order: Order): void {
    paying.orders.push(order)
    this.#unknown.set(order, paying)
    this.#send(paying, order)
  }

  /** Each in its turn, for as long as it takes. */
  #askAgain(): void {
    const [first] = this.#unknown
    if (!first) return
    const [order, paying] = first
    this.#unknown.delete(order)
    this.#unknown.set(order, paying)
    this.#send(paying, order)
  }

  #send(paying: Paying, order: Order): void {
    const call: Promise<unknown> = this.#call(paying, order, false).finally(() => this.#running.delete(call))
    this.#running.add(call)
  }

  async #call(paying: Paying, order: Order, final: boolean): Promise<void> {
    const { merchant } = paying
    const timer = new AbortController()
    const patience = sleep(HUNG_MS, 'hung' as const, { signal: timer.signal }).catch(() => 'hung' as const)
    const exchange = this.options.stack
      .call(merchant, `payments/${order.verb}`, undefined, { body: order.body })
      .catch(() => undefined)
    const answer = await Promise.race([exchange, patience])
    timer.abort()
    const head = { order, clientId: merchant.keys.clientId, final }
    if (!answer || answer === 'hung') {
      this.calls.push(answer ? { ...head, hung: true } : head)
      return
    }
    const { status, verified, text } = answer
    this.calls.push({ ...head, answer: { status, verified, text } })
    const { result, paymentId } = (answer.json ?? {}) as { result?: { resultStatus: string }; paymentId?: string }
    if (result && result.resultStatus !== 'U') this.#unknown.delete(order)
    if (order.verb !== 'pay') return
    if (paymentId !== undefined) paying.paymentId = paymentId
    if (result?.resultStatus !== 'S' || paying.succeeded) return
    paying.succeeded = true
    this.#paid.push(paying)
  }
}
