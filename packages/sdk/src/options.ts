import { createHash, createPublicKey, type KeyObject } from 'node:crypto'
import {
  clientIdPattern,
  parseUrl,
  readPrivateKey,
  readPublicKey,
  sandboxClientPrefix,
  UnusableKey,
} from '@coffer/antom'
import { ConfigurationError } from './errors.js'
import { realWorld, type World } from './world.js'

/** What the SDK needs of `fetch`; the global one fits. */
export type FetchLike = (
  url: string,
  init: {
    method: string
    headers: Record<string, string>
    body: Uint8Array<ArrayBuffer>
    redirect: 'manual'
    signal: AbortSignal
  },
) => Promise<FetchedAnswer>

/** What the SDK needs of a fetched answer. */
export interface FetchedAnswer {
  status: number
  headers: { get(name: string): string | null }
  body: {
    getReader(): { read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>; cancel(): Promise<unknown> }
    cancel(): Promise<unknown>
  } | null
}

export interface VaultClientOptions {
  /** Scheme, host and port of the gateway, no path: `https://open-sea-global.alipay.com`, or your own Coffer. */
  gatewayUrl: string
  /** Your client id. One that starts with `SANDBOX_` is sent to the sandbox paths. */
  clientId: string
  /** Your RSA private key: base64 on one line (PKCS#8 or PKCS#1) or PEM. */
  merchantPrivateKey: string
  /** The *gateway's* RSA public key, as the portal shows it: base64 on one line or PEM. Not your own. */
  gatewayPublicKey: string
  /** The version under which your public key is registered. Default 1. */
  keyVersion?: number | undefined
  /** For one attempt, from connecting to the last byte. Default 15000. */
  timeoutMs?: number | undefined
  /** How often a call that may be repeated is repeated. Default 2, 0 for never. */
  maxRetries?: number | undefined
  /** Allows `http://` to hosts other than this machine. Card numbers then travel in the clear. Default false. */
  allowPlainHttp?: boolean | undefined
  /** Replaces the global `fetch`, for example one with a proxy or a client certificate. */
  fetch?: FetchLike | undefined
  /** Replaces clock, timers or randomness, for tests. */
  world?: Partial<World> | undefined
}

/** The options once they are known to be right. */
export interface Settings {
  origin: string
  clientId: string
  sandbox: boolean
  merchantKey: KeyObject
  merchantPublicKey: KeyObject
  gatewayKey: KeyObject
  keyVersion: number
  timeoutMs: number
  maxRetries: number
  fetch: FetchLike
  world: World
}

/** Every option, so that the compiler asks for a new one here too. */
const known: Record<keyof VaultClientOptions, true> = {
  gatewayUrl: true,
  clientId: true,
  merchantPrivateKey: true,
  gatewayPublicKey: true,
  keyVersion: true,
  timeoutMs: true,
  maxRetries: true,
  allowPlainHttp: true,
  fetch: true,
  world: true,
}

/**
 * Checks all options and names every mistake at once, by field, never by value: a key may be in the wrong field.
 * @throws ConfigurationError
 */
export function readOptions(options: VaultClientOptions): Settings {
  if (typeof options !== 'object' || options === null) throw new ConfigurationError(['pass an object with the options'])
  const problems: string[] = []
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(known, name)) problems.push(`${/^\w{1,40}$/.test(name) ? name : 'one name'} is not an option`)
  }
  const origin = readGatewayUrl(options, problems)
  const { clientId, keyVersion = 1, timeoutMs = 15_000, maxRetries = 2 } = options
  if (typeof clientId !== 'string' || !clientIdPattern.test(clientId)) {
    problems.push(
      clientId ? 'clientId has characters that no client id has, perhaps a blank at an end' : 'clientId is missing',
    )
  }
  const keys = readKeys(options, problems)
  wholeNumber('keyVersion', keyVersion, 1, 999_999_999, problems)
  wholeNumber('timeoutMs', timeoutMs, 1, 600_000, problems)
  wholeNumber('maxRetries', maxRetries, 0, 10, problems)
  const fetch = options.fetch ?? (globalThis.fetch as FetchLike | undefined)
  if (typeof fetch !== 'function') {
    problems.push('fetch is not a function; Node has a global one since version 18')
  }
  if (problems.length > 0 || !keys || !origin || !fetch) throw new ConfigurationError(problems)
  return {
    origin,
    clientId,
    sandbox: clientId.startsWith(sandboxClientPrefix),
    ...keys,
    keyVersion,
    timeoutMs,
    maxRetries,
    fetch,
    world: { ...realWorld, ...options.world },
  }
}

/** For the options of one call. @throws ConfigurationError */
export function checkCallOptions(timeoutMs: number, maxRetries: number): void {
  const problems: string[] = []
  wholeNumber('timeoutMs', timeoutMs, 1, 600_000, problems)
  wholeNumber('maxRetries', maxRetries, 0, 10, problems)
  if (problems.length > 0) throw new ConfigurationError(problems)
}

function wholeNumber(name: string, value: unknown, from: number, to: number, problems: string[]): void {
  if (!Number.isInteger(value) || (value as number) < from || (value as number) > to) {
    problems.push(`${name} must be a whole number from ${from} to ${to}`)
  }
}

function readGatewayUrl({ gatewayUrl, allowPlainHttp }: VaultClientOptions, problems: string[]): string | undefined {
  if (typeof gatewayUrl !== 'string' || gatewayUrl === '') {
    problems.push('gatewayUrl is missing')
    return undefined
  }
  const url = /^https?:\/\//i.test(gatewayUrl) ? parseUrl(gatewayUrl) : undefined
  if (url === undefined) {
    problems.push('gatewayUrl is not an address that starts with https://')
    return undefined
  }
  if (url.pathname !== '/' || url.search || url.hash) {
    problems.push(
      'gatewayUrl has a path: give scheme, host and port only. The SDK adds /ams/api/… itself and signs the path, ' +
        'so that a gateway behind a path prefix could not verify it',
    )
  }
  if (url.username || url.password) problems.push('gatewayUrl holds a user name or password; calls are signed instead')
  const loopback = /^(localhost|.*\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname)
  if (url.protocol === 'http:' && !loopback && allowPlainHttp !== true) {
    problems.push(
      'gatewayUrl starts with http://, so that card numbers would travel in the clear: use https://, ' +
        'or set allowPlainHttp when something in between encrypts',
    )
  }
  return url.origin
}

function readKeys({ merchantPrivateKey, gatewayPublicKey }: VaultClientOptions, problems: string[]) {
  const merchant = readKey(merchantPrivateKey, readPrivateKey)
  const gateway = readKey(gatewayPublicKey, readPublicKey)
  const publicAsPrivate = merchant.problem !== undefined && readKey(merchantPrivateKey, readPublicKey).key !== undefined
  const privateAsPublic = gateway.problem !== undefined && readKey(gatewayPublicKey, readPrivateKey).key !== undefined
  if (publicAsPrivate && privateAsPublic) {
    problems.push('merchantPrivateKey holds a public key and gatewayPublicKey a private one: they are swapped')
  } else if (publicAsPrivate) {
    problems.push('merchantPrivateKey holds a public key: give the private key that you generated, it never leaves you')
  } else if (privateAsPublic) {
    problems.push("gatewayPublicKey holds a private key: give the gateway's public key, which the portal shows you")
  }
  if (merchant.problem && !publicAsPrivate) problems.push(`merchantPrivateKey ${merchant.problem}`)
  if (gateway.problem && !privateAsPublic) problems.push(`gatewayPublicKey ${gateway.problem}`)
  if (!merchant.key || !gateway.key) return undefined
  const merchantPublicKey = createPublicKey(merchant.key)
  if (merchantPublicKey.equals(gateway.key)) {
    problems.push(
      "gatewayPublicKey is your own public key, the other half of merchantPrivateKey: give the gateway's public key, " +
        'which the portal shows after you have uploaded yours',
    )
  }
  return { merchantKey: merchant.key, merchantPublicKey, gatewayKey: gateway.key }
}

function readKey(text: unknown, read: (text: string) => KeyObject): { key?: KeyObject; problem?: string } {
  if (typeof text !== 'string' || text.trim() === '') return { problem: 'is missing' }
  try {
    return { key: read(text) }
  } catch (error) {
    const reason = error instanceof UnusableKey ? error.message : 'cannot be read'
    return { problem: `cannot be used: ${reason}${guess(text)}` }
  }
}

/** The usual ways in which a key gets lost on its way from the portal to the program. */
function guess(text: string): string {
  if (text.includes('ENCRYPTED')) return '. It is encrypted with a passphrase: decrypt it with openssl pkey'
  if (text.includes('\\n')) return ". It holds \\n as two characters: replace them with line feeds, or remove the PEM's"
  if (text.length < 300) return '. It is too short: perhaps a file name, or cut off at a line feed?'
  return ''
}

/** Names a key without telling it: SHA-256 over its SubjectPublicKeyInfo, as `openssl` computes it. */
export const fingerprint = (key: KeyObject) =>
  `SHA256:${createHash('sha256')
    .update(key.export({ format: 'der', type: 'spki' }))
    .digest('base64')
    .replace(/=+$/, '')}`
