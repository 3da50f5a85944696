/** A listener at work: what it does with each notification from its arrival to its answer. */

import { judgeSigned } from '../notifications/deliver.js'
import type { Signing } from '../notifications/due-across-merchants.js'
import { judgeAcknowledgement } from '../notifications/judge-acknowledgement.js'
import type { Clock } from '../platform/clock.js'
import type { OutboundAnswer } from '../platform/outbound.js'
import { checkSignature, type PublicGatewayKey } from './check-signature.js'
import { asTheGatewaySeesIt, type Forwarded, forward, MOST_OF_AN_ANSWER } from './forward.js'
import { noAnswers, printNoAnswer } from './no-answer.js'
import type { Delivery } from './receive.js'
import { inWords, type Outcome, type Told } from './told.js'
import type { Plan, Treatments } from './treatments.js'

export interface ListeningOptions {
  forwardTo: URL
  insecure: boolean
  /** Whether bodies are told, with the token in them. */
  showBody: boolean
  treatments: Treatments
  /** Known once it is attached; the first notification may be quicker than the answer that says so. */
  gatewayKey: () => Promise<PublicGatewayKey>
  clock: Clock
  tell: (told: Told) => void
}

/** What the worker says of a notification, beside what the merchant gets. */
interface Facts {
  n: number
  signed: Signing
  repeatsInMs: number | undefined
  resend: boolean
}

export class Listening {
  #count = 0
  /** Those that the worker waits for. */
  readonly #open = new Set<Delivery>()
  readonly #ending = new AbortController()
  /** Told once, until an answer comes again. */
  #remedyToldFor: string | undefined

  constructor(private readonly options: ListeningOptions) {}

  /** Takes a notification; it is answered some time. */
  take(delivery: Delivery): void {
    this.#open.add(delivery)
    void this.#pass(delivery).finally(() => this.#open.delete(delivery))
  }

  /** Breaks off whatever is not answered. @returns how many those were */
  end(): number {
    this.#ending.abort()
    const { size } = this.#open
    for (const delivery of this.#open) delivery.cut()
    return size
  }

  async #pass(delivery: Delivery): Promise<void> {
    const { treatments, tell } = this.options
    const key = await this.options.gatewayKey()
    const plan = treatments.plan()
    const facts = this.#tellArrival(delivery, plan, key)
    if (plan.drop) {
      this.#answer(delivery, printNoAnswer('dropped'))
      const failure = 'dropped: your server does not hear of it'
      this.#tellOutcome(facts, { failure }, { kind: 'failed', ...noAnswers.dropped })
      return
    }
    const { hungUp } = delivery
    hungUp.addEventListener('abort', () => {
      if (!this.#ending.signal.aborted) tell({ event: 'hung up', at: this.#now(), n: facts.n })
    })
    const done = await treatments.turn(plan, hungUp)
    if (!done) return
    await this.#forward(delivery, facts, plan.times)
    done()
  }

  async #forward(delivery: Delivery, facts: Facts, times: 1 | 2): Promise<void> {
    const { forwardTo, insecure, clock } = this.options
    for (const copy of [1, 2] as const) {
      if (copy > times) return
      const beganAt = clock.stopwatch()
      // With the first the worker has its answer and hangs up.
      const signal = copy === 1 ? delivery.hungUp : this.#ending.signal
      const forwarded = await forward(forwardTo, delivery, { insecure, signal })
      if (!forwarded) return
      const tookMs = Math.round(clock.stopwatch() - beganAt)
      if (copy === 1) {
        this.#answer(delivery, forwarded.kind === 'none' ? printNoAnswer(forwarded.cause) : forwarded)
      }
      const came = { ...(times === 2 && { copy }), tookMs, ...this.#came(forwarded) }
      this.#tellOutcome(facts, came, asTheGatewaySeesIt(forwarded))
    }
  }

  #answer(delivery: Delivery, answer: Parameters<Delivery['answer']>[0]): void {
    this.#open.delete(delivery)
    delivery.answer(answer)
  }

  #tellArrival(delivery: Delivery, plan: Plan, key: PublicGatewayKey): Facts {
    const { headers, body } = delivery
    const signature = checkSignature(delivery, key)
    const repeats = headers['coffer-repeats-in-ms']
    const resend = headers['coffer-resend'] !== undefined
    this.#count += 1
    const n = this.#count
    this.options.tell({
      event: 'received',
      n,
      at: this.#now(),
      notificationId: headers['coffer-notification'] ?? '',
      attempt: Number(headers['coffer-attempt']),
      resend,
      kind: headers['coffer-kind'] ?? 'notification',
      subjectId: decoded(headers['coffer-subject'] ?? ''),
      resultCode: resultCodeIn(body),
      signature,
      treatment: treatmentOf(plan),
      ...(this.options.showBody && { body: body.toString('utf8') }),
    })
    return { n, signed: signature.signed, repeatsInMs: repeats === undefined ? undefined : Number(repeats), resend }
  }

  #tellOutcome(facts: Facts, came: Partial<Outcome>, answer: OutboundAnswer): void {
    const { n, signed, repeatsInMs, resend } = facts
    const judgement = judgeSigned(judgeAcknowledgement(answer), { signed })
    const isRefusedRightly =
      signed !== 'rightly' && answer.kind === 'answered' && !judgeAcknowledgement(answer).acknowledged
    const how = signed === 'not at all' ? 'sent without a signature' : `signed ${signed}`
    const reason = judgement.acknowledged
      ? undefined
      : `${judgement.reason}${isRefusedRightly ? `; rightly so, the notification was ${how}` : ''}`
    this.options.tell({
      event: 'answered',
      n,
      at: this.#now(),
      ...came,
      acknowledged: judgement.acknowledged,
      ...(reason !== undefined && { reason }),
      ...(repeatsInMs !== undefined && !judgement.acknowledged && { repeatsInMs }),
      resend,
    })
  }

  /** What came from the developer's server. */
  #came(forwarded: Forwarded): Partial<Outcome> {
    if (forwarded.kind === 'none') {
      const { text: failure, remedy } = forwarded
      const isNew = this.#remedyToldFor !== failure
      this.#remedyToldFor = failure
      return { failure, ...(isNew && remedy !== undefined && { remedy }) }
    }
    this.#remedyToldFor = undefined
    const { status, body, contentEncoding } = forwarded
    const notes = [
      ...(body.length > MOST_OF_AN_ANSWER
        ? [`longer than ${MOST_OF_AN_ANSWER / 1024} KiB, the rest was not read`]
        : []),
      ...(contentEncoding === undefined ? [] : [`compressed (${contentEncoding}), passed on as it is`]),
    ]
    return { httpStatus: status, ...(notes.length > 0 && { notes }) }
  }

  #now(): string {
    return new Date(this.options.clock.real()).toISOString()
  }
}

function treatmentOf({ drop, hold, delayMs, group, times }: Plan): string[] {
  if (drop) return []
  return [
    ...(hold ? ['held'] : []),
    ...(delayMs > 0 ? [`delayed ${inWords(delayMs)}`] : []),
    ...(group ? ['reordered'] : []),
    ...(times === 2 ? ['duplicated'] : []),
  ]
}

function resultCodeIn(body: Buffer): string {
  try {
    const { result } = JSON.parse(body.toString('utf8')) as { result?: { resultCode?: unknown } }
    const code = result?.resultCode
    return typeof code === 'string' && /^[A-Z_]{1,64}$/.test(code) ? code : '(no result code)'
  } catch {
    return '(not JSON)'
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
