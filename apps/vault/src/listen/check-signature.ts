/** Who signed a notification, and what: a listener's check, in words for the developer. */
import { constants, createPublicKey, type KeyObject, publicDecrypt } from 'node:crypto'
import { contentToSign, parseSignatureHeader, type SignedParts, verifyContent } from '@coffer/antom'
import type { Signing } from '../notifications/due-across-merchants.js'

/** The gateway's public key, as merchants configure it. */
export interface PublicGatewayKey {
  version: number
  key: KeyObject
}

/** @param publicKey  base64 DER SubjectPublicKeyInfo */
export function readGatewayKey(publicKey: string, version: number): PublicGatewayKey {
  return { version, key: createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' }) }
}

/** How a notification is signed, and that in words. */
export interface SignatureVerdict {
  signed: Signing
  text: string
}

/**
 * Checks the signature of a notification as it came in.
 * @param headers  by their names in lower case
 */
export function checkSignature(
  received: { method: string; uri: string; headers: Readonly<Record<string, string | undefined>>; body: Uint8Array },
  gateway: PublicGatewayKey,
): SignatureVerdict {
  const { headers, ...rest } = received
  const signature = headers['signature']
  if (signature === undefined) return { signed: 'not at all', text: 'missing' }
  const parsed = parseSignatureHeader(signature)
  if (!parsed.ok) return { signed: 'wrongly', text: `wrong: ${parsed.problem}` }
  const { keyVersion, signature: bytes } = parsed.header
  if (keyVersion !== undefined && keyVersion !== gateway.version) {
    return { signed: 'wrongly', text: `wrong: it names version ${keyVersion} of the key, which is ${gateway.version}` }
  }
  const parts: SignedParts = {
    ...rest,
    clientId: headers['client-id'] ?? '',
    time: headers['request-time'] ?? '',
  }
  if (verifyContent(gateway.key, contentToSign(parts), bytes)) return { signed: 'rightly', text: 'right' }
  return isMadeWith(gateway.key, bytes)
    ? { signed: 'wrongly', text: "wrong: signed with the gateway's key, but over other content than what came" }
    : { signed: 'with another key', text: 'wrong: signed with another key' }
}

/** Whether the key opens the signature, whatever was signed: only then its padding comes out right. */
function isMadeWith(key: KeyObject, signature: Uint8Array): boolean {
  try {
    publicDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, signature)
    return true
  } catch {
    return false
  }
}
