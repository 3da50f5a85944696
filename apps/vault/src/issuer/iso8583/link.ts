/**
 * The live link to an acquirer: one connection that stays open, signed on, with any number of messages under way. It
 * knows nothing of cards or of what the messages mean; it promises that each one ends, within its limit, in an answer or
 * in a `no answer` that says whether the other side can have got it.
 */
import type { Socket } from 'node:net'
import type { Clock } from '../../platform/clock.js'
import { limit } from '../../platform/clock.js'
import { errorFields, type Log } from '../../platform/log.js'
import type { Random } from '../../platform/random.js'
import { isCongested, type Line, openLine, write } from './connection.js'
import type { Dialect, IncomingMessage, OutgoingMessage } from './dialect.js'
import type { LinkMetrics } from './link-metrics.js'
import { type LinkAnswer, Pending } from './pending.js'

/** What both sides say about the link itself, and how an answer is told to belong to a message. */
export interface LinkWords {
  readonly dialect: Dialect
  /** The same for a message and for its answer, and for no other message for a day. */
  keyOf(message: OutgoingMessage | IncomingMessage): string
  /** Makes a message about the link. Rejects when no trace number can be had for it. */
  about(kind: 'sign-on' | 'sign-off' | 'echo'): Promise<OutgoingMessage>
  /** Whether the answer to such a message says yes. */
  accepts(answer: IncomingMessage): boolean
  /** The answer to what the other side asks by itself; `undefined` where there is nothing to say. */
  answerTo(request: IncomingMessage): OutgoingMessage | undefined
}

/** All in milliseconds of real time, but the last. */
export const LINK_LIMITS = {
  connectMs: 5_000,
  signOnMs: 8_000,
  /** How long nothing may be heard before the other side is asked whether it is there. */
  echoAfterMs: 60_000,
  echoMs: 8_000,
  /** How long a message waits for a link that is being opened or will be so soon. One that is down fails it at once. */
  comingUpMs: 500,
  firstRestMs: 200,
  longestRestMs: 30_000,
  /** A link that was up for so long begins again with the shortest rest when it breaks. */
  steadyMs: 10_000,
  drainMs: 3_000,
  signOffMs: 1_000,
  /** Messages under way at once; more are not sent. */
  mostPending: 1_000,
}

export interface LinkOptions {
  /** Id of the acquirer, for log and metrics. */
  acquirer: string
  line: Line
  words: LinkWords
  clock: Clock
  random: Random
  log: Log
  metrics: LinkMetrics
  limits?: Partial<typeof LINK_LIMITS>
}

/** An echo that stays without answer may be lost; two in a row are a line that leads nowhere. */
const ECHOES_MISSED_MOST = 2

/** How long an echo is put off while the database gives no trace number for it. */
const ECHO_PUT_OFF_MS = 1_000

export class Link {
  readonly #pending = new Pending()
  readonly #stopping = new AbortController()
  readonly #limits: typeof LINK_LIMITS
  readonly #label: { acquirer: string }
  /** The open connection, and whether it is signed on. */
  #socket: Socket | undefined
  #up = false
  /** Whether a connection is being opened, or will be in a moment; messages wait for that. */
  #comingUp = false
  #whenSettled: (() => void)[] = []
  /** Messages of callers that have not ended, those that wait for the link included. */
  #running = 0
  #whenIdle: (() => void)[] = []
  #heardAt = 0
  #inDoubt = false
  #nap = new AbortController()
  #toldCause: string | undefined
  #downCause: string | undefined
  #timesUp = 0
  #done: Promise<void> | undefined

  constructor(private readonly options: LinkOptions) {
    this.#limits = { ...LINK_LIMITS, ...options.limits }
    this.#label = { acquirer: options.acquirer }
    options.metrics.up.set(this.#label, 0)
  }

  /** Connects, and stays connected. Does not wait for the other side to be there. */
  start(): void {
    this.#done ??= this.#stayConnected()
  }

  whyDown(): string | undefined {
    return this.#downCause
  }

  isUp(): boolean {
    return this.#up && !this.#stopping.signal.aborted
  }

  /**
   * Sends a message and waits for its answer. Never rejects.
   * @param limitMs  for all of it, a wait for the link included
   */
  async request(message: OutgoingMessage, limitMs: number): Promise<LinkAnswer> {
    const { clock } = this.options
    const began = clock.stopwatch()
    this.#count(1)
    try {
      const room = this.#running <= this.#limits.mostPending
      const socket = room ? await this.#upSocket(limitMs) : undefined
      const leftMs = limitMs - (clock.stopwatch() - began)
      if (!socket || isCongested(socket)) return this.#notSent('link-down')
      if (leftMs <= 0) return this.#notSent('timeout')
      const sentAt = clock.stopwatch()
      const answer = await this.#exchange(socket, message, leftMs)
      // Nothing at all heard since: the line may lead nowhere. The next buyer should not have to find out.
      if (answer.kind === 'no answer' && answer.cause === 'timeout' && this.#heardAt < sentAt) this.#doubt()
      return answer
    } finally {
      this.#count(-1)
    }
  }

  #count(change: 1 | -1): void {
    this.#running += change
    this.options.metrics.waiting.set(this.#label, this.#running)
    if (this.#running === 0) for (const tell of this.#whenIdle.splice(0)) tell()
  }

  /** Takes no more messages, lets those under way end for a moment, signs off and disconnects. */
  async stop(): Promise<void> {
    if (!this.#stopping.signal.aborted) {
      this.#stopping.abort()
      this.#nap.abort()
      this.#settle(false)
      if (this.#up && this.#socket) await this.#takeLeave(this.#socket)
      if (this.#socket) this.#lose(this.#socket, 'stopped')
    }
    await this.#done
  }

  async #takeLeave(socket: Socket): Promise<void> {
    const time = limit(this.#limits.drainMs)
    const idle = this.#running === 0 ? Promise.resolve() : new Promise<void>(resolve => this.#whenIdle.push(resolve))
    await Promise.race([idle, time.passed])
    time.cancel()
    const message = await this.#about('sign-off')
    if (message && this.#socket === socket) await this.#exchange(socket, message, this.#limits.signOffMs)
  }

  /** The connection that messages go out on; waits for it where it is just being opened. */
  async #upSocket(limitMs: number): Promise<Socket | undefined> {
    if (this.#comingUp) {
      const time = limit(Math.min(limitMs, this.#limits.comingUpMs))
      await Promise.race([new Promise<void>(resolve => this.#whenSettled.push(resolve)), time.passed])
      time.cancel()
    }
    return this.isUp() ? this.#socket : undefined
  }

  /** Tells those who wait for the link that it is there, or that it will not be soon. */
  #settle(comingUp: boolean): void {
    this.#comingUp = comingUp
    if (!comingUp) for (const tell of this.#whenSettled.splice(0)) tell()
  }

  async #exchange(socket: Socket, message: OutgoingMessage, limitMs: number): Promise<LinkAnswer> {
    const { words, metrics, log } = this.options
    let key: string
    let frame: ReturnType<Dialect['encode']>
    try {
      key = words.keyOf(message)
      frame = words.dialect.encode(message)
    } catch (error) {
      log.error('issuer.message-not-written', {
        cause: `${this.options.acquirer}: ${reasonOf(error)}`,
        status: message.mti,
        ...errorFields(error),
      })
      return this.#notSent('garbled')
    }
    // Two under one key could not be told apart: a repeat waits until the one before has ended.
    if (this.#pending.has(key)) return this.#notSent('link-down')
    const exchange = this.#pending.begin(key, message.mti, limitMs)
    void write(socket, frame).then(written => {
      if (!written.ok) exchange.end(written.sent ? 'link-down' : 'garbled', written.sent)
    })
    const answer = await exchange.answer
    if (answer.kind === 'no answer' && !answer.sent) metrics.notSent.inc(this.#label)
    return answer
  }

  #notSent(cause: 'timeout' | 'link-down' | 'garbled'): LinkAnswer {
    this.options.metrics.notSent.inc(this.#label)
    return { kind: 'no answer', cause, sent: false }
  }

  // ── the connection ────────────────────────────────────────────────────────────────────────────────────────────────

  async #stayConnected(): Promise<void> {
    const { clock } = this.options
    let failures = 0
    while (!this.#stopping.signal.aborted) {
      this.#settle(true)
      const began = clock.stopwatch()
      const opened = await this.#open()
      if (opened && this.#socket) {
        this.#settle(false)
        await this.#watch(this.#socket)
      }
      if (this.#stopping.signal.aborted) return
      failures = opened && clock.stopwatch() - began >= this.#limits.steadyMs ? 0 : failures + 1
      const restMs = this.#restMs(failures)
      this.#settle(restMs < this.#limits.comingUpMs)
      await clock.sleep(restMs, this.#stopping.signal)
    }
  }

  /** Twice as long after each failure; by chance up to a half shorter, so that many do not come back at once. */
  #restMs(failures: number): number {
    const { firstRestMs, longestRestMs } = this.#limits
    const restMs = Math.min(longestRestMs, firstRestMs * 2 ** Math.min(Math.max(failures - 1, 0), 20))
    return restMs * (0.5 + this.options.random.bytes(4).readUInt32BE() / 2 ** 33)
  }

  /** Connects and signs on. */
  async #open(): Promise<boolean> {
    const { line, words, log, metrics, acquirer } = this.options
    let socket: Socket
    try {
      socket = await openLine(line, this.#limits.connectMs, this.#stopping.signal)
    } catch (error) {
      this.#tellDown(errorFields(error).errorCode ?? 'no connection')
      return false
    }
    this.#socket = socket
    this.#listen(socket)
    const message = await this.#about('sign-on')
    if (!message) this.#lose(socket, 'no trace number')
    if (!message || this.#socket !== socket) return false
    const answer = await this.#exchange(socket, message, this.#limits.signOnMs)
    if (answer.kind === 'no answer') this.#lose(socket, 'sign-on without an answer')
    else if (!words.accepts(answer.message)) this.#lose(socket, 'sign-on refused')
    if (this.#socket !== socket) return false
    this.#up = true
    // Whoever was told that it was down is told that it is back.
    log[this.#toldCause === undefined ? 'info' : 'warn']('issuer.link-up', { cause: acquirer, port: line.port })
    this.#toldCause = undefined
    this.#downCause = undefined
    this.#heardAt = this.options.clock.stopwatch()
    metrics.up.set(this.#label, 1)
    if (this.#timesUp++ > 0) metrics.reconnects.inc(this.#label)
    return true
  }

  #listen(socket: Socket): void {
    const reader = this.options.words.dialect.newReader()
    socket.on('data', (chunk: Buffer) => {
      const cut = reader.push(chunk)
      // The reader keeps copies; an answer may repeat the card number.
      chunk.fill(0)
      if (!cut.ok) {
        // Nobody knows where the next message begins. What is under way may be answered, but not so that we could tell.
        this.options.metrics.unreadableFrames.inc(this.#label)
        this.#lose(socket, cut.problem)
        return
      }
      for (const frame of cut.frames) this.#read(socket, frame)
    })
    socket.on('error', error => this.#lose(socket, errorFields(error).errorCode ?? 'broken'))
    socket.on('close', () => this.#lose(socket, 'closed by the other side'))
    // It may have been closed between opening and listening.
    if (socket.destroyed) this.#lose(socket, 'closed by the other side')
  }

  /** Ends a connection, and with it what was sent on it. */
  #lose(socket: Socket, cause: string): void {
    if (this.#socket !== socket) return
    this.#socket = undefined
    // Of a link that was up the first rest is short, unless it breaks again and again; the loop decides in a moment.
    if (this.#up && !this.#stopping.signal.aborted) this.#settle(true)
    this.#up = false
    this.#inDoubt = false
    this.options.metrics.up.set(this.#label, 0)
    socket.destroy()
    this.#pending.endAll()
    this.#nap.abort()
    this.#tellDown(cause)
  }

  /** Says once why there is no link, not once per attempt. */
  #tellDown(cause: string): void {
    this.#downCause = cause
    if (this.#stopping.signal.aborted || this.#toldCause === cause) return
    this.#toldCause = cause
    this.options.log.warn('issuer.link-down', { cause: `${this.options.acquirer}: ${cause}` })
  }

  // ── what arrives ──────────────────────────────────────────────────────────────────────────────────────────────────

  #read(socket: Socket, frame: Buffer): void {
    if (this.#socket !== socket) return
    const { words, metrics, log, acquirer } = this.options
    const decoded = words.dialect.decode(frame)
    frame.fill(0)
    if (!decoded.ok) {
      metrics.unreadableFrames.inc(this.#label)
      log.warn('issuer.unreadable-frame', { cause: `${acquirer}: ${decoded.problem}` })
      return
    }
    this.#heardAt = this.options.clock.stopwatch()
    try {
      this.#take(socket, decoded.message)
    } catch (error) {
      // Nothing that the other side can send may end the process.
      metrics.unreadableFrames.inc(this.#label)
      log.error('issuer.unreadable-frame', { cause: acquirer, status: decoded.message.mti, ...errorFields(error) })
    }
  }

  /** Gives an answer to whoever waits for it, and answers what the other side asks. */
  #take(socket: Socket, message: IncomingMessage): void {
    const { words, metrics, log, acquirer } = this.options
    const asks = isRequest(message)
    const ours = asks ? words.answerTo(message) : undefined
    if (ours) {
      // Whoever asks and does not read would have us keep the answers for him.
      if (isCongested(socket)) this.#lose(socket, 'the other side reads nothing')
      else void write(socket, words.dialect.encode(ours))
      return
    }
    const stray = asks ? 'unknown' : this.#pending.answer(words.keyOf(message), message)
    if (!stray) return
    metrics.lateAnswers.inc({ ...this.#label, kind: stray })
    log.warn('issuer.answer-discarded', { cause: `${acquirer}: ${stray}`, status: message.mti })
  }

  // ── is anybody there? ─────────────────────────────────────────────────────────────────────────────────────────────

  /** Returns when the connection is lost or the link stops. */
  async #watch(socket: Socket): Promise<void> {
    const { clock, words } = this.options
    let missed = 0
    while (this.#socket === socket && !this.#stopping.signal.aborted) {
      const restMs = this.#limits.echoAfterMs - (clock.stopwatch() - this.#heardAt)
      if (restMs > 0 && missed === 0 && !this.#inDoubt) {
        await this.#rest(restMs)
        continue
      }
      this.#inDoubt = false
      const message = await this.#about('echo')
      if (this.#socket !== socket || this.#stopping.signal.aborted) return
      if (!message) {
        await this.#rest(ECHO_PUT_OFF_MS)
        continue
      }
      const askedAt = clock.stopwatch()
      const answer = await this.#exchange(socket, message, this.#limits.echoMs)
      if (answer.kind === 'answered' && !words.accepts(answer.message)) return this.#lose(socket, 'echo refused')
      // Whoever says something else meanwhile is there too.
      missed = answer.kind === 'answered' || this.#heardAt >= askedAt ? 0 : missed + 1
      if (missed === ECHOES_MISSED_MOST) return this.#lose(socket, `${missed} echoes without an answer`)
    }
  }

  #doubt(): void {
    this.#inDoubt = true
    this.#nap.abort()
  }

  async #rest(ms: number): Promise<void> {
    this.#nap = new AbortController()
    await this.options.clock.sleep(ms, this.#nap.signal)
  }

  /** A message about the link, if there is a trace number for it. */
  async #about(kind: 'sign-on' | 'sign-off' | 'echo'): Promise<OutgoingMessage | undefined> {
    try {
      return await this.options.words.about(kind)
    } catch (error) {
      this.options.log.warn('issuer.no-trace-number', { cause: this.options.acquirer, ...errorFields(error) })
      return undefined
    }
  }
}

/** Requests and advices have an even function, answers an odd one. Source: ISO 8583:1987, message types. */
const isRequest = ({ mti }: IncomingMessage) => Number(mti[2]) % 2 === 0

/** Why a message could not be written, for the log. A RangeError of ours names fields and rules, never values. */
export const reasonOf = (error: unknown) => (error instanceof RangeError ? error.message : 'a defect')
