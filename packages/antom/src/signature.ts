/**
 * The signature of the wire: RSASSA-PKCS1-v1_5 with SHA-256 over method, path, client, time and the exact body bytes.
 * Source: Antom › Digital signature.
 */
import {
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign as signCallback,
  verify as verifyBytes,
} from 'node:crypto'
import { promisify } from 'node:util'

const signOnThreadPool = promisify(signCallback as (...args: unknown[]) => void) as unknown as (
  algorithm: string,
  data: Uint8Array,
  key: KeyObject,
) => Promise<Buffer>

/** What goes into a signature. `time` is the text of `request-time` or `response-time`, never a parsed time. */
export interface SignedParts {
  /** `POST` for every call of the API. */
  method: string
  /** Path and query string as on the wire, undecoded, without scheme and host. */
  uri: string
  clientId: string
  time: string
  /** The exact bytes of the body; a body that is serialised again has another signature. */
  body: Uint8Array
}

/**
 * The bytes that are signed: `<METHOD> <URI>\n<client id>.<time>.<body>`.
 * Built over raw bytes: as text, every invalid UTF-8 byte would become the same replacement character, and two different
 * bodies would share one signature.
 */
export function contentToSign(parts: SignedParts): Buffer {
  return Buffer.concat([Buffer.from(`${parts.method} ${parts.uri}\n${parts.clientId}.${parts.time}.`), parts.body])
}

/** A `signature` header, taken apart. */
export interface SignatureHeader {
  /** Version of the signer's key; absent means the newest one. */
  keyVersion?: number
  signature: Buffer
}

export type ParsedSignatureHeader = { ok: true; header: SignatureHeader } | { ok: false; problem: string }

const HEADER_KEYS = new Set(['algorithm', 'keyVersion', 'signature'])

/**
 * Reads `algorithm=RSA256,keyVersion=1,signature=<percent-encoded base64>`.
 *
 * Strict: each key at most once, no key of our own invention, only RSA256, an integer version, and base64 whose
 * spelling is the canonical one (Node reads several spellings as the same bytes). A signature without percent escapes
 * is taken as it is, since a raw `+` would otherwise turn into a blank.
 *
 * @returns the parts, or in `problem` what is wrong with the header in words that hold nothing of it
 */
export function parseSignatureHeader(header: string): ParsedSignatureHeader {
  const parts = new Map<string, string>()
  for (const piece of header.split(',')) {
    const trimmed = piece.replace(/^[ \t]+|[ \t]+$/g, '')
    const equals = trimmed.indexOf('=')
    if (equals < 0) return { ok: false, problem: 'a part of the signature header is not key=value' }
    const key = trimmed.slice(0, equals)
    if (!HEADER_KEYS.has(key)) return { ok: false, problem: 'the signature header has an unknown part' }
    if (parts.has(key)) return { ok: false, problem: `the signature header names ${key} twice` }
    parts.set(key, trimmed.slice(equals + 1))
  }
  if (parts.get('algorithm') !== 'RSA256') return { ok: false, problem: 'the algorithm is not RSA256' }
  const version = parts.get('keyVersion')
  if (version !== undefined && !/^[1-9]\d{0,8}$/.test(version)) {
    return { ok: false, problem: 'keyVersion is not a positive integer' }
  }
  const text = parts.get('signature') ?? ''
  const base64 = /%[0-9A-Fa-f]{2}/.test(text) ? formDecode(text) : text
  const signature = Buffer.from(base64, 'base64')
  if (signature.length === 0 || signature.toString('base64') !== base64) {
    return { ok: false, problem: 'the signature is not standard base64' }
  }
  return { ok: true, header: version === undefined ? { signature } : { keyVersion: Number(version), signature } }
}

function formDecode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return '' // an escape that is not UTF-8; the caller finds an empty signature and says so
  }
}

/**
 * Prints a signature header. The parts stand in the order that Java, Go and PHP rely on, and the base64 is
 * percent-encoded with upper-case digits, since Go and Python fail on plain base64 and PHP lets it pass unverified.
 */
export function printSignatureHeader(header: SignatureHeader): string {
  const base64 = header.signature.toString('base64')
  return `algorithm=RSA256,keyVersion=${header.keyVersion ?? 1},signature=${encodeURIComponent(base64)}`
}

/**
 * Signs on the thread pool, so that the event loop goes on meanwhile.
 * @param key  an RSA private key, parsed once: a PEM text per call is four times slower
 */
export function signContent(key: KeyObject, content: Uint8Array): Promise<Buffer> {
  return signOnThreadPool('RSA-SHA256', content, key)
}

/** Whether `signature` was made over `content` with the private half of `key`. Never throws on a bad signature. */
export function verifyContent(key: KeyObject, content: Uint8Array, signature: Uint8Array): boolean {
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
  return signature.length === Math.ceil(bits / 8) && verifyBytes('RSA-SHA256', content, key, signature)
}

/** A key text that cannot be used, with the reason in words that hold nothing of the key. */
export class UnusableKey extends Error {
  override readonly name = 'UnusableKey'
}

/**
 * Reads an RSA public key: base64 DER SubjectPublicKeyInfo on one line, as the portals hand it out, or PEM.
 * @throws UnusableKey when it is no RSA key of 2048 to 4096 bits with exponent 65537
 */
export function readPublicKey(text: string): KeyObject {
  return usable(() => {
    const pem = text.includes('-----BEGIN')
    if (pem && text.includes('PRIVATE KEY')) throw new UnusableKey('this is a private key; the public one is needed')
    return pem
      ? createPublicKey(text)
      : createPublicKey({ key: Buffer.from(oneLine(text), 'base64'), format: 'der', type: 'spki' })
  }, 'public key (base64 DER SubjectPublicKeyInfo)')
}

/**
 * Reads an RSA private key: base64 DER on one line, PKCS#8 or PKCS#1, or PEM.
 * @throws UnusableKey when it is none of them, or of an unsuitable size
 */
export function readPrivateKey(text: string): KeyObject {
  return usable(() => {
    if (text.includes('-----BEGIN')) return createPrivateKey(text)
    const der = Buffer.from(oneLine(text), 'base64')
    try {
      return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    } catch {
      return createPrivateKey({ key: der, format: 'der', type: 'pkcs1' })
    }
  }, 'private key (base64 DER, PKCS#8 or PKCS#1)')
}

const oneLine = (text: string) => text.replace(/\s+/g, '')

function usable(read: () => KeyObject, wanted: string): KeyObject {
  let key: KeyObject
  try {
    key = read()
  } catch (error) {
    throw error instanceof UnusableKey ? error : new UnusableKey(`not an RSA ${wanted}`)
  }
  const { modulusLength = 0, publicExponent } = key.asymmetricKeyDetails ?? {}
  if (key.asymmetricKeyType !== 'rsa') throw new UnusableKey('not an RSA key')
  if (modulusLength < 2048 || modulusLength > 4096) throw new UnusableKey('an RSA key has 2048 to 4096 bits here')
  if (publicExponent !== undefined && publicExponent !== 65537n) throw new UnusableKey('the exponent must be 65537')
  return key
}
