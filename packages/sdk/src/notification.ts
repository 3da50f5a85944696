import {
  acknowledgement,
  contentToSign,
  parseSignatureHeader,
  parseUrl,
  readWireTime,
  verifyContent,
} from '@coffer/antom'
import { NotificationNotTrusted } from './errors.js'
import { type HeadersLike, headerReader } from './headers.js'
import { parseObject } from './json.js'
import { fingerprint, type Settings } from './options.js'
import { pathAndQuery } from './path-and-query.js'
import { recognise, reprinted, type Suspicion } from './recognise.js'
import { type AnyNotification, understand } from './understand-notification.js'

/** A notification as your web framework hands it to you. */
export interface ReceivedNotification {
  /** Default `POST`, which is what the gateway sends. */
  method?: string | undefined
  /** Path *and query* as received: `req.originalUrl` in Express, `request.raw.url` in Fastify, `req.url` in Node. */
  url: string
  headers: HeadersLike
  /** The *raw* body. A body that was parsed and printed again has another signature. */
  body: Uint8Array | string
}

/** What to answer once a notification is stored safely at your side. */
export interface Acknowledgement {
  status: 200
  contentType: 'application/json; charset=UTF-8'
  body: string
}

/** The fixed acknowledgement. Anything else makes the gateway send the notification again. */
export const acknowledge = (): Acknowledgement => ({
  status: 200,
  contentType: 'application/json; charset=UTF-8',
  body: JSON.stringify(acknowledgement),
})

/**
 * @param maxAgeMs  how old a delivery may be; without it, any age is accepted, since a final result never changes
 * @throws NotificationNotTrusted, UnexpectedNotification
 */
export function verifyNotification(
  received: ReceivedNotification,
  settings: Settings,
  maxAgeMs: number | undefined,
): AnyNotification {
  const body = rawBody(received.body)
  const header = headerReader(received.headers)
  const signature = header('signature')
  if (!signature) {
    throw new NotificationNotTrusted('unsigned', 'The notification has no signature header.', [
      'somebody other than the gateway called this address',
      'the request headers were not passed to verifyNotification, or a proxy removed them',
    ])
  }
  const parsed = parseSignatureHeader(signature)
  if (!parsed.ok)
    throw new NotificationNotTrusted('malformed-signature', `It cannot be verified: ${parsed.problem}.`, [])
  const time = header('request-time') ?? ''
  const signedAt = readWireTime(time)
  if (signedAt === undefined) {
    throw new NotificationNotTrusted(
      'unreadable-time',
      'The request-time of the notification is missing or no time.',
      [],
    )
  }
  if (header('client-id') !== settings.clientId) {
    throw new NotificationNotTrusted('other-client', 'The notification is for another client id, or for none.', [
      'two clients share this address: verify with the client whose id is in the client-id header',
    ])
  }
  const { clientId } = settings
  const uri = pathAndQuery(received.url)
  const parts = { method: received.method ?? 'POST', uri, clientId, time, body }
  if (!verifyContent(settings.gatewayKey, contentToSign(parts), parsed.header.signature)) {
    const causes = mismatchCauses(parts, settings, parsed.header.signature)
    throw new NotificationNotTrusted('mismatch', 'The signature of the notification does not match it.', causes)
  }
  if (maxAgeMs !== undefined && settings.world.now() - signedAt > maxAgeMs) {
    throw new NotificationNotTrusted('too-old', 'The notification is genuine, but older than maxAgeMs.', [
      'somebody sends a notification again that was recorded earlier',
      'the clock of this machine is ahead',
    ])
  }
  return understand(parseObject(body), signedAt)
}

function rawBody(body: unknown): Uint8Array {
  if (typeof body === 'string') return Buffer.from(body)
  if (body instanceof Uint8Array) return body
  throw new NotificationNotTrusted('body-parsed', 'The body is not the raw body but something made from it.', [
    "the framework parsed it first: use express.raw({ type: 'application/json' }) on this route in Express, " +
      "addContentTypeParser with parseAs: 'buffer' in Fastify",
  ])
}

type Parts = Suspicion['parts']

function mismatchCauses(parts: Parts, settings: Settings, signature: Buffer): string[] {
  const suspicions: Suspicion[] = [
    ...reprinted(parts, 'the body was parsed and printed again before verification: pass the raw bytes'),
    ...otherUrls(parts.uri).map(([cause, uri]) => ({ cause, parts: { ...parts, uri } })),
    { cause: 'it was sent as POST: pass the method as received', parts: { ...parts, method: 'POST' } },
    { cause: 'it was signed with your own private key, not by the gateway', parts, key: settings.merchantPublicKey },
  ]
  const found = recognise(signature, settings.gatewayKey, suspicions)
  if (found) return [`${found} (tried out: the signature matches then)`]
  return [
    'the body was parsed before verification: pass the raw bytes as they arrived',
    'the query string was dropped, or a router cut off a prefix: pass path and query as received (req.originalUrl in Express)',
    `gatewayPublicKey (${fingerprint(settings.gatewayKey)}) is of another environment, or is not the gateway's`,
    'the URL, or the signature header, was percent-decoded before: pass both as received',
    'the request is forged, or was changed on the way',
  ]
}

/** What frameworks make of a URL, undone. */
function otherUrls(uri: string): Array<[string, string]> {
  const encoded = encodeURI(uri)
  const decodedPath: [string, string][] = parseUrl(encoded, 'http://h')
    ? [['the URL was decoded: pass it as received', encoded]]
    : []
  return [
    ...decodedPath,
    ['a slash was added at the end of the path', uri.replace(/\/(?=$|\?)/, '')],
    ['the slash at the end of the path was removed', uri.replace(/(?<!\/)(?=$|\?)/, '/')],
  ]
}
