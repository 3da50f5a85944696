import { Resolver } from 'node:dns/promises'
import { isIP, isIPv4, connect as openTcp, type Socket } from 'node:net'
import { connect as openTls, type TLSSocket } from 'node:tls'
import ipaddr from 'ipaddr.js'
import { Agent, type buildConnector, errors } from 'undici'
import { bareHost, isAllowedAddress, isLocalhost, type OutboundPolicy, objectionTo } from './url-policy.js'

/**
 * Why no answer was had. After `refused …`, `name not found`, `tls failed` and `closed` nothing was sent; after the others
 * the receiver may have acted.
 */
export type OutboundFailure =
  | 'refused URL'
  | 'refused address'
  | 'name not found'
  | 'timeout'
  | 'connection failed'
  | 'tls failed'
  | 'not an HTTP answer'
  | 'answer too large'
  | 'cancelled'
  | 'closed'

/** What came of a call: an answer of any status, 3xx included, or a failure with at most an error code as detail. */
export type OutboundAnswer =
  | { readonly kind: 'answered'; readonly status: number; readonly body: Buffer }
  | { readonly kind: 'failed'; readonly reason: OutboundFailure; readonly detail?: string }

/** One address that a name resolved to. */
export interface ResolvedAddress {
  readonly address: string
  readonly family: number
}

/** What calls need. Tests give their own `resolve` and `open`, so that none leaves the machine. */
export interface OutboundOptions {
  readonly policy: OutboundPolicy
  /** Gives every address of a name. The system's resolver unless told. */
  readonly resolve?: (host: string) => Promise<readonly ResolvedAddress[]>
  /** Begins a TCP connection to an address that has been checked. Must not resolve anything. */
  readonly open?: (address: string, port: number) => Socket
  /** Certificates (PEM) of the authorities to trust instead of Node's own. */
  readonly ca?: string | string[]
  /** Limit for each of: resolving the name, connecting to one address, the TLS handshake. 3,000 unless told. */
  readonly connectTimeoutMs?: number
  /** Limit for the whole call, waiting for a free socket included. 10,000 unless told. */
  readonly totalTimeoutMs?: number
  /** Longest answer body that is read. 16,384 unless told. */
  readonly maxResponseBytes?: number
  /** Sockets per origin, so that a slow receiver holds up only itself. 8 unless told. */
  readonly maxSockets?: number
}

/** Sends requests to URLs that strangers chose. */
export interface Outbound {
  /**
   * Posts `body` as it is and reads the answer. Bad luck is an answer of kind `failed`; it throws for a header that
   * HTTP does not allow, which is a mistake in our code.
   * @param url  judged again here, and its addresses when connecting, since a name can change what it points to
   * @param headers  sent as they are spelled; `host` and `accept-encoding` are ours
   * @param signal  gives up early, as `cancelled`
   */
  post(
    url: URL,
    headers: Readonly<Record<string, string>>,
    body: Uint8Array,
    signal?: AbortSignal,
  ): Promise<OutboundAnswer>
  /** Takes no more calls, waits for those that run and closes idle connections. */
  close(): Promise<void>
}

/** Makes a sender with its own connections, kept alive per origin. Proxies named in the environment are not used. */
export function makeOutbound(options: OutboundOptions): Outbound {
  const { policy, totalTimeoutMs = 10_000, maxResponseBytes = 16_384 } = options
  const agent = new Agent({
    connect: makeConnector(options),
    connections: options.maxSockets ?? 8,
    pipelining: 1,
    maxHeaderSize: 16_384,
    // The limit on the whole call covers both.
    headersTimeout: 0,
    bodyTimeout: 0,
  })

  async function post(
    url: URL,
    headers: Readonly<Record<string, string>>,
    body: Uint8Array,
    signal?: AbortSignal,
  ): Promise<OutboundAnswer> {
    if (objectionTo(url, policy) !== undefined) return { kind: 'failed', reason: 'refused URL' }
    const stop = new AbortController()
    const timer = setTimeout(() => stop.abort(new OutboundProblem('timeout')), totalTimeoutMs)
    const cancel = () => stop.abort(new OutboundProblem('cancelled'))
    if (signal?.aborted) cancel()
    signal?.addEventListener('abort', cancel, { once: true })
    try {
      // A race, since the agent hears of an abort only once it is connected. What it then has is never sent.
      return await Promise.race([exchange(url, headers, body, stop.signal), rejectedBy(stop.signal)])
    } catch (error) {
      return asFailure(stop.signal.aborted ? stop.signal.reason : error)
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', cancel)
    }
  }

  async function exchange(
    url: URL,
    headers: Readonly<Record<string, string>>,
    body: Uint8Array,
    signal: AbortSignal,
  ): Promise<OutboundAnswer> {
    const answer = await agent.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: 'POST',
      headers: { ...without(headers, 'host', 'accept-encoding'), 'accept-encoding': 'identity' },
      body,
      signal,
    })
    const chunks: Buffer[] = []
    let length = 0
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      length += chunk.length
      // Leaving the loop destroys the socket, however much the receiver still wants to say.
      if (length > maxResponseBytes) return { kind: 'failed', reason: 'answer too large' }
      chunks.push(chunk)
    }
    return { kind: 'answered', status: answer.statusCode, body: Buffer.concat(chunks) }
  }

  return { post, close: () => agent.close() }
}

/** A failure on its way out of the depths. It has no code, since the agent would go on connecting after some codes. */
class OutboundProblem extends Error {
  constructor(
    readonly reason: OutboundFailure,
    readonly detail?: string,
  ) {
    super(reason)
  }
}

/** More answers than this are not tried: the whole call has ten seconds. */
const MAX_ADDRESSES_TRIED = 3

/**
 * Gives the agent its connections. Each goes to an address that was checked a moment ago and not to a name, so that
 * there is no second look-up that could say something else. A connection that is used again still ends where it ended.
 */
function makeConnector(options: OutboundOptions): buildConnector.connector {
  const { policy, resolve = systemResolve, open = systemOpen, ca, connectTimeoutMs = 3_000 } = options

  return (target, callback) => {
    connected(target).then(
      socket => callback(null, socket),
      (error: unknown) => callback(error instanceof Error ? error : new OutboundProblem('connection failed'), null),
    )
  }

  async function connected(target: buildConnector.Options): Promise<Socket | TLSSocket> {
    const host = bareHost(target.hostname)
    const isSecure = target.protocol === 'https:'
    const port = Number(target.port) || (isSecure ? 443 : 80)
    const tcp = await firstThatOpens(await checkedAddresses(host), port)
    return isSecure ? await secured(tcp, host) : tcp
  }

  /** Every address must be allowed: with one bad among the good, chance would decide. */
  async function checkedAddresses(host: string): Promise<readonly string[]> {
    const addresses = isIP(host) === 0 ? await addressesOf(host) : [host]
    if (addresses.length === 0) throw new OutboundProblem('name not found')
    if (!addresses.every(address => isAllowedAddress(address, policy))) throw new OutboundProblem('refused address')
    return addresses
  }

  async function addressesOf(host: string): Promise<readonly string[]> {
    // Not a question for a resolver (RFC 6761, 6.3), which could be on another machine.
    if (isLocalhost(host)) return ['127.0.0.1', '::1']
    const answers = await within(connectTimeoutMs, resolve(host)).catch((error: unknown) => {
      throw error instanceof OutboundProblem ? error : new OutboundProblem('name not found', codeOf(error))
    })
    return answers.map(answer => answer.address)
  }

  async function firstThatOpens(addresses: readonly string[], port: number): Promise<Socket> {
    let problem: unknown
    for (const address of addresses.slice(0, MAX_ADDRESSES_TRIED)) {
      try {
        return await opened(address, port)
      } catch (error) {
        problem = error
        if (!(error instanceof OutboundProblem) || error.reason === 'refused address') break
      }
    }
    throw problem
  }

  async function opened(address: string, port: number): Promise<Socket> {
    const socket = open(address, port).setNoDelay(true)
    await ready(socket, 'connect', connectTimeoutMs, 'connection failed')
    // Whatever stood between: the peer must be the one that was checked, before it hears a word.
    if (!isSameAddress(socket.remoteAddress, address)) {
      socket.destroy()
      throw new OutboundProblem('refused address')
    }
    return socket
  }

  async function secured(tcp: Socket, host: string): Promise<TLSSocket> {
    const socket = openTls({
      socket: tcp,
      // The certificate is held against the name, or against the address if that is all there is.
      host,
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ALPNProtocols: ['http/1.1'],
      ...(ca === undefined ? {} : { ca }),
    })
    await ready(socket, 'secureConnect', connectTimeoutMs, 'tls failed')
    return socket
  }
}

/**
 * Asks the name servers directly. `dns.lookup` would use the thread pool, half of whose threads a few names with silent
 * servers can hold, and then nobody's names resolve any more.
 */
async function systemResolve(host: string): Promise<readonly ResolvedAddress[]> {
  const resolver = new Resolver({ timeout: 1_500, tries: 1 })
  const asked = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)])
  const found = asked.flatMap((answer, nth) =>
    answer.status === 'fulfilled' ? answer.value.map(address => ({ address, family: nth === 0 ? 4 : 6 })) : [],
  )
  const failed = asked.find(answer => answer.status === 'rejected')
  if (found.length === 0 && failed) throw failed.reason
  return found
}

function systemOpen(address: string, port: number): Socket {
  return openTcp({ host: address, port, family: isIPv4(address) ? 4 : 6 })
}

/** Waits until the socket is ready, or destroys it. */
function ready(
  socket: Socket,
  event: 'connect' | 'secureConnect',
  ms: number,
  failure: 'connection failed' | 'tls failed',
): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => fail(new OutboundProblem('timeout')), ms)
    const fail = (problem: OutboundProblem) => {
      clearTimeout(timer)
      socket.destroy()
      reject(problem)
    }
    socket.once(event, () => {
      clearTimeout(timer)
      resolve()
    })
    // This listener stays for good: an error without one would end the process.
    socket.on('error', error => fail(new OutboundProblem(failure, codeOf(error))))
    socket.once('close', () => fail(new OutboundProblem(failure)))
  })
}

function isSameAddress(one: string | undefined, other: string): boolean {
  if (one === undefined || isIP(one) === 0) return false
  return ipaddr.parse(one).toNormalizedString() === ipaddr.parse(other).toNormalizedString()
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new OutboundProblem('timeout')), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
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

/** Codes are from fixed lists; messages name hosts and addresses. */
function codeOf(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : undefined
}
