import { createHash } from 'node:crypto'
import { clientIdPattern, contentToSign, readWireTime } from '@coffer/antom'
import { type HeadersLike, headerReader } from './headers.js'
import { maskCardData } from './mask-card-data.js'
import { pathAndQuery } from './path-and-query.js'

/** A signed message: a request, an answer or a notification. */
export interface SignedMessage {
  /** `POST` unless told otherwise. */
  method?: string | undefined
  /** Path and query as on the wire. For an answer: those of its request. */
  url: string
  /** The headers of the message: `client-id` and `request-time` or `response-time` are read from them. */
  headers?: HeadersLike | undefined
  /** Instead of the header `client-id`. */
  clientId?: string | undefined
  /** Instead of the header `request-time` or `response-time`. */
  time?: string | undefined
  /** The raw body. */
  body: Uint8Array | string
}

export interface SignatureExplanation {
  /**
   * The text that is signed, with card number, cvv and the like replaced by `***`. The first line is method and URL;
   * the second starts with client id, dot, time, dot, and goes on with the body.
   */
  text: string
  /** Whether something was replaced. */
  masked: boolean
  /** How many bytes are signed. A difference of one or two is often a line feed at the end of the body. */
  byteLength: number
  /**
   * SHA-256 of the signed bytes in hex, to compare with the other side. Absent when something was masked: with the
   * hash and the masked text, the missing digits could be found by trying.
   */
  sha256?: string
}

/**
 * Shows what a signature of this message is made over, for comparing it with what the other side signed.
 * It is safe to print: card data is masked.
 */
export function explainSignature(message: SignedMessage): SignatureExplanation {
  const header = headerReader(message.headers ?? {})
  const parts = {
    method: message.method ?? 'POST',
    uri: pathAndQuery(message.url),
    clientId: message.clientId ?? header('client-id') ?? '',
    time: message.time ?? header('request-time') ?? header('response-time') ?? '',
    body: typeof message.body === 'string' ? Buffer.from(message.body) : message.body,
  }
  const content = contentToSign(parts)
  // A time has 13 digits, which would be masked like a card. What is no time is masked like everything else.
  const time = readWireTime(parts.time) === undefined ? maskCardData(parts.time) : parts.time
  const uri = maskCardData(parts.uri)
  const clientId = isClientId(parts.clientId) ? parts.clientId : maskCardData(parts.clientId)
  const body = maskCardData(Buffer.from(parts.body).toString('utf8'))
  const text = `${parts.method} ${uri}\n${clientId}.${time}.${body}`
  const masked = text !== content.toString('utf8')
  const explanation = { text, masked, byteLength: content.length }
  return masked ? explanation : { ...explanation, sha256: createHash('sha256').update(content).digest('hex') }
}

/** Ids of clients hold long runs of digits, which would be masked like a card. What is digits alone may be one. */
const isClientId = (text: string) => clientIdPattern.test(text) && !/^\d+$/.test(text)
