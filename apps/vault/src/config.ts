/**
 * The environment as a frozen configuration, parsed once. Nothing else reads `process.env`. All faults are told
 * together, each with its key, the form it should have and an example; what each key means is in config-keys.ts.
 */

import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseUrl } from '@coffer/antom'
import { type KeyName, keys } from './config-keys.js'
import { type DestinationConfig, loadDestinationsFile } from './forwarding/destinations-file.js'
import { type AcquirerConfig, loadAcquirersFile } from './issuer/acquirers-file.js'
import { type PrivateNetwork, readPrivateNetwork } from './platform/private-networks.js'
import type { OutboundPolicy } from './platform/url-policy.js'
import { type DirectoryConfig, loadDirectoriesFile } from './three-ds/directories-file.js'
import {
  type ThreeDSFallback,
  type ThreeDSPolicy,
  type ThreeDSTimers,
  threeDSFallbacks,
  threeDSPolicies,
  threeDSTimers,
} from './three-ds/three-ds-settings.js'

export interface Config {
  readonly environment: 'sandbox' | 'live'
  /** Absolute. */
  readonly dataDir: string
  readonly portOffset: number
  /** Unset: a PostgreSQL of our own in the data directory. */
  readonly databaseUrl: string | undefined
  /** Unset in a sandbox, which makes its own. */
  readonly kekFile: string | undefined
  /** Whom to ask whether a card is good; unset in a sandbox, which asks the simulator. */
  readonly acquirers: readonly AcquirerConfig[] | undefined
  /** To whom stored cards may be forwarded. */
  readonly forwardDestinations: readonly DestinationConfig[]
  readonly threeDS: {
    /** The directory servers; unset in a sandbox, which asks the simulator's. */
    readonly directories: readonly DirectoryConfig[] | undefined
    readonly policy: ThreeDSPolicy
    readonly fallback: ThreeDSFallback
    readonly timers: ThreeDSTimers
    /** Where directory servers reach the results endpoint; without a slash at its end. */
    readonly resultsUrl: string
    /** Its certificate; unset in a sandbox, which gets one of the simulator. */
    readonly resultsTls: { cert: string; key: string } | undefined
  }
  /** The header in which a proxy in front of the hosted pages tells the buyer's address; lower case. */
  readonly clientIpHeader: string | undefined
  readonly tls: { cert: string; key: string } | undefined
  readonly publicApiUrl: string | undefined
  /** Where buyers' browsers reach the hosted pages; without a slash at its end. */
  readonly pagesUrl: string
  readonly listenHost: string
  readonly plainHttp: boolean
  readonly firstNotificationDelayMs: number
  readonly notificationScheduleFactor: number
  readonly settleAfterMs: number
  readonly nonceMinutes: number
  /** How long an authorisation can be captured. */
  readonly authorisationDays: number
  /** How long after it was paid a payment can be cancelled. */
  readonly cancelHours: number
  /** How long after it was paid a payment can be refunded. */
  readonly refundDays: number
  /** Captures of one payment. */
  readonly mostCaptures: number
  /** Amounts that a sandbox refuses as a risk, in the currency's smallest unit. */
  readonly riskAmounts: ReadonlySet<string>
  readonly requestTimeWindowMs: number | undefined
  readonly callsPerSecondOfClient: number | undefined
  readonly outboundPolicy: OutboundPolicy
  readonly databaseConnections: number
}

/** Everything that is wrong with the environment, one line each. */
export class ConfigProblems extends Error {
  override readonly name = 'ConfigProblems'
  constructor(readonly problems: readonly string[]) {
    super(
      problems.length === 1
        ? problems[0]
        : `the configuration has ${problems.length} faults:\n${problems.map(p => `  - ${p}`).join('\n')}`,
    )
  }
}

/**
 * Reads the configuration.
 * @param nodeVersion  e.g. `20.20.2`; `live` wants a release that still gets fixes
 * @throws ConfigProblems with everything that is wrong or missing
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>, nodeVersion: string): Config {
  const problems: string[] = []
  const text = (key: KeyName) => env[key]?.trim() || undefined
  const wrong = (key: KeyName, remedy?: string) => {
    const row = keys.find(candidate => candidate.key === key)!
    problems.push(`${key} must be ${row.form}, e.g. ${row.example}${remedy ? ` (${remedy})` : ''}`)
  }
  const number = (key: KeyName, fallback: number, min: number, max: number, whole = true) => {
    const given = text(key)
    const value = given === undefined ? fallback : Number(given)
    const good = Number.isFinite(value) && value >= min && value <= max && (!whole || Number.isInteger(value))
    if (!good) wrong(key)
    return good ? value : fallback
  }
  const file = (key: KeyName) => {
    const path = text(key)
    if (path === undefined) return undefined
    try {
      return readFileSync(path, 'utf8')
    } catch {
      wrong(key, 'the file cannot be read')
      return undefined
    }
  }
  const url = (key: KeyName, protocols: readonly string[]) => {
    const given = text(key)
    if (given === undefined) return undefined
    if (!protocols.includes(parseUrl(given)?.protocol ?? '')) wrong(key)
    return given
  }

  const profile = text('COFFER_PROFILE') ?? 'sandbox'
  if (profile !== 'sandbox' && profile !== 'live') wrong('COFFER_PROFILE')
  const live = profile === 'live'
  for (const name of Object.keys(env)) {
    if (name.startsWith('COFFER_') && !name.startsWith('COFFER_SIMULATOR_') && !keys.some(row => row.key === name)) {
      problems.push(`${name} is not a setting of Coffer; see docs/reference/config.md`)
    }
  }

  const dataDir = resolve(text('COFFER_DATA_DIR') ?? '.coffer')
  const cert = file('COFFER_TLS_CERT_FILE')
  const key = file('COFFER_TLS_KEY_FILE')
  if ((cert === undefined) !== (key === undefined)) {
    wrong(cert === undefined ? 'COFFER_TLS_CERT_FILE' : 'COFFER_TLS_KEY_FILE', 'certificate and key come together')
  }
  if (cert !== undefined && key !== undefined && !belongTogether(cert, key)) {
    wrong('COFFER_TLS_KEY_FILE', 'it is not the private key of the certificate')
  }
  const terminator = text('COFFER_TLS_TERMINATOR')
  const databaseUrl = text('DATABASE_URL')
  if (databaseUrl && !/^postgres(ql)?:\/\//.test(databaseUrl)) wrong('DATABASE_URL')
  const publicApiUrl = url('COFFER_PUBLIC_API_URL', live ? ['https:'] : ['http:', 'https:'])
  if (publicApiUrl && hasPath(publicApiUrl)) {
    wrong('COFFER_PUBLIC_API_URL', 'a path would break the signatures of the official SDKs')
  }
  const publicPagesUrl = url('COFFER_PUBLIC_PAGES_URL', live ? ['https:'] : ['http:', 'https:'])
  if (publicPagesUrl && hasPath(publicPagesUrl))
    wrong('COFFER_PUBLIC_PAGES_URL', 'the pages have an origin of their own')
  const acquirersFile = text('COFFER_ACQUIRERS_FILE')
  const acquirers = acquirersFile ? loadAcquirersFile(resolve(acquirersFile), live ? 'live' : 'sandbox') : undefined
  if (acquirers?.ok === false) problems.push(...acquirers.problems.map(problem => `COFFER_ACQUIRERS_FILE: ${problem}`))
  const directoriesFile = text('COFFER_DIRECTORIES_FILE')
  const directories = directoriesFile ? loadDirectoriesFile(resolve(directoriesFile)) : undefined
  if (directories?.ok === false) {
    problems.push(...directories.problems.map(problem => `COFFER_DIRECTORIES_FILE: ${problem}`))
  }
  const forwardFile = text('COFFER_FORWARD_DESTINATIONS_FILE')
  const forwards = forwardFile ? loadDestinationsFile(resolve(forwardFile), live ? 'live' : 'sandbox') : undefined
  if (forwards?.ok === false) {
    problems.push(...forwards.problems.map(problem => `COFFER_FORWARD_DESTINATIONS_FILE: ${problem}`))
  }
  const oneOf = <T extends string>(key: KeyName, known: readonly T[], fallback: T): T => {
    const found = known.find(word => word === (text(key) ?? fallback))
    if (found === undefined) wrong(key)
    return found ?? fallback
  }
  const resultsUrl = url('COFFER_PUBLIC_RESULTS_URL', ['https:'])
  if (resultsUrl && hasPath(resultsUrl)) wrong('COFFER_PUBLIC_RESULTS_URL', 'each directory server has its own path')
  const resultsCert = file('COFFER_RESULTS_CERT_FILE')
  const resultsKey = file('COFFER_RESULTS_KEY_FILE')
  if ((resultsCert === undefined) !== (resultsKey === undefined)) {
    wrong(
      resultsCert === undefined ? 'COFFER_RESULTS_CERT_FILE' : 'COFFER_RESULTS_KEY_FILE',
      'certificate and key come together',
    )
  }
  if (resultsCert !== undefined && resultsKey !== undefined && !belongTogether(resultsCert, resultsKey)) {
    wrong('COFFER_RESULTS_KEY_FILE', 'it is not the private key of the certificate')
  }
  if (directoriesFile) {
    if (live && !resultsUrl) wrong('COFFER_PUBLIC_RESULTS_URL', 'the results of challenges come there')
    if (!resultsCert && !resultsKey) {
      wrong('COFFER_RESULTS_CERT_FILE', 'directory servers check it')
      wrong('COFFER_RESULTS_KEY_FILE', 'it belongs to that certificate')
    }
  }
  const clientIpHeader = text('COFFER_CLIENT_IP_HEADER')?.toLowerCase()
  if (clientIpHeader && !/^[a-z0-9-]{1,64}$/.test(clientIpHeader)) wrong('COFFER_CLIENT_IP_HEADER')
  const list = (key: KeyName) =>
    text(key)
      ?.split(',')
      .map(part => part.trim()) ?? []
  const ports = [...new Set(list('COFFER_NOTIFICATION_PORTS'))].filter(port => port !== '443')
  if (ports.some(port => !/^[1-9]\d{0,4}$/.test(port) || Number(port) > 65_535)) wrong('COFFER_NOTIFICATION_PORTS')
  const privateNetworks: PrivateNetwork[] = []
  for (const range of list('COFFER_NOTIFICATION_PRIVATE_NETWORKS')) {
    const read = readPrivateNetwork(range)
    if (typeof read === 'string') wrong('COFFER_NOTIFICATION_PRIVATE_NETWORKS', read)
    else privateNetworks.push(read)
  }
  const kekFile = text('COFFER_KEK_FILE')
  const scheduleFactor = number('COFFER_NOTIFICATION_SCHEDULE_FACTOR', 1, 0, 10, false)
  const portOffset = number('COFFER_PORT_OFFSET', 0, 0, 50_000)
  const window = number('COFFER_REQUEST_TIME_WINDOW_MS', live ? 900_000 : 0, 0, 86_400_000)
  const rate = number('COFFER_CLIENT_CALLS_PER_SECOND', live ? 200 : 0, 0, 100_000)

  const policy = oneOf('COFFER_THREE_DS_POLICY', threeDSPolicies, 'eea')
  const fallback = oneOf('COFFER_THREE_DS_FALLBACK', threeDSFallbacks, 'fail')
  const timers: ThreeDSTimers = {
    methodMs: number('COFFER_THREE_DS_METHOD_TIMEOUT_MS', threeDSTimers.methodMs, 100, 10_000),
    connectMs: number('COFFER_THREE_DS_CONNECT_TIMEOUT_MS', threeDSTimers.connectMs, 100, 10_000),
    answerMs: number('COFFER_THREE_DS_ANSWER_TIMEOUT_MS', threeDSTimers.answerMs, 100, 10_000),
    rangesAnswerMs: threeDSTimers.rangesAnswerMs,
    rangesEveryMs: number('COFFER_THREE_DS_RANGES_EVERY_MS', threeDSTimers.rangesEveryMs, 3_600_000, 86_400_000),
  }

  if (live) {
    if (!kekFile) wrong('COFFER_KEK_FILE', 'openssl rand -out FILE 32 && chmod 600 FILE')
    if (!cert && !terminator)
      wrong('COFFER_TLS_CERT_FILE', 'or name the program that ends TLS in COFFER_TLS_TERMINATOR')
    if (!publicApiUrl) wrong('COFFER_PUBLIC_API_URL')
    if (!publicPagesUrl) wrong('COFFER_PUBLIC_PAGES_URL')
    if (!acquirersFile) wrong('COFFER_ACQUIRERS_FILE', 'without an acquirer no card can be checked')
    if (scheduleFactor !== 1) wrong('COFFER_NOTIFICATION_SCHEDULE_FACTOR', 'live keeps the published schedule: 1')
    if (kekFile && liesIn(kekFile, dataDir))
      wrong('COFFER_KEK_FILE', 'a key beside the data it protects protects nothing')
    if (databaseUrl && !isLoopback(databaseUrl) && !/[?&]sslmode=verify-full\b/.test(databaseUrl)) {
      wrong('DATABASE_URL', 'add sslmode=verify-full')
    }
    if (Number(nodeVersion.split('.')[0]) < 22 && text('COFFER_ALLOW_UNSUPPORTED_NODE') !== 'yes') {
      problems.push(
        `Node.js ${nodeVersion} no longer gets security fixes: use Node.js 24, or set COFFER_ALLOW_UNSUPPORTED_NODE=yes`,
      )
    }
  }
  const risks = text('COFFER_SANDBOX_RISK_AMOUNTS') ?? '11'
  if (!/^(?:[1-9][0-9]{0,11}(?:,[1-9][0-9]{0,11})*|none)$/.test(risks)) wrong('COFFER_SANDBOX_RISK_AMOUNTS')
  // An amount says nothing about a risk where money is real.
  const riskAmounts: ReadonlySet<string> = new Set(live || risks === 'none' ? [] : risks.split(','))

  const config = Object.freeze({
    environment: live ? 'live' : 'sandbox',
    dataDir,
    portOffset,
    databaseUrl,
    kekFile: kekFile && resolve(kekFile),
    acquirers: acquirers?.ok ? acquirers.acquirers : undefined,
    forwardDestinations: forwards?.ok ? forwards.destinations : [],
    threeDS: {
      directories: directories?.ok ? directories.directories : undefined,
      policy,
      fallback,
      timers,
      resultsUrl: (resultsUrl ?? `https://localhost:${portsOf(portOffset).results}`).replace(/\/$/, ''),
      resultsTls: resultsCert && resultsKey ? { cert: resultsCert, key: resultsKey } : undefined,
    },
    clientIpHeader,
    tls: cert && key ? { cert, key } : undefined,
    publicApiUrl,
    pagesUrl: (publicPagesUrl ?? `http://127.0.0.1:${portsOf(portOffset).pages}`).replace(/\/$/, ''),
    listenHost: text('COFFER_LISTEN_HOST') ?? (live ? '0.0.0.0' : 'localhost'),
    plainHttp: !live || terminator !== undefined,
    firstNotificationDelayMs: number('COFFER_FIRST_NOTIFICATION_DELAY_MS', 3_000, 0, 60_000),
    notificationScheduleFactor: scheduleFactor,
    settleAfterMs: number('COFFER_SETTLE_AFTER_MS', 900_000, 15_000, 900_000),
    nonceMinutes: number('COFFER_NONCE_MINUTES', 30, 1, 60),
    authorisationDays: number('COFFER_AUTHORISATION_DAYS', 7, 1, 30),
    cancelHours: number('COFFER_CANCEL_HOURS', 24, 0, 168),
    refundDays: number('COFFER_REFUND_DAYS', 365, 1, 1825),
    mostCaptures: number('COFFER_MOST_CAPTURES', 50, 1, 999),
    riskAmounts,
    requestTimeWindowMs: window || undefined,
    callsPerSecondOfClient: rate || undefined,
    outboundPolicy: {
      allowHttp: !live,
      allowLoopback: !live,
      knowsHostsFile: !live,
      ports: live ? [443, ...ports.map(Number)] : 'any',
      privateNetworks,
    },
    databaseConnections: number('COFFER_DATABASE_CONNECTIONS', 16, 2, 200),
  } satisfies Config)
  if (problems.length) throw new ConfigProblems(problems)
  return config
}

function belongTogether(cert: string, key: string): boolean {
  try {
    return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))
  } catch {
    return false
  }
}

function hasPath(url: string): boolean {
  return !['', '/'].includes(parseUrl(url)?.pathname ?? '')
}

function liesIn(path: string, folder: string): boolean {
  return `${resolve(path)}/`.startsWith(`${folder}/`)
}

function isLoopback(databaseUrl: string): boolean {
  return ['127.0.0.1', 'localhost', '[::1]'].includes(parseUrl(databaseUrl)?.hostname ?? '')
}

/** The ports of a Coffer, with its offset. */
export function portsOf(offset: number) {
  return {
    api: 8080 + offset,
    pages: 8081 + offset,
    apiTls: 8443 + offset,
    shop: 8083 + offset,
    operations: 8085 + offset,
    results: 8086 + offset,
    workOperations: 8087 + offset,
    directoryServers: 8090 + offset,
    issuer: 8091 + offset,
    simulator: 8092 + offset,
  }
}

/** Whether the key file lies on the same device as the data: a thief of the disk gets both. Worth a warning. */
export function onSameDevice(kekFile: string, dataDir: string): boolean {
  try {
    return statSync(kekFile).dev === statSync(dataDir).dev
  } catch {
    return false
  }
}
