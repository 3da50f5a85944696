/** Opens connections to URLs that strangers chose: to addresses that were checked, and to nothing else. */
import { isIP, isIPv4, connect as openTcp, type Socket } from 'node:net'
import { connect as openTls, type TLSSocket } from 'node:tls'
import ipaddr from 'ipaddr.js'
import type { buildConnector } from 'undici'
import { askNameServers, lookUpLikeTheMachine, type ResolvedAddress } from './name-resolution.js'
import { codeOf, OutboundProblem } from './outbound-problem.js'
import { bareHost, isAllowedAddress, isLocalhost, type OutboundPolicy } from './url-policy.js'

/** What connections need. Tests give their own `resolve` and `open`, so that none leaves the machine. */
export interface ConnectorOptions {
  readonly policy: OutboundPolicy
  /** Gives every address of a name. Unless told: as the policy says. */
  readonly resolve?: (host: string) => Promise<readonly ResolvedAddress[]>
  /** Begins a TCP connection to an address that has been checked. Must not resolve anything. */
  readonly open?: (address: string, port: number) => Socket
  /** Certificates (PEM) of the authorities to trust instead of Node's own. */
  readonly ca?: string | string[]
  /** Limit for each of: resolving the name, connecting to one address, the TLS handshake. 3,000 unless told. */
  readonly connectTimeoutMs?: number
}

/** More answers than this are not tried: the whole call has ten seconds. */
const MAX_ADDRESSES_TRIED = 3

/**
 * Gives the agent its connections. Each goes to an address that was checked a moment ago and not to a name, so that
 * there is no second look-up that could say something else. A connection that is used again still ends where it ended.
 * @param maxAnswerBytes  what is read per request before the connection is given up, with everything around the body
 */
export function makeConnector(options: ConnectorOptions, maxAnswerBytes: number): buildConnector.connector {
  const { policy, open = systemOpen, ca, connectTimeoutMs = 3_000 } = options
  const { resolve = policy.knowsHostsFile ? lookUpLikeTheMachine : askNameServers } = options

  return (target, callback) => {
    connected(target).then(
      socket => callback(null, limited(socket, maxAnswerBytes)),
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
      // Said here, as an environment variable of Node.js could switch it off.
      rejectUnauthorized: true,
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

/**
 * Gives a connection up once more was read from it than an answer may have. The agent limits head and body only: of
 * empty lines ahead of an answer and of extensions of chunks its parser takes as many as come, for as long as they come.
 * Counted are the bytes that the agent takes, so those within TLS, since it last wrote; it writes only requests.
 */
function limited<S extends Socket>(socket: S, maxBytes: number): S {
  let taken = 0
  const { read, write } = socket
  socket.read = size => {
    // Asked before the next read instead of after the last, so that the agent can still say what is wrong with it.
    if (taken > maxBytes) {
      socket.destroy(new OutboundProblem('answer too large'))
      return null
    }
    const chunk: Buffer | null = read.call(socket, size)
    taken += chunk?.length ?? 0
    return chunk
  }
  socket.write = ((...said: Parameters<typeof write>) => {
    taken = 0
    return write.apply(socket, said)
  }) as typeof write
  return socket
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
