import { generateKeyPairSync } from 'node:crypto'
import {
  contentToSign,
  printSignatureHeader,
  printWireTime,
  readPrivateKey,
  sandboxClientPrefix,
  signContent,
} from '@coffer/antom'
import { type OperationName, operations, uriOf } from './operations.js'
import { pathAndQuery } from './path-and-query.js'
import { realWorld } from './world.js'

interface ToSign {
  clientId: string
  /** An object is printed as JSON; text and bytes are signed as they are. */
  body: object | string | Uint8Array
  /** Milliseconds since the epoch, or the exact text of the time header. Default: now. */
  time?: number | string | undefined
  /** Default 1. */
  keyVersion?: number | undefined
}

export type MessageToSign =
  /** What the gateway sends to you. `privateKey` is the key of your stand-in for the gateway. */
  | (ToSign & { kind: 'notification'; privateKey: string; url: string })
  /** What the gateway answers to you. */
  | (ToSign & { kind: 'response'; privateKey: string; operation: OperationName })
  /** What you send to the gateway. `privateKey` is yours. */
  | (ToSign & { kind: 'request'; privateKey: string; operation: OperationName })

export interface SignedForTests {
  method: 'POST'
  /** Path and query. */
  url: string
  /** All lower case: `client-id`, `request-time` or `response-time`, `signature`, `content-type`. */
  headers: Record<string, string>
  /** The bytes that were signed; send them as they are. A `Buffer`. */
  body: Uint8Array<ArrayBuffer>
}

/**
 * Signs a message as the gateway or a merchant does, so that your tests need neither: make a key pair with
 * `testKeyPair`, give its public half to `VaultClient` as `gatewayPublicKey`, and sign notifications with the other.
 */
export async function signForTests(message: MessageToSign): Promise<SignedForTests> {
  const url = message.kind === 'notification' ? pathAndQuery(message.url) : pathOf(message.operation, message.clientId)
  const body = bytesOf(message.body)
  const time = textOf(message.time ?? realWorld.now())
  const { clientId, keyVersion = 1 } = message
  const content = contentToSign({ method: 'POST', uri: url, clientId, time, body })
  const signature = await signContent(readPrivateKey(message.privateKey), content)
  const headers = {
    'content-type': 'application/json; charset=UTF-8',
    'client-id': clientId,
    [message.kind === 'response' ? 'response-time' : 'request-time']: time,
    signature: printSignatureHeader({ keyVersion, signature }),
  }
  return { method: 'POST', url, headers, body }
}

/** A fresh RSA pair in the form of the portals, base64 on one line. For tests: keep real keys out of test code. */
export function testKeyPair(): { privateKey: string; publicKey: string } {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
    publicKeyEncoding: { type: 'spki', format: 'der' },
  })
  return { privateKey: privateKey.toString('base64'), publicKey: publicKey.toString('base64') }
}

const pathOf = (operation: OperationName, clientId: string) =>
  uriOf(operations[operation].path, clientId.startsWith(sandboxClientPrefix))

function bytesOf(body: object | string | Uint8Array): Uint8Array<ArrayBuffer> {
  return Buffer.from(typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body))
}

const textOf = (time: number | string) => (typeof time === 'number' ? printWireTime(time) : time)
