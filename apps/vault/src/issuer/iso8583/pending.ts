/** Messages that wait for their answers on one link, by the key that an answer is recognised by. */
import { limit } from '../../platform/clock.js'
import type { IncomingMessage } from './dialect.js'

/** What came of a message. */
export type LinkAnswer =
  | { kind: 'answered'; message: IncomingMessage }
  /** `sent` is false only where not one byte of the message left us. */
  | { kind: 'no answer'; cause: 'timeout' | 'link-down' | 'garbled'; sent: boolean }

/** An answer that nobody waits for: to a message given up, to one answered before, to none that is remembered. */
export type Stray = 'late' | 'duplicate' | 'unknown'

/** How many messages are remembered after their end, to tell what kind of stray an answer is. */
const REMEMBERED = 2_000

/** A message under way. */
export interface Exchange {
  readonly mti: string
  /** Never rejects, and is there when the limit has passed at the latest. */
  readonly answer: Promise<LinkAnswer>
  /** Ends it without an answer, unless it has ended already. */
  end(cause: 'timeout' | 'link-down' | 'garbled', sent: boolean): void
}

interface Waiting extends Exchange {
  finish(answer: LinkAnswer): void
}

export class Pending {
  readonly #waiting = new Map<string, Waiting>()
  readonly #ended = new Map<string, Stray>()

  get size(): number {
    return this.#waiting.size
  }

  has(key: string): boolean {
    return this.#waiting.has(key)
  }

  /** Waits for the answer to a message that is about to be sent. */
  begin(key: string, mti: string, limitMs: number): Exchange {
    const time = limit(limitMs)
    let resolve: (answer: LinkAnswer) => void = () => {}
    const answer = new Promise<LinkAnswer>(given => {
      resolve = given
    })
    const waiting: Waiting = {
      mti,
      answer,
      finish: outcome => {
        if (this.#waiting.get(key) !== waiting) return
        time.cancel()
        this.#waiting.delete(key)
        this.#remember(key, outcome.kind === 'answered' ? 'duplicate' : 'late')
        resolve(outcome)
      },
      end: (cause, sent) => waiting.finish({ kind: 'no answer', cause, sent }),
    }
    this.#waiting.set(key, waiting)
    void time.passed.then(() => waiting.end('timeout', true))
    return waiting
  }

  /**
   * Hands an answer to whoever waits for it.
   * @returns what kind of stray it is when nobody does
   */
  answer(key: string, message: IncomingMessage): Stray | undefined {
    const waiting = this.#waiting.get(key)
    if (!waiting) return this.#ended.get(key) ?? 'unknown'
    if (!isAnswerTo(waiting.mti, message.mti)) return 'unknown'
    waiting.finish({ kind: 'answered', message })
    return undefined
  }

  /** Ends all of them: what they were sent on is gone, and what the other side did with them is not known. */
  endAll(): void {
    for (const waiting of [...this.#waiting.values()]) waiting.end('link-down', true)
  }

  #remember(key: string, as: Stray): void {
    this.#ended.delete(key)
    this.#ended.set(key, as)
    if (this.#ended.size <= REMEMBERED) return
    for (const oldest of this.#ended.keys()) {
      this.#ended.delete(oldest)
      break
    }
  }
}

/**
 * Whether one type of message answers another: same version and class, and the function is the request's own answer.
 * The origin may differ, since the answer to a repeat (0401) comes as 0410 or 0411. Source: ISO 8583:1987, message types.
 */
function isAnswerTo(request: string, answer: string): boolean {
  return answer.slice(0, 2) === request.slice(0, 2) && Number(answer[2]) === Number(request[2]) + 1
}
