/** A gateway for tests: a real HTTP server that signs its answers with the vectors' key, or gets them wrong on demand. */
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { contentToSign, printSignatureHeader, readPrivateKey, signContent } from '@coffer/antom'
import type { StoredCard, VaultClientOptions, VaultPaymentMethodRequest, World } from '../src/index.js'

export interface Vector {
  id: string
  kind: 'request' | 'response' | 'notification'
  signedBy: string
  verifyWith: string
  keyVersion: string
  signed: Record<'httpMethod' | 'uri' | 'clientId' | 'time' | 'body' | 'stringToSign' | 'stringToSignSha256Hex', string>
  signatureBase64: string
  signatureHeader: string
  received: Record<'uri' | 'clientId' | 'time' | 'body', string>
  expected: { valid: boolean }
}
interface KeyTexts {
  privateKeyPkcs8Base64: string
  privateKeyPkcs1Base64: string
  publicKeySpkiBase64: string
}

const file = JSON.parse(
  readFileSync(new URL('../../antom/contract/signature-vectors.json', import.meta.url), 'utf8'),
) as { keys: Record<'merchant_k1' | 'merchant_k2' | 'gateway' | 'stranger', KeyTexts>; vectors: Vector[] }
export const { keys, vectors } = file

export const clientId = 'SANDBOX_5YEX0000000000TEST'

export const options = (change: Partial<VaultClientOptions> = {}): VaultClientOptions => ({
  gatewayUrl: 'http://127.0.0.1:9',
  clientId,
  merchantPrivateKey: keys.merchant_k1.privateKeyPkcs8Base64,
  gatewayPublicKey: keys.gateway.publicKeySpkiBase64,
  ...change,
})

export const cardNo = '4054695723100768'

export const aRequest = (change: Partial<VaultPaymentMethodRequest> = {}): VaultPaymentMethodRequest => ({
  vaultingRequestId: 'vr-1',
  redirectUrl: 'https://shop.example/done',
  paymentMethodDetail: {
    paymentMethodType: 'CARD',
    card: { cardNo, expiryYear: '33', expiryMonth: '03', cvv: '737' },
  },
  env: { terminalType: 'WEB' },
  ...change,
})

export const result = (resultCode: string, resultStatus: 'S' | 'F' | 'U', resultMessage = 'words') => ({
  result: { resultCode, resultStatus, resultMessage },
})
export const storedCard: StoredCard = { cardToken: 'tok_1', brand: 'VISA', maskedCardNo: '************0768' }
export const vaulted = {
  ...result('SUCCESS', 'S', 'success.'),
  vaultingRequestId: 'vr-1',
  paymentMethodDetail: { paymentMethodType: 'CARD', card: storedCard },
}

interface Received {
  path: string
  headers: Record<string, string>
  body: string
}

/** What a test changes about an answer that would otherwise be right. */
export interface Wrong {
  status?: number
  /** The key that signs. */
  signedBy?: keyof typeof keys
  /** The path and the client that are signed. */
  path?: string
  signedClientId?: string
  /** Headers to add or, with `undefined`, to leave out. */
  headers?: Record<string, string | undefined>
  /** Done to the body after it is signed. */
  alter?: (body: string) => string
}

export type Answer = (request: IncomingMessage, response: ServerResponse) => Promise<void> | void

/** An answer with this body, signed unless told otherwise. */
export const answer =
  (body: object | string, wrong: Wrong = {}): Answer =>
  async (request, response) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const time = '2026-01-01T00:00:01Z'
    const content = contentToSign({
      method: 'POST',
      uri: wrong.path ?? request.url!,
      clientId: wrong.signedClientId ?? String(request.headers['client-id']),
      time,
      body: Buffer.from(text),
    })
    const key = readPrivateKey(keys[wrong.signedBy ?? 'gateway'].privateKeyPkcs8Base64)
    const headers: Record<string, string | undefined> = {
      'content-type': 'application/json; charset=UTF-8',
      'client-id': String(request.headers['client-id']),
      'response-time': time,
      signature: printSignatureHeader({ keyVersion: 1, signature: await signContent(key, content) }),
      ...wrong.headers,
    }
    for (const [name, value] of Object.entries(headers)) if (value !== undefined) response.setHeader(name, value)
    response.statusCode = wrong.status ?? 200
    response.end(wrong.alter ? wrong.alter(text) : text)
  }

/** The connection breaks before an answer. */
export const hangUp: Answer = request => void request.socket.destroy()

/** No answer, ever. */
export const silence: Answer = () => {}

export interface FakeGateway {
  url: string
  received: Received[]
  /** Sets the answers of the calls to come; the last one is given from then on. */
  answers(...next: Answer[]): void
  close(): Promise<void>
}

export async function startGateway(): Promise<FakeGateway> {
  let script: Answer[] = []
  const received: Received[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const headers = request.headers as Record<string, string>
    received.push({ path: request.url!, headers, body: Buffer.concat(chunks).toString() })
    const next = script.length > 1 ? script.shift()! : script[0]!
    await next(request, response)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    answers(...next) {
      script = next
      received.length = 0
    },
    close: () =>
      new Promise(resolve => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

/** A world in which waiting takes no time and is written down. */
export function quickWorld(slept: number[] = []): Partial<World> {
  return {
    random: () => 0.5,
    sleep: async ms => {
      slept.push(ms)
    },
  }
}

/** What a call threw; fails when it threw nothing. */
export async function thrown(call: Promise<unknown> | (() => unknown)): Promise<unknown> {
  try {
    await (typeof call === 'function' ? call() : call)
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}
