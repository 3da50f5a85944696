import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  contentToSign,
  parseSignatureHeader,
  printSignatureHeader,
  readPrivateKey,
  readPublicKey,
  type SignedParts,
  signContent,
  UnusableKey,
  verifyContent,
} from './signature.js'

interface Vector {
  id: string
  title: string
  signedBy: string
  verifyWith: string
  keyVersion: string
  signed: Record<'httpMethod' | 'uri' | 'clientId' | 'time' | 'body' | 'stringToSign' | 'stringToSignSha256Hex', string>
  signatureBase64: string
  signatureHeader: string
  received: Record<'uri' | 'clientId' | 'time' | 'body', string>
  expected: { valid: boolean }
}
interface Vectors {
  keys: Record<string, Record<'privateKeyPkcs8Base64' | 'privateKeyPkcs1Base64' | 'publicKeySpkiBase64', string>>
  vectors: Vector[]
  malformedHeaders: { id: string; header: string; why: string }[]
}

const { keys, vectors, malformedHeaders } = JSON.parse(
  readFileSync(new URL('../contract/signature-vectors.json', import.meta.url), 'utf8'),
) as Vectors

const partsOf = (from: Record<'uri' | 'clientId' | 'time' | 'body', string>): SignedParts => ({
  method: 'POST',
  uri: from.uri,
  clientId: from.clientId,
  time: from.time,
  body: Buffer.from(from.body),
})

/** A verifier as a gateway or a merchant has it: header, then key by version, then signature. */
function accepts(header: string, parts: SignedParts, keyOf: (version: number) => KeyObject | undefined): boolean {
  const parsed = parseSignatureHeader(header)
  if (!parsed.ok) return false
  const key = keyOf(parsed.header.keyVersion ?? 1)
  return key !== undefined && verifyContent(key, contentToSign(parts), parsed.header.signature)
}

describe('the vectors of the contract', () => {
  test('are all there', () => {
    expect(vectors).toHaveLength(30)
    expect(malformedHeaders).toHaveLength(6)
  })

  test.each(vectors)('$id signs to the same bytes: $title', async vector => {
    const content = contentToSign({ ...partsOf(vector.signed), method: vector.signed.httpMethod })
    expect(content.toString()).toBe(vector.signed.stringToSign)
    expect(createHash('sha256').update(content).digest('hex')).toBe(vector.signed.stringToSignSha256Hex)
    for (const form of ['privateKeyPkcs8Base64', 'privateKeyPkcs1Base64'] as const) {
      const signature = await signContent(readPrivateKey(keys[vector.signedBy]![form]), content)
      expect(signature.toString('base64')).toBe(vector.signatureBase64)
    }
  })

  test.each(vectors)('$id verifies as expected ($expected.valid): $title', vector => {
    const key = readPublicKey(keys[vector.verifyWith]!.publicKeySpkiBase64)
    const known = (version: number) => (version === Number(vector.keyVersion) ? key : undefined)
    expect(accepts(vector.signatureHeader, partsOf(vector.received), known)).toBe(vector.expected.valid)
  })

  // The other three are the spellings of clients that write the header in their own way.
  const spelledDifferently = ['REQ-04', 'REQ-10', 'REQ-13']
  test.each(vectors.filter(({ id }) => !spelledDifferently.includes(id)))('$id prints to the same header', vector => {
    const signature = Buffer.from(vector.signatureBase64, 'base64')
    const printed = printSignatureHeader({ keyVersion: Number(vector.keyVersion), signature })
    expect(printed).toBe(vector.signatureHeader)
  })

  test.each(malformedHeaders)('$id is refused: $why', ({ header }) => {
    const merchant: Record<number, KeyObject> = {
      1: readPublicKey(keys['merchant_k1']!.publicKeySpkiBase64),
      2: readPublicKey(keys['merchant_k2']!.publicKeySpkiBase64),
    }
    expect(accepts(header, partsOf(vectors[0]!.received), version => merchant[version])).toBe(false)
  })
})

describe('the signature header', () => {
  const good = vectors[0]!.signatureBase64
  const encoded = encodeURIComponent(good)

  test('without a key version means the newest key', () => {
    expect(parseSignatureHeader(`algorithm=RSA256,signature=${encoded}`)).toEqual({
      ok: true,
      header: { signature: Buffer.from(good, 'base64') },
    })
  })

  test('may have its parts in any order', () => {
    expect(parseSignatureHeader(`signature=${encoded},keyVersion=3,algorithm=RSA256`)).toMatchObject({
      ok: true,
      header: { keyVersion: 3 },
    })
  })

  test.each([
    ['nothing but commas', ',,,'],
    ['no algorithm', `keyVersion=1,signature=${encoded}`],
    ['an algorithm in small letters', `algorithm=rsa256,keyVersion=1,signature=${encoded}`],
    ['the algorithm twice', `algorithm=RSA256,algorithm=RSA256,signature=${encoded}`],
    ['two signatures', `algorithm=RSA256,keyVersion=1,signature=${encoded},signature=${encoded}`],
    ['two headers joined by a comma', `algorithm=RSA256,signature=${encoded}, algorithm=RSA256,signature=${encoded}`],
    ['a part that nobody knows', `algorithm=RSA256,keyVersion=1,nonce=1,signature=${encoded}`],
    ['a key in capitals', `Algorithm=RSA256,keyVersion=1,signature=${encoded}`],
    ['version 0', `algorithm=RSA256,keyVersion=0,signature=${encoded}`],
    ['a negative version', `algorithm=RSA256,keyVersion=-1,signature=${encoded}`],
    ['a version with a sign', `algorithm=RSA256,keyVersion=+1,signature=${encoded}`],
    ['a version with a leading zero', `algorithm=RSA256,keyVersion=01,signature=${encoded}`],
    ['a version with a fraction', `algorithm=RSA256,keyVersion=1.0,signature=${encoded}`],
    ['a version beyond all bounds', `algorithm=RSA256,keyVersion=${'9'.repeat(30)},signature=${encoded}`],
    ['an empty version', `algorithm=RSA256,keyVersion=,signature=${encoded}`],
    ['base64 without its padding', `algorithm=RSA256,keyVersion=1,signature=${encodeURIComponent(good.slice(0, -2))}`],
    ['base64url', `algorithm=RSA256,keyVersion=1,signature=${good.replaceAll('+', '-').replaceAll('/', '_')}`],
    ['base64 with a blank in it', `algorithm=RSA256,keyVersion=1,signature=${good.slice(0, 9)} ${good.slice(9)}`],
    ['an escape that is not UTF-8', `algorithm=RSA256,keyVersion=1,signature=%FF%FE`],
    ['base64 encoded twice', `algorithm=RSA256,keyVersion=1,signature=${encodeURIComponent(encoded)}`],
  ])('is refused with %s', (_what, header) => {
    expect(parseSignatureHeader(header).ok).toBe(false)
  })

  test('is told about without a piece of it, whatever it is', () => {
    const piece = fc.stringMatching(/^[0-9§]{6,20}$/)
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1 }), fc.constantFrom(',', '=', ' '), (pieces, glue) => {
        const parsed = parseSignatureHeader(pieces.join(glue))
        expect(parsed.ok).toBe(false)
        const problem = parsed.ok ? '' : parsed.problem
        expect(pieces.filter(text => problem.includes(text))).toEqual([])
      }),
    )
  })

  test('comes back from print to parse', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 512 }),
        fc.integer({ min: 1, max: 999_999_999 }),
        (bytes, version) => {
          const header = { keyVersion: version, signature: Buffer.from(bytes) }
          expect(parseSignatureHeader(printSignatureHeader(header))).toEqual({ ok: true, header })
        },
      ),
    )
  })
})

describe('the signed content', () => {
  test('differs for two bodies that read as the same text', () => {
    const content = (byte: number) =>
      contentToSign({ method: 'POST', uri: '/', clientId: 'a', time: '1', body: Uint8Array.of(byte) })
    expect(content(0xff).equals(content(0xfe))).toBe(false)
  })

  test('ends in a dot when the body is empty', () => {
    const content = contentToSign({ method: 'POST', uri: '/a?b=c', clientId: 'id', time: '7', body: new Uint8Array() })
    expect(content.toString()).toBe('POST /a?b=c\nid.7.')
  })

  const signer = readPrivateKey(keys['merchant_k1']!.privateKeyPkcs8Base64)
  const verifier = readPublicKey(keys['merchant_k1']!.publicKeySpkiBase64)

  test('is not accepted after any one byte of the signature changed', async () => {
    const content = Buffer.from('POST /\na.1.')
    const signature = await signContent(signer, content)
    expect(verifyContent(verifier, content, signature)).toBe(true)
    fc.assert(
      fc.property(fc.nat(signature.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const altered = Buffer.from(signature)
        altered[at]! ^= flip
        expect(verifyContent(verifier, content, altered)).toBe(false)
      }),
      { numRuns: 50 },
    )
  })

  test.each([0, 1, 255, 257, 512])('is not accepted with a signature of %i bytes, and nothing throws', length => {
    expect(verifyContent(verifier, Buffer.from('a'), Buffer.alloc(length, 1))).toBe(false)
  })
})

describe('a key text', () => {
  const { privateKeyPkcs8Base64, privateKeyPkcs1Base64, publicKeySpkiBase64 } = keys['gateway']!
  const pem = (kind: string, base64: string) =>
    `-----BEGIN ${kind}-----\n${base64.match(/.{1,64}/g)!.join('\n')}\n-----END ${kind}-----\n`

  test('is read with line feeds in it, and as PEM of either kind', () => {
    const key = readPrivateKey(privateKeyPkcs8Base64)
    expect(readPrivateKey(` ${privateKeyPkcs8Base64.replace(/(.{64})/g, '$1\r\n')}`).equals(key)).toBe(true)
    expect(readPrivateKey(pem('PRIVATE KEY', privateKeyPkcs8Base64)).equals(key)).toBe(true)
    expect(readPrivateKey(pem('RSA PRIVATE KEY', privateKeyPkcs1Base64)).equals(key)).toBe(true)
    expect(readPublicKey(pem('PUBLIC KEY', publicKeySpkiBase64)).equals(readPublicKey(publicKeySpkiBase64))).toBe(true)
  })

  const rsa = (modulusLength: number, publicExponent = 65537) =>
    generateKeyPairSync('rsa', { modulusLength, publicExponent })
      .publicKey.export({ format: 'der', type: 'spki' })
      .toString('base64')
  const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'der', type: 'spki' })

  test.each([
    ['nothing', () => readPublicKey('')],
    ['what is no key', () => readPublicKey('hello')],
    ['a private key for a public one', () => readPublicKey(privateKeyPkcs8Base64)],
    ['a private PEM for a public one', () => readPublicKey(pem('PRIVATE KEY', privateKeyPkcs8Base64))],
    ['a public key for a private one', () => readPrivateKey(publicKeySpkiBase64)],
    ['half of a key', () => readPrivateKey(privateKeyPkcs8Base64.slice(0, 400))],
    ['a key of 1024 bits', () => readPublicKey(rsa(1024))],
    ['an exponent of 3', () => readPublicKey(rsa(2048, 3))],
    ['a key on a curve', () => readPublicKey(curve.toString('base64'))],
  ])('is refused as %s, and nothing of the key is told', (_what, read) => {
    let error: unknown
    try {
      read()
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(UnusableKey)
    const told = inspect({ ...(error as object), message: (error as Error).message })
    expect(told).not.toContain(privateKeyPkcs8Base64.slice(0, 20))
    expect(told).not.toContain(publicKeySpkiBase64.slice(0, 20))
  })
})
