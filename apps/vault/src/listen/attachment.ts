/** Stands in for a merchant's address, as the operations port of a sandbox lets a listener. */
import { request } from 'undici'
import { OperatorMistake } from '../merchants/manage-merchants.js'
import type { Clock } from '../platform/clock.js'
import { type PublicGatewayKey, readGatewayKey } from './check-signature.js'
import { isSameId } from './receive.js'

/** Between two tries to reach a Coffer that is away. */
const RETRY_MS = 1_000

/** A Coffer that takes longer is as good as away. */
const PATIENCE_MS = 10_000

/** How long a listener that ends waits for its goodbye to be heard; without it, it is attached for 15 s. */
const GOODBYE_MS = 2_000

export interface AttachmentWish {
  /** `/sandbox/listeners` on the operations port. */
  url: string
  clientId: string
  port: number
  forwardTo: string
}

/** What happens while it lasts. */
export type AttachmentNews = 'attached again' | 'away' | 'back'

interface Answer {
  status: number
  json: {
    id?: string
    gatewayPublicKey?: string
    keyVersion?: number
    attachedForMs?: number
    error?: string
    attached?: { port: number; forwardTo: string; attachedUntil: string }
  }
}

export class Attachment {
  #id = ''
  #key: PublicGatewayKey | undefined
  #attachedForMs = PATIENCE_MS
  /** Under way when it was forgotten and attaches again. */
  #attaching: Promise<Answer | undefined> | undefined

  private constructor(
    private readonly wish: AttachmentWish,
    private readonly clock: Clock,
  ) {}

  /**
   * Attaches.
   * @param takeOver  also where another listener is attached
   * @throws OperatorMistake when no Coffer answers, the merchant is unknown or another listener is attached
   */
  static async begin(wish: AttachmentWish, takeOver: boolean, clock: Clock): Promise<Attachment> {
    const attachment = new Attachment(wish, clock)
    const answer = await attachment.#attach(takeOver)
    if (answer === undefined) throw noCofferAt(wish.url)
    if (answer.status === 200) return attachment
    if (answer.status === 409) {
      throw new OperatorMistake(
        `somebody listens for ${wish.clientId} already, ${whoElse(answer)}: --take-over ends that, and one that was killed is forgotten after 15 s`,
      )
    }
    throw new OperatorMistake(answer.json.error ?? `the Coffer at ${wish.url} answered with status ${answer.status}`)
  }

  /** What notifications are signed with. */
  get gatewayKey(): PublicGatewayKey {
    if (!this.#key) throw new Error('a listener that is attached knows the key')
    return this.#key
  }

  /** Whether it is attached under this id; a notification may be quicker than the answer that tells a new one. */
  async isAttachedAs(id: string): Promise<boolean> {
    if (this.#id !== '' && isSameId(id, this.#id)) return true
    if (!this.#attaching) return false
    await this.#attaching
    return isSameId(id, this.#id)
  }

  /**
   * Renews until `over`, also across restarts of Coffer.
   * @returns why it has ended before, in a line for people
   */
  async keep(over: AbortSignal, onNews: (news: AttachmentNews) => void): Promise<string | undefined> {
    let isAway = false
    for (;;) {
      await this.clock.sleep(isAway ? RETRY_MS : this.#attachedForMs / 3, over)
      if (over.aborted) return undefined
      let answer = await this.#call('PUT', `/${this.#id}`)
      const wasForgotten = answer?.status === 404
      // Whoever came meanwhile stays.
      if (wasForgotten) answer = await this.#attachAnew()
      if (answer?.status === 409) {
        return `another listener has taken over ${this.wish.clientId}, ${whoElse(answer)}: this one ends`
      }
      if (wasForgotten && answer?.status === 404) return `${answer.json.error ?? 'the merchant is gone'}: this one ends`
      if (answer?.status !== 200) {
        if (!isAway) onNews('away')
        isAway = true
        continue
      }
      if (wasForgotten) onNews('attached again')
      else if (isAway) onNews('back')
      this.#keep(answer)
      isAway = false
    }
  }

  /** Gives the address back. */
  async end(): Promise<void> {
    await this.#call('DELETE', `/${this.#id}`, undefined, GOODBYE_MS)
  }

  async #attachAnew(): Promise<Answer | undefined> {
    this.#attaching = this.#attach(false)
    try {
      return await this.#attaching
    } finally {
      this.#attaching = undefined
    }
  }

  async #attach(takeOver: boolean): Promise<Answer | undefined> {
    const { url: _, ...wish } = this.wish
    const answer = await this.#call('POST', '', { ...wish, takeOver })
    if (answer?.status === 200) this.#keep(answer)
    return answer
  }

  #keep({ json }: Answer): void {
    const { id = '', gatewayPublicKey = '', keyVersion = 1, attachedForMs = this.#attachedForMs } = json
    this.#id = id
    this.#key = readGatewayKey(gatewayPublicKey, keyVersion)
    this.#attachedForMs = attachedForMs
  }

  async #call(
    method: 'POST' | 'PUT' | 'DELETE',
    path: string,
    body?: object,
    patienceMs = PATIENCE_MS,
  ): Promise<Answer | undefined> {
    try {
      const answer = await request(`${this.wish.url}${path}`, {
        method,
        headersTimeout: patienceMs,
        bodyTimeout: patienceMs,
        // A connection of its own: one that was kept may lead to a Coffer that has been started anew since.
        reset: true,
        ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      })
      return { status: answer.statusCode, json: (await answer.body.json()) as Answer['json'] }
    } catch {
      return undefined
    }
  }
}

/** What is told where a Coffer should be and is not. */
export const noCofferAt = (url: string) =>
  new OperatorMistake(
    `no Coffer answers at ${url}: start one with "npm start", or set COFFER_PORT_OFFSET as it was started with`,
  )

function whoElse({ json }: Answer): string {
  const { port, forwardTo, attachedUntil } = json.attached ?? {}
  return `forwarding to ${forwardTo} from port ${port}, attached until ${attachedUntil} if it is not renewed`
}
