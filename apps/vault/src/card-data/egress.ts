/**
 * The way out for digits: to the issuer. The caller gives a message with handles where digits belong, and they are
 * filled in while the bytes of the request are made; the bytes are overwritten once they are sent.
 */
import { Pool } from 'undici'
import { Cvv, digitsOf, Pan } from './pan.js'

/** A message to the issuer: a flat object; a handle stands where digits go. */
export type IssuerMessage = Readonly<Record<string, Pan | Cvv | string | number | boolean | object | undefined>>

export type IssuerReply =
  | { kind: 'answered'; status: number; body: Buffer }
  /** Nobody knows whether the issuer has seen the message, unless `sent` is false. */
  | { kind: 'no answer'; cause: 'timeout' | 'link-down'; sent: boolean }

export interface IssuerWire {
  post(path: string, message: IssuerMessage): Promise<IssuerReply>
  /** For a look whether it is there; gives up early. */
  get(path: string): Promise<IssuerReply>
  close(): Promise<void>
}

/** A look whether the issuer is there is part of readiness checks, which are asked every few seconds. */
const LOOK_MS = 1_000

const MAX_REPLY_BYTES = 16 * 1024

/**
 * A connection to the issuer.
 * @param timeoutMs  for the whole exchange, so that the merchant has an answer in time
 * @param ca  PEM of the authority that vouches for the issuer, when it is not a public one
 */
export function openIssuerWire(url: string, timeoutMs: number, ca?: string): IssuerWire {
  const pool = new Pool(new URL(url).origin, {
    connections: 32,
    connect: { timeout: Math.min(timeoutMs, 3000), ...(ca ? { ca } : {}) },
    keepAliveTimeout: 30_000,
    // A message to the issuer is never sent twice by the transport either.
    pipelining: 1,
  })
  const base = new URL(url).pathname.replace(/\/$/, '')
  const exchange = async (
    method: 'GET' | 'POST',
    path: string,
    withinMs: number,
    body?: Buffer,
  ): Promise<IssuerReply> => {
    try {
      const { statusCode, body: reply } = await pool.request({
        method,
        path: base + path,
        headers: { 'content-type': 'application/json', accept: 'application/json' },
        body: body ?? null,
        // For the whole exchange, waiting for a free connection included: the client's own limits begin after that, and
        // a message that waited behind a silent issuer would be sent when its vaulting had long been settled.
        signal: AbortSignal.timeout(withinMs),
      })
      const chunks: Buffer[] = []
      let size = 0
      for await (const chunk of reply) {
        size += (chunk as Buffer).length
        if (size > MAX_REPLY_BYTES) return { kind: 'no answer', cause: 'link-down', sent: true }
        chunks.push(chunk as Buffer)
      }
      return { kind: 'answered', status: statusCode, body: Buffer.concat(chunks) }
    } catch (error) {
      const { name, code } = error as { name?: string; code?: string }
      const timedOut = name === 'TimeoutError' || name === 'AbortError'
      const neverConnected = code === 'ECONNREFUSED' || code === 'UND_ERR_CONNECT_TIMEOUT'
      return { kind: 'no answer', cause: timedOut ? 'timeout' : 'link-down', sent: !neverConnected }
    }
  }
  return {
    post: async (path, message) => {
      const body = fillSlots(message)
      try {
        return await exchange('POST', path, timeoutMs, body)
      } finally {
        body.fill(0)
      }
    },
    get: path => exchange('GET', path, LOOK_MS),
    close: () => pool.destroy(),
  }
}

function fillSlots(message: IssuerMessage): Buffer {
  const parts: Buffer[] = []
  for (const [name, value] of Object.entries(message)) {
    if (value === undefined) continue
    parts.push(Buffer.from(`${parts.length ? ',' : '{'}${JSON.stringify(name)}:`))
    if (value instanceof Pan || value instanceof Cvv) parts.push(Buffer.from('"'), digitsOf(value), Buffer.from('"'))
    else parts.push(Buffer.from(JSON.stringify(value)))
  }
  return Buffer.concat([...parts, Buffer.from('}')])
}
