/** Hands a notification on to the developer's server as it came, and brings its answer back as it came. */
import { type ClientRequest, type IncomingMessage, request as plainRequest } from 'node:http'
import { request as tlsRequest } from 'node:https'
import type { OutboundAnswer } from '../platform/outbound.js'
import { codeOf } from '../platform/outbound-problem.js'
import { type NoAnswer, noAnswers } from './no-answer.js'

/** So much of an answer the gateway reads. */
export const MOST_OF_AN_ANSWER = 16_384

/** A notification on its way through. */
export interface Passing {
  method: string
  /** Path and query as on the request line. */
  uri: string
  /** Names and values in turns, as they are spelled. */
  rawHeaders: readonly string[]
  body: Buffer
}

/** What the developer's server made of it. */
export type Forwarded =
  /** `body` has at most one byte more than the gateway reads, which is how it finds the answer too long. */
  | { kind: 'answered'; status: number; contentType?: string; contentEncoding?: string; body: Buffer }
  /** `text` is for the developer, with the address; `remedy` what may help. */
  | { kind: 'none'; cause: NoAnswer; text: string; remedy?: string }

export interface ForwardOptions {
  /** Whether the server's certificate may be anybody's. */
  insecure: boolean
  /** Gives up, and closes the connection. */
  signal: AbortSignal
}

/** Between us and the gateway, or ours: none of it is the notification's. */
const OF_A_CONNECTION = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'host',
  'content-length',
])

/** `localhost` has two addresses: a machine that is busy needs more for the first than the 250 ms that Node gives it. */
const ADDRESSES = { autoSelectFamilyAttemptTimeout: 5_000 }

/** What of the headers goes on: names and values in turns. */
export function headersToPassOn(rawHeaders: readonly string[]): string[] {
  const pairs = rawHeaders.flatMap((name, at) => (at % 2 === 0 ? [[name, rawHeaders[at + 1] ?? ''] as const] : []))
  const named = pairs
    .filter(([name]) => name.toLowerCase() === 'connection')
    .flatMap(([, value]) => value.split(',').map(name => name.trim().toLowerCase()))
  return pairs
    .filter(([name]) => {
      const lower = name.toLowerCase()
      return !OF_A_CONNECTION.has(lower) && !lower.startsWith('coffer-') && !named.includes(lower)
    })
    .flat()
}

/**
 * Forwards without any time limit: somebody may be stepping through the code that answers.
 * @param to  of it only scheme, host and port count: path and query are those of what came
 * @returns its answer, or why there was none; `undefined` when `signal` was given before
 */
export async function forward(to: URL, passing: Passing, options: ForwardOptions): Promise<Forwarded | undefined> {
  try {
    return await answered(begin(to, passing, options))
  } catch (error) {
    return options.signal.aborted ? undefined : inWords(error, to)
  }
}

function begin(to: URL, { method, uri, rawHeaders, body }: Passing, { insecure, signal }: ForwardOptions) {
  const request = (to.protocol === 'https:' ? tlsRequest : plainRequest)({
    host: to.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: to.port || (to.protocol === 'https:' ? 443 : 80),
    method,
    path: uri,
    // A list keeps spelling and order.
    headers: ['host', to.host, ...headersToPassOn(rawHeaders), 'content-length', String(body.length)],
    // A connection of its own: one that was kept may lead to a server that has been started anew since.
    agent: false,
    signal,
    ...ADDRESSES,
    ...(to.protocol === 'https:' && { rejectUnauthorized: !insecure }),
  })
  request.end(body)
  return request
}

function answered(request: ClientRequest): Promise<Forwarded> {
  return new Promise((resolve, reject) => {
    request.on('error', reject)
    request.on('response', (response: IncomingMessage) => {
      const chunks: Buffer[] = []
      let length = 0
      const done = () => {
        const { 'content-type': contentType, 'content-encoding': contentEncoding } = response.headers
        resolve({
          kind: 'answered',
          status: response.statusCode ?? 0,
          ...(contentType !== undefined && { contentType }),
          ...(contentEncoding !== undefined && { contentEncoding }),
          body: Buffer.concat(chunks).subarray(0, MOST_OF_AN_ANSWER + 1),
        })
      }
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk)
        length += chunk.length
        if (length <= MOST_OF_AN_ANSWER) return
        done()
        response.destroy()
      })
      response.on('end', done)
      response.on('error', reject)
    })
  })
}

/** An answer as the gateway will find it. */
export function asTheGatewaySeesIt(forwarded: Forwarded): OutboundAnswer {
  if (forwarded.kind === 'none') return { kind: 'failed', ...noAnswers[forwarded.cause] }
  const { status, body, contentEncoding } = forwarded
  if (body.length > MOST_OF_AN_ANSWER) {
    return { kind: 'failed', reason: 'answer too large', ...(status !== 200 && { detail: `HTTP ${status}` }) }
  }
  const encoding = contentEncoding?.trim().toLowerCase()
  return { kind: 'answered', status, body, ...(encoding && encoding !== 'identity' && { encoding }) }
}

function inWords(error: unknown, to: URL): Forwarded {
  const code = codeOf(error) ?? ''
  const at = to.host
  const none = (cause: NoAnswer, text: string, remedy?: string): Forwarded => ({
    kind: 'none',
    cause,
    text,
    ...(remedy !== undefined && { remedy }),
  })
  if (code === 'ECONNREFUSED') return none('refused', `nobody listens at ${at}`, 'is your server running?')
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return none('nameless', `there is no host ${to.hostname}`, 'is it spelled right?')
  }
  if (code === 'EPROTO' || code.startsWith('ERR_SSL')) {
    return none('no tls', `${at} does not speak TLS`, 'is it http:// instead of https://?')
  }
  if (/CERT|SIGNED|VERIFY|ISSUER|ERR_TLS/.test(code)) {
    return none('untrusted', `the certificate of ${at} is not trusted (${code})`, 'on localhost, --insecure takes any')
  }
  if (code.startsWith('HPE_')) return none('not http', `${at} did not answer with HTTP`)
  if (code === 'ECONNRESET' || code === 'EPIPE') {
    return none('broken', `${at} closed the connection before it had answered`, 'did your server crash, or want TLS?')
  }
  return none('unreachable', `${at} cannot be reached${code && ` (${code})`}`)
}
