/** Merchants at work while things break: sends calls at a steady rate, whatever becomes of them, and writes all down. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type TestCardWish, testCardNumber } from '../../packages/test-cards/src/index.js'
import { aCard, aVaultingRequest } from '../support/builders.js'
import { goThrough, type Way } from '../support/play-buyer.js'
import type { SandboxKeys, Stack } from '../support/processes.js'
import { isFinal } from './check-history.js'
import type { Dice } from './dice.js'
import type { Call } from './history.js'

/** Longer than an answer may ever take: with a dead database it is there after the pool's patience. */
const HUNG_MS = 30_000

/** How many calls may be on their way at once; beyond that the load waits, as a shop's own limits would. */
const AT_ONCE = 100

interface Sent {
  merchant: SandboxKeys
  vaultingRequestId: string
  body: string
  /** A merchant who never asks again what became of it. */
  forgotten: boolean
}

/** Cards of the load, by what a die of 100 shows. */
const scripts: readonly { upTo: number; wish: Pick<TestCardWish, 'mode' | 'responseCode' | 'tt'>; coBadged?: true }[] =
  [
    { upTo: 72, wish: {} },
    { upTo: 90, wish: { responseCode: '05' } },
    // The issuer never answers, so that nobody knows.
    { upTo: 93, wish: { mode: '3' } },
    // VISA and Cartes Bancaires: a buyer has to choose, and is authenticated by his bank, in a challenge or without.
    { upTo: 97, wish: {}, coBadged: true },
    { upTo: 100, wish: { tt: '20' }, coBadged: true },
  ]

export class Load {
  readonly calls: Call[] = []
  /** How often a buyer came to his page, and how often he came to its end. */
  readonly buyers = { came: 0, through: 0 }
  readonly #sent: Sent[] = []
  readonly #final = new Set<string>()
  /** Those that a merchant asks about again, for as long as it takes. */
  readonly #unfinished = new Set<Sent>()
  readonly #running = new Set<Promise<unknown>>()
  readonly #merchants: readonly SandboxKeys[]
  #stopped = false
  #resting = false
  #pacing: Promise<void> | undefined

  constructor(
    private readonly options: {
      stack: Stack
      dice: Dice
      callsPerSecond: number
      notificationUrl: string
      /** Put in front of every id, so that two loads have different ones. */
      label: string
    },
  ) {
    this.#merchants = options.stack.merchants
  }

  start(): void {
    this.#pacing = this.#pace()
  }

  /** Ends the load and waits for what is on its way. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#pacing
    await Promise.all(this.#running)
  }

  /** Sends nothing new from here on, or goes on. What is on its way stays so. */
  rest(resting: boolean): void {
    this.#resting = resting
  }

  /** Inquires every id, and repeats what exists: what a merchant would find out in the end. */
  async askEverything(): Promise<Call[]> {
    const found: Call[] = []
    const ask = async (sent: Sent) => {
      const inquiry = await this.#call('inquire', sent)
      found.push(inquiry)
      // To repeat an id that is not there would make a new vaulting.
      if (isFinal(inquiry)) found.push(await this.#call('vault', sent))
    }
    const left = [...this.#sent]
    const worker = async () => {
      for (let sent = left.pop(); sent; sent = left.pop()) await ask(sent)
    }
    await Promise.all(Array.from({ length: 8 }, worker))
    return found
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
    const recent = Math.min(60, this.#sent.length)
    const earlier = recent > 0 ? this.#sent.at(-1 - dice.below(recent)) : undefined
    const what = dice.below(100)
    if (!earlier || what < 45) this.#send('vault', this.#newVaulting())
    else if (what < 50) this.#sendTwice(this.#newVaulting())
    else if (what < 60) this.#askAgain(earlier)
    // Whatever is not known is repeated until it is: what a dead process held can be gone on with after a while.
    else if (what < 80) this.#askAgain(this.#longestUnfinished() ?? earlier)
    else if (what < 95) this.#send('inquire', earlier)
    // Only where it is known that the first card was taken: else the other one would be the first.
    else if (this.#final.has(earlier.vaultingRequestId)) this.#send('changed', earlier)
  }

  #askAgain(sent: Sent): void {
    this.#send(sent.forgotten ? 'inquire' : 'vault', sent)
  }

  /** Each in its turn. */
  #longestUnfinished(): Sent | undefined {
    const [sent] = this.#unfinished
    if (!sent) return undefined
    this.#unfinished.delete(sent)
    this.#unfinished.add(sent)
    return sent
  }

  #sendTwice(sent: Sent): void {
    this.#send('vault', sent)
    this.#send('vault', sent)
  }

  #newVaulting(): Sent {
    const { dice, label, notificationUrl } = this.options
    const vaultingRequestId = `${label}-${this.#sent.length}`
    const roll = dice.below(100)
    const { wish, coBadged } = scripts.find(({ upTo }) => roll < upTo)!
    const range = coBadged ? { prefix: '40000025' } : { brand: dice.pick(['VISA', 'MASTERCARD'] as const) }
    const fill = String(dice.below(100)).padStart(2, '0')
    const cardNo = testCardNumber({ ...range, fill, ...wish })
    const request = aVaultingRequest({
      vaultingRequestId,
      vaultingNotificationUrl: notificationUrl,
      card: { cardNo },
      ...(coBadged && { merchantRegion: 'FR' }),
    })
    const merchant = dice.pick(this.#merchants)
    const sent = { merchant, vaultingRequestId, body: JSON.stringify(request), forgotten: dice.chance(10) }
    this.#sent.push(sent)
    if (!sent.forgotten) this.#unfinished.add(sent)
    return sent
  }

  #send(kind: Call['kind'], sent: Sent): void {
    const call = this.#call(kind, sent).then(async made => {
      this.calls.push(made)
      if (isFinal(made)) {
        this.#final.add(sent.vaultingRequestId)
        this.#unfinished.delete(sent)
      }
      await this.#visitPage(made)
      this.#running.delete(call)
    })
    this.#running.add(call)
  }

  /** A buyer at his page, who does what is asked of him there, or never comes. */
  async #visitPage({ answer }: Call): Promise<void> {
    const { dice } = this.options
    const { normalUrl } = (answer ? JSON.parse(answer.text) : {}) as { normalUrl?: string }
    if (!normalUrl || !dice.chance(60)) return
    const way = { network: dice.pick(['VISA', 'CARTES_BANCAIRES'] as const), method: dice.chance(80) }
    this.buyers.came += 1
    const timer = new AbortController()
    const patience = sleep(HUNG_MS, false, { signal: timer.signal }).catch(() => false)
    // Whatever becomes of it: he can load his page again, and the next call finds out.
    const isThrough = await Promise.race([this.#goThrough(normalUrl, way), patience])
    timer.abort()
    if (isThrough) this.buyers.through += 1
  }

  async #goThrough(normalUrl: string, way: Way): Promise<boolean> {
    for (let tries = 0; tries < 3; tries += 1) {
      const page = await goThrough(normalUrl, way).catch(() => undefined)
      if (page?.shows === 'end') return true
      await sleep(1_000)
    }
    return false
  }

  async #call(kind: Call['kind'], { merchant, vaultingRequestId, body }: Sent): Promise<Call> {
    const operation = kind === 'inquire' ? 'vaults/inquireVaulting' : 'vaults/vaultPaymentMethod'
    const bytes =
      kind === 'inquire' ? JSON.stringify({ vaultingRequestId }) : kind === 'vault' ? body : withAnotherCard(body)
    const startedAt = performance.now()
    const timer = new AbortController()
    const patience = sleep(HUNG_MS, 'hung' as const, { signal: timer.signal }).catch(() => 'hung' as const)
    const exchange = this.options.stack.call(merchant, operation, undefined, { body: bytes }).catch(() => undefined)
    const answer = await Promise.race([exchange, patience])
    timer.abort()
    const head = { startedAt, endedAt: performance.now(), kind, clientId: merchant.keys.clientId, vaultingRequestId }
    if (answer === 'hung') return { ...head, hung: true }
    if (!answer) return head
    return { ...head, answer: { status: answer.status, verified: answer.verified, text: answer.text } }
  }
}

function withAnotherCard(body: string): string {
  const request = JSON.parse(body)
  request.paymentMethodDetail.card = aCard({ cardNo: testCardNumber({ brand: 'DISCOVER' }) })
  return JSON.stringify(request)
}
