/** Sends requests to URLs that strangers chose, and believes nothing that comes back. */
import { Agent, errors } from 'undici'
import { type ConnectorOptions, makeConnector } from './outbound-connector.js'
import { codeOf, type OutboundFailure, OutboundProblem } from './outbound-problem.js'
import { objectionTo } from './url-policy.js'

/** What came of a call: an answer of any status, 3xx included, or a failure with at most a code as detail. */
export type OutboundAnswer =
  | {
      readonly kind: 'answered'
      readonly status: number
      /** As it came: a compressed body is never decompressed, since a little of it can stand for gigabytes. */
      readonly body: Buffer
      /** How the body is encoded, e.g. `gzip`, when the answer says so; `unknown` when what it says is no such name. */
      readonly encoding?: string
      /** Those of `send` that it asked for and that came, names in lower case; several of one name are joined. */
      readonly headers?: Readonly<Record<string, string>>
    }
  | { readonly kind: 'failed'; readonly reason: OutboundFailure; readonly detail?: string }

/** What a sender needs. */
export interface OutboundOptions extends ConnectorOptions {
  /** Limit for the whole call, waiting for a free socket included. 10,000 unless told. */
  readonly totalTimeoutMs?: number
  /** Longest answer body that is read. 16,384 unless told. */
  readonly maxResponseBytes?: number
  /** Sockets per origin, so that a slow receiver holds up only itself. 8 unless told. */
  readonly maxSockets?: number
  /** How long a connection waits for the next call, whatever longer time the receiver offers. 4,000 unless told. */
  readonly maxIdleMs?: number
}

/** What one call may want of its own. */
export interface CallOptions {
  /** Gives up early, as `cancelled`. */
  readonly signal?: AbortSignal
  /** Limit for this call instead of the sender's; `Infinity` for none. */
  readonly totalTimeoutMs?: number
  /**
   * Asked at the last possible moment: the connection is ready, and what is written next is the request. When it says
   * no, nothing at all is sent, the connection is destroyed and the call has failed as `cancelled`. A process that was
   * stopped for a while can find here that its time is over, however long it slept since it asked for the call.
   */
  readonly beforeSend?: () => boolean
}

/** A request that is more than a post, to somebody whom the operator named. */
export interface OutboundRequest {
  readonly method: 'POST' | 'PUT' | 'PATCH'
  readonly url: URL
  /** Sent as they are spelled; `host`, `accept-encoding` and `content-length` are ours. */
  readonly headers: Readonly<Record<string, string>>
  /** Read once, piece by piece, when the connection is ready; `length` in bytes. */
  readonly body: AsyncIterable<Uint8Array> & { readonly length: number }
  /** Which headers of the answer are wanted, in lower case. */
  readonly answerHeaders: readonly string[]
}

/** Sends requests to URLs that strangers chose. */
export interface Outbound {
  /**
   * Posts `body` as it is and reads the answer. Bad luck is an answer of kind `failed`; it throws for a header that
   * HTTP does not allow, which is a mistake in our code.
   * @param url  judged again here, and its addresses when connecting, since a name can change what it points to
   * @param headers  sent as they are spelled; `host` and `accept-encoding` are ours
   */
  post(
    url: URL,
    headers: Readonly<Record<string, string>>,
    body: Uint8Array,
    options?: CallOptions,
  ): Promise<OutboundAnswer>
  /**
   * Sends a request over a connection that nobody used before and nobody will use again: one that waited might be closed
   * by the other side just when the request is written, and nobody could tell whether it had arrived. An answer that is
   * too large fails with its status as detail, e.g. `HTTP 200`, as far as it was read.
   */
  send(request: OutboundRequest, options?: CallOptions): Promise<OutboundAnswer>
  /** Takes no more calls, waits for those that run and closes idle connections. */
  close(): Promise<void>
}

/** Longer waits than this are none to a timer: it would ring at once. 24.8 days. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** Longest head of an answer that is read. */
const MAX_HEADER_BYTES = 16_384

/** What may come besides head and body: sizes and extensions of chunks, which have no limit of their own. */
const MAX_FRAMING_BYTES = 32_768

/** Real servers send one or two. They cost nothing but the receiver's time, and ours. */
const MAX_INTERIM_ANSWERS = 10

/** Makes a sender with its own connections, kept alive per origin. Proxies named in the environment are not used. */
export function makeOutbound(options: OutboundOptions): Outbound {
  const { policy, maxResponseBytes = 16_384, maxIdleMs = 4_000 } = options
  const agent = new Agent({
    connect: makeConnector(options, MAX_HEADER_BYTES + maxResponseBytes + MAX_FRAMING_BYTES),
    connections: options.maxSockets ?? 8,
    pipelining: 1,
    maxHeaderSize: MAX_HEADER_BYTES,
    keepAliveTimeout: maxIdleMs,
    keepAliveMaxTimeout: maxIdleMs,
    // The limit on the whole call covers both.
    headersTimeout: 0,
    bodyTimeout: 0,
  })

  const post: Outbound['post'] = (url, headers, body, call) => inTime({ method: 'POST', url, headers, body }, call)

  const send: Outbound['send'] = ({ headers, body, ...request }, call) => {
    const length = { 'content-length': String(body.length) }
    return inTime({ ...request, headers: { ...without(headers, 'content-length'), ...length }, body }, call)
  }

  async function inTime(request: Exchange, call: CallOptions = {}): Promise<OutboundAnswer> {
    const { url } = request
    if (objectionTo(url, policy) !== undefined) return { kind: 'failed', reason: 'refused URL' }
    const { signal, totalTimeoutMs = options.totalTimeoutMs ?? 10_000, beforeSend = () => true } = call
    const stop = new AbortController()
    const late = () => stop.abort(new OutboundProblem('timeout'))
    const timer = totalTimeoutMs > LONGEST_TIMER_MS ? undefined : setTimeout(late, totalTimeoutMs)
    const cancel = () => stop.abort(new OutboundProblem('cancelled'))
    if (signal?.aborted) cancel()
    signal?.addEventListener('abort', cancel, { once: true })
    try {
      // A race, since the agent hears of an abort only once it is connected. What it then has is never sent.
      const answer = exchange(request, stop.signal, beforeSend)
      return await Promise.race([answer, rejectedBy(stop.signal)])
    } catch (error) {
      return asFailure(stop.signal.aborted ? stop.signal.reason : error)
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', cancel)
    }
  }

  /** One request and its answer. The agent calls back within one turn of the loop, so nothing comes between. */
  function exchange(
    { method, url, headers, body, answerHeaders }: Exchange,
    signal: AbortSignal,
    beforeSend: () => boolean,
  ): Promise<OutboundAnswer> {
    const request = {
      origin: url.origin,
      path: url.pathname + url.search,
      method,
      headers: { ...without(headers, 'host', 'accept-encoding'), 'accept-encoding': 'identity' },
      // The types of the agent know streams alone; it reads whatever can be iterated.
      body: body as Uint8Array,
      // A connection of its own.
      ...(answerHeaders && { reset: true }),
    }
    return new Promise((resolve, reject) => {
      let status = 0
      let encoding: string | undefined
      let shown: Record<string, string> | undefined
      let length = 0
      let interim = 0
      const chunks: Buffer[] = []
      const tooLarge = () => {
        const isPlain = answerHeaders ? status === 0 : status === 200
        return new OutboundProblem('answer too large', isPlain ? undefined : `HTTP ${status}`)
      }
      agent.dispatch(request, {
        // The agent has a connection and writes the request when this returns, unless it was aborted here.
        onRequestStart(controller) {
          if (signal.aborted) return controller.abort(signal.reason)
          if (!beforeSend()) return controller.abort(new OutboundProblem('cancelled'))
          signal.addEventListener('abort', () => controller.abort(signal.reason), { once: true })
        },
        // Interim answers come here, too; the last one counts.
        onResponseStart(controller, statusCode, responseHeaders) {
          status = statusCode
          encoding = encodingOf(responseHeaders['content-encoding'])
          if (answerHeaders) shown = theseOf(responseHeaders, answerHeaders)
          if (status < 200) interim += 1
          const isLong = Number(responseHeaders['content-length']) > maxResponseBytes
          if (isLong || interim > MAX_INTERIM_ANSWERS) controller.abort(tooLarge())
        },
        // Aborting destroys the socket with this chunk, however much the receiver still wants to say.
        onResponseData(controller, chunk) {
          length += chunk.length
          if (length > maxResponseBytes) controller.abort(tooLarge())
          // A copy: the chunk is a window on all that was read at once, and one byte would keep the rest in memory.
          else chunks.push(Buffer.from(chunk))
        },
        onResponseEnd() {
          const body = Buffer.concat(chunks)
          const told = { ...(encoding === undefined ? {} : { encoding }), ...(shown && { headers: shown }) }
          resolve({ kind: 'answered', status, body, ...told })
        },
        onResponseError(_, error) {
          reject(error)
        },
      })
    })
  }

  return { post, send, close: () => agent.close() }
}

/** One request, as it is exchanged. With `answerHeaders` over a connection of its own. */
interface Exchange {
  readonly method: OutboundRequest['method']
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | AsyncIterable<Uint8Array>
  readonly answerHeaders?: readonly string[]
}

function rejectedBy(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

function without(headers: Readonly<Record<string, string>>, ...names: string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name.toLowerCase())))
}

function theseOf(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  names: readonly string[],
): Record<string, string> {
  const found = names.flatMap(name => (headers[name] === undefined ? [] : [[name, [headers[name]].flat().join(', ')]]))
  return Object.fromEntries(found)
}

/** What a receiver calls its encoding, if that is a name at all: the header may hold anything. */
function encodingOf(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined
  const name = String(header).trim().toLowerCase()
  if (name === '' || name === 'identity') return undefined
  return /^[a-z0-9-]{1,20}$/.test(name) ? name : 'unknown'
}

/** What the agent or a socket threw, in our words; what is neither is a mistake of ours and goes on. */
function asFailure(error: unknown): OutboundAnswer {
  if (error instanceof OutboundProblem) {
    return { kind: 'failed', reason: error.reason, ...(error.detail === undefined ? {} : { detail: error.detail }) }
  }
  const reason = reasonOf(error)
  if (reason === undefined) throw error
  const code = codeOf(error)
  return { kind: 'failed', reason, ...(code === undefined ? {} : { detail: code }) }
}

function reasonOf(error: unknown): OutboundFailure | undefined {
  if (error instanceof errors.InvalidArgumentError) return undefined
  if (error instanceof errors.ClientClosedError || error instanceof errors.ClientDestroyedError) return 'closed'
  if (error instanceof errors.HeadersOverflowError) return 'answer too large'
  // Before the rest, since the parser's errors often come without a code.
  if (error instanceof errors.HTTPParserError || error instanceof errors.ResponseContentLengthMismatchError) {
    return 'not an HTTP answer'
  }
  return codeOf(error) === undefined ? undefined : 'connection failed'
}
