/** The vectors of the contract, through the public functions of the SDK. */
import { describe, expect, test } from 'vitest'
import { aRequest, keys, options, quickWorld, thrown, vectors } from '../test/fake-gateway.js'
import { explainSignature, ResponseNotTrusted, signForTests, VaultClient } from './index.js'

describe('signing', () => {
  test.each(vectors.filter(({ kind }) => kind === 'notification'))('$id gives the same header', async vector => {
    const { uri: url, clientId, time, body } = vector.signed
    const privateKey = keys.gateway.privateKeyPkcs8Base64
    const signed = await signForTests({ kind: 'notification', privateKey, clientId, url, body, time })
    expect(signed.headers['signature']).toBe(vector.signatureHeader)
  })

  test.each(vectors.filter(({ kind }) => kind === 'response'))('$id gives the same header', async vector => {
    const { clientId, time, body } = vector.signed
    const privateKey = keys.gateway.privateKeyPkcs1Base64
    const operation = 'vaultPaymentMethod'
    const signed = await signForTests({ kind: 'response', privateKey, clientId, operation, body, time })
    expect(signed.url).toBe(vector.signed.uri)
    expect(signed.headers['signature']).toBe(vector.signatureHeader)
  })

  // The others write the header in a form of their own, or sign another path than they call.
  const odd = ['REQ-04', 'REQ-10', 'REQ-13', 'NEG-05', 'NEG-07']
  const requests = vectors.filter(({ kind, id }) => kind === 'request' && !odd.includes(id))
  test.each(requests)('$id gives the same header', async vector => {
    const { uri, clientId, time, body } = vector.signed
    const { privateKeyPkcs8Base64: privateKey } = keys[vector.signedBy as keyof typeof keys]
    const operation = uri.split('/').at(-1) as 'vaultPaymentMethod'
    const keyVersion = Number(vector.keyVersion)
    const signed = await signForTests({ kind: 'request', privateKey, clientId, operation, body, time, keyVersion })
    expect(signed).toMatchObject({ method: 'POST', url: uri })
    expect(signed.headers['signature']).toBe(vector.signatureHeader)
  })
})

describe('verifying', () => {
  test.each(vectors.filter(({ kind }) => kind === 'response'))('$id, valid: $expected.valid', async vector => {
    const { clientId, time, body } = vector.received
    const headers = { 'client-id': clientId, 'response-time': time, signature: vector.signatureHeader }
    const fetch = async () => new Response(body, { headers })
    // RSP-04 verifies with a key that is not the gateway's. The client refuses its own key, so a third one stands in.
    const gatewayPublicKey = keys[vector.expected.valid ? 'gateway' : 'merchant_k2'].publicKeySpkiBase64
    const client = new VaultClient(options({ clientId, gatewayPublicKey, fetch, world: quickWorld() }))
    const call = client.vaultPaymentMethod(aRequest({ vaultingRequestId: 'vr-0001' }))
    if (vector.expected.valid) {
      const { result } = JSON.parse(body) as { result: { resultStatus: string; resultCode: string } }
      expect(await call).toMatchObject({ status: result.resultStatus, code: result.resultCode })
    } else {
      expect(await thrown(call)).toBeInstanceOf(ResponseNotTrusted)
    }
  })
})

describe('explaining', () => {
  test.each(vectors)('$id shows the string that is signed', vector => {
    const { httpMethod: method, uri: url, clientId, time, body, stringToSign, stringToSignSha256Hex } = vector.signed
    if (url.startsWith('https:')) return // NEG-07 signs a whole address, which is never right
    const explained = explainSignature({ method, url, clientId, time, body })
    const masked = stringToSign.replace(/\d{16}(?=")/, '***').replace(/("cvv"\s*:\s*)"\d+"/, '$1"***"')
    expect(explained.text).toBe(masked)
    expect(explained.masked).toBe(masked !== stringToSign)
    expect(explained.sha256).toBe(explained.masked ? undefined : stringToSignSha256Hex)
    expect(explained.byteLength).toBe(Buffer.byteLength(stringToSign))
  })
})
