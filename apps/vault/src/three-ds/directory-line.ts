/**
 * The line to one directory server: JSON over HTTPS, both sides with certificates. Source: EMV 3-D Secure › Secure link.
 * A message is posted once; whoever asks again makes a new one.
 */
import type { IncomingMessage } from 'node:http'
import { Agent, request as httpsRequest } from 'node:https'
import { type FrameTemplate, sendFrame } from '../card-data/index.js'
import { type Limit, limit } from '../platform/clock.js'
import type { DirectorySecurity } from './directories-file.js'

/** How a message was not answered. */
export type LineFailure =
  /** Nobody is there, or nobody said anything in time; the same message may be answered a moment later. */
  | 'unreachable'
  | 'timeout'
  /** Something is there and does not speak as it should: a broken connection, an error of HTTP, too long an answer. */
  | 'broken'

export type LineAnswer = { kind: 'answer'; body: Buffer } | { kind: 'no answer'; cause: LineFailure }

/** How long to wait, in milliseconds of real time. */
export interface LineLimits {
  connectMs: number
  /** From the first byte out to the last byte in. */
  answerMs: number
}

/** Messages under way to one directory server. Others wait for a place, within their own time. */
const MOST_AT_ONCE = 512

/** No honest ARes is longer. */
const LONGEST_ANSWER = 64 * 1024

export class DirectoryLine {
  readonly #agent: Agent

  constructor(
    private readonly url: string,
    security: DirectorySecurity,
  ) {
    const { ca, cert, key, serverName } = security
    const named = serverName === undefined ? {} : { servername: serverName }
    // A connection per message, with its TLS session resumed: one that was kept could be closed by the other side at the
    // instant at which it is used, and nobody would know whether the message was read.
    this.#agent = new Agent({
      ca,
      cert,
      key,
      ...named,
      minVersion: 'TLSv1.2',
      keepAlive: false,
      maxSockets: MOST_AT_ONCE,
    })
  }

  /** Posts a message with room for a card number. @returns the whole answer */
  async post(template: FrameTemplate, limits: LineLimits): Promise<LineAnswer> {
    const chunks: Buffer[] = []
    let size = 0
    const ended = await this.stream(template, limits, chunk => {
      chunks.push(chunk)
      size += chunk.length
      return size <= LONGEST_ANSWER
    })
    return ended === 'answered' ? { kind: 'answer', body: Buffer.concat(chunks) } : { kind: 'no answer', cause: ended }
  }

  /**
   * Posts a message and hands the answer out as it comes.
   * @param take  takes a piece; false ends the connection
   */
  async stream(
    template: FrameTemplate,
    limits: LineLimits,
    take: (chunk: Buffer) => boolean,
  ): Promise<'answered' | LineFailure> {
    const whole = limit(limits.answerMs)
    const abort = new AbortController()
    let connecting: Limit | undefined
    let giveUp: (cause: LineFailure) => void = () => {}
    const givenUp = new Promise<LineFailure>(resolve => {
      giveUp = resolve
    })
    const exchange = this.#exchange(template, take, abort.signal, {
      // Not before it has a place: others may be in front of it.
      connecting: () => {
        connecting = limit(limits.connectMs)
        void connecting.passed.then(() => giveUp('unreachable'))
      },
      connected: () => connecting?.cancel(),
    })
    try {
      return await Promise.race([exchange, givenUp, whole.passed.then(() => 'timeout' as const)])
    } finally {
      whole.cancel()
      connecting?.cancel()
      abort.abort()
    }
  }

  async #exchange(
    template: FrameTemplate,
    take: (chunk: Buffer) => boolean,
    signal: AbortSignal,
    on: { connecting: () => void; connected: () => void },
  ): Promise<'answered' | LineFailure> {
    let isConnected = false
    const noteConnected = () => {
      isConnected = true
      on.connected()
    }
    try {
      const response = await new Promise<IncomingMessage>((answered, failed) => {
        const request = httpsRequest(this.url, {
          method: 'POST',
          agent: this.#agent,
          signal,
          headers: {
            'content-type': 'application/json; charset=utf-8',
            'content-length': template.bytes.length,
          },
        })
        request.once('response', answered)
        request.on('error', failed)
        request.once('socket', socket => {
          on.connecting()
          socket.once('secureConnect', noteConnected)
        })
        sendFrame(request, template).then(() => request.end(), failed)
      })
      noteConnected()
      if (response.statusCode !== 200) {
        response.resume()
        return 'broken'
      }
      for await (const chunk of response) if (!take(chunk as Buffer)) return 'broken'
      return response.complete ? 'answered' : 'broken'
    } catch {
      return isConnected ? 'broken' : 'unreachable'
    }
  }

  close(): void {
    this.#agent.destroy()
  }
}
