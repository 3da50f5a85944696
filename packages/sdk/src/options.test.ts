import { generateKeyPairSync } from 'node:crypto'
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { clientId, keys, options } from '../test/fake-gateway.js'
import { ConfigurationError, VaultClient, type VaultClientOptions } from './index.js'

const { merchant_k1: merchant, gateway, stranger } = keys

function problemsOf(change: object): readonly string[] {
  try {
    new VaultClient({ ...options(), ...change } as VaultClientOptions)
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems
    throw error
  }
  return []
}

const pem = (kind: string, base64: string) =>
  `-----BEGIN ${kind}-----\n${base64.match(/.{1,64}/g)!.join('\n')}\n-----END ${kind}-----\n`

describe('options that work', () => {
  test.each<[string, Partial<VaultClientOptions>]>([
    ['the least', {}],
    ['a private key as PKCS#1', { merchantPrivateKey: merchant.privateKeyPkcs1Base64 }],
    ['a private key as PEM', { merchantPrivateKey: pem('PRIVATE KEY', merchant.privateKeyPkcs8Base64) }],
    ['a private key as PEM of PKCS#1', { merchantPrivateKey: pem('RSA PRIVATE KEY', merchant.privateKeyPkcs1Base64) }],
    ['a public key as PEM', { gatewayPublicKey: pem('PUBLIC KEY', gateway.publicKeySpkiBase64) }],
    [
      'keys with line feeds',
      {
        gatewayPublicKey: `\n${gateway.publicKeySpkiBase64.slice(0, 40)}\r\n${gateway.publicKeySpkiBase64.slice(40)}\n`,
      },
    ],
    ['a slash at the end', { gatewayUrl: 'https://gateway.example/' }],
    ['a port', { gatewayUrl: 'https://gateway.example:8443' }],
    ['plain HTTP to this machine', { gatewayUrl: 'http://localhost:8080' }],
    ['plain HTTP to this machine over IPv6', { gatewayUrl: 'http://[::1]:8080' }],
    ['plain HTTP where it is allowed', { gatewayUrl: 'http://coffer.internal', allowPlainHttp: true }],
    ['no retries', { maxRetries: 0 }],
    ['undefined where something is optional', { keyVersion: undefined, timeoutMs: undefined, maxRetries: undefined }],
  ])('%s', (_what, change) => {
    expect(problemsOf(change)).toEqual([])
  })
})

describe('each mistake is named', () => {
  test.each<[string, object, RegExp]>([
    ['no gateway', { gatewayUrl: undefined }, /gatewayUrl is missing/],
    ['a gateway without scheme', { gatewayUrl: 'gateway.example' }, /starts with https/],
    ['a gateway of another scheme', { gatewayUrl: 'ftp://gateway.example' }, /starts with https/],
    ['a gateway with a path', { gatewayUrl: 'https://gateway.example/ams/api' }, /has a path/],
    ['a gateway with a query', { gatewayUrl: 'https://gateway.example/?a' }, /has a path/],
    ['a gateway with a password', { gatewayUrl: 'https://a:b@gateway.example' }, /user name or password/],
    ['plain HTTP over a network', { gatewayUrl: 'http://gateway.example' }, /in the clear/],
    [
      'plain HTTP to a host that only begins like this machine',
      { gatewayUrl: 'http://localhost.example' },
      /in the clear/,
    ],
    ['no client id', { clientId: '' }, /clientId is missing/],
    ['a client id with a blank', { clientId: `${clientId} ` }, /perhaps a blank/],
    ['a client id with a dot', { clientId: 'a.b' }, /clientId has characters/],
    ['no private key', { merchantPrivateKey: undefined }, /merchantPrivateKey is missing/],
    [
      'a public key as private key',
      { merchantPrivateKey: merchant.publicKeySpkiBase64 },
      /merchantPrivateKey holds a public key/,
    ],
    [
      'a private key as public key',
      { gatewayPublicKey: gateway.privateKeyPkcs8Base64 },
      /gatewayPublicKey holds a private key/,
    ],
    [
      'swapped keys',
      { merchantPrivateKey: gateway.publicKeySpkiBase64, gatewayPublicKey: merchant.privateKeyPkcs8Base64 },
      /they are swapped/,
    ],
    ["one's own public key", { gatewayPublicKey: merchant.publicKeySpkiBase64 }, /is your own public key/],
    ['a file name', { merchantPrivateKey: './merchant.pem' }, /perhaps a file name/],
    [
      'a PEM with \\n as two characters',
      { merchantPrivateKey: pem('PRIVATE KEY', merchant.privateKeyPkcs8Base64).replaceAll('\n', '\\n') },
      /two characters/,
    ],
    ['half a key', { gatewayPublicKey: gateway.publicKeySpkiBase64.slice(0, 200) }, /cut off/],
    ['version 0', { keyVersion: 0 }, /keyVersion must be a whole number from 1/],
    ['a version of text', { keyVersion: '1' }, /keyVersion must be a whole number/],
    ['no time', { timeoutMs: 0 }, /timeoutMs must be a whole number from 1/],
    ['endless time', { timeoutMs: Number.POSITIVE_INFINITY }, /timeoutMs must be/],
    ['endless retries', { maxRetries: 11 }, /maxRetries must be a whole number from 0 to 10/],
    ['a fetch that is none', { fetch: 'fetch' }, /fetch is not a function/],
    ['a name that is no option', { alipayPublicKey: 'x' }, /alipayPublicKey is not an option/],
  ])('%s', (_what, change, words) => {
    const problems = problemsOf(change)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(words)
  })

  test('an encrypted private key', () => {
    const { privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    })
    expect(problemsOf({ merchantPrivateKey: privateKey })).toEqual([expect.stringContaining('with a passphrase')])
  })

  test('all of them at once', () => {
    const problems = problemsOf({
      gatewayUrl: '',
      clientId: '',
      merchantPrivateKey: '',
      gatewayPublicKey: '',
      keyVersion: 0,
    })
    expect(problems).toHaveLength(5)
  })

  test('no options at all', () => {
    expect(() => new VaultClient(undefined as never)).toThrow(ConfigurationError)
  })

  test('without telling a value, since it may be a key in the wrong field', () => {
    const secret = stranger.privateKeyPkcs8Base64
    const wrong = [{ gatewayUrl: secret }, { clientId: secret }, { gatewayPublicKey: secret }, { [secret]: 1 }]
    const halves = [{ merchantPrivateKey: secret.slice(0, 900) }, { gatewayPublicKey: secret.slice(0, 900) }]
    for (const change of [...wrong, ...halves, { keyVersion: secret }, { timeoutMs: secret }, { fetch: secret }]) {
      const problems = problemsOf(change)
      expect(problems).not.toEqual([])
      expect(problems.join()).not.toContain(secret.slice(0, 12))
    }
  })
})

describe('a client that is printed', () => {
  const client = new VaultClient(options({ gatewayUrl: 'https://gateway.example' }))
  const secrets = [merchant.privateKeyPkcs8Base64, merchant.privateKeyPkcs1Base64].flatMap(key => [
    key.slice(40, 60),
    Buffer.from(key, 'base64').toString('hex').slice(80, 110),
  ])

  test.each([
    ['inspect', () => inspect(client, { depth: 20, showHidden: true })],
    ['inspect with getters', () => inspect(client, { depth: 20, getters: false, showProxy: true })],
    ['JSON', () => JSON.stringify(client)],
    ['a template', () => `${client}`],
    ['its entries', () => JSON.stringify(Object.entries(client))],
    ['spreading', () => inspect({ ...client }, { depth: 20 })],
  ])('by %s shows where it goes and no key', (_how, print) => {
    const text = print()
    expect(text).toContain(clientId)
    expect(secrets.filter(secret => text.includes(secret))).toEqual([])
    expect(text).not.toContain('KeyObject')
  })
})
