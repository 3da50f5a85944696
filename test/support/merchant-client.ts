/** A merchant's server on a real socket: signs calls like an SDK and verifies answers before it looks at them. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import {
  apiRoot,
  contentToSign,
  parseSignatureHeader,
  printSignatureHeader,
  sandboxClientPrefix,
  signContent,
  verifyContent,
} from '../../packages/antom/src/index.js'

export interface MerchantKeys {
  clientId: string
  keyVersion: number
  privateKey: KeyObject
  publicKey: KeyObject
}

let pairs: { privateKey: KeyObject; publicKey: KeyObject }[] = []

/** RSA keys take long to make, so test merchants share a few; which merchant has which does not matter. */
export function merchantKeys(clientId: string, nth = 0): MerchantKeys {
  while (pairs.length <= nth) pairs = [...pairs, generateKeyPairSync('rsa', { modulusLength: 2048 })]
  return { clientId, keyVersion: 1, ...pairs[nth]! }
}

/** What was sent, where a test wants something else than the usual. `undefined` leaves a header out. */
export interface Sent {
  method?: string
  /** Path and query; by default that of the operation in the merchant's environment. */
  uri?: string
  /** What goes on the request line, where it is not the signed `uri`. */
  target?: string
  body?: Buffer | string
  time?: string
  /** The private key to sign with. */
  signWith?: KeyObject
  keyVersion?: number
  /** Headers instead of, or besides, those of a good call; an array sends a header several times. */
  headers?: Record<string, string | string[] | undefined>
}

export interface Answer {
  status: number
  headers: Record<string, string>
  /** Names and values in turn, as they stood on the wire. */
  rawHeaders: string[]
  /** Whether the gateway's signature over this answer is right. */
  verified: boolean
  text: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers that may have any shape
  json: any
}

/** Calls an operation, e.g. `vaults/vaultPaymentMethod`, of the API at `baseUrl`. */
export async function callApi(
  baseUrl: string,
  merchant: MerchantKeys,
  gatewayKey: KeyObject,
  operation: string,
  body: unknown,
  sent: Sent = {},
): Promise<Answer> {
  const root = merchant.clientId.startsWith(sandboxClientPrefix) ? apiRoot.sandbox : apiRoot.live
  const uri = sent.uri ?? `${root}/v1/${operation}`
  const method = sent.method ?? 'POST'
  const bytes = Buffer.from(sent.body ?? JSON.stringify(body))
  const time = sent.time ?? String(Date.now())
  const { clientId } = merchant
  const content = contentToSign({ method, uri, clientId, time, body: bytes })
  const signature = await signContent(sent.signWith ?? merchant.privateKey, content)
  const headers: Record<string, string | string[]> = {}
  const wanted = {
    'client-id': clientId,
    'Request-Time': time,
    Signature: printSignatureHeader({ keyVersion: sent.keyVersion ?? merchant.keyVersion, signature }),
    'Content-Type': 'application/json; charset=UTF-8',
    'content-length': String(bytes.length),
    ...sent.headers,
  }
  for (const [name, value] of Object.entries(wanted)) if (value !== undefined) headers[name] = value
  const answer = await exchange(baseUrl, method, sent.target ?? uri, headers, bytes)
  return { ...answer, verified: isVerified(answer, gatewayKey, method, uri) }
}

function exchange(
  baseUrl: string,
  method: string,
  path: string,
  headers: Record<string, string | string[]>,
  body: Buffer,
): Promise<Omit<Answer, 'verified'>> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(baseUrl)
    const request = httpRequest({ hostname, port, method, path, headers, agent: false }, response => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8')
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers as Record<string, string>,
          rawHeaders: response.rawHeaders,
          text,
          json: parse(text),
        })
      })
    })
    request.on('error', reject)
    request.end(body)
  })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isVerified(answer: Omit<Answer, 'verified'>, gatewayKey: KeyObject, method: string, uri: string): boolean {
  const { signature, 'response-time': time, 'client-id': clientId = '' } = answer.headers
  const header = parseSignatureHeader(signature ?? '')
  if (!header.ok || time === undefined) return false
  const content = contentToSign({ method, uri, clientId, time, body: Buffer.from(answer.text) })
  return verifyContent(gatewayKey, content, header.header.signature)
}
