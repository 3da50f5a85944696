/** One delivery: the bytes, the signature over them, and where they go. */
import { generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { parseUrl, printWireTime } from '@coffer/antom'
import { type GatewayKey, signatureHeader } from '../gateway/gateway-keys.js'
import { readListenersAnswer } from '../listen/no-answer.js'
import type { CallOptions, Outbound, OutboundAnswer } from '../platform/outbound.js'
import { judgeUrl, type OutboundPolicy } from '../platform/url-policy.js'
import type { Signing } from './due-across-merchants.js'

/** A developer's `coffer listen`, which stands in for a merchant's address. */
export interface Listener {
  /** Which attachment it is, known to it and to Coffer alone: it takes nothing without. */
  id: string
  /** Where it listens, on loopback. */
  port: number
  /** For which address it wants notifications signed: where it hands them on to. */
  forwardTo: string
}

/** What goes out. */
export interface Outgoing {
  id: string
  merchantId: string
  kind: string
  subjectId: string
  url: string | undefined
  attempt: number
  resendOf: string | undefined
  body: Buffer
  signed: Signing
  listener: Listener | undefined
  beganAt: number
}

/** Nothing was sent, and why. */
export interface NotSent {
  readonly kind: 'failed'
  readonly reason: 'not sent'
  readonly detail: string
}

/**
 * Sends one notification. Body and headers are those of Antom › notifyVaulting: time and signature are fresh.
 * @param repeatsInMs  told to a listener, so that it can say when the next delivery would come
 */
export async function sendOne(
  outgoing: Outgoing,
  means: { key: GatewayKey; outbound: Outbound; policy: OutboundPolicy; repeatsInMs: number | undefined },
  options: CallOptions,
): Promise<OutboundAnswer | NotSent> {
  const { listener } = outgoing
  if (listener) {
    const uri = uriOf(new URL(addressFor(listener, outgoing.url)))
    const told = {
      'coffer-listener': listener.id,
      'coffer-notification': outgoing.id,
      'coffer-kind': outgoing.kind,
      'coffer-subject': encodeURIComponent(outgoing.subjectId),
      'coffer-attempt': String(outgoing.attempt),
      ...(outgoing.resendOf !== undefined && { 'coffer-resend': 'yes' }),
      ...(means.repeatsInMs !== undefined && { 'coffer-repeats-in-ms': String(means.repeatsInMs) }),
    }
    const headers = { ...(await headersFor(outgoing, uri, means.key)), ...told }
    const url = new URL(`http://127.0.0.1:${listener.port}${uri}`)
    return readListenersAnswer(await means.outbound.post(url, headers, outgoing.body, options))
  }
  if (outgoing.url === undefined) {
    return { kind: 'failed', reason: 'not sent', detail: 'neither the request nor the merchant named an address' }
  }
  const verdict = judgeUrl(outgoing.url, means.policy)
  if (!verdict.ok) return { kind: 'failed', reason: 'refused URL', detail: `it ${verdict.reason}` }
  const headers = await headersFor(outgoing, uriOf(verdict.url), means.key)
  return means.outbound.post(verdict.url, headers, outgoing.body, options)
}

/** The path and query that are signed: what stands on the request line. */
export const uriOf = (url: URL) => url.pathname + url.search

/** Where a listener hands on to; without a path of its own, the path and query of the notification's address. */
export function addressFor(listener: Omit<Listener, 'id'>, url: string | undefined): string {
  const to = new URL(listener.forwardTo)
  const own = url === undefined ? undefined : parseUrl(url)
  if (to.pathname !== '/' || to.search !== '' || own === undefined) return to.href
  return new URL(uriOf(own), to).href
}

async function headersFor(outgoing: Outgoing, uri: string, key: GatewayKey): Promise<Record<string, string>> {
  const { body, merchantId, signed } = outgoing
  const time = printWireTime(outgoing.beganAt)
  const headers = {
    'content-type': 'application/json; charset=UTF-8',
    'client-id': merchantId,
    'request-time': time,
  }
  if (signed === 'not at all') return headers
  const privateKey = signed === 'with another key' ? await aStrangersKey() : key.privateKey
  // Over another body than the one that is sent, as if somebody had changed it on its way.
  const signedBody = signed === 'wrongly' ? Buffer.concat([body, Buffer.from(' ')]) : body
  const parts = { method: 'POST', uri, clientId: merchantId, time, body: signedBody }
  return { ...headers, signature: await signatureHeader({ ...key, privateKey }, parts) }
}

let strangersKey: Promise<KeyObject> | undefined

function aStrangersKey(): Promise<KeyObject> {
  strangersKey ??= promisify(generateKeyPair)('rsa', { modulusLength: 2048 }).then(({ privateKey }) => privateKey)
  return strangersKey
}
